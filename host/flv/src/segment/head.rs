//! The head of a file as bytes: everything before its tags.

use bytes::Bytes;

use crate::cut::{Cut, CutReason, Facts};
use crate::index::{self, Index, double, seconds};
use crate::script::{Field, Metadata, Script, Value, count, marker, write_field, write_name};
use crate::tag::{BACK_POINTER, TAG_HEADER, Track};

/// Where the metadata tag begins: behind a header of nine bytes and the PreviousTagSize0 (FLV 10.1, E.2 and E.3).
pub(crate) const METADATA_AT: usize = 13;

const AUDIO_FLAG: u8 = 0x04;
const VIDEO_FLAG: u8 = 0x01;

/// Ends an object and the array around it.
const ENDS: &[u8] = &[0, 0, marker::OBJECT_END];

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    /// Up to the `keyframes` object; where there is none, up to the end marker. The numbers are 0.
    before_index: Vec<u8>,
    numbers_at: usize,
    /// Behind `hasKeyframes`, whose value is the last byte before.
    facts_end: usize,
    has_index: bool,
}

/// What changes with the tags.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Numbers {
    /// Video began with a frame that needs earlier ones: no key frame came for long.
    pub(super) lacks_key_frames: bool,
    pub(super) duration_ms: u64,
    pub(super) file_bytes: u64,
    pub(super) last_ms: u64,
}

impl Head {
    pub(super) fn new(cut: &Cut) -> Head {
        let mut out = Head::start(cut.has_audio, cut.has_video).to_vec();
        out.extend([0; TAG_HEADER]);
        out.push(marker::STRING);
        write_name(b"onMetaData", &mut out);
        let facts = facts(cut);
        out.push(marker::ECMA_ARRAY);
        out.extend(count(Numbers::COUNT + facts.len() + cut.metadata.len() + usize::from(cut.has_video)));
        let numbers_at = out.len();
        Numbers::default().write(&mut out);
        for (name, value) in &facts {
            write_field(name, value, &mut out);
        }
        let facts_end = out.len();
        cut.metadata.write(&mut out);
        let mut head = Head { before_index: out, numbers_at, facts_end, has_index: cut.has_video };
        let frame = crate::segment::frame(Track::Script, 0, head.payload_bytes());
        head.splice(METADATA_AT, &frame.head);
        head
    }

    /// What stands before the metadata tag.
    pub(super) fn start(has_audio: bool, has_video: bool) -> [u8; METADATA_AT] {
        let flags = if has_audio { AUDIO_FLAG } else { 0 } | if has_video { VIDEO_FLAG } else { 0 };
        [b'F', b'L', b'V', 1, flags, 0, 0, 0, 9, 0, 0, 0, 0]
    }

    /// Size of the whole.
    pub(super) fn bytes(&self) -> u64 {
        u64::try_from(self.whole_bytes()).unwrap_or(u64::MAX)
    }

    pub(super) fn numbers_at(&self) -> u64 {
        u64::try_from(self.numbers_at).unwrap_or(u64::MAX)
    }

    /// Where the `keyframes` object begins, its name included.
    pub(super) fn index_at(&self) -> Option<u64> {
        self.has_index.then(|| u64::try_from(self.before_index.len()).unwrap_or(u64::MAX))
    }

    /// What stands at [`numbers_at`](Head::numbers_at): the numbers, the facts, `hasKeyframes`.
    pub(super) fn numbers(&self, numbers: &Numbers) -> Vec<u8> {
        let mut out = Vec::new();
        numbers.write(&mut out);
        let facts_at = self.numbers_at + out.len();
        out.extend_from_slice(self.before_index.get(facts_at..self.facts_end).unwrap_or_default());
        if let Some(has_key_frames) = out.last_mut() {
            *has_key_frames = u8::from(self.has_index && !numbers.lacks_key_frames);
        }
        out
    }

    pub(super) fn whole(&self, numbers: &Numbers, index: Option<&Index>) -> Bytes {
        let mut whole = self.clone();
        whole.splice(self.numbers_at, &self.numbers(numbers));
        let mut out = whole.before_index;
        if let Some(index) = index {
            out.extend(index.whole());
            out.extend(ENDS);
        }
        out.extend(ENDS);
        out.extend(crate::segment::frame(Track::Script, 0, self.payload_bytes()).tail);
        out.into()
    }

