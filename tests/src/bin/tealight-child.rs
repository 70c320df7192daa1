//! The server's program, built beside the tests, so that a test can start it as a process, starve it and kill it.

use std::process::ExitCode;

fn main() -> ExitCode {
    tealight_server::command_line::main()
}
