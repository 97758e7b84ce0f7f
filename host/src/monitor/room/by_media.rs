//! Rooms whose liveness shows in the media alone: how a reception ends is the verdict.

use std::time::Duration;

use super::{Next, Room};
use crate::model::{EndReason, Refusal};
use crate::monitor::pace;
use crate::monitor::room::Order;

/// The longest pause of a broken reception whose only witness is the media: the grace is short, and a stream that comes
/// back in it should be met.
const IN_GRACE: Duration = Duration::from_secs(5);

impl Room {
    /// Where a check knows nothing, the reception's end is the verdict.
    pub(super) fn ended_by_media(&mut self, reason: &EndReason, now: Duration, orders: &mut Vec<Order>) {
        let interval = self.rules.interval;
        let asked = match reason {
            EndReason::Refused(Refusal::Status(_, Some(seconds))) => Duration::from_secs((*seconds).into()),
            _ => Duration::ZERO,
        };
        let Some(session) = &mut self.session else {
            return match asked > interval {
                true => self.wait(Next::Check, asked, now, orders),
                false => self.look_again(now, orders),
            };
        };
        let over = match reason {
            EndReason::Ended if session.last_media == now => {
                session.ended_clean = true;
                return self.ask_after_pause(Next::Streams, now, orders);
            }
            EndReason::Looping => true,
            EndReason::Refused(_) | EndReason::Ended if session.ended_clean => true,
            _ => now.saturating_sub(session.last_media) >= self.rules.grace,
        };
        let left = (session.last_media + self.rules.grace).saturating_sub(now);
        if !over {
            return match pace::growing(self.failures).min(IN_GRACE).max(asked).min(left) {
                Duration::ZERO => self.ask(Next::Streams, orders),
                pause => self.wait(Next::Streams, pause, now, orders),
            };
        }
        self.close("offline", orders);
        if !self.done {
            self.look_again(now, orders);
        }
    }
}
