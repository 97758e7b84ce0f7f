//! What was announced and must be taken back: each session is told to each target once, and the announcement is taken
//! back once the session is over, also after a crash.
//!
//! One task owns all notices. It notes an intent before each announcement and the receipt after it; what came between
//! the two when the program died is looked for and never told again. A database that does not work holds nothing up:
//! then the notices live as long as the program. Calls to one target are made one after the other, targets do not wait
//! for each other.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::clock::Clock;
use crate::config::Text;
use crate::event::{Event, Kind, Sink};
use crate::model::{self, Broadcast, RoomKey};
use crate::plugin::{AnnounceError, CallError, NoNotifier, Notice, Notifier};
use crate::store::Store;

mod clerk;
mod errand;
mod inbox;
mod lane;
mod notice;
mod page;
mod posts;
mod text;

use clerk::Clerk;
use inbox::{Inbox, Word};

/// A session that is on air.
#[derive(Clone, Debug)]
pub struct OnAir {
    /// Its id.
    pub session: String,
    /// The room, by its key.
    pub key: RoomKey,
    /// The room as the picker knows it.
    pub room: model::Room,
    /// What is on air.
    pub broadcast: Broadcast,
    /// Since when.
    pub since: SystemTime,
    /// Names of the targets that are told; none = all of them.
    pub targets: Option<Vec<String>>,
    /// Whether the session was kept from an earlier run: whom that one has told is not told again.
    pub taken_up: bool,
}

/// One place that a notifier tells.
#[derive(Clone)]
pub struct Target {
    /// Its name.
    pub name: String,
    /// The notifier's name.
    pub plugin: String,
    /// The notifier. As long as it is still being compiled all that it is to tell waits for it.
    pub notifier: Result<Notifier, NoNotifier>,
    /// The kinds of events that it is told of.
    pub on: Vec<Kind>,
    /// The user's template of messages.
    pub template: Option<String>,
    /// Its settings, over the plugin's.
    pub settings: BTreeMap<String, Text>,
}

type Answer<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// What the ledger needs of a notifier; so that its tests need no plugin.
trait Tells: Send + Sync {
    fn announce(
        &self,
        settings: &BTreeMap<String, Text>,
        notice: Notice,
    ) -> Answer<Result<Option<String>, AnnounceError>>;
    fn find(&self, settings: &BTreeMap<String, Text>, notice: Notice) -> Answer<Result<Option<String>, CallError>>;
    fn retract(
        &self,
        settings: &BTreeMap<String, Text>,
        notice: Notice,
        receipt: String,
    ) -> Answer<Result<(), CallError>>;
}

impl Tells for Notifier {
    fn announce(
        &self,
        settings: &BTreeMap<String, Text>,
        notice: Notice,
    ) -> Answer<Result<Option<String>, AnnounceError>> {
        let (notifier, settings) = (self.clone(), settings.clone());
        Box::pin(async move { notifier.announce(&settings, notice).await })
    }

    fn find(&self, settings: &BTreeMap<String, Text>, notice: Notice) -> Answer<Result<Option<String>, CallError>> {
        let (notifier, settings) = (self.clone(), settings.clone());
        Box::pin(async move { notifier.find(&settings, notice).await })
    }

    fn retract(
        &self,
        settings: &BTreeMap<String, Text>,
        notice: Notice,
        receipt: String,
    ) -> Answer<Result<(), CallError>> {
        let (notifier, settings) = (self.clone(), settings.clone());
        Box::pin(async move { notifier.retract(&settings, notice, receipt).await })
    }
}

/// A target as the clerk knows it.
struct Place {
    name: String,
    plugin: String,
    notifier: Result<Arc<dyn Tells>, NoNotifier>,
    on: Vec<Kind>,
    template: Option<String>,
    settings: BTreeMap<String, Text>,
}

impl From<Target> for Place {
    fn from(target: Target) -> Place {
        let Target { name, plugin, notifier, on, template, settings } = target;
        let notifier = notifier.map(|notifier| -> Arc<dyn Tells> { Arc::new(notifier) });
        Place { name, plugin, notifier, on, template, settings }
    }
}

