//! What must outlive the program and is no media: plugins' key-values and resolved ids, sessions with their segments and
//! notices, events, and each room's story, in one SQLite file.
//!
//! It is never on the path of a recording: a broken file is put aside and built anew, a full disk is an error for the
//! one who asked, and so is a directory that hangs; nothing here stops anything else. Knows no plugin and no room.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use crate::clock::Clock;

mod events;
mod file;
mod history;
mod notices;
mod reader;
mod rooms;
mod schema;
mod sessions;
mod story;

pub use events::PastEvent;
pub use history::{Filter, HistoryRow, PastGap, PastNotice, PastSegment};
pub use notices::{NoticeRow, Owing};
pub use rooms::KnownRoom;
pub use sessions::SessionRow;
pub use story::StoryRow;

use file::{Access, File};
use story::Pad;

/// Bytes of a value.
pub const MAX_VALUE: usize = 64 << 10;
/// Bytes of a key.
pub const MAX_KEY: usize = 1 << 10;
/// Bytes of all keys and values of a plugin.
pub const MAX_PLUGIN: usize = 1 << 20;

/// Requests that may wait for the thread; more wait outside, each for itself.
const QUEUE: usize = 64;

/// How long an answer is waited for: longer than another program may hold the file, and well below the 20 s of a check,
/// which can then still answer. What takes longer is a directory that hangs, on a dead network share say.
const PATIENCE: Duration = Duration::from_secs(8);

/// The same while nothing has been answered since an answer was last given up.
const NO_PATIENCE: Duration = Duration::from_millis(100);

/// Why a value was not read or kept, as `store.error` of the contract has it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The value has more than 64 KiB, or the key more than 1 KiB.
    #[error("the value is larger than 64 KiB, or the key than 1 KiB")]
    TooLarge,
    /// The plugin's values would have more than 1 MiB.
    #[error("the plugin's values would be larger than 1 MiB")]
    Quota,
    /// The database does not work; the text says why.
    #[error("{0}")]
    Io(String),
}

/// The directory of the program's own state, and what a command may do to it.
#[derive(Clone, Debug)]
pub enum DataDir {
    /// It is made where it is missing, and written to.
    Kept(PathBuf),
    /// It is looked at, and stays as it is; it need not be there.
    Read(PathBuf),
    /// Nobody knows one: nothing is found and nothing is kept.
    Nowhere,
}

impl DataDir {
    /// Where it is.
    pub fn path(&self) -> Option<&Path> {
        match self {
            DataDir::Kept(path) | DataDir::Read(path) => Some(path),
            DataDir::Nowhere => None,
        }
    }

    /// Where it is, for whoever writes there.
    ///
    /// # Errors
    /// It is not for writing.
    pub fn kept(&self) -> anyhow::Result<&Path> {
        match self {
            DataDir::Kept(path) => Ok(path),
            DataDir::Read(_) | DataDir::Nowhere => anyhow::bail!("this command keeps nothing in a data directory"),
        }
    }
}

/// The database. Clones share one thread, which ends when the last one is gone; [`Store::close`] waits for it.
#[derive(Clone)]
pub struct Store(Arc<Desk>);

struct Desk {
    orders: mpsc::Sender<Order>,
    clock: Clock,
    pad: Mutex<Pad>,
    /// When events were last swept out, in turns of an hour.
    swept: AtomicU64,
    /// An answer was given up, and the thread has done nothing since.
    hangs: AtomicBool,
}

type Order = Box<dyn FnOnce(&mut File) + Send>;

impl Store {
    /// Opens `lyrebird.db` in the data directory, making both where they are missing. Never fails: what is wrong shows
    /// in the answers, and is tried again after a while.
    pub fn open(data_dir: &Path) -> Store {
        Store::open_with(data_dir, Clock::system())
    }

    /// The same with a clock that a test can turn.
    pub fn open_with(data_dir: &Path, clock: Clock) -> Store {
        Store::start(File::new(data_dir, clock, Access::Full))
    }

    /// The database as one looks at it: nothing is made, changed or put aside, and where there is none, questions find
    /// nothing. What would change something is an error.
    pub fn read_only(data_dir: &Path) -> Store {
        Store::start(File::new(data_dir, Clock::system(), Access::Read))
    }

    /// One in memory, gone with its last clone: for commands that may change nothing, and whose plugins want to keep
    /// something all the same. It begins with what plugins keep in the file of `data_dir`, where there is one.
    pub fn passing(data_dir: Option<&Path>, clock: Clock) -> Store {
        Store::start(match data_dir {
            Some(dir) => File::new(dir, clock, Access::Copy),
            None => File::new(Path::new(""), clock, Access::Nothing),
        })
    }

