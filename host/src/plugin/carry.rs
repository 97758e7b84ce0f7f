//! A component and its manifest made one file: how plugins come by their manifest whose language has no way of carrying
//! one. Runs nothing of it.

use std::fmt;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::anatomy;
use super::error::LoadError;
use super::listing::{self, Description};
use super::manifest;
use super::scan;
use super::whole::{self, Readers};
use crate::config::open_file;

/// Why no plugin was made.
#[derive(Debug)]
pub enum BuildError {
    /// The component cannot be read, or is none.
    Component(PathBuf, LoadError),
    /// The manifest cannot be read.
    Manifest(PathBuf, io::Error),
    /// The component carries a manifest already, and another one.
    Carries(PathBuf),
    /// Both together are no plugin of this host.
    Plugin(LoadError),
    /// The plugin cannot be written.
    Output(PathBuf, io::Error),
}

impl fmt::Display for BuildError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BuildError::Component(file, _) => write!(out, "cannot take `{}` as a component", file.display()),
            BuildError::Manifest(file, _) => write!(out, "cannot read the manifest `{}`", file.display()),
            BuildError::Carries(file) => write!(
                out,
                "`{}` carries another manifest already\nhint: give the component as your language's tools made it",
                file.display()
            ),
            BuildError::Plugin(_) => out.write_str("the component and its manifest make no plugin"),
            BuildError::Output(file, _) => write!(out, "cannot write `{}`", file.display()),
        }
    }
}

impl std::error::Error for BuildError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            BuildError::Component(_, error) | BuildError::Plugin(error) => Some(error),
            BuildError::Manifest(_, error) | BuildError::Output(_, error) => Some(error),
            BuildError::Carries(_) => None,
        }
    }
}

/// Writes the component with the manifest in it to `output`, which it replaces at once: a running program that watches
/// the folder never meets half a file. Blocks.
///
/// # Errors
/// Nothing is written, and what was there stays.
pub fn build(component: &Path, manifest: &Path, output: &Path) -> Result<Description, BuildError> {
    let wasm = scan::bytes(component).map_err(|error| BuildError::Component(component.to_owned(), error))?;
    let text = read(manifest).map_err(|error| BuildError::Manifest(manifest.to_owned(), error))?;
    let held = anatomy::manifests(&wasm).map_err(|error| BuildError::Component(component.to_owned(), error))?;
    let wasm = match held.as_slice() {
        [] => carrying(wasm, &text),
        all if all.iter().all(|one| *one == text) => wasm,
        _ => return Err(BuildError::Carries(component.to_owned())),
    };
    let description = listing::describe(output, &wasm).map_err(BuildError::Plugin)?;
    whole::replace(output, &wasm, Readers::Usual).map_err(|error| BuildError::Output(output.to_owned(), error))?;
    Ok(description)
}

/// What is too long is read as far as it takes to be told so.
fn read(manifest: &Path) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    let most = u64::try_from(manifest::LONGEST).unwrap_or(u64::MAX).saturating_add(1);
    open_file(manifest)?.take(most).read_to_end(&mut text)?;
    Ok(text)
}

/// A custom section behind all others: its id, its size, its name with a size before it, the text.
pub(super) fn carrying(mut wasm: Vec<u8>, manifest: &[u8]) -> Vec<u8> {
    const CUSTOM: u8 = 0;
    let name = anatomy::SECTION.as_bytes();
    let body = [&size(name.len())[..], name, manifest].concat();
    wasm.push(CUSTOM);
    wasm.extend(size(body.len()));
    wasm.extend(body);
    wasm
}

/// Unsigned LEB128: seven bits a byte, the least first, the eighth says that more follow.
fn size(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = u8::try_from(value & 0x7f).unwrap_or_default();
        value >>= 7;
        bytes.push(if value == 0 { low } else { low | 0x80 });
        if value == 0 {
            return bytes;
        }
    }
}

#[cfg(test)]
mod tests;
