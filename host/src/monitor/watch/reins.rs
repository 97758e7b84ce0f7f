//! How a room is led: what is wished of it, what is said to it, and when it is to be left.
//!
//! One place and one bell for all three: thousands of rooms wait at theirs, and a channel for each would be most of what
//! a dark room takes of the memory.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::Wishes;
use crate::monitor::room::Leave;

/// Words that a room may have waiting.
const COMMANDS: usize = 8;

/// What may be said to a room that is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Look now.
    Check,
    /// Begin another segment.
    Cut,
    /// Another build of the picker answers.
    Replaced,
}

/// The end of whoever leads. When it is gone the room is left as if the program were stopped: nobody remains to decide
/// that its session is over.
#[derive(Debug)]
pub struct Reins(Arc<Shared>);

/// The room's end.
#[derive(Debug)]
pub struct Led {
    shared: Arc<Shared>,
    /// Whether the room has been told to be left.
    is_leaving: bool,
}

/// What a room hears.
#[derive(Debug)]
pub(super) enum Word {
    /// It is to be left; told once.
    Leave(Leave),
    /// Somebody's word.
    Command(Command),
    /// Something else is wished of it.
    Wishes(Arc<Wishes>),
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    /// Rung at each change.
    bell: Notify,
}

#[derive(Debug)]
struct State {
    wishes: Arc<Wishes>,
    has_new_wishes: bool,
    commands: VecDeque<Command>,
    leave: Option<Leave>,
    /// Nobody hears any more.
    is_deaf: bool,
}

/// The two ends, for a room of which this is wished.
pub fn reins(wishes: Arc<Wishes>) -> (Reins, Led) {
    let (has_new_wishes, is_deaf) = (false, false);
    let state = State { wishes, has_new_wishes, commands: VecDeque::new(), leave: None, is_deaf };
    let shared = Arc::new(Shared { state: Mutex::new(state), bell: Notify::new() });
    (Reins(Arc::clone(&shared)), Led { shared, is_leaving: false })
}

impl Reins {
    /// Something else is wished from now on.
    pub fn wish(&self, wishes: Arc<Wishes>) {
        let mut state = self.0.state();
        (state.wishes, state.has_new_wishes) = (wishes, true);
        self.0.bell.notify_one();
    }

    /// Says it. False when the room has too many words waiting, or is gone.
    pub fn say(&self, command: Command) -> bool {
        let mut state = self.0.state();
        let is_heard = !state.is_deaf && state.commands.len() < COMMANDS;
        if is_heard {
            state.commands.push_back(command);
            self.0.bell.notify_one();
        }
        is_heard
    }

    /// The room is to be left.
    pub fn leave(&self, leave: Leave) {
        self.0.state().leave = Some(leave);
        self.0.bell.notify_one();
    }
}

impl Drop for Reins {
    fn drop(&mut self) {
        self.0.state().leave.get_or_insert(Leave::Keep);
        self.0.bell.notify_one();
    }
}

impl Led {
    /// What is wished at this moment.
    pub(super) fn wishes(&self) -> Arc<Wishes> {
        Arc::clone(&self.shared.state().wishes)
    }

    /// Waits until the room is to be left, or to be done when it is dark; whether it is to be left. All words stay
    /// waiting.
    pub async fn let_go(&self) -> bool {
        loop {
            {
                let state = self.shared.state();
                if state.leave.is_some() || state.wishes.rules.last {
                    return state.leave.is_some();
                }
            }
            self.shared.bell.notified().await;
        }
    }

    /// The next word. Dropping the future loses none.
    pub(super) async fn next(&mut self) -> Word {
        loop {
            if let Some(word) = self.waiting() {
                return word;
            }
            self.shared.bell.notified().await;
        }
    }

    fn waiting(&mut self) -> Option<Word> {
        let mut state = self.shared.state();
        if let Some(leave) = state.leave.filter(|_| !self.is_leaving) {
            self.is_leaving = true;
            return Some(Word::Leave(leave));
        }
        if let Some(command) = state.commands.pop_front() {
            return Some(Word::Command(command));
        }
        let has_new_wishes = std::mem::take(&mut state.has_new_wishes);
        has_new_wishes.then(|| Word::Wishes(Arc::clone(&state.wishes)))
    }
}

impl Drop for Led {
    fn drop(&mut self) {
        self.shared.state().is_deaf = true;
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
