//! One question to a plugin, whichever of its calls it is, and what it said.

use super::single::Single;
use crate::model::{Candidate, Failure, Room, Status, Wish};
use crate::plugin::error::CallError;
use crate::plugin::imports::Facts;
use crate::plugin::notifier::{self, Notice, Question};
use crate::plugin::picker;

/// A call with its arguments.
#[derive(Clone, Debug)]
pub(in super::super) enum Ask {
    Resolve(String),
    Check(Vec<Room>),
    Streams(Room, Wish),
    Announce(Notice),
    Find(Notice),
    Retract(Notice, String),
}

/// What a call answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) enum Reply {
    Id(String),
    Verdicts(Vec<Result<Status, Failure>>),
    Candidates(Vec<Candidate>),
    /// Of `announce` and `find`.
    Receipt(Option<String>),
    Retracted,
}

pub(in super::super) type Outcome = Result<Reply, CallError>;

impl Ask {
    /// The call's name in the contract.
    pub(in super::super) fn word(&self) -> &'static str {
        match self {
            Ask::Resolve(_) => "resolve",
            Ask::Check(_) => "check",
            Ask::Streams(..) => "streams",
            Ask::Announce(_) => "announce",
            Ask::Find(_) => "find",
            Ask::Retract(..) => "retract",
        }
    }

    /// Whether it is a call of a notifier.
    pub(in super::super) fn is_notice(&self) -> bool {
        matches!(self, Ask::Announce(_) | Ask::Find(_) | Ask::Retract(..))
    }

    /// Makes the call.
    pub(in super::super) async fn put(self, single: &Single, facts: Facts) -> Outcome {
        let guests = &single.guests;
        let missing = |kind: &str| CallError::HostBug(format!("the plugin is no {kind}"));
        if self.is_notice() {
            let pre = single.version.notifier.clone().ok_or_else(|| missing("notifier"))?;
            let is_retract = matches!(self, Ask::Retract(..));
            let question = match self {
                Ask::Find(notice) => Question::Find(notifier::event(notice)),
                Ask::Retract(notice, receipt) => Question::Retract(notifier::event(notice), receipt),
                Ask::Announce(notice) => Question::Announce(notifier::event(notice)),
                Ask::Resolve(_) | Ask::Check(_) | Ask::Streams(..) => unreachable!("a notice was asked about above"),
            };
            let receipt = notifier::put(guests, facts, pre, question).await?;
            return Ok(if is_retract { Reply::Retracted } else { Reply::Receipt(receipt) });
        }
        let pre = single.version.picker.clone().ok_or_else(|| missing("picker"))?;
        match self {
            Ask::Resolve(input) => picker::resolve(guests, facts, pre, input).await.map(Reply::Id),
            Ask::Check(rooms) => picker::check(guests, facts, pre, rooms).await.map(Reply::Verdicts),
            Ask::Streams(room, wish) => picker::streams(guests, facts, pre, room, wish).await.map(Reply::Candidates),
            Ask::Announce(_) | Ask::Find(_) | Ask::Retract(..) => unreachable!("a notifier was asked above"),
        }
    }
}
