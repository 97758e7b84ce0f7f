//! What a `run` does when plugins have come, gone or been replaced.

use tracing::warn;

use super::{Runner, State, plan};
use crate::app::rooms::RoomId;
use crate::app::targets::targets;
use crate::model::redact_input;

impl Runner {
    /// Rooms whose picker is gone end when they are dark; rooms that had none are tried again; targets find their
    /// notifiers.
    pub(super) fn plugins_changed(&mut self) {
        let registry = self.house.registry.clone();
        self.household.rooms.plugins_changed(|name| registry.has(name));
        self.household.ledger.set_targets(targets(&self.snapshot.config, &registry));
        let mut all = std::mem::take(&mut self.wanted);
        for wanted in all.iter_mut().filter(|wanted| wanted.state == State::NoPicker) {
            let (url, plugin) = (&wanted.wish.url, wanted.wish.plugin.as_deref());
            if self.house.picker_now(url, plugin).is_ok() {
                self.begin(wanted);
            }
        }
        self.wanted = all;
    }

    /// Whether a room has ended because its picker is gone: then that is shown, and the room waits for another one.
    pub(super) fn has_lost_its_picker(&mut self, id: RoomId) -> bool {
        let Some(wanted) = self.wanted.iter_mut().find(|wanted| wanted.id == Some(id)) else { return false };
        let wish = &wanted.wish;
        let Err(why) = self.house.picker_now(&wish.url, wish.plugin.as_deref()) else { return false };
        let why = why.to_string();
        warn!(url = redact_input(&wish.url), reason = why, "the room waits for a picker");
        let shown = self.household.rooms.show_idle(&plan(wish).0, "refused", &why);
        (wanted.state, wanted.id) = (State::NoPicker, Some(shown));
        self.household.rooms.remove(id);
        true
    }
}
