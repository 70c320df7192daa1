//! libFuzzer's way into the target `snapshot`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tealight_fuzz::run("snapshot", bytes));
