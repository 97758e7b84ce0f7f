//! What a person may say to a `run`.

use tokio::sync::oneshot;

use super::find::find;
use super::{Leaving, Runner, State, Wanted, plan};
use crate::monitor::room::Leave;
use crate::monitor::watch::Command;

/// A word of a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// Look at a room now.
    Check(String),
    /// Begin another segment of a room's recording.
    Cut(String),
    /// Stop watching a room, or all: what is recorded is closed, notices are taken back. Outlasts a changed config.
    Stop(Option<String>),
    /// Watch it again, or all.
    Start(Option<String>),
    /// Stop the program in order.
    Quit,
}

/// The word, and where its answer goes: what was done, or why not, in a sentence.
#[derive(Debug)]
pub struct Asked {
    /// What is to be done.
    pub order: Order,
    /// Hears what came of it.
    pub reply: oneshot::Sender<Result<String, String>>,
}

impl Runner {
    pub(super) fn obey(&mut self, order: Order) -> Result<String, String> {
        match order {
            Order::Check(word) => self.pass_on(&word, Command::Check, "asked"),
            Order::Cut(word) => self.pass_on(&word, Command::Cut, "cut at the next key frame"),
            Order::Stop(word) => {
                let chosen = self.chosen(word.as_deref())?;
                let count = chosen.iter().rev().filter(|at| self.stop_one(**at)).count();
                Ok(rooms(count, "stopped"))
            }
            Order::Start(word) => {
                let again = self.start_leaving(word.as_deref());
                let chosen = match self.chosen(word.as_deref()) {
                    Err(_) if again > 0 => Vec::new(),
                    chosen => chosen?,
                };
                let count = chosen.iter().filter(|at| self.start_one(**at)).count();
                Ok(rooms(again + count, "started"))
            }
            // Ends the loop that obeys.
            Order::Quit => Ok(String::from("stopping")),
        }
    }

    fn pass_on(&self, word: &str, command: Command, done: &str) -> Result<String, String> {
        for at in self.chosen(Some(word))? {
            let wanted = self.wanted.get(at);
            if wanted.is_some_and(|wanted| wanted.state == State::Expected) {
                return Err(format!("`{word}` waits for its picker, which is being compiled"));
            }
            let wanted = wanted.filter(|wanted| wanted.state == State::Watched);
            let Some(id) = wanted.and_then(|wanted| wanted.id) else {
                return Err(format!("`{word}` is not watched\nhint: `start {word}`"));
            };
            if !self.household.rooms.command(id, command) {
                return Err(format!("`{word}` does not listen at the moment"));
            }
        }
        Ok(done.to_owned())
    }

    /// Places in the list of wanted rooms.
    fn chosen(&self, word: Option<&str>) -> Result<Vec<usize>, String> {
        let Some(word) = word else { return Ok((0..self.wanted.len()).collect()) };
        let views = self.household.rooms.board().rooms();
        let view = |wanted: &Wanted| views.iter().find(|(id, _)| Some(*id) == wanted.id).map(|(_, view)| view);
        let named = self.wanted.iter().map(|wanted| (wanted.wish.url.as_str(), view(wanted)));
        find(word, &named.collect::<Vec<_>>())
    }

    fn stop_one(&mut self, at: usize) -> bool {
        let Some(wanted) = self.wanted.get_mut(at) else { return false };
        match wanted.state {
            State::Watched => {}
            // Otherwise it would begin when its picker comes.
            State::Expected | State::NoPicker => {
                wanted.id.take().into_iter().for_each(|id| self.household.rooms.remove(id));
                let shown = self.household.rooms.show_idle(&plan(&wanted.wish).0, "stopped", "by a person");
                (wanted.state, wanted.id) = (State::Stopped, Some(shown));
                return true;
            }
            _ => return false,
        }
        let mut wanted = self.wanted.remove(at);
        let Some(id) = wanted.id.take() else { return false };
        self.household.rooms.leave(id, Leave::Over);
        wanted.state = State::Stopped;
        self.leaving.insert(id, Leaving { url: wanted.wish.url.clone(), next: Some(wanted) });
        true
    }

    /// Rooms that were stopped and whose files are still being closed: they begin when that is done.
    fn start_leaving(&mut self, word: Option<&str>) -> usize {
        let views = self.household.rooms.board().rooms();
        let mut started = 0;
        for (id, leaving) in &mut self.leaving {
            let view = views.iter().find(|(known, _)| known == id).map(|(_, view)| view);
            let is_meant = word.is_none_or(|word| find(word, &[(leaving.url.as_str(), view)]).is_ok());
            let stopped = leaving.next.as_mut().filter(|next| is_meant && next.state == State::Stopped);
            if let Some(next) = stopped {
                next.state = State::Watched;
                started += 1;
            }
        }
        started
    }

    fn start_one(&mut self, at: usize) -> bool {
        let Some(wanted) = self.wanted.get(at) else { return false };
        if !matches!(wanted.state, State::Stopped | State::Ended | State::NoPicker | State::Twin) {
            return false;
        }
        let mut wanted = self.wanted.remove(at);
        self.begin(&mut wanted);
        let started = wanted.state == State::Watched;
        self.wanted.insert(at, wanted);
        started
    }
}

fn rooms(count: usize, done: &str) -> String {
    match count {
        1 => format!("one room {done}"),
        count => format!("{count} rooms {done}"),
    }
}
