//! The desk's task: takes questions, makes the calls that the plan orders, hands the answers back.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::json;
use tokio::sync::{mpsc, watch};
use tokio::task::{Id, JoinError, JoinSet};
use tracing::{debug, info, warn};

use super::plan::{After, Call, Came, Heard, Kind, News, Plan, Step, Ticket};
use super::{Asks, Body, DeskView, QUEUE, Question, Questions, Terms};
use crate::clock::Clock;
use crate::event::{self, Event, Sink};
use crate::model::{Candidate, Failure, Room, Status};
use crate::monitor::dice;
use crate::plugin::CallError;

/// Questions that may wait. Each room has one or two; a hundred thousand rooms are no user's wish but a fault of ours.
const MOST_WAITING: usize = 200_000;

/// What came of a call, as the picker said it.
enum Said {
    Id(Result<String, CallError>),
    Statuses(Result<Vec<Result<Status, Failure>>, CallError>),
    Streams(Result<Vec<Candidate>, CallError>),
}

/// The task's belongings.
pub(super) struct Task<A: Asks> {
    asker: A,
    plan: Plan,
    terms: watch::Receiver<Terms>,
    clock: Clock,
    events: Sink,
    view: Arc<Mutex<DeskView>>,
    questions: Questions,
    calls: JoinSet<Said>,
    under_way: HashMap<Id, Call>,
}

impl<A: Asks> Task<A> {
    pub(super) fn new(
        asker: A,
        mut terms: watch::Receiver<Terms>,
        clock: Clock,
        events: Sink,
        view: Arc<Mutex<DeskView>>,
    ) -> Self {
        let plan = Plan::new(*terms.borrow_and_update(), clock.passed(), asker.requests());
        let (questions, calls, under_way) = (Questions::new(), JoinSet::new(), HashMap::new());
        let task = Task { asker, plan, terms, clock, events, view, questions, calls, under_way };
        task.show();
        task
    }

    /// Works until the last desk is gone or one was closed. Calls under way end with it: nobody waits for them.
    pub(super) async fn run(mut self, mut queue: mpsc::Receiver<Question>, mut closed: watch::Receiver<bool>) {
        let mut asked = Vec::new();
        loop {
            let pause = self.work();
            self.show();
            tokio::select! {
                _ = closed.wait_for(|closed| *closed) => return,
                got = queue.recv_many(&mut asked, QUEUE) => {
                    if got == 0 {
                        return;
                    }
                }
                Some(ended) = self.calls.join_next_with_id() => self.ended(ended),
                Ok(()) = self.terms.changed() => {
                    let terms = *self.terms.borrow_and_update();
                    self.plan.retune(terms, self.clock.passed());
                }
                () = self.clock.sleep(pause.unwrap_or_default()), if pause.is_some() => {}
            }
            if !asked.is_empty() {
                // Rooms that were answered together ask again one after the other: what comes next is thought about once
                // for all of them.
                tokio::task::yield_now().await;
                asked.extend(std::iter::from_fn(|| queue.try_recv().ok()));
                asked.drain(..).for_each(|question| self.take(question));
            }
        }
    }

    fn take(&mut self, question: Question) {
        let Question { ticket, ask, body } = question;
        let room = match &body {
            Body::Resolve(input, _) => input.clone(),
            Body::Check(room, _) => room.id.clone(),
            Body::Streams(asked, _) => asked.0.id.clone(),
        };
        if self.questions.len() >= MOST_WAITING {
            return body.refuse(CallError::Busy(Duration::ZERO));
        }
        self.questions.insert(ticket, body);
        self.plan.ask(ticket, ask, room, self.clock.passed());
    }

