//! Messages of other events than a session's beginning, on their way to one target: in their order, for a while, and
//! never taken back. They live in memory: what is no longer news after a restart is not worth a row.

use std::collections::VecDeque;
use std::time::Duration;

use tracing::warn;

use super::lane::Key;
use super::notice::{Moment, Trouble};
use super::page::Said;

/// Messages that may wait for one target.
const MOST: usize = 100;

/// How long a message is news.
const NEWS: Duration = Duration::from_secs(3_600);

struct Post {
    said: Said,
    since: Moment,
    due: Moment,
    failures: u32,
}

/// Messages that wait.
#[derive(Default)]
pub(super) struct Posts {
    waiting: VecDeque<Box<Post>>,
}

impl Posts {
    /// How many wait.
    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// One more; where too many wait already, the oldest goes.
    pub(super) fn push(&mut self, key: &Key, said: Said, now: Moment) {
        if self.waiting.len() >= MOST {
            warn!(target_name = key.target, "too many messages wait for the target, the oldest is dropped");
            self.waiting.pop_front();
        }
        self.waiting.push_back(Box::new(Post { said, since: now, due: now, failures: 0 }));
    }

    /// When the next one may go; what is no news any more is dropped.
    pub(super) fn due(&mut self, key: &Key, now: Moment) -> Option<Moment> {
        while let Some(post) = self.waiting.front() {
            if post.failures == 0 || now.saturating_sub(post.since) < NEWS {
                return Some(post.due);
            }
            warn!(target_name = key.target, "the target could not be told for an hour, a message is dropped");
            self.waiting.pop_front();
        }
        None
    }

    /// Takes the next one out.
    pub(super) fn next(&mut self) -> Option<OnItsWay> {
        self.waiting.pop_front().map(OnItsWay)
    }

    /// It was not told: it goes first again.
    pub(super) fn refused(&mut self, OnItsWay(mut post): OnItsWay, trouble: Trouble, now: Moment) {
        post.failures = post.failures.saturating_add(1);
        post.due = now.saturating_add(trouble.pause(post.failures));
        self.waiting.push_front(post);
    }
}

/// A message that is being told.
pub(super) struct OnItsWay(Box<Post>);

impl OnItsWay {
    /// What is told.
    pub(super) fn said(&self) -> &Said {
        &self.0.said
    }
}
