//! Compiled components on disk: compiling takes seconds, loading what was compiled less than a millisecond.
//!
//! A compiled file is machine code that this process will run. So it lives in a directory of the user alone, is never
//! written over (somebody may have it mapped), and is compared with the checksum in its name before it is used.

use std::fs::{self, File, Permissions};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Read};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use tracing::{debug, warn};
use wasmtime::component::Component;
use wasmtime::{Engine, ModuleVersionStrategy};

use super::whole::{self, Readers};
use crate::clock::Clock;

/// All compiled files together; the least recently used go first. Python's are the largest, 60 MB each.
const MOST_BYTES: u64 = 1 << 30;

/// What commands keep that try a plugin or ask it once, all together.
const MOST_TRIED_BYTES: u64 = 256 << 20;

/// The folder of those, within the directory: with a limit of its own, since an author's many builds must not drive out
/// what a `run` will start with.
const TRIED: &str = "tried";

/// How compiled files end.
const EXTENSION: &str = "cwasm";

/// The directory of compiled files.
#[derive(Clone, Debug)]
pub(super) enum Cache {
    /// What is compiled is kept there.
    Kept(PathBuf),
    /// What lies there is used, and left as it is; what is compiled is kept in a folder within.
    Tried(PathBuf),
    /// It cannot be trusted or made: everything is compiled anew.
    Nowhere,
}

impl Cache {
    /// Takes the directory, making it where it is missing.
    pub(super) fn open(dir: &Path) -> Cache {
        match secure(dir) {
            Ok(()) => Cache::Kept(dir.to_owned()),
            Err(error) => {
                warn!(dir = %dir.display(), %error, "compiled plugins cannot be kept, each start compiles them anew");
                Cache::Nowhere
            }
        }
    }

    /// Takes the directory where it is there and nobody else could have written to it.
    pub(super) fn look(dir: &Path) -> Cache {
        match fs::metadata(dir) {
            Ok(facts) if facts.is_dir() && is_mine(&facts) => Cache::Tried(dir.to_owned()),
            _ => Cache::Nowhere,
        }
    }

    /// Removes what was not used for longest, and what an interrupted write left behind.
    pub(super) fn trim(&self) {
        let Cache::Kept(dir) = self else { return };
        if let Err(error) = trim(dir, MOST_BYTES) {
            debug!(%error, "cannot trim the compiled plugins");
        }
    }

    /// The component of the bytes with this hash, where it was compiled before.
    pub(super) fn cached(&self, engine: &Engine, sha256: &str) -> Option<Component> {
        self.find(engine, &key(engine, sha256))
    }

    /// The component of these bytes: from the cache, else compiled and kept. The error is the compiler's.
    pub(super) fn component(&self, engine: &Engine, sha256: &str, wasm: &[u8]) -> wasmtime::Result<Component> {
        let key = key(engine, sha256);
        if let Some(component) = self.find(engine, &key) {
            return Ok(component);
        }
        let compiled = engine.precompile_component(wasm)?;
        match self.keep(&key, &compiled) {
            Ok(Some(file)) => return machine_code(engine, Source::File(&file)),
            Ok(None) => {}
            Err(error) => debug!(%error, "a compiled plugin cannot be kept"),
        }
        machine_code(engine, Source::Bytes(&compiled))
    }

    fn keep(&self, key: &str, compiled: &[u8]) -> io::Result<Option<PathBuf>> {
        match self {
            Cache::Kept(dir) => keep(dir, key, compiled).map(Some),
            Cache::Tried(dir) => {
                let dir = dir.join(TRIED);
                secure(&dir)?;
                let file = keep(&dir, key, compiled)?;
                trim(&dir, MOST_TRIED_BYTES)?;
                Ok(Some(file))
            }
            Cache::Nowhere => Ok(None),
        }
    }

    fn find(&self, engine: &Engine, key: &str) -> Option<Component> {
        let dir = match self {
            Cache::Kept(dir) | Cache::Tried(dir) => dir,
            Cache::Nowhere => return None,
        };
        let tried = dir.join(TRIED);
        for (file, checksum) in named(dir, key).into_iter().chain(named(&tried, key)) {
            let is_own = matches!(self, Cache::Kept(_)) || file.parent() == Some(&tried);
            let loaded = verify(&file, &checksum)
                .map_err(wasmtime::Error::from)
                .and_then(|()| machine_code(engine, Source::File(&file)));
            match loaded {
                Ok(component) => {
                    if is_own {
                        note_use(&file);
                    }
                    return Some(component);
                }
                Err(error) => discard(&file, &error, is_own),
            }
        }
        None
    }
}

/// The time of the last use, for trimming; a file system that cannot do it trims by age.
fn note_use(file: &Path) {
    let _ = File::open(file).and_then(|file| file.set_modified(Clock::system().now()));
}

