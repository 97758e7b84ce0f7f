//! Whether an answer makes sense: what has the right type, and passed the host's own look at it, may still mislead.

use std::collections::BTreeMap;
use std::net::IpAddr;

use url::{Host, Url};

use crate::http::guard::{PrivateHosts, is_public};
use crate::http::host::{HostPort, Overrides};
use crate::model::{Broadcast, Candidate, Status};
use crate::plugin::conformance::count;
use crate::plugin::manifest::Live;
use crate::plugin::tape::{Ask, Call, Dress, Outcome, Reply, Single};

/// What is wrong, and what can be done.
type Wrong = (String, &'static str);

/// A few words on what was looked at, or what is wrong.
pub(super) fn judge(
    single: &Single,
    permitted: &PrivateHosts,
    dress: &Dress,
    call: &Call,
    said: &Outcome,
) -> Result<String, Wrong> {
    match (said, &call.ask) {
        (Ok(Reply::Verdicts(verdicts)), _) => {
            let by_check = single.version.anatomy.manifest.live == Live::ByCheck;
            for status in verdicts.iter().flatten() {
                verdict(status, by_check)?;
            }
            let words = verdicts.iter().map(|verdict| match verdict {
                Ok(status) => status.word(),
                Err(failure) => failure.kind(),
            });
            Ok(words.collect::<Vec<_>>().join(", "))
        }
        (Ok(Reply::Candidates(candidates)), Ask::Streams(room, _)) => {
            let overrides = Overrides::new(&single.table.hosts).unwrap_or_default();
            let is_meant = |target: &HostPort| {
                HostPort::from_url(&room.input).as_ref() == Some(target)
                    || dress.grant().permitted.contains(target)
                    || permitted.permit(target)
            };
            qualities(candidates)?;
            for candidate in candidates {
                place(candidate, &overrides, is_meant)?;
            }
            for (index, candidate) in candidates.iter().enumerate() {
                if candidates.iter().take(index).any(|earlier| earlier.url == candidate.url) {
                    let what = format!("candidate {} has the URL of an earlier one", index + 1);
                    return Err((what, "offer each way to receive a room once"));
                }
            }
            Ok(count(candidates.len(), "candidate"))
        }
        (Ok(Reply::Id(id)), _) => Ok(format!("id {}", crate::model::shown_id(id))),
        (Ok(Reply::Receipt(receipt)), _) => {
            Ok(String::from(if receipt.is_some() { "a receipt" } else { "no receipt" }))
        }
        (Ok(_), _) => Ok(String::new()),
        (Err(error), _) => Ok(error.kind().to_owned()),
    }
}

fn verdict(status: &Status, by_check: bool) -> Result<(), Wrong> {
    let facts = match status {
        Status::Offline(_) => return Ok(()),
        Status::Live(facts) if by_check => {
            if facts.id.is_none() && facts.started_at.is_none() {
                return Err((
                    String::from("a live broadcast without `id` and without `started-at`"),
                    "give the platform's own id of the broadcast, or when it began: by that the host knows a new \
                     broadcast from a dropped connection",
                ));
            }
            facts
        }
        Status::Upcoming(facts) if facts.started_at.is_none() => {
            let hint = "where the platform does not tell when, the room is offline";
            return Err((String::from("an upcoming broadcast without `started-at`"), hint));
        }
        Status::Live(facts) | Status::Replay(facts) | Status::Upcoming(facts) => facts,
    };
    page(facts)
}

fn page(facts: &Broadcast) -> Result<(), Wrong> {
    let urls = [("room-url", Some(&facts.room_url)), ("cover-url", facts.cover_url.as_ref())];
    for (name, url) in urls.into_iter().filter_map(|(name, url)| Some((name, url?))).filter(|(_, url)| !url.is_empty())
    {
        if !Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https")) {
            return Err((format!("`{name}` is no http or https URL: `{url}`"), "leave out what is none"));
        }
    }
    Ok(())
}

/// A key is what the user wishes by, a rank what the host compares by: each stands for one quality.
fn qualities(candidates: &[Candidate]) -> Result<(), Wrong> {
    let mut ranks: BTreeMap<&str, i32> = BTreeMap::new();
    for quality in candidates.iter().map(|candidate| &candidate.quality) {
        if quality.key.is_empty() {
            return Err((String::from("a quality without a key"), "the key is what the user wishes by"));
        }
        match ranks.insert(&quality.key, quality.rank) {
            Some(rank) if rank != quality.rank => {
                let what = format!("quality `{}` has the ranks {rank} and {}", quality.key, quality.rank);
                return Err((what, "one quality has one rank within an answer"));
            }
            _ => {}
        }
    }
    let mut keys: BTreeMap<i32, &str> = BTreeMap::new();
    for (key, rank) in ranks {
        if let Some(other) = keys.insert(rank, key) {
            let what = format!("the qualities `{other}` and `{key}` have one rank, {rank}");
            return Err((what, "two qualities that differ are not equally good: higher is better"));
        }
    }
    Ok(())
}

/// Whether the host may fetch it: what it judges by address at a connection shows here as far as it is written down.
fn place(candidate: &Candidate, overrides: &Overrides, is_meant: impl Fn(&HostPort) -> bool) -> Result<(), Wrong> {
    let Ok(url) = Url::parse(&candidate.url) else {
        return Err((String::from("a candidate's URL is none"), "give it absolute, with its scheme"));
    };
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let shown = format!("{}://{}{port}{}", url.scheme(), url.host_str().unwrap_or_default(), url.path());
    if !matches!(url.scheme(), "http" | "https") {
        return Err((
            format!("a candidate that is neither http nor https: {shown}"),
            "leave out what cannot be received",
        ));
    }
    if !url.username().is_empty() || url.password().is_some() {
        let hint = "give them as a header `Authorization`: URLs stand in logs and sidecars";
        return Err((format!("a candidate with a user or a password in its URL: {shown}"), hint));
    }
    let is_meant = HostPort::of(&url).is_some_and(|target| is_meant(&target));
    if !is_meant && overrides.rewrite(&url).is_none() && is_private(&url) {
        let hint = "the host fetches no media from private addresses but those in `plugins.allow_private_hosts` of the \
                    config; `-c FILE` names it";
        return Err((format!("a candidate at a private address: {shown}"), hint));
    }
    Ok(())
}

fn is_private(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => !is_public(IpAddr::V4(address)),
        Some(Host::Ipv6(address)) => !is_public(IpAddr::V6(address)),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => true,
    }
}
