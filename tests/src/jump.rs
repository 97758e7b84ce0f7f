//! The program with its clocks in a test's hand: that of the day jumps, and the one that never goes back stands still as
//! when the machine sleeps.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

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
        self.tell(&seconds.to_string());
    }

    /// The machine sleeps for so long from now on, as far as the program can tell: its timers stand still, and everybody
    /// else goes on.
    pub fn sleeps(&self, time: Duration) {
        let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
        let now_ms = now.tv_sec * 1_000 + now.tv_nsec / 1_000_000;
        self.tell(&format!("0 {now_ms} {}", time.as_millis()));
    }

    fn tell(&self, numbers: &str) {
        // Renamed: a half-written number would be a jump of its own.
        fs::write(&self.draft, numbers).unwrap();
        fs::rename(&self.draft, &self.file).unwrap();
    }

    /// Gives the clock to a program that is about to start.
    pub fn give_to(&self, command: &mut Command) {
        command.env("LD_PRELOAD", &self.library).env("LYREBIRD_JUMP", &self.file);
    }
}
