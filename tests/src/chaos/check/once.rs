//! Each frame in exactly one file: none invented, none twice, none lost without an excuse.

use std::collections::HashSet;
use std::time::Duration;

use super::{AFTER_FULL, Case, HELD, IN_HAND, ON_ITS_WAY, Verdict, is_in, is_media};

/// Why a frame that was sent need not be in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Excuse {
    /// The recorder was killed so long after it was sent; none where that tells nothing of how soon media is written.
    InHand(Option<Duration>),
    OnItsWay,
    NoDisk,
    Damaged,
    /// It came only when later ones were written: the hole has its name, which is asked for elsewhere.
    Late,
}

pub(super) fn check(case: &Case<'_>, verdict: &mut Verdict) {
    invented(case, verdict);
    twice(case, verdict);
    lost(case, verdict);
    let written = case.past.written.iter().filter(|digest| !case.found.contains_key(digest)).count();
    if written > 0 {
        verdict.findings.push(format!("{written} frames that were whole in a file when it was killed are gone"));
    }
}

fn invented(case: &Case<'_>, verdict: &mut Verdict) {
    let headers: HashSet<u64> =
        case.past.aired.iter().filter(|aired| !is_media(&aired.sent)).map(|aired| aired.sent.digest).collect();
    for (number, file) in case.files.iter().enumerate() {
        // The first is the recorder's own: the metadata.
        let strange = file.tags.iter().skip(1).filter(|tag| match is_media(tag) {
            true => !case.carried.contains_key(&tag.digest),
            false => !headers.contains(&tag.digest),
        });
        let strange: Vec<u32> = strange.map(|tag| tag.time_ms).collect();
        if let Some(first) = strange.first() {
            let many = strange.len();
            verdict.findings.push(format!("{}: {many} tags were never sent, the first at {first} ms", file.name));
        }
        for kind in [crate::flv::AUDIO, crate::flv::VIDEO] {
            let track = file.tags.iter().enumerate().filter(|(_, tag)| tag.kind == kind && is_media(tag));
            let track = track.filter(|(place, _)| !case.rewound.contains(&(number, *place)));
            let places: Vec<usize> = track.filter_map(|(_, tag)| case.places.get(&tag.digest).copied()).collect();
            if let Some(at) = places.windows(2).position(|pair| pair[0] >= pair[1]) {
                let at_ms = case.past.aired[places[at]].at_ms;
                verdict.findings.push(format!("{}: track {kind} is out of order behind {at_ms} ms on air", file.name));
            }
        }
    }
}

fn twice(case: &Case<'_>, verdict: &mut Verdict) {
    let mut wrong: Vec<(u64, String)> = Vec::new();
    for (digest, places) in case.found.iter().filter(|(_, places)| places.len() > 1) {
        let places: Vec<(usize, usize)> =
            places.iter().copied().filter(|place| !case.rewound.contains(place)).collect();
        let carriers = case.carried.get(digest).map_or(&[][..], Vec::as_slice);
        let lives: HashSet<usize> = carriers.iter().map(|(connection, _)| case.life(*connection)).collect();
        let sessions: HashSet<&str> = places.iter().map(|(file, _)| case.session(*file)).collect();
        // Nobody knows what another life has written, nor what belongs to a session that is over.
        if places.len() > lives.len().max(sessions.len()).min(carriers.len()) {
            let names: Vec<&str> = places.iter().map(|(file, _)| case.files[*file].name.as_str()).collect();
            wrong.push((case.aired(*digest).map_or(0, |aired| aired.at_ms), names.join(", ")));
        } else {
            verdict.counts.overlaps += (places.len() as u64).saturating_sub(1);
        }
    }
    wrong.sort();
    if let (Some((first, names)), Some((last, _))) = (wrong.first(), wrong.last()) {
        let many = wrong.len();
        verdict.findings.push(format!("{many} frames twice, on air from {first} to {last} ms: {names}"));
    }
}

