//! The folders for recordings: what they are on, what is left there, and what a trial of each shows.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Finding, Weight, amount, finding, look, nearest};
use crate::config::{Output, Syncs};
use crate::disk::{Keeping, Locks, Renaming, Space, Trial, VolumeKind, look_at, trial};
use crate::record::{Level, Watermark};

/// A sync that takes longer is worth knowing: all files of a volume are synced one after the other.
const SLOW_SYNC: Duration = Duration::from_millis(200);
/// The largest file of FAT.
const FAT_BYTES: u64 = 4 << 30;
/// Files there whose time is this far from ours seem young or old to whoever salvages them.
const AHEAD_SECONDS: i64 = 60;
/// Inodes below which somebody should know, though files can still be made.
const FEW_FILES: u64 = 1_000;

/// What was found of one folder.
struct Look {
    findings: Vec<Finding>,
    device: Option<u64>,
    /// Whether it would take recordings now.
    takes_files: bool,
}

/// What a folder is to the user.
#[derive(Clone, Copy)]
struct Role<'a> {
    topic: &'static str,
    folder: &'a Path,
    output: &'a Output,
}

/// Looks at each.
pub(super) async fn examine(folders: &[PathBuf], output: &Output) -> Vec<Finding> {
    let mut looks: Vec<(&PathBuf, Look)> = Vec::new();
    for folder in folders {
        let topic = if looks.is_empty() { "output" } else { "fallback" };
        let mut seen = one(Role { topic, folder, output }).await;
        let twin = looks.iter().find(|(_, other)| seen.device.is_some() && other.device == seen.device);
        if let Some((other, _)) = twin {
            let text = format!("it is on the same volume as `{}`: they fail and fill up together", other.display());
            let hint = "name a folder on another volume in `[output] fallback`";
            seen.findings.push(finding(topic, Weight::Care, text, Some(hint)));
        }
        looks.push((folder, seen));
    }
    let mut findings = Vec::new();
    let a_fallback_serves = looks.iter().skip(1).any(|(_, seen)| seen.takes_files);
    for (place, (_, seen)) in looks.into_iter().enumerate() {
        findings.extend(seen.findings.into_iter().map(|mut one| {
            // What keeps files from beginning in one of several folders stops no recording.
            let is_mended = place > 0 || a_fallback_serves;
            if one.weight == Weight::Bad && is_mended {
                one.weight = Weight::Care;
            }
            one
        }));
    }
    findings
}

/// The topic of what is left on a volume.
const SPACE: &str = "space";
/// The topic of what a trial of the folder shows.
const SYNC: &str = "sync";

async fn one(role: Role<'_>) -> Look {
    let Role { topic, folder, output } = role;
    let place = folder.display();
    let wanted = folder.to_owned();
    let seen = look(move || (wanted.is_dir(), nearest(&wanted).map(|there| look_at(&there)))).await;
    let without = |text: String| Look {
        findings: vec![finding(topic, Weight::Bad, text, None)],
        device: None,
        takes_files: false,
    };
    let (is_there, kind) = match seen {
        Ok((is_there, Some(Ok(kind)))) => (is_there, kind),
        Ok((_, Some(Err(error)))) => return without(format!("`{place}`: {error}")),
        Ok((_, None)) => return without(format!("`{place}` cannot be")),
        Err(why) => return without(format!("`{place}`: {why}")),
    };
    let mut findings = of_kind(role, &kind);
    let space = of_space(folder, &kind, output.min_free.0);
    let mut takes_files = space.weight < Weight::Bad;
    findings.push(space);
    if kind.read_only {
        let hint = Some("an error of the disk may have made it so: see `dmesg`");
        findings.push(finding(topic, Weight::Bad, "the volume is mounted read-only", hint));
    } else if is_there {
        let folder = folder.to_owned();
        match look(move || trial(&folder)).await {
            Ok(Ok(tried)) => findings.extend(of_trial(&tried, output.sync)),
            Ok(Err(error)) => findings.push(finding(topic, Weight::Bad, format!("{error:#}"), None)),
            Err(why) => findings.push(finding(topic, Weight::Bad, why, Some("is the disk, or its server, there?"))),
        }
    } else if kind.writable {
        let text = "the folder is not there yet: it is made with the first recording, and cannot be tried before";
        findings.push(finding(SYNC, Weight::Note, text, None));
    } else {
        findings.push(finding(topic, Weight::Bad, "the folder is not there and may not be made", None));
    }
    takes_files &= findings.iter().all(|one| one.weight < Weight::Bad);
    Look { findings, device: Some(kind.device), takes_files }
}

