//! What an origin does with one connection, put together like a sentence: `Answer::live(&feed).resets_in_tag(40)`.

use std::time::Duration;

use bytes::Bytes;

use super::Leash;
use crate::feed::{Feed, Join, Phase};

/// One connection's fate.
#[derive(Clone, Debug)]
pub struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Body,
    pub(super) framing: Framing,
    pub(super) fault: Option<Fault>,
    pub(super) quirk: Option<(usize, Quirk)>,
    pub(super) bytes_per_second: Option<u64>,
    pub(super) after: Duration,
    pub(super) dies: Option<How>,
    pub(super) leash: Option<Leash>,
}

#[derive(Clone, Debug)]
pub(super) enum Body {
    /// So many times the same bytes.
    Bytes(Bytes, u64),
    Live(Feed, Join),
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Framing {
    /// `Transfer-Encoding: chunked`, one chunk a tag.
    Chunked,
    /// The body ends with the connection.
    UntilClose,
    /// A Content-Length, which may be a lie.
    Length(u64),
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Fault {
    pub(super) at: At,
    pub(super) how: How,
    /// Half of the next tag is sent before it happens.
    pub(super) in_tag: bool,
}

/// When something goes wrong.
#[derive(Clone, Copy, Debug)]
pub enum At {
    /// Behind so many tags.
    Tag(usize),
    /// Behind so much media.
    Media(Duration),
    /// Behind so many bytes of the body.
    Byte(u64),
}

/// What a connection lives through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quirk {
    /// Nothing comes for so long, then all that passed meanwhile.
    Pauses(Duration),
    /// A tag's PreviousTagSize is wrong.
    LiesBehind,
    /// A tag's DataSize is a few bytes off.
    LiesAbout,
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// The connection is closed (FIN), a chunked body without its last chunk.
    Close,
    /// The connection is reset (RST).
    Reset,
    /// Nothing more comes, the connection stays.
    Stall,
}

impl Answer {
    /// The feed from its next key frame on; 404 while it is not on air.
    pub fn live(feed: &Feed) -> Self {
        Answer::of(200, Body::Live(feed.clone(), Join::NextKey), Framing::Chunked).header("Content-Type", "video/x-flv")
    }

    /// A finished file with its length.
    pub fn file(bytes: impl Into<Bytes>, content_type: &str) -> Self {
        let bytes = bytes.into();
        let length = bytes.len() as u64;
        Answer::of(200, Body::Bytes(bytes, 1), Framing::Length(length)).header("Content-Type", content_type)
    }

    /// So many times the same bytes, for bodies larger than memory should hold.
    pub fn repeated(bytes: impl Into<Bytes>, times: u64, content_type: &str) -> Self {
        Answer::of(200, Body::Bytes(bytes.into(), times), Framing::Chunked).header("Content-Type", content_type)
    }

    /// A page for people where media should be.
    pub fn html() -> Self {
        let page =
            "<!DOCTYPE html>\n<html><head><title>Not here</title></head><body>The stream is over.</body></html>\n";
        Answer::file(page, "text/html; charset=utf-8")
    }

    /// A status and no body.
    pub fn status(status: u16) -> Self {
        Answer::of(status, Body::Bytes(Bytes::new(), 1), Framing::Length(0))
    }

    /// A 302.
    pub fn redirect(location: &str) -> Self {
        Answer::status(302).header("Location", location)
    }

    /// None at all: the request is taken, then the connection goes.
    pub fn none(how: How) -> Self {
        Answer { dies: Some(how), ..Answer::status(0) }
    }

    fn of(status: u16, body: Body, framing: Framing) -> Self {
        let (fault, quirk, bytes_per_second, dies, leash) = (None, None, None, None, None);
        Answer {
            status,
            headers: Vec::new(),
            body,
            framing,
            fault,
            quirk,
            bytes_per_second,
            after: Duration::ZERO,
            dies,
            leash,
        }
    }

    /// With one more header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With another status.
    pub fn with_status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// Not before this time has passed.
    pub fn after(mut self, delay: Duration) -> Self {
        self.after = delay;
        self
    }

    /// A live body that can be broken off at any moment.
    pub fn on(mut self, leash: &Leash) -> Self {
        self.leash = Some(leash.clone());
        self
    }

    /// The status that it carries; 0 for none at all.
    pub fn code(&self) -> u16 {
        self.status
    }

    /// From another place of the feed.
    pub fn joins(mut self, join: Join) -> Self {
        if let Body::Live(_, from) = &mut self.body {
            *from = join;
        }
        self
    }

    /// In chunks.
    pub fn chunked(mut self) -> Self {
        self.framing = Framing::Chunked;
        self
    }

    /// Without a length; the body ends when the connection is closed.
    pub fn until_close(mut self) -> Self {
        self.framing = Framing::UntilClose;
        self
    }

    /// With a Content-Length, whatever the body has.
    pub fn claims_length(mut self, length: u64) -> Self {
        self.framing = Framing::Length(length);
        self
    }

    /// Something goes wrong, right between two tags.
    pub fn fails(mut self, at: At, how: How) -> Self {
        self.fault = Some(Fault { at, how, in_tag: false });
        self
    }

    /// Something goes wrong in the middle of a tag.
    pub fn fails_in_tag(mut self, at: At, how: How) -> Self {
        self.fault = Some(Fault { at, how, in_tag: true });
        self
    }

    /// Something happens at the tag of this number, and the connection goes on.
    pub fn survives(mut self, tag: usize, quirk: Quirk) -> Self {
        self.quirk = Some((tag, quirk));
        self
    }

    /// Slowly.
    pub fn slow(mut self, bytes_per_second: u64) -> Self {
        self.bytes_per_second = Some(bytes_per_second);
        self
    }

    pub(super) fn is_dark(&self) -> bool {
        matches!(&self.body, Body::Live(feed, _) if feed.phase() != Phase::OnAir)
    }
}
