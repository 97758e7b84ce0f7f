//! The two threads of one volume and the queues to them, bounded in bytes.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::calls::Calls;
use super::fault::DiskError;
use super::open::Open;
use super::ring::Ring;
use super::syncer::{self, Growing};

/// Bytes that may wait for one volume: half a second of a slow disk's best. All recordings on it share them.
pub(super) const QUEUE_BYTES: u32 = 32 << 20;

/// Bytes of one file that may wait while the writer keeps up. Whoever brings more waits a moment: what is written soon is
/// still in the processor's cache, and its memory is used again.
pub(super) const AHEAD_BYTES: usize = 2 << 20;

/// How long a moment is. A slow disk may take the whole queue.
const AHEAD_WAIT: Duration = Duration::from_millis(20);

/// What work without media bytes counts as, so that its number is bounded too.
const CHORE_BYTES: u32 = 4 << 10;

/// A volume that has taken nothing for this long is not slow but gone; its recordings are told.
const STUCK: Duration = Duration::from_secs(30);

/// Walks of folders and syncs of whole files may take longer on a volume that works.
pub(super) const PATIENT: Duration = Duration::from_secs(300);

pub(super) type Chore = Box<dyn FnOnce() + Send>;

/// Work for the writer, done in order.
enum Order {
    /// Append.
    Write(Arc<Open>, Vec<Bytes>, Room),
    /// Overwrite in place.
    Patch(Arc<Open>, Vec<(u64, Bytes)>, OwnedSemaphorePermit),
    /// Once all before it is written, pass this on to the syncer.
    Then(Chore),
}

/// What a batch takes of the queue: of the volume's, and of its file's share as far as there was some.
pub(super) type Room = (OwnedSemaphorePermit, Option<OwnedSemaphorePermit>);

/// One volume. Its threads end when the last holder has dropped it.
#[derive(Debug)]
pub(super) struct Volume {
    room: Arc<Semaphore>,
    queue: u32,
    writer: Sender<Order>,
    syncer: Sender<Chore>,
    growing: Arc<Growing>,
    syncs: bool,
    ring: Arc<Ring>,
    calls: Calls,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Volume {
    /// Starts the threads; growing files are synced each `sync` if at all, what is not synced is kept on this account, and so many
    /// bytes may wait.
    pub(super) fn start(sync: Option<Duration>, ring: Arc<Ring>, queue: u32, calls: Calls) -> std::io::Result<Self> {
        let (writer, orders) = channel();
        let (syncer, chores) = channel();
        let passed_on = syncer.clone();
        let growing = Arc::new(Growing::default());
        let tended = Arc::clone(&growing);
        let threads = vec![
            Builder::new().name(String::from("disk-write")).spawn(move || write(&orders, &passed_on))?,
            Builder::new()
                .name(String::from("disk-sync"))
                .spawn(move || syncer::tend(&chores, &tended, sync.unwrap_or(Duration::MAX)))?,
        ];
        let room = Arc::new(Semaphore::new(usize::try_from(queue).unwrap_or(usize::MAX)));
        Ok(Volume {
            room,
            queue,
            writer,
            syncer,
            growing,
            syncs: sync.is_some(),
            ring,
            calls,
            threads: Mutex::new(threads),
        })
    }

    /// Syncs the file from now on, as long as somebody holds it.
    pub(super) fn grows(&self, file: &Arc<Open>) {
        self.growing.add(file);
    }

    /// Whether media is synced.
    pub(super) fn syncs(&self) -> bool {
        self.syncs
    }

    /// The account of what is kept.
    pub(super) fn ring(&self) -> &Arc<Ring> {
        &self.ring
    }

    /// Asked before calls that change the volume.
    pub(super) fn calls(&self) -> &Calls {
        &self.calls
    }

    /// More waits for a sync than memory is there for: the next round begins now, but not more than one a second.
    pub(super) fn hurry(&self) {
        if self.growing.hurry() {
            // Only to wake it.
            let _ = self.syncer.send(Box::new(|| {}));
        }
    }

    /// The threads, to wait for their end.
    pub(super) fn take_threads(&self) -> Vec<JoinHandle<()>> {
        std::mem::take(&mut self.threads.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Room in the queue for a batch; none where it stays full for so long.
    pub(super) async fn room(&self, file: &Open, bytes: usize, limit: Duration) -> Option<Room> {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        let ahead = if limit.is_zero() { None } else { go_ahead(bytes, file).await };
        Some((self.reserve(bytes, limit).await?, ahead))
    }

    /// Hands a batch over.
    pub(super) fn write(&self, file: &Arc<Open>, batch: Vec<Bytes>, room: Room) -> Result<(), DiskError> {
        self.order(Order::Write(Arc::clone(file), batch, room), file)
    }

    /// Hands bytes over that replace others of the file's head, after all batches before them.
    pub(super) async fn patch(&self, file: &Arc<Open>, patches: Vec<(u64, Bytes)>) -> Result<(), DiskError> {
        let room = self.reserve(CHORE_BYTES, STUCK).await.ok_or_else(|| DiskError::stuck("write", file.name()))?;
        self.order(Order::Patch(Arc::clone(file), patches, room), file)
    }

    /// Has the syncer do something, at once; `name` is for the error. A volume that does not answer in time is stuck;
    /// what it was asked for may still happen.
    pub(super) async fn chore<T: Send + 'static>(
        &self,
        name: &str,
        work: impl FnOnce() -> Result<T, DiskError> + Send + 'static,
    ) -> Result<T, DiskError> {
        self.chore_within(STUCK, name, work).await
    }

    /// The same for what takes its time.
    pub(super) async fn chore_within<T: Send + 'static>(
        &self,
        limit: Duration,
        name: &str,
        work: impl FnOnce() -> Result<T, DiskError> + Send + 'static,
    ) -> Result<T, DiskError> {
        let (chore, answer) = answered(work);
        self.syncer.send(chore).map_err(|_| DiskError::stuck("use", name))?;
        within(limit, answer).await.unwrap_or_else(|| Err(DiskError::stuck("use", name)))
    }

    /// Has the syncer do something once all that was handed over before is written; as bounded as [`Volume::chore`].
    pub(super) async fn after_writes<T: Send + 'static>(
        &self,
        file: &Arc<Open>,
        work: impl FnOnce() -> Result<T, DiskError> + Send + 'static,
    ) -> Result<T, DiskError> {
        let (chore, answer) = answered(work);
        self.order(Order::Then(chore), file)?;
        within(STUCK, answer).await.unwrap_or_else(|| Err(DiskError::stuck("close", file.name())))
    }

