use bytes::Bytes;
use lyrebird_flv::{Depth, Options, Reader, Remuxer, Segment as Layout, Step};
use serde_json::Value;

use super::*;
use crate::disk::Owner;
use crate::disk::tests::{Temp, disk};
use crate::event;
use crate::record::tests::fixture::{HEADERS, seconds, whole};

/// The file as it grows (its metadata as at the start), and the offsets at which tags end.
fn growing(text: &str) -> (Vec<u8>, Vec<usize>) {
    let (mut reader, mut remuxer, mut steps) = (Reader::new(), Remuxer::new(Options::default()), Vec::new());
    reader.push(Bytes::from(whole(text)));
    while let Some(item) = reader.finish().unwrap() {
        remuxer.push(item, &mut steps);
    }
    remuxer.finish(&mut steps);
    let (mut file, mut ends, mut layout) = (Vec::new(), Vec::new(), None);
    for step in steps {
        match step {
            Step::Cut(cut) => {
                let opened = layout.insert(Layout::open(&cut));
                file.extend(opened.head());
            }
            Step::Write(tag) => {
                let frame = layout.as_mut().unwrap().append(&tag);
                file.extend(frame.head);
                file.extend(&tag.payload);
                ends.push(file.len());
                file.extend(frame.tail);
            }
            Step::Note(_) | Step::Looping => {}
        }
    }
    (file, ends)
}

/// The same, closed.
fn closed(text: &str, length: usize) -> Vec<u8> {
    let (mut file, _) = growing(text);
    file.truncate(length);
    let (mut reader, mut remuxer, mut steps) = (Reader::new(), Remuxer::new(Options::default()), Vec::new());
    reader.push(Bytes::copy_from_slice(&file));
    while let Some(item) = reader.finish().unwrap() {
        remuxer.push(item, &mut steps);
    }
    remuxer.finish(&mut steps);
    let mut layout = None;
    for step in steps {
        match step {
            Step::Cut(cut) => layout = Some(Layout::open(&cut)),
            Step::Write(tag) => drop(layout.as_mut().unwrap().append(&tag)),
            step @ (Step::Note(_) | Step::Looping) => panic!("{step:?}"),
        }
    }
    for patch in layout.unwrap().patch(Depth::All) {
        let from = usize::try_from(patch.offset).unwrap();
        file[from..from + patch.bytes.len()].copy_from_slice(&patch.bytes);
    }
    file
}

async fn salvage_in(temp: &Temp) -> Vec<Salvaged> {
    salvage_with(temp, Hash::Blake3).await
}

async fn salvage_with(temp: &Temp, hash: Hash) -> Vec<Salvaged> {
    let (sink, _events) = event::queue();
    let mut salvaged = Vec::new();
    super::salvage(&temp.0, &disk(), &Clock::system(), &sink, hash, &mut salvaged).await.unwrap();
    salvaged
}

fn sidecar(owner: Owner) -> Vec<u8> {
    Sidecar { session: String::from("s"), owner: Some(owner), ..Sidecar::default() }.to_json()
}

fn dead() -> Owner {
    Owner { boot: String::from("another"), ..Owner::me() }
}

#[tokio::test]
async fn a_torn_file_keeps_every_whole_tag() {
    let text = format!("{HEADERS}{}", seconds(0, 4));
    let (file, ends) = growing(&text);
    // In the head, right behind it, and around the ends of some tags.
    let mut lengths = vec![0, 5, 13, 200, ends[0], ends[1] + 4];
    for end in ends.iter().skip(2).step_by(17).chain(ends.last()) {
        lengths.extend([end - 1, *end, end + 1, end + 4, end + 9]);
    }
    for length in lengths {
        let length = length.min(file.len());
        let temp = Temp::new();
        std::fs::write(temp.0.join("a.flv.part"), &file[..length]).unwrap();
        std::fs::write(temp.0.join("a.json"), sidecar(dead())).unwrap();
        let salvaged = salvage_in(&temp).await;
        let whole = ends.iter().filter(|end| **end <= length).count();
        // Two tags are decoder configurations.
        if whole <= 2 {
            assert_eq!((salvaged[0].outcome.clone(), temp.tree()), (Outcome::Removed, String::new()), "{length}");
            continue;
        }
        assert_eq!(temp.tree(), "a.flv\na.json", "{length}");
        let end = ends[whole - 1] + 4;
        let expected = closed(&text, end);
        let found = std::fs::read(temp.0.join("a.flv")).unwrap();
        assert!(found == expected, "{length}: {} bytes, expected {}", found.len(), expected.len());
        let sidecar: Value = serde_json::from_slice(&std::fs::read(temp.0.join("a.json")).unwrap()).unwrap();
        assert_eq!((&sidecar["state"], &sidecar["bytes"]), (&"recovered".into(), &end.into()));
        assert_eq!(sidecar["end"], "killed");
        assert_eq!(salvaged[0].bytes, u64::try_from(end).unwrap());
        // A second look finds nothing to do.
        assert_eq!(salvage_in(&temp).await, []);
    }
}

