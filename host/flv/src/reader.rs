//! Framing: the bytes of a connection, cut at any places, become tags.
//!
//! A tag leaves as soon as its PreviousTagSize is there and confirms its DataSize. Where the two disagree, or the bytes
//! cannot be a tag, the reader looks ahead until a chain of tags proves where they go on. Knows nothing of codecs and
//! does not look into bodies.

mod chain;
mod end;
mod framing;
mod proof;
mod search;
mod sniff;
#[cfg(test)]
mod tests;
mod window;

use std::collections::VecDeque;

use bytes::Bytes;

use self::chain::Header;
use self::proof::WrongPointer;
use self::search::Search;
use self::window::Window;
use crate::note::{Fault, Note};
use crate::tag::{Tag, Track};

/// What the reader gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// A tag with a known type and a body of at least one byte; its time as sent.
    Tag(Tag),
    /// What was mended or skipped between the tags; its `at_ms` is 0, the remuxer fills it in.
    Note(Note),
}

/// Where the reader stands.
#[derive(Debug)]
enum State {
    /// At the first byte of a connection.
    Start,
    /// Behind an FLV header, before the first PreviousTagSize.
    FirstPointer,
    /// At the begin of a tag.
    Tag,
    /// The same, in front of a suspiciously large one whose body is being searched.
    LargeTag(Search),
    /// Somewhere.
    Lost {
        /// For the next chain of tags.
        search: Search,
        /// The header at the place where doubt arose, if one stands there.
        doubted: Option<Header>,
    },
}

/// What a step came to.
#[derive(Clone, Copy)]
enum Step {
    /// The tag at the current place is complete.
    Gives(Header, Track),
    /// The same, and it is the last one: its PreviousTagSize may be missing.
    GivesLast(Header, Track),
    /// Something was settled; look again.
    Goes,
    /// More bytes are wanted.
    Wants,
}

/// Turns the bytes of a stream into tags. Holds at most a tag of [`MAX_PAYLOAD`](crate::tag::MAX_PAYLOAD) and the
/// chunk that was pushed last.
#[derive(Debug)]
pub struct Reader {
    window: Window,
    /// The next byte that is not settled.
    at: u64,
    state: State,
    /// Notes, and the tag that they precede.
    ready: VecDeque<Item>,
    fault: Option<Fault>,
    /// Where the connection began.
    connected_at: u64,
    /// Whether the connection has given a tag.
    seen_tag: bool,
    /// Whether the input of this connection has ended.
    ended: bool,
    /// The StreamID that the stream is known to use.
    stream_id: u32,
    /// The last PreviousTagSize, if it was wrong, and a chain has proved that the tags are right nevertheless.
    wrong_pointer: Option<WrongPointer>,
}

impl Default for Reader {
    fn default() -> Self {
        Self::new()
    }
}

impl Reader {
    /// A reader at the first byte of the first connection.
    pub fn new() -> Reader {
        Reader {
            window: Window::default(),
            at: 0,
            state: State::Start,
            ready: VecDeque::new(),
            fault: None,
            connected_at: 0,
            seen_tag: false,
            ended: false,
            stream_id: 0,
            wrong_pointer: None,
        }
    }

    /// Takes what the network gave. Call [`next`](Reader::next) until it gives nothing before pushing more.
    pub fn push(&mut self, chunk: Bytes) {
        self.window.push(chunk);
    }

    /// The next tag or note; none when more bytes are wanted. A fault stays until [`reconnected`](Reader::reconnected).
    // It is no iterator: it may give more after it gave none.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> Result<Option<Item>, Fault> {
        loop {
            if let Some(item) = self.ready.pop_front() {
                return Ok(Some(item));
            }
            if let Some(fault) = &self.fault {
                return Err(fault.clone());
            }
            let step = match self.step() {
                Step::Wants if self.ended => self.step_at_end(),
                step => step,
            };
            let tag = match step {
                Step::Gives(header, track) => self.take(header, track),
                Step::GivesLast(header, track) => self.take_last(header, track),
                Step::Goes => continue,
                Step::Wants => return Ok(None),
            };
            match tag {
                Some(tag) if self.ready.is_empty() => return Ok(Some(Item::Tag(tag))),
                Some(tag) => self.ready.push_back(Item::Tag(tag)),
                None => {}
            }
        }
    }

    /// Holds no longer what was pushed, but for a copy of a short rest. To be called when [`next`](Reader::next) has given
    /// nothing: the memory of a chunk is free for the next one then.
    pub fn let_go(&mut self) {
        self.window.let_go();
    }

    /// The input of this connection has ended: what is left of it, item by item until none. What was cut off is noted.
    pub fn finish(&mut self) -> Result<Option<Item>, Fault> {
        self.ended = true;
        self.next()
    }

    /// From now on the bytes come from a new connection, which may begin with an FLV header, or anywhere in the stream.
    /// Offsets go on. What [`finish`](Reader::finish) has not given of the old one is dropped.
    pub fn reconnected(&mut self) {
        let end = self.window.end();
        self.move_to(end);
        self.state = State::Start;
        self.ready.clear();
        self.fault = None;
        self.connected_at = end;
        self.seen_tag = false;
        self.ended = false;
        self.wrong_pointer = None;
    }
}
