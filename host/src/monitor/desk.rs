//! A desk asks one platform on behalf of all its rooms: one task a picker.
//!
//! It gathers rooms into calls, keeps the platform's budget and rests, and sees to it that live rooms come first. What
//! to ask next is decided by the pure plan; the task carries it out. Knows no room's state: an answer goes to whoever
//! asked, as it is.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use crate::clock::Clock;
use crate::config::Rate;
use crate::event::Sink;
use crate::model::{Candidate, Room, Status, Wish};
use crate::plugin::{CallError, Picker};

mod asks;
mod plan;
mod task;

pub use asks::Asks;
use plan::{Ask, Ticket};
use task::Task;

/// Questions on their way to the task. It takes them all at once and never waits for an answer, so the queue is empty
/// but for moments.
const QUEUE: usize = 256;

/// How a platform is to be asked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Terms {
    /// Time between two checks of a room, as it is wished for; the budget may make it longer.
    pub interval: Duration,
    /// Share of the interval by which calls are moved, 0 to 1; more than half counts as half.
    pub jitter: f64,
    /// Most rooms of one check, at least 1.
    pub batch: usize,
    /// Requests that the platform bears.
    pub rate: Rate,
}

/// When a room is to be checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// As soon as possible: a first check, a person's word, a break.
    Now,
    /// About this time, of [`Clock::passed`]: up to half an interval earlier together with others, and later where the
    /// budget is used up.
    At(Duration),
}

/// What is to be seen of a desk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeskView {
    /// Time between two checks of a room as it really is.
    pub interval: Duration,
    /// Until when the platform is left alone, of [`Clock::passed`], and what it said.
    pub resting: Option<(Duration, String)>,
    /// Calls made since the desk was opened.
    pub calls: u64,
    /// HTTP requests of the picker since then, those of calls under way not counted.
    pub requests: u64,
    /// Questions that wait for a call; rooms that are due later count too.
    pub waiting: usize,
}

/// A way to the desk's task. Cheap to clone.
///
/// The task ends when the last clone is gone or one is told to [`Desk::close`]; who opened the desk waits for it.
pub struct Desk<A: Asks = Picker> {
    shared: Arc<Shared<A>>,
}

impl<A: Asks> Clone for Desk<A> {
    fn clone(&self) -> Self {
        Desk { shared: Arc::clone(&self.shared) }
    }
}

struct Shared<A> {
    asker: A,
    questions: mpsc::Sender<Question>,
    tickets: AtomicU64,
    terms: watch::Sender<Terms>,
    closed: watch::Sender<bool>,
    view: Arc<Mutex<DeskView>>,
}

/// A question and where its answer goes. One whose asker no longer listens is withdrawn.
#[derive(Debug)]
struct Question {
    ticket: Ticket,
    ask: Ask,
    body: Body,
}

/// Where an answer goes. Thousands wait for half a minute each: the answer's own place comes with the answer.
type Reply<T> = oneshot::Sender<Box<Result<T, CallError>>>;

#[derive(Debug)]
enum Body {
    Resolve(String, Reply<String>),
    Check(Arc<Room>, Reply<Status>),
    // In a place of its own, as most questions are checks.
    Streams(Box<(Arc<Room>, Wish)>, Reply<Vec<Candidate>>),
}

impl<A: Asks> Desk<A> {
    /// Opens the desk of one picker.
    pub fn open(asker: A, terms: Terms, clock: Clock, events: Sink) -> (Desk<A>, JoinHandle<()>) {
        let (questions, queue) = mpsc::channel(QUEUE);
        let terms = watch::Sender::new(terms);
        let closed = watch::Sender::new(false);
        let view = Arc::default();
        let task = Task::new(asker.clone(), terms.subscribe(), clock, events, Arc::clone(&view));
        let handle = tokio::spawn(task.run(queue, closed.subscribe()));
        let shared = Shared { asker, questions, tickets: AtomicU64::new(0), terms, closed, view };
        (Desk { shared: Arc::new(shared) }, handle)
    }

    /// What a person wrote to the room's canonical id.
    ///
    /// # Errors
    /// As the picker's own.
    pub async fn resolve(&self, input: &str) -> Result<String, CallError> {
        self.put(Ask::Resolve, |reply| Body::Resolve(input.to_owned(), reply)).await
    }

    /// Is the room live? Waits its turn, and while the platform rests. Dropping the future withdraws the question.
    ///
    /// # Errors
    /// No answer about this room. None of these errors means "offline".
    pub async fn check(&self, room: Arc<Room>, due: Due) -> Result<Status, CallError> {
        self.put(Ask::Check(due), |reply| Body::Check(room, reply)).await
    }

    /// Ways to receive a live room, best first. Goes before all other questions, and is refused at once while the
    /// platform rests.
    ///
    /// # Errors
    /// As the picker's own; in a rest `RateLimited`, with what is left of it.
    pub async fn streams(&self, room: Arc<Room>, wish: Wish) -> Result<Vec<Candidate>, CallError> {
        self.put(Ask::Streams, |reply| Body::Streams(Box::new((room, wish)), reply)).await
    }

    /// Other terms from the next call on.
    pub fn retune(&self, terms: Terms) {
        self.shared.terms.send_replace(terms);
    }

    /// Ends the task: calls under way are given up, and whoever asks or waits hears that the program is stopping.
    pub fn close(&self) {
        self.shared.closed.send_replace(true);
    }

    /// What is to be seen of the desk.
    pub fn view(&self) -> DeskView {
        self.shared.view.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Who is asked.
    pub fn picker(&self) -> &A {
        &self.shared.asker
    }

    async fn put<T>(&self, ask: Ask, body: impl FnOnce(Reply<T>) -> Body) -> Result<T, CallError> {
        let (reply, answer) = oneshot::channel();
        let ticket = self.shared.tickets.fetch_add(1, Ordering::Relaxed);
        let question = Question { ticket, ask, body: body(reply) };
        // The answer may be waited for for long: what handing in takes of the memory is free again by then.
        Box::pin(self.shared.questions.send(question)).await.map_err(|_| CallError::Stopping)?;
        answer.await.map_or(Err(CallError::Stopping), |answer| *answer)
    }
}

/// Questions by their tickets.
type Questions = BTreeMap<Ticket, Body>;

#[cfg(test)]
mod tests;
