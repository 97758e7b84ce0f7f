//! Looks at what is left on the volumes of the output folders, as long as rooms are watched: sets their gates, and tells
//! once when one turns. What was left unfinished on one that was away is made whole when it is there again.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::json;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;

use crate::app::salvage::Again;
use crate::disk::{Known, Missing, Presence, Root, Space};
use crate::event::{Event, Kind};
use crate::record::{Hands, Level, Turn, Watermark};

/// How often. Thirty recordings write less than a tenth of the usual watermark in that time.
const EVERY: Duration = Duration::from_secs(3);

/// How often while nothing is written there: whoever makes room waits for no more than this.
const EVERY_WHILE_SHUT: Duration = Duration::from_secs(1);

/// How long the first look may hold up the start: a volume that hangs keeps nobody from recording to another one.
const FIRST: Duration = Duration::from_secs(2);

/// What was last seen of the volumes of the output folders. Cheap to clone; clones share it.
#[derive(Clone, Debug, Default)]
pub struct Volumes(Arc<Mutex<Vec<Volume>>>);

#[derive(Clone, Debug)]
struct Volume {
    folder: PathBuf,
    /// Free bytes, and what may be done there; none before the first look.
    seen: Option<(u64, Level)>,
}

/// What is left where new files begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Left {
    /// Bytes.
    pub free_bytes: u64,
    /// Which folder it is.
    pub place: Place,
}

/// A folder among the output folders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The one that the user named first.
    First,
    /// A fallback: the ones before it take no files, or do not answer.
    Spare,
    /// The first one, and none of them takes new files.
    Low,
}

impl Volumes {
    /// What is left where a file would begin now; none before anything was seen.
    pub fn left(&self) -> Option<Left> {
        self.change(|volumes| {
            let seen = || volumes.iter().enumerate().filter_map(|(at, volume)| volume.seen.map(|seen| (at, seen)));
            if let Some((at, (free_bytes, _))) = seen().find(|(_, (_, level))| *level == Level::Open) {
                return Some(Left { free_bytes, place: if at == 0 { Place::First } else { Place::Spare } });
            }
            seen().next().map(|(_, (free_bytes, _))| Left { free_bytes, place: Place::Low })
        })
    }

    fn turn_to(&self, folders: &[PathBuf]) {
        let unseen = folders.iter().map(|folder| Volume { folder: folder.clone(), seen: None });
        self.change(|volumes| *volumes = unseen.collect());
    }

    /// A folder that is looked at no longer stays forgotten.
    fn see(&self, folder: &Path, free_bytes: u64, level: Level) {
        self.change(|volumes| {
            let its = volumes.iter_mut().filter(|volume| volume.folder == folder);
            its.for_each(|volume| volume.seen = Some((free_bytes, level)));
        });
    }