    fn start(mut file: File) -> Store {
        let (orders, mut waiting) = mpsc::channel::<Order>(QUEUE);
        let clock = file.clock().clone();
        let thread = std::thread::Builder::new().name(String::from("store"));
        let started = thread.spawn(move || {
            file.wake();
            while let Some(order) = waiting.blocking_recv() {
                order(&mut file);
            }
        });
        if let Err(error) = started {
            tracing::warn!(error = %error, "cannot start the thread of the database, nothing will be remembered");
        }
        let (pad, swept) = (Mutex::default(), AtomicU64::new(0));
        Store(Arc::new(Desk { orders, hangs: AtomicBool::new(false), clock, pad, swept }))
    }

    /// A plugin's value; none when it was never set, deleted, or its time is over.
    ///
    /// # Errors
    /// The database does not work.
    pub async fn kv_get(&self, plugin: &str, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let (plugin, key) = (plugin.to_owned(), key.to_owned());
        self.ask(move |file| file.kv_get(&plugin, &key)).await
    }

    /// Keeps a value, for ever or for a time.
    ///
    /// # Errors
    /// Too much, or the database does not work; the old value stays then.
    pub async fn kv_set(
        &self,
        plugin: &str,
        key: &str,
        value: Vec<u8>,
        ttl: Option<Duration>,
    ) -> Result<(), StoreError> {
        if value.len() > MAX_VALUE || key.len() > MAX_KEY {
            return Err(StoreError::TooLarge);
        }
        let (plugin, key) = (plugin.to_owned(), key.to_owned());
        self.ask(move |file| file.kv_set(&plugin, &key, &value, ttl)).await
    }

    /// Forgets a value; no error when there is none.
    ///
    /// # Errors
    /// The database does not work.
    pub async fn kv_delete(&self, plugin: &str, key: &str) -> Result<(), StoreError> {
        let (plugin, key) = (plugin.to_owned(), key.to_owned());
        self.ask(move |file| file.kv_delete(&plugin, &key)).await
    }

    /// The canonical id that a plugin once gave for a user's input; none also when the database does not work: asking
    /// the plugin again is always possible.
    pub async fn resolved(&self, plugin: &str, input: &str) -> Option<String> {
        let (plugin, input) = (plugin.to_owned(), input.to_owned());
        let answer = self.ask(move |file| file.resolved(&plugin, &input)).await;
        answer.inspect_err(|error| tracing::debug!(error = %error, "cannot look up a resolved id")).ok().flatten()
    }

    /// Remembers a canonical id. What cannot be remembered is asked again.
    pub async fn note_resolved(&self, plugin: &str, input: &str, id: &str) {
        let (plugin, input, id) = (plugin.to_owned(), input.to_owned(), id.to_owned());
        if let Err(error) = self.ask(move |file| file.note_resolved(&plugin, &input, &id)).await {
            tracing::debug!(error = %error, "cannot remember a resolved id");
        }
    }

    /// Closes the file once everything asked before is done, and waits for it. Later questions open it again.
    pub async fn close(&self) {
        self.finish_stories().await;
        let closed = self.ask(|file| {
            file.close();
            Ok(())
        });
        if let Err(error) = closed.await {
            tracing::debug!(error = %error, "the database was not closed");
        }
    }

    async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&mut File) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        let order: Order = Box::new(move |file| {
            // Whoever has been told that there is no answer must not find it done later all the same.
            if !answer.is_closed() {
                // He may go just now; then nobody wants to know.
                let _ = answer.send(question(file));
            }
        });
        let hangs = &self.0.hangs;
        let patience = if hangs.load(Ordering::Relaxed) { NO_PATIENCE } else { PATIENCE };
        let asked = async {
            self.0.orders.send(order).await.ok()?;
            answered.await.ok()
        };
        match tokio::time::timeout(patience, asked).await {
            Ok(answer) => {
                hangs.store(false, Ordering::Relaxed);
                answer.unwrap_or_else(|| Err(StoreError::Io(String::from("the database's thread is gone"))))
            }
            Err(_) => {
                if !hangs.swap(true, Ordering::Relaxed) {
                    tracing::warn!(waited = ?patience, "the database does not answer; recordings go on without it");
                }
                let why = "the database does not answer: its directory hangs, or the disk is very slow";
                Err(StoreError::Io(String::from(why)))
            }
        }
    }
}

#[cfg(test)]
mod tests;
