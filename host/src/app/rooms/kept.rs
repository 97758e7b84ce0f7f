//! Sessions that processes left open which are gone: each is taken up by its room, or ended by us.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use crate::app::owner;
use crate::model::RoomKey;
use crate::store::{SessionRow, Store};

/// Those that nobody has claimed yet. Cheap to clone; clones share them.
#[derive(Clone, Debug, Default)]
pub struct Kept(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    rows: Vec<(SessionRow, SystemTime)>,
    /// Rooms, as the user wrote them, whose ids are not known yet: any of them may be the one of a session.
    entering: Vec<String>,
    /// Ids of those that are over whatever their rooms do.
    lapsed: Vec<String>,
}

impl State {
    fn entered(&mut self, url: &str) {
        if let Some(at) = self.entering.iter().position(|entering| entering == url) {
            self.entering.swap_remove(at);
        }
    }
}

/// Whose sessions are ours to take up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heir {
    /// `run` takes up what a `run` left, and ends what a `record` left.
    Run,
    /// `record` leaves a `run`'s sessions to the next `run`.
    Record,
}

impl Kept {
    /// What the database knows of sessions whose owner is dead. `roots` are the output folders: a file that was written
    /// to later than the database knows is the better witness of when the session was last watched.
    pub async fn read(store: &Store, data: &Path, heir: Heir, roots: Vec<PathBuf>) -> Kept {
        let (rows, owing) = match (store.sessions_open().await, store.owing().await) {
            (Ok(rows), Ok(owing)) => (rows, owing),
            (Err(error), _) | (_, Err(error)) => {
                tracing::warn!(%error, "cannot tell what an earlier run left open");
                return Kept::default();
            }
        };
        let data = data.to_owned();
        let read = tokio::task::spawn_blocking(move || {
            // The one `run` holds its lock by now: whose sessions name it, an earlier one left.
            let ours = |owner: &str| match owner::is_run(owner) {
                true => heir == Heir::Run,
                false => owner::is_dead(&data, owner),
            };
            // Over, and its notices still stand; or noted by nobody but its notices.
            let lapsed = owing.into_iter().filter(|one| match &one.owner {
                Some(owner) => one.is_over && ours(owner),
                None => true,
            });
            let rows = rows.into_iter().filter(|row| ours(&row.owner)).map(|row| (last_write(&roots, &row), row));
            State {
                rows: rows.map(|(last, row)| (row, last)).collect(),
                lapsed: lapsed.map(|one| one.session).collect(),
                entering: Vec::new(),
            }
        });
        // A thread that died has told why.
        Kept(Arc::new(Mutex::new(read.await.unwrap_or_default())))
    }

    /// A room is about to ask for its id.
    pub(super) fn entering(&self, url: &str) {
        self.change(|state| state.entering.push(url.to_owned()));
    }

    /// It knows it, or never will, or somebody else sees to it by now.
    pub(super) fn entered(&self, url: &str) {
        self.change(|state| state.entered(url));
    }

    /// The session that the room left open, the newest where there are several.
    pub(super) fn claim(&self, key: &RoomKey, url: &str) -> Option<(SessionRow, SystemTime)> {
        self.change(|state| {
            // In one step: who looks between the two for what nobody will claim would find it here.
            state.entered(url);
            let id = key.kept_id();
            let is_mine = |row: &SessionRow| row.platform == key.platform && row.room == id;
            let (mut mine, rest): (Vec<_>, Vec<_>) = state.rows.drain(..).partition(|(row, _)| is_mine(row));
            state.rows = rest;
            mine.sort_by_key(|(row, _)| row.started_at);
            let newest = mine.pop();
            // Only one can go on.
            state.lapsed.extend(mine.into_iter().map(|(row, _)| row.id));
            newest
        })
    }

    /// Those that no room will claim, given out once. A room may be written in another way than before: as long as one
    /// has no id yet, it may be the one.
    pub fn unclaimed(&self) -> Vec<String> {
        self.change(|state| {
            let mut over = std::mem::take(&mut state.lapsed);
            if state.entering.is_empty() {
                over.extend(state.rows.drain(..).map(|(row, _)| row.id));
            }
            over
        })
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// When the session was last written to, or seen.
fn last_write(roots: &[PathBuf], row: &SessionRow) -> SystemTime {
    let files = roots.iter().filter_map(|root| newest_file(root, row));
    files.chain([row.seen_at]).max().unwrap_or(row.seen_at)
}

fn newest_file(root: &Path, row: &SessionRow) -> Option<SystemTime> {
    let (folder, stem) = (row.folder.as_deref()?, row.stem.as_deref()?);
    let stem = if row.number < 2 { stem.to_owned() } else { format!("{stem}_{}", row.number) };
    let entries = std::fs::read_dir(root.join(folder)).ok()?;
    let media = entries.flatten().filter(|entry| {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        name.strip_prefix(stem.as_str()).is_some_and(|rest| rest.starts_with('.') && !rest.ends_with(".json"))
    });
    media.filter_map(|entry| entry.metadata().ok()?.modified().ok()).max()
}

#[cfg(test)]
mod tests;
