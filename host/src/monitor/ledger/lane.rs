//! The way to one target: one call at a time, its rests, and what a person was told of its troubles.

use std::collections::BTreeMap;
use std::sync::Arc;

use tracing::{debug, info, warn};

use super::notice::{Moment, Trouble};
use super::posts::Posts;
use super::{Place, Tells};
use crate::config::Text;
use crate::model::Failure;
use crate::plugin::{CallError, NoNotifier};

/// A target by its name and its notifier's: a target that gets another notifier is another one, for the old receipts
/// are the old notifier's.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) target: String,
    pub(super) plugin: String,
}

/// The way to one target.
#[derive(Default)]
pub(super) struct Lane {
    /// The target as it was last given; none for one that only an earlier run knew.
    pub(super) place: Option<Arc<Place>>,
    /// Whether the config still names it.
    pub(super) is_current: bool,
    /// Whether an errand is under way.
    pub(super) is_busy: bool,
    /// Until when the service wants to be left alone.
    pub(super) rest_until: Moment,
    /// Events of other kinds that wait.
    pub(super) posts: Posts,
    /// The last trouble that was told, so that the same one is told once.
    told: Option<String>,
    /// Whether it was told that the service accepts the user's login no longer.
    told_login: bool,
    told_template: bool,
}

/// How a call can be made.
#[derive(Clone)]
pub(super) struct Way {
    pub(super) notifier: Arc<dyn Tells>,
    pub(super) settings: Arc<Place>,
    /// Whether the target's own settings are known.
    pub(super) is_own: bool,
}

impl Way {
    /// The target's own settings; none where it is gone and another one's notifier stands in.
    pub(super) fn settings(&self) -> BTreeMap<String, Text> {
        if self.is_own { self.settings.settings.clone() } else { BTreeMap::new() }
    }

    /// The way to a place, if its notifier can be called.
    pub(super) fn to(place: &Arc<Place>, is_own: bool) -> Result<Way, NoNotifier> {
        let notifier = place.notifier.clone()?;
        Ok(Way { notifier, settings: Arc::clone(place), is_own })
    }
}

impl Lane {
    /// The target was given anew.
    pub(super) fn renew(&mut self, place: Arc<Place>) {
        self.place = Some(place);
        self.is_current = true;
        (self.rest_until, self.told) = (Moment::ZERO, None);
        (self.told_login, self.told_template) = (false, false);
    }

    /// A call has succeeded.
    pub(super) fn answers(&mut self, key: &Key) {
        self.told_login = false;
        if self.told.take().is_some() {
            info!(target_name = key.target, plugin = key.plugin, "the target answers again");
        }
    }

    /// A call has failed: told once, until it succeeds or fails for another reason.
    pub(super) fn failed(&mut self, key: &Key, what: &str, reason: &str) {
        let reason = reason.replace('\n', ", ");
        if self.told.as_deref() == Some(&reason) {
            debug!(target_name = key.target, plugin = key.plugin, what, reason, "the target still fails");
        } else {
            warn!(target_name = key.target, plugin = key.plugin, what, reason, "the target fails, trying again");
            self.told = Some(reason);
        }
    }

    /// Whether a failed call says that the login is not accepted: news once, until a call succeeds.
    pub(super) fn loses_login(&mut self, error: &CallError) -> bool {
        let is_refused = matches!(error, CallError::Failure(Failure::LoginRequired(_)));
        is_refused && !std::mem::replace(&mut self.told_login, true)
    }

    /// The template is broken: told once.
    pub(super) fn template(&mut self, key: &Key, wrong: Option<String>) {
        if let Some(reason) = wrong
            && !std::mem::replace(&mut self.told_template, true)
        {
            warn!(target_name = key.target, reason, "a message is told in other words");
        }
    }

    /// What a failed call means; a service that wants to be left alone is, by every notice.
    pub(super) fn trouble(&mut self, error: &CallError, now: Moment) -> Trouble {
        let trouble = trouble(error);
        if let Trouble::Rest(_) = trouble {
            self.rest_until = self.rest_until.max(now.saturating_add(trouble.pause(1)));
        }
        trouble
    }
}

/// What a failed call means for the next one.
pub(super) fn trouble(error: &CallError) -> Trouble {
    match error {
        CallError::Failure(Failure::RateLimited { after, .. }) => Trouble::Rest(*after),
        CallError::Failure(
            Failure::LoginRequired(_) | Failure::Forbidden(_) | Failure::InvalidRoom(_) | Failure::Gone(_),
        )
        | CallError::BadTarget(_) => Trouble::Wall,
        _ => Trouble::Passing,
    }
}
