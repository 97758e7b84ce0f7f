//! A wanted room is watched, or shown with the reason why nobody does.

use tracing::{debug, error};

use super::{Runner, State, Wanted, plan};
use crate::app::past::WATCHED_AGAIN;
use crate::config::RoomWish;
use crate::model::{RoomKey, redact_input};
use crate::plugin::PickError;

impl Runner {
    /// Watches it, or shows why not.
    pub(super) fn begin(&mut self, wanted: &mut Wanted) {
        let was_idle = matches!(wanted.state, State::Paused | State::Stopped);
        let before = wanted.id.take();
        let key = before.and_then(|id| self.household.rooms.key(id));
        before.into_iter().for_each(|id| self.household.rooms.remove(id));
        let wish = &wanted.wish;
        let (plan, options) = plan(wish);
        let picked = self.house.picker_now(&wish.url, wish.plugin.as_deref());
        let idle = match (wish.enabled, options, picked) {
            (false, ..) => (State::Paused, "paused", String::from("by the config")),
            (_, Err(why), _) => (State::Ended, "refused", why),
            (_, _, Err(PickError::NotYet { name, .. })) => {
                let why = format!("its picker `{name}` is being compiled");
                debug!(url = redact_input(&wish.url), picker = name, "the room waits for its picker");
                self.story(wish, key, "check", &why);
                wanted.state = State::Expected;
                wanted.id = Some(self.household.rooms.show_expected(&plan, &why));
                return;
            }
            (_, _, Err(why)) => (State::NoPicker, "refused", why.to_string()),
            (true, Ok(()), Ok(picker)) => {
                if was_idle {
                    // Its first answer may be long in coming.
                    self.note(wish, key, WATCHED_AGAIN);
                }
                wanted.state = State::Watched;
                wanted.id = Some(self.household.rooms.add(plan, picker));
                return;
            }
        };
        let (state, word, why) = idle;
        if matches!(state, State::Ended | State::NoPicker) {
            error!(url = redact_input(&wish.url), reason = why, "the room cannot be watched");
        }
        if state == State::Paused {
            self.note(wish, key, "paused by the config");
        }
        wanted.state = state;
        wanted.id = Some(self.household.rooms.show_idle(&plan, word, &why));
    }

    /// Tells in the room's story why nobody watches it, or that it is watched again.
    pub(super) fn note(&self, wish: &RoomWish, key: Option<RoomKey>, why: &str) {
        self.story(wish, key, "room", why);
    }

    /// As long as the room has no id, its story is told under what the user wrote.
    fn story(&self, wish: &RoomWish, key: Option<RoomKey>, what: &'static str, text: &str) {
        let written = || {
            let platform = match self.house.picker_now(&wish.url, wish.plugin.as_deref()) {
                Ok(picker) => picker.manifest().platform.clone(),
                Err(PickError::NotYet { platform, .. }) => platform,
                Err(_) => return None,
            };
            Some(RoomKey { platform, id: redact_input(&wish.url) })
        };
        if let Some(key) = key.or_else(written) {
            self.house.store.story(&key.into(), what, text);
        }
    }
}
