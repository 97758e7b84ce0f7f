//! What becomes of a room when its picker is replaced or goes.

use std::time::Duration;

use super::{Fact, Order, Outcome, Room};

/// Nobody answers for the room: the plugin failed, as exit codes have it.
const NO_PLUGIN: Outcome = Outcome::GaveUp(5);

impl Room {
    /// Asks at once what the build before gave no answer to. What it answered is asked again when it is due.
    pub(super) fn replaced(&mut self, now: Duration, orders: &mut Vec<Order>) {
        if self.failures > 0 || now < self.walled_until {
            self.hear(Fact::CheckNow, now, orders);
        }
    }

    /// Whether its picker is gone, and there is no session that goes on without it.
    pub(super) fn is_let_go(&self) -> bool {
        self.rules.last && self.session.is_none() && !self.receiving && self.stopping.is_none()
    }

    pub(super) fn let_go(&mut self, orders: &mut Vec<Order>) {
        self.leave("plugin removed", NO_PLUGIN, orders);
    }
}
