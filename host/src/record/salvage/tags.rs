//! Reads the tags of an unfinished file through the engine, which lays them out anew. Writes nothing.

use lyrebird_flv::codec::classify;
use lyrebird_flv::{Options, Reader, Remuxer, Repeats, Segment as Layout, Step};

use super::PIECE;
use crate::disk::OldFile;

/// What the tags say.
pub(super) struct Tags {
    /// Where the last whole tag begins.
    pub(super) last_offset: u64,
    /// Length of its payload.
    pub(super) last_payload: u64,
    /// The file as the engine would write it.
    pub(super) layout: Layout,
    /// Media time of the first frame.
    pub(super) first_ms: Option<u64>,
    /// Media time behind which bytes are no tags, though tags follow.
    pub(super) hole_ms: Option<u64>,
}

/// Reads to the end; none when there is no media, or no FLV at all.
pub(super) async fn read_tags(old: &OldFile) -> anyhow::Result<Option<Tags>> {
    // Whatever is in a file of ours is there by the user's wish.
    let options = Options { repeats: Repeats::Keep };
    let (mut reader, mut remuxer, mut steps) = (Reader::new(), Remuxer::new(options), Vec::new());
    let mut tags = None;
    let mut offset = 0;
    loop {
        let piece = old.read(offset, PIECE).await?;
        let at_end = piece.is_empty();
        offset += u64::try_from(piece.len())?;
        if !at_end {
            reader.push(piece);
        }
        loop {
            let item = if at_end { reader.finish() } else { reader.next() };
            match item {
                Ok(Some(item)) => remuxer.push(item, &mut steps),
                Ok(None) => break,
                // Nothing behind this can be read.
                Err(_) => return Ok(tags),
            }
        }
        if at_end {
            remuxer.finish(&mut steps);
        }
        steps.drain(..).for_each(|step| take(step, &mut tags));
        if at_end {
            return Ok(tags);
        }
    }
}

fn take(step: Step, tags: &mut Option<Tags>) {
    match (step, tags) {
        (Step::Cut(cut), tags @ None) => {
            let layout = Layout::open(&cut);
            *tags = Some(Tags { last_offset: 0, last_payload: 0, layout, first_ms: None, hole_ms: None });
        }
        (Step::Write(tag), Some(tags)) => {
            if tag.offset != tags.layout.bytes() && tags.hole_ms.is_none() {
                tags.hole_ms = Some(tags.layout.duration_ms());
            }
            (tags.last_offset, tags.last_payload) = (tag.offset, u64::try_from(tag.payload.len()).unwrap_or(u64::MAX));
            if tags.first_ms.is_none() && classify(&tag).is_frame() {
                tags.first_ms = Some(u64::from(tag.time_ms));
            }
            tags.layout.append(&tag);
        }
        _ => {}
    }
}
