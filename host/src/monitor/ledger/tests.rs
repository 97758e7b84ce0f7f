//! The ledger's task with a service that fails on demand, a clock that is turned by hand, and a real database.

use std::path::PathBuf;
use std::sync::Mutex;

use tokio::sync::{Semaphore, mpsc};

use super::*;
use crate::event::{self, new_id};
use crate::model::Failure;

mod crash;
mod others;
mod targets;
mod trouble;

/// How a service answers.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Mood {
    Well,
    /// It does what it is asked and says so with nothing.
    Mute,
    /// It says no.
    Refuses(Failure),
    /// It does what it is asked, and the answer is lost.
    LosesAnswers,
    /// It does nothing, and who asked cannot know that.
    LosesRequests,
    /// It does not answer until the gate is opened: before it did what it was asked.
    HangsBefore,
    /// The same, after it did.
    HangsAfter,
}

/// What a test sees of a service, and what it stands for.
struct Service {
    clock: Clock,
    mood: Mutex<Mood>,
    /// Looking for an announcement fails.
    is_blind: Mutex<bool>,
    gate: Semaphore,
    /// Announcements that stand: event, receipt.
    standing: Mutex<Vec<(String, String)>>,
    /// How many were ever made.
    made: Mutex<u32>,
    calls: Mutex<Vec<String>>,
}

impl Service {
    fn new(clock: &Clock) -> Arc<Service> {
        Arc::new(Service {
            clock: clock.clone(),
            mood: Mutex::new(Mood::Well),
            is_blind: Mutex::new(false),
            gate: Semaphore::new(0),
            standing: Mutex::default(),
            made: Mutex::default(),
            calls: Mutex::default(),
        })
    }

    fn is(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    fn mood(&self) -> Mood {
        self.mood.lock().unwrap().clone()
    }

    /// The calls since the last time, by the clock's seconds.
    fn calls(&self) -> Vec<String> {
        std::mem::take(&mut *self.calls.lock().unwrap())
    }

    fn note(&self, call: &str, what: &str) {
        self.calls.lock().unwrap().push(format!("{}s {call} {what}", self.clock.passed().as_secs()));
    }

    /// How many announcements were made, and how many stand.
    fn count(&self) -> (u32, usize) {
        (*self.made.lock().unwrap(), self.standing.lock().unwrap().len())
    }

    /// Does something as the mood has it; the error says whether it may have been done.
    async fn act<T: Default>(&self, deed: impl FnOnce() -> T) -> Result<T, (CallError, bool)> {
        let network = || CallError::Failure(Failure::Network(String::from("no answer")));
        match self.mood() {
            Mood::Well => Ok(deed()),
            Mood::Mute => {
                deed();
                Ok(T::default())
            }
            Mood::Refuses(failure) => Err((CallError::Failure(failure), false)),
            Mood::LosesAnswers => {
                deed();
                Err((network(), true))
            }
            Mood::LosesRequests => Err((network(), true)),
            Mood::HangsBefore => {
                self.gate.acquire().await.unwrap().forget();
                Ok(deed())
            }
            Mood::HangsAfter => {
                let done = deed();
                self.gate.acquire().await.unwrap().forget();
                Ok(done)
            }
        }
    }

    async fn announce(&self, notice: Notice) -> Result<Option<String>, AnnounceError> {
        self.note("announce", &notice.text);
        let post = || {
            let mut made = self.made.lock().unwrap();
            *made += 1;
            let receipt = format!("r{made}");
            self.standing.lock().unwrap().push((notice.id, receipt.clone()));
            Some(receipt)
        };
        self.act(post).await.map_err(|(error, doubt)| AnnounceError { error, doubt })
    }

    fn find(&self, notice: &Notice) -> Result<Option<String>, CallError> {
        self.note("find", "");
        if *self.is_blind.lock().unwrap() {
            return Err(CallError::Timeout(Duration::from_secs(30)));
        }
        let standing = self.standing.lock().unwrap();
        Ok(standing.iter().find(|(id, _)| *id == notice.id).map(|(_, receipt)| receipt.clone()))
    }

    async fn retract(&self, receipt: String) -> Result<(), CallError> {
        self.note("retract", &receipt);
        let take = || self.standing.lock().unwrap().retain(|(_, standing)| *standing != receipt);
        self.act(take).await.map_err(|(error, _)| error)
    }
}

/// The service as a notifier.
struct Teller(Arc<Service>);

impl Tells for Teller {
    fn announce(&self, _: &BTreeMap<String, Text>, notice: Notice) -> Answer<Result<Option<String>, AnnounceError>> {
        let service = Arc::clone(&self.0);
        Box::pin(async move { service.announce(notice).await })
    }

