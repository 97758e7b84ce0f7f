//! Rooms that show old material in a loop, where somebody wishes for it. Platforms that tell of a loop do not always tell
//! a way to receive it, so nothing but its media is worth a session.

use std::time::Duration;

use super::{Next, Room};
use crate::model::Broadcast;
use crate::monitor::room::Order;

impl Room {
    pub(super) fn replay(&mut self, broadcast: Broadcast, now: Duration, orders: &mut Vec<Order>) {
        if self.receiving {
            return self.look_on(broadcast, now, orders);
        }
        self.recognise(broadcast, now, orders);
        if self.done {
            return;
        }
        // After a broadcast, or where media no longer comes, a loop lets the grace run like a dark room.
        if let Some(session) = self.session.as_mut().filter(|session| session.dark.is_some())
            && session.darken(now) >= self.rules.grace
        {
            self.close("offline", orders);
            if !self.done {
                self.look_again(now, orders);
            }
            return;
        }
        self.ask_streams(now, orders);
    }

    /// Whether ways were asked for without a session: only a loop's are, where checks tell what a room shows.
    pub(super) fn is_bare_replay(&self) -> bool {
        self.session.is_none() && !self.rules.by_media
    }

    /// What is asked next so that media comes: of a loop, whether it still runs.
    pub(super) fn for_media(&self) -> Next {
        if self.is_bare_replay() { Next::Check } else { Next::Streams }
    }
}
