//! libFuzzer's way into the target `visitor_session`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tealight_fuzz::run("visitor_session", bytes));