    /// The cut that a file was opened with, from its head; none where the head is not one of ours.
    pub(crate) fn read(bytes: &[u8]) -> Option<Cut> {
        let flags = *bytes.get(4)?;
        let script = Script::read(bytes.get(METADATA_AT + TAG_HEADER..)?).ok()?;
        // The index stands last. A torn one may read as anything, further fields among it.
        let names = [index::NAME, index::NAME_OF_NONE].map(str::as_bytes);
        let before_index = |(name, _): &&Field<'_>| !names.contains(name);
        let fields = script.values.first()?.fields().into_iter().take_while(before_index).cloned().collect();
        let script = Script { name: script.name, values: vec![Value::EcmaArray(fields)], whole: true };
        let number = |name| script.values.first()?.field(name)?.number();
        let facts = Facts {
            width: number("width").and_then(whole),
            height: number("height").and_then(whole),
            fps: number("framerate"),
            video_codec_id: number("videocodecid").and_then(whole),
            audio_codec_id: number("audiocodecid").and_then(whole),
        };
        let cut = Cut {
            why: CutReason::Start,
            metadata: Metadata::of(&script),
            facts,
            has_video: flags & VIDEO_FLAG != 0,
            has_audio: flags & AUDIO_FLAG != 0,
        };
        Head::new(&cut).begins(bytes).then_some(cut)
    }

    /// Whether those bytes begin with this head, its numbers and its index aside: a power cut leaves those torn.
    fn begins(&self, bytes: &[u8]) -> bool {
        let Some(start) = bytes.get(..self.before_index.len()) else { return false };
        let mut other = Head { before_index: start.to_vec(), ..*self };
        other.splice(self.numbers_at, &self.numbers(&Numbers::default()));
        other == *self
    }

    fn whole_bytes(&self) -> usize {
        let index = if self.has_index { index::WRITTEN + ENDS.len() } else { 0 };
        self.before_index.len() + index + ENDS.len() + BACK_POINTER
    }

    fn payload_bytes(&self) -> usize {
        self.whole_bytes() - METADATA_AT - TAG_HEADER - BACK_POINTER
    }

    fn splice(&mut self, at: usize, bytes: &[u8]) {
        for (old, new) in self.before_index.iter_mut().skip(at).zip(bytes) {
            *old = *new;
        }
    }
}

impl Numbers {
    const COUNT: usize = 3;

    /// Side by side, so that one write brings all up to date.
    fn write(&self, out: &mut Vec<u8>) {
        write_field(b"duration", &Value::Number(seconds(self.duration_ms)), out);
        write_field(b"filesize", &Value::Number(double(self.file_bytes)), out);
        write_field(b"lasttimestamp", &Value::Number(seconds(self.last_ms)), out);
    }
}

/// The fields that the tracks' configurations give. What is not known is left out: players take a 0 at its word.
fn facts(cut: &Cut) -> Vec<Field<'static>> {
    let Facts { width, height, fps, video_codec_id, audio_codec_id } = cut.facts;
    let number =
        |name: &'static str, number: Option<f64>| number.map(|number| (name.as_bytes(), Value::Number(number)));
    let fields = [
        number("width", width.map(f64::from)),
        number("height", height.map(f64::from)),
        number("framerate", fps.filter(|fps| fps.is_finite() && *fps > 0.0)),
        number("videocodecid", video_codec_id.map(f64::from)),
        number("audiocodecid", audio_codec_id.map(f64::from)),
        Some((b"hasKeyframes".as_slice(), Value::Boolean(cut.has_video))),
    ];
    fields.into_iter().flatten().collect()
}

/// The whole number below 2^32 that a double is, by halves: a cast would take anything.
pub(crate) fn whole(number: f64) -> Option<u32> {
    let mut found = 0_u32;
    for bit in (0..32).rev().map(|place| 1_u32 << place) {
        if f64::from(found | bit) <= number {
            found |= bit;
        }
    }
    (f64::from(found) == number).then_some(found)
}
