//! The verdict: each broadcast was announced once and taken back, or it was reported; and all that was written is whole.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use lyrebird_tests::origin::{Connection, Role, Sent};
use lyrebird_tests::program::binary;
use lyrebird_tests::verify::{Expected, expected, judge};
use lyrebird_tests::{bilibili::Post, flv};
use serde_json::Value;

use super::script::{history, states_of};
use super::stage::{Cast, Life, Stage};

/// What is said of a notice of which nobody can know whether it was told.
const REPORTED: &str = "nobody knows whether the target was told";
/// A reception that is so long announces its broadcast, where the notifier works.
const ENOUGH: Duration = Duration::from_secs(4);
/// How long after its end a broadcast may be told of: a look, the grace, and a call.
const LATE: Duration = Duration::from_secs(6);
/// Media that a kill may cost here: what the origin had handed to the network and a busy machine had not come to.
const COST_MS: u32 = 5_000;

pub(super) fn check(stage: &Stage) {
    stage.platform.expect_no_violation();
    let rows = history(stage);
    for cast in &stage.casts {
        announced(stage, cast, &rows);
    }
    for row in &rows {
        reported(stage, row);
    }
    let files = files(stage);
    for life in &stage.lives {
        for cast in &stage.casts {
            recorded(stage, life, cast, &files);
        }
    }
    gaps(stage, &files);
    in_history(&rows, &files);
}

/// Once at most; at least once where there was time for it; and no longer seen, unless nobody can know.
fn announced(stage: &Stage, cast: &Cast, rows: &[Value]) {
    let title = &cast.title;
    let posts: Vec<Post> = stage.platform.posts().into_iter().filter(|post| post.text.contains(title)).collect();
    let sessions: Vec<&Value> = rows.iter().filter(|row| row["broadcast"]["title"] == *title).collect();
    assert!(sessions.len() <= 1, "`{title}` has several sessions: {sessions:#?}");
    assert!(posts.len() <= 1, "`{title}` was announced more than once: {posts:?}");
    let unknown = sessions.iter().any(|row| states_of(row).contains(&String::from("unknown")));
    let Some(post) = posts.first() else {
        let known = stage.lives.iter().find(|life| had_time(stage, life, cast));
        assert!(unknown || known.is_none(), "`{title}` was never announced: {sessions:#?}");
        return;
    };
    assert!(post.removed.is_some() || unknown, "`{title}` was not taken back: {post:?} {sessions:#?}");
    let ended = cast.ended.unwrap();
    assert!(post.at < ended + LATE, "`{title}` ended at {ended:?}: {post:?}");
    let by = stage.lives.iter().rfind(|life| life.from <= post.at).unwrap();
    assert!(
        post.at < ended || by.from < ended,
        "`{title}` ended at {ended:?}, a program began at {:?}: {post:?}",
        by.from
    );
}

/// Whether a life received the broadcast for long, and no announcement was made to fail in it.
fn had_time(stage: &Stage, life: &Life, cast: &Cast) -> bool {
    let disturbed = stage.troubles.iter().any(|at| *at < life.to);
    let lasted = |one: &Connection| one.ended.unwrap_or(life.to).min(life.to).saturating_sub(one.came);
    !disturbed && receptions(stage, life, cast).iter().any(|one| lasted(one) > ENOUGH)
}

/// What is unknown was told to a person.
fn reported(stage: &Stage, row: &Value) {
    if !states_of(row).contains(&String::from("unknown")) {
        return;
    }
    let session = row["session"].as_str().unwrap();
    let tells = |line: &str| line.contains(REPORTED) && line.contains(session);
    assert!(stage.lives.iter().any(|life| life.said.lines().any(tells)), "nobody was told of {row:#}");
}

/// A finished file with what its sidecar says.
struct Whole {
    path: PathBuf,
    sidecar: Value,
}

impl Whole {
    fn is_by(&self, life: &Life, cast: &Cast) -> bool {
        self.sidecar["owner"]["pid"] == life.pid && self.sidecar["broadcast"]["title"] == *cast.title
    }

    fn has_restart(&self, at_beginning: bool) -> bool {
        let gaps = self.sidecar["gaps"].as_array().unwrap();
        gaps.iter().any(|gap| gap["cause"] == "restart" && (gap["at_ms"] == 0) == at_beginning)
    }
}

/// All files, each with a sidecar, in the order of their beginnings.
fn files(stage: &Stage) -> Vec<Whole> {
    let recordings = stage.place.recordings();
    let names: BTreeSet<String> = stage.place.files().into_iter().collect();
    let known = recordings.iter().flat_map(|path| {
        let name = path.strip_prefix(stage.place.out()).unwrap();
        [name.to_str().unwrap().to_owned(), name.with_extension("json").to_str().unwrap().to_owned()]
    });
    let known: BTreeSet<String> = known.collect();
    assert_eq!(names, known, "files and their sidecars, and nothing else");
    let whole = |path: PathBuf| Whole { sidecar: stage.place.sidecar(&path), path };
    let mut files: Vec<Whole> = recordings.into_iter().map(whole).collect();
    files.sort_by_key(|one| one.sidecar["started_at"].as_str().unwrap().to_owned());
    files
}

