//! Questions without an answer: never read as dark. When each is asked again, and what becomes of the session meanwhile.

use std::time::Duration;

use super::{Next, Room, Session};
use crate::monitor::pace;
use crate::monitor::room::{Order, Outcome, Trouble};

impl Room {
    /// A check gave no verdict.
    pub(super) fn unchecked(&mut self, trouble: Trouble, now: Duration, orders: &mut Vec<Order>) {
        // A session that broke off and was not seen dark goes on as soon as there are streams again.
        let lost = |session: &Session| session.dark.is_none() && session.kept.is_none();
        let lost = !self.receiving && now >= self.walled_until && self.session.as_ref().is_some_and(lost);
        self.trouble(if lost { Next::Streams } else { Next::Check }, trouble, now, orders);
    }

    pub(super) fn trouble(&mut self, next: Next, trouble: Trouble, now: Duration, orders: &mut Vec<Order>) {
        if let Some(Session { dark: Some((_, since)), .. }) = &mut self.session {
            // Time in which we did not know does not count: the next dark verdict begins a new stretch.
            *since = None;
        }
        self.failures = self.failures.saturating_add(1);
        let least = if self.session.is_some() { Duration::ZERO } else { self.rules.interval };
        match trouble {
            // The media goes on; what the platform says of the room is asked again, but not soon.
            Trouble::Permanent(_) if self.receiving => self.wait(next, pace::WALL, now, orders),
            Trouble::Permanent(code) => self.leave("gone", Outcome::GaveUp(code), orders),
            // Checks are answered: the session's end must not wait for the wall's.
            Trouble::Wall if next == Next::Streams && !self.rules.by_media => {
                self.walled_until = now + pace::WALL;
                self.look_again(now, orders);
            }
            Trouble::Wall => self.wait(next, pace::WALL, now, orders),
            // The platform's rest is its desk's affair; a session that broke off does not wait for its end.
            Trouble::RateLimited(_) if next == Next::Streams => {
                let pause = pace::growing(self.failures + 1).clamp(pace::IN_REST, pace::LONGEST);
                self.wait(next, pause, now, orders);
            }
            Trouble::RateLimited(_) => self.look_again(now, orders),
            Trouble::Passing => self.wait(next, pace::growing(self.failures + 1).max(least), now, orders),
        }
    }
}