    fn find(&self, _: &BTreeMap<String, Text>, notice: Notice) -> Answer<Result<Option<String>, CallError>> {
        let service = Arc::clone(&self.0);
        Box::pin(async move { service.find(&notice) })
    }

    fn retract(&self, _: &BTreeMap<String, Text>, _: Notice, receipt: String) -> Answer<Result<(), CallError>> {
        let service = Arc::clone(&self.0);
        Box::pin(async move { service.retract(receipt).await })
    }
}

/// A target of this name that the service stands behind; told of beginnings, and of the further kinds.
fn place(name: &str, service: &Arc<Service>, further: &[Kind]) -> Place {
    Place {
        name: name.to_owned(),
        plugin: String::from("teller"),
        notifier: Ok(Arc::new(Teller(Arc::clone(service)))),
        on: [&[Kind::SessionStarted], further].concat(),
        template: None,
        settings: BTreeMap::new(),
    }
}

/// A ledger on a database, which can be killed and opened again.
struct Scene {
    dir: PathBuf,
    clock: Clock,
    store: Store,
    service: Arc<Service>,
    /// What the ledger sees.
    heard: mpsc::Receiver<Event>,
    open: Option<(Ledger, JoinHandle<()>)>,
}

impl Drop for Scene {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

impl Scene {
    /// With one target, `family`.
    fn new() -> Scene {
        let dir = std::env::temp_dir().join(format!("lyrebird-ledger-{}", new_id()));
        let clock = Clock::manual(SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000));
        let (store, service) = (Store::open_with(&dir, clock.clone()), Service::new(&clock));
        let mut scene = Scene { dir, clock, store, service, heard: event::queue().1, open: None };
        scene.open();
        scene
    }

    fn open(&mut self) {
        self.open_with(vec![place("family", &self.service, &[])]);
    }

    fn open_with(&mut self, places: Vec<Place>) {
        let (events, heard) = event::queue();
        self.heard = heard;
        self.open = Some(Ledger::open_with(places, self.store.clone(), self.clock.clone(), events));
    }

    fn ledger(&self) -> &Ledger {
        &self.open.as_ref().unwrap().0
    }

    /// The program dies: whatever the task was doing, it is not done.
    async fn crash(&mut self) {
        let (ledger, task) = self.open.take().unwrap();
        task.abort();
        assert!(task.await.unwrap_err().is_cancelled());
        drop(ledger);
    }

    async fn restart(&mut self) {
        self.crash().await;
        self.open();
    }

    fn on_air(&self, session: &str, taken_up: bool) {
        let room = |id: &str| model::Room { id: id.to_owned(), input: String::from("in"), options: vec![] };
        self.ledger().on_air(OnAir {
            session: session.to_owned(),
            key: RoomKey { platform: String::from("p"), id: String::from("7") },
            room: room("7"),
            broadcast: Broadcast { streamer: format!("Ann {session}"), ..Broadcast::default() },
            since: self.clock.now(),
            targets: None,
            taken_up,
        });
    }

    /// Until nothing can happen before the clock moves.
    async fn quiet(&self) {
        let (answer, answered) = oneshot::channel();
        self.ledger().0.inbox.send(Word::Quiet(answer));
        tokio::time::timeout(Duration::from_secs(20), answered).await.expect("the ledger is busy").unwrap();
    }