    fn change<T>(&self, change: impl FnOnce(&mut Vec<Volume>) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// One task a folder: one that hangs leaves the others alone.
pub(super) struct Guard {
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
    volumes: Volumes,
    known: Known,
    again: Again,
}

impl Guard {
    /// Has looked at each folder that answers soon when it returns.
    pub(super) async fn start(
        folders: Vec<PathBuf>,
        min_free: u64,
        known: Known,
        again: Again,
        hands: &Hands,
    ) -> Guard {
        let (stop, tasks, volumes) = (watch::Sender::new(false), JoinSet::new(), Volumes::default());
        let mut guard = Guard { stop, tasks, volumes, known, again };
        let looked = guard.begin(folders, min_free, hands);
        let all = async {
            for has_looked in looked {
                // A task that is gone looks no more.
                let _ = has_looked.await;
            }
        };
        // Without an answer a gate is open.
        let _ = tokio::time::timeout(FIRST, all).await;
        guard
    }

    /// What it sees.
    pub(super) fn volumes(&self) -> Volumes {
        self.volumes.clone()
    }

    /// The config was changed: looks at these folders from now on, and at no others.
    pub(super) fn turn_to(&mut self, folders: Vec<PathBuf>, min_free: u64, hands: &Hands) {
        self.stop.send_replace(true);
        self.stop = watch::Sender::new(false);
        while self.tasks.try_join_next().is_some() {}
        hands.gates.open_all();
        // Nobody waits: rooms are watched already.
        drop(self.begin(folders, min_free, hands));
    }

    fn begin(&mut self, folders: Vec<PathBuf>, min_free: u64, hands: &Hands) -> Vec<oneshot::Receiver<()>> {
        self.volumes.turn_to(&folders);
        let mut looked = Vec::new();
        for folder in folders {
            let (first, has_looked) = oneshot::channel();
            let (mut stopped, hands) = (self.stop.subscribe(), hands.clone());
            let (volumes, known, again) = (self.volumes(), self.known.clone(), self.again.clone());
            self.tasks.spawn(async move {
                let (root, is_misplaced, was_away) = (None, false, false);
                let watched = Watched { folder, known, hands, volumes, again, root, is_misplaced, was_away };
                tokio::select! {
                    () = watched.look(min_free, first) => {}
                    _ = stopped.wait_for(|stop| *stop) => {}
                }
            });
            looked.push(has_looked);
        }
        looked
    }

    /// Ends the looking; its folders must be let go before the disk is shut down.
    pub(super) async fn close(mut self) {
        self.stop.send_replace(true);
        while self.tasks.join_next().await.is_some() {}
    }
}

/// One folder.
struct Watched {
    folder: PathBuf,
    known: Known,
    hands: Hands,
    volumes: Volumes,
    again: Again,
    root: Option<Root>,
    /// Its volume is not there, and that was told.
    is_misplaced: bool,
    /// It could not be looked at, or another one was there.
    was_away: bool,
}

impl Watched {
    async fn look(mut self, min_free: u64, first: oneshot::Sender<()>) {
        let (mut mark, mut first) = (Watermark::new(min_free), Some(first));
        loop {
            if let Some(missing) = self.misplaced().await {
                self.was_away = true;
                self.tell_misplaced(&missing);
                self.volumes.see(&self.folder, 0, Level::Closing);
                self.hands.gates.set(&self.folder, Level::Closing, missing.why);
            } else if let Some(space) = self.left().await {
                self.tell_in_place(&space);
                if std::mem::take(&mut self.was_away) {
                    self.again.look(&self.folder);
                }
                let turn = mark.look(&space);
                let why = mark.why(&self.folder, &space);
                self.volumes.see(&self.folder, space.free_bytes, mark.level());
                self.hands.gates.set(&self.folder, mark.level(), why.clone());
                if let Some(turn) = turn {
                    tell(turn, &self.folder, &space, &why, &self.hands);
                }
            } else if self.is_misplaced {
                // Whatever is to be written makes the folder, now that it would be on its volume.
                self.hands.gates.set(&self.folder, Level::Open, String::new());
            }
            if let Some(first) = first.take() {
                // Whoever waited for it may have gone on.
                let _ = first.send(());
            }
            let is_written = self.hands.gates.shut(&self.folder).is_none();
            self.hands.clock.sleep(if is_written { EVERY } else { EVERY_WHILE_SHUT }).await;
        }
    }

    /// Why nothing may be written where the folder's path leads now; none where it may.
    async fn misplaced(&mut self) -> Option<Missing> {
        let Some(root) = &self.root else { return self.known.recognise(&self.folder).await.err() };
        let presence = root.presence().await.unwrap_or(Presence::Same);
        if presence == Presence::Unmounted {
            let why = format!("the volume of `{}` is not mounted", self.folder.display());
            return Some(Missing { why, hint: String::from("mount it") });
        }
        if presence == Presence::Other {
            tracing::info!(folder = %self.folder.display(), "another folder is there now, it is used from now on");
            self.hands.gates.turn(&self.folder);
            (self.root, self.was_away) = (None, true);
        }
        None
    }

    /// What is left; none where the folder is not there yet, or does not answer: then its gate stays as it is.
    async fn left(&mut self) -> Option<Space> {
        let seen = async {
            if self.root.is_none() {
                self.root = self.hands.disk.existing_root(&self.folder).await?;
                if self.root.is_some() {
                    self.known.remember(&self.folder).await;
                }
            }
            match &self.root {
                Some(root) => root.space().await.map(Some),
                None => Ok(None),
            }
        };
        seen.await.unwrap_or_else(|error| {
            self.was_away = true;
            let error = format!("{:#}", anyhow::Error::new(error));
            tracing::debug!(folder = %self.folder.display(), error, "cannot ask for free space");
            None
        })
    }

    fn tell_misplaced(&mut self, missing: &Missing) {
        if std::mem::replace(&mut self.is_misplaced, true) {
            return;
        }
        let Missing { why, hint } = missing;
        let hint = format!("{hint}; it goes on by itself then");
        tracing::error!(why, hint, "nothing is recorded there: it would be written to another volume");
        let data = json!({ "folder": self.folder, "reason": why });
        self.hands.events.send(Event::now(&self.hands.clock, Kind::DiskLow, None, None, data));
    }

    fn tell_in_place(&mut self, space: &Space) {
        if !std::mem::take(&mut self.is_misplaced) {
            return;
        }
        tracing::info!(folder = %self.folder.display(), "the output folder is there, files are written to it");
        let data = json!({ "folder": self.folder, "free_bytes": space.free_bytes, "free_files": space.free_inodes });
        self.hands.events.send(Event::now(&self.hands.clock, Kind::DiskOk, None, None, data));
    }
}

fn tell(turn: Turn, folder: &Path, space: &Space, why: &str, hands: &Hands) {
    let (free_bytes, free_files) = (space.free_bytes, space.free_inodes);
    let kind = match turn {
        Turn::Low => {
            tracing::error!(
                why,
                free_bytes,
                hint = "make room, it goes on by itself then; or lower `[output] min_free`",
                "too little is left on the disk: nothing new is recorded there"
            );
            Kind::DiskLow
        }
        Turn::Ok => {
            tracing::info!(folder = %folder.display(), free_bytes, "the disk has room again");
            Kind::DiskOk
        }
    };
    let mut data = json!({ "folder": folder, "free_bytes": free_bytes, "free_files": free_files });
    if let (Turn::Low, Some(data)) = (turn, data.as_object_mut()) {
        data.insert(String::from("reason"), why.into());
    }
    hands.events.send(Event::now(&hands.clock, kind, None, None, data));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_told_of_the_folder_that_takes_files() {
        let check = |levels: [Option<Level>; 2], expected: Option<(u64, Place)>| {
            let (folders, volumes) = ([PathBuf::from("first"), PathBuf::from("spare")], Volumes::default());
            volumes.turn_to(&folders);
            for ((folder, level), free) in folders.iter().zip(levels).zip(1..) {
                level.into_iter().for_each(|level| volumes.see(folder, free, level));
            }
            volumes.see(Path::new("another"), 9, Level::Open);
            let left = volumes.left().map(|left| (left.free_bytes, left.place));
            assert_eq!(left, expected, "{levels:?}");
        };
        check([None, None], None);
        check([Some(Level::Open), None], Some((1, Place::First)));
        check([Some(Level::Shut), Some(Level::Open)], Some((2, Place::Spare)));
        check([Some(Level::Closing), Some(Level::Shut)], Some((1, Place::Low)));
        check([Some(Level::Closing), None], Some((1, Place::Low)));
    }
}