    /// Makes every call that may be made now; says for how long there is nothing to do.
    fn work(&mut self) -> Option<Duration> {
        let withdrawn: Vec<Ticket> =
            self.questions.iter().filter(|(_, body)| body.is_withdrawn()).map(|(ticket, _)| *ticket).collect();
        for ticket in withdrawn {
            if self.plan.withdraw(ticket) {
                self.questions.remove(&ticket);
            }
        }
        loop {
            let now = self.clock.passed();
            match self.plan.next(now, dice()) {
                Step::Call(call) => self.call(call),
                Step::Refuse(ticket, left) => self.refuse(ticket, left),
                Step::Wait(until) => return until.map(|until| until.saturating_sub(now)),
            }
        }
    }

    fn refuse(&mut self, ticket: Ticket, left: Duration) {
        let Some(body) = self.questions.remove(&ticket) else { return };
        let message = self.plan.rest().map_or_else(String::new, |rest| format!("the platform rests: {}", rest.why));
        body.refuse(CallError::Failure(Failure::RateLimited { message, after: Some(left) }));
    }

    fn call(&mut self, call: Call) {
        let asker = self.asker.clone();
        let mut bodies = call.rooms.iter().filter_map(|(ticket, _)| self.questions.get(ticket));
        let (number, rooms) = (self.plan.calls(), call.rooms.len());
        debug!(plugin = asker.label(), call = number, kind = ?call.kind, rooms, "asking");
        let handle = match call.kind {
            Kind::Check => {
                let rooms = bodies
                    .filter_map(|body| match body {
                        Body::Check(room, _) => Some(Room::clone(room)),
                        Body::Resolve(..) | Body::Streams(..) => None,
                    })
                    .collect();
                self.calls.spawn(async move { Said::Statuses(asker.check(rooms).await) })
            }
            Kind::Resolve | Kind::Streams => match bodies.next() {
                Some(Body::Resolve(input, _)) => {
                    let input = input.clone();
                    self.calls.spawn(async move { Said::Id(asker.resolve(&input).await) })
                }
                Some(Body::Streams(asked, _)) => {
                    let (room, wish) = (Room::clone(&asked.0), asked.1.clone());
                    self.calls.spawn(async move { Said::Streams(asker.streams(room, wish).await) })
                }
                Some(Body::Check(..)) | None => unreachable!("the plan knows questions by their kinds"),
            },
        };
        self.under_way.insert(handle.id(), call);
    }

    fn ended(&mut self, ended: Result<(Id, Said), JoinError>) {
        let (id, said) = match ended {
            Ok((id, said)) => (id, Ok(said)),
            Err(error) => (error.id(), Err(CallError::HostBug(String::from("the call panicked in the host")))),
        };
        let Some(call) = self.under_way.remove(&id) else { return };
        let came = match &said {
            Ok(Said::Id(answer)) => came(answer.as_ref().err(), 1),
            Ok(Said::Streams(answer)) => came(answer.as_ref().err(), 1),
            Ok(Said::Statuses(Ok(answers))) => {
                Came::Answers(answers.iter().map(|answer| answer.as_ref().err().map_or(Heard::Good, heard)).collect())
            }
            Ok(Said::Statuses(Err(error))) => came(Some(error), call.rooms.len()),
            Err(error) => came(Some(error), call.rooms.len()),
        };
        let tickets: Vec<Ticket> = call.rooms.iter().map(|(ticket, _)| *ticket).collect();
        let rooms = tickets.len();
        let After { answer, news } = self.plan.ended(call, came, self.asker.requests(), self.clock.passed());
        if answer {
            self.hand_back(&tickets, said);
        } else {
            let error = match said {
                Ok(Said::Statuses(Err(error))) | Err(error) => error.reason(),
                Ok(_) => String::new(),
            };
            debug!(plugin = self.asker.label(), rooms, reason = error, "a call failed, asking again in halves");
        }
        for news in news {
            self.tell(news);
        }
    }

