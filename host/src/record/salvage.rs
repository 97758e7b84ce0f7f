//! What a recorder that was killed has left behind: cut to its last whole tag, its metadata rebuilt, and named.
//!
//! Nothing in a file's metadata is believed: all of it is made again from the tags.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use bytes::Bytes;
use lyrebird_flv::{BACK_POINTER, Recovery, Salvage};
use serde_json::json;

use super::Closed;
use super::sidecar::{Gap, Sidecar, State};
use crate::clock::Clock;
use crate::config::Hash;
use crate::disk::{Disk, Leftover, OldFile, Root, Taken};
use crate::event::{Event, Kind, Sink};
use crate::model::RoomKey;

#[cfg(test)]
mod tests;

/// Where a file system knows no locks, a file that was written to so lately may have a writer that lives.
const QUIET: Duration = Duration::from_secs(600);

/// A file without media that is younger than this may be one that another process is just making.
const YOUNG: Duration = Duration::from_secs(60);

/// A file without media that is larger than this is more than a head and decoder configurations: it is kept.
const EMPTY_BYTES: u64 = 256 << 10;

/// The word for what ended when its writer died, by a signal or with its machine.
const KILLED: &str = "killed";

/// No head of ours is larger.
const HEAD_BYTES: usize = 160 << 10;

/// Bytes that are read at once.
const PIECE: usize = 1 << 20;

/// What became of something left behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It plays, under its name.
    Recovered,
    /// It held no media and is gone, with its sidecar.
    Removed,
    /// Its writer lives, or nobody can know that it does not.
    Busy,
    /// It stays as it is; the text says why.
    Failed(String),
}

/// One thing that was left behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Salvaged {
    /// Where it is now; where it was, if it is gone.
    pub file: PathBuf,
    /// Its length.
    pub bytes: u64,
    /// Its media time; 0 where no one knows.
    pub duration_ms: u64,
    /// What became of it.
    pub outcome: Outcome,
}

/// Mends every unfinished file below the output folder whose lock can be had, and removes sidecars that stand for
/// nothing. What is mended gets the hash that is wished for. `salvaged` gets what became of each as soon as that is known,
/// so that one who stops waiting knows too. A folder that does not exist is empty. Browsers and downloaders call their
/// files `.part` too: what neither a sidecar nor an FLV head shows to be ours is left alone, and not told.
///
/// # Errors
/// When the folder cannot be read at all; a file that cannot be mended is no error but an outcome.
pub async fn salvage(
    root: &Path,
    disk: &Disk,
    clock: &Clock,
    events: &Sink,
    hash: Hash,
    salvaged: &mut Vec<Salvaged>,
) -> anyhow::Result<()> {
    let Some(root) = disk.existing_root(root).await? else { return Ok(()) };
    let found = root.leftovers().await?;
    if found.cut_short {
        tracing::warn!(folder = %root.path().display(), "too many files to look at them all for unfinished ones");
    }
    for leftover in &found.parts {
        if let Some(one) = one(&root, leftover, clock, events, hash).await {
            tell(&one);
            salvaged.push(one);
        }
    }
    for leftover in &found.sidecars {
        if let Some(one) = orphan(&root, leftover).await {
            tell(&one);
            salvaged.push(one);
        }
    }
    Ok(())
}

fn tell(one: &Salvaged) {
    let file = one.file.display();
    match &one.outcome {
        Outcome::Recovered => {
            tracing::info!(%file, bytes = one.bytes, duration_ms = one.duration_ms, "recovered an unfinished file")
        }
        Outcome::Removed => tracing::info!(%file, "removed an unfinished file without media"),
        Outcome::Busy => tracing::debug!(%file, "an unfinished file has a writer"),
        Outcome::Failed(why) => tracing::warn!(%file, why, "cannot mend an unfinished file, it stays as it is"),
    }
}

