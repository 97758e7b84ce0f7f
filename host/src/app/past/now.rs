//! What a room does now, as far as what was noted tells. Pure.

use std::time::{Duration, SystemTime};

use super::WATCHED_AGAIN;
use super::lines::Line;

/// A room of which nothing was told for so long, though somebody is alive, may be nobody's: the longest pause that a
/// room makes of itself is half an hour.
const SILENCE: Duration = Duration::from_secs(40 * 60);

/// How late a pause may end: counts are noted once a minute.
const LATE: Duration = Duration::from_secs(60);

/// What a room does, or waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Now {
    /// Nobody watches it. Where a session was left open: when it began, and when it was last seen.
    Unwatched(Option<(SystemTime, SystemTime)>),
    /// Somebody is alive and has not yet heard whether the session goes on which an earlier program left open: when it
    /// began, and when it was last seen.
    TakingUp(SystemTime, SystemTime),
    /// Media comes: since when, from which candidate.
    Recording(SystemTime, String),
    /// It is on air, and nothing was told of media that comes.
    OnAir {
        /// When its session began.
        since: SystemTime,
        /// What was last told.
        last: Option<Line>,
        /// Until when it waits.
        until: Option<SystemTime>,
    },
    /// It is not on air, or nobody knows.
    Waiting {
        /// What was last told.
        last: Option<Line>,
        /// Until when it waits; none = until the next regular check.
        until: Option<SystemTime>,
    },
    /// Somebody is alive and does not watch it, as a person or the config wants it: since when, and why.
    Paused(SystemTime, String),
    /// Somebody is alive, and has told nothing of the room for long.
    Silent(Option<SystemTime>),
}

impl Now {
    /// The word for JSON.
    pub fn word(&self) -> &'static str {
        match self {
            Now::Unwatched(_) => "unwatched",
            Now::TakingUp(..) => "taking-up",
            Now::Recording(..) => "recording",
            Now::OnAir { .. } => "on-air",
            Now::Waiting { .. } => "waiting",
            Now::Paused(..) => "paused",
            Now::Silent(_) => "silent",
        }
    }
}

/// What is known.
pub(super) struct Facts<'a> {
    pub(super) now: SystemTime,
    pub(super) is_anybody_alive: bool,
    /// The session that is not over: when it began, when it was last seen, and whether its owner is dead.
    pub(super) open: Option<(SystemTime, SystemTime, bool)>,
    /// Oldest first.
    pub(super) lines: &'a [Line],
}

pub(super) fn now(facts: &Facts<'_>) -> Now {
    let about = |words: &[&str]| facts.lines.iter().rfind(|line| words.contains(&line.what.as_str()));
    let last = about(&["check", "candidate", "reception", "session", "disk", "login"]).cloned();
    let wait = about(&["wait"]).filter(|wait| last.as_ref().is_none_or(|last| wait.last_at >= last.last_at));
    let until = wait.and_then(|wait| wait.pause().map(|pause| wait.last_at + pause));
    let until = until.filter(|until| *until + LATE >= facts.now);
    match facts.open {
        Some((since, seen, true)) if facts.is_anybody_alive => Now::TakingUp(since, seen),
        Some((since, seen, true)) => Now::Unwatched(Some((since, seen))),
        Some((since, ..)) => match about(&["reception"]).and_then(|line| line.media_from().map(|from| (line, from))) {
            Some((line, from)) => Now::Recording(line.last_at, from.to_owned()),
            None => {
                // That it is live, and on air, is known; what hinders the media is asked for.
                let words = ["check", "candidate", "reception", "disk", "login"];
                let is_hindrance = |line: &&Line| {
                    words.contains(&line.what.as_str()) && !(line.what == "check" && line.text.starts_with("live"))
                };
                Now::OnAir { since, last: facts.lines.iter().rfind(is_hindrance).cloned(), until }
            }
        },
        None if !facts.is_anybody_alive => Now::Unwatched(None),
        None => {
            // Whatever is heard of it shows that it is watched again. The end of its session comes before the pause,
            // the end of its notices may come after it.
            let heard = about(&["check", "candidate", "reception", "session", "wait"]);
            let paused = about(&["room"]).filter(|paused| paused.text != WATCHED_AGAIN);
            let paused = paused.filter(|paused| heard.is_none_or(|heard| heard.last_at <= paused.last_at));
            if let Some(paused) = paused {
                return Now::Paused(paused.last_at, paused.text.clone());
            }
            let told = facts.lines.iter().map(|line| line.last_at).max();
            let is_silent = told.is_none_or(|told| facts.now.duration_since(told).is_ok_and(|since| since >= SILENCE));
            if is_silent && until.is_none() { Now::Silent(told) } else { Now::Waiting { last, until } }
        }
    }
}

#[cfg(test)]
mod tests;
