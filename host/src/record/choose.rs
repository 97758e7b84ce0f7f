//! Which candidate is tried first: pure, so that the answer can be told and tested.

use std::cmp::Reverse;

use crate::model::{Candidate, Codec, EndReason, Transport};

#[cfg(test)]
mod tests;

/// Media that proves a candidate: one that gave so much is tried first again when its connection breaks.
const PROVEN_MS: u64 = 60_000;

/// Candidates that are remembered: more than any platform offers.
const REMEMBERED: usize = 64;

/// Transports in the order in which they are tried where the user has no wish.
const TRANSPORTS: [&str; 4] = ["flv", "raw", "unknown", "hls"];

/// What the user would like; each list best first, an empty one means: whatever is best.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preference {
    /// Quality keys. Candidates of other keys come behind them, best first.
    pub qualities: Vec<String>,
    /// The key of the least quality: what is below it is not recorded.
    pub least: Option<String>,
    /// Codecs. Others come behind them.
    pub codecs: Vec<Codec>,
    /// Words of transports. Others come behind them.
    pub transports: Vec<String>,
}

/// What a recording remembers of the candidates that it has tried.
#[derive(Clone, Debug, Default)]
pub struct Tried(Vec<Trial>);

#[derive(Clone, Debug)]
struct Trial {
    candidate: Candidate,
    failures: u32,
    proven: bool,
}

impl Tried {
    /// Notes how a reception ended, and how much media it gave.
    pub fn note(&mut self, candidate: &Candidate, reason: &EndReason, media_ms: u64) {
        if matches!(reason, EndReason::Stopped | EndReason::Limit | EndReason::DiskFull(_) | EndReason::Finished) {
            return;
        }
        self.0.retain(|trial| !trial.candidate.same_way(candidate));
        let proven = media_ms >= PROVEN_MS && !matches!(reason, EndReason::Flapping | EndReason::Looping);
        let before = self.0.iter().map(|trial| trial.failures).max().unwrap_or(0);
        if proven {
            // The network is another one than when the others failed.
            self.0.clear();
        } else if self.0.len() >= REMEMBERED {
            self.0.remove(0);
        }
        // Behind all that failed before it: the others are tried in turn.
        let failures = if proven { 0 } else { before + 1 };
        self.0.push(Trial { candidate: candidate.clone(), failures, proven });
    }

    /// URLs that have just failed, for the picker's next answer.
    pub fn failed_urls(&self) -> Vec<String> {
        self.0.iter().filter(|trial| trial.failures > 0).map(|trial| trial.candidate.url.clone()).collect()
    }

    fn of(&self, candidate: &Candidate) -> Option<&Trial> {
        self.0.iter().find(|trial| trial.candidate.same_way(candidate))
    }
}

/// The answer, with its reasons.
#[derive(Clone, Debug)]
pub struct Choice<'a> {
    /// The order in which they are tried. Empty: nothing can be tried.
    pub order: Vec<&'a Candidate>,
    /// What is not tried at all, and why.
    pub passed_over: Vec<(&'a Candidate, String)>,
    /// Why the first is the first, or why there is none; one line for people, without a URL.
    pub why: String,
    /// That none of the wished qualities is offered, and what is taken instead; one line for people.
    pub unmet: Option<String>,
}

/// Orders the candidates by what was tried, then by wish, then by the picker's rank. `unix_now` in seconds.
pub fn choose<'a>(candidates: &'a [Candidate], wish: &Preference, tried: &Tried, unix_now: u64) -> Choice<'a> {
    let mut passed_over = Vec::new();
    let mut order = Vec::new();
    // No picker hands out what is over: where every URL seems to be, it is our clock that is ahead.
    let clock_is_right = candidates.iter().any(|candidate| !is_expired(candidate, unix_now));
    for candidate in candidates {
        match unusable(candidate, clock_is_right.then_some(unix_now)).or_else(|| too_low(candidate, candidates, wish)) {
            Some(why) => passed_over.push((candidate, why)),
            None => order.push(candidate),
        }
    }
    // Stable: among equals the picker's order holds.
    order.sort_by_cached_key(|candidate| {
        let trial = tried.of(candidate);
        (
            trial.map_or(0, |trial| trial.failures),
            !trial.is_some_and(|trial| trial.proven),
            // What this host cannot record is asked last, so that the error names it.
            candidate.transport == Transport::Hls,
            place(&wish.qualities, &candidate.quality.key),
            candidate.codec.as_ref().map_or(wish.codecs.len(), |codec| place(&wish.codecs, codec)),
            transport_place(candidate, wish),
            Reverse(candidate.quality.rank),
        )
    });
    let why = match order.first() {
        Some(first) => format!("{}: {}", label(first), reason(first, wish, tried, order.len(), candidates.len())),
        None if candidates.is_empty() => String::from("the picker offers no candidate"),
        None => {
            let reasons: Vec<String> = passed_over.iter().map(|(one, why)| format!("{}: {why}", label(one))).collect();
            format!("no candidate can be tried ({})", reasons.join("; "))
        }
    };
    let unmet = unmet(&order, &wish.qualities);
    Choice { order, passed_over, why, unmet }
}

