//! One errand: a row to write, a call to make, or both in this order. It decides nothing.

use super::lane::{Key, Way};
use super::notice::Notice;
use super::page::Said;
use super::posts::OnItsWay;
use crate::plugin::{AnnounceError, CallError};
use crate::store::{NoticeRow, Store, StoreError};

/// A notice's place in the ledger: session, target.
pub(super) type PageKey = (String, String);

/// What is to be called.
pub(super) enum Call {
    Announce(Said),
    Find(Said),
    Retract(Said, String),
    Post(OnItsWay),
}

/// What the call gave.
pub(super) enum Reply {
    Announced(Result<Option<String>, AnnounceError>),
    Found(Result<Option<String>, CallError>),
    Retracted(Result<(), CallError>),
    Posted(OnItsWay, Result<(), AnnounceError>),
}

impl Reply {
    /// Why the call failed, if it did.
    pub(super) fn error(&self) -> Option<&CallError> {
        match self {
            Reply::Announced(answer) => answer.as_ref().err().map(|failed| &failed.error),
            Reply::Posted(_, answer) => answer.as_ref().err().map(|failed| &failed.error),
            Reply::Found(answer) => answer.as_ref().err(),
            Reply::Retracted(answer) => answer.as_ref().err(),
        }
    }
}

/// An errand.
pub(super) struct Errand {
    pub(super) lane: Key,
    /// The notice that it is about; none for messages of other events.
    pub(super) page: Option<PageKey>,
    /// Written before the call: the row, and the notice that it stands for.
    pub(super) row: Option<(NoticeRow, Notice)>,
    pub(super) call: Option<(Way, Call)>,
}

/// What came of an errand.
#[expect(clippy::large_enum_variant, reason = "it is moved once")]
pub(super) enum Ended {
    /// An errand on a lane.
    Errand { lane: Key, page: Option<PageKey>, noted: Option<(Notice, Result<(), StoreError>)>, reply: Option<Reply> },
    /// A session's notices of an earlier run.
    Read { session: String, rows: Result<Vec<NoticeRow>, StoreError> },
}

/// Runs an errand. A row that cannot be written keeps nobody from being told.
pub(super) async fn run(errand: Errand, store: Store) -> Ended {
    let Errand { lane, page, row, call } = errand;
    let noted = match row {
        Some((row, notice)) => Some((notice, store.note_notice(&row).await)),
        None => None,
    };
    let reply = match call {
        Some((way, call)) => Some(make(way, call).await),
        None => None,
    };
    Ended::Errand { lane, page, noted, reply }
}

async fn make(way: Way, call: Call) -> Reply {
    let settings = way.settings();
    match call {
        Call::Announce(said) => Reply::Announced(way.notifier.announce(&settings, said.notice()).await),
        Call::Find(said) => Reply::Found(way.notifier.find(&settings, said.notice()).await),
        Call::Retract(said, receipt) => Reply::Retracted(way.notifier.retract(&settings, said.notice(), receipt).await),
        Call::Post(post) => {
            let answer = way.notifier.announce(&settings, post.said().notice()).await;
            // What is no session's beginning is never taken back: its receipt is of no use.
            Reply::Posted(post, answer.map(drop))
        }
    }
}

/// Reads a session's notices.
pub(super) async fn read(session: String, store: Store) -> Ended {
    let rows = store.notices_of(&session).await;
    Ended::Read { session, rows }
}
