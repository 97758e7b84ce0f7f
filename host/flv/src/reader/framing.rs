//! The steps of the reader: what stands at the place where it is, and where that ends.

use super::chain::{BACK_POINTER_BYTES, Header, TAG_HEADER_BYTES, back_pointer, is_flv_header};
use super::proof::{self, WrongPointer};
use super::search::{Found, LOOK_AHEAD, Search};
use super::sniff::{self, Look};
use super::{Item, Reader, State, Step};
use crate::note::{Fault, Note, NoteKind};
use crate::tag::{Tag, Track};

/// Bodies from this size on are searched for tags before they are taken: one flipped bit in a DataSize must not swallow
/// megabytes, nor hold up a live stream until they have come. Only the key frames of the largest streams are as large. The
/// price: a body of that size that holds whole FLV tags is taken apart, since its end would have to be waited for.
const SUSPICIOUS_BYTES: u32 = 512 << 10;

/// A DataOffset above this is not believed (FLV 10.1, E.2: it is 9 for version 1, larger for later ones).
const LARGEST_DATA_OFFSET: u64 = 64 << 10;

/// The least DataOffset: the length of the header itself.
const FLV_HEADER_BYTES: u64 = 9;

impl Reader {
    /// Settles what stands at the current place, if enough bytes are here.
    pub(super) fn step(&mut self) -> Step {
        match &self.state {
            State::Tag => self.step_tag(),
            State::Start => self.step_start(),
            State::FirstPointer => self.step_first_pointer(),
            State::LargeTag(_) => self.step_large_tag(),
            State::Lost { .. } => self.step_lost(),
        }
    }

    /// What is this connection?
    pub(super) fn step_start(&mut self) -> Step {
        let mut first = [0; sniff::ENOUGH];
        let here = usize::try_from(self.window.len_from(self.at)).unwrap_or(usize::MAX).min(first.len());
        let first = first.get_mut(..here).unwrap_or_default();
        self.window.copy_to(self.at, first);
        match sniff::look(first, self.ended) {
            Look::Flv => self.step_flv_header(),
            Look::Media => {
                let header = Header::read(&self.window, self.at);
                if header.is_none() && !self.ended {
                    return Step::Wants;
                }
                self.lose(Search::from(self.at), header.filter(|header| header.track.is_some()))
            }
            Look::Other(looks_like) => {
                self.fault = Some(Fault::NotFlv { looks_like });
                Step::Goes
            }
            Look::Unsure => Step::Wants,
        }
    }

    /// The FLV header, whatever its flags and version say.
    fn step_flv_header(&mut self) -> Step {
        let mut header = [0; 9];
        if !self.window.copy_to(self.at, &mut header) {
            return match self.ended {
                true => self.give_up(NoteKind::Truncated),
                false => Step::Wants,
            };
        }
        let [_, _, _, _, _, offset @ ..] = header;
        let offset = u64::from(u32::from_be_bytes(offset));
        let header_end = match offset {
            FLV_HEADER_BYTES => offset,
            0..FLV_HEADER_BYTES => FLV_HEADER_BYTES,
            _ => match self.begins_at(self.at.saturating_add(offset)) {
                _ if offset > LARGEST_DATA_OFFSET => FLV_HEADER_BYTES,
                Some(true) => offset,
                Some(false) => FLV_HEADER_BYTES,
                None if self.ended => FLV_HEADER_BYTES,
                None => return Step::Wants,
            },
        };
        self.move_to(self.at.saturating_add(header_end));
        self.state = State::FirstPointer;
        Step::Goes
    }

    /// Whether the PreviousTagSize of 0 and a first tag stand where a large DataOffset says.
    fn begins_at(&self, at: u64) -> Option<bool> {
        let header = Header::read(&self.window, at.saturating_add(BACK_POINTER_BYTES))?;
        let is_tag = header.track.is_some() && header.size > 0 && header.stream_id == 0;
        Some(is_tag && back_pointer(&self.window, at) == Some(0))
    }

    /// The PreviousTagSize before the first tag, which is 0 (FLV 10.1, E.3).
    fn step_first_pointer(&mut self) -> Step {
        match back_pointer(&self.window, self.at) {
            None => Step::Wants,
            Some(0) => {
                self.move_to(self.at.saturating_add(BACK_POINTER_BYTES));
                self.state = State::Tag;
                Step::Goes
            }
            // It is wrong, or missing, or the DataOffset was wrong.
            Some(_) => self.lose(Search::from(self.at), None),
        }
    }

