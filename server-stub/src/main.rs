//! The server's program. What it understands is in [`tealight_server::command_line`].

use std::process::ExitCode;

/// Memory is zeroed when it is given back: words that were sent do not lie about until something else needs the room.
#[global_allocator]
static ALLOCATOR: zeroizing_alloc::ZeroAlloc<std::alloc::System> =
    zeroizing_alloc::ZeroAlloc(std::alloc::System);

fn main() -> ExitCode {
    tealight_server::command_line::main()
}
