//! What the checker finds.

use std::time::Duration;

use lyrebird_tests::chaos::check::Life;
use lyrebird_tests::flv::VIDEO;
use lyrebird_tests::origin::{Connection, Role, Sent};
use serde_json::json;

use super::{Case, frame};

#[test]
fn nothing_where_all_is_well() {
    let case = Case::whole();
    case.finds(&[]);
    let counts = case.judged().counts;
    assert!(counts.sent > 700 && counts.sent == counts.recorded, "{counts:?}");
}

#[test]
fn a_frame_that_nobody_sent() {
    let mut case = Case::whole();
    case.files[0].tags.push(frame(VIDEO, 9_990));
    case.finds(&["1 tags were never sent, the first at 9990 ms"]);
}

/// One bit of one payload.
#[test]
fn a_frame_that_was_changed() {
    let mut case = Case::whole();
    case.files[0].tags[300].digest ^= 1;
    case.finds(&["1 tags were never sent", "1 frames lost"]);
}

#[test]
fn a_second_that_is_lost_without_a_name() {
    Case::whole().without(4_000, 5_000).finds(&["frames lost, on air from 4", "and no gap says so"]);
}

/// The first connection as two: of what is in the first file, and of what is not.
fn parted(case: &Case) -> [Connection; 2] {
    let carried = &case.past.connections[0];
    let is_there = |sent: &Sent| case.files[0].tags.iter().any(|tag| tag.digest == sent.digest);
    [true, false].map(|there| {
        let tags = carried.tags.iter().zip(&carried.sent_at).filter(|(sent, _)| is_there(sent) == there);
        let (tags, sent_at) = tags.unzip();
        Connection { tags, sent_at, ..carried.clone() }
    })
}

#[test]
fn a_second_that_never_came_and_has_a_name() {
    let mut case = Case::whole().without(4_000, 5_000);
    let [there, _] = parted(&case);
    case.past.connections = vec![there];
    case.finds(&["and no gap says so"]);
    let gap = |lost_ms: u64| json!([{ "cause": "connection", "at_ms": 3_980, "lost_ms": lost_ms }]);
    case.files[0].sidecar["gaps"] = gap(2_500);
    case.finds(&["but its gaps say otherwise"]);
    case.files[0].sidecar["gaps"] = gap(1_000);
    case.finds(&[]);
}

/// The server sends it when what came behind it has long been written: a file does not go back.
#[test]
fn a_second_that_came_late_and_has_a_name() {
    let mut case = Case::whole().without(4_000, 5_000);
    case.past.connections = parted(&case).into();
    case.finds(&["and no gap says so"]);
    case.files[0].sidecar["gaps"] = json!([{ "cause": "connection", "at_ms": 3_980, "lost_ms": 1_000 }]);
    case.finds(&[]);
    assert!(case.judged().counts.late > 50, "{:?}", case.judged().counts);
    // Before anything behind it was written it had to be taken.
    case.past.connections.reverse();
    case.finds(&["frames lost, on air from 4"]);
}

#[test]
fn a_second_that_is_there_twice() {
    let mut case = Case::whole();
    let again = case.files[0].tags.iter().filter(|tag| tag.role == Role::Other || tag.role == Role::Header);
    let media = case.files[0].tags.iter().filter(|tag| matches!(tag.role, Role::Key | Role::Media));
    let again: Vec<Sent> = again.chain(media.take(70)).copied().collect();
    case.files.push(Case::file("two.flv", again, json!([])));
    case.finds(&["70 frames twice, on air from 0 to "]);
}