/// Mends one file; none where it is not ours.
async fn one(root: &Root, leftover: &Leftover, clock: &Clock, events: &Sink, hash: Hash) -> Option<Salvaged> {
    let Leftover { folder, stem, ext } = leftover;
    let file = root.path().join(folder).join(format!("{stem}.{ext}.part"));
    let salvaged = |outcome| Salvaged { file: file.clone(), bytes: 0, duration_ms: 0, outcome };
    let failed = |error| Some(salvaged(Outcome::Failed(format!("{:#}", anyhow::Error::new(error)))));
    // Before it is so much as opened; only FLV can show by itself whose it is.
    let ours = match root.sidecar(leftover).await {
        Ok(content) => content.and_then(|content| Sidecar::from_json(&content)).is_some(),
        Err(error) => return failed(error),
    };
    if !ours && ext != "flv" {
        tracing::debug!(file = %file.display(), "a `.part` of another program is left alone");
        return None;
    }
    let old = match root.take(leftover).await {
        Ok(Taken::Mine(old)) => old,
        Ok(Taken::Locked | Taken::Gone) => return Some(salvaged(Outcome::Busy)),
        Err(error) => return failed(error),
    };
    Some(match take_over(old, clock, hash).await {
        Ok(Some(Mended { closed, sidecar, .. })) => {
            let key = RoomKey { platform: sidecar.platform, id: sidecar.room };
            let Closed { file, bytes, duration_ms, state } = closed;
            let data = json!({ "file": file, "bytes": bytes, "duration_ms": duration_ms, "state": state.word(), "end": sidecar.end });
            events.send(Event::now(clock, Kind::SegmentClosed, Some(&key), Some(&sidecar.session), data));
            Salvaged { file, bytes, duration_ms, outcome: Outcome::Recovered }
        }
        Ok(None) => salvaged(Outcome::Removed),
        Err(error) if error.is::<Foreign>() => {
            tracing::debug!(file = %file.display(), "a `.part` of another program is left alone");
            return None;
        }
        Err(error) if error.is::<Occupied>() => salvaged(Outcome::Busy),
        Err(error) => salvaged(Outcome::Failed(format!("{error:#}"))),
    })
}

/// Somebody may still be writing.
#[derive(Debug, thiserror::Error)]
#[error("its writer may live")]
struct Occupied;

/// Nothing shows that it is ours.
#[derive(Debug, thiserror::Error)]
#[error("another program's file")]
struct Foreign;

/// The sidecar of a file that is ours; none where an FLV file of ours has none.
async fn own_sidecar(old: &OldFile) -> anyhow::Result<Option<Sidecar>> {
    let content = old.sidecar().await?;
    if let Some(sidecar) = content.as_deref().and_then(Sidecar::from_json) {
        // A finished file's sidecar: its rename is missing, or this is something else of the same stem.
        anyhow::ensure!(sidecar.state == State::Recording || sidecar.bytes == old.bytes(), Foreign);
        return Ok(Some(sidecar));
    }
    anyhow::ensure!(old.ext() == "flv" && has_our_head(old).await?, Foreign);
    anyhow::ensure!(content.is_none(), "the JSON file beside it is no sidecar\nhint: move it away");
    Ok(None)
}

async fn has_our_head(old: &OldFile) -> anyhow::Result<bool> {
    Ok(Recovery::is_ours(&old.read(0, HEAD_BYTES).await?))
}

/// Mends a file of another process; none when it held no media.
async fn take_over(old: OldFile, clock: &Clock, hash: Hash) -> anyhow::Result<Option<Mended>> {
    let known = own_sidecar(&old).await?;
    let owner = known.as_ref().and_then(|sidecar| sidecar.owner.as_ref());
    let alive = owner.and_then(crate::disk::Owner::is_alive);
    let modified = old.modified().await?;
    let age = clock.now().duration_since(modified).unwrap_or_default();
    if !old.locked && (alive != Some(false) && owner.is_some() || age < QUIET) {
        return Err(Occupied.into());
    }
    if alive == Some(true) && age < YOUNG && survey(&old).await?.is_none() {
        return Err(Occupied.into());
    }
    let end = if known.is_some() { KILLED } else { "recovered" };
    let mut sidecar = known.unwrap_or_default();
    sidecar.end.get_or_insert_with(|| end.to_owned());
    // It was received to the last moment: what came behind is missing, and nobody knows how much.
    let cut_off = sidecar.reception_ended(modified, KILLED);
    let lost = cut_off.then_some(Lost { cause: "restart", received_ms: None });
    mend(&old, sidecar, hash, true, lost).await
}

/// Media that came, or may have come, and is not in the file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lost {
    /// The gap's cause.
    pub(super) cause: &'static str,
    /// Media time that came for the file; none where nobody knows.
    pub(super) received_ms: Option<u64>,
}

impl Lost {
    /// The gap at the end of a file of such a length.
    fn behind(self, duration_ms: u64) -> Option<Gap> {
        let lost_ms = self.received_ms.map(|received_ms| received_ms.saturating_sub(duration_ms));
        let gap = Gap { cause: self.cause.to_owned(), at_ms: duration_ms, lost_ms, offset: 0 };
        (lost_ms != Some(0)).then_some(gap)
    }
}

/// A file that was mended.
pub(super) struct Mended {
    pub(super) closed: Closed,
    /// As it is beside the file, if it is kept.
    pub(super) sidecar: Sidecar,
    /// What is missing at its end.
    pub(super) gap: Option<Gap>,
}

