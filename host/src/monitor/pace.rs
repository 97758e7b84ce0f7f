//! When to look again: pure arithmetic of pauses. Knows no room and no clock.

use std::time::Duration;

/// The first pause after a failure that may pass.
const FIRST: Duration = Duration::from_secs(1);
/// No failure makes us wait longer than this: a lost minute never comes back.
pub const LONGEST: Duration = Duration::from_secs(60);
/// A missing login or a wall does not mend itself; asking more often is what gets accounts banned.
pub const WALL: Duration = Duration::from_secs(30 * 60);
/// The least pause of a session that broke off while its platform rests: its last way is tried again meanwhile, and the
/// delivery network must not be asked without end.
pub const IN_REST: Duration = Duration::from_secs(5);
/// How long a full disk is left alone before we look whether somebody made room: at first not for long, since what came
/// before it was full waits in memory; later rarely, since each look is a connection.
const DISK: (Duration, Duration) = (Duration::from_secs(4), Duration::from_secs(30));
/// How long a recording waits that the machine has no means for: as long as others take to begin, then longer, since
/// each look costs the platform a question.
const CROWD: (Duration, Duration) = (Duration::from_secs(4), Duration::from_secs(10));
/// How long before an announced start a room is looked at again.
const BEFORE_START: Duration = Duration::from_secs(60);

/// The pause before try number `failures` in a row: none before the first retry, then 1, 2, 4 … 60 s.
pub fn growing(failures: u32) -> Duration {
    match failures.checked_sub(2) {
        None => Duration::ZERO,
        Some(doublings) => FIRST.saturating_mul(2u32.saturating_pow(doublings.min(6))).min(LONGEST),
    }
}

/// The pause that a platform gets which asked for one: what it asked for, but never less than the growing one.
pub fn backing_off(failures: u32, asked: Option<Duration>) -> Duration {
    growing(failures.saturating_add(2)).max(asked.unwrap_or_default())
}

/// The pause before a disk that was full is tried again.
pub fn on_full_disk(failures: u32) -> Duration {
    growing(failures).clamp(DISK.0, DISK.1)
}

/// The pause before the machine is asked again for means for one more recording.
pub fn in_crowd(failures: u32) -> Duration {
    growing(failures).clamp(CROWD.0, CROWD.1)
}

/// The pause before an announced start that is `starts_in` away.
pub fn before_start(starts_in: Duration, interval: Duration) -> Duration {
    if starts_in > BEFORE_START + interval { starts_in - BEFORE_START } else { interval }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_have_a_limit() {
        let seconds: Vec<u64> = (0..12).map(|failures| growing(failures).as_secs()).collect();
        assert_eq!(seconds, [0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60, 60]);
    }

    #[test]
    fn a_platform_that_asks_for_rest_gets_it() {
        assert_eq!(backing_off(1, Some(Duration::from_secs(300))).as_secs(), 300);
        assert_eq!(backing_off(3, Some(Duration::from_secs(1))).as_secs(), 8);
    }

    #[test]
    fn an_announced_start_is_met_a_minute_early() {
        let interval = Duration::from_secs(30);
        assert_eq!(before_start(Duration::from_secs(3_600), interval).as_secs(), 3_540);
        assert_eq!(before_start(Duration::from_secs(70), interval), interval);
    }
}
