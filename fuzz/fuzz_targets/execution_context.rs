#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| cxloop_fuzz_targets::run("execution_context", bytes));
