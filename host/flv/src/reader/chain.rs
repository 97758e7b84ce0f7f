//! When a position counts as the begin of a tag: one header proves nothing, a chain of tags does.
//!
//! Twelve bits of type and reserved bits and 24 of StreamID are soon met by chance in zero-filled data. A DataSize that
//! its PreviousTagSize confirms is 32 bits more, so two such tags in a row, near in time, are proof; where a sender
//! writes all PreviousTagSizes wrong, three headers in a row that agree must do.

use super::window::Window;
use crate::tag::{BACK_POINTER, TAG_HEADER, Track};

/// Tags of one stream that follow each other are not further apart than this. Wide enough for a sender that lost ten
/// seconds, narrow against the 49 days that random bits spread over.
const NEAR_MS: i32 = 20_000;

/// The 13 bytes that an FLV stream starts with, without the flags.
const FLV_MAGIC: [u8; 4] = *b"FLV\x01";

/// The 11 bytes before a body (FLV 10.1, E.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// None: an unknown type, or the filter bit or a reserved bit is set.
    pub(super) track: Option<Track>,
    pub(super) size: u32,
    pub(super) time_ms: u32,
    pub(super) stream_id: u32,
}

impl Header {
    pub(super) fn parse(bytes: [u8; TAG_HEADER]) -> Header {
        let [kind, s0, s1, s2, t0, t1, t2, t3, i0, i1, i2] = bytes;
        Header {
            track: Track::from_type(kind),
            size: u32::from_be_bytes([0, s0, s1, s2]),
            time_ms: u32::from_be_bytes([t3, t0, t1, t2]),
            stream_id: u32::from_be_bytes([0, i0, i1, i2]),
        }
    }

    #[inline]
    pub(super) fn read(window: &Window, at: u64) -> Option<Header> {
        let mut bytes = [0; TAG_HEADER];
        window.copy_to(at, &mut bytes).then(|| Header::parse(bytes))
    }

    /// Header and body: what a right PreviousTagSize says.
    pub(super) fn whole(self) -> u64 {
        u64::from(self.size).saturating_add(TAG_HEADER_BYTES)
    }
}

/// [`TAG_HEADER`] as a distance.
pub(super) const TAG_HEADER_BYTES: u64 = 11;
/// [`BACK_POINTER`] as a distance.
pub(super) const BACK_POINTER_BYTES: u64 = 4;
const _: () = assert!(TAG_HEADER == 11 && BACK_POINTER == 4, "the distances above follow the lengths");

/// The PreviousTagSize at `at`.
#[inline]
pub(super) fn back_pointer(window: &Window, at: u64) -> Option<u32> {
    let mut bytes = [0; BACK_POINTER];
    window.copy_to(at, &mut bytes).then(|| u32::from_be_bytes(bytes))
}

/// Whether an FLV header stands at `at`: none when too few bytes are here to say.
pub(super) fn is_flv_header(window: &Window, at: u64) -> Option<bool> {
    let mut bytes = [0; 4];
    window.copy_to(at, &mut bytes).then_some(bytes == FLV_MAGIC)
}

/// Whether tags of these times can follow each other.
pub(super) fn are_near(one_ms: u32, other_ms: u32) -> bool {
    let step = other_ms.wrapping_sub(one_ms).cast_signed();
    (-NEAR_MS..=NEAR_MS).contains(&step)
}

/// What is known of a position so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Chain {
    /// The position in question.
    pub(super) start: u64,
    /// Header of the tag that is looked at now.
    at: u64,
    /// Tags before `at` whose header is plausible.
    tags: u8,
    /// Those of them whose PreviousTagSize fits.
    confirmed: u8,
    /// All of them are of a known type and agree in StreamID.
    agree: bool,
    /// No two media tags of them are far apart in time.
    near: bool,
    stream_id: u32,
    time_ms: Option<u32>,
    /// The tag before it ended just here.
    is_expected: bool,
}

/// What the bytes that are here say of a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is one.
    Holds,
    /// It is none.
    Breaks,
    /// The input must reach this offset to say more.
    Wants(u64),
}

impl Chain {
    pub(super) fn new(start: u64) -> Chain {
        Chain {
            start,
            at: start,
            tags: 0,
            confirmed: 0,
            agree: true,
            near: true,
            stream_id: 0,
            time_ms: None,
            is_expected: false,
        }
    }

