//! The program. Everything it does is in the library.

use std::ffi::{c_int, c_long};
use std::process::ExitCode;

/// Media is received on one thread and freed on the one that writes it. The C library's allocator answers that pattern
/// by giving memory back to the kernel and fetching it again: a hundred thousand page faults a GiB, a third of the CPU
/// time of a recording.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// `mi_option_purge_delay`, milliseconds until free memory is given back to the system: the place in mimalloc's list of
/// options, since the crate has no name for it.
const PURGE_DELAY: c_int = 15;

/// At once: what a start and each look at a room free would stay for a second, and much of it for good, as its pages are
/// in part in use again by then: 7 MiB with 2,000 rooms. What a recording needs again and again it keeps itself.
const DELAY_MS: c_long = 0;

#[allow(unsafe_code)]
fn main() -> ExitCode {
    // SAFETY: not safe beside other threads, and there is none yet; any number is a legal delay. What a user sets in
    // `MIMALLOC_PURGE_DELAY` counts more.
    unsafe { libmimalloc_sys::mi_option_set_default(PURGE_DELAY, DELAY_MS) };
    lyrebird::cli::main()
}

#[cfg(test)]
mod tests {
    #[test]
    #[allow(unsafe_code)]
    fn the_place_in_the_list_of_options_is_the_delays() {
        // SAFETY: nothing sets an option here.
        let delay = unsafe { libmimalloc_sys::mi_option_get(super::PURGE_DELAY) };
        assert_eq!(delay, 1_000, "the delay that mimalloc 3 has by itself");
    }
}
