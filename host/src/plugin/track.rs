//! What is remembered of a plugin's builds across restarts: which were good, which failed, which one somebody wants.
//! Plain data of `plugins.lock`.

use serde::{Deserialize, Serialize};

/// Good builds that are kept.
const GOOD: usize = 2;

/// Failed builds that are remembered.
const FAILED: usize = 16;

/// A plugin's builds, by the hash of their bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Track {
    /// Builds that passed their probation, the last one first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) good: Vec<Build>,
    /// Builds that did not, the last one first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    quarantined: Vec<Failed>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) pinned: Option<Pin>,
}

/// A build.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Build {
    pub(super) version: String,
    pub(super) sha256: String,
}

/// A build that failed its probation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Failed {
    #[serde(flatten)]
    build: Build,
    why: String,
}

/// An older build that somebody wants in place of the file's, until the file is another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Pin {
    /// The hash of the file that is passed over.
    pub(super) file: String,
    /// The hash of the build that answers.
    pub(super) to: String,
}

impl Track {
    /// Whether the build passed its probation before.
    pub(super) fn is_good(&self, sha256: &str) -> bool {
        self.good.iter().any(|build| build.sha256 == sha256)
    }

    /// Why the build may not answer.
    pub(super) fn failed(&self, sha256: &str) -> Option<&str> {
        self.quarantined.iter().find(|failed| failed.build.sha256 == sha256).map(|failed| failed.why.as_str())
    }

    /// The build that answers in place of this file, by the user's word.
    pub(super) fn pinned_over(&self, file: &str) -> Option<&str> {
        self.pinned.as_ref().filter(|pin| pin.file == file).map(|pin| pin.to.as_str())
    }

    /// The build has passed.
    pub(super) fn note_good(&mut self, build: Build) {
        self.good.retain(|known| known.sha256 != build.sha256);
        self.good.insert(0, build);
        self.good.truncate(GOOD);
    }

    /// The build has failed, and is good no longer.
    pub(super) fn quarantine(&mut self, build: Build, why: &str) {
        self.good.retain(|known| known.sha256 != build.sha256);
        self.quarantined.retain(|known| known.build.sha256 != build.sha256);
        self.quarantined.insert(0, Failed { build, why: why.to_owned() });
        self.quarantined.truncate(FAILED);
    }

    /// The build may be tried again. Whether it could not before.
    pub(super) fn forgive(&mut self, sha256: &str) -> bool {
        let (failed, pinned) = (self.quarantined.len(), self.pinned.is_some());
        self.quarantined.retain(|known| known.build.sha256 != sha256);
        self.pinned = self.pinned.take().filter(|pin| pin.file != sha256);
        self.quarantined.len() < failed || self.pinned.is_some() != pinned
    }

    /// Good builds other than these, the last one first.
    pub(super) fn others(&self, than: &[&str]) -> Vec<Build> {
        self.good.iter().filter(|build| !than.contains(&build.sha256.as_str())).cloned().collect()
    }
}

#[cfg(test)]
mod tests;
