//! Feeds `fuzz::ini::fuzz` by libfuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::ini::fuzz(data));
