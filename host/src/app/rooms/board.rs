//! What a door may look at while rooms are watched: states, not the rooms themselves.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use super::RoomPlan;
use crate::app::space::{Left, Volumes};
use crate::disk::{Disk, Unsynced};
use crate::model::{RoomKey, redact_input};
use crate::monitor::desk::{Desk, DeskView};
use crate::monitor::watch::{Glance, Seen};
use crate::plugin::Picker;
use crate::record::{Hands, Means, Want};

/// Names a room among those that are watched: never given twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoomId(u64);

impl RoomId {
    pub(super) fn new(number: u64) -> RoomId {
        RoomId(number)
    }
}

/// What a door sees of a room.
#[derive(Clone, Debug)]
pub struct RoomView {
    /// What the user wrote, as it may be shown.
    pub url: String,
    /// The user's own name for it.
    pub name: Option<String>,
    /// Its name, once the picker has told its id.
    pub key: Option<RoomKey>,
    /// `NAME@VERSION` of the picker; none where nobody asks about the room.
    pub plugin: Option<String>,
    /// Its state.
    pub seen: Seen,
}

/// What a door sees of a picker.
#[derive(Clone, Debug)]
pub struct PickerView {
    /// `NAME@VERSION`.
    pub plugin: String,
    /// Its platform.
    pub platform: String,
    /// Rooms that it is asked about.
    pub rooms: usize,
    /// Its desk.
    pub desk: DeskView,
}

/// Cheap to clone; clones share what is to be seen.
#[derive(Clone)]
pub struct Board {
    state: Arc<Mutex<State>>,
    volumes: Volumes,
    means: Means,
    disk: Disk,
}

#[derive(Default)]
struct State {
    rooms: BTreeMap<RoomId, Peek>,
    desks: BTreeMap<String, Desk>,
}

/// One room's state, shared with its task.
#[derive(Clone)]
pub(super) struct Peek(Arc<Shown>);

struct Shown {
    about: Mutex<About>,
    key: OnceLock<Arc<RoomKey>>,
    glance: Glance,
}

struct About {
    url: Box<str>,
    name: Option<Box<str>>,
    picker: Option<Picker>,
}

impl Peek {
    pub(super) fn new(plan: &RoomPlan, picker: Option<Picker>) -> Peek {
        let (url, name) = (redact_input(&plan.url).into(), plan.name.as_deref().map(Box::from));
        let glance = Glance::default();
        glance.is_idle("waiting", "");
        Peek(Arc::new(Shown { about: Mutex::new(About { url, name, picker }), key: OnceLock::new(), glance }))
    }

    /// What its task shows of it.
    pub(super) fn glance(&self) -> &Glance {
        &self.0.glance
    }

    /// The picker has told the room's id.
    pub(super) fn is_known(&self, key: Arc<RoomKey>) {
        // It is told once.
        let _ = self.0.key.set(key);
    }

    fn about(&self) -> MutexGuard<'_, About> {
        self.0.about.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn view(&self) -> RoomView {
        let about = self.about();
        RoomView {
            url: about.url.to_string(),
            name: about.name.as_deref().map(str::to_owned),
            key: self.0.key.get().map(|key| RoomKey::clone(key)),
            plugin: about.picker.as_ref().map(Picker::label),
            seen: self.0.glance.look(),
        }
    }
}

impl Board {
    pub(super) fn new(volumes: Volumes, hands: &Hands) -> Board {
        Board { state: Arc::default(), volumes, means: hands.means.clone(), disk: hands.disk.clone() }
    }

    /// What is left on the disk where files begin; none before anybody has looked.
    pub fn left(&self) -> Option<Left> {
        self.volumes.left()
    }

    /// What the machine is short of, so that nothing new is recorded; none where nothing is.
    pub fn want(&self) -> Option<Want> {
        self.means.want()
    }

    /// What no sync of the disk has vouched for yet.
    pub fn unsynced(&self) -> Unsynced {
        self.disk.unsynced()
    }

    /// The rooms, in the order in which they were added.
    pub fn rooms(&self) -> Vec<(RoomId, RoomView)> {
        self.change(|state| state.rooms.iter().map(|(id, peek)| (*id, peek.view())).collect())
    }

    /// The pickers in use, by name.
    pub fn pickers(&self) -> Vec<PickerView> {
        self.change(|state| {
            let named = |name: &str| {
                let is_its =
                    |peek: &&Peek| peek.about().picker.as_ref().is_some_and(|picker| picker.manifest().name == name);
                state.rooms.values().filter(is_its).count()
            };
            let view = |(name, desk): (&String, &Desk)| {
                let manifest = desk.picker().manifest();
                let platform = manifest.platform.clone();
                PickerView { plugin: manifest.label(), platform, rooms: named(name), desk: desk.view() }
            };
            state.desks.iter().map(view).collect()
        })
    }

    pub(super) fn put(&self, id: RoomId, peek: Peek) {
        self.change(|state| state.rooms.insert(id, peek));
    }

    pub(super) fn remove(&self, id: RoomId) {
        self.change(|state| state.rooms.remove(&id));
    }

    /// Nobody asks about it; what was seen of it stays.
    pub(super) fn retire(&self, id: RoomId, word: &'static str, reason: &str) {
        self.change(|state| {
            if let Some(peek) = state.rooms.get(&id) {
                peek.about().picker = None;
                peek.glance().is_idle(word, reason);
            }
        });
    }

    pub(super) fn key(&self, id: RoomId) -> Option<RoomKey> {
        self.change(|state| state.rooms.get(&id).and_then(|peek| peek.view().key))
    }

    pub(super) fn is_on_air(&self, id: RoomId) -> bool {
        self.change(|state| state.rooms.get(&id).is_some_and(|peek| peek.glance().look().since.is_some()))
    }

    pub(super) fn rename(&self, id: RoomId, name: Option<String>) {
        self.change(|state| {
            if let Some(peek) = state.rooms.get(&id) {
                peek.about().name = name.map(String::into_boxed_str);
            }
        });
    }

    pub(super) fn desk(&self, name: &str) -> Option<Desk> {
        self.change(|state| state.desks.get(name).cloned())
    }

    pub(super) fn desks(&self) -> Vec<Desk> {
        self.change(|state| state.desks.values().cloned().collect())
    }

    pub(super) fn put_desk(&self, name: &str, desk: Desk) {
        self.change(|state| state.desks.insert(name.to_owned(), desk));
    }

    /// The desks end; the rooms stay to be seen.
    pub(super) fn close_desks(&self) {
        let desks = self.change(|state| std::mem::take(&mut state.desks));
        desks.values().for_each(Desk::close);
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
