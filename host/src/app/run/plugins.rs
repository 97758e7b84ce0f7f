//! What a `run` does when plugins have come, gone or been replaced.

use std::collections::BTreeSet;

use tracing::{error, info, warn};

use super::{Runner, State, Wanted, plan};
use crate::app::rooms::RoomId;
use crate::app::targets::targets;
use crate::model::redact_input;
use crate::monitor::room::{NO_PLUGIN, Outcome};
use crate::plugin::PickError;

impl Runner {
    /// Rooms whose picker is gone, or that another one fits better now, end when they are dark; rooms that had none are
    /// tried again; targets find their notifiers. What is still being compiled is waited for.
    pub(super) fn plugins_changed(&mut self) {
        let registry = self.house.registry.clone();
        let mut all = std::mem::take(&mut self.wanted);
        let watched = all.iter_mut().filter(|wanted| wanted.state == State::Watched);
        let taken_over: BTreeSet<RoomId> = watched.filter_map(|wanted| self.is_taken_over(wanted)).collect();
        self.household.rooms.plugins_changed(|id, name| registry.has(name) && !taken_over.contains(&id));
        self.household.ledger.set_targets(targets(&self.snapshot.config, &registry));
        for wanted in all.iter_mut().filter(|wanted| matches!(wanted.state, State::NoPicker | State::Expected)) {
            let (url, plugin) = (&wanted.wish.url, wanted.wish.plugin.as_deref());
            let becomes = match self.house.picker_now(url, plugin) {
                Ok(_) => State::Watched,
                Err(PickError::NotYet { .. }) => State::Expected,
                Err(_) => State::NoPicker,
            };
            if becomes != wanted.state {
                self.begin(wanted);
            }
        }
        self.wanted = all;
    }

    /// The room, where another picker than the one that it has takes it now. Where that cannot be said it keeps the one
    /// that it has.
    fn is_taken_over(&self, wanted: &mut Wanted) -> Option<RoomId> {
        let (id, wish) = (wanted.id?, &wanted.wish);
        let (has, _) = self.household.rooms.picker(id)?;
        let url = redact_input(&wish.url);
        match self.house.picker_now(&wish.url, wish.plugin.as_deref()) {
            Ok(picker) if picker.manifest().name == has => wanted.told = None,
            Ok(picker) => {
                let other = picker.manifest().name.clone();
                let is_news = wanted.told.replace(other.clone()) != wanted.told;
                if is_news && self.household.rooms.is_on_air(id) {
                    info!(url, picker = has, other, "another picker takes the room over when its session is over");
                }
                return Some(id);
            }
            Err(tie @ PickError::Tie { .. }) => {
                let reason = tie.to_string().replace('\n', ", ");
                if wanted.told.replace(reason.clone()) != wanted.told {
                    error!(url, reason, picker = has, "the room keeps the picker that it has");
                }
            }
            Err(_) => {}
        }
        None
    }

    /// Whether a room has ended because its picker is gone, or another one's now. Then that one is asked; where there is
    /// none the reason is shown, and the room waits for one.
    pub(super) fn has_lost_its_picker(&mut self, id: RoomId, outcome: Outcome) -> bool {
        let Some(at) = self.wanted.iter().position(|wanted| wanted.id == Some(id)) else { return false };
        let mut wanted = self.wanted.remove(at);
        let has_lost = self.passes_on(id, outcome, &mut wanted);
        self.wanted.insert(at, wanted);
        has_lost
    }

    fn passes_on(&mut self, id: RoomId, outcome: Outcome, wanted: &mut Wanted) -> bool {
        let url = redact_input(&wanted.wish.url);
        let Some((had, was_let_go)) = self.household.rooms.picker(id) else { return false };
        match self.house.picker_now(&wanted.wish.url, wanted.wish.plugin.as_deref()) {
            Err(PickError::NotYet { .. }) => {
                self.begin(wanted);
                true
            }
            Err(why) => {
                let why = why.to_string();
                warn!(url, reason = why, "the room waits for a picker");
                let shown = self.household.rooms.show_idle(&plan(&wanted.wish).0, "refused", &why);
                (wanted.state, wanted.id) = (State::NoPicker, Some(shown));
                self.household.rooms.remove(id);
                true
            }
            Ok(picker) => {
                let has = picker.manifest().name.clone();
                if has != had {
                    info!(url, from = had, to = has, "another picker takes the room over");
                    self.note(&wanted.wish, self.household.rooms.key(id), &format!("{has} takes it over from {had}"));
                }
                // One that has come back meanwhile is begun with again, too.
                let begins = has != had || was_let_go || outcome == NO_PLUGIN;
                if begins {
                    wanted.told = None;
                    self.begin(wanted);
                }
                begins
            }
        }
    }
}
