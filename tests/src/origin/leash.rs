//! Breaks running connections off from outside, at the moment when a test says so.

use tokio::sync::watch;

use super::How;

/// Holds any number of connections. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Leash(watch::Sender<Option<How>>);

impl Default for Leash {
    fn default() -> Self {
        Leash(watch::Sender::new(None))
    }
}

impl Leash {
    /// Breaks off all connections that run now; those that come later run on.
    pub fn pull(&self, how: How) {
        self.0.send_replace(Some(how));
    }

    pub(super) fn watch(self) -> Pulled {
        Pulled(self.0.subscribe(), self)
    }
}

/// One connection's end of a leash. It keeps the leash, so that a leash that nobody else holds is never pulled.
pub(super) struct Pulled(watch::Receiver<Option<How>>, #[expect(dead_code, reason = "kept, not read")] Leash);

impl Pulled {
    /// Waits for the next pull.
    pub(super) async fn next(&mut self) -> How {
        while self.0.changed().await.is_ok() {
            let how = *self.0.borrow_and_update();
            if let Some(how) = how {
                return how;
            }
        }
        std::future::pending().await
    }
}
