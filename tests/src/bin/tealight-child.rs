//! The server's program, built beside the tests, so that a test can start it as a process, starve it and kill it.

use std::process::ExitCode;

/// As the server's own program has it.
#[global_allocator]
static ALLOCATOR: zeroizing_alloc::ZeroAlloc<std::alloc::System> =
    zeroizing_alloc::ZeroAlloc(std::alloc::System);

fn main() -> ExitCode {
    tealight_server::command_line::main()
}
