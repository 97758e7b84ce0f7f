//! As much of FLV as it takes to serve a stream and to judge a file (FLV 10.1, annex E). Independent of the engine.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use bytes::Bytes;

/// The FLV header that says audio and video, and the empty PreviousTagSize behind it.
pub const HEAD: [u8; 13] = *b"FLV\x01\x05\x00\x00\x00\x09\x00\x00\x00\x00";

/// Tag type of audio.
pub const AUDIO: u8 = 8;
/// Tag type of video.
pub const VIDEO: u8 = 9;
/// Tag type of script data.
pub const SCRIPT: u8 = 18;

/// The bit of a video tag's first byte that says enhanced RTMP: a packet type and a FourCC follow, no codec id.
const ENHANCED: u8 = 0x80;

/// Whether a video tag without a FourCC tells configurations from frames: AVC does, and HEVC under codec id 12.
fn has_packet_type(first: u8) -> bool {
    matches!(first & 0x0f, 7 | 12)
}

/// One tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// 8, 9, 18, or whatever the stream says.
    pub kind: u8,
    /// As in the stream.
    pub time_ms: u32,
    /// The payload.
    pub body: Bytes,
}

impl Tag {
    /// A decoder configuration.
    pub fn is_header(&self) -> bool {
        match (self.kind, self.body.as_ref()) {
            (VIDEO, [first, ..]) if first & ENHANCED != 0 => first & 0x0f == 0,
            (VIDEO, [first, 0, ..]) => has_packet_type(*first),
            (AUDIO, [first, ..]) if first >> 4 == 9 => first & 0x0f == 0,
            (AUDIO, [first, 0, ..]) => first >> 4 == 10,
            _ => false,
        }
    }

    /// A frame that a viewer sees or hears: no configuration, no end-of-sequence mark, no script data.
    pub fn is_media(&self) -> bool {
        match (self.kind, self.body.as_ref()) {
            (VIDEO, [first, ..]) if first & ENHANCED != 0 => matches!(first & 0x0f, 1 | 3),
            (VIDEO, [first, packet, ..]) => !has_packet_type(*first) || *packet == 1,
            // An empty frame behind the FourCC is how FFmpeg tells of a FLAC header at the end.
            (AUDIO, [first, rest @ ..]) if first >> 4 == 9 => first & 0x0f == 1 && rest.len() > 4,
            (AUDIO, [first, packet, ..]) => first >> 4 != 10 || *packet != 0,
            _ => false,
        }
    }

    /// A video frame that decoding can begin at.
    pub fn is_key(&self) -> bool {
        self.kind == VIDEO && self.is_media() && self.body.first().is_some_and(|first| first >> 4 & 7 == 1)
    }

    /// Names the payload without carrying it about.
    pub fn digest(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.body.hash(&mut hasher);
        hasher.finish()
    }

    /// The tag as it travels, PreviousTagSize included.
    pub fn encode(&self) -> Vec<u8> {
        let size = u32::try_from(self.body.len()).unwrap().to_be_bytes();
        let time = self.time_ms.to_be_bytes();
        let mut bytes = vec![self.kind, size[1], size[2], size[3], time[1], time[2], time[3], time[0], 0, 0, 0];
        bytes.extend_from_slice(&self.body);
        bytes.extend_from_slice(&u32::try_from(self.body.len() + 11).unwrap().to_be_bytes());
        bytes
    }
}

/// Takes whole tags off a growing buffer.
#[derive(Debug, Default)]
pub struct Splitter {
    buffer: Vec<u8>,
    taken: usize,
    head_seen: bool,
}

impl Splitter {
    /// More bytes of the stream.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.drain(..self.taken);
        self.taken = 0;
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole tag, if it is there; an error says what stands there instead.
    pub fn next_tag(&mut self) -> Result<Option<Tag>, String> {
        if !self.head_seen {
            if self.buffer.len() < HEAD.len() {
                return Ok(None);
            }
            if !self.buffer.starts_with(b"FLV\x01") {
                return Err(format!("no FLV header but {:?}", &self.buffer[..HEAD.len()]));
            }
            self.head_seen = true;
            self.taken = HEAD.len();
        }
        let rest = &self.buffer[self.taken..];
        let [kind, s1, s2, s3, t1, t2, t3, t0, 0, 0, 0, ..] = *rest else {
            return if rest.len() < 11 { Ok(None) } else { Err(format!("no tag but {:?}", &rest[..11])) };
        };
        let size = u32::from_be_bytes([0, s1, s2, s3]) as usize;
        let Some(whole) = rest.get(..11 + size + 4) else { return Ok(None) };
        let (tag, back) = whole.split_at(11 + size);
        if back != u32::try_from(tag.len()).unwrap().to_be_bytes() {
            return Err(format!("PreviousTagSize {back:?} behind a tag of {} bytes", tag.len()));
        }
        self.taken += whole.len();
        let body = Bytes::copy_from_slice(&tag[11..]);
        Ok(Some(Tag { kind, time_ms: u32::from_be_bytes([t0, t1, t2, t3]), body }))
    }

    /// Bytes that belong to no whole tag yet.
    pub fn rest(&self) -> usize {
        self.buffer.len() - self.taken
    }
}

/// All tags of a whole file; an error says where it stops being one.
pub fn parse(bytes: &[u8]) -> Result<Vec<Tag>, String> {
    let mut splitter = Splitter::default();
    splitter.push(bytes);
    let mut tags = Vec::new();
    while let Some(tag) = splitter.next_tag().map_err(|why| format!("{why}, behind {} tags", tags.len()))? {
        tags.push(tag);
    }
    match splitter.rest() {
        0 => Ok(tags),
        rest => Err(format!("{rest} bytes behind the last whole tag")),
    }
}
