//! The end of the input: what is whole although nothing follows it.

use super::chain::{BACK_POINTER_BYTES, Header, TAG_HEADER_BYTES};
use super::search::{Found, Search};
use super::{Reader, State, Step, proof};
use crate::note::{Fault, Note, NoteKind};
use crate::tag::{Tag, Track};

impl Reader {
    /// What [`step`](Self::step) wants more bytes for, when none will come.
    pub(super) fn step_at_end(&mut self) -> Step {
        if self.window.len_from(self.at) == 0 {
            return Step::Wants;
        }
        match &self.state {
            State::Start => self.step_start(),
            // Nothing but a part of the first PreviousTagSize has come.
            State::FirstPointer => self.give_up(NoteKind::Truncated),
            State::Tag | State::LargeTag(_) => self.step_last_tag(),
            State::Lost { .. } => self.step_lost_at_end(),
        }
    }

    /// The place is lost, and no chain of tags has been proved.
    fn step_lost_at_end(&mut self) -> Step {
        let State::Lost { doubted, .. } = &self.state else {
            return Step::Wants;
        };
        let doubted = *doubted;
        if doubted.is_some_and(|header| header.track.is_some() && self.stream_fits(header) && self.is_led_back_to()) {
            return self.end_in(doubted, NoteKind::Garbage);
        }
        if let Some(header) = doubted.filter(|header| header.track.is_some())
            && let Some(end) = proof::end_by_pointer(&self.window, self.at, header)
            && self.take_proved(header, end)
        {
            self.state = State::Tag;
            self.move_to(end);
            return Step::Goes;
        }
        // Where the connection begins anything may stand.
        let known = doubted.filter(|header| header.track.is_some() && self.at != self.connected_at);
        let trusted = known.map(|_| self.at);
        let found = match &mut self.state {
            State::Lost { search, .. } => search.at_end(&self.window, trusted),
            _ => None,
        };
        if let Some(start) = found {
            return self.resume_at(start, doubted);
        }
        if self.seen_tag || doubted.is_some_and(|header| self.is_proved(header, self.window.end())) {
            return self.end_in(doubted, NoteKind::Garbage);
        }
        let searched_bytes = self.window.end().saturating_sub(self.connected_at);
        self.fault = Some(Fault::NoTags { searched_bytes });
        Step::Goes
    }

    /// Nothing but the tag at the current place is left, if it is one.
    fn end_in(&mut self, header: Option<Header>, kind: NoteKind) -> Step {
        let end = self.window.end();
        if !header.is_some_and(|header| self.take_proved(header, end)) {
            return self.give_up(kind);
        }
        self.move_to(end);
        Step::Goes
    }

    /// The input ends in a tag, or in the PreviousTagSize behind it.
    fn step_last_tag(&mut self) -> Step {
        let rest = self.window.len_from(self.at);
        let Some(header) = Header::read(&self.window, self.at) else {
            return self.give_up(NoteKind::Truncated);
        };
        if rest >= header.whole() {
            let pointer_bytes = rest.saturating_sub(header.whole());
            if pointer_bytes < BACK_POINTER_BYTES {
                self.note(Note { bytes: pointer_bytes, ..Note::repair(NoteKind::Truncated, self.at, 0) });
            }
            if let Some(track) = header.track.filter(|_| header.size > 0) {
                return Step::GivesLast(header, track);
            }
            self.move_to(self.window.end());
            return Step::Goes;
        }
        // Its DataSize may be wrong, and swallow the tags behind it.
        let mut search = Search::from(self.at.saturating_add(TAG_HEADER_BYTES));
        let found = match search.go_on(&self.window, u64::MAX) {
            Found::At(start) => Some(start),
            Found::Wants | Found::Nowhere => search.at_end(&self.window, None),
        };
        match found {
            Some(start) => self.resume_at(start, Some(header)),
            None => self.end_in(Some(header), NoteKind::Truncated),
        }
    }

    /// Gives the tag at the current place, behind which at most a part of its PreviousTagSize is left.
    pub(super) fn take_last(&mut self, header: Header, track: Track) -> Option<Tag> {
        let tag = self.take_body(header, track);
        self.move_to(self.window.end());
        tag
    }

    /// Leaves out the rest of the input.
    pub(super) fn give_up(&mut self, kind: NoteKind) -> Step {
        let rest = self.window.len_from(self.at);
        if rest > 0 {
            self.note(Note { bytes: rest, ..Note::repair(kind, self.at, 0) });
        }
        self.move_to(self.window.end());
        Step::Goes
    }

    /// Whether the last PreviousTagSize leads to the current place, whatever the DataSize says.
    fn is_led_back_to(&self) -> bool {
        proof::by_pointer(&self.window, self.at, self.window.end()).is_some()
    }

    fn is_proved(&self, header: Header, next: u64) -> bool {
        proof::whole(&self.window, self.at, header, next, self.wrong_pointer).is_some()
    }
}