    fn hand_back(&mut self, tickets: &[Ticket], said: Result<Said, CallError>) {
        let mut bodies = tickets.iter().filter_map(|ticket| self.questions.remove(ticket));
        match said {
            Ok(Said::Id(answer)) => {
                if let Some(Body::Resolve(_, reply)) = bodies.next() {
                    // Whoever asked may have gone.
                    let _ = reply.send(Box::new(answer));
                }
            }
            Ok(Said::Streams(answer)) => {
                if let Some(Body::Streams(_, reply)) = bodies.next() {
                    let _ = reply.send(Box::new(answer));
                }
            }
            Ok(Said::Statuses(Ok(answers))) => {
                for (body, answer) in bodies.zip(answers) {
                    if let Body::Check(_, reply) = body {
                        let _ = reply.send(Box::new(answer.map_err(CallError::Failure)));
                    }
                }
            }
            Ok(Said::Statuses(Err(error))) | Err(error) => bodies.for_each(|body| body.refuse(error.clone())),
        }
    }

    fn tell(&self, news: News) {
        let plugin = self.asker.label();
        match news {
            News::Rests(pause, reason) => {
                warn!(plugin, rest_s = pause.as_secs(), reason, "the platform asks for rest, it is left alone");
            }
            News::AnswersAgain => info!(plugin, "the platform answers again"),
            News::NeedsUpdate => {
                let message = "several rooms' answers cannot be read, the plugin needs an update";
                warn!(plugin, "{message}");
                let data = json!({ "kind": "unexpected-answer", "message": message, "plugin": plugin });
                self.events.send(Event::now(&self.clock, event::Kind::CheckFailed, None, None, data));
            }
        }
    }

    fn show(&self) {
        let plan = &self.plan;
        let view = DeskView {
            interval: plan.interval(),
            resting: plan.rest().map(|rest| (rest.until, rest.why.clone())),
            calls: plan.calls(),
            requests: plan.requests(),
            waiting: plan.waiting(),
        };
        *self.view.lock().unwrap_or_else(PoisonError::into_inner) = view;
    }
}

impl Body {
    fn is_withdrawn(&self) -> bool {
        match self {
            Body::Resolve(_, reply) => reply.is_closed(),
            Body::Check(_, reply) => reply.is_closed(),
            Body::Streams(_, reply) => reply.is_closed(),
        }
    }

    /// Answers with an error. Whoever asked may have gone.
    fn refuse(self, error: CallError) {
        match self {
            Body::Resolve(_, reply) => drop(reply.send(Box::new(Err(error)))),
            Body::Check(_, reply) => drop(reply.send(Box::new(Err(error)))),
            Body::Streams(_, reply) => drop(reply.send(Box::new(Err(error)))),
        }
    }
}

/// What came of a call about `rooms` rooms that has one error or none.
fn came(error: Option<&CallError>, rooms: usize) -> Came {
    match error {
        None => Came::Answers(vec![Heard::Good; rooms]),
        Some(CallError::Failure(failure)) => Came::Answers(vec![heard(failure); rooms]),
        Some(CallError::Timeout(_)) => Came::Late,
        Some(CallError::Busy(_) | CallError::Stopping | CallError::BadTarget(_) | CallError::HostBug(_)) => {
            Came::NotMade
        }
        Some(
            CallError::CpuBudget(_)
            | CallError::MemoryLimit { .. }
            | CallError::Trap { .. }
            | CallError::HostCallLimit(_)
            | CallError::WrongCount { .. }
            | CallError::BadAnswer(_),
        ) => Came::Fault,
    }
}

/// What a room's failure says of the platform and of the plugin.
fn heard(failure: &Failure) -> Heard {
    match failure {
        Failure::RateLimited { message, after } => Heard::Limited(*after, message.clone()),
        Failure::UnexpectedAnswer(_) => Heard::Unreadable,
        Failure::InvalidRoom(_) | Failure::Gone(_) | Failure::LoginRequired(_) | Failure::Forbidden(_) => Heard::Good,
        Failure::Network(_) | Failure::Other(_) => Heard::Lost,
    }
}
