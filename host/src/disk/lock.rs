//! A file that is locked as long as a process lives, so that another one can tell whether it does.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::Owner;

/// Tries to get the lock, and the pause between them: somebody who only looks whether we live holds it for a moment.
const PATIENCE: u32 = 4;
const PAUSE: Duration = Duration::from_millis(50);
/// Bytes of a file that are read: a process's machine, boot and number.
const MOST: u64 = 4 << 10;

/// A locked file, with its owner in it. The lock is given back with it; the file stays.
#[derive(Debug)]
pub struct LockFile {
    path: PathBuf,
    // Locked as long as it is open.
    _file: File,
}

/// Why there is no lock.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process holds it; its owner, where the file tells.
    #[error("locked by another process")]
    Held(Option<Owner>),
    /// The file cannot be made.
    #[error("cannot lock `{0}`")]
    Io(PathBuf, #[source] io::Error),
}

impl LockFile {
    /// Makes the file, and the folder that it lies in, and locks it. Blocks, for a moment.
    ///
    /// # Errors
    /// It is held, or cannot be made.
    pub fn take(path: &Path) -> Result<LockFile, LockError> {
        let failed = |error| LockError::Io(path.to_owned(), error);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        let mut file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path).map_err(failed)?;
        let mut locked = file.try_lock();
        for _ in 0..PATIENCE {
            if !matches!(locked, Err(TryLockError::WouldBlock)) {
                break;
            }
            std::thread::sleep(PAUSE);
            locked = file.try_lock();
        }
        match locked {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(LockError::Held(read(&mut file))),
            // A file system without locks: then the process that the file names decides.
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {
                let other = read(&mut file).filter(|it| it.pid != std::process::id() && it.is_alive() != Some(false));
                if let Some(other) = other {
                    return Err(LockError::Held(Some(other)));
                }
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        let me = serde_json::to_vec(&Owner::me()).unwrap_or_default();
        // For people, and for file systems without locks: a full disk must not keep anybody from the lock itself.
        if let Err(error) = file.set_len(0).and_then(|()| file.rewind()).and_then(|()| file.write_all(&me)) {
            tracing::debug!(file = %path.display(), %error, "cannot note who holds a lock");
        }
        Ok(LockFile { path: path.to_owned(), _file: file })
    }

    /// Whether nobody holds the file's lock, or there is no file. Blocks, for a moment.
    pub fn is_free(path: &Path) -> bool {
        let Ok(mut file) = File::open(path) else { return true };
        match file.try_lock_shared() {
            Ok(()) => true,
            Err(TryLockError::WouldBlock) => false,
            Err(TryLockError::Error(_)) => read(&mut file).is_none_or(|it| it.is_alive() == Some(false)),
        }
    }

    /// Who took the lock last, where the file tells.
    pub fn noted(path: &Path) -> Option<Owner> {
        read(&mut File::open(path).ok()?)
    }

    /// Removes the file while it is locked: who has opened it meanwhile holds what nobody names.
    pub fn remove(&self) {
        // One that stays is taken for a dead process's.
        let _ = std::fs::remove_file(&self.path);
    }
}

fn read(file: &mut File) -> Option<Owner> {
    let mut content = Vec::new();
    file.rewind().ok()?;
    file.take(MOST).read_to_end(&mut content).ok()?;
    serde_json::from_slice(&content).ok()
}
