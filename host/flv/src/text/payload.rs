//! A media payload in terms a test can say, and back.

use super::configs::{CONFIGS, Config};
use super::fill::{fill, seed_of};
use crate::Track;

/// What kind of media payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Header,
    Key,
    /// An inter frame, or sound.
    Plain,
    End,
}

/// How the first bytes are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// CodecID or SoundFormat with a packet type: AVC and its likes, AAC.
    Packet(u8),
    /// CodecID or SoundFormat, then data.
    Bare(u8),
    /// Enhanced RTMP.
    FourCc([u8; 4]),
}

/// A codec in one of its layouts, by the word that lines use.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    pub(super) track: Track,
    /// Empty for the usual one.
    pub(super) word: &'static str,
    pub(super) shape: Shape,
    /// Whose named configurations fit.
    codec: &'static str,
}

const fn layout(track: Track, word: &'static str, shape: Shape, codec: &'static str) -> Layout {
    Layout { track, word, shape, codec }
}

/// All with a word of their own; the first of a track is the usual one.
pub(super) const LAYOUTS: &[Layout] = &[
    layout(Track::Video, "", Shape::Packet(7), "avc"),
    layout(Track::Video, "hevc", Shape::Packet(12), "hevc"),
    layout(Track::Video, "av1", Shape::Packet(13), "av1"),
    layout(Track::Video, "avc1", Shape::FourCc(*b"avc1"), "avc"),
    layout(Track::Video, "hvc1", Shape::FourCc(*b"hvc1"), "hevc"),
    layout(Track::Video, "av01", Shape::FourCc(*b"av01"), "av1"),
    layout(Track::Video, "vp09", Shape::FourCc(*b"vp09"), ""),
    layout(Track::Video, "vp08", Shape::FourCc(*b"vp08"), ""),
    layout(Track::Audio, "", Shape::Packet(10), "aac"),
    layout(Track::Audio, "mp3", Shape::Bare(2), ""),
    layout(Track::Audio, "mp4a", Shape::FourCc(*b"mp4a"), "aac"),
    layout(Track::Audio, "Opus", Shape::FourCc(*b"Opus"), "opus"),
    layout(Track::Audio, "fLaC", Shape::FourCc(*b"fLaC"), ""),
    layout(Track::Audio, "ac-3", Shape::FourCc(*b"ac-3"), ""),
    layout(Track::Audio, "ec-3", Shape::FourCc(*b"ec-3"), ""),
    layout(Track::Audio, ".mp3", Shape::FourCc(*b".mp3"), ""),
];

impl Layout {
    /// The layout of any CodecID or SoundFormat that has no word.
    pub(super) fn bare(track: Track, codec: u8) -> Layout {
        layout(track, "codec", Shape::Bare(codec), "")
    }

    fn of(track: Track, first: u8, rest: &[u8]) -> Option<Layout> {
        let (enhanced, id) = match track {
            Track::Video => (first & 0x80 != 0, first & 0x0f),
            _ => (first >> 4 == 9, first >> 4),
        };
        let four_cc = rest.first_chunk::<4>();
        let fits = |shape: Shape| match shape {
            Shape::FourCc(wanted) => enhanced && four_cc == Some(&wanted),
            Shape::Packet(wanted) | Shape::Bare(wanted) => !enhanced && id == wanted,
        };
        let named = LAYOUTS.iter().copied().find(|layout| layout.track == track && fits(layout.shape));
        named.or((!enhanced).then_some(Layout::bare(track, id)))
    }

    pub(super) fn config(&self, name: Option<&str>) -> Option<&'static Config> {
        CONFIGS.iter().find(|config| config.codec == self.codec && name.is_none_or(|name| name == config.name))
    }

    /// Whether enhanced frames of this codec can say a composition time.
    fn composes(&self) -> bool {
        matches!(self.codec, "avc" | "hevc")
    }
}

/// One media payload.
#[derive(Clone, Debug)]
pub(super) struct Payload {
    pub(super) what: What,
    pub(super) layout: Layout,
    /// The first byte where it is not the usual one.
    pub(super) first: Option<u8>,
    pub(super) composition_ms: Option<i32>,
    pub(super) config: Option<&'static Config>,
    /// All of it; where it is not the usual size.
    pub(super) bytes: Option<usize>,
    pub(super) seed: u32,
}

