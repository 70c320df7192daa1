//! The server's program. What it understands is in [`tealight_server::command_line`].

use std::process::ExitCode;

fn main() -> ExitCode {
    tealight_server::command_line::main()
}
