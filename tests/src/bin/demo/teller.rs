//! How the story is told: a line a step, with the time, who did it, and what; checks in the same columns.

use std::time::Instant;

/// Tells the story, and counts what was checked.
#[derive(Debug)]
pub(crate) struct Teller {
    begin: Instant,
    done: usize,
    failed: usize,
}

impl Default for Teller {
    fn default() -> Self {
        Teller { begin: Instant::now(), done: 0, failed: 0 }
    }
}

impl Teller {
    /// The clock begins anew: what came before it was preparation.
    pub(crate) fn begin(&mut self) {
        self.begin = Instant::now();
    }

    /// One step.
    pub(crate) fn say(&self, who: &str, what: impl AsRef<str>) {
        println!("{:6.1} s  {who:<9} {}", self.begin.elapsed().as_secs_f64(), what.as_ref());
    }

    /// The words go on below the last step.
    pub(crate) fn more(&self, what: impl AsRef<str>) {
        println!("{:19} {}", "", what.as_ref());
    }

    /// One check. A failed one is told with what was found.
    pub(crate) fn check(&mut self, so: bool, what: impl AsRef<str>, found: impl FnOnce() -> String) {
        self.done += 1;
        if so {
            println!("{:8}  ok        {}", "", what.as_ref());
        } else {
            self.failed += 1;
            println!("{:8}  FAILED    {}\n{:19} {}", "", what.as_ref(), "", found());
        }
    }

    /// Checks that were told by others, in a table.
    pub(crate) fn count(&mut self, good: usize, bad: usize) {
        self.done += good + bad;
        self.failed += bad;
    }

    /// All checks so far.
    pub(crate) fn done(&self) -> usize {
        self.done
    }

    /// Those that failed.
    pub(crate) fn failed(&self) -> usize {
        self.failed
    }
}
