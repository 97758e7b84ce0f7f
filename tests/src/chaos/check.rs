//! Asks after every frame: what was sent is in exactly one file, or its absence has a name, and nothing was invented.
//!
//! Pure: what was on air, what each connection carried, what happened to the recorder, and what lies on the disk go in;
//! findings come out.

use std::collections::{HashMap, HashSet};
use std::ops::AddAssign;
use std::time::Duration;

use serde_json::Value;

use super::encoder::Aired;
use crate::origin::{Connection, Role, Sent};

mod clocks;
mod names;
mod once;
mod presence;
mod rewinds;

/// What a recorder that is killed may have had in hand: a batch is at most so old, and the tick that writes it comes as
/// often. On top what one busy processor may delay it by.
pub const IN_HAND: Duration = Duration::from_millis(400 + 400);
/// Behind a dropped connection nobody can tell at once whether what comes was sent before: it is held for so long at most.
pub const HELD: Duration = Duration::from_millis(2_000);
/// What is on its way when a recorder leaves a connection.
pub const ON_ITS_WAY: Duration = Duration::from_millis(1_000);
/// A volume that takes writes again is tried again after 30 s, and the next connection has to come.
pub const AFTER_FULL: Duration = Duration::from_secs(45);
/// A hole that is shorter leaves no trace that anybody has to name.
pub const SMALL_HOLE_MS: u64 = 150;

/// From, until.
pub type Span = (Duration, Duration);

/// One life of the recorder.
#[derive(Clone, Debug)]
pub struct Life {
    /// Its start.
    pub from: Duration,
    /// Its end: the signal.
    pub until: Duration,
    /// By SIGKILL.
    pub killed: bool,
}

/// What happened to the recorder.
#[derive(Clone, Debug, Default)]
pub struct Fate {
    /// In order.
    pub lives: Vec<Life>,
    /// When it did not run though it lived.
    pub frozen: Vec<Span>,
    /// When its volume was full.
    pub full: Vec<Span>,
}

/// One room, as those know it who sent.
#[derive(Clone, Debug, Default)]
pub struct Past {
    /// For messages.
    pub room: String,
    /// In order.
    pub aired: Vec<Aired>,
    /// In the order in which they came.
    pub connections: Vec<Connection>,
    /// Frames that were whole in a file when a recorder was killed.
    pub written: Vec<u64>,
}

/// One file of the room.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// For messages.
    pub name: String,
    /// All of it.
    pub tags: Vec<Sent>,
    /// Its length.
    pub bytes: u64,
    /// What stands beside it.
    pub sidecar: Value,
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Verdict {
    /// What is not as it should be, in words.
    pub findings: Vec<String>,
    /// For the summary.
    pub counts: Counts,
}

/// Numbers for the summary.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Frames that were sent, each counted once.
    pub sent: u64,
    /// Of these, in files.
    pub recorded: u64,
    /// In hand or on the way when a recorder was killed.
    pub in_hand: u64,
    /// On the way when a recorder stopped or left.
    pub on_its_way: u64,
    /// While the volume was full, and until it was tried again.
    pub no_disk: u64,
    /// Broken on the way.
    pub damaged: u64,
    /// Sent only when later ones were written.
    pub late: u64,
    /// Sent to two recorders, one after the other's end, and in the files of both.
    pub overlaps: u64,
    /// Times that a connection began before all that the recording had.
    pub rewinds: u64,
    /// Connections that carried media.
    pub receptions: u64,
    /// Files.
    pub files: u64,
    /// Files that a start made whole.
    pub recovered: u64,
    /// Gaps that sidecars name.
    pub gaps: u64,
    /// The oldest frame that a killed recorder had in hand and not on the disk.
    pub worst_kill_ms: u64,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Counts) {
        self.sent += other.sent;
        self.recorded += other.recorded;
        self.in_hand += other.in_hand;
        self.on_its_way += other.on_its_way;
        self.no_disk += other.no_disk;
        self.damaged += other.damaged;
        self.late += other.late;
        self.overlaps += other.overlaps;
        self.rewinds += other.rewinds;
        self.receptions += other.receptions;
        self.files += other.files;
        self.recovered += other.recovered;
        self.gaps += other.gaps;
        self.worst_kill_ms = self.worst_kill_ms.max(other.worst_kill_ms);
    }
}

