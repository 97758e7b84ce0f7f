//! The program. Everything it does is in the library.

use std::process::ExitCode;

/// Media is received on one thread and freed on the one that writes it. The C library's allocator answers that pattern
/// by giving memory back to the kernel and fetching it again: a hundred thousand page faults a GiB, a third of the CPU
/// time of a recording.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    lyrebird::cli::main()
}
