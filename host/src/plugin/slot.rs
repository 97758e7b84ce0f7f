//! The place of one plugin, by name: which build answers now, which one answered before, and how many calls it may have
//! at once.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

use super::engine::Guests;
use super::error::CallError;
use super::probation::{Health, Mark, Probation, Ruling};
use super::version::{Lease, Version};
use crate::clock::Clock;

/// Calls of one plugin under way.
const CALLS: usize = 8;

/// How long a call waits for its turn.
const PATIENCE: Duration = Duration::from_secs(5);

/// Calls name the slot, never a build: so a build can be replaced between two calls and nobody else has to move.
pub(super) struct Slot {
    state: Mutex<State>,
    calls: Arc<Semaphore>,
    pub(super) guests: Arc<Guests>,
    clock: Clock,
    /// Woken when there are news.
    wake: Arc<Notify>,
}

struct State {
    now: Arc<Version>,
    health: Health,
    trial: Option<Trial>,
    /// Builds that answered before and may have calls under way.
    replaced: Vec<Weak<Version>>,
    news: Vec<News>,
}

/// The probation of the build that answers now.
struct Trial {
    probation: Probation,
    /// Where a failure leads back to. It stays loaded until then.
    before: Option<Before>,
}

#[derive(Clone)]
struct Before {
    version: Arc<Version>,
    health: Health,
}

/// What has become of a build on probation.
pub(super) enum News {
    /// It is kept.
    Passed(Arc<Version>),
    /// The other one answers again.
    RolledBack { failed: Arc<Version>, to: Arc<Version>, why: String },
}

/// A call's turn: one of the plugin's, one of all.
pub(super) struct Turn {
    _plugin: OwnedSemaphorePermit,
    _all: OwnedSemaphorePermit,
}