fn lost(case: &Case<'_>, verdict: &mut Verdict) {
    let counts = &mut verdict.counts;
    counts.receptions += case.past.connections.iter().filter(|one| !one.tags.is_empty()).count() as u64;
    let mut lost: Vec<usize> = Vec::new();
    let written = written_before(case);
    for (digest, carriers) in &case.carried {
        counts.sent += 1;
        if case.found.contains_key(digest) {
            counts.recorded += 1;
            continue;
        }
        let excuses: Option<Vec<Excuse>> =
            carriers.iter().map(|(connection, tag)| excuse(case, &written, *connection, *tag)).collect();
        match excuses.as_deref() {
            None => lost.extend(case.places.get(digest)),
            Some([.., Excuse::InHand(age)]) => {
                counts.in_hand += 1;
                let age_ms = u64::try_from(age.unwrap_or_default().as_millis()).unwrap();
                counts.worst_kill_ms = counts.worst_kill_ms.max(age_ms);
            }
            Some([.., Excuse::OnItsWay]) => counts.on_its_way += 1,
            Some([.., Excuse::NoDisk]) => counts.no_disk += 1,
            Some([.., Excuse::Late]) => counts.late += 1,
            Some([.., Excuse::Damaged] | []) => counts.damaged += 1,
        }
    }
    lost.sort_unstable();
    for run in lost.chunk_by(|one, next| next - one < 8) {
        let (Some(first), Some(last)) = (run.first(), run.last()) else { continue };
        let [first, last] = [first, last].map(|place| &case.past.aired[*place]);
        let carriers = &case.carried[&first.sent.digest];
        let (connection, tag) = carriers[carriers.len() - 1];
        let sent_at = case.past.connections[connection].sent_at[tag];
        verdict.findings.push(format!(
            "{} frames lost, on air from {} to {} ms, sent by connection {connection} of {} at {:.3} s",
            run.len(),
            first.at_ms,
            last.at_ms,
            case.past.connections.len(),
            sent_at.as_secs_f64(),
        ));
    }
}

/// For each connection the newest frame in a file that one before it carried to the same life.
fn written_before(case: &Case<'_>) -> Vec<Option<usize>> {
    let (mut newest, mut life) = (None, 0);
    let mut before = Vec::new();
    for (number, connection) in case.past.connections.iter().enumerate() {
        if case.life(number) != life {
            (newest, life) = (None, case.life(number));
        }
        before.push(newest);
        let written = connection.tags.iter().filter(|tag| case.found.contains_key(&tag.digest));
        newest = written.filter_map(|tag| case.places.get(&tag.digest).copied()).max().max(newest);
    }
    before
}

/// Why a frame that a connection carried need not be in a file.
fn excuse(case: &Case<'_>, written: &[Option<usize>], connection: usize, tag: usize) -> Option<Excuse> {
    let carrier = &case.past.connections[connection];
    let at = carrier.sent_at[tag];
    let place = case.places.get(&carrier.tags[tag].digest).copied();
    if place.is_some() && place < written[connection] {
        return Some(Excuse::Late);
    }
    if carrier.lies.contains(&tag) {
        return Some(Excuse::Damaged);
    }
    if case.fate.full.iter().any(|full| is_in(at, (full.0.saturating_sub(ON_ITS_WAY), full.1 + AFTER_FULL))) {
        return Some(Excuse::NoDisk);
    }
    let life = case.fate.lives.get(case.life(connection))?;
    let frozen = case.fate.frozen.iter().find(|span| is_in(life.until, (span.0, span.1 + IN_HAND)));
    let end = frozen.map_or(life.until, |frozen| frozen.0);
    if life.killed && at + IN_HAND >= end {
        return Some(Excuse::InHand(frozen.is_none().then(|| life.until.saturating_sub(at))));
    }
    if life.killed && is_joining(case, connection, end) {
        return Some(Excuse::InHand(None));
    }
    if !life.killed && at + ON_ITS_WAY >= end {
        return Some(Excuse::OnItsWay);
    }
    let left = carrier.left && carrier.ended.is_some_and(|ended| at + ON_ITS_WAY >= ended);
    left.then_some(Excuse::OnItsWay)
}

/// Whether a connection may not have been joined to the ones before it in its life when that ended.
fn is_joining(case: &Case<'_>, connection: usize, end: Duration) -> bool {
    let mut earlier = case.past.connections.iter().take(connection).enumerate();
    let follows = earlier.any(|(number, one)| !one.tags.is_empty() && case.life(number) == case.life(connection));
    let first = case.past.connections[connection].sent_at.first();
    follows && first.is_some_and(|first| *first + HELD + IN_HAND >= end)
}