    /// One that begins where the tag before it ended.
    pub(super) fn expected(start: u64) -> Chain {
        Chain { is_expected: true, ..Chain::new(start) }
    }

    /// Looks on from where it stopped, as if the input ended at `known_end` (so that the outcome does not depend on how
    /// the network cut it), for tags that end by `limit`.
    pub(super) fn judge(&mut self, window: &Window, known_end: u64, limit: u64) -> Verdict {
        loop {
            let header_end = self.at.saturating_add(TAG_HEADER_BYTES);
            if header_end > known_end {
                return if header_end > limit { Verdict::Breaks } else { Verdict::Wants(header_end) };
            }
            let Some(header) = Header::read(window, self.at) else {
                return Verdict::Breaks;
            };
            if self.tags > 0 && is_flv_header(window, self.at) == Some(true) {
                // An FLV header behind a well-formed tag: streams were joined.
                return Verdict::Holds;
            }
            // The third header that agrees needs no body. Where a tag is expected anyway two will do: what follows may be
            // broken too.
            let will_do = self.is_expected && self.confirmed > 0 && self.agree && self.near;
            if self.tags >= 2 && (will_do || self.agrees_with(header)) {
                return Verdict::Holds;
            }
            let pointer_at = self.at.saturating_add(header.whole());
            let next = pointer_at.saturating_add(BACK_POINTER_BYTES);
            // Zeros are no tag; the other unknown types must be confirmed by their PreviousTagSize.
            let possible = header.track.is_some() || header.size > 0;
            if !possible || next > limit {
                return Verdict::Breaks;
            }
            if next > known_end {
                return Verdict::Wants(next);
            }
            let confirmed = back_pointer(window, pointer_at).map(u64::from) == Some(header.whole());
            if !self.add(header, confirmed, next) {
                return Verdict::Breaks;
            }
            if self.confirmed >= 3 || (self.confirmed >= 2 && self.near) {
                return Verdict::Holds;
            }
        }
    }

    /// Whether it would do if nothing came any more: the tags reach to the end, where the last one may be cut off.
    pub(super) fn holds_at_end(&self, window: &Window) -> bool {
        let Some(header) = Header::read(window, self.at) else {
            // Nothing, or less than a header, follows.
            return self.confirmed > 0 || self.tags > 1;
        };
        let rest = window.len_from(self.at);
        let ends_here = rest >= header.whole() && rest < header.whole().saturating_add(BACK_POINTER_BYTES);
        let known = header.track.is_some() && header.size > 0 && (self.tags == 0 || self.agrees_with(header));
        known && (ends_here || self.confirmed > 0 || self.tags > 1)
    }

    /// Where the tag behind them must begin.
    pub(super) fn next(&self) -> u64 {
        self.at
    }

    /// Tags that it has passed.
    pub(super) fn tags(&self) -> u8 {
        self.tags
    }

    fn agrees_with(&self, header: Header) -> bool {
        let near = self.near && (header.track == Some(Track::Script) || self.is_near(header.time_ms));
        near && self.agree && header.track.is_some() && header.size > 0 && header.stream_id == self.stream_id
    }

    fn is_near(&self, time_ms: u32) -> bool {
        self.time_ms.is_none_or(|before| are_near(before, time_ms))
    }

    /// Takes a tag into the chain; false when that breaks it.
    fn add(&mut self, header: Header, confirmed: bool, next: u64) -> bool {
        if self.tags > 0 {
            self.agree &= header.stream_id == self.stream_id;
        }
        self.agree &= header.track.is_some() && header.size > 0;
        if !confirmed && !self.agree {
            return false;
        }
        if header.track.is_some_and(|track| track != Track::Script) {
            self.near &= self.is_near(header.time_ms);
            self.time_ms = Some(header.time_ms);
        }
        // A tag that no PreviousTagSize confirms must at least be of the same time as its neighbours.
        if !self.near && u8::from(confirmed).saturating_add(self.confirmed) <= self.tags {
            return false;
        }
        self.stream_id = header.stream_id;
        self.tags = self.tags.saturating_add(1);
        self.confirmed = self.confirmed.saturating_add(u8::from(confirmed));
        self.at = next;
        true
    }
}