/// A recording has the second half, then a server begins with the first: known, and no finding.
#[test]
fn a_connection_that_begins_before_the_recording() {
    let mut case = Case::whole();
    let carried = case.past.connections.remove(0);
    let half = carried.tags.iter().position(|tag| tag.role == Role::Key && tag.time_ms > 5_000).unwrap();
    let second = Connection {
        tags: carried.tags[half..].to_vec(),
        sent_at: carried.sent_at[half..].to_vec(),
        ..carried.clone()
    };
    case.past.connections = vec![second, carried];
    let tags = case.files[0].tags.clone();
    let headers = tags.iter().take_while(|tag| matches!(tag.role, Role::Other | Role::Header)).count();
    let (head, media) = tags.split_at(headers);
    let half = media.iter().position(|tag| tag.role == Role::Key && tag.time_ms > 5_000).unwrap();
    let late = media[..half].iter().map(|tag| Sent { time_ms: tag.time_ms + 10_000, ..*tag });
    let again = media[half..half + 50].iter().map(|tag| Sent { time_ms: tag.time_ms + 10_000, ..*tag });
    let first = media[half..].iter().map(|tag| Sent { time_ms: tag.time_ms - media[half].time_ms, ..*tag });
    case.files[0].tags = head.iter().copied().chain(first).chain(late).chain(again).collect();
    case.finds(&[]);
    assert_eq!(case.judged().counts.rewinds, 1);
}

#[test]
fn what_was_in_hand_at_a_kill() {
    let mut case = Case::whole().without(9_700, 10_000);
    let until = Duration::from_secs(10);
    case.fate.lives = vec![Life { from: Duration::ZERO, until, killed: true }];
    case.finds(&[]);
    assert!(case.judged().counts.worst_kill_ms >= 250);
    // What had been written by then is not lost.
    case.past.written = case.past.aired.iter().map(|aired| aired.sent.digest).collect();
    let headers = 2;
    case.past.written.drain(..headers);
    case.finds(&["frames that were whole in a file when it was killed are gone"]);
    case.without(8_000, 9_700).finds(&["frames lost", "are gone"]);
}

/// Of a connection that follows another one it is not clear for two seconds whether it brings what was sent before.
#[test]
fn what_a_new_connection_had_brought_at_a_kill() {
    let killed_behind = |from: u32| {
        let mut case = Case::whole().without(from, 10_000);
        case.past.connections = parted(&case).into();
        case.fate.lives = vec![Life { from: Duration::ZERO, until: Duration::from_secs(10), killed: true }];
        case
    };
    killed_behind(7_500).finds(&[]);
    killed_behind(6_500).finds(&["frames lost, on air from 6"]);
    // The first one of a life has nothing to be joined to.
    let mut first = killed_behind(7_500);
    first.past.connections.swap(0, 1);
    first.finds(&["frames lost, on air from 7"]);
}

#[test]
fn times_that_step_and_tracks_that_part() {
    let mut case = Case::whole();
    let late = case.files[0].tags.iter_mut().filter(|tag| tag.kind == VIDEO && tag.time_ms > 5_000);
    late.for_each(|tag| tag.time_ms += 300);
    case.finds(&["times step 1 times", "video is 300 ms off audio"]);
}

#[test]
fn a_recorder_that_stays_away() {
    let mut case = Case::whole();
    case.fate.lives[0].until = Duration::from_secs(40);
    case.finds(&["nobody asked for the room for 30.0 s"]);
}

/// A connection broke early in a group, and a later one brings all of that group once more: what was missing came late.
#[test]
fn a_group_that_was_a_piece_and_is_a_whole_one_now() {
    let mut case = Case::whole();
    let tags = case.files.remove(0).tags;
    let headers = tags.iter().take_while(|tag| matches!(tag.role, Role::Other | Role::Header)).count();
    let (head, media) = tags.split_at(headers);
    let keys: Vec<usize> = (0..media.len()).filter(|at| media[*at].role == Role::Key).collect();
    let (broken, back, next) = (keys[2], keys[3], keys[4]);
    let at = |ms: u32| move |tag: &Sent| Sent { time_ms: tag.time_ms.wrapping_add(ms), ..*tag };
    let hole_ms = media[back].time_ms - media[broken + 30].time_ms;
    let first = [&media[..broken + 30], &media[back..next]].concat();
    let late_ms = media[next].time_ms - media[broken].time_ms;
    let late: Vec<Sent> = media[broken..back].iter().map(at(late_ms)).collect();
    case.files.push(Case::file(
        "one.flv",
        [head, &first, &late].concat(),
        json!([{
            "cause": "connection", "at_ms": media[broken + 30].time_ms, "lost_ms": hole_ms,
        }]),
    ));
    let carried = case.past.connections.remove(0);
    let before = carried.tags.len() - media.len();
    let part = |range: std::ops::Range<usize>| Connection {
        tags: carried.tags[range.clone()].to_vec(),
        sent_at: carried.sent_at[range].to_vec(),
        ..carried.clone()
    };
    let parts = [0..before + broken + 30, before + back..before + next, before + broken..before + back];
    case.past.connections = parts.map(part).into();
    case.finds(&[]);
    assert_eq!(case.judged().counts.rewinds, 1);
}

