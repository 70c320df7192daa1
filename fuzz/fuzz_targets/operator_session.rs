//! libFuzzer's way into the target `operator_session`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tealight_fuzz::run("operator_session", bytes));