/// The ledger. Cheap to clone; its task ends with [`Ledger::close`], or when the last clone is gone.
#[derive(Clone)]
pub struct Ledger(Arc<Handle>);

struct Handle {
    inbox: Arc<Inbox>,
    clock: Clock,
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.inbox.send(Word::Close(None));
    }
}

impl Ledger {
    /// Opens the ledger. It takes up nothing by itself: what earlier runs have left is named by [`Ledger::on_air`] and
    /// [`Ledger::adopt`], for a session may belong to a program that lives. The caller awaits the task after
    /// [`Ledger::close`]. That a service no longer accepts the user's login goes to `events`.
    pub fn open(targets: Vec<Target>, store: Store, clock: Clock, events: Sink) -> (Ledger, JoinHandle<()>) {
        Ledger::open_with(targets.into_iter().map(Place::from).collect(), store, clock, events)
    }

    fn open_with(places: Vec<Place>, store: Store, clock: Clock, events: Sink) -> (Ledger, JoinHandle<()>) {
        let inbox = Arc::new(Inbox::default());
        let ledger = Ledger(Arc::new(Handle { inbox: Arc::clone(&inbox), clock: clock.clone() }));
        ledger.set_places(places);
        let task = tokio::spawn(Clerk::new(inbox, store, clock, events).run());
        (ledger, task)
    }

    /// A session is on air: it is announced to every target that wants to know and has not been told.
    pub fn on_air(&self, on_air: OnAir) {
        self.0.inbox.send(Word::OnAir(Box::new(on_air)));
    }

    /// What is on air has another title, or more is known of it: later messages say so.
    pub fn update(&self, session: &str, broadcast: Broadcast) {
        self.0.inbox.send(Word::Update(session.to_owned(), Box::new(broadcast)));
    }

    /// A session is over: what was announced of it is taken back. Also for one that [`Ledger::on_air`] never named: then
    /// the database knows it.
    pub fn over(&self, session: &str) {
        self.0.inbox.send(Word::Over(session.to_owned()));
    }

    /// Tells the targets that want to know of this kind of event. A session's beginning is [`Ledger::on_air`]'s. Never
    /// waits; when too many wait already, the event is dropped.
    pub fn tell(&self, event: &Event) {
        self.0.inbox.tell(event);
    }

    /// Which targets a room's events are for, until [`Ledger::on_air`] says otherwise; none = all of them.
    pub fn set_room(&self, room: &RoomKey, targets: Option<Vec<String>>) {
        self.0.inbox.send(Word::Room(room.clone(), targets));
    }

    /// The config has changed: these are the targets now. What a target that is gone was told is taken back all the
    /// same; a new one is told of what is on air.
    pub fn set_targets(&self, targets: Vec<Target>) {
        self.set_places(targets.into_iter().map(Place::from).collect());
    }

    fn set_places(&self, places: Vec<Place>) {
        self.0.inbox.send(Word::Places(places));
    }

    /// Sessions of owners that are dead, which nobody takes up: they are over.
    pub fn adopt(&self, sessions: Vec<String>) {
        for session in sessions {
            self.over(&session);
        }
    }

    /// Waits until nothing is owed, and gives back how much still is when the time has passed: calls to make, not
    /// announcements that stand for a session on air.
    pub async fn settle(&self, limit: Duration) -> usize {
        let (answer, answered) = oneshot::channel();
        self.0.inbox.send(Word::Settle(answer));
        let until = self.0.clock.passed().saturating_add(limit);
        tokio::select! {
            _ = answered => {}
            () = self.0.clock.sleep_until(until) => {}
        }
        self.0.inbox.owed()
    }

    /// Stops in order: calls under way end, no further one begins, what is owed stays in the database.
    pub async fn close(&self) {
        let (answer, answered) = oneshot::channel();
        self.0.inbox.send(Word::Close(Some(answer)));
        // An answer that never comes means that the task has ended already.
        let _ = answered.await;
    }
}

#[cfg(test)]
mod tests;
