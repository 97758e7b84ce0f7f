//! How far a file is, at a terminal and nowhere else.

use std::path::Path;
use std::time::Duration;

use indicatif::ProgressBar;

use super::super::output;
use crate::clock::Clock;
use crate::logging::status_line;

/// No speed is told before: the first pieces come out of the cache.
const SETTLED: Duration = Duration::from_millis(500);

/// The line of one file; gone when this is dropped.
pub(super) struct Progress {
    bar: ProgressBar,
    text: String,
    total: u64,
    clock: Clock,
    began: Duration,
}

impl Progress {
    /// `doing` a file of so many bytes.
    pub(super) fn new(doing: &str, file: &Path, total: u64) -> Self {
        let bar = status_line();
        // It may have been taken away behind the file before.
        bar.reset();
        let name = file.file_name().unwrap_or(file.as_os_str()).to_string_lossy();
        let clock = Clock::system();
        Progress { bar, text: format!("{doing} {}", output::safe(&name)), total, began: clock.passed(), clock }
    }

    /// So many bytes are through.
    pub(super) fn at(&self, bytes: u64) {
        if self.bar.is_hidden() {
            return;
        }
        let message = line(&self.text, bytes, self.total, self.clock.passed().saturating_sub(self.began));
        self.bar.set_message(message);
        self.bar.tick();
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// `fixing a.flv: 42 %, 512 MiB/s, 0:35 left`.
fn line(text: &str, bytes: u64, total: u64, passed: Duration) -> String {
    if bytes >= total {
        return format!("{text}: writing the last of it");
    }
    let percent = u128::from(bytes) * 100 / u128::from(total.max(1));
    if passed < SETTLED {
        return format!("{text}: {percent} %");
    }
    let a_second = (u128::from(bytes) * 1000 / passed.as_millis().max(1)).max(1);
    let left = u128::from(total - bytes) / a_second;
    let left = if left < 3600 {
        format!("{}:{:02}", left / 60, left % 60)
    } else {
        format!("{}:{:02}:{:02}", left / 3600, left / 60 % 60, left % 60)
    };
    format!("{text}: {percent} %, {} MiB/s, {left} left", a_second >> 20)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    #[track_caller]
    fn check(bytes: u64, total: u64, passed_ms: u64, expected: &str) {
        assert_eq!(super::line("fixing a.flv", bytes, total, Duration::from_millis(passed_ms)), expected);
    }

    #[test]
    fn percent_speed_and_what_is_left() {
        check(0, 100 << 20, 0, "fixing a.flv: 0 %");
        check(25 << 20, 100 << 20, 1000, "fixing a.flv: 25 %, 25 MiB/s, 0:03 left");
        check(1 << 20, 20 << 30, 1000, "fixing a.flv: 0 %, 1 MiB/s, 5:41:19 left");
        check(100 << 20, 100 << 20, 9000, "fixing a.flv: writing the last of it");
        check(0, 100, 9000, "fixing a.flv: 0 %, 0 MiB/s, 1:40 left");
        // A file that grows while it is read.
        check(7, 5, 9000, "fixing a.flv: writing the last of it");
    }
}