/// A server sends some of a stream, then an older one with another configuration, then the first again, that goes on in
/// mid-group: the file behind the older one begins with that group.
#[test]
fn a_group_that_goes_on_behind_an_older_stream() {
    let mut case = Case::whole();
    let tags = case.files.remove(0).tags;
    let headers = tags.iter().take_while(|tag| matches!(tag.role, Role::Other | Role::Header)).count();
    let (head, media) = tags.split_at(headers);
    let keys: Vec<usize> = (0..media.len()).filter(|at| media[*at].role == Role::Key).collect();
    let (newer, group) = (keys[2], keys[3]);
    let broken = group + 30;
    let file = |name: &str, range: std::ops::Range<usize>| {
        let from = media[range.start].time_ms;
        let tags = media[range].iter().map(|tag| Sent { time_ms: tag.time_ms.saturating_sub(from), ..*tag });
        Case::file(name, head.iter().copied().chain(tags).collect(), json!([]))
    };
    case.files = vec![file("one.flv", newer..broken), file("two.flv", 0..newer), file("three.flv", group..media.len())];
    let carried = case.past.connections.remove(0);
    let before = carried.tags.len() - media.len();
    let part = |range: std::ops::Range<usize>| Connection {
        tags: carried.tags[before + range.start..before + range.end].to_vec(),
        sent_at: carried.sent_at[before + range.start..before + range.end].to_vec(),
        ..carried.clone()
    };
    // Sent once, it can be in one file alone.
    case.past.connections = [newer..broken, 0..newer, broken..media.len()].map(part).into();
    case.finds(&["30 frames twice"]);
    case.past.connections = [newer..broken, 0..newer, newer..media.len()].map(part).into();
    case.finds(&[]);
    // Its begin is no excuse for its rest.
    let whole = std::mem::replace(&mut case.files[2], file("three.flv", keys[4]..media.len()));
    case.finds(&["frames lost"]);
    case.files[2] = whole;
    case.files.push(file("four.flv", group..broken));
    case.finds(&["30 frames twice"]);
}

/// Behind a full disk a recorder remembers nothing: what the next connection brings again of the last file's end begins
/// the next file, be it but ten frames.
#[test]
fn a_file_that_begins_with_the_end_of_the_one_before() {
    let mut case = Case::whole();
    let tags = case.files.remove(0).tags;
    let headers = tags.iter().take_while(|tag| matches!(tag.role, Role::Other | Role::Header)).count();
    let (head, media) = tags.split_at(headers);
    let key = media.iter().position(|tag| tag.role == Role::Key && tag.time_ms > 5_000).unwrap();
    let half = key + 10;
    let second = media[key..].iter().map(|tag| Sent { time_ms: tag.time_ms - media[key].time_ms, ..*tag });
    let second: Vec<Sent> = second.collect();
    case.files.push(Case::file("one.flv", [head, &media[..half]].concat(), json!([])));
    case.files.push(Case::file("two.flv", [head, &second].concat(), json!([])));
    case.finds(&["10 frames twice"]);
    let carried = case.past.connections.remove(0);
    let before = carried.tags.len() - media.len();
    let (first, again) = (before + half, before + key);
    let part = |range: std::ops::Range<usize>| Connection {
        tags: carried.tags[range.clone()].to_vec(),
        sent_at: carried.sent_at[range].to_vec(),
        ..carried.clone()
    };
    case.past.connections = vec![part(0..first), part(again..carried.tags.len())];
    case.finds(&[]);
}
