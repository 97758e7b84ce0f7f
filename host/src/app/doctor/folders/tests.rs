use super::*;
use std::time::Duration;

use crate::config::{Size, Split};

fn told(findings: &[Finding]) -> String {
    let line = |one: &Finding| {
        let hint = one.hint.as_ref().map_or(String::new(), |hint| format!(" ({hint})"));
        format!("{} {}: {}{hint}", one.topic, one.weight.word(), one.text)
    };
    findings.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn kind(file_system: &str, keeping: Keeping) -> VolumeKind {
    VolumeKind {
        file_system: file_system.to_owned(),
        keeping,
        device: 1,
        free_bytes: 10 << 30,
        free_files: None,
        writable: true,
        read_only: false,
        without_barriers: false,
    }
}

#[test]
fn a_file_system_is_told_with_what_a_power_cut_does_to_it() {
    let check = |kind: VolumeKind, output: &Output, expected: &[&str]| {
        let told = told(&of_kind(Role { topic: "output", folder: Path::new("there"), output }, &kind));
        let mut lines = told.lines();
        assert_eq!(lines.next(), Some(format!("output ok: `there` on {}", kind.file_system).as_str()));
        let rest: Vec<&str> = lines.collect();
        assert_eq!(rest.len(), expected.len(), "{told}");
        for (line, expected) in rest.iter().zip(expected) {
            assert!(line.starts_with(expected), "{line}");
        }
    };
    let usual = Output::default();
    check(kind("ext4", Keeping::Journal), &usual, &[]);
    check(kind("tmpfs", Keeping::Memory), &usual, &["output warning: tmpfs is memory"]);
    check(kind("overlay", Keeping::Layer), &usual, &["output warning: overlay is a layer"]);
    check(kind("nfs4", Keeping::Remote), &usual, &["output warning: nfs4 is across a network"]);
    check(kind("fuse.x", Keeping::Program), &usual, &["output warning: behind fuse.x is a program"]);
    check(kind("0x12", Keeping::Unknown), &usual, &["output note: nothing is known here of 0x12"]);
    let bare = VolumeKind { without_barriers: true, ..kind("ext4", Keeping::Journal) };
    check(bare, &usual, &["output warning: it is mounted without barriers"]);
    let fat = || kind("vfat", Keeping::NoJournal);
    let no_journal = "output warning: vfat has no journal";
    check(fat(), &usual, &[no_journal, "output note: a file on vfat has at most 4 GiB"]);
    let cut = Output { split: Split { size: Some(Size(3 << 30)), ..Split::default() }, ..Output::default() };
    check(fat(), &cut, &[no_journal]);
}

#[test]
fn space_is_judged_as_the_recorder_does() {
    let check = |free_bytes, free_files, expected: &str| {
        let kind = VolumeKind { free_bytes, free_files, ..kind("ext4", Keeping::Journal) };
        let told = told(&[of_space(Path::new("there"), &kind, 2 << 30)]);
        assert!(told.starts_with(expected), "{told}");
    };
    check(10 << 30, None, "space ok: 10.0 GiB free, `min_free` is 2.0 GiB");
    check(10 << 30, Some(5_000), "space ok: 10.0 GiB free, `min_free` is 2.0 GiB, room for 5000 files");
    check(10 << 30, Some(500), "space warning: 10.0 GiB free");
    check(10 << 30, Some(5), "space error: `there` has space but only 5 inodes left, one a file (");
    check(1 << 30, Some(5_000), "space error: `there` has 1.00 GiB free, `min_free` is 2.00 GiB (");
}

#[test]
fn a_trial_is_told_by_what_it_means() {
    let usual = || Trial {
        locks: Locks::Hold,
        renaming: Renaming::OneStep,
        file_sync: Duration::from_micros(1_250),
        folder_sync: Some(Duration::from_micros(800)),
        ahead_seconds: 0,
    };
    let check = |tried: Trial, expected: &[&str]| {
        let told = told(&of_trial(&tried, Syncs::Each(Duration::from_secs(5))));
        let lines: Vec<&str> = told.lines().collect();
        assert_eq!(lines.len(), expected.len(), "{told}");
        for (line, expected) in lines.iter().zip(expected) {
            assert!(line.starts_with(expected), "{line}");
        }
    };
    let fine = "sync ok: a sync took 1.2 ms, of the folder 0.8 ms; a file was made";
    check(usual(), &[fine]);
    check(Trial { file_sync: Duration::from_millis(300), ..usual() }, &["sync note: a sync took 300.0 ms"]);
    let late = "sync warning: a sync took 1.2 ms, of the folder 6000.0 ms: `[output] sync` asks for one each 5 s (";
    check(Trial { folder_sync: Some(Duration::from_secs(6)), ..usual() }, &[late]);
    check(Trial { locks: Locks::Absent, ..usual() }, &[fine, "sync note: files cannot be locked there"]);
    check(Trial { locks: Locks::Idle, ..usual() }, &[fine, "sync warning: locks there keep nobody out"]);
    check(Trial { renaming: Renaming::Steps, ..usual() }, &[fine, "sync note: a file gets its last name in two steps"]);
    let without = ["sync ok: a sync took 1.2 ms; a file was made", "sync warning: folders cannot be synced there ("];
    check(Trial { folder_sync: None, ..usual() }, &without);
    let behind = "sync warning: the time of files there is 90 s behind this machine's";
    check(Trial { ahead_seconds: -90, ..usual() }, &[fine, behind]);
}

#[test]
fn syncs_that_nobody_wants_are_told_of() {
    let tried = Trial {
        locks: Locks::Hold,
        renaming: Renaming::OneStep,
        file_sync: Duration::from_secs(60),
        folder_sync: Some(Duration::ZERO),
        ahead_seconds: 0,
    };
    let told = told(&of_trial(&tried, Syncs::Off));
    let expected =
        "sync note: a sync took 60000.0 ms, of the folder 0.0 ms, but `[output] sync` is \"off\": a power cut";
    assert!(told.starts_with(expected) && told.lines().count() == 1, "{told}");
}

/// A folder of its own below the system's temporary one, gone with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("lyrebird-doctor-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}

#[tokio::test]
async fn a_fallback_on_the_same_volume_is_none() {
    let (first, second) = (Folder::new("first"), Folder::new("second"));
    let output = Output { min_free: Size(1), ..Output::default() };
    let findings = examine(&[first.0.clone(), second.0.clone()], &output).await;
    let told = told(&findings);
    assert!(told.contains("fallback warning: it is on the same volume as `"), "{told}");
    assert!(findings.iter().all(|one| one.weight < Weight::Bad), "{told}");
}

#[tokio::test]
async fn what_stops_a_recording_is_an_error_and_what_stops_a_fallback_is_none() {
    let there = Folder::new("there");
    let (file, output) = (there.0.join("file"), Output { min_free: Size(1), ..Output::default() });
    std::fs::write(&file, "no folder").unwrap();
    let weight = async |folders: &[PathBuf], output: &Output| {
        examine(folders, output).await.iter().map(|one| one.weight).max().unwrap()
    };
    // The nearest folder that is there is looked at, so only a trial or the recorder itself finds the file.
    assert!(weight(&[there.0.join("later")], &output).await < Weight::Bad);
    let full = Output { min_free: Size(u64::MAX), ..Output::default() };
    assert_eq!(weight(std::slice::from_ref(&there.0), &full).await, Weight::Bad);
    assert_eq!(weight(&[there.0.clone(), there.0.clone()], &full).await, Weight::Bad);
}
