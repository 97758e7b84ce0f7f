//! Looks at the machine as long as rooms are watched: what is short is told once, and so is its end. When it has slept,
//! whoever waits for a time is told: nobody knows what has become of the rooms meanwhile.

use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::record::Hands;

/// How often. Whoever begins looks as well: this is for what becomes short, or no longer is, meanwhile.
const EVERY: Duration = Duration::from_secs(2);

/// Both clocks are not asked in the same moment: less is no sleep.
const LEAST_SLEEP: Duration = Duration::from_secs(1);

/// The task that looks.
pub(super) struct Lookout {
    stop: watch::Sender<bool>,
    woken: watch::Receiver<()>,
    task: JoinHandle<()>,
}

impl Lookout {
    pub(super) fn start(hands: Hands) -> Lookout {
        let (stop, mut stopped) = watch::channel(false);
        let (wakes, woken) = watch::channel(());
        let mut sleeper = Sleeper { slept: hands.clock.slept() };
        let task = tokio::spawn(async move {
            loop {
                hands.look_at_machine();
                if let Some(slept) = sleeper.look(hands.clock.slept()) {
                    let seconds = slept.as_secs();
                    tracing::warn!(
                        seconds,
                        "the machine has slept, nothing was recorded meanwhile: looking at all rooms"
                    );
                    wakes.send_replace(());
                }
                tokio::select! {
                    () = hands.clock.sleep(EVERY) => {}
                    _ = stopped.wait_for(|stop| *stop) => return,
                }
            }
        });
        Lookout { stop, woken, task }
    }

    /// Changes each time that the machine has slept.
    pub(super) fn woken(&self) -> watch::Receiver<()> {
        self.woken.clone()
    }

    pub(super) async fn close(self) {
        self.stop.send_replace(true);
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the task that looks at the machine died");
        }
    }
}

/// Tells one sleep from the next. Pure.
struct Sleeper {
    /// How long the machine had slept in all when that was told last.
    slept: Duration,
}

impl Sleeper {
    /// For how long it has slept since it was told last, if it has.
    fn look(&mut self, slept: Duration) -> Option<Duration> {
        let more = slept.saturating_sub(self.slept);
        (more >= LEAST_SLEEP).then(|| {
            self.slept = slept;
            more
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_sleep_is_told_once() {
        let ms = Duration::from_millis;
        let mut sleeper = Sleeper { slept: ms(7_000) };
        let told = [7_000, 7_400, 60_000, 60_000, 60_999, 59_000, 61_000].map(|slept| sleeper.look(ms(slept)));
        assert_eq!(told, [None, None, Some(ms(53_000)), None, None, None, Some(ms(1_000))]);
    }

    #[test]
    fn a_machine_that_is_awake_has_not_slept() {
        let clock = crate::clock::Clock::system();
        let before = clock.slept();
        std::thread::sleep(Duration::from_millis(20));
        assert!(clock.slept().abs_diff(before) < Duration::from_millis(10));
    }
}
