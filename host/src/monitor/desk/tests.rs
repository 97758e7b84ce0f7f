//! The task with a made-up picker, in time that is turned by hand.

use std::sync::atomic::AtomicU64;
use std::time::UNIX_EPOCH;

use super::*;
use crate::event;
use crate::model::Failure;

/// Plays a picker. A room's id says what comes of asking about it.
#[derive(Clone)]
struct Fake {
    clock: Clock,
    log: Arc<Mutex<Vec<String>>>,
    made: Arc<AtomicU64>,
}

impl Fake {
    /// Notes a call, which then takes a second, or for ever where a room is `stuck`.
    async fn begin(&self, what: &str, rooms: &[Room]) {
        let names: Vec<_> = rooms.iter().map(|room| room.id.as_str()).collect();
        let line = format!("{} {what} {}", self.clock.passed().as_secs(), names.join(" "));
        self.log.lock().unwrap().push(line);
        self.made.fetch_add(1, Ordering::Relaxed);
        assert!(!names.contains(&"panic"), "a call that panics");
        let length = if names.contains(&"stuck") { 1_000_000 } else { 1 };
        tokio::time::sleep(Duration::from_secs(length)).await;
    }
}

fn limited(seconds: u64) -> Failure {
    Failure::RateLimited { message: String::from("slow down"), after: Some(Duration::from_secs(seconds)) }
}

impl Asks for Fake {
    fn label(&self) -> String {
        String::from("fake@1.0.0")
    }

    fn requests(&self) -> u64 {
        self.made.load(Ordering::Relaxed)
    }

    async fn resolve(&self, input: &str) -> Result<String, CallError> {
        self.begin("resolve", &[room(input)]).await;
        Ok(format!("id of {input}"))
    }

    async fn check(&self, rooms: Vec<Room>) -> Result<Vec<Result<Status, Failure>>, CallError> {
        self.begin("check", &rooms).await;
        if rooms.iter().any(|room| room.id == "trap") {
            return Err(CallError::Trap { kind: String::from("unreachable"), stderr: String::new() });
        }
        let answer = |room: &Room| match room.id.as_str() {
            "limited" => Err(limited(600)),
            id if id.starts_with("unreadable") => Err(Failure::UnexpectedAnswer(String::from("HTML"))),
            id => Ok(Status::Offline(Some(id.to_owned()))),
        };
        Ok(rooms.iter().map(answer).collect())
    }

    async fn streams(&self, room: Room, _: Wish) -> Result<Vec<Candidate>, CallError> {
        self.begin("streams", &[room]).await;
        Ok(Vec::new())
    }
}

fn room(id: &str) -> Room {
    Room { id: id.to_owned(), input: id.to_owned(), options: Vec::new() }
}

/// A desk with its made-up picker.
struct Place {
    desk: Desk<Fake>,
    task: JoinHandle<()>,
    clock: Clock,
    events: mpsc::Receiver<event::Event>,
}

type Answers<T> = Vec<JoinHandle<Result<T, CallError>>>;

impl Place {
    fn open(batch: usize) -> Place {
        let clock = Clock::manual(UNIX_EPOCH);
        let (sink, events) = event::queue();
        let asker = Fake { clock: clock.clone(), log: Arc::default(), made: Arc::default() };
        let terms = Terms { interval: Duration::from_secs(30), jitter: 0.0, batch, rate: "100/s".parse().unwrap() };
        let (desk, task) = Desk::open(asker, terms, clock.clone(), sink);
        Place { desk, task, clock, events }
    }

    fn check(&self, rooms: &str, due: Due) -> Answers<Status> {
        let ask = |id| {
            let (desk, room) = (self.desk.clone(), Arc::new(room(id)));
            tokio::spawn(async move { desk.check(room, due).await })
        };
        rooms.split(' ').map(ask).collect()
    }

    /// Turns both clocks, the desk's and the runtime's, in steps that a call is longer than.
    async fn pass(&self, seconds: u64) {
        for _ in 0..seconds * 20 {
            self.clock.advance(Duration::from_millis(50));
            tokio::time::advance(Duration::from_millis(50)).await;
            // What has just woken is done before the clocks are turned on.
            for _ in 0..20 {
                tokio::task::yield_now().await;
            }
        }
    }

    fn log(&self) -> String {
        self.desk.picker().log.lock().unwrap().join("\n")
    }
}

/// What has been answered so far, in few words.
async fn said(answers: Answers<Status>) -> Vec<String> {
    let mut said = Vec::new();
    for answer in answers {
        said.push(match answer.is_finished() {
            false => String::from("waits"),
            true => match answer.await.unwrap() {
                Ok(Status::Offline(Some(name))) => name,
                Ok(other) => other.word().to_owned(),
                Err(error) => error.kind().to_owned(),
            },
        });
    }
    said
}

