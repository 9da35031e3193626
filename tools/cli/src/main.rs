//! The `cxloop` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    cxloop::run(std::env::args_os())
}
