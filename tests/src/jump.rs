//! The program with its clock of the day in a test's hand; the clock that never goes back stays as it is.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::place::Place;

/// A clock that jumps when it is told to.
#[derive(Debug)]
pub struct Jump {
    library: PathBuf,
    draft: PathBuf,
    file: PathBuf,
}

impl Jump {
    /// Shows the real time at first. [`Need::Compiler`](crate::needs::Need::Compiler) is asked before.
    pub fn new(place: &Place) -> Self {
        let source = place.write("jump.c", include_str!("jump.c"));
        let [library, draft, file] = ["jump.so", "jump.draft", "jump"].map(|name| place.root().join(name));
        let compiled = Command::new("cc").args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library).arg(source).status();
        assert!(compiled.is_ok_and(|status| status.success()), "the program's clock cannot be turned");
        let jump = Jump { library, draft, file };
        jump.to(0);
        jump
    }

    /// From now on it is so far from the real time.
    pub fn to(&self, seconds: i64) {
        // Renamed: a half-written number would be a jump of its own.
        fs::write(&self.draft, seconds.to_string()).unwrap();
        fs::rename(&self.draft, &self.file).unwrap();
    }

    /// Gives the clock to a program that is about to start.
    pub fn give_to(&self, command: &mut Command) {
        command.env("LD_PRELOAD", &self.library).env("LYREBIRD_JUMP", &self.file);
    }
}
