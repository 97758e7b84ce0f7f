//! A file that a recorder left behind unfinished: read, mended in place, named or removed by whoever gets its lock.

use std::io::Read;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use rustix::fs::{self, AtFlags, OFlags};
use rustix::io::Errno;

use super::beneath::{self, Beneath};
use super::create::{Lock, PART, SIDECAR, lock, remove};
use super::fault::DiskError;
use super::open::{Open, Opening};
use super::publish::{publish, replace_sidecar};
use super::scan::Leftover;
use super::volume::{PATIENT, Volume};

/// Sidecars of ours are some kilobytes; a larger file is none.
const SIDECAR_BYTES: u64 = 4 << 20;

/// Whose an unfinished file is.
#[derive(Debug)]
pub enum Taken {
    /// Ours now.
    Mine(OldFile),
    /// Its writer lives.
    Locked,
    /// It has been finished or removed meanwhile.
    Gone,
}

/// An unfinished file that this process holds.
#[derive(Debug)]
pub struct OldFile {
    volume: Arc<Volume>,
    open: Arc<Open>,
    /// False where the file system knows no locks: then the writer may live, and only its sidecar tells.
    pub locked: bool,
}

impl OldFile {
    pub(super) fn new(volume: Arc<Volume>, open: Open, locked: bool) -> Self {
        OldFile { volume, open: Arc::new(open), locked }
    }

    pub(super) fn of(volume: Arc<Volume>, open: Arc<Open>) -> Self {
        OldFile { volume, open, locked: true }
    }

    /// The file's path below the output folder without `.part`, for people.
    pub fn name(&self) -> &str {
        self.open.name()
    }

    /// The extension, without a dot.
    pub fn ext(&self) -> &str {
        self.open.ext()
    }

    /// Its length when it was taken.
    pub fn bytes(&self) -> u64 {
        self.open.bytes()
    }

    /// When it was last written to.
    ///
    /// # Errors
    /// When the volume refuses.
    pub async fn modified(&self) -> Result<SystemTime, DiskError> {
        let open = Arc::clone(&self.open);
        let read = move || {
            let times = open.file().metadata().and_then(|metadata| metadata.modified());
            times.map_err(|error| DiskError::new("read", open.name(), error))
        };
        self.volume.chore(self.name(), read).await
    }

    /// Up to `count` bytes from `offset`; fewer only at the end.
    ///
    /// # Errors
    /// When the volume refuses.
    pub async fn read(&self, offset: u64, count: usize) -> Result<Bytes, DiskError> {
        let open = Arc::clone(&self.open);
        let read = move || read_at(&open, offset, count).map_err(|error| DiskError::new("read", open.name(), error));
        self.volume.chore(self.name(), read).await
    }

    /// The content of what has the sidecar's name; empty where it is no file or too large to be one of ours; none where
    /// the name is free.
    ///
    /// # Errors
    /// When it is there and cannot be read.
    pub async fn sidecar(&self) -> Result<Option<Vec<u8>>, DiskError> {
        let open = Arc::clone(&self.open);
        let read = move || {
            let name = format!("{}.{SIDECAR}", open.stem());
            read_sidecar(open.folder(), &name)
                .map_err(|error| DiskError::new("read the sidecar of", open.name(), error))
        };
        self.volume.chore(self.name(), read).await
    }

    /// Cuts the file to `bytes`: what lies behind is elsewhere.
    ///
    /// # Errors
    /// When the volume refuses.
    pub async fn shorten(&self, bytes: u64) -> Result<(), DiskError> {
        let open = Arc::clone(&self.open);
        self.volume.chore(self.name(), move || open.shorten(bytes)).await
    }

    /// Cuts the file to `bytes`, overwrites what the patches say (they may lengthen it again), and syncs it.
    ///
    /// # Errors
    /// When the volume refuses.
    pub async fn mend(&self, bytes: u64, patches: Vec<(u64, Bytes)>) -> Result<(), DiskError> {
        let open = Arc::clone(&self.open);
        let mend = move || {
            fs::ftruncate(open.file(), bytes).map_err(|error| DiskError::new("shorten", open.name(), error))?;
            open.patch(&patches)?;
            open.sync()
        };
        self.volume.chore_within(PATIENT, self.name(), mend).await
    }

    /// Gives it its final name and the sidecar its last content; without one the sidecar goes.
    ///
    /// # Errors
    /// When the volume refuses; the file stays `.part` then.
    pub async fn publish(&self, sidecar: Option<Vec<u8>>) -> Result<PathBuf, DiskError> {
        let open = Arc::clone(&self.open);
        self.volume.chore(self.open.name(), move || publish(&open, sidecar.as_deref())).await
    }

    /// Replaces the sidecar, also after the file got its name.
    ///
    /// # Errors
    /// When the volume refuses; the old one stays.
    pub async fn replace_sidecar(&self, json: Vec<u8>) -> Result<(), DiskError> {
        let open = Arc::clone(&self.open);
        self.volume.chore(self.name(), move || replace_sidecar(&open, &json)).await
    }

