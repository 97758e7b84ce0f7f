//! What a call sends to the real platform and what comes back, noted as it is: it must be redacted before it is shown.

use std::sync::{Arc, Mutex, PoisonError};

use super::{Asked, Still};
use crate::http::{GuestError, GuestRequest, GuestResponse};

/// The notes of one call. Clones share them.
#[derive(Clone)]
pub(in super::super) struct Recorder {
    still: Still,
    notes: Arc<Mutex<Vec<Note>>>,
}

/// A request, and its answer once it is there.
pub(super) struct Note {
    pub(super) asked: Asked,
    pub(super) answer: Option<Result<GuestResponse, GuestError>>,
}

impl Recorder {
    pub(super) fn new(still: Still) -> Recorder {
        Recorder { still, notes: Arc::default() }
    }

    pub(in super::super) fn still(&self) -> Still {
        self.still
    }

    /// Notes a request that begins; its place is needed again when the answer comes.
    pub(in super::super) fn begin(&self, request: &GuestRequest) -> usize {
        let mut notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        notes.push(Note { asked: Asked::of(request), answer: None });
        notes.len() - 1
    }

    /// Notes the answer.
    pub(in super::super) fn end(&self, place: usize, answer: &Result<GuestResponse, GuestError>) {
        let mut notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(note) = notes.get_mut(place) {
            note.answer = Some(answer.clone());
        }
    }

    /// Takes what was noted.
    pub(super) fn take(&self) -> Vec<Note> {
        std::mem::take(&mut *self.notes.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
