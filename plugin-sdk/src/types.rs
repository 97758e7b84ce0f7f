//! Comfort for the contract's plain data: defaults, constructors, builders. No rules live here.

use crate::{Candidate, Codec, Quality, Room, Status, Transport};

impl Room {
    /// A room without options, as tests want it.
    pub fn new(id: impl Into<String>, input: impl Into<String>) -> Room {
        Room { id: id.into(), input: input.into(), options: Vec::new() }
    }

    /// The user's last word for an option; none where there is none.
    pub fn option(&self, name: &str) -> Option<&str> {
        self.options(name).last()
    }

    /// All values of an option, in the user's order.
    pub fn options<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.options.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

impl Status {
    /// Not live, and nothing else known.
    pub const OFFLINE: Status = Status::Offline(None);
}

impl Quality {
    /// A quality by key, label and rank; higher ranks are better.
    pub fn new(key: impl Into<String>, label: impl Into<String>, rank: i32) -> Quality {
        Quality { key: key.into(), label: label.into(), rank, ..Quality::default() }
    }
}

impl Codec {
    /// From the names that platforms use: `avc`, `h264`, `hevc`, `h265`, `av1`, in any case; others are kept.
    pub fn named(name: &str) -> Codec {
        match name.to_ascii_lowercase().as_str() {
            "avc" | "avc1" | "h264" | "h.264" => Codec::Avc,
            "hevc" | "hvc1" | "hev1" | "h265" | "h.265" => Codec::Hevc,
            "av1" | "av01" => Codec::Av1,
            _ => Codec::Other(name.to_owned()),
        }
    }
}

impl Candidate {
    /// A candidate of which only this is known.
    pub fn new(url: impl Into<String>, transport: Transport) -> Candidate {
        Candidate {
            url: url.into(),
            transport,
            codec: None,
            quality: Quality::default(),
            cdn: None,
            headers: Vec::new(),
            expires_at: None,
            extra: Vec::new(),
        }
    }

    /// FLV over one HTTP connection.
    pub fn flv(url: impl Into<String>) -> Candidate {
        Candidate::new(url, Transport::Flv)
    }

    /// A playlist.
    pub fn hls(url: impl Into<String>) -> Candidate {
        Candidate::new(url, Transport::Hls)
    }

    /// What it really is.
    #[must_use]
    pub fn quality(mut self, quality: Quality) -> Candidate {
        self.quality = quality;
        self
    }

    /// The video's codec.
    #[must_use]
    pub fn codec(mut self, codec: Codec) -> Candidate {
        self.codec = Some(codec);
        self
    }

    /// The delivery network's name.
    #[must_use]
    pub fn cdn(mut self, name: impl Into<String>) -> Candidate {
        self.cdn = Some(name.into());
        self
    }

    /// A header that the media request must carry.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Candidate {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Until when (Unix seconds) a new connection may use the URL.
    #[must_use]
    pub fn expires_at(mut self, time: u32) -> Candidate {
        self.expires_at = Some(time);
        self
    }

    /// One more fact for the sidecar.
    #[must_use]
    pub fn extra(mut self, name: impl Into<String>, value: impl Into<String>) -> Candidate {
        self.extra.push((name.into(), value.into()));
        self
    }
}
