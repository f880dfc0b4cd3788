//! Feeds `fuzz::toki::fuzz` by libfuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::toki::fuzz(data));
