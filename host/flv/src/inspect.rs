//! What is in a file, and what is wrong with it, told while its bytes go by.
//!
//! Judges a file as a player has to take it: times unwrapped but otherwise as written. Repairs nothing.

mod clock;
mod faults;
mod metadata;
#[cfg(test)]
mod tests;
mod tracks;

use bytes::Bytes;

use crate::codec::{Body, Picture, classify};
use crate::note::{Fault, Note, NoteKind};
use crate::reader::{Item, Reader};
use crate::script::Script;
use crate::tag::{Tag, Track};
use clock::{AUDIO, Clock, Step, VIDEO};
use faults::Faults;
pub use faults::Finding;
use metadata::Claims;
pub use metadata::MetadataValue;
use tracks::Account;

/// What is known of a file at its end.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// Its size.
    pub bytes: u64,
    /// To the end of the last frame, from 0, or from the first frame if that comes later than 1 s. A track's last frame
    /// is as long as the step before it, 1 s at most.
    pub duration_ms: u64,
    /// Tags of all kinds.
    pub tags: u64,
    /// Tags of scripts, metadata among them.
    pub script_tags: u64,
    /// If there is any video tag.
    pub video: Option<TrackReport>,
    /// If there is any audio tag.
    pub audio: Option<TrackReport>,
    /// The fields of the first `onMetaData`, at most 200, in their order; empty if there is none.
    pub metadata: Vec<(String, MetadataValue)>,
    /// In the order of the file; at most 100 of a kind. Besides the names of [`NoteKind`]:
    ///
    /// | kind | |
    /// |---|---|
    /// | `backwards` | a frame's time lies before that of the frame before it in its track |
    /// | `codec_changed` | another codec in the middle of the file |
    /// | `header_changed` | another decoder configuration in the middle of the file |
    /// | `metadata_missing`, `metadata_repeated` | no `onMetaData`; more than one |
    /// | `metadata_duration`, `metadata_filesize`, `metadata_picture` | it says what is not so |
    /// | `index` | entries of its `keyframes` do not lead to key frames |
    pub faults: Vec<Finding>,
    /// How many faults there are of each kind, those left out counted.
    pub fault_counts: Vec<(&'static str, u64)>,
}

/// What is known of a track.
#[derive(Clone, Debug, PartialEq)]
pub struct TrackReport {
    /// The last codec, such as `avc` and `aac`; empty if no tag told.
    pub codec: String,
    /// Decoder configurations, repeated ones too.
    pub headers: u64,
    /// Tags of all kinds.
    pub tags: u64,
    /// Frames that decoding can start at; 0 in audio.
    pub key_frames: u64,
    /// The earliest frame; unwrapped, as all times.
    pub first_ms: Option<u64>,
    /// The latest frame.
    pub last_ms: Option<u64>,
    /// What the last decoder configuration says of the picture.
    pub picture: Option<Picture>,
}

/// A [`Reader`] that keeps account of what it gives. Memory is bounded as the reader's, and by an index of key frames
/// that the file may have (4 MiB at most).
#[derive(Debug, Default)]
pub struct Inspector {
    reader: Reader,
    bytes: u64,
    tags: u64,
    script_tags: u64,
    clock: Clock,
    video: Account,
    audio: Account,
    metadata: Vec<(String, MetadataValue)>,
    claims: Option<Claims>,
    faults: Faults,
    told_apart: bool,
}

/// Times of the tracks that are further apart than this are told.
const APART_MS: u64 = 5000;

/// How far `duration` may be off: players do not show less than a second.
const DURATION_OFF_MS: f64 = 500.0;

impl Inspector {
    /// Before the first byte.
    pub fn new() -> Inspector {
        Inspector::default()
    }

    /// Takes the next bytes. Call [`next`](Inspector::next) until it gives nothing before pushing more.
    pub fn push(&mut self, chunk: Bytes) {
        self.bytes += u64::try_from(chunk.len()).unwrap_or(u64::MAX);
        self.reader.push(chunk);
    }

