//! A picker whose instance traps while it starts: it compiles, its types fit, `instantiate_pre` is content, and only
//! the first instance shows it. Says "start-trap says a last word" on stderr.

use lyrebird_plugin::{Candidate, Failure, Picker, Room, Verdict, Wish, export_picker};

/// The picker; nobody ever calls it.
#[derive(Debug)]
pub struct StartTrap;

impl Picker for StartTrap {
    fn resolve(input: &str) -> Result<String, Failure> {
        Ok(input.to_owned())
    }

    fn check_one(_room: &Room) -> Verdict {
        Err(Failure::Other("start-trap: alive".to_owned()))
    }

    fn streams(_room: &Room, _wish: &Wish) -> Result<Vec<Candidate>, Failure> {
        Ok(Vec::new())
    }
}

export_picker!(StartTrap);

// SAFETY: a function without arguments that never returns, among those that the start of a module runs.
#[allow(unsafe_code, reason = "a constructor is the only way into the start of a module")]
#[cfg(target_arch = "wasm32")]
#[used]
#[unsafe(link_section = ".init_array")]
static START: extern "C" fn() = {
    #[allow(clippy::print_stderr, reason = "the report of a start trap shows it")]
    extern "C" fn start() {
        eprintln!("start-trap says a last word");
        core::arch::wasm32::unreachable();
    }
    start
};
