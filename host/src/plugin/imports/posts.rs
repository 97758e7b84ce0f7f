//! What a call has sent that may have changed something: after a failure it decides whether it may be tried again.

use std::sync::{Arc, Mutex, PoisonError};

use crate::http::{GuestError, GuestResponse, Method, Trace};
use crate::model::Failure;
use crate::plugin::error::CallError;

/// The requests of one call that were neither GET nor HEAD. Clones share them.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Posts(Arc<Mutex<Vec<Outcome>>>);

/// What became of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// It is under way, or was when the call ended.
    Open,
    /// It reached nobody.
    Unsent,
    /// It may have reached somebody, and the answer was lost.
    Unanswered,
    /// The whole answer came.
    Answered(u16),
}

impl Posts {
    /// Notes a request that begins; its place is needed again when it ends. None for one that only asks.
    pub(super) fn begin(&self, method: Method) -> Option<usize> {
        if matches!(method, Method::Get | Method::Head) {
            return None;
        }
        let mut posts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        posts.push(Outcome::Open);
        Some(posts.len() - 1)
    }

    /// Notes how a request ended.
    pub(super) fn end(&self, place: Option<usize>, answer: &Result<GuestResponse, GuestError>, trace: &Trace) {
        let mut posts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(post) = place.and_then(|place| posts.get_mut(place)) else { return };
        *post = match answer {
            Ok(answer) => Outcome::Answered(answer.status),
            Err(_) if trace.is_sent() => Outcome::Unanswered,
            Err(_) => Outcome::Unsent,
        };
    }

    /// Whether the call may have done what it was asked to although it failed with this error.
    pub(in super::super) fn leave_doubt(&self, error: &CallError) -> bool {
        let posts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let any = |test: fn(&Outcome) -> bool| posts.iter().any(test);
        // What was still open when the call was cut off may have gone out a moment later.
        let is_lost = any(|post| matches!(post, Outcome::Open | Outcome::Unanswered));
        match error {
            // The service took it, and what it said of that could not be read.
            CallError::Failure(Failure::UnexpectedAnswer(_) | Failure::Network(_)) => {
                is_lost || any(|post| matches!(post, Outcome::Answered(200..300)))
            }
            CallError::Failure(_) => is_lost,
            // The guest never came to say what the answers meant.
            _ => any(|post| *post != Outcome::Unsent),
        }
    }
}

#[cfg(test)]
mod tests;