/// Never one that was there before: the file may have become another one.
#[tokio::test]
async fn what_is_mended_has_the_hash_that_is_wished_for() {
    let (file, _) = growing(&format!("{HEADERS}{}", seconds(0, 1)));
    for hash in [Hash::Blake3, Hash::Off] {
        let temp = Temp::new();
        std::fs::write(temp.0.join("a.flv.part"), &file).unwrap();
        let before = Sidecar { session: String::from("s"), owner: Some(dead()), ..Sidecar::default() };
        let before = Sidecar { blake3: Some(String::from("stale")), ..before };
        std::fs::write(temp.0.join("a.json"), before.to_json()).unwrap();
        assert_eq!(salvage_with(&temp, hash).await[0].outcome, Outcome::Recovered);
        let whole = std::fs::read(temp.0.join("a.flv")).unwrap();
        let behind = 13 + 15 + usize::try_from(u32::from_be_bytes([0, whole[14], whole[15], whole[16]])).unwrap();
        let expected = (hash == Hash::Blake3).then(|| blake3::hash(&whole[behind..]).to_hex().to_string());
        let sidecar = Sidecar::from_json(&std::fs::read(temp.0.join("a.json")).unwrap()).unwrap();
        assert_eq!((sidecar.state, sidecar.blake3), (State::Recovered, expected), "{hash:?}");
    }
}

#[tokio::test]
async fn a_zero_tail_of_a_power_cut_goes() {
    let text = format!("{HEADERS}{}", seconds(0, 4));
    let (file, ends) = growing(&text);
    let temp = Temp::new();
    let end = ends[40] + 4;
    std::fs::write(temp.0.join("a.flv.part"), [&file[..end + 30], &[0; 100_000]].concat()).unwrap();
    let salvaged = salvage_in(&temp).await;
    assert_eq!(salvaged[0].outcome, Outcome::Recovered);
    assert!(std::fs::read(temp.0.join("a.flv")).unwrap() == closed(&text, end));
    // Nobody knew whose it was.
    assert_eq!(Sidecar::from_json(&std::fs::read(temp.0.join("a.json")).unwrap()).unwrap().state, State::Recovered);
}

#[tokio::test]
async fn what_may_have_a_writer_is_left_alone() {
    let temp = Temp::new();
    // One that is just being made by this process, without its lock yet.
    std::fs::write(temp.0.join("young.flv.part"), "").unwrap();
    std::fs::write(temp.0.join("young.json"), sidecar(Owner::me())).unwrap();
    std::fs::write(temp.0.join("reserved.json"), sidecar(Owner::me())).unwrap();
    // Others that came to nothing.
    std::fs::write(temp.0.join("orphan.json"), sidecar(dead())).unwrap();
    std::fs::write(temp.0.join("foreign.json"), "{\"state\": \"recording\"}").unwrap();
    for (name, content) in [("raw", "media"), ("empty", "")] {
        std::fs::write(temp.0.join(format!("{name}.ts.part")), content).unwrap();
        let old = Sidecar { session: String::from("s"), ..Sidecar::default() };
        std::fs::write(temp.0.join(format!("{name}.json")), old.to_json()).unwrap();
    }
    let outcomes: Vec<_> = salvage_in(&temp).await.into_iter().map(|one| one.outcome).collect();
    assert_eq!(outcomes, [Outcome::Removed, Outcome::Recovered, Outcome::Busy, Outcome::Removed]);
    assert_eq!(temp.tree(), "foreign.json\nraw.json\nraw.ts\nreserved.json\nyoung.flv.part\nyoung.json");
    let (sink, mut nowhere) = (event::queue().0, Vec::new());
    super::salvage(&temp.0.join("none"), &disk(), &Clock::system(), &sink, Hash::Blake3, &mut nowhere).await.unwrap();
    assert_eq!(nowhere, []);
    assert!(!temp.0.join("none").exists());
}

#[tokio::test]
async fn what_is_not_ours_is_left_alone() {
    let temp = Temp::new();
    let (ours, _) = growing(&format!("{HEADERS}{}", seconds(0, 1)));
    let complete = Sidecar { state: State::Complete, bytes: 9, ..Sidecar::default() };
    let files = [
        ("movie.mp4.part", b"media".to_vec()),
        ("movie.json", b"{\"title\": \"mine\"}".to_vec()),
        ("clip.flv.part", b"no FLV".to_vec()),
        ("other.flv.part", whole(&format!("{HEADERS}{}", seconds(0, 1)))),
        ("empty.flv.part", Vec::new()),
        ("same.flv", b"media".to_vec()),
        ("same.json", complete.to_json()),
        ("same.mp4.part", b"media".to_vec()),
        ("beside.flv.part", ours),
        ("beside.json", b"{\"title\": \"mine\"}".to_vec()),
        ("large.flv.part", vec![0; 300_000]),
        ("large.json", sidecar(dead())),
    ];
    files.iter().for_each(|(name, content)| std::fs::write(temp.0.join(name), content).unwrap());
    let outcomes: Vec<_> = salvage_in(&temp).await.into_iter().map(|one| one.outcome).collect();
    let [Outcome::Failed(beside), Outcome::Failed(large)] = outcomes.as_slice() else { panic!("{outcomes:?}") };
    assert!(beside.contains("no sidecar") && large.contains("no media"), "{outcomes:?}");
    for (name, content) in &files {
        assert!(std::fs::read(temp.0.join(name)).unwrap() == *content, "{name}");
    }
    assert_eq!(temp.tree().lines().count(), files.len());
}

#[tokio::test]
async fn a_name_that_is_taken_meanwhile_is_not_replaced() {
    let temp = Temp::new();
    let (file, _) = growing(&format!("{HEADERS}{}", seconds(0, 1)));
    std::fs::write(temp.0.join("a.flv.part"), file).unwrap();
    std::fs::write(temp.0.join("a.json"), sidecar(dead())).unwrap();
    std::fs::write(temp.0.join("a.flv"), "mine").unwrap();
    assert_eq!(salvage_in(&temp).await[0].file, temp.0.join("a (2).flv"));
    assert_eq!(temp.tree(), "a (2).flv\na (2).json\na.flv");
    assert_eq!(std::fs::read(temp.0.join("a.flv")).unwrap(), b"mine");
}
