//! One room from the moment somebody wants it: its id is asked for, then it is watched until it is left.

use std::future::Future;
use std::sync::{Arc, PoisonError};

use tokio::sync::OwnedSemaphorePermit;
use tracing::warn;

use super::board::Peek;
use super::{Ground, RoomPlan};
use crate::model::{RoomKey, redact_input};
use crate::monitor::desk::Desk;
use crate::monitor::room::Outcome;
use crate::monitor::watch::{self as monitor, Led, Pending, Watch};
use crate::plugin::Picker;

pub(super) struct Life {
    pub(super) ground: Arc<Ground>,
    pub(super) plan: RoomPlan,
    pub(super) picker: Picker,
    pub(super) desk: Desk,
    pub(super) led: Led,
    pub(super) peek: Peek,
}

impl Life {
    /// Until it is done or left; none where it turns out to be a room that is watched already.
    pub(super) fn live(self) -> impl Future<Output = Option<Outcome>> + Send + 'static {
        let life = Box::new(self);
        async move {
            // Each step has a place of its own, which is free again when it is over: of a task as such nothing is free
            // before its end.
            let turn = Box::pin(Arc::clone(&life.ground.turns).acquire_owned()).await.ok();
            match Box::pin(life.enter(turn)).await {
                Ok(watching) => Some(watching.await),
                Err(outcome) => outcome,
            }
        }
    }

    /// Asks for its id, and takes its place among those that are watched.
    async fn enter(self: Box<Self>, turn: Option<OwnedSemaphorePermit>) -> Result<Pending<Outcome>, Option<Outcome>> {
        let entering = super::enter::Entering { ground: &self.ground, desk: &self.desk, plan: &self.plan };
        let entry = match entering.enter(&self.picker, self.peek.glance(), &self.led, turn).await {
            Ok(entry) => entry,
            Err(outcome) => {
                self.ground.kept.entered(&self.plan.url);
                return Err(Some(outcome));
            }
        };
        let (room, key) = (Arc::new(entry.room), Arc::new(entry.key));
        let Some(place) = Place::take(&self.ground, &key) else {
            warn!(url = redact_input(&self.plan.url), room = %key, "the same room again: it is recorded once");
            self.peek.glance().is_idle("done", "the same room as another");
            self.ground.kept.entered(&self.plan.url);
            return Err(None);
        };
        self.peek.is_known(Arc::clone(&key));
        let kept = self.ground.kept.claim(&key, &self.plan.url).map(Box::new);
        let footing = Arc::clone(&self.ground.footing);
        let Life { plan, desk, led, peek, .. } = *self;
        let watch = Watch { desk, room, key, footing, user_headers: plan.headers, kept, glance: peek.glance().clone() };
        let watching = monitor::watch(watch, led);
        Ok(Box::pin(async move {
            let _place = place;
            watching.await
        }))
    }
}

/// A room's place among those that are watched, given back when it is left.
struct Place {
    ground: Arc<Ground>,
    key: Arc<RoomKey>,
}

impl Place {
    fn take(ground: &Arc<Ground>, key: &Arc<RoomKey>) -> Option<Place> {
        let is_new = ground.taken.lock().unwrap_or_else(PoisonError::into_inner).insert(Arc::clone(key));
        is_new.then(|| Place { ground: Arc::clone(ground), key: Arc::clone(key) })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.ground.taken.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}