#[tokio::test(start_paused = true)]
async fn rooms_share_a_call_and_each_hears_its_own_answer() {
    let place = Place::open(50);
    let firsts = place.check("a b unreadable", Due::Now);
    let later = place.check("c", Due::At(Duration::from_secs(40)));
    place.pass(10).await;
    assert_eq!(said(firsts).await, ["a", "b", "unexpected-answer"]);
    let others = place.check("d", Due::At(Duration::from_secs(50)));
    place.pass(35).await;
    assert_eq!(said(later).await, ["c"]);
    assert_eq!(said(others).await, ["d"]);
    assert_eq!(place.log(), "0 check a b unreadable\n40 check c d");
    let view = place.desk.view();
    assert_eq!((view.calls, view.requests, view.waiting), (2, 2, 0));
    assert_eq!((view.interval, view.resting), (Duration::from_secs(30), None));
}

#[tokio::test(start_paused = true)]
async fn a_room_that_breaks_the_call_is_found_and_the_others_are_answered() {
    let place = Place::open(50);
    let answers = place.check("a b trap c", Due::Now);
    place.pass(10).await;
    assert_eq!(said(answers).await, ["a", "b", "trap", "c"]);
    let answers = place.check("panic", Due::Now);
    place.pass(1).await;
    assert_eq!(said(answers).await, ["host-bug"]);
}

#[tokio::test(start_paused = true)]
async fn in_a_rest_checks_wait_and_streams_are_refused() {
    let place = Place::open(2);
    let complained = place.check("a limited", Due::Now);
    place.pass(2).await;
    assert_eq!(said(complained).await, ["a", "rate-limited"]);
    let (until, why) = place.desk.view().resting.unwrap();
    assert_eq!((until.as_secs(), why.as_str()), (601, "slow down"));

    let waiting = place.check("b c d e", Due::Now);
    place.pass(100).await;
    let refused = place.desk.streams(Arc::new(room("a")), Wish::default()).await.unwrap_err();
    assert!(
        matches!(&refused, CallError::Failure(Failure::RateLimited { after: Some(left), .. }) if left.as_secs() == 499),
        "{refused}"
    );
    place.pass(497).await;
    assert_eq!(place.log(), "0 check a limited");
    place.pass(10).await;
    assert_eq!(said(waiting).await, ["b", "c", "d", "e"]);
    assert_eq!(place.log(), "0 check a limited\n601 check b c\n602 check d e");
    assert_eq!(place.desk.view().resting, None);
}

#[tokio::test(start_paused = true)]
async fn who_no_longer_listens_is_not_asked_for() {
    let place = Place::open(50);
    let given_up = place.check("a", Due::At(Duration::from_secs(30)));
    let kept = place.check("b", Due::At(Duration::from_secs(30)));
    place.pass(5).await;
    given_up.into_iter().for_each(|answer| answer.abort());
    place.pass(30).await;
    assert_eq!(said(kept).await, ["b"]);
    assert_eq!(place.log(), "30 check b");
}

#[tokio::test(start_paused = true)]
async fn other_terms_count_at_once() {
    let place = Place::open(50);
    let answers = place.check("a b c", Due::At(Duration::from_secs(30)));
    place.pass(1).await;
    let terms = Terms { interval: Duration::from_secs(60), jitter: 0.0, batch: 1, rate: "1/s".parse().unwrap() };
    place.desk.retune(terms);
    place.pass(35).await;
    assert_eq!(said(answers).await, ["a", "b", "c"]);
    assert_eq!(place.log(), "30 check a\n31 check b\n32 check c");
    assert_eq!(place.desk.view().interval, Duration::from_secs(60));
}

#[tokio::test(start_paused = true)]
async fn several_unreadable_rooms_are_an_event() {
    let mut place = Place::open(1);
    let answers = place.check("unreadable1 unreadable2 unreadable3 unreadable4", Due::Now);
    place.pass(5).await;
    assert_eq!(said(answers).await, ["unexpected-answer"; 4]);
    let event = place.events.try_recv().unwrap();
    assert_eq!((event.kind, event.room), (event::Kind::CheckFailed, None));
    assert!(event.data.to_string().contains("fake@1.0.0"), "{}", event.data);
    assert!(place.events.try_recv().is_err(), "told once");
}

#[tokio::test(start_paused = true)]
async fn a_desk_ends_with_its_last_clone_or_when_it_is_closed() {
    let place = Place::open(1);
    assert_eq!(place.desk.resolve("url").await.unwrap(), "id of url");
    let clone = place.desk.clone();
    drop(place.desk);
    assert!(!place.task.is_finished());
    drop(clone);
    place.task.await.unwrap();

    let place = Place::open(1);
    let mut answers = place.check("stuck", Due::Now);
    answers.extend(place.check("a", Due::At(Duration::from_secs(30))));
    place.pass(2).await;
    place.desk.close();
    place.task.await.unwrap();
    for answer in answers {
        assert_eq!(answer.await.unwrap(), Err(CallError::Stopping));
    }
    assert_eq!(place.desk.check(Arc::new(room("b")), Due::Now).await, Err(CallError::Stopping));
}