impl Slot {
    /// The place of a plugin that has just been loaded, with what earlier runs have seen of it. A build that nobody vouches
    /// for yet is on probation; `before` is one that was good.
    pub(super) fn new(
        (version, health): (Version, Health),
        before: Option<(Version, Health)>,
        is_proven: bool,
        guests: Arc<Guests>,
        clock: Clock,
        wake: Arc<Notify>,
    ) -> Slot {
        let before = before.map(|(version, health)| Before { version: Arc::new(version), health });
        let trial = (!is_proven).then(|| Trial { probation: Probation::begin(clock.passed()), before });
        let (replaced, news) = (Vec::new(), Vec::new());
        let state = State { now: Arc::new(version), health, trial, replaced, news };
        Slot { state: Mutex::new(state), calls: Arc::new(Semaphore::new(CALLS)), guests, clock, wake }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The build that answers now.
    pub(super) fn current(&self) -> Arc<Version> {
        Arc::clone(&self.state().now)
    }

    /// The build that would answer if none were on probation, and what it can read; none where that one has never passed.
    pub(super) fn proven(&self) -> Option<(Arc<Version>, HashSet<u64>)> {
        let state = self.state();
        match &state.trial {
            None => Some((Arc::clone(&state.now), state.health.rooms())),
            Some(trial) => trial.before.as_ref().map(|before| (Arc::clone(&before.version), before.health.rooms())),
        }
    }

    /// Every build that can be called or has calls under way: the one that answers now first.
    pub(super) fn builds(&self) -> Vec<Arc<Version>> {
        let state = self.state();
        let before = state.trial.iter().filter_map(|trial| Some(Arc::clone(&trial.before.as_ref()?.version)));
        let replaced = state.replaced.iter().filter_map(Weak::upgrade);
        let mut all: Vec<Arc<Version>> = vec![Arc::clone(&state.now)];
        for other in before.chain(replaced) {
            if !all.iter().any(|known| Arc::ptr_eq(known, &other)) {
                all.push(other);
            }
        }
        all
    }

    /// Another build answers from the next call on, on probation; the one that answered until now, or where that never
    /// has, the one before it, stays at hand. Gives back the build that was replaced.
    pub(super) fn swap(&self, version: Version) -> Arc<Version> {
        let mut state = self.state();
        let old = std::mem::replace(&mut state.now, Arc::new(version));
        let health = std::mem::take(&mut state.health);
        let earlier = state.trial.take().and_then(|trial| trial.before);
        let is_worth_it = health.is_well() && health.has_answered();
        let before = match earlier {
            Some(earlier) if !is_worth_it => earlier,
            _ => Before { version: Arc::clone(&old), health },
        };
        state.trial = Some(Trial { probation: Probation::begin(self.clock.passed()), before: Some(before) });
        state.let_go(&old);
        old
    }

    /// A build that somebody wants, whatever its calls give, answers from the next call on. Gives back the build that
    /// was replaced.
    pub(super) fn put(&self, version: Version) -> Arc<Version> {
        let mut state = self.state();
        let old = std::mem::replace(&mut state.now, Arc::new(version));
        (state.health, state.trial) = (Health::default(), None);
        state.let_go(&old);
        old
    }

    /// The same builds in other clothes.
    ///
    /// # Errors
    /// What `dress` says of the build that answers now. Nothing has changed then.
    pub(super) fn dress(&self, dress: impl Fn(&Version) -> Result<Version, String>) -> Result<(), String> {
        let mut state = self.state();
        let dressed = dress(&state.now)?;
        let old = std::mem::replace(&mut state.now, Arc::new(dressed));
        state.let_go(&old);
        let before = state.trial.as_mut().and_then(|trial| trial.before.as_mut());
        let undressed = match before {
            // An older build may not know a new setting: it keeps what it had.
            Some(before) => {
                dress(&before.version).ok().map(|fresh| std::mem::replace(&mut before.version, fresh.into()))
            }
            None => None,
        };
        undressed.iter().for_each(|old| state.let_go(old));
        Ok(())
    }

    /// Waits for a turn, then takes a lease: the call is made by the newest build there is by then.
    pub(super) async fn begin(&self) -> Result<(Turn, Lease), CallError> {
        let turn = async {
            // The plugin's own first: one that is slow must not hold the turns of all while it waits for itself.
            let plugin = Arc::clone(&self.calls).acquire_owned().await.ok()?;
            let all = Arc::clone(&self.guests.calls).acquire_owned().await.ok()?;
            Some(Turn { _plugin: plugin, _all: all })
        };
        match tokio::time::timeout(PATIENCE, turn).await {
            Ok(Some(turn)) => Ok((turn, Lease::on(&self.state().now))),
            Ok(None) => Err(CallError::Stopping),
            Err(_) => Err(CallError::Busy(PATIENCE)),
        }
    }

    /// Takes what a call of an export said of the build that made it. Three strikes in a row, and the build before it
    /// answers again.
    pub(super) fn hear(&self, lease: &Lease, export: &'static str, call: &[Mark]) {
        let mut state = self.state();
        // Of a build that was replaced meanwhile nobody needs to know any more.
        if state.now.anatomy.sha256 != lease.anatomy.sha256 {
            return;
        }
        state.health.hear(call);
        let Some(trial) = &mut state.trial else { return };
        let before = trial.before.as_ref().map(|before| &before.health);
        let ruling = trial.probation.hear(export, call, before, self.clock.passed());
        self.carry_out(&mut state, ruling);
    }

    /// Ends a probation that has lasted long enough.
    pub(super) fn look(&self) {
        let mut state = self.state();
        let Some(trial) = &state.trial else { return };
        let ruling = trial.probation.look(self.clock.passed());
        self.carry_out(&mut state, ruling);
    }

    fn carry_out(&self, state: &mut State, ruling: Ruling) {
        let news = match ruling {
            Ruling::Open => return,
            Ruling::Passed => {
                state.trial = None;
                News::Passed(Arc::clone(&state.now))
            }
            Ruling::Failed(why) => {
                let Some(before) = state.trial.take().and_then(|trial| trial.before) else { return };
                let failed = std::mem::replace(&mut state.now, Arc::clone(&before.version));
                state.health = before.health;
                state.let_go(&failed);
                News::RolledBack { failed, to: before.version, why }
            }
        };
        state.news.push(news);
        self.wake.notify_one();
    }

    /// What has been ruled since it was last asked.
    pub(super) fn news(&self) -> Vec<News> {
        std::mem::take(&mut self.state().news)
    }
}

impl State {
    fn let_go(&mut self, old: &Arc<Version>) {
        self.replaced.retain(|version| version.strong_count() > 0);
        self.replaced.push(Arc::downgrade(old));
    }
}