/// What a power cut does to such a volume.
fn of_kind(role: Role<'_>, kind: &VolumeKind) -> Vec<Finding> {
    let Role { topic, folder, output } = role;
    let name = &kind.file_system;
    let mut findings = vec![finding(topic, Weight::Fine, format!("`{}` on {name}", folder.display()), None)];
    let mut care = |weight, text: String, hint: &str| findings.push(finding(topic, weight, text, Some(hint)));
    match kind.keeping {
        Keeping::Journal => {}
        Keeping::NoJournal => care(
            Weight::Care,
            format!("{name} has no journal: a power cut can take more than the last seconds"),
            "record to ext4, xfs or btrfs, or check the volume after a power cut",
        ),
        Keeping::Layer => care(
            Weight::Care,
            format!("{name} is a layer, as containers have them: what is in it goes with the container"),
            "mount a volume there",
        ),
        Keeping::Memory => {
            care(Weight::Care, format!("{name} is memory: a restart or a power cut empties it"), "record to a disk")
        }
        Keeping::Remote => care(
            Weight::Care,
            format!("{name} is across a network: a sync is worth what the server makes of it"),
            "export it with `sync`; a folder on a disk of this machine in `[output] fallback` serves while it is away",
        ),
        Keeping::Program => care(
            Weight::Care,
            format!("behind {name} is a program: whether a sync reaches a disk is its affair"),
            "ask its papers what `fsync` does, or record to a disk of this machine",
        ),
        Keeping::Unknown => care(
            Weight::Note,
            format!("nothing is known here of {name}: nor what a power cut does to it"),
            "the trial below says what works",
        ),
    }
    if kind.without_barriers {
        let text = "it is mounted without barriers: a power cut can take what was synced";
        care(Weight::Care, text.to_owned(), "mount it without `nobarrier` and `barrier=0`");
    }
    let largest = output.split.size.map(|size| size.0);
    if name == "vfat" && largest.is_none_or(|size| size >= FAT_BYTES) {
        let text = "a file on vfat has at most 4 GiB: another one begins there";
        care(Weight::Note, text.to_owned(), "`size = \"3GiB\"` in `[output.split]` has it begin at a key frame");
    }
    findings
}

/// As the recorder will judge it.
fn of_space(folder: &Path, kind: &VolumeKind, min_free: u64) -> Finding {
    let space = Space { free_bytes: kind.free_bytes, total_bytes: 0, free_inodes: kind.free_files };
    let mut mark = Watermark::new(min_free);
    mark.look(&space);
    if mark.level() != Level::Open {
        let hint = "make room, or lower `[output] min_free`";
        return finding(SPACE, Weight::Bad, mark.why(folder, &space), Some(hint));
    }
    let files = kind.free_files.map_or(String::new(), |files| format!(", room for {files} files"));
    let text = format!("{} free, `min_free` is {}{files}", amount(kind.free_bytes), amount(min_free));
    match kind.free_files {
        Some(..FEW_FILES) => {
            finding(SPACE, Weight::Care, text, Some("a recording is two files: delete some small ones"))
        }
        _ => finding(SPACE, Weight::Fine, text, None),
    }
}

/// What the trial showed.
fn of_trial(tried: &Trial, syncs: Syncs) -> Vec<Finding> {
    let ms = |time: Duration| {
        let tenths = time.as_micros() / 100;
        format!("{}.{} ms", tenths / 10, tenths % 10)
    };
    let of_folder = tried.folder_sync.map(|time| format!(", of the folder {}", ms(time))).unwrap_or_default();
    let took = format!("a sync took {}{of_folder}", ms(tried.file_sync));
    let longest = tried.file_sync.max(tried.folder_sync.unwrap_or_default());
    let late = syncs.each().filter(|each| longest >= *each);
    let mut findings = vec![if syncs == Syncs::Off {
        let text = format!("{took}, but `[output] sync` is \"off\": a power cut takes half a minute and more");
        finding(SYNC, Weight::Note, text, Some("and of files that have just ended, too; with \"5s\" it takes 5 s"))
    } else if let Some(each) = late {
        let text = format!("{took}: `[output] sync` asks for one each {} s", each.as_secs_f64());
        finding(SYNC, Weight::Care, text, Some("a power cut takes more than that; is something else writing there?"))
    } else if longest >= SLOW_SYNC {
        let hint = "with many recordings a power cut takes more than `[output] sync` says";
        finding(SYNC, Weight::Note, took, Some(hint))
    } else {
        finding(SYNC, Weight::Fine, format!("{took}; a file was made, locked, synced and renamed"), None)
    }];
    let mut note = |weight, text: String, hint: &str| findings.push(finding(SYNC, weight, text, Some(hint)));
    match tried.locks {
        Locks::Hold => {}
        Locks::Absent => note(
            Weight::Note,
            String::from("files cannot be locked there"),
            "what a killed recorder leaves is made whole 10 min after it stopped growing, not at once",
        ),
        Locks::Idle => note(
            Weight::Care,
            String::from("locks there keep nobody out"),
            "let no second recorder use this folder: it would take growing files for a dead one's",
        ),
    }
    if tried.folder_sync.is_none() {
        note(
            Weight::Care,
            String::from("folders cannot be synced there"),
            "a power cut can take a file that has just begun or ended, or give it its first name again",
        );
    }
    if tried.renaming == Renaming::Steps {
        note(
            Weight::Note,
            String::from("a file gets its last name in two steps there"),
            "a power cut between them can leave an empty file or a second name, never a lost one",
        );
    }
    if tried.ahead_seconds.abs() >= AHEAD_SECONDS {
        let (by, side) = (tried.ahead_seconds.abs(), if tried.ahead_seconds > 0 { "ahead of" } else { "behind" });
        note(
            Weight::Care,
            format!("the time of files there is {by} s {side} this machine's"),
            "synchronise both clocks: how long a file has not grown is told by them",
        );
    }
    findings
}

#[cfg(test)]
mod tests;