fn discard(file: &Path, error: &wasmtime::Error, is_own: bool) {
    warn!(file = %file.display(), error = %format!("{error:#}"), "a compiled plugin is damaged, compiling it again");
    if is_own {
        // Removing a name is safe where somebody still has the file mapped.
        let _ = fs::remove_file(file);
    }
}

/// What must be equal for compiled code to be usable: the bytes, the engine's settings and target, wasmtime itself.
fn key(engine: &Engine, sha256: &str) -> String {
    let mut hasher = DefaultHasher::new();
    engine.precompile_compatibility_hash().hash(&mut hasher);
    ModuleVersionStrategy::WasmtimeVersion.hash(&mut hasher);
    format!("{sha256}-{:016x}", hasher.finish())
}

/// Files of this key, with the checksums in their names.
fn named(dir: &Path, key: &str) -> Vec<(PathBuf, String)> {
    let Ok(entries) = fs::read_dir(dir) else { return Vec::new() };
    let checksum = |name: &str| Some(name.strip_prefix(key)?.strip_prefix('-')?.strip_suffix(".cwasm")?.to_owned());
    let files = entries.flatten().filter_map(|entry| Some((entry.path(), checksum(entry.file_name().to_str()?)?)));
    files.collect()
}

/// Nobody else could have written it.
fn is_mine(facts: &fs::Metadata) -> bool {
    facts.uid() == rustix::process::geteuid().as_raw() && facts.mode() & 0o022 == 0
}

/// Damaged machine code would take the process along, and wasmtime does not look.
fn verify(file: &Path, checksum: &str) -> io::Result<()> {
    let mut open = File::open(file)?;
    let facts = open.metadata()?;
    if !facts.is_file() || !is_mine(&facts) {
        return Err(io::Error::other("it is not a file of this user alone"));
    }
    let mut hasher = blake3::Hasher::new();
    let mut part = vec![0_u8; 256 * 1024];
    loop {
        let count = open.read(&mut part)?;
        if count == 0 {
            break;
        }
        hasher.update(part.get(..count).unwrap_or_default());
    }
    match short(&hasher.finalize()) == checksum {
        true => Ok(()),
        false => Err(io::Error::other("its checksum is another")),
    }
}

fn short(hash: &blake3::Hash) -> String {
    hash.to_hex().chars().take(32).collect()
}

/// A file of the cache is whole from the first moment, and one that is there already stays.
fn keep(dir: &Path, key: &str, compiled: &[u8]) -> io::Result<PathBuf> {
    let target = dir.join(format!("{key}-{}.{EXTENSION}", short(&blake3::hash(compiled))));
    if !target.exists() {
        whole::add(&target, compiled, Readers::User)?;
    }
    Ok(target)
}

fn secure(dir: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    let facts = fs::metadata(dir)?;
    if facts.uid() != rustix::process::geteuid().as_raw() {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "the directory belongs to another user"));
    }
    match facts.mode() & 0o077 {
        0 => Ok(()),
        _ => fs::set_permissions(dir, Permissions::from_mode(0o700)),
    }
}

fn trim(dir: &Path, most: u64) -> io::Result<()> {
    let mut files: Vec<(SystemTime, u64, PathBuf)> = Vec::new();
    for entry in fs::read_dir(dir)?.flatten() {
        let (path, facts) = (entry.path(), entry.metadata()?);
        let used = facts.modified()?;
        match path.extension().and_then(|end| end.to_str()) {
            Some(EXTENSION) => files.push((used, facts.len(), path)),
            // An hour: somebody may be writing it just now.
            Some("tmp") if used.elapsed().is_ok_and(|age| age.as_secs() > 3_600) => fs::remove_file(&path)?,
            _ => {}
        }
    }
    files.sort();
    let mut total: u64 = files.iter().map(|(_, bytes, _)| bytes).sum();
    for (_, bytes, path) in files {
        if total <= most {
            break;
        }
        fs::remove_file(&path)?;
        total = total.saturating_sub(bytes);
    }
    Ok(())
}

/// Where machine code is taken from.
enum Source<'a> {
    File(&'a Path),
    Bytes(&'a [u8]),
}

/// Makes compiled bytes runnable.
#[allow(unsafe_code)]
fn machine_code(engine: &Engine, source: Source<'_>) -> wasmtime::Result<Component> {
    match source {
        // SAFETY: the file was written by `keep` from what this build of wasmtime compiled (the key says so), into a
        // directory and with a mode that let only this user write; its checksum was compared, or it was written a
        // moment ago; nothing ever changes such a file in place, so the mapping stays what it was.
        Source::File(file) => unsafe { Component::deserialize_file(engine, file) },
        // SAFETY: the bytes are what this engine compiled a moment ago.
        Source::Bytes(bytes) => unsafe { Component::deserialize(engine, bytes) },
    }
}

#[cfg(test)]
mod tests;
