//! Opens what lies below a folder and nothing else: no `..`, no symbolic link, no way out. Blocking.
//!
//! All that a recording opens on its way is opened here: for it there are descriptors in reserve.

use std::ffi::OsStr;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Component, Path};

use rustix::fs::{self, Mode, OFlags, ResolveFlags};
use rustix::io::{Errno, Result};

use crate::machine::descriptors::spared;

/// How new folders and files may be used, before the umask.
const FOLDER_MODE: u32 = 0o777;
pub(super) const FILE_MODE: u32 = 0o666;

const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

/// Makes the names in a folder survive a power cut; false where its file system knows no such thing. Some answer so that
/// are across a network or shared with a virtual machine, and a recording there is better than none.
pub(super) fn sync_folder(folder: impl AsFd) -> Result<bool> {
    match fs::fsync(folder) {
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => Ok(false),
        done => done.map(|()| true),
    }
}

/// A folder that is the top of all paths.
#[derive(Debug)]
pub(super) struct Beneath {
    top: OwnedFd,
    openat2: bool,
}

impl Beneath {
    /// Opens the top itself; here symbolic links are the user's own choice.
    pub(super) fn open(top: &Path) -> Result<Self> {
        let top = spared(|| fs::open(top, FOLDER, Mode::empty()))?;
        // Missing before Linux 5.6, and refused by some containers' filters.
        let openat2 = resolve(&top, Path::new("."), FOLDER).is_ok();
        Ok(Beneath { top, openat2 })
    }

    /// The same folder on a system without `openat2`.
    #[cfg(test)]
    pub(super) fn without_openat2(self) -> Self {
        Beneath { openat2: false, ..self }
    }

    /// The top's descriptor.
    pub(super) fn top(&self) -> &OwnedFd {
        &self.top
    }

    /// Opens a folder below the top; an empty path is the top.
    pub(super) fn folder(&self, path: &Path) -> Result<OwnedFd> {
        if path.as_os_str().is_empty() {
            return top_again(&self.top);
        }
        names(path)?;
        if self.openat2 {
            return resolve(&self.top, path, FOLDER);
        }
        self.walk(path, |_, _| Ok(()))
    }

    /// Makes the folder and what leads to it where it is missing, so that it survives a power cut, and opens it.
    pub(super) fn make_folder(&self, path: &Path) -> Result<OwnedFd> {
        match self.folder(path) {
            Err(Errno::NOENT) => {}
            other => return other,
        }
        self.walk(path, |above, name| match fs::mkdirat(above, name, Mode::from_raw_mode(FOLDER_MODE)) {
            Ok(()) => sync_folder(above).map(drop),
            Err(Errno::EXIST) => Ok(()),
            Err(error) => Err(error),
        })?;
        // Again by the whole path: a folder may have been moved away under the walk.
        self.folder(path)
    }

    /// Goes down one name at a time; `before` sees each name before it is opened.
    fn walk(&self, path: &Path, before: impl Fn(&OwnedFd, &OsStr) -> Result<()>) -> Result<OwnedFd> {
        let mut folder = top_again(&self.top)?;
        for name in names(path)? {
            before(&folder, name)?;
            folder = spared(|| fs::openat(&folder, name, FOLDER | OFlags::NOFOLLOW, Mode::empty()))?;
        }
        Ok(folder)
    }
}

fn top_again(top: &OwnedFd) -> Result<OwnedFd> {
    spared(|| fs::openat(top, ".", FOLDER, Mode::empty()))
}

fn resolve(top: impl AsFd, path: &Path, flags: OFlags) -> Result<OwnedFd> {
    let beneath = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
    spared(|| fs::openat2(&top, path, flags, Mode::empty(), beneath))
}

/// The path's names; it is refused if it is not made of plain names alone.
fn names(path: &Path) -> Result<Vec<&OsStr>> {
    let name = |part| match part {
        Component::Normal(name) => Ok(name),
        _ => Err(Errno::XDEV),
    };
    path.components().map(name).collect()
}

/// Whether the text is the name of something in a folder: one component, and no way up.
pub(super) fn is_name(name: &str) -> bool {
    !name.is_empty() && name != "." && name != ".." && !name.contains(['/', '\0'])
}

/// Opens or makes a file in a folder that is open. A symbolic link of that name is not followed.
pub(super) fn file(folder: impl AsFd, name: &str, flags: OFlags) -> Result<std::fs::File> {
    if !is_name(name) {
        return Err(Errno::XDEV);
    }
    let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    spared(|| fs::openat(&folder, name, flags, Mode::from_raw_mode(FILE_MODE))).map(std::fs::File::from)
}

/// The names of all that is in an open folder.
pub(super) fn list(folder: impl AsFd) -> Result<Vec<(String, fs::FileType)>> {
    let mut found = Vec::new();
    for entry in spared(|| fs::Dir::read_from(&folder))? {
        let entry = entry?;
        // What is not UTF-8 is not ours.
        if let Ok(name) = entry.file_name().to_str()
            && is_name(name)
        {
            found.push((name.to_owned(), entry.file_type()));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_knows_no_sync_is_no_failure() {
        let sync = |path: &str| sync_folder(std::fs::File::open(path).unwrap());
        assert_eq!(sync(&std::env::temp_dir().to_string_lossy()), Ok(true));
        // Nothing of it is on a disk.
        assert_eq!(sync("/proc"), Ok(false));
    }
}
