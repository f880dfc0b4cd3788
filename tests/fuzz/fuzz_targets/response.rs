//! Feeds `fuzz::response::fuzz` by libfuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::response::fuzz(data));
