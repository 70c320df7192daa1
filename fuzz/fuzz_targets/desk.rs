//! libFuzzer's way into the target `desk`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tealight_fuzz::run("desk", bytes));
