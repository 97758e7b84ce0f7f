//! A file whose name is settled before it is made: it gets that one, or none. Blocking, for a command that works on
//! files and has no other task.

use std::fs::File;
use std::io::{self, IoSlice, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use rustix::fs::{self, AtFlags, Mode, OFlags};
use rustix::io::Errno;

use super::beneath::{self, sync_folder};
use super::create::{Lock, PART, lock, remove};
use super::fault::{DiskError, DiskFault, SYNC};
use super::publish::rename_new;
use super::root::make;

/// A file that grows as `NAME.part`, locked, and is removed again when it is dropped before it got its name.
///
/// Its head is zeros until the file is whole: what a killed process leaves is no FLV, and no recorder that looks for
/// files of dead ones takes it for a recording.
#[derive(Debug)]
pub struct ExactFile {
    file: File,
    folder: OwnedFd,
    name: String,
    path: PathBuf,
    is_named: bool,
}

impl ExactFile {
    /// Makes `folder/NAME.part`, and the folder where it is missing; the first `head_bytes` are written at the end.
    ///
    /// # Errors
    /// [`DiskFault::Exists`] where one of the two names is taken, else when the volume refuses.
    pub fn create(folder: &Path, name: &str, head_bytes: usize) -> Result<Self, DiskError> {
        let path = folder.join(name);
        let shown = path.display().to_string();
        let refused = |error: io::Error| DiskError::new("make", &shown, error);
        let exists = |name: &str| DiskError::plain("make", &folder.join(name).display().to_string(), DiskFault::Exists);
        make(folder).map_err(|error| DiskError::new("make the folder of", &shown, error))?;
        let above = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let folder_flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let opened = fs::open(above, folder_flags, Mode::empty())
            .map_err(|error| DiskError::new("open the folder of", &shown, error))?;
        match fs::statat(&opened, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(_) => return Err(exists(name)),
            Err(Errno::NOENT) => {}
            Err(error) => return Err(refused(error.into())),
        }
        let part = format!("{name}.{PART}");
        let flags = OFlags::CREATE | OFlags::EXCL | OFlags::RDWR;
        let file = match beneath::file(&opened, &part, flags) {
            Ok(file) => file,
            Err(Errno::EXIST) => return Err(exists(&part)),
            Err(error) => return Err(refused(error.into())),
        };
        let made = ExactFile { file, folder: opened, name: name.to_owned(), path, is_named: false };
        if matches!(lock(&made.file).map_err(refused)?, Lock::Busy) {
            return Err(exists(&part));
        }
        (&made.file).write_all(&vec![0; head_bytes]).map_err(refused)?;
        Ok(made)
    }

    /// Where it will be.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Appends the slices, in order.
    ///
    /// # Errors
    /// When the volume refuses; the file is of no use then.
    pub fn append(&mut self, mut slices: &mut [IoSlice<'_>]) -> Result<(), DiskError> {
        while !slices.is_empty() {
            match (&self.file).write_vectored(slices) {
                Ok(0) => return Err(self.refused("write", io::ErrorKind::WriteZero.into())),
                Ok(written) => IoSlice::advance_slices(&mut slices, written),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.refused("write", error)),
            }
        }
        Ok(())
    }

    /// Writes the head, and makes all of it survive a power cut.
    ///
    /// # Errors
    /// When the volume refuses; the file is of no use then.
    pub fn seal(&mut self, head: &[u8]) -> Result<(), DiskError> {
        self.file.write_all_at(head, 0).map_err(|error| self.refused("write", error))?;
        fs::fdatasync(&self.file).map_err(|error| self.refused(SYNC, error.into()))
    }

    /// Gives the sealed file its name.
    ///
    /// # Errors
    /// [`DiskFault::Exists`] where somebody has taken the name meanwhile, else when the volume refuses.
    pub fn publish(mut self) -> Result<PathBuf, DiskError> {
        match rename_new(&self.folder, &format!("{}.{PART}", self.name), &self.name) {
            Ok(()) => self.is_named = true,
            Err(Errno::EXIST) => {
                return Err(DiskError::plain("make", &self.path.display().to_string(), DiskFault::Exists));
            }
            Err(error) => return Err(self.refused("give its name to", error.into())),
        }
        sync_folder(&self.folder).map_err(|error| self.refused("give its name to", error.into()))?;
        Ok(self.path.clone())
    }

    fn refused(&self, doing: &'static str, error: io::Error) -> DiskError {
        DiskError::new(doing, &self.path.display().to_string(), error)
    }
}

impl Drop for ExactFile {
    fn drop(&mut self) {
        if !self.is_named {
            remove(&self.folder, &format!("{}.{PART}", self.name));
        }
    }
}
