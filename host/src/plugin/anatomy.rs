//! What a file says of itself without being run: manifest, kinds, contract version, imports.
//!
//! Walks the whole file, nested modules too: a manifest put in by the linker lies in one of them.

use std::sync::Arc;

use semver::Version;
use sha2::{Digest, Sha256};
use wasmparser::{ComponentExternName, Encoding, Parser, Payload};

use super::error::LoadError;
use super::manifest::{self, Manifest};
use super::settings::cut;
use crate::logging::Escaped;

mod weight;

use weight::Weight;

/// The contract's package.
const PACKAGE: &str = "lyrebird:plugin";

/// The version of the contract that this host speaks, as `wit/` has it.
pub const CONTRACT: Version = Version::new(0, 1, 0);

/// The custom section that carries the manifest.
pub(super) const SECTION: &str = "lyrebird:manifest";

/// Interfaces of the contract that a plugin may import.
const OFFERED: [&str; 7] = ["types", "log", "http", "store", "config", "text", "digest"];

/// Packages of WASI 0.2 that are there, in their deny-all state.
const WASI: [&str; 6] = ["wasi:cli", "wasi:clocks", "wasi:filesystem", "wasi:io", "wasi:random", "wasi:sockets"];

/// Components within components. Tools make three of them; what the compiler keeps grows with the square.
const DEEPEST: usize = 100;

/// Modules and components in a file: ten times what Python's runtime is linked of.
const MOST_PARTS: usize = 1_000;

/// Bytes of what is shown of a file's own words.
const MOST_WORDS: usize = 1 << 10;

/// Most bytes of an import's or export's name: errors tell it, and no name that we know comes near.
const LONGEST_NAME: usize = 200;

/// What a plugin can do. One file may be both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Says whether a room is live and offers candidates.
    Picker,
    /// Announces a session and retracts the announcement.
    Notifier,
}

impl Kind {
    /// The word for JSON and people; also the interface's name.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Picker => "picker",
            Kind::Notifier => "notifier",
        }
    }
}

/// What was found in a file.
#[derive(Clone, Debug)]
pub(super) struct Anatomy {
    /// Lower-case hexadecimal.
    pub sha256: String,
    /// The checked manifest.
    pub manifest: Arc<Manifest>,
    /// What it can do, in order; at least one.
    pub kinds: Vec<Kind>,
    /// The highest contract version that it names.
    pub contract: Version,
    /// Core instances that a call may make of its modules.
    pub instances: usize,
}

/// Names at the rim of the outermost component, and manifests anywhere.
#[derive(Default)]
struct Rim {
    imports: Vec<String>,
    exports: Vec<String>,
    manifests: Vec<Vec<u8>>,
    weight: Weight,
}

/// Reads a file's bytes. The manifest comes back with the error where it could be read: a listing wants its name.
pub(super) fn read(bytes: &[u8]) -> (Option<Arc<Manifest>>, Result<Anatomy, LoadError>) {
    let found = walk(bytes).and_then(|rim| Ok((Arc::new(manifest(&rim)?), rim)));
    let (manifest, rim) = match found {
        Ok(found) => found,
        Err(error) => return (None, Err(error)),
    };
    let judged = contract(&rim).and_then(|contract| Ok((kinds(&rim)?, contract)));
    let anatomy = judged.map(|(kinds, contract)| {
        let (manifest, instances) = (Arc::clone(&manifest), rim.weight.instances());
        Anatomy { sha256: hash(bytes), manifest, kinds, contract, instances }
    });
    (Some(manifest), anatomy)
}

/// The manifests that a component carries, as they are.
pub(super) fn manifests(bytes: &[u8]) -> Result<Vec<Vec<u8>>, LoadError> {
    walk(bytes).map(|rim| rim.manifests)
}

/// SHA-256 in lower-case hexadecimal.
pub(super) fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn walk(bytes: &[u8]) -> Result<Rim, LoadError> {
    if bytes.len() < 8 {
        return Err(if b"\0asm".starts_with(bytes.get(..4).unwrap_or(bytes)) {
            LoadError::Incomplete
        } else {
            LoadError::NotAComponent(String::from("it does not begin like WebAssembly"))
        });
    }
    if !bytes.starts_with(b"\0asm") {
        return Err(LoadError::NotAComponent(String::from("it does not begin like WebAssembly")));
    }
    let mut rim = Rim::default();
    let (mut depth, mut parts) = (0_usize, 0_usize);
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload.map_err(|error| broken(&error))?;
        rim.weight.add(&payload).map_err(|error| broken(&error))?;
        match payload {
            Payload::Version { encoding: Encoding::Module, .. } if depth == 0 => {
                return Err(LoadError::NotAComponent(String::from("it is a core module")));
            }
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => {
                (depth, parts) = (depth + 1, parts + 1);
                if depth > DEEPEST || parts > MOST_PARTS {
                    return Err(LoadError::NotAComponent(format!(
                        "more than {MOST_PARTS} parts, or nested more than {DEEPEST} deep"
                    )));
                }
            }
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(section) if depth == 0 => {
                for import in section {
                    rim.imports.push(full_name(&import.map_err(|error| broken(&error))?.name));
                }
            }
            Payload::ComponentExportSection(section) if depth == 0 => {
                for export in section {
                    rim.exports.push(full_name(&export.map_err(|error| broken(&error))?.name));
                }
            }
            Payload::CustomSection(section) if section.name() == SECTION => rim.manifests.push(section.data().to_vec()),
            _ => {}
        }
    }
    Ok(rim)
}

