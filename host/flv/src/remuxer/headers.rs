//! Decoder configurations: which are in force, which the open segment was begun with, and whether the two still agree.
//!
//! Configurations are compared, not tags: senders repeat them with other frame types, composition times and sound bits.
//! Codecs without a configuration record (MP3, PCM, the old video codecs) are configured by their first frame.

use bytes::Bytes;

use super::repeats::hash;
use crate::codec::inband;
use crate::codec::{AudioCodec, VideoCodec, audio_codec, describe, video_codec};
use crate::cut::Facts;
use crate::tag::{Tag, Track};

/// How a track is coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Codec {
    Video(VideoCodec),
    Audio(AudioCodec),
}

impl Codec {
    fn of(tag: &Tag) -> Option<Codec> {
        match tag.track {
            Track::Video => video_codec(tag).map(Codec::Video),
            Track::Audio => audio_codec(tag).map(Codec::Audio),
            Track::Script => None,
        }
    }

    /// Whether no decoder can do without a configuration record (ISO 14496-15 for the pictures; AAC and FLAC).
    fn needs_record(self) -> bool {
        matches!(
            self,
            Codec::Video(VideoCodec::Avc | VideoCodec::Hevc | VideoCodec::Vvc | VideoCodec::Av1)
                | Codec::Audio(AudioCodec::Aac | AudioCodec::Flac)
        )
    }
}

/// One track's configuration.
#[derive(Clone, Debug)]
struct Configuration {
    codec: Codec,
    /// The record; empty for codecs that have none.
    record: Bytes,
    /// The tag that brought it, its payload copied out of the network's buffer; none for codecs that have none.
    tag: Option<Tag>,
    /// It was made from a key frame: the sender's own, should it come, may say the same in other bytes.
    is_made: bool,
    /// Its hash, which tells its frames from those of another; 0 without a record.
    seed: u64,
}

impl Configuration {
    fn is(&self, codec: Codec, record: &[u8]) -> bool {
        let says_the_same = || match codec {
            Codec::Video(codec) => self.is_made && inband::is_same(codec, &self.record, record),
            Codec::Audio(_) => false,
        };
        self.codec == codec && (self.record == record || says_the_same())
    }
}

impl PartialEq for Configuration {
    fn eq(&self, other: &Configuration) -> bool {
        self.codec == other.codec && self.record == other.record
    }
}

/// What a configuration, or a frame that implies one, changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// Nothing.
    Same,
    /// The track is configured now.
    First,
    /// The track is coded differently from now on.
    Changed,
    /// The track is coded again as it was before its last change.
    Returned,
    /// The frame needs a configuration that has not come.
    Missing,
}

#[derive(Clone, Debug, Default)]
struct Slot {
    in_force: Option<Configuration>,
    /// The one with a record that was in force before a frame implied another: should its frames go on, nobody may send
    /// it again.
    before: Option<Configuration>,
    written: Option<Configuration>,
    /// The colours, or the layout of the channels, that are in force, as the tag that told them.
    state: Option<Tag>,
}

/// The configurations of both tracks.
#[derive(Clone, Debug, Default)]
pub(super) struct Headers {
    video: Slot,
    audio: Slot,
}

impl Headers {
    /// What a configuration would change; `record` is the part of the tag that decoders read.
    pub(super) fn compare(&self, tag: &Tag, record: &[u8]) -> Change {
        let Some(codec) = Codec::of(tag) else { return Change::Missing };
        match &self.read(tag.track).in_force {
            Some(known) if known.is(codec, record) => Change::Same,
            Some(_) => Change::Changed,
            None => Change::First,
        }
    }

    /// What a frame would change.
    #[inline]
    pub(super) fn fit(&self, tag: &Tag) -> Change {
        let Some(codec) = Codec::of(tag) else { return Change::Missing };
        let slot = self.read(tag.track);
        match &slot.in_force {
            Some(known) if known.codec == codec => Change::Same,
            _ if codec.needs_record() => match &slot.before {
                Some(before) if before.codec == codec => Change::Returned,
                _ => Change::Missing,
            },
            Some(_) => Change::Changed,
            None => Change::First,
        }
    }

    /// Puts a configuration in force; without a record, the one that a frame implies.
    pub(super) fn put(&mut self, tag: &Tag, record: &[u8]) {
        let Some(codec) = Codec::of(tag) else { return };
        let payload = Bytes::copy_from_slice(&tag.payload);
        let header = (!record.is_empty()).then(|| Tag { payload, time_ms: 0, ..tag.clone() });
        let record = Bytes::copy_from_slice(record);
        let is_implied = header.is_none();
        let slot = self.slot(tag.track);
        let seed = seed(&record);
        let old = slot.in_force.replace(Configuration { codec, record, tag: header, is_made: false, seed });
        if old.is_some() {
            // Other pictures, other sound; what they are like is yet to be told.
            slot.state = None;
        }
        slot.before = old.filter(|old| is_implied && old.tag.is_some());
    }

    /// The hash of the configuration in force.
    #[inline]
    pub(super) fn seed(&self, track: Track) -> u64 {
        self.read(track).in_force.as_ref().map_or(0, |known| known.seed)
    }

    /// The configuration in force was made from a key frame.
    pub(super) fn is_made(&mut self) {
        if let Some(known) = &mut self.video.in_force {
            known.is_made = true;
        }
    }

