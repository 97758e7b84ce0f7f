//! Questions to the picker, and what their answers mean to the room.

use std::time::Duration;

use serde_json::json;
use tracing::{debug, warn};

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
    chosen: Option<Candidate>,
    /// That it is not what the user wished for.
    unmet: Option<String>,
    /// Why there is no answer, for people.
    error: Option<CallError>,
}

impl From<Fact> for Answer {
    fn from(fact: Fact) -> Self {
        Answer { fact, chosen: None, unmet: None, error: None }
    }
}

impl Hand {
    pub(super) fn check(&mut self) {
        self.withdraw();
        self.question = Some(match self.answered.take() {
            Some(answer) => Box::pin(std::future::ready(answer)),
            None => self.ask_check(Due::Now),
        });
    }

    /// A check on the desk; dropping it withdraws it.
    pub(super) fn ask_check(&self, due: Due) -> Pending<Answer> {
        let (desk, room) = (self.watch.desk.clone(), self.watch.room.clone());
        let clock = self.watch.hands.clock.clone();
        Box::pin(async move {
            let verdict = match desk.check(room, due).await {
                Ok(Status::Live(broadcast)) => Verdict::Live(broadcast),
                Ok(Status::Offline(_) | Status::Replay(_)) => Verdict::Dark,
                Ok(Status::Upcoming(broadcast)) => {
                    let unix_now = clock.unix_seconds();
                    let starts_in = broadcast.started_at.map(|at| u64::from(at).saturating_sub(unix_now));
                    Verdict::Upcoming(starts_in.map(Duration::from_secs))
                }
                Err(error) => {
                    let fact = Fact::Checked(Verdict::Trouble(trouble(&error)));
                    return Answer { error: Some(error), ..Answer::from(fact) };
                }
            };
            Answer::from(Fact::Checked(verdict))
        })
    }

    pub(super) fn ask_streams(&mut self) {
        self.withdraw();
        let (desk, room) = (self.watch.desk.clone(), self.watch.room.clone());
        let preference = self.watch.preference.clone();
        let tried = self.tried.clone();
        let unix_now = self.watch.hands.clock.unix_seconds();
        let wish = Wish {
            qualities: preference.qualities.clone(),
            codecs: preference.codecs.clone(),
            failed_urls: tried.failed_urls(),
        };
        self.question = Some(Box::pin(async move {
            let candidates = match desk.streams(room, wish).await {
                Ok(candidates) => candidates,
                Err(error) => {
                    let fact = Fact::Offered(Offer::Trouble(trouble(&error)));
                    return Answer { error: Some(error), ..Answer::from(fact) };
                }
            };
            let choice = choose(&candidates, &preference, &tried, unix_now);
            for (candidate, why) in &choice.passed_over {
                debug!(candidate = label(candidate), why, "passed over");
            }
            let chosen = choice.order.first().map(|chosen| (*chosen).clone());
            if let Some(chosen) = &chosen {
                debug!(candidate = label(chosen), why = choice.why, "chosen");
            }
            let offer = match (&chosen, candidates.is_empty()) {
                (Some(_), _) => Offer::Way,
                (None, true) => Offer::Nothing,
                (None, false) => Offer::NothingUsable,
            };
            let unmet = choice.unmet;
            Answer { fact: Fact::Offered(offer), chosen, unmet, error: None }
        }));
    }

    /// Takes an answer in; tells a failure once, not at every try.
    pub(super) fn heard(&mut self, answer: Answer) -> Fact {
        let Answer { fact, chosen, unmet, error } = answer;
        if chosen.is_some() {
            self.chosen = chosen;
        }
        if let Some(unmet) = unmet.filter(|_| !self.told_quality) {
            warn!(room = %self.watch.key, reason = unmet, "another quality than wished");
            self.told_quality = true;
        }
        if let (Fact::Checked(Verdict::Live(broadcast)), true) = (&fact, self.reception.is_none()) {
            // Where liveness shows in the media alone, names are made from this guess.
            self.broadcast.send_replace(broadcast.clone());
        }
        match error {
            Some(error) => {
                self.tell_answer(&error.reason().replace('\n', ", "));
                let data = json!({ "kind": error.kind(), "message": error.to_string() });
                let open = self.recording.is_some() || self.reception.is_some();
                let session = open.then_some(self.session.as_str());
                let event =
                    Event::now(&self.watch.hands.clock, Kind::CheckFailed, Some(&self.watch.key), session, data);
                self.watch.hands.events.send(event);
            }
            None if matches!(fact, Fact::Offered(Offer::NothingUsable)) => {
                self.tell_answer("none of the candidates can be recorded or is wished for");
            }
            None => self.told_answer = None,
        }
        fact
    }

    fn tell_answer(&mut self, text: &str) {
        if self.told_answer.as_deref() == Some(text) {
            debug!(room = %self.watch.key, reason = text, "still no answer");
        } else {
            warn!(room = %self.watch.key, reason = text, "no answer, trying again");
            self.told_answer = Some(text.to_owned());
        }
    }
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
