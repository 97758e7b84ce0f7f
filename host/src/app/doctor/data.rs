//! The data directory, and who works with it. Looked at alone: what is kept there is not this command's to touch.

use std::path::Path;

use super::{Finding, Weight, amount, finding, look, nearest};
use crate::app::owner::{Alive, alive};
use crate::clock::rfc3339;
use crate::disk::{Keeping, VolumeKind, look_at};

const TOPIC: &str = "data";
/// The topic of who works with it.
const OWNERS: &str = "owners";
/// What the database and some compiled plugins need.
const LEAST_BYTES: u64 = 64 << 20;
/// What to do about a place that will not do.
const ELSEWHERE: &str = "name another with `--data DIR`";

/// Looks at it, and at who holds it.
pub(super) async fn examine(folder: Option<&Path>) -> Vec<Finding> {
    let Some(folder) = folder else {
        let hint = "`record` needs one: name it with `--data DIR`, or set HOME";
        return vec![finding(TOPIC, Weight::Bad, "no place for the program's state is known", Some(hint))];
    };
    let text = format!("`{}`", folder.display());
    let bad = |text: String| vec![finding(TOPIC, Weight::Bad, text, Some(ELSEWHERE))];
    let wanted = folder.to_owned();
    let seen = look(move || {
        let there = if wanted.exists() && !wanted.is_dir() { None } else { Some(nearest(&wanted)) };
        (wanted.is_dir(), there.map(|there| there.map(|there| look_at(&there))), alive(&wanted))
    });
    let (is_there, kind, living) = match seen.await {
        Ok((_, None, _)) => return bad(format!("{text} is no folder")),
        Ok((_, Some(None), _)) => return bad(format!("{text} cannot be")),
        Ok((_, Some(Some(Err(error))), _)) => return bad(format!("{text}: {error}")),
        Ok((is_there, Some(Some(Ok(kind))), living)) => (is_there, kind, living),
        Err(why) => return bad(format!("{text}: {why}")),
    };
    let mut findings = of_kind(&text, is_there, &kind);
    findings.extend(owners(&living));
    findings
}

fn of_kind(place: &str, is_there: bool, kind: &VolumeKind) -> Vec<Finding> {
    let hint = "plugins are compiled at every start and remember nothing; name another place with `--data DIR`";
    if kind.read_only || !kind.writable {
        return vec![match is_there {
            true => finding(TOPIC, Weight::Care, format!("{place} cannot be written to"), Some(hint)),
            false => finding(TOPIC, Weight::Bad, format!("{place} is not there and may not be made"), Some(ELSEWHERE)),
        }];
    }
    let later = if is_there { "" } else { "; it is not there yet: `run` and `record` make it" };
    let name = &kind.file_system;
    let text = format!("{place} on {name}, {} free{later}", amount(kind.free_bytes));
    let mut findings = vec![match kind.free_bytes < LEAST_BYTES {
        true => finding(TOPIC, Weight::Care, text, Some("recordings go on without it, and are forgotten: make room")),
        false => finding(TOPIC, Weight::Fine, text, None),
    }];
    let forgets = match kind.keeping {
        Keeping::Memory => Some("is memory: a restart forgets what was announced and leaves it standing"),
        Keeping::Layer => Some("goes with the container: a new one forgets what was announced and leaves it standing"),
        Keeping::Remote => Some("is across a network, where a database is neither locked nor synced for sure"),
        Keeping::Journal | Keeping::NoJournal | Keeping::Program | Keeping::Unknown => None,
    };
    if let Some(forgets) = forgets {
        let hint = Some("`--data DIR` names a folder on a disk of this machine");
        findings.push(finding(TOPIC, Weight::Care, format!("{name} {forgets}"), hint));
    }
    findings
}

/// Who has the data directory in use.
fn owners(living: &[Alive]) -> Vec<Finding> {
    if living.is_empty() {
        return vec![finding(OWNERS, Weight::Fine, "no `run` and no `record` works with it", None)];
    }
    let tell = |one: &Alive| {
        let pid = one.pid.map_or_else(|| String::from("of unknown number"), |pid| format!("{pid}"));
        let host = one.host.as_deref().map_or(String::new(), |host| format!(" on {host}"));
        let since = one.since.map_or(String::new(), |since| format!(", since {}", rfc3339(since)));
        let (what, hint) = match one.is_run {
            true => ("run", Some("a second `run` needs a data directory of its own: `--data DIR`")),
            false => ("record", None),
        };
        finding(OWNERS, Weight::Note, format!("`{what}` works with it: process {pid}{host}{since}"), hint)
    };
    living.iter().map(tell).collect()
}

#[cfg(test)]
mod tests;