    /// Puts the configuration in force again that was before the last change.
    pub(super) fn bring_back(&mut self, track: Track) {
        let slot = self.slot(track);
        slot.in_force = slot.before.take();
        slot.state = None;
    }

    /// Whether two tags of a track are coded the same way.
    pub(super) fn is_same_codec(one: &Tag, other: &Tag) -> bool {
        Codec::of(one) == Codec::of(other)
    }

    /// Puts a track's colours, or its layout of channels, in force; or none.
    pub(super) fn put_state(&mut self, track: Track, tag: Option<&Tag>) {
        let copy = |tag: &Tag| Tag { payload: Bytes::copy_from_slice(&tag.payload), time_ms: 0, ..tag.clone() };
        self.slot(track).state = tag.map(copy);
    }

    /// The colours, or the layout of channels, in force.
    pub(super) fn state(&self, track: Track) -> Option<&Tag> {
        self.read(track).state.as_ref()
    }

    /// Whether the track is configured.
    pub(super) fn has(&self, track: Track) -> bool {
        self.read(track).in_force.is_some()
    }

    /// Whether the open segment was begun with the configurations in force.
    pub(super) fn are_written(&self) -> bool {
        [&self.video, &self.audio].iter().all(|slot| slot.in_force == slot.written)
    }

    /// A configuration without a record, whose frame never came into the file, is none.
    pub(super) fn forget_implied(&mut self, track: Track) {
        let slot = self.slot(track);
        slot.in_force = slot.in_force.take().filter(|known| known.tag.is_some());
    }

    /// A segment begins with the configurations in force: their tags, video first, then the states.
    pub(super) fn begin(&mut self) -> impl Iterator<Item = Tag> + '_ {
        for slot in [&mut self.video, &mut self.audio] {
            slot.written.clone_from(&slot.in_force);
        }
        let slots = || [&self.video, &self.audio].into_iter();
        let tags = slots().filter_map(|slot| slot.written.as_ref()?.tag.clone());
        let states = slots().filter_map(|slot| {
            let codec = slot.written.as_ref()?.codec;
            slot.state.clone().filter(|tag| Codec::of(tag) == Some(codec))
        });
        tags.chain(states)
    }

    /// What the configurations in force say of the tracks.
    pub(super) fn facts(&self) -> Facts {
        let mut facts = Facts::default();
        if let Some(Configuration { codec: Codec::Video(codec), record, tag, .. }) = &self.video.in_force {
            let picture = describe(*codec, record);
            facts.width = picture.map(|picture| picture.width);
            facts.height = picture.map(|picture| picture.height);
            facts.fps = picture.and_then(|picture| picture.fps);
            facts.video_codec_id = video_codec_id(*codec, tag.as_ref());
        }
        if let Some(Configuration { codec: Codec::Audio(codec), tag, .. }) = &self.audio.in_force {
            facts.audio_codec_id = audio_codec_id(*codec, tag.as_ref());
        }
        facts
    }

    fn read(&self, track: Track) -> &Slot {
        if track == Track::Video { &self.video } else { &self.audio }
    }

    fn slot(&mut self, track: Track) -> &mut Slot {
        if track == Track::Video { &mut self.video } else { &mut self.audio }
    }
}

/// The hash of a configuration record.
pub(super) fn seed(record: &[u8]) -> u64 {
    if record.is_empty() { 0 } else { hash(record, 0) }
}

/// CodecID (FLV 10.1, E.4.3.1), or the FourCC read as a number (enhanced RTMP v2, "onMetaData").
fn video_codec_id(codec: VideoCodec, tag: Option<&Tag>) -> Option<u32> {
    let is_enhanced = first_byte(tag).is_some_and(|first| first & 0x80 != 0);
    let (legacy, four_cc) = match codec {
        VideoCodec::Avc => (Some(7), *b"avc1"),
        VideoCodec::Hevc => (Some(12), *b"hvc1"),
        VideoCodec::Av1 => (Some(13), *b"av01"),
        VideoCodec::Vp9 => (None, *b"vp09"),
        VideoCodec::Vp8 => (None, *b"vp08"),
        VideoCodec::Vvc => (None, *b"vvc1"),
        VideoCodec::Other(id) => (Some(u32::from(id)), [0; 4]),
        VideoCodec::FourCc(four_cc) => (None, four_cc),
    };
    legacy.filter(|_| !is_enhanced).or(Some(u32::from_be_bytes(four_cc)))
}

/// SoundFormat (FLV 10.1, E.4.2.1), or the FourCC as above.
fn audio_codec_id(codec: AudioCodec, tag: Option<&Tag>) -> Option<u32> {
    let is_enhanced = first_byte(tag).is_some_and(|first| first >> 4 == 9);
    let (legacy, four_cc) = match codec {
        AudioCodec::Aac => (Some(10), *b"mp4a"),
        AudioCodec::Mp3 => (Some(2), *b".mp3"),
        AudioCodec::Opus => (None, *b"Opus"),
        AudioCodec::Flac => (None, *b"fLaC"),
        AudioCodec::Ac3 => (None, *b"ac-3"),
        AudioCodec::Eac3 => (None, *b"ec-3"),
        AudioCodec::Other(id) => (Some(u32::from(id)), [0; 4]),
        AudioCodec::FourCc(four_cc) => (None, four_cc),
    };
    legacy.filter(|_| !is_enhanced).or(Some(u32::from_be_bytes(four_cc)))
}

fn first_byte(tag: Option<&Tag>) -> Option<u8> {
    tag.and_then(|tag| tag.payload.first().copied())
}
