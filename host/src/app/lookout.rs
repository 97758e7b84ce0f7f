//! Looks at what the machine has left, as long as rooms are watched: what is short is told once, and so is its end.

use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::record::Hands;

/// How often. Whoever begins looks as well: this is for what becomes short, or no longer is, meanwhile.
const EVERY: Duration = Duration::from_secs(2);

/// The task that looks.
pub(super) struct Lookout {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Lookout {
    pub(super) fn start(hands: Hands) -> Lookout {
        let (stop, mut stopped) = watch::channel(false);
        let task = tokio::spawn(async move {
            loop {
                hands.look_at_machine();
                tokio::select! {
                    () = hands.clock.sleep(EVERY) => {}
                    _ = stopped.wait_for(|stop| *stop) => return,
                }
            }
        });
        Lookout { stop, task }
    }

    pub(super) async fn close(self) {
        self.stop.send_replace(true);
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the task that looks at the machine died");
        }
    }
}
