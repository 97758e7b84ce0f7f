//! One output folder: all that is made, found and named lies below it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs;

use super::Disk;
use super::beneath::{Beneath, sync_folder};
use super::create::create;
use super::fault::{DiskError, DiskFault};
use super::open::Open;
use super::output::{NewFile, OutputFile};
use super::part::{Claim, OldFile, Taken, take};
use super::scan::{Found, Leftover, scan};
use super::volume::{PATIENT, Volume};

/// An output folder, opened once. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Root(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    beneath: Arc<Beneath>,
    path: PathBuf,
    /// Device and number of the folder.
    identity: (u64, u64),
    /// The device that the folder's volume is mounted on.
    below: Option<u64>,
    volume: Arc<Volume>,
    disk: Disk,
}

/// What a folder's path leads to, some time after the folder was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// The folder.
    Same,
    /// Nothing: it was deleted or moved.
    Gone,
    /// A folder of the volume that the folder's own one was mounted on: that is not there.
    Unmounted,
    /// Another folder.
    Other,
}

/// What is left on a volume, for those without special rights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Space {
    /// Bytes that may still be written.
    pub free_bytes: u64,
    /// Bytes in all.
    pub total_bytes: u64,
    /// Files that may still be made; none where the file system has no fixed number.
    pub free_inodes: Option<u64>,
}

impl Root {
    /// Opens the folder, making it where it is missing. Blocking.
    pub(super) fn open(disk: &Disk, dir: &Path) -> Result<Self, DiskError> {
        let name = dir.display().to_string();
        make(dir).map_err(|error| DiskError::new("make the folder", &name, error))?;
        let opened = |error: rustix::io::Errno| DiskError::new("open the folder", &name, error);
        let beneath = Arc::new(Beneath::open(dir).map_err(opened)?);
        let stat = fs::fstat(beneath.top()).map_err(opened)?;
        let (device, identity) = (stat.st_dev, (stat.st_dev, stat.st_ino));
        let volume = disk.volume(device).map_err(|error| DiskError::new("start a thread for", &name, error))?;
        let (path, below, disk) = (dir.to_path_buf(), below(dir, device), disk.clone());
        Ok(Root(Arc::new(Inner { beneath, path, identity, below, volume, disk })))
    }

    /// The error of a folder that is not there any more.
    pub fn gone(&self) -> DiskError {
        DiskError::plain("open the folder", &self.name(), DiskFault::Gone)
    }

    /// What its path leads to now.
    ///
    /// # Errors
    /// When the volume does not answer.
    pub async fn presence(&self) -> Result<Presence, DiskError> {
        let inner = Arc::clone(&self.0);
        let look = move || {
            Ok(match fs::stat(&inner.path) {
                Ok(stat) if (stat.st_dev, stat.st_ino) == inner.identity => Presence::Same,
                Ok(stat) if inner.below == Some(stat.st_dev) => Presence::Unmounted,
                Ok(_) => Presence::Other,
                Err(_) => Presence::Gone,
            })
        };
        self.0.volume.chore(&self.name(), look).await
    }

    /// Where it was opened, for people.
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// What is left on the folder's volume.
    ///
    /// # Errors
    /// When the volume does not answer.
    pub async fn space(&self) -> Result<Space, DiskError> {
        let (beneath, name) = (Arc::clone(&self.0.beneath), self.name());
        self.0.volume.chore(&self.name(), move || space(beneath.top(), &name)).await
    }

    /// Makes a new file: the sidecar first, which reserves the stem, then `STEM.EXT.part`, locked, with its head, all of
    /// it made to survive a power cut. The stem gets ` (2)`, ` (3)`… when a file of it exists, whatever the extension.
    ///
    /// # Errors
    /// When the volume refuses; nothing is left behind then.
    pub async fn create(&self, new: NewFile) -> Result<OutputFile, DiskError> {
        let (beneath, path) = (Arc::clone(&self.0.beneath), self.0.path.clone());
        let asked = self.0.volume.calls().ask().map_err(|error| DiskError::new("make", &new.stem, error));
        let open =
            self.0.volume.chore(&self.name(), move || asked.and_then(|()| create(&beneath, &path, &new))).await?;
        Ok(OutputFile::new(self.volume_of(&open)?, open))
    }