    /// Until the service is in a call that hangs.
    async fn called(&self, calls: usize) {
        for _ in 0..2_000 {
            if self.service.calls.lock().unwrap().len() >= calls {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("no call came");
    }

    /// Time passes, a step at a time.
    async fn pass(&self, whole: Duration, step: Duration) {
        let mut passed = Duration::ZERO;
        while passed < whole {
            self.clock.advance(step);
            passed += step;
            self.quiet().await;
        }
    }

    /// The row of a session's notice to `family`: state and receipt.
    async fn row(&self, session: &str) -> String {
        let rows = self.store.notices_of(session).await.unwrap();
        let shown = rows.iter().map(|row| match &row.receipt {
            Some(receipt) => format!("{} {}: {receipt}", row.target, row.state),
            None => format!("{} {}", row.target, row.state),
        });
        shown.collect::<Vec<_>>().join(", ")
    }
}

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);

#[tokio::test]
async fn a_session_is_announced_once_and_taken_back_once() {
    let scene = Scene::new();
    scene.on_air("s1", false);
    scene.on_air("s1", false);
    scene.quiet().await;
    assert_eq!(scene.row("s1").await, "family told: r1");
    scene.pass(HOUR, MINUTE).await;
    scene.ledger().over("s1");
    scene.ledger().over("s1");
    scene.quiet().await;
    assert_eq!(scene.row("s1").await, "family retracted: r1");
    scene.pass(HOUR, MINUTE).await;
    assert_eq!(scene.service.calls(), ["0s announce Ann s1 is live", "3600s retract r1"]);
    assert_eq!(scene.service.count(), (1, 0));
    let row = scene.store.notices_of("s1").await.unwrap().remove(0);
    let times = [row.announced_at, row.over_at, row.retracted_at];
    let seconds = |time: Option<SystemTime>| time.unwrap().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    assert_eq!(times.map(seconds), [1_000_000, 1_003_600, 1_003_600]);
}

#[tokio::test]
async fn without_a_receipt_there_is_nothing_to_take_back() {
    let scene = Scene::new();
    scene.service.is(Mood::Mute);
    scene.on_air("s1", false);
    scene.quiet().await;
    assert_eq!(scene.row("s1").await, "family told");
    scene.ledger().over("s1");
    scene.quiet().await;
    assert_eq!(scene.row("s1").await, "family done");
    assert_eq!(scene.service.calls().len(), 1);
    assert_eq!(scene.ledger().settle(HOUR).await, 0);
}

#[tokio::test]
async fn closing_lets_a_call_end_and_begins_none() {
    let mut scene = Scene::new();
    scene.service.is(Mood::HangsAfter);
    scene.on_air("s1", false);
    scene.called(1).await;
    scene.on_air("s2", false);
    let closing = tokio::spawn({
        let ledger = scene.ledger().clone();
        async move { ledger.close().await }
    });
    tokio::task::yield_now().await;
    assert!(!closing.is_finished());
    scene.service.gate.add_permits(1);
    closing.await.unwrap();
    scene.open.take().unwrap().1.await.unwrap();
    assert_eq!(scene.row("s1").await, "family told: r1", "the receipt is in the database");
    assert_eq!(scene.row("s2").await, "");
    assert_eq!(scene.service.calls().len(), 1);
}

#[tokio::test]
async fn after_the_close_nobody_waits_for_ever() {
    let mut scene = Scene::new();
    let (ledger, task) = scene.open.take().unwrap();
    ledger.close().await;
    task.await.unwrap();
    ledger.over("s1");
    ledger.close().await;
    assert_eq!(ledger.settle(HOUR).await, 0);
    scene.open();
    let (ledger, task) = scene.open.take().unwrap();
    drop(ledger);
    task.await.unwrap();
    scene.open();
    let (ledger, task) = scene.open.take().unwrap();
    task.abort();
    task.await.unwrap_err();
    ledger.close().await;
}