/// Newer tools may cut a version down to what must be equal (`@0.1`) and put the rest beside it.
fn full_name(name: &ComponentExternName<'_>) -> String {
    cut(format!("{}{}", name.name, name.version_suffix.unwrap_or_default()), LONGEST_NAME)
}

/// A file's words as they may be told: on one line, and no more than anybody reads.
fn shown(text: &str) -> String {
    cut(Escaped(text).to_string(), MOST_WORDS)
}

fn broken(error: &wasmparser::BinaryReaderError) -> LoadError {
    let text = error.message();
    // The parser has no other way of saying so.
    match text.contains("unexpected end") || text.contains("out of bounds") {
        true => LoadError::Incomplete,
        false => LoadError::NotAComponent(format!("{text} at byte {}", error.offset())),
    }
}

fn manifest(rim: &Rim) -> Result<Manifest, LoadError> {
    let bad = |why: String| LoadError::BadManifest(shown(&why));
    let mut manifests = rim.manifests.clone();
    manifests.dedup();
    let [data] = manifests.as_slice() else {
        return Err(bad(match manifests.len() {
            0 => format!("the file carries none (custom section `{SECTION}`)"),
            count => format!("the file carries {count} different ones"),
        }));
    };
    let text = std::str::from_utf8(data).map_err(|_| bad(String::from("it is not UTF-8")))?;
    manifest::parse(text).map_err(bad)
}

/// Every import must be one that this host offers. The highest contract version named, imports and exports alike.
fn contract(rim: &Rim) -> Result<Version, LoadError> {
    let mut highest = None;
    for name in &rim.imports {
        let (package, interface, version) = split(name);
        let missing = || LoadError::MissingImport(shown(name));
        if package == PACKAGE {
            let version = version.ok_or_else(missing)?;
            speaks(name, &version)?;
            if !OFFERED.contains(&interface) {
                return Err(missing());
            }
            highest = highest.max(Some(version));
        } else if !WASI.contains(&package) || version.is_none_or(|version| (version.major, version.minor) != (0, 2)) {
            return Err(missing());
        }
    }
    for name in &rim.exports {
        let (package, interface, version) = split(name);
        let ours = package == PACKAGE && [Kind::Picker, Kind::Notifier].iter().any(|kind| kind.word() == interface);
        if let Some(version) = version.filter(|_| ours) {
            speaks(name, &version)?;
            highest = highest.max(Some(version));
        }
    }
    Ok(highest.unwrap_or(CONTRACT))
}

/// Before 1.0 another minor version is another contract; a newer patch has what we do not know.
fn speaks(name: &str, version: &Version) -> Result<(), LoadError> {
    if *version > CONTRACT {
        return Err(LoadError::ContractTooNew { asks: shown(name), speaks: CONTRACT.to_string() });
    }
    if (version.major, version.minor) != (CONTRACT.major, CONTRACT.minor) {
        return Err(LoadError::ContractMismatch(format!(
            "`{}` is older than `{CONTRACT}`, which this host speaks",
            shown(name)
        )));
    }
    Ok(())
}

fn kinds(rim: &Rim) -> Result<Vec<Kind>, LoadError> {
    let exported = |kind: &Kind| {
        rim.exports.iter().any(|name| matches!(split(name), (PACKAGE, interface, Some(_)) if interface == kind.word()))
    };
    let kinds: Vec<Kind> = [Kind::Picker, Kind::Notifier].into_iter().filter(exported).collect();
    match kinds.is_empty() {
        false => Ok(kinds),
        true => Err(LoadError::ContractMismatch(format!(
            "it exports neither `{PACKAGE}/picker@{CONTRACT}` nor `{PACKAGE}/notifier@{CONTRACT}`"
        ))),
    }
}

/// `package/interface@version`; a name without a version has none.
fn split(name: &str) -> (&str, &str, Option<Version>) {
    let (path, version) = name.split_once('@').map_or((name, None), |(path, version)| (path, Some(version)));
    let (package, interface) = path.split_once('/').unwrap_or((path, ""));
    (package, interface, version.and_then(|version| Version::parse(version).ok()))
}

#[cfg(test)]
pub(super) mod tests;