/// Judges one room. The files come in the order in which they were begun.
pub fn check(past: &Past, fate: &Fate, files: &[Recorded]) -> Verdict {
    let mut verdict = Verdict::default();
    let mut case = Case::new(past, fate, files);
    (case.rewound, verdict.counts.rewinds) = rewinds::find(&case);
    files.iter().for_each(|file| one_file(file, &mut verdict));
    once::check(&case, &mut verdict);
    names::check(&case, &mut verdict);
    clocks::check(&case, &mut verdict);
    presence::check(&case, &mut verdict);
    for finding in &mut verdict.findings {
        *finding = format!("{}: {finding}", past.room);
    }
    verdict
}

/// What all questions begin with.
struct Case<'a> {
    past: &'a Past,
    fate: &'a Fate,
    files: &'a [Recorded],
    /// Where a frame stands in what was on air.
    places: HashMap<u64, usize>,
    /// Which files a frame is in: file, tag.
    found: HashMap<u64, Vec<(usize, usize)>>,
    /// Which connections carried it: connection, tag.
    carried: HashMap<u64, Vec<(usize, usize)>>,
    /// Frames in files that came late, with what came again behind them: file, tag.
    rewound: HashSet<(usize, usize)>,
}

impl<'a> Case<'a> {
    fn new(past: &'a Past, fate: &'a Fate, files: &'a [Recorded]) -> Self {
        let media = past.aired.iter().enumerate().filter(|(_, aired)| is_media(&aired.sent));
        let mut found: HashMap<u64, Vec<(usize, usize)>> = HashMap::new();
        for (file, recorded) in files.iter().enumerate() {
            for (tag, _) in recorded.tags.iter().enumerate().filter(|(_, tag)| is_media(tag)) {
                found.entry(recorded.tags[tag].digest).or_default().push((file, tag));
            }
        }
        let mut carried: HashMap<u64, Vec<(usize, usize)>> = HashMap::new();
        for (number, connection) in past.connections.iter().enumerate() {
            for (tag, sent) in connection.tags.iter().enumerate().filter(|(_, tag)| is_media(tag)) {
                carried.entry(sent.digest).or_default().push((number, tag));
            }
        }
        let places = media.map(|(place, aired)| (aired.sent.digest, place)).collect();
        Case { past, fate, files, places, found, carried, rewound: HashSet::new() }
    }

    fn aired(&self, digest: u64) -> Option<&Aired> {
        self.places.get(&digest).map(|place| &self.past.aired[*place])
    }

    /// The life that a connection belongs to.
    fn life(&self, connection: usize) -> usize {
        let came = self.past.connections[connection].came;
        self.fate.lives.iter().rposition(|life| life.from <= came).unwrap_or(0)
    }

    fn session(&self, file: usize) -> &str {
        self.files[file].sidecar["session"].as_str().unwrap_or_default()
    }
}

/// What every file has to be, whatever was sent.
fn one_file(file: &Recorded, verdict: &mut Verdict) {
    let Recorded { name, tags, bytes, sidecar } = file;
    let mut judgement = crate::verify::Judgement::default();
    crate::verify::beginning(name, tags, &mut judgement);
    verdict.findings.append(&mut judgement.bad);
    let state = sidecar["state"].as_str().unwrap_or_default();
    if !matches!(state, "complete" | "recovered") || sidecar["bytes"] != *bytes {
        verdict.findings.push(format!("{name}: {bytes} bytes, the sidecar says {state} and {}", sidecar["bytes"]));
    }
    let gaps = sidecar["gaps"].as_array().map_or(&[][..], Vec::as_slice);
    let unknown = gaps.iter().any(|gap| gap["cause"] == "restart" && gap["lost_ms"].is_null());
    if sidecar["end"] == "killed" && !unknown && sidecar["receptions"].as_array().is_some_and(|all| !all.is_empty()) {
        let is_open = |one: &Value| one["reason"] == "killed";
        if sidecar["receptions"].as_array().is_some_and(|all| all.iter().any(is_open)) {
            verdict.findings.push(format!("{name}: was cut off by a kill, and no gap says so: {gaps:?}"));
        }
    }
    verdict.counts.files += 1;
    verdict.counts.recovered += u64::from(state == "recovered");
    verdict.counts.gaps += gaps.len() as u64;
}

fn is_media(tag: &Sent) -> bool {
    matches!(tag.role, Role::Key | Role::Media)
}

fn is_in(at: Duration, span: Span) -> bool {
    span.0 <= at && at <= span.1
}
