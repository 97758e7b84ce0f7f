//! Questions to the picker, and what their answers mean to the room.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tracing::{debug, info, warn};

use super::{Hand, Pending};
use crate::event::{Event, Kind};
use crate::model::{Candidate, Failure, Status, Wish};
use crate::monitor::desk::Due;
use crate::monitor::room::{Fact, Offer, Trouble, Verdict};
use crate::plugin::CallError;
use crate::record::choose;
use crate::record::choose::label;

/// What came of a question.
pub(super) struct Answer {
    fact: Fact,
    /// The candidate that was chosen, where one was offered.
    chosen: Option<Box<Candidate>>,
    /// That it is not what the user wished for.
    unmet: Option<String>,
    /// Why there is no answer, for people.
    error: Option<CallError>,
    /// The answer, for people.
    said: Option<String>,
}

/// Whether the room shows old material in a loop that is wished for, and whether it was told that it cannot be received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum InLoop {
    No,
    Untold,
    Told,
}

impl From<Fact> for Answer {
    fn from(fact: Fact) -> Self {
        Answer { fact, chosen: None, unmet: None, error: None, said: None }
    }
}

impl Hand {
    pub(super) fn check(&self, due: Due) -> Pending<Answer> {
        Box::pin(self.checked(due))
    }

    /// Nearly always a dark room waits for this.
    pub(super) fn checked(&self, due: Due) -> impl Future<Output = Answer> + Send + use<> {
        let (desk, room) = (self.watch.desk.clone(), Arc::clone(&self.watch.room));
        let (clock, replay) = (self.hands().clock.clone(), self.wishes.replay);
        async move {
            let (verdict, said) = match desk.check(room, due).await {
                Ok(Status::Live(broadcast)) => {
                    let said = format!("live: {}", broadcast.title);
                    (Verdict::Live(broadcast), said)
                }
                Ok(Status::Replay(broadcast)) if replay => {
                    let said = format!("replay: {}", broadcast.title);
                    (Verdict::Replay(broadcast), said)
                }
                Ok(Status::Replay(_)) => (Verdict::Dark, String::from("replay")),
                Ok(Status::Offline(_)) => (Verdict::Dark, String::from("offline")),
                Ok(Status::Upcoming(broadcast)) => {
                    let starts_in = broadcast.started_at.map(|at| u64::from(at).saturating_sub(clock.unix_seconds()));
                    (Verdict::Upcoming(starts_in.map(Duration::from_secs)), String::from("upcoming"))
                }
                Err(error) => {
                    let fact = Fact::Checked(Verdict::Trouble(trouble(&error)));
                    return Answer { error: Some(error), ..Answer::from(fact) };
                }
            };
            Answer { said: Some(said), ..Answer::from(Fact::Checked(verdict)) }
        }
    }

    pub(super) fn ask_streams(&self) -> Pending<Answer> {
        let (desk, room) = (self.watch.desk.clone(), Arc::clone(&self.watch.room));
        let (preference, tried) = (self.wishes.preference.clone(), self.tried.clone());
        let (clock, last) = (self.hands().clock.clone(), self.chosen.clone());
        let wish = Wish {
            qualities: preference.qualities.clone(),
            codecs: preference.codecs.clone(),
            failed_urls: tried.failed_urls(),
        };
        Box::pin(async move {
            let candidates = match desk.streams(room, wish).await {
                Ok(candidates) => candidates,
                Err(error) => return unanswered(error, last, clock.unix_seconds()),
            };
            let choice = choose(&candidates, &preference, &tried, clock.unix_seconds());
            for (candidate, why) in &choice.passed_over {
                debug!(candidate = label(candidate), why, "passed over");
            }
            let chosen = choice.order.first().map(|chosen| Box::new((*chosen).clone()));
            let offer = match (&chosen, candidates.is_empty()) {
                (Some(_), _) => Offer::Way,
                (None, true) => Offer::Nothing,
                (None, false) => Offer::NothingUsable,
            };
            Answer { chosen, unmet: choice.unmet, said: Some(choice.why), ..Answer::from(Fact::Offered(offer)) }
        })
    }