    /// Removes the file and its sidecar: whoever calls knows that the sidecar is ours.
    ///
    /// # Errors
    /// When the volume refuses.
    pub async fn remove(&self) -> Result<(), DiskError> {
        let open = Arc::clone(&self.open);
        let work = move || {
            let stem = open.stem().clone();
            fs::unlinkat(open.folder(), format!("{stem}.{}.{PART}", open.ext()), AtFlags::empty())
                .map_err(|error| DiskError::new("remove", open.name(), error))?;
            remove(open.folder(), &format!("{stem}.{SIDECAR}"));
            remove(open.folder(), &format!("{stem}.{SIDECAR}.tmp"));
            Ok(())
        };
        self.volume.chore(self.open.name(), work).await
    }
}

/// What a leftover was found to be.
pub(super) enum Claim {
    /// Ours; the flag says whether the lock is real.
    Mine(Box<Open>, bool),
    Locked,
    Gone,
}

/// Opens and locks a leftover. Blocking.
pub(super) fn take(beneath: &Beneath, top: &Path, leftover: &Leftover) -> Result<Claim, DiskError> {
    let Leftover { folder: path, stem, ext } = leftover;
    let name = path.join(format!("{stem}.{ext}")).display().to_string();
    let part = format!("{stem}.{ext}.{PART}");
    let refused = |error: std::io::Error| DiskError::new("open", &name, error);
    let opened = beneath.folder(path).and_then(|folder| Ok((beneath::file(&folder, &part, OFlags::RDWR)?, folder)));
    let (file, folder) = match opened {
        Ok(opened) => opened,
        Err(Errno::NOENT) => return Ok(Claim::Gone),
        Err(error) => return Err(refused(error.into())),
    };
    let locked = match lock(&file).map_err(refused)? {
        Lock::Held => true,
        Lock::Unknown => false,
        Lock::Busy => return Ok(Claim::Locked),
    };
    let mine = fs::fstat(&file).map_err(|error| refused(error.into()))?;
    // Its writer may have named and closed it between our open and our lock.
    match fs::statat(&folder, &part, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(named) if (named.st_dev, named.st_ino) == (mine.st_dev, mine.st_ino) => {}
        Ok(_) | Err(Errno::NOENT) => return Ok(Claim::Gone),
        Err(error) => return Err(refused(error.into())),
    }
    let bytes = u64::try_from(mine.st_size).unwrap_or(0);
    let (path, stem, ext) = (top.join(path), stem.clone(), ext.clone());
    let opening = Opening { file, folder, path, name: name.clone(), stem, ext, bytes, hash: None };
    let open = Open::new(opening).map_err(|error| DiskError::new("open", &name, error))?;
    Ok(Claim::Mine(Box::new(open), locked))
}

/// The sidecar of a leftover. Blocking.
pub(super) fn sidecar_of(beneath: &Beneath, leftover: &Leftover) -> Result<Option<Vec<u8>>, DiskError> {
    let name = leftover.sidecar();
    let folder =
        beneath.folder(&leftover.folder).map_err(|error| DiskError::new("open the folder of", &name, error))?;
    read_sidecar(folder, &name).map_err(|error| DiskError::new("read", &name, error))
}

/// Removes the sidecar of a leftover. Blocking.
pub(super) fn remove_sidecar(beneath: &Beneath, leftover: &Leftover) -> Result<(), DiskError> {
    let name = leftover.sidecar();
    let folder =
        beneath.folder(&leftover.folder).map_err(|error| DiskError::new("open the folder of", &name, error))?;
    match fs::unlinkat(folder, name.as_str(), AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => Ok(()),
        Err(error) => Err(DiskError::new("remove", &name, error)),
    }
}

fn read_sidecar(folder: impl std::os::fd::AsFd, name: &str) -> std::io::Result<Option<Vec<u8>>> {
    let file = match beneath::file(folder, name, OFlags::RDONLY) {
        Ok(file) => file,
        Err(Errno::NOENT) => return Ok(None),
        // Something is there, and it is not ours.
        Err(Errno::LOOP | Errno::ISDIR) => return Ok(Some(Vec::new())),
        Err(error) => return Err(error.into()),
    };
    let mut content = Vec::new();
    let read = file.take(SIDECAR_BYTES + 1).read_to_end(&mut content)?;
    if u64::try_from(read).unwrap_or(u64::MAX) > SIDECAR_BYTES {
        content.clear();
    }
    Ok(Some(content))
}

fn read_at(open: &Open, offset: u64, count: usize) -> std::io::Result<Bytes> {
    let mut bytes = vec![0; count];
    let mut filled = 0;
    while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        let position = offset.saturating_add(u64::try_from(filled).unwrap_or(u64::MAX));
        match open.file().read_at(rest, position) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    bytes.truncate(filled);
    Ok(Bytes::from(bytes))
}
