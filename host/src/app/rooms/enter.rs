//! A room's canonical id, asked for until there is an answer: a platform that cannot be reached at the start may be
//! later.

use std::time::Duration;

use tokio::sync::OwnedSemaphorePermit;
use tracing::{debug, error, warn};

use super::{Ground, RoomPlan};
use crate::app::entry::{self, Entry};
use crate::model::{RoomKey, redact_input};
use crate::monitor::desk::Desk;
use crate::monitor::pace;
use crate::monitor::room::{NO_PLUGIN, Outcome, Trouble};
use crate::monitor::watch::{Glance, Led, Told, trouble};
use crate::plugin::Picker;

pub(super) struct Entering<'a> {
    pub(super) ground: &'a Ground,
    pub(super) desk: &'a Desk,
    pub(super) plan: &'a RoomPlan,
}

impl Entering<'_> {
    pub(super) async fn enter(
        &self,
        picker: &Picker,
        glance: &Glance,
        led: &Led,
        mut turn: Option<OwnedSemaphorePermit>,
    ) -> Result<Entry, Outcome> {
        let house = &self.ground.house;
        let (url, mut failures, mut told) = (&self.plan.url, 0_u32, Told::default());
        let mut plugins = house.registry.changes();
        loop {
            if !house.registry.has(&picker.manifest().name) {
                return Err(NO_PLUGIN);
            }
            // The turn is the database's: whoever has to ask the platform, or to ask again, makes way.
            let turn = turn.take();
            let resolve = async move {
                drop(turn);
                self.desk.resolve(url).await
            };
            let asked = house.enter(picker, url, &self.plan.options, resolve);
            let answer = tokio::select! {
                answer = asked => answer,
                outcome = parted(led) => return Err(outcome),
            };
            let failed = match answer {
                Ok(entry) => return Ok(entry),
                Err(failed) => failed,
            };
            // One line in the log, the table and the story.
            let text = failed.to_string().replace('\n', ", ");
            glance.is_idle("waiting", &text);
            // As long as there is no id, its story is told under what the user wrote.
            let written = RoomKey { platform: picker.manifest().platform.clone(), id: redact_input(url) };
            house.store.story(&written.into(), "check", &text);
            if entry::is_permanent(&failed) {
                error!(url = redact_input(url), reason = text, "no such room");
                return Err(Outcome::GaveUp(1));
            }
            failures = failures.saturating_add(1);
            match told.is_news(&text) {
                false => debug!(reason = text, "still no answer"),
                true => warn!(url = redact_input(url), reason = text, "the room cannot be resolved, trying again"),
            }
            tokio::select! {
                () = house.clock.sleep(pause(&trouble(&failed), failures)) => {}
                // What one build could not tell, another one may.
                Ok(()) = plugins.changed() => {}
                outcome = parted(led) => return Err(outcome),
            }
        }
    }
}

/// How it ends before there is an id: the room is to be left, or its picker is not to be asked any more.
async fn parted(led: &Led) -> Outcome {
    if led.let_go().await { Outcome::Stopped } else { NO_PLUGIN }
}

fn pause(trouble: &Trouble, failures: u32) -> Duration {
    match trouble {
        Trouble::Wall => pace::WALL,
        Trouble::RateLimited(asked) => pace::backing_off(failures, *asked),
        _ => pace::growing(failures.saturating_add(1)),
    }
}