/// What people call a candidate: quality, transport, codec, CDN, as far as known.
pub fn label(candidate: &Candidate) -> String {
    let quality = &candidate.quality;
    let quality = if quality.label.trim().is_empty() { &quality.key } else { &quality.label };
    let parts = [
        quality.as_str(),
        candidate.transport.word(),
        candidate.codec.as_ref().map_or("", |codec| codec.word()),
        candidate.cdn.as_deref().unwrap_or_default(),
    ];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

fn unmet(order: &[&Candidate], wished: &[String]) -> Option<String> {
    let first = order.first()?;
    if wished.is_empty() || order.iter().any(|candidate| wished.contains(&candidate.quality.key)) {
        return None;
    }
    let mut offered: Vec<&str> = Vec::new();
    for key in order.iter().map(|candidate| candidate.quality.key.as_str()) {
        if !offered.contains(&key) {
            offered.push(key);
        }
    }
    let quoted = |keys: &[&str]| keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ");
    let wished: Vec<&str> = wished.iter().map(String::as_str).collect();
    let (noun, verb) = if wished.len() == 1 { ("quality", "is") } else { ("qualities", "are") };
    let (wished, key, offered) = (quoted(&wished), &first.quality.key, quoted(&offered));
    Some(format!("wished {noun} {wished} {verb} not offered; recording `{key}` (offered: {offered})"))
}

fn is_expired(candidate: &Candidate, unix_now: u64) -> bool {
    candidate.expires_at.is_some_and(|expires| u64::from(expires) <= unix_now)
}

/// Why the candidate cannot be tried. Without a time that can be relied on nothing expires.
fn unusable(candidate: &Candidate, unix_now: Option<u64>) -> Option<String> {
    if let Transport::Other(name) = &candidate.transport {
        return Some(format!("the transport `{name}` is not known to this host"));
    }
    let expired = unix_now.is_some_and(|now| is_expired(candidate, now));
    expired.then(|| String::from("its URL has expired"))
}

/// Whether the candidate is below the user's least quality. Ranks tell where the answer has that quality, too; else keys
/// that are numbers, which grow with the quality on every platform that has them.
fn too_low(candidate: &Candidate, candidates: &[Candidate], wish: &Preference) -> Option<String> {
    let least = wish.least.as_deref()?;
    let key = candidate.quality.key.as_str();
    let wished = place(&wish.qualities, &candidate.quality.key) < wish.qualities.len();
    let rank = candidates.iter().find(|other| other.quality.key == least).map(|other| other.quality.rank);
    let is_enough = match (rank, key.parse::<u64>(), least.parse::<u64>()) {
        _ if key == least => true,
        (Some(rank), ..) => candidate.quality.rank >= rank,
        (None, Ok(key), Ok(least)) => key >= least,
        // Nothing compares them: what the user has named himself is good enough.
        _ => wished,
    };
    (!is_enough).then(|| format!("its quality `{key}` is below `{least}`"))
}

/// The place in a list of wishes; what is not on it stands behind.
fn place<T: PartialEq>(wishes: &[T], value: &T) -> usize {
    wishes.iter().position(|wish| wish == value).unwrap_or(wishes.len())
}

fn transport_place(candidate: &Candidate, wish: &Preference) -> usize {
    let word = candidate.transport.word();
    let usual = TRANSPORTS.iter().position(|usual| *usual == word).unwrap_or(TRANSPORTS.len());
    // Behind all wishes the usual order holds.
    wish.transports.iter().position(|wish| wish == word).unwrap_or(wish.transports.len() + usual)
}

fn reason(first: &Candidate, wish: &Preference, tried: &Tried, usable: usize, all: usize) -> String {
    if let Some(trial) = tried.of(first) {
        if trial.proven {
            return String::from("it has given a minute of media and is tried first again");
        }
        return String::from("all have failed, this one the longest ago");
    }
    if usable == 1 {
        return String::from(if all == 1 { "the only one" } else { "the only one that can be tried" });
    }
    let wished = place(&wish.qualities, &first.quality.key);
    let after = if tried.0.is_empty() { "" } else { ", of those that have not failed" };
    if wished < wish.qualities.len() {
        return format!("wish {} of {}{after}", wished + 1, wish.qualities.len());
    }
    format!("the best of {usable}{after}")
}
