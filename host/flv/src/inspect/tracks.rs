//! The account of one track.

use super::TrackReport;
use super::clock::Span;
use super::faults::Faults;
use crate::codec::{Body, Picture, audio_codec, codec_id, describe, video_codec};
use crate::note::NoteKind;
use crate::tag::Tag;

/// Of video or audio.
#[derive(Debug, Default)]
pub(super) struct Account {
    codec: String,
    /// Of the last tag that told, as a number.
    codec_id: Option<u32>,
    headers: u64,
    tags: u64,
    key_frames: u64,
    frames: u64,
    /// Of the last header.
    configuration: Vec<u8>,
    picture: Option<Picture>,
}

impl Account {
    pub(super) fn take(&mut self, tag: &Tag, body: Body<'_>, faults: &mut Faults, now_ms: u64) {
        self.tags += 1;
        if body.is_frame() || body.is_header() {
            self.take_codec(tag, faults, now_ms);
        }
        match body {
            Body::VideoHeader(configuration) | Body::AudioHeader(configuration) => {
                self.take_header(tag, configuration, faults, now_ms);
            }
            Body::VideoKey | Body::VideoInter | Body::Audio => {
                if self.frames == 0 {
                    self.take_first(tag, body, faults, now_ms);
                }
                self.frames += 1;
                self.key_frames += u64::from(body == Body::VideoKey);
            }
            Body::Empty => faults.tell(NoteKind::TagSkipped.name(), tag.offset, now_ms, "an empty tag".into()),
            Body::Short | Body::Unknown => {
                let detail = format!("no codec knows it: {}", crate::text::line(tag));
                faults.tell(NoteKind::TagSkipped.name(), tag.offset, now_ms, detail);
            }
            Body::VideoEnd | Body::VideoExtra | Body::Command | Body::AudioEnd | Body::AudioExtra | Body::Script => {}
        }
    }

    fn take_codec(&mut self, tag: &Tag, faults: &mut Faults, now_ms: u64) {
        let id = codec_id(tag);
        if id == self.codec_id {
            return;
        }
        let name =
            video_codec(tag).map(|codec| codec.to_string()).or_else(|| audio_codec(tag).map(|codec| codec.to_string()));
        let before = std::mem::replace(&mut self.codec, name.unwrap_or_default());
        if self.codec_id.is_some() {
            faults.tell("codec_changed", tag.offset, now_ms, format!("{before} to {}", self.codec));
        }
        self.codec_id = id;
    }

    fn take_first(&mut self, tag: &Tag, body: Body<'_>, faults: &mut Faults, now_ms: u64) {
        let needs_header = video_codec(tag).is_some_and(|codec| codec.needs_header())
            || audio_codec(tag).is_some_and(|codec| codec.needs_header());
        if needs_header && self.headers == 0 {
            let detail = format!("{} without a decoder configuration before it", self.codec);
            faults.tell(NoteKind::Unconfigured.name(), tag.offset, now_ms, detail);
        }
        if body == Body::VideoInter {
            faults.tell(NoteKind::BeforeKeyFrame.name(), tag.offset, now_ms, "the first frame is no key frame".into());
        }
    }

    fn take_header(&mut self, tag: &Tag, configuration: &[u8], faults: &mut Faults, now_ms: u64) {
        self.headers += 1;
        let before = self.picture;
        let is_same = self.configuration == configuration;
        if !is_same {
            self.configuration = configuration.to_vec();
            self.picture = video_codec(tag).and_then(|codec| describe(codec, configuration));
        }
        if self.headers == 1 {
            return;
        }
        if is_same {
            faults.tell(NoteKind::ConfigurationRepeated.name(), tag.offset, now_ms, String::new());
            return;
        }
        let size = |picture: Option<Picture>| {
            picture.map_or("unknown".to_owned(), |picture| format!("{}x{}", picture.width, picture.height))
        };
        let detail = match (before, self.picture) {
            (None, None) => self.codec.clone(),
            (before, now) => format!("{}, {} to {}", self.codec, size(before), size(now)),
        };
        faults.tell("header_changed", tag.offset, now_ms, detail);
    }

    pub(super) fn picture(&self) -> Option<Picture> {
        self.picture
    }

    pub(super) fn report(self, span: Option<Span>) -> Option<TrackReport> {
        let unsigned = |ms: i64| u64::try_from(ms).unwrap_or(0);
        (self.tags > 0).then(|| TrackReport {
            codec: self.codec,
            headers: self.headers,
            tags: self.tags,
            key_frames: self.key_frames,
            first_ms: span.map(|span| unsigned(span.first)),
            last_ms: span.map(|span| unsigned(span.last)),
            picture: self.picture,
        })
    }
}