    /// A tag, where the one before has ended as it said.
    #[inline]
    fn step_tag(&mut self) -> Step {
        let Some(header) = Header::read(&self.window, self.at) else {
            return Step::Wants;
        };
        match header.track {
            Some(track) if header.size > 0 && self.stream_fits(header) => {
                if header.size < SUSPICIOUS_BYTES {
                    return self.step_framed(header, track);
                }
                let body = self.at.saturating_add(TAG_HEADER_BYTES);
                self.state = State::LargeTag(Search::within(body, self.at.saturating_add(header.whole())));
                Step::Goes
            }
            _ => self.step_odd(header),
        }
    }

    /// A header that can be one, of a body that is or is not what it says.
    #[inline]
    fn step_framed(&mut self, header: Header, track: Track) -> Step {
        let pointer_at = self.at.saturating_add(header.whole());
        let Some(pointer) = back_pointer(&self.window, pointer_at) else {
            return Step::Wants;
        };
        if u64::from(pointer) == header.whole() {
            self.wrong_pointer = None;
            return Step::Gives(header, track);
        }
        if self.wrong_pointer.is_some() {
            // In a stream whose PreviousTagSizes are all wrong the next header alone must do: no tag waits for two more.
            let next = pointer_at.saturating_add(BACK_POINTER_BYTES);
            let Some(next) = Header::read(&self.window, next) else {
                return Step::Wants;
            };
            if next.track.is_some() && next.size > 0 && next.stream_id == header.stream_id {
                self.wrong_pointer = Some(WrongPointer::of(header, pointer));
                return Step::Gives(header, track);
            }
        }
        self.lose(Search::doubting(self.at), Some(header))
    }

    /// A large tag, unless tags stand inside of it.
    fn step_large_tag(&mut self) -> Step {
        let (State::LargeTag(search), Some(header)) = (&mut self.state, Header::read(&self.window, self.at)) else {
            return Step::Wants;
        };
        if let Found::At(start) = search.go_on(&self.window, u64::MAX) {
            return self.resume_at(start, Some(header));
        }
        match header.track {
            Some(track) => self.step_framed(header, track),
            None => self.step_odd(header),
        }
    }

    /// A header that cannot be one of a tag that is kept: an FLV header, an unknown type, no body, another stream.
    fn step_odd(&mut self, header: Header) -> Step {
        if is_flv_header(&self.window, self.at) == Some(true) {
            let at = self.at;
            let step = self.step_flv_header();
            if self.at != at {
                self.note(Note::repair(NoteKind::HeaderRepeated, at, 0));
            }
            return step;
        }
        // An empty tag of a known type is over at once, if it is one.
        if header.size == 0 && header.track.is_some() {
            match back_pointer(&self.window, self.at.saturating_add(TAG_HEADER_BYTES)).map(u64::from) {
                None => return Step::Wants,
                Some(TAG_HEADER_BYTES) => return self.skip(header),
                Some(_) => {}
            }
        }
        self.lose(Search::doubting(self.at), Some(header))
    }

    /// The place is lost: where do tags go on?
    fn step_lost(&mut self) -> Step {
        let State::Lost { search, doubted } = &mut self.state else {
            return Step::Wants;
        };
        // A connection that has given no tag is not searched for ever.
        let last = if self.seen_tag { u64::MAX } else { self.connected_at.saturating_add(LOOK_AHEAD) };
        let found = search.go_on(&self.window, last);
        let (doubted, keeps_from) = (*doubted, search.keeps_from());
        // Also where tags were found: what is kept must not depend on how many chunks the search has taken.
        self.window.drop_until(keeps_from);
        match found {
            Found::At(start) => self.resume_at(start, doubted),
            Found::Wants => Step::Wants,
            Found::Nowhere => {
                self.fault = Some(Fault::NoTags { searched_bytes: LOOK_AHEAD });
                Step::Goes
            }
        }
    }

    /// A chain of tags goes on at `start`; `doubted` is the header at the place where doubt arose.
    pub(super) fn resume_at(&mut self, start: u64, doubted: Option<Header>) -> Step {
        if let (true, Some(header)) = (start == self.at, doubted) {
            if !self.seen_tag && self.at == self.connected_at {
                self.note(Note::repair(NoteKind::HeaderMissing, self.at, 0));
            }
            return self.take_doubted(header);
        }
        self.state = State::Tag;
        if doubted.is_some_and(|header| self.take_proved(header, start)) {
            self.enter(start);
            return Step::Goes;
        }
        let skipped = start.saturating_sub(self.at);
        let kind = match () {
            // Joined in mid-stream: what stands before is the rest of a tag, or the PreviousTagSize of one.
            () if !self.seen_tag && self.at == self.connected_at => NoteKind::HeaderMissing,
            () if skipped == 0 || !self.seen_tag && skipped <= BACK_POINTER_BYTES => NoteKind::BackPointer,
            () => NoteKind::Garbage,
        };
        let bytes = if kind == NoteKind::BackPointer { 0 } else { skipped };
        self.note(Note { bytes, ..Note::repair(kind, self.at, 0) });
        self.enter(start);
        Step::Goes
    }

