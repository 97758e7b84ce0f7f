//! What becomes of a room when its picker is replaced, or goes, or another one takes the room over.

use std::time::Duration;

use super::{Fact, NO_PLUGIN, Order, Room};

impl Room {
    /// Asks at once what the build before gave no answer to. What it answered is asked again when it is due.
    pub(super) fn replaced(&mut self, now: Duration, orders: &mut Vec<Order>) {
        if self.failures > 0 || now < self.walled_until {
            self.hear(Fact::CheckNow, now, orders);
        }
    }

    /// Whether its picker is gone, or another one's turn has come, and there is no session that goes on by it.
    pub(super) fn is_let_go(&self) -> bool {
        self.rules.last && self.session.is_none() && !self.receiving && self.stopping.is_none()
    }

    pub(super) fn let_go(&mut self, orders: &mut Vec<Order>) {
        self.leave("plugin removed", NO_PLUGIN, orders);
    }
}