    /// Walks the folder for what a recorder left unfinished. The walk is bounded in depth and number, and follows no
    /// symbolic link.
    ///
    /// # Errors
    /// When the folder cannot be read; what cannot be read below it is left out.
    pub async fn leftovers(&self) -> Result<Found, DiskError> {
        let (beneath, name) = (Arc::clone(&self.0.beneath), self.name());
        self.0.volume.chore_within(PATIENT, &self.name(), move || scan(&beneath, &name)).await
    }

    /// Takes an unfinished file over, if nobody holds its lock.
    ///
    /// # Errors
    /// When it cannot be opened for writing.
    pub async fn take(&self, leftover: &Leftover) -> Result<Taken, DiskError> {
        let (beneath, path, leftover) = (Arc::clone(&self.0.beneath), self.0.path.clone(), leftover.clone());
        let taken = self.0.volume.chore(&self.name(), move || take(&beneath, &path, &leftover)).await?;
        Ok(match taken {
            Claim::Mine(open, locked) => Taken::Mine(OldFile::new(self.volume_of(&open)?, *open, locked)),
            Claim::Locked => Taken::Locked,
            Claim::Gone => Taken::Gone,
        })
    }

    /// The content of a leftover's sidecar, as [`OldFile::sidecar`].
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn sidecar(&self, leftover: &Leftover) -> Result<Option<Vec<u8>>, DiskError> {
        let (beneath, leftover) = (Arc::clone(&self.0.beneath), leftover.clone());
        self.0.volume.chore(&self.name(), move || super::part::sidecar_of(&beneath, &leftover)).await
    }

    /// Removes a sidecar that stands alone. What is not there is no error.
    ///
    /// # Errors
    /// When the volume refuses.
    pub async fn remove_sidecar(&self, leftover: &Leftover) -> Result<(), DiskError> {
        let (beneath, leftover) = (Arc::clone(&self.0.beneath), leftover.clone());
        self.0.volume.chore(&self.name(), move || super::part::remove_sidecar(&beneath, &leftover)).await
    }

    fn name(&self) -> String {
        self.0.path.display().to_string()
    }

    /// The writer of the volume that the file is on: a folder below the top may be another one's mount point.
    fn volume_of(&self, open: &Open) -> Result<Arc<Volume>, DiskError> {
        self.0.disk.volume(open.device()).map_err(|error| DiskError::new("start a thread for", open.name(), error))
    }
}

/// Makes the folder and what leads to it where it is missing, so that it survives a power cut.
pub(super) fn make(dir: &Path) -> std::io::Result<()> {
    if dir.as_os_str().is_empty() || dir.try_exists()? {
        return Ok(());
    }
    let above = dir.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
    make(above)?;
    match std::fs::create_dir(dir) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(sync_folder(std::fs::File::open(above)?).map(drop)?),
    }
}

/// What is left on the volume of an open folder.
pub(super) fn space(folder: impl std::os::fd::AsFd, name: &str) -> Result<Space, DiskError> {
    let stat = fs::fstatvfs(folder).map_err(|error| DiskError::new("ask the free space of", name, error))?;
    Ok(Space {
        free_bytes: stat.f_bavail.saturating_mul(stat.f_frsize),
        total_bytes: stat.f_blocks.saturating_mul(stat.f_frsize),
        free_inodes: (stat.f_files > 0).then_some(stat.f_favail),
    })
}

/// The device that a folder's volume is mounted on.
fn below(folder: &Path, device: u64) -> Option<u64> {
    let folder = std::path::absolute(folder).ok()?;
    folder.ancestors().filter_map(|above| Some(fs::stat(above).ok()?.st_dev)).find(|above| *above != device)
}