impl Payload {
    fn usual_first(&self) -> u8 {
        let frame_type = if self.what == What::Plain { 0x20 } else { 0x10 };
        let packet = match self.what {
            What::Header => 0,
            What::Key | What::Plain if self.layout.composes() && self.composition_ms.is_none() => 3,
            What::Key | What::Plain => 1,
            What::End => 2,
        };
        match (self.layout.track, self.layout.shape) {
            (Track::Video, Shape::Packet(id) | Shape::Bare(id)) => frame_type | id,
            (Track::Video, Shape::FourCc(_)) => 0x80 | frame_type | packet,
            (_, Shape::Packet(id) | Shape::Bare(id)) => id << 4 | 0x0f,
            (_, Shape::FourCc(_)) => 0x90 | packet,
        }
    }

    /// The bytes before configuration or data.
    fn head(&self) -> Vec<u8> {
        let mut head = vec![self.first.unwrap_or_else(|| self.usual_first())];
        let [_, composition @ ..] = self.composition_ms.unwrap_or(0).to_be_bytes();
        match self.layout.shape {
            Shape::Packet(_) => {
                head.push(match self.what {
                    What::Header => 0,
                    What::Key | What::Plain => 1,
                    What::End => 2,
                });
                if self.layout.track == Track::Video {
                    head.extend_from_slice(&composition);
                }
            }
            Shape::FourCc(four_cc) => {
                head.extend_from_slice(&four_cc);
                if self.composition_ms.is_some() && matches!(self.what, What::Key | What::Plain) {
                    head.extend_from_slice(&composition);
                }
            }
            Shape::Bare(_) => {}
        }
        head
    }

    fn usual_bytes(&self, head: usize) -> usize {
        match (self.what, self.layout.track) {
            (What::Header | What::End, _) => head,
            (What::Key, _) => 90,
            (What::Plain, Track::Video) => 30,
            (What::Plain, _) => 15,
        }
    }

    pub(super) fn build(&self) -> Vec<u8> {
        let mut payload = self.head();
        if let Some(config) = self.config {
            payload.extend_from_slice(config.bytes);
            if self.seed != 0 {
                payload.extend_from_slice(&self.seed.to_le_bytes());
            }
        } else {
            let bytes = self.bytes.unwrap_or_else(|| self.usual_bytes(payload.len()));
            payload.extend(fill(self.seed, bytes.saturating_sub(payload.len())));
            payload.truncate(bytes);
        }
        payload
    }

    /// The terms for a payload; none for one that has no such terms.
    pub(super) fn read(track: Track, payload: &[u8]) -> Option<Payload> {
        let (first, rest) = payload.split_first()?;
        let frame_type = if track == Track::Video { first >> 4 & 0x07 } else { 0 };
        if frame_type == 5 {
            return None;
        }
        let layout = Layout::of(track, *first, rest)?;
        let packet = match layout.shape {
            Shape::Packet(_) => *rest.first()?,
            Shape::Bare(_) => 1,
            Shape::FourCc(_) => first & 0x0f,
        };
        let enhanced = matches!(layout.shape, Shape::FourCc(_));
        let what = match packet {
            0 => What::Header,
            // CodedFramesX is video's alone.
            3 if !enhanced || track != Track::Video => return None,
            1 | 3 if matches!(frame_type, 1 | 4) => What::Key,
            1 | 3 => What::Plain,
            2 => What::End,
            _ => return None,
        };
        let composition = match layout.shape {
            Shape::Packet(_) if track == Track::Video => rest.get(1..4),
            Shape::FourCc(_) if packet == 1 && layout.composes() && track == Track::Video => Some(rest.get(4..7)?),
            _ => None,
        };
        let composition_ms = match composition {
            Some([a, b, c]) => Some(i32::from_be_bytes([*a, *b, *c, 0]) >> 8),
            _ => None,
        }
        .filter(|ms| *ms != 0 || enhanced);
        let mut read = Payload { what, layout, first: None, composition_ms, config: None, bytes: None, seed: 0 };
        read.first = Some(*first).filter(|first| *first != read.usual_first());
        let content = payload.strip_prefix(read.head().as_slice())?;
        read.read_content(payload.len(), content);
        Some(read)
    }

    fn read_content(&mut self, bytes: usize, content: &[u8]) {
        if self.what == What::Header {
            for config in CONFIGS.iter().filter(|config| config.codec == self.layout.codec) {
                let seed = match content.strip_prefix(config.bytes) {
                    Some([]) => Some(0),
                    Some([a, b, c, d]) => Some(u32::from_le_bytes([*a, *b, *c, *d])).filter(|seed| *seed != 0),
                    _ => None,
                };
                if let Some(seed) = seed {
                    self.config = Some(config);
                    self.seed = seed;
                    return;
                }
            }
        }
        self.seed = seed_of(content);
        let usual = self.usual_bytes(bytes - content.len());
        // Without a size a header would be a named one.
        self.bytes = Some(bytes).filter(|bytes| *bytes != usual || self.what == What::Header);
    }
}
