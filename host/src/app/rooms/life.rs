//! One room from the moment somebody wants it: its id is asked for, then it is watched until it is left.

use std::sync::{Arc, PoisonError};

use tokio::sync::watch;
use tracing::warn;

use super::board::Peek;
use super::{Ground, RoomPlan};
use crate::app::entry::Entry;
use crate::http::host::HostPort;
use crate::model::{RoomKey, redact_input};
use crate::monitor::desk::Desk;
use crate::monitor::room::Outcome;
use crate::monitor::watch::{self as monitor, Reins, Watch, Wishes};
use crate::plugin::Picker;
use crate::record::Access;

pub(super) struct Life {
    pub(super) ground: Ground,
    pub(super) plan: RoomPlan,
    pub(super) picker: Picker,
    pub(super) desk: Desk,
    pub(super) wishes: watch::Receiver<Arc<Wishes>>,
    pub(super) peek: Peek,
}

impl Life {
    /// Until it is done or left; none where it turns out to be a room that is watched already.
    pub(super) async fn live(self, mut reins: Reins) -> Option<Outcome> {
        let entering = super::enter::Entering {
            ground: &self.ground,
            desk: &self.desk,
            plan: &self.plan,
            wishes: self.wishes.clone(),
        };
        // In a place of its own, which is free again once the room is known.
        let entered = Box::pin(entering.enter(&self.picker, &self.peek.glance, &mut reins.leave)).await;
        let Entry { picker, room, key } = match entered {
            Ok(entry) => entry,
            Err(outcome) => {
                self.ground.kept.entered(&self.plan.url);
                return Some(outcome);
            }
        };
        let Some(_place) = Place::take(&self.ground, &key) else {
            warn!(url = redact_input(&self.plan.url), room = %key, "the same room again: it is recorded once");
            self.peek.glance.is_idle("done", "the same room as another");
            self.ground.kept.entered(&self.plan.url);
            return None;
        };
        self.peek.is_known(key.clone());
        let kept = self.ground.kept.claim(&key, &self.plan.url);
        let access = Access {
            user_headers: self.plan.headers.clone(),
            room_host: HostPort::from_url(&room.input),
            overrides: picker.overrides(),
        };
        let watch = Watch {
            desk: self.desk,
            room,
            key,
            wishes: self.wishes,
            hands: self.ground.hands.clone(),
            access,
            ledger: self.ground.ledger.clone(),
            store: self.ground.house.store.clone(),
            owner: Arc::clone(&self.ground.owner),
            kept,
            glance: self.peek.glance,
        };
        // All that is left of this task is a place for it.
        Some(Box::pin(monitor::watch(watch, reins)).await)
    }
}

/// A room's place among those that are watched, given back when it is left.
struct Place<'a> {
    ground: &'a Ground,
    key: RoomKey,
}

impl<'a> Place<'a> {
    fn take(ground: &'a Ground, key: &RoomKey) -> Option<Place<'a>> {
        let is_new = ground.taken.lock().unwrap_or_else(PoisonError::into_inner).insert(key.clone());
        is_new.then(|| Place { ground, key: key.clone() })
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.ground.taken.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}