    /// The next tag or note, taken into account; none when more bytes are wanted.
    ///
    /// # Errors
    /// If the bytes are no FLV.
    // It is no iterator: it may give more after it gave none.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> Result<Option<Item>, Fault> {
        let item = self.reader.next()?;
        self.take(item.as_ref());
        Ok(item)
    }

    /// The file is over: what is left of it, item by item until none.
    ///
    /// # Errors
    /// If the bytes are no FLV.
    pub fn finish(&mut self) -> Result<Option<Item>, Fault> {
        let item = self.reader.finish()?;
        self.take(item.as_ref());
        Ok(item)
    }

    /// All that is known, once [`finish`](Inspector::finish) gives nothing.
    pub fn report(mut self) -> Report {
        self.check_claims();
        let duration_ms = self.clock.duration_ms();
        let (faults, fault_counts) = self.faults.into_parts();
        Report {
            bytes: self.bytes,
            duration_ms,
            tags: self.tags,
            script_tags: self.script_tags,
            video: self.video.report(self.clock.span(VIDEO)),
            audio: self.audio.report(self.clock.span(AUDIO)),
            metadata: self.metadata,
            faults,
            fault_counts,
        }
    }

    fn take(&mut self, item: Option<&Item>) {
        match item {
            Some(Item::Tag(tag)) => self.take_tag(tag),
            Some(Item::Note(note)) => self.take_note(note),
            None => {}
        }
    }

    fn take_note(&mut self, note: &Note) {
        let count = |number: u64, of: &str| match number {
            0 => None,
            1 => Some(format!("1 {of}")),
            more => Some(format!("{more} {of}s")),
        };
        let counts = [count(note.tags, "tag"), count(note.bytes, "byte")];
        let detail = counts.into_iter().flatten().collect::<Vec<_>>().join(", ");
        self.faults.tell(note.kind.name(), note.offset, self.clock.now(), detail);
    }

    fn take_tag(&mut self, tag: &Tag) {
        self.tags += 1;
        let body = classify(tag);
        match tag.track {
            Track::Script => self.take_script(tag),
            Track::Video => self.video.take(tag, body, &mut self.faults, self.clock.now()),
            Track::Audio => self.audio.take(tag, body, &mut self.faults, self.clock.now()),
        }
        if let (Body::VideoKey | Body::VideoHeader(_), Some(claims)) = (body, &mut self.claims) {
            claims.index.see(tag.offset, (body == Body::VideoKey).then_some(tag.time_ms));
        }
        if body.is_frame() {
            self.take_time(tag);
        }
    }

    fn take_time(&mut self, tag: &Tag) {
        let (track, name) = if tag.track == Track::Video { (VIDEO, "video") } else { (AUDIO, "audio") };
        let (kind, ms) = match self.clock.frame(track, tag.time_ms) {
            Step::Jump(ms) => (NoteKind::Jump.name(), ms),
            Step::Back(ms) => ("backwards", ms),
            Step::Usual => ("", 0),
        };
        if ms != 0 {
            self.faults.tell(kind, tag.offset, self.clock.now(), format!("{name} by {ms} ms"));
        }
        if let (Some(audio), Some(video), false) = (self.clock.span(AUDIO), self.clock.span(VIDEO), self.told_apart) {
            let apart_ms = audio.last.abs_diff(video.last);
            if apart_ms > APART_MS {
                self.told_apart = true;
                let ahead = if audio.last > video.last { "audio" } else { "video" };
                let detail = format!("{ahead} is {apart_ms} ms ahead");
                self.faults.tell(NoteKind::TracksApart.name(), tag.offset, self.clock.now(), detail);
            }
        }
    }

    fn take_script(&mut self, tag: &Tag) {
        self.script_tags += 1;
        let script = match Script::read(&tag.payload) {
            Ok(script) => script,
            Err(err) => {
                self.faults.tell(NoteKind::Script.name(), tag.offset, self.clock.now(), err.to_string());
                return;
            }
        };
        if !script.whole {
            let detail = format!("`{}` breaks off", script.name.escape_ascii());
            self.faults.tell(NoteKind::Script.name(), tag.offset, self.clock.now(), detail);
        }
        if script.name != b"onMetaData" {
            return;
        }
        if self.claims.is_some() {
            self.faults.tell("metadata_repeated", tag.offset, self.clock.now(), String::new());
            return;
        }
        self.metadata = metadata::list(&script.values);
        self.claims = Some(Claims::of(&script.values));
    }

    fn check_claims(&mut self) {
        let end_ms = self.clock.now();
        let Some(mut claims) = self.claims.take() else {
            if self.tags > 0 {
                self.faults.tell("metadata_missing", 0, 0, String::new());
            }
            return;
        };
        let mut tell = |kind, detail| self.faults.tell(kind, self.bytes, end_ms, detail);
        let duration_ms = metadata::approximate(self.clock.duration_ms());
        if let Some(said) = claims.duration_ms
            && (said.is_nan() || (said - duration_ms).abs() > DURATION_OFF_MS)
        {
            tell("metadata_duration", format!("says {:.3} s, is {:.3} s", said / 1000.0, duration_ms / 1000.0));
        }
        if let Some(said) = claims.file_bytes
            && said != metadata::approximate(self.bytes)
        {
            tell("metadata_filesize", format!("says {said}, is {}", self.bytes));
        }
        if let (Some(width), Some(height), Some(picture)) = (claims.width, claims.height, self.video.picture())
            && (width, height) != (f64::from(picture.width), f64::from(picture.height))
        {
            let is = format!("{}x{}", picture.width, picture.height);
            tell("metadata_picture", format!("says {width}x{height}, is {is}"));
        }
        claims.index.end();
        if claims.index.wrong > 0 {
            let (wrong, entries, first) = (claims.index.wrong, claims.index.entries, claims.index.first_wrong);
            tell(
                "index",
                format!("{wrong} of {entries} entries lead to no key frame of their time, the first to {first}"),
            );
        }
    }
}
