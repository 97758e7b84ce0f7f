//! What the clerk's errands gave.

use serde_json::json;
use tracing::{debug, info, warn};

use super::{Clerk, Fact, Moment, Page, Rows, tell};
use crate::event::{Event, Kind};
use crate::model::Failure;
use crate::monitor::ledger::errand::{Ended, PageKey, Reply};
use crate::monitor::ledger::lane::{Key, Lane};
use crate::monitor::ledger::notice::Trouble;
use crate::plugin::{AnnounceError, CallError};
use crate::store::{NoticeRow, StoreError};

impl Clerk {
    /// Takes in what came of an errand.
    pub(super) fn ended(&mut self, ended: Ended) {
        let now = self.now();
        match ended {
            Ended::Read { session, rows } => self.read(&session, rows, now),
            Ended::Errand { lane, page, noted, reply } => {
                if let Some((notice, result)) = noted {
                    self.database(result.as_ref().copied(), now);
                    let page = page.as_ref().and_then(|key| self.pages.get_mut(key));
                    if let (Some(page), Ok(())) = (page, result) {
                        page.is_saved_as(notice);
                    }
                }
                let Some(way) = self.lanes.get_mut(&lane) else { return };
                way.is_busy = false;
                let Some(reply) = reply else { return };
                if let Some(error) = reply.error().filter(|error| way.loses_login(error)) {
                    let data = json!({ "plugin": lane.plugin, "target": lane.target, "message": error.to_string() });
                    self.events.send(Event::now(&self.clock, Kind::LoginExpired, None, None, data));
                }
                let fact = reply_fact(&lane, way, reply, now);
                let page = page.and_then(|key: PageKey| self.pages.get_mut(&key));
                if let (Some(page), Some(fact)) = (page, fact) {
                    hear(page, fact, now);
                }
            }
        }
    }

    /// An earlier run's notices of a session.
    fn read(&mut self, id: &str, rows: Result<Vec<NoticeRow>, StoreError>, now: Moment) {
        let Some(session) = self.sessions.get_mut(id) else { return };
        let Rows::Asked { failures } = session.rows else { return };
        match rows {
            Err(reason) => {
                let failures = failures.saturating_add(1);
                let pause = Trouble::Passing.pause(failures);
                if failures == 1 {
                    warn!(session = id, %reason, "cannot read whom an earlier run has told; nobody is told before");
                }
                session.rows = Rows::Unread { due: now.saturating_add(pause), failures };
            }
            Ok(rows) => {
                session.rows = Rows::Known;
                let is_over = session.is_over;
                for row in rows {
                    let key = (row.session.clone(), row.target.clone());
                    let lane = Key { target: row.target.clone(), plugin: row.plugin.clone() };
                    self.lanes.entry(lane).or_default();
                    self.pages.entry(key).or_insert_with(|| Page::taken_up(row, now));
                }
                if is_over {
                    self.end_notices(id);
                }
                self.announce(id);
            }
        }
    }
}

/// A notice hears what came of its call.
fn hear(page: &mut Page, fact: Fact, now: Moment) {
    let (target_name, session, room) = (&page.lane.target, &page.session, page.room());
    match &fact {
        Fact::Announced(_) => info!(target_name, session, room, "announced"),
        Fact::Doubted => {
            warn!(target_name, session, room, "the target may have been told: looking for it, not telling again")
        }
        Fact::Found(Some(_)) => info!(target_name, session, room, "the target had been told"),
        Fact::TakenBack => info!(target_name, session, room, "the announcement was taken back"),
        _ => debug!(target_name, session, room, ?fact, "a notice"),
    }
    if let Some(report) = page.notice.hear(fact, now) {
        tell(page, report);
    }
}

/// What a call's answer means to the notice, if it is about one.
fn reply_fact(key: &Key, lane: &mut Lane, reply: Reply, now: Moment) -> Option<Fact> {
    let failed = |lane: &mut Lane, what: &str, error: &CallError| {
        lane.failed(key, what, &error.reason());
        lane.trouble(error, now)
    };
    Some(match reply {
        Reply::Announced(Ok(receipt)) => {
            lane.answers(key);
            Fact::Announced(receipt)
        }
        Reply::Announced(Err(AnnounceError { error, doubt })) => {
            let trouble = failed(lane, "announce", &error);
            if doubt { Fact::Doubted } else { Fact::Refused(trouble) }
        }
        Reply::Found(Ok(receipt)) => {
            lane.answers(key);
            Fact::Found(receipt)
        }
        Reply::Found(Err(error)) => Fact::NotLooked(failed(lane, "find", &error)),
        Reply::Retracted(Ok(()) | Err(CallError::Failure(Failure::Gone(_)))) => {
            lane.answers(key);
            Fact::TakenBack
        }
        Reply::Retracted(Err(error)) => Fact::Stands(failed(lane, "retract", &error)),
        Reply::Posted(_, Ok(())) => {
            lane.answers(key);
            return None;
        }
        Reply::Posted(post, Err(AnnounceError { error, doubt })) => {
            let trouble = failed(lane, "announce", &error);
            // Told late is better than not at all; told twice, or when a person has mended it, is no news.
            match doubt || trouble == Trouble::Wall {
                true => warn!(target_name = key.target, doubt, "a message is not told again"),
                false => lane.posts.refused(post, trouble, now),
            }
            return None;
        }
    })
}
