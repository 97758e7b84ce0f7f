//! Questions without an answer: never read as dark. When each is asked again, and what becomes of the session meanwhile.

use std::time::Duration;

use super::{Next, Room, Session};
use crate::monitor::pace;
use crate::monitor::room::{Order, Outcome, Trouble};

/// How long a session outlasts a wall behind which nothing is to be seen of its room. A broadcast that is hidden for a
/// while, or a login that is renewed in the morning, comes back sooner; what was announced cannot stand for ever.
const HIDDEN: Duration = Duration::from_secs(12 * 60 * 60);

impl Room {
    /// A check gave no verdict.
    pub(super) fn unchecked(&mut self, trouble: Trouble, now: Duration, orders: &mut Vec<Order>) {
        if trouble == Trouble::Wall && self.is_hidden_for_long(now) {
            self.close("behind a wall", orders);
            if self.done {
                return;
            }
        }
        // A session that broke off and was not seen dark goes on as soon as there are streams again.
        let lost = |session: &Session| session.dark.is_none() && session.kept.is_none();
        let lost = !self.receiving && now >= self.walled_until && self.session.as_deref().is_some_and(lost);
        self.trouble(if lost { Next::Streams } else { Next::Check }, trouble, now, orders);
    }

    /// Whether the session's room has been behind a wall for longer than a session lasts without a word of it.
    fn is_hidden_for_long(&mut self, now: Duration) -> bool {
        match &mut self.session {
            Some(session) if !self.receiving => now.saturating_sub(*session.walled.get_or_insert(now)) >= HIDDEN,
            _ => false,
        }
    }

    pub(super) fn trouble(&mut self, next: Next, trouble: Trouble, now: Duration, orders: &mut Vec<Order>) {
        if let Some(Session { dark: Some((_, since)), .. }) = self.session.as_deref_mut() {
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
