//! Sees that the files of the wishes have changed, and reads them again. Decides nothing about what they say.
//!
//! The kernel's word is a hint only: it is lost on network file systems and with full queues, so all is also read
//! again from time to time, and only a changed content counts.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::ears::Ears;
use super::snapshot::{Emptied, Print, Sources, look};
use super::{ConfigError, Snapshot};
use crate::clock::Clock;

/// How long files must be left alone before they are read: editors write in several steps, and a file is half-written
/// between them.
pub const SETTLE: Duration = Duration::from_millis(400);

/// How long a file that is never left alone is waited for.
const SETTLE_AT_MOST: Duration = Duration::from_secs(5);

/// How often all is read again without a hint.
pub const RESCAN: Duration = Duration::from_secs(30);

/// Watches the files of one config: itself, its text file of rooms, its secret files (those by rescans alone).
#[derive(Debug)]
pub struct Watch {
    news: mpsc::Receiver<Result<Snapshot, ConfigError>>,
    asks: mpsc::Sender<()>,
    task: JoinHandle<()>,
}

impl Watch {
    /// Begins where `seen` was read: what has changed since is news. Call it on the runtime; [`Watch::close`] ends it.
    pub fn start(seen: &Snapshot, clock: Clock) -> Watch {
        Watch::with_rescan(seen, clock, RESCAN)
    }

    fn with_rescan(seen: &Snapshot, clock: Clock, rescan: Duration) -> Watch {
        // One at a time: whoever takes it up late still gets what counts next.
        let (sender, news) = mpsc::channel(1);
        let (asks, asked) = mpsc::channel(1);
        let watching = Watching { file: seen.file.clone(), seen: seen.print, clock, rescan, news: sender };
        let task = tokio::spawn(watching.run(seen.sources(), asked));
        Watch { news, asks, task }
    }

    /// The next content: good, to be taken over, or broken, to be told and otherwise ignored; each once. Never returns
    /// none before the end. Dropping the future loses nothing.
    pub async fn next(&mut self) -> Option<Result<Snapshot, ConfigError>> {
        self.news.recv().await
    }

    /// Reads all again now (SIGHUP). [`Watch::next`] tells the outcome even where nothing has changed.
    pub fn ask(&self) {
        // A question that waits already is answered for both.
        let _ = self.asks.try_send(());
    }

    /// Ends the watching.
    pub async fn close(self) {
        let Watch { news, task, .. } = self;
        drop(news);
        // A read that hangs (a dead network share) is left to its thread.
        task.abort();
        let _ = task.await;
    }
}

/// What a round was begun by.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cause {
    /// Somebody waits for the outcome.
    Asked,
    /// A hint, and then silence.
    Settled,
    /// The time.
    Rescan,
}

struct Watching {
    file: PathBuf,
    seen: Print,
    clock: Clock,
    rescan: Duration,
    news: mpsc::Sender<Result<Snapshot, ConfigError>>,
}

impl Watching {
    async fn run(mut self, first: Sources, mut asked: mpsc::Receiver<()>) {
        let file = self.file.clone();
        let opened = tokio::task::spawn_blocking(move || Files::new(&file, first)).await;
        let Ok(mut files) = opened else { return };
        // Between the first reading and the first hint something may have been written.
        let mut cause = Cause::Rescan;
        loop {
            let (file, seen) = (self.file.clone(), (cause != Cause::Asked).then_some(self.seen));
            let looked = tokio::task::spawn_blocking(move || listen_and_look(files, &file, seen)).await;
            let Ok((again, news)) = looked else { return };
            files = again;
            if news.is_some() && cause == Cause::Rescan {
                // Nobody knows whether it is written just now.
                cause = self.settled(&mut files.ears, &mut asked).await;
                continue;
            }
            if let Some((print, read)) = news {
                self.seen = print;
                if self.news.send(read).await.is_err() {
                    return;
                }
            }
            cause = tokio::select! {
                asked = asked.recv() => match asked {
                    Some(()) => Cause::Asked,
                    None => return,
                },
                () = files.ears.hear() => self.settled(&mut files.ears, &mut asked).await,
                () = self.clock.sleep(self.rescan) => Cause::Rescan,
                () = self.news.closed() => return,
            };
        }
    }

    /// Waits until the files are left alone.
    async fn settled(&self, ears: &mut Ears, asked: &mut mpsc::Receiver<()>) -> Cause {
        let latest = self.clock.passed() + SETTLE_AT_MOST;
        while self.clock.passed() < latest {
            tokio::select! {
                Some(()) = asked.recv() => return Cause::Asked,
                () = ears.hear() => {}
                () = self.clock.sleep(SETTLE) => break,
            }
        }
        Cause::Settled
    }
}

/// What was read.
type Read = (Print, Result<Snapshot, ConfigError>);

/// Listens before it reads, so that no change falls between. None where all is as `seen`. Blocks.
fn listen_and_look(mut files: Files, file: &Path, seen: Option<Print>) -> (Files, Option<Read>) {
    files.ears.listen();
    // Most looks end here: a config of thousands of rooms is not taken apart each time.
    if seen == Some(files.sources.print(file)) {
        return (files, None);
    }
    let mut news = look(file, Emptied::Doubted);
    if let Ok(snapshot) = &news.1 {
        let sources = snapshot.sources();
        let is_elsewhere = places(file, &sources) != files.named;
        if is_elsewhere {
            files = Files::new(file, sources);
            news = look(file, Emptied::Doubted);
        } else {
            files.sources = sources;
        }
    }
    let is_news = seen != Some(news.0);
    (files, is_news.then_some(news))
}

/// Some files, and who hears of their changes.
struct Files {
    sources: Sources,
    named: BTreeSet<PathBuf>,
    ears: Ears,
}

impl Files {
    fn new(file: &Path, sources: Sources) -> Files {
        let named = places(file, &sources);
        let names: BTreeSet<OsString> = named.iter().filter_map(|file| file.file_name()).map(OsString::from).collect();
        let is_ours = move |path: &Path| path.file_name().is_some_and(|name| names.contains(name));
        let here = Path::new(".");
        let folder = |file: &PathBuf| match file.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
            _ => here.to_owned(),
        };
        let folders = named.iter().map(folder).collect();
        Files { ears: Ears::new(folders, is_ours), named, sources }
    }
}

/// The files that hints are wanted of, and what they lead to: a link may be turned, or its target be written.
fn places(file: &Path, sources: &Sources) -> BTreeSet<PathBuf> {
    let named = std::iter::once(file).chain(sources.list.as_deref());
    named.flat_map(|file| [Some(file.to_owned()), file.canonicalize().ok()]).flatten().collect()
}

#[cfg(test)]
mod tests;