/// Mends a file that this process holds, and gives it its name; none, and no file, when it held no media.
pub(super) async fn mend(
    old: &OldFile,
    mut sidecar: Sidecar,
    hash: Hash,
    keep_sidecar: bool,
    lost: Option<Lost>,
) -> anyhow::Result<Option<Mended>> {
    let Some(whole) = survey(old).await? else {
        let bytes = old.bytes();
        anyhow::ensure!(bytes <= EMPTY_BYTES, "no media can be found in its {bytes} bytes");
        old.remove().await?;
        return Ok(None);
    };
    old.mend(whole.end, whole.patches).await?;
    sidecar.state = State::Recovered;
    sidecar.bytes = whole.bytes;
    // One that stands there may be of other bytes.
    sidecar.blake3 = match hash {
        Hash::Blake3 => Some(hash_of(old, whole.behind, whole.bytes).await?),
        Hash::Off => None,
    };
    (sidecar.first_ms, sidecar.last_ms) = whole.times.map_or((None, None), |(first, last)| (Some(first), Some(last)));
    if let Some(at_ms) = whole.hole_ms {
        sidecar.gap(Gap { cause: String::from("damage"), at_ms, lost_ms: None, offset: 0 });
    }
    let duration_ms = whole.duration_ms;
    let gap = lost.and_then(|lost| lost.behind(duration_ms));
    if let Some(gap) = &gap {
        sidecar.gap(gap.clone());
    }
    let file = old.publish(keep_sidecar.then(|| sidecar.to_json())).await?;
    let closed = Closed { file, bytes: whole.bytes, duration_ms, state: State::Recovered };
    Ok(Some(Mended { closed, sidecar, gap }))
}

/// What of a file is whole, and how it is made right.
struct Whole {
    /// Where the last whole tag's back pointer begins: the file is cut here, then patched.
    end: u64,
    patches: Vec<(u64, Bytes)>,
    /// Length when all is done.
    bytes: u64,
    /// Where the bytes of the hash begin.
    behind: u64,
    duration_ms: u64,
    times: Option<(u64, u64)>,
    /// Where bytes in the middle are no tags.
    hole_ms: Option<u64>,
}

/// Reads the file; none when it holds no media.
async fn survey(old: &OldFile) -> anyhow::Result<Option<Whole>> {
    if old.ext() != "flv" {
        let bytes = old.bytes();
        let whole =
            Whole { end: bytes, patches: Vec::new(), bytes, behind: 0, duration_ms: 0, times: None, hole_ms: None };
        return Ok((bytes > 0).then_some(whole));
    }
    let mut recovery = Recovery::new();
    let mut offset = 0;
    loop {
        let piece = old.read(offset, PIECE).await.context("cannot read its tags")?;
        if piece.is_empty() {
            break;
        }
        offset += u64::try_from(piece.len())?;
        recovery.push(piece);
    }
    let found = match recovery.finish() {
        Salvage::Media(found) => found,
        Salvage::Nothing | Salvage::Foreign => return Ok(None),
    };
    let bytes = found.whole_bytes;
    let end = bytes.saturating_sub(u64::try_from(BACK_POINTER)?);
    let mut patches = vec![(end, Bytes::copy_from_slice(&found.tail))];
    match found.head {
        Some(head) => patches.push((0, head)),
        None => {
            tracing::warn!(file = old.name(), "an unfinished file has a damaged head, its metadata stays as it was")
        }
    }
    let times = found.first_ms.map(|first_ms| (first_ms, found.last_ms));
    let (behind, duration_ms, hole_ms) = (found.tags_at, found.duration_ms, found.hole_ms);
    Ok(Some(Whole { end, patches, bytes, behind, duration_ms, times, hole_ms }))
}

async fn hash_of(old: &OldFile, from: u64, to: u64) -> anyhow::Result<String> {
    let mut hasher = blake3::Hasher::new();
    let mut offset = from;
    while offset < to {
        let want = usize::try_from(to - offset).unwrap_or(PIECE).min(PIECE);
        let piece = old.read(offset, want).await?;
        anyhow::ensure!(!piece.is_empty(), "the file became shorter while it was read");
        hasher.update(&piece);
        offset += u64::try_from(piece.len())?;
    }
    Ok(hasher.finalize().to_hex().to_string())
}

/// Removes a sidecar that reserved a name for a file that never came; none where it stays.
async fn orphan(root: &Root, leftover: &Leftover) -> Option<Salvaged> {
    let content = root.sidecar(leftover).await.ok().flatten()?;
    let sidecar = Sidecar::from_json(&content).filter(|sidecar| sidecar.state == State::Recording)?;
    if sidecar.owner.as_ref().and_then(crate::disk::Owner::is_alive) != Some(false) {
        return None;
    }
    let outcome = match root.remove_sidecar(leftover).await {
        Ok(()) => Outcome::Removed,
        Err(error) => Outcome::Failed(format!("{:#}", anyhow::Error::new(error))),
    };
    let file = root.path().join(&leftover.folder).join(format!("{}.json", leftover.stem));
    Some(Salvaged { file, bytes: 0, duration_ms: 0, outcome })
}