    fn order(&self, order: Order, file: &Open) -> Result<(), DiskError> {
        self.writer.send(order).map_err(|_| DiskError::stuck("write", file.name()))
    }

    async fn reserve(&self, bytes: u32, limit: Duration) -> Option<OwnedSemaphorePermit> {
        // What alone is larger than the queue goes when the queue is empty.
        let bytes = bytes.min(self.queue);
        // No timer while there is room: that is once a batch for every recording.
        if let Ok(permit) = Arc::clone(&self.room).try_acquire_many_owned(bytes) {
            return Some(permit);
        }
        let waited = tokio::time::timeout(limit, Arc::clone(&self.room).acquire_many_owned(bytes)).await;
        waited.ok().and_then(Result::ok)
    }
}

/// A file's own share of the queue; none where it stays used up.
async fn go_ahead(bytes: u32, file: &Open) -> Option<OwnedSemaphorePermit> {
    let ahead = file.ahead();
    if let Ok(permit) = Arc::clone(ahead).try_acquire_many_owned(bytes) {
        return Some(permit);
    }
    // Half of it at least, so that one wake-up serves many batches.
    let half = u32::try_from(AHEAD_BYTES / 2).unwrap_or(u32::MAX).max(bytes);
    let waited = tokio::time::timeout(AHEAD_WAIT, Arc::clone(ahead).acquire_many_owned(half)).await;
    waited.ok().and_then(Result::ok).and_then(|mut half| half.split(usize::try_from(bytes).unwrap_or(usize::MAX)))
}

/// The answer, if it comes in time.
async fn within<T>(limit: Duration, answer: oneshot::Receiver<T>) -> Option<T> {
    tokio::time::timeout(limit, answer).await.ok()?.ok()
}

/// The work as something a thread can do, and where its answer will arrive.
fn answered<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, DiskError> + Send + 'static,
) -> (Chore, oneshot::Receiver<Result<T, DiskError>>) {
    let (sender, answer) = oneshot::channel();
    let chore = Box::new(move || {
        // Whoever asked may have been stopped meanwhile; the work is done all the same.
        let _ = sender.send(work());
    });
    (chore, answer)
}

/// The writer: one `write` a batch, one `pwrite` a patch.
fn write(orders: &Receiver<Order>, syncer: &Sender<Chore>) {
    for order in orders {
        match order {
            Order::Write(file, batch, _room) => file.append(batch),
            Order::Patch(file, patches, _room) => file.overwrite(&patches),
            // The syncer ends after this thread: its queue is open as long as we hold this end.
            Order::Then(chore) => {
                let _ = syncer.send(chore);
            }
        }
    }
}
