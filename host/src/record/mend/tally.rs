//! What was mended, what is missing, and whether anything was lost by it. Pure.

use lyrebird_flv::codec::{Body, classify};
use lyrebird_flv::{BACK_POINTER, Note, NoteKind, Tag, Track};

/// So many gaps are listed; a file that has more is told in numbers.
const LISTED: usize = 10_000;

/// A tag with less in it than a header of its codec and one byte holds no frame.
const LEAST_FRAME: u64 = 16;

/// How a file came through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Nothing had to be mended.
    Clean,
    /// Something was, and all that could be played is there.
    Repaired,
    /// Input that could hold media is not in the output.
    Lossy,
}

impl Verdict {
    /// The word for JSON and people.
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Clean => "clean",
            Verdict::Repaired => "repaired",
            Verdict::Lossy => "lossy",
        }
    }
}

/// Media time that is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GapNote {
    /// `jump`, or `damage` where bytes were lost with it.
    pub cause: &'static str,
    /// Index of the output that it is in; none before the first.
    pub output: Option<usize>,
    /// Where, in that output.
    pub at_ms: u64,
    /// How much.
    pub lost_ms: u64,
    /// Where in the input.
    pub offset: u64,
}

/// All notes about one file, summed up.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Each kind and how many tags, or places, it is about; in the order of the first of each.
    pub repairs: Vec<(&'static str, u64)>,
    /// In order.
    pub gaps: Vec<GapNote>,
    /// Gaps beyond those.
    pub unlisted_gaps: u64,
    /// Tags that are lost, at least: bytes that are no tags any more count as one.
    pub lost_tags: u64,
    /// Bytes that are lost.
    pub lost_bytes: u64,
    has_picture: bool,
}

impl Tally {
    /// A tag goes into the output.
    #[inline]
    pub(super) fn written(&mut self, tag: &Tag) {
        if !self.has_picture && tag.track == Track::Video {
            self.has_picture = matches!(classify(tag), Body::VideoKey | Body::VideoInter);
        }
    }

    /// The engine notes something; `output` is the one that is open, `read` how much of the input has been read.
    pub fn note(&mut self, note: &Note, output: Option<usize>, read: u64) {
        let (kind, count) = (note.kind.name(), note.tags.max(1));
        match self.repairs.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, sum)) => *sum += count,
            None => self.repairs.push((kind, count)),
        }
        if self.is_loss(note, read) {
            self.lost_tags += count;
            self.lost_bytes += note.bytes;
        }
        let Some((cause, lost_ms)) = note.gap else { return };
        if self.gaps.len() >= LISTED {
            self.unlisted_gaps += 1;
            return;
        }
        self.gaps.push(GapNote { cause: cause.name(), output, at_ms: note.at_ms, lost_ms, offset: note.offset });
    }

    /// How it came through.
    pub fn verdict(&self) -> Verdict {
        match self.repairs.is_empty() {
            _ if self.lost_tags > 0 => Verdict::Lossy,
            true => Verdict::Clean,
            false => Verdict::Repaired,
        }
    }

    /// Whether what was skipped could hold media that somebody misses.
    fn is_loss(&self, note: &Note, read: u64) -> bool {
        match note.kind {
            NoteKind::Garbage => note.bytes > 0,
            // Without it, what stands before the first tag is a PreviousTagSize, or the rest of a tag.
            NoteKind::HeaderMissing => note.bytes > u64::try_from(BACK_POINTER).unwrap_or(u64::MAX),
            // Noted at its own begin where only the PreviousTagSize behind it is cut off.
            NoteKind::Truncated => note.bytes > 0 && note.offset + note.bytes >= read,
            NoteKind::TagSkipped => note.bytes > note.tags.max(1) * LEAST_FRAME,
            NoteKind::Unconfigured => true,
            NoteKind::BeforeKeyFrame => self.has_picture,
            // What the engine mends without leaving anything out, and what was there twice.
            _ => false,
        }
    }
}