/// What a life was sent of a broadcast is in its files, but for the last moment before a kill.
fn recorded(stage: &Stage, life: &Life, cast: &Cast, files: &[Whole]) {
    let sent = receptions(stage, life, cast);
    let own: Vec<PathBuf> = files.iter().filter(|one| one.is_by(life, cast)).map(|one| one.path.clone()).collect();
    let what = format!("`{}` by process {}, {:?} to {:?}: {own:?}", cast.title, life.pid, life.from, life.to);
    let begun = own.first().map(media_of).unwrap_or_default();
    let found: usize = own.iter().map(|file| media_of(file).len()).sum();
    let due: Vec<Expected> = expected(&sent);
    let due: usize = due
        .iter()
        .enumerate()
        .map(|(at, one)| if at == 0 { one.as_begun(&begun).media.len() } else { one.media.len() })
        .sum();
    assert!(found <= due, "{what}: {found} frames, {due} were sent");
    let (first, last) = (sent.iter().flat_map(|one| &one.tags).find(|tag| is_media(tag)), last_ms(&sent));
    let first_ms = first.map_or(0, |first| first.time_ms);
    let sent = if life.killed { shortened(sent, due - found) } else { sent };
    let cost_ms = last.saturating_sub(last_ms(&sent).max(first_ms));
    assert!(cost_ms <= COST_MS, "{what}: the kill has cost {cost_ms} ms");
    let judgement = judge(&sent, &own, Some(&binary()));
    assert!(judgement.bad.is_empty(), "{what}:\n  {}", judgement.bad.join("\n  "));
}

fn media_of(file: &PathBuf) -> Vec<Sent> {
    let tags = flv::parse(&std::fs::read(file).unwrap()).unwrap_or_else(|why| panic!("{}: {why}", file.display()));
    tags.iter().map(Sent::from).filter(is_media).collect()
}

fn is_media(tag: &Sent) -> bool {
    matches!(tag.role, Role::Key | Role::Media)
}

/// The time of the last frame; 0 where there is none.
fn last_ms(sent: &[Connection]) -> u32 {
    sent.iter().rev().flat_map(|one| one.tags.iter().rev()).find(|tag| is_media(tag)).map_or(0, |tag| tag.time_ms)
}

/// Without so many of the last frames.
fn shortened(mut sent: Vec<Connection>, frames: usize) -> Vec<Connection> {
    let mut left = frames;
    for one in sent.iter_mut().rev() {
        while left > 0
            && let Some(tag) = one.tags.pop()
        {
            left -= usize::from(is_media(&tag));
        }
    }
    sent
}

/// The connections that a life made for a broadcast.
fn receptions(stage: &Stage, life: &Life, cast: &Cast) -> Vec<Connection> {
    let mut all = stage.platform.receptions(cast.room);
    let ended = cast.ended.unwrap();
    all.retain(|one| one.came >= life.from && one.came <= life.to && one.came >= cast.began && one.came <= ended);
    all
}

/// Where a kill lies between two files of a broadcast, one of them names the gap.
fn gaps(stage: &Stage, files: &[Whole]) {
    for cast in &stage.casts {
        let of_cast: Vec<&Whole> =
            stage.lives.iter().flat_map(|life| files.iter().filter(|one| one.is_by(life, cast))).collect();
        for pair in of_cast.windows(2).filter(|pair| pair[0].sidecar["owner"] != pair[1].sidecar["owner"]) {
            let [before, behind] = [pair[0], pair[1]];
            let named = before.has_restart(false) || behind.has_restart(true);
            assert!(named, "nobody names the gap between {:#} and {:#}", before.sidecar, behind.sidecar);
            assert_eq!(before.sidecar["session"], behind.sidecar["session"], "one broadcast, one session");
        }
    }
}

/// The history knows every file as it is, and none besides.
fn in_history(rows: &[Value], files: &[Whole]) {
    let told = rows.iter().flat_map(|row| row["segments"].as_array().unwrap().iter().map(move |one| (row, one)));
    let told: BTreeSet<String> = told
        .map(|(row, one)| format!("{} {} {} {}", row["session"], one["file"], one["bytes"], one["state"]))
        .collect();
    let there = files.iter().map(|one| {
        let (session, state) = (&one.sidecar["session"], &one.sidecar["state"]);
        format!("{session} {} {} {state}", Value::from(one.path.to_str().unwrap()), one.sidecar["bytes"])
    });
    assert_eq!(told, there.collect::<BTreeSet<_>>(), "what the history tells, and what is there");
}