    /// Takes an answer in; tells a failure once, not at every try.
    pub(super) fn heard(&mut self, answer: Answer) -> Fact {
        let Answer { fact, chosen, unmet, error, said } = answer;
        if chosen.is_some() {
            self.chosen = chosen;
        }
        if let Some(unmet) = unmet.filter(|_| !self.told_quality) {
            warn!(room = %self.watch.key, reason = unmet, "another quality than wished");
            self.told_quality = true;
        }
        let picker = self.watch.desk.picker().label();
        if *self.told_picker != *picker {
            self.ties.note("picker", &picker);
            self.told_picker = picker.into();
        }
        self.note_answer(&fact, said);
        self.tell_loop(&fact);
        if let (Fact::Checked(Verdict::Live(broadcast) | Verdict::Replay(broadcast)), true) =
            (&fact, self.reception.is_none())
        {
            // Where a session begins with its media, names are made from this guess.
            self.broadcast = Some(Box::new(broadcast.clone()));
        }
        match error {
            Some(error) => {
                let goes_on = !matches!(trouble(&error), Trouble::Permanent(_));
                self.tell_answer(&error.reason().replace('\n', ", "), goes_on);
                let data = json!({ "kind": error.kind(), "message": error.to_string() });
                let open = self.recording.is_some() || self.reception.is_some();
                let session = open.then_some(&*self.session);
                let event =
                    Event::now(&self.hands().clock, Kind::CheckFailed, Some(self.watch.key.as_ref()), session, data);
                self.hands().events.send(event);
                self.tell_login(&error);
            }
            None if matches!(fact, Fact::Offered(Offer::NothingUsable)) => {
                self.tell_answer("none of the candidates can be recorded or is wished for", true);
            }
            None => self.told_answer.forget(),
        }
        fact
    }

    /// Puts the answer into the room's story, and before the eyes of whoever looks.
    fn note_answer(&self, fact: &Fact, said: Option<String>) {
        let Some(said) = said else { return };
        match fact {
            Fact::Checked(_) => {
                self.ties.note("check", &said);
                self.watch.glance.change(|seen| seen.verdict = said);
            }
            _ => {
                debug!(room = %self.watch.key, why = said, "chosen");
                self.ties.note("candidate", &said);
            }
        }
    }

    /// A loop that is wished for and cannot be received is told once, as long as it runs.
    fn tell_loop(&mut self, fact: &Fact) {
        self.in_loop = match (fact, self.in_loop) {
            (Fact::Checked(Verdict::Replay(_)), InLoop::No) => InLoop::Untold,
            (Fact::Offered(Offer::Nothing), InLoop::Untold) => {
                info!(room = %self.watch.key, "a replay that the platform offers no way to receive: nothing is recorded until there is one");
                InLoop::Told
            }
            (Fact::Checked(Verdict::Live(_) | Verdict::Dark | Verdict::Upcoming(_)), _) => InLoop::No,
            (_, before) => before,
        };
    }

    /// A login that the platform no longer accepts is news once.
    fn tell_login(&mut self, error: &CallError) {
        let refused = matches!(error, CallError::Failure(Failure::LoginRequired(_)));
        if refused && !self.told_login {
            let data = json!({ "plugin": self.watch.desk.picker().label(), "message": error.to_string() });
            let event = Event::now(&self.hands().clock, Kind::LoginExpired, Some(self.watch.key.as_ref()), None, data);
            self.hands().events.send(event);
        }
        self.told_login = refused;
    }

    fn tell_answer(&mut self, text: &str, goes_on: bool) {
        self.ties.note("check", text);
        self.watch.glance.change(|seen| text.clone_into(&mut seen.verdict));
        match (self.told_answer.is_news(text), goes_on) {
            (false, _) => debug!(room = %self.watch.key, reason = text, "still no answer"),
            (true, true) => warn!(room = %self.watch.key, reason = text, "no answer, trying again"),
            (true, false) => warn!(room = %self.watch.key, reason = text, "no such room, it is not asked for again"),
        }
    }
}

/// No ways are told. Where that may pass (the platform rests, its answer cannot be read, the plugin breaks), the last way
/// may still be open: a signed URL outlives the question.
fn unanswered(error: CallError, last: Option<Box<Candidate>>, unix_now: u64) -> Answer {
    let trouble = trouble(&error);
    let open = |last: &Candidate| last.expires_at.is_none_or(|expires| u64::from(expires) > unix_now);
    let last = last.filter(|last| matches!(trouble, Trouble::RateLimited(_) | Trouble::Passing) && open(last));
    let offer = if last.is_some() { Offer::LastWay } else { Offer::Trouble(trouble) };
    Answer { chosen: last, error: Some(error), ..Answer::from(Fact::Offered(offer)) }
}

/// What a failed call means to the room. None of them means "offline".
pub(crate) fn trouble(error: &CallError) -> Trouble {
    match error {
        CallError::Failure(Failure::InvalidRoom(_) | Failure::Gone(_)) => Trouble::Permanent(1),
        CallError::Failure(Failure::LoginRequired(_) | Failure::Forbidden(_)) => Trouble::Wall,
        CallError::Failure(Failure::RateLimited { after, .. }) => Trouble::RateLimited(*after),
        _ => Trouble::Passing,
    }
}
