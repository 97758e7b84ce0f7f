//! What people and programs are shown of a plugin: `plugin list`, `plugin inspect`.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::anatomy::{self, Anatomy};
use super::error::LoadError;
use super::manifest::{Manifest, Setting};
use super::scan;

/// A file, from its manifest and types. What could not be read is null.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Description {
    /// The manifest's name; the file's, where there is no manifest.
    pub name: String,
    /// `picker`, `notifier`, or both.
    pub kinds: Vec<Cow<'static, str>>,
    /// The plugin's version.
    pub version: Option<String>,
    /// The contract's version that it was built for.
    pub contract: Option<String>,
    /// Lower-case hexadecimal.
    pub sha256: Option<String>,
    /// Where it is.
    pub file: PathBuf,
    /// One sentence.
    pub description: Option<String>,
    /// The platform of a picker.
    pub platform: Option<String>,
    /// Globs over host and path.
    pub rooms: Vec<String>,
    /// What it may call.
    pub hosts: Vec<String>,
    /// Where the user's cookie is added.
    pub cookies: Vec<String>,
    /// What the user may set.
    pub settings: Vec<Setting>,
}

impl Description {
    pub(super) fn of(
        file: &Path,
        sha256: Option<String>,
        manifest: Option<&Manifest>,
        anatomy: Option<&Anatomy>,
    ) -> Description {
        let stem = || file.file_stem().unwrap_or(file.as_os_str()).to_string_lossy().into_owned();
        let kinds = anatomy
            .map(|anatomy| anatomy.kinds.iter().map(|kind| Cow::Borrowed(kind.word())).collect())
            .unwrap_or_default();
        let is_picker = anatomy.is_none_or(|anatomy| anatomy.kinds.contains(&anatomy::Kind::Picker));
        Description {
            name: manifest.map_or_else(stem, |manifest| manifest.name.clone()),
            kinds,
            version: manifest.map(|manifest| manifest.version.to_string()),
            contract: anatomy.map(|anatomy| anatomy.contract.to_string()),
            sha256,
            file: file.to_owned(),
            description: manifest.map(|manifest| manifest.description.clone()),
            platform: manifest.filter(|_| is_picker).map(|manifest| manifest.platform.clone()),
            rooms: manifest.map_or_else(Vec::new, |manifest| texts(&manifest.rooms)),
            hosts: manifest.map_or_else(Vec::new, |manifest| texts(&manifest.hosts)),
            cookies: manifest.map_or_else(Vec::new, |manifest| texts(&manifest.cookies)),
            settings: manifest.map_or_else(Vec::new, |manifest| manifest.settings.clone()),
        }
    }
}

fn texts<T: ToString>(items: &[T]) -> Vec<String> {
    items.iter().map(ToString::to_string).collect()
}

/// One line of `plugin list`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Listing {
    /// The file.
    #[serde(flatten)]
    pub description: Description,
    /// What became of it.
    pub state: State,
    /// Why, where it is not active; ends with a hint where the user can mend it.
    pub reason: Option<String>,
}

/// What became of a file in a plugins directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It answers.
    Active,
    /// It was replaced and finishes its last calls.
    Draining,
    /// It is being compiled, and answers when that is done.
    Compiling,
    /// It was not taken.
    Refused,
    /// It asks for more than it was granted.
    NeedsApproval,
    /// It failed its probation.
    Quarantined,
    /// Another file of the same name came first.
    Shadowed,
}

impl State {
    /// The word for people, as in JSON.
    pub fn word(self) -> &'static str {
        match self {
            State::Active => "active",
            State::Draining => "draining",
            State::Compiling => "compiling",
            State::Refused => "refused",
            State::NeedsApproval => "needs-approval",
            State::Quarantined => "quarantined",
            State::Shadowed => "shadowed",
        }
    }

    /// In which order those of one name are shown.
    pub(super) fn rank(self) -> u8 {
        match self {
            State::Active => 0,
            State::Draining => 1,
            State::Compiling => 2,
            State::Refused | State::NeedsApproval | State::Quarantined => 3,
            State::Shadowed => 4,
        }
    }

    pub(super) fn of(error: &LoadError) -> State {
        match error {
            LoadError::NeedsApproval { .. } => State::NeedsApproval,
            LoadError::Quarantined(_) => State::Quarantined,
            _ => State::Refused,
        }
    }
}

/// Describes a file without running anything of it.
///
/// # Errors
/// Why it is no plugin of this host.
pub fn inspect(file: &Path) -> Result<Description, LoadError> {
    describe(file, &scan::bytes(file)?)
}

/// The same of bytes that are, or will be, in this file.
pub(super) fn describe(file: &Path, wasm: &[u8]) -> Result<Description, LoadError> {
    let (_, anatomy) = anatomy::read(wasm);
    let anatomy = anatomy?;
    Ok(Description::of(file, Some(anatomy.sha256.clone()), Some(&anatomy.manifest), Some(&anatomy)))
}
