//! The place of one plugin, by name: which build answers now, and how many calls it may have at once.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::engine::Guests;
use super::error::CallError;
use super::version::{Lease, Version};

/// Calls of one plugin under way.
const CALLS: usize = 8;

/// How long a call waits for its turn.
const PATIENCE: Duration = Duration::from_secs(5);

/// Calls name the slot, never a build: so a build can be replaced between two calls and nobody else has to move.
pub(super) struct Slot {
    current: Mutex<Arc<Version>>,
    calls: Arc<Semaphore>,
    pub(super) guests: Arc<Guests>,
}

/// A call's turn: one of the plugin's, one of all.
pub(super) struct Turn {
    _plugin: OwnedSemaphorePermit,
    _all: OwnedSemaphorePermit,
}

impl Slot {
    pub(super) fn new(version: Version, guests: Arc<Guests>) -> Slot {
        Slot { current: Mutex::new(Arc::new(version)), calls: Arc::new(Semaphore::new(CALLS)), guests }
    }

    /// The build that answers now.
    pub(super) fn current(&self) -> Arc<Version> {
        Arc::clone(&self.current.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Lets another build answer from the next call on.
    pub(super) fn replace(&self, version: Version) {
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(version);
    }

    /// Waits for a turn, then takes a lease: the call is made by the newest build there is by then.
    pub(super) async fn begin(&self) -> Result<(Turn, Lease), CallError> {
        let turn = async {
            // The plugin's own first: one that is slow must not hold the turns of all while it waits for itself.
            let plugin = Arc::clone(&self.calls).acquire_owned().await.ok()?;
            let all = Arc::clone(&self.guests.calls).acquire_owned().await.ok()?;
            Some(Turn { _plugin: plugin, _all: all })
        };
        match tokio::time::timeout(PATIENCE, turn).await {
            Ok(Some(turn)) => Ok((turn, Lease::on(&self.current()))),
            Ok(None) => Err(CallError::Stopping),
            Err(_) => Err(CallError::Busy(PATIENCE)),
        }
    }
}
