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

// SAFETY: the name is a promise to the linker of components, which runs the function while an instance starts; nothing
// else in this file has it.
#[allow(unsafe_code, clippy::print_stderr, reason = "the only way into the start of an instance; its last word")]
#[cfg(target_arch = "wasm32")]
#[unsafe(export_name = "_initialize")]
extern "C" fn start() {
    eprintln!("start-trap says a last word");
    core::arch::wasm32::unreachable();
}