    /// Gives the tag at the current place if it is whole after all; tags, or the end of the input, follow at `next`.
    pub(super) fn take_proved(&mut self, header: Header, next: u64) -> bool {
        let proved = proof::whole(&self.window, self.at, header, next, self.wrong_pointer);
        let Some((size, track)) = proved.filter(|_| self.stream_fits(header) && self.window.holds(self.at)) else {
            return false;
        };
        let framed = Header { size, ..header };
        let behind = self.at.saturating_add(framed.whole()).saturating_add(BACK_POINTER_BYTES);
        if !self.seen_tag && self.at == self.connected_at {
            self.note(Note::repair(NoteKind::HeaderMissing, self.at, 0));
        }
        self.note(Note { tags: 1, ..Note::repair(NoteKind::BackPointer, self.at, 0) });
        if let Some(tag) = self.take_body(framed, track) {
            self.ready.push_back(Item::Tag(tag));
        }
        if let Some(bytes) = next.checked_sub(behind).filter(|bytes| *bytes > 0) {
            self.note(Note { bytes, ..Note::repair(NoteKind::Garbage, behind, 0) });
        }
        true
    }

    /// Goes on at the first tag of a chain, which is believed in what StreamID it has.
    fn enter(&mut self, start: u64) {
        self.move_to(start);
        if let Some(header) = Header::read(&self.window, start).filter(|header| header.track.is_some()) {
            self.believe_stream_id(header);
        }
    }

    /// The tag at the current place has been proved by what follows it.
    fn take_doubted(&mut self, header: Header) -> Step {
        self.state = State::Tag;
        let Some(track) = header.track.filter(|_| header.size > 0) else {
            return self.skip(header);
        };
        self.believe_stream_id(header);
        let pointer = back_pointer(&self.window, self.at.saturating_add(header.whole())).unwrap_or_default();
        let is_wrong = u64::from(pointer) != header.whole();
        if is_wrong && self.wrong_pointer.is_none() {
            self.note(Note { tags: 1, ..Note::repair(NoteKind::BackPointer, self.at, 0) });
        }
        self.wrong_pointer = is_wrong.then(|| WrongPointer::of(header, pointer));
        Step::Gives(header, track)
    }

    /// Whether its StreamID is none, or the stream's.
    #[inline]
    pub(super) fn stream_fits(&self, header: Header) -> bool {
        header.stream_id == 0 || header.stream_id == self.stream_id
    }

    /// Notes the first tag of another StreamID.
    fn believe_stream_id(&mut self, header: Header) {
        if header.stream_id != 0 && header.stream_id != self.stream_id {
            self.stream_id = header.stream_id;
            self.note(Note { tags: 1, ..Note::repair(NoteKind::StreamId, self.at, 0) });
        }
    }

    /// Gives the tag at the current place and goes behind it.
    #[inline]
    pub(super) fn take(&mut self, header: Header, track: Track) -> Option<Tag> {
        self.state = State::Tag;
        let tag = self.take_body(header, track);
        self.move_to(self.at.saturating_add(header.whole()).saturating_add(BACK_POINTER_BYTES));
        tag
    }

    /// Gives the tag at the current place.
    #[inline]
    pub(super) fn take_body(&mut self, header: Header, track: Track) -> Option<Tag> {
        let offset = self.at;
        let size = usize::try_from(header.size).unwrap_or(usize::MAX);
        let payload = self.window.slice(offset.saturating_add(TAG_HEADER_BYTES), size)?;
        self.seen_tag = true;
        Some(Tag { track, time_ms: header.time_ms, payload, offset })
    }

    /// Leaves out a tag that is framed well.
    fn skip(&mut self, header: Header) -> Step {
        self.state = State::Tag;
        self.note(Note { tags: 1, bytes: header.whole(), ..Note::repair(NoteKind::TagSkipped, self.at, 0) });
        self.move_to(self.at.saturating_add(header.whole()).saturating_add(BACK_POINTER_BYTES));
        Step::Goes
    }

    fn lose(&mut self, search: Search, doubted: Option<Header>) -> Step {
        self.state = State::Lost { search, doubted };
        Step::Goes
    }

    #[inline]
    pub(super) fn move_to(&mut self, at: u64) {
        self.at = at;
        self.window.drop_until(at);
    }

    pub(super) fn note(&mut self, note: Note) {
        self.ready.push_back(Item::Note(note));
    }
}
