//! The soak's own tests: its plan is the same for a seed, its checker finds what it is there to find, and a short one
//! passes. The long ones are `cargo xtask soak`'s.

use std::time::Duration;

use lyrebird_tests::chaos::act::Act;
use lyrebird_tests::chaos::check::{Fate, Life, Past, Recorded, Verdict, check};
use lyrebird_tests::chaos::encoder::{Beat, Encoder};
use lyrebird_tests::chaos::plan::{self, Clock, Deed, Scene};
use lyrebird_tests::clip::Clip;
use lyrebird_tests::flv::{SCRIPT, Tag};
use lyrebird_tests::origin::{Connection, Role, Sent};
use lyrebird_tests::place::Place;
use serde_json::{Value, json};

mod findings;

#[test]
fn a_seed_tells_the_same_story_again() {
    let minute = Duration::from_secs(60);
    let story = |seed| {
        let turns: Vec<_> = (0..50).map(|number| plan::turn(seed, 3, number)).collect();
        (plan::scenes(seed, 3, minute * 5), turns, plan::deeds(seed, minute * 5, minute / 4, true))
    };
    assert_eq!(story(7), story(7));
    assert_ne!(story(7), story(8));
    assert_ne!(plan::scenes(7, 3, minute), plan::scenes(7, 4, minute), "rooms differ");
}

#[test]
fn no_two_frames_are_the_same() {
    let mut encoder = Encoder::new(1, vec![scene(20_000)]);
    let media = encoder.until(30_000).into_iter().filter_map(|beat| match beat {
        Beat::Tag(tag) => tag.is_media().then(|| tag.digest()),
        Beat::Dark => None,
    });
    let frames: Vec<u64> = media.collect();
    let different: std::collections::HashSet<&u64> = frames.iter().collect();
    assert!(frames.len() > 1_400, "{}", frames.len());
    assert_eq!(different.len(), frames.len());
}

/// Kills, frozen times, broken connections and other clips; no disk is filled, so that it needs no rights.
#[test]
fn a_short_soak_passes() {
    let place = Place::new("soak");
    let (lasts, pace) = (Duration::from_secs(7), Duration::from_millis(1_700));
    let deeds = |seed: &u64| plan::deeds(*seed, lasts, pace, false);
    let has_both = |deeds: Vec<(Duration, Deed)>| {
        let kills = deeds.iter().filter(|(_, deed)| matches!(deed, Deed::Kill(_))).count();
        kills == 2 && deeds.iter().any(|(_, deed)| matches!(deed, Deed::Freeze(_)))
    };
    let seed = (1..).find(|seed| has_both(deeds(seed))).unwrap();
    let act = Act { seed, rooms: 4, lasts, pace, has_volume: false };
    let outcome = act.play(&place, &mut |_, _| {});
    assert!(outcome.findings.is_empty(), "{}", outcome.findings.join("\n"));
    let counts = outcome.counts;
    assert!(counts.recorded > 1_000 && counts.files >= 4 && counts.recovered > 0, "{:?} {counts:?}", outcome.deeds);
}

fn scene(lasts_ms: u64) -> Scene {
    Scene { clip: Clip::Small, clock: Clock::Set(0), lasts_ms, dark_ms: 0 }
}

/// A room whose one connection carried all of ten seconds, to a recorder that was not disturbed.
struct Case {
    past: Past,
    fate: Fate,
    files: Vec<Recorded>,
}

impl Case {
    /// Recorded without a fault.
    fn whole() -> Case {
        let mut encoder = Encoder::new(0, vec![scene(10_000)]);
        let tags: Vec<Tag> = encoder
            .until(20_000)
            .into_iter()
            .filter_map(|beat| match beat {
                Beat::Tag(tag) => Some(tag),
                Beat::Dark => None,
            })
            .collect();
        let sent: Vec<Sent> = tags.iter().map(Sent::from).collect();
        let sent_at = tags.iter().map(|tag| Duration::from_millis(tag.time_ms.into())).collect();
        let ended = Some(Duration::from_secs(10));
        let connection = Connection { status: 200, tags: sent.clone(), sent_at, ended, ..Connection::default() };
        let past = Past {
            room: String::from("room"),
            aired: encoder.into_aired(),
            connections: vec![connection],
            written: Vec::new(),
        };
        // Not much longer: a recorder that stays away is another matter.
        let life = Life { from: Duration::ZERO, until: Duration::from_secs(12), killed: false };
        let fate = Fate { lives: vec![life], ..Fate::default() };
        let files = vec![Case::file("one.flv", sent, json!([]))];
        Case { past, fate, files }
    }

    fn file(name: &str, tags: Vec<Sent>, gaps: Value) -> Recorded {
        let sidecar = json!({ "state": "complete", "bytes": 1, "session": "s", "gaps": gaps, "receptions": [] });
        Recorded { name: name.to_owned(), tags, bytes: 1, sidecar }
    }

    /// Takes tags out of the file, between two times.
    fn without(mut self, from_ms: u32, to_ms: u32) -> Case {
        let is_out =
            |tag: &Sent| matches!(tag.role, Role::Key | Role::Media) && from_ms <= tag.time_ms && tag.time_ms < to_ms;
        self.files[0].tags.retain(|tag| !is_out(tag));
        self
    }

    fn judged(&self) -> Verdict {
        check(&self.past, &self.fate, &self.files)
    }

    /// Each finding holds the text.
    #[track_caller]
    fn finds(&self, texts: &[&str]) {
        let found = self.judged().findings;
        assert_eq!(found.len(), texts.len(), "{found:#?}");
        for text in texts {
            assert!(found.iter().any(|finding| finding.contains(text)), "`{text}` is not in {found:#?}");
        }
    }
}

fn frame(kind: u8, time_ms: u32) -> Sent {
    let role = if kind == SCRIPT { Role::Other } else { Role::Media };
    Sent { kind, time_ms, digest: 42, role }
}
