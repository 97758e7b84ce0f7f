//! `check`: one question about one room, once.

use crate::app::House;
use crate::app::entry::Entry;
use crate::http::host::HostPort;
use crate::model::{Broadcast, Candidate, Failure, Pair, Refusal, Status, Wish};
use crate::plugin::{CallError, Live, PickError};
use crate::record::{Access, Probe, probe};

/// What is asked.
#[derive(Clone, Debug)]
pub struct Question {
    /// URL or id, as the user wrote it.
    pub url: String,
    /// The picker by his word.
    pub plugin: Option<String>,
    /// Options for the picker.
    pub options: Vec<Pair>,
    /// Headers for the room's own host.
    pub headers: Vec<Pair>,
}

/// What is known of the room.
#[derive(Debug)]
pub struct Answer {
    /// URL or id, as the user wrote it.
    pub url: String,
    /// The picker's platform.
    pub platform: Option<String>,
    /// `name@version`.
    pub plugin: Option<String>,
    /// The canonical id, as it may be shown.
    pub room: Option<String>,
    /// What came of it.
    pub verdict: Verdict,
    /// Facts about the broadcast, where there is one.
    pub broadcast: Option<Broadcast>,
    /// Ways to receive it, best first.
    pub candidates: Vec<Candidate>,
    /// What the first candidate was found to be, where liveness shows in the media alone.
    pub probed: Option<String>,
}

/// What came of the question.
#[derive(Debug)]
pub enum Verdict {
    /// The picker's word; for one that guesses, corrected by what the candidate turned out to be.
    Status(&'static str),
    /// No picker takes it.
    NoPicker(PickError),
    /// The picker has no answer.
    Failed(CallError),
}

impl House {
    /// Asks about one room.
    pub async fn check(&self, question: Question) -> Answer {
        let mut answer = Answer {
            url: question.url.clone(),
            platform: None,
            plugin: None,
            room: None,
            verdict: Verdict::Status("offline"),
            broadcast: None,
            candidates: Vec::new(),
            probed: None,
        };
        let picker = match self.picker(&question.url, question.plugin.as_deref()).await {
            Ok(picker) => picker,
            Err(error) => return Answer { verdict: Verdict::NoPicker(error), ..answer },
        };
        let manifest = picker.manifest();
        answer.platform = Some(manifest.platform.clone());
        answer.plugin = Some(manifest.label());
        let resolve = picker.resolve(&question.url);
        let entry = match self.enter(&picker, &question.url, &question.options, resolve).await {
            Ok(entry) => entry,
            Err(error) => return Answer { verdict: Verdict::Failed(error), ..answer },
        };
        answer.room = Some(entry.key.shown_id());
        if let Err(error) = self.ask(&entry, &mut answer).await {
            answer.verdict = Verdict::Failed(error);
            return answer;
        }
        if manifest.live == Live::ByMedia {
            self.look(&entry, question.headers, &mut answer).await;
        }
        answer
    }

    async fn ask(&self, entry: &Entry, answer: &mut Answer) -> Result<(), CallError> {
        let mut statuses = entry.picker.check(vec![entry.room.clone()]).await?.into_iter();
        // The picker sees to it that there are as many answers as rooms.
        let status = statuses.next().unwrap_or(Err(Failure::Other(String::from("no answer"))));
        let status = status.map_err(CallError::Failure)?;
        answer.verdict = Verdict::Status(status.word());
        let live = matches!(status, Status::Live(_) | Status::Replay(_));
        match status {
            Status::Live(broadcast) | Status::Replay(broadcast) | Status::Upcoming(broadcast) => {
                answer.broadcast = Some(broadcast);
            }
            Status::Offline(Some(streamer)) => {
                answer.broadcast = Some(Broadcast { streamer, ..Broadcast::default() });
            }
            Status::Offline(None) => {}
        }
        if live {
            answer.candidates = entry.picker.streams(entry.room.clone(), Wish::default()).await?;
            if answer.candidates.is_empty() {
                answer.verdict = Verdict::Status("offline");
            }
        }
        Ok(())
    }

    /// Opens the first candidate of a picker that only guesses.
    async fn look(&self, entry: &Entry, user_headers: Vec<Pair>, answer: &mut Answer) {
        let Some(candidate) = answer.candidates.first() else { return };
        let overrides = entry.picker.overrides();
        let access = Access { user_headers, room_host: HostPort::from_url(&entry.room.input), overrides };
        match probe(&self.http, candidate, &access, self.config.http.stall.0).await {
            Ok(Probe { what, .. }) => answer.probed = Some(what),
            Err(Refusal::Unreachable(why)) => {
                answer.verdict = Verdict::Failed(CallError::Failure(Failure::Network(why)));
            }
            Err(Refusal::Denied(rule)) => {
                answer.verdict = Verdict::Failed(CallError::Failure(Failure::Other(format!("denied, {rule}"))));
            }
            Err(Refusal::Status(429, after)) => {
                let after = after.map(|seconds| std::time::Duration::from_secs(seconds.into()));
                let message = String::from("HTTP status 429");
                answer.verdict = Verdict::Failed(CallError::Failure(Failure::RateLimited { message, after }));
            }
            Err(refusal @ Refusal::Unsupported(_)) => answer.probed = Some(refusal.to_string()),
            Err(refusal) => {
                answer.verdict = Verdict::Status("offline");
                answer.probed = Some(refusal.to_string());
            }
        }
    }
}
