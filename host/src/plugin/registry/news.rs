//! What probations have ended with, noted and told; and what somebody has decided by hand.

use std::path::Path;

use super::Shared;
use crate::plugin::grants::{self, Grants};
use crate::plugin::slot::News;
use crate::plugin::track::{Build, Pin};

impl Shared {
    /// Ends probations that have lasted long enough, notes and tells what has been ruled. Whether a build that answered
    /// was rolled back.
    pub(super) async fn settle(&self) -> bool {
        let mut rolled_back = false;
        for slot in self.slots() {
            slot.look();
            for news in slot.news() {
                match news {
                    News::Passed(version) => {
                        let build = version.build();
                        let label = version.anatomy.manifest.label();
                        tracing::info!(plugin = label, "the plugin has passed its probation");
                        let note = move |grants: &mut Grants, name: &str| {
                            if let Some(track) = grants.track_mut(name) {
                                track.note_good(build);
                            }
                        };
                        self.note(&version.anatomy.manifest.name, note).await;
                    }
                    News::RolledBack { failed, to, why } => {
                        rolled_back = true;
                        let (build, running, noted) = (failed.build(), to.build(), why.clone());
                        let note = move |grants: &mut Grants, name: &str| {
                            if let Some(track) = grants.track_mut(name) {
                                track.quarantine(build, &noted);
                            }
                            grants.note_running(name, running);
                        };
                        self.note(&to.anatomy.manifest.name, note).await;
                        self.tell_rolled_back(&failed, &to, &why);
                    }
                }
            }
        }
        rolled_back
    }
}

/// Has the last good build of a plugin that is another one than the file's answer, until the file changes. A running
/// program sees it. Gives back the version that will answer.
///
/// # Errors
/// There is no such build, or it cannot be noted: what and why, for people.
pub fn roll_back(data_dir: &Path, name: &str, file_sha256: &str) -> anyhow::Result<String> {
    let builds = crate::plugin::builds::Builds::of(data_dir);
    let chosen = grants::change(data_dir, |grants| {
        let running = grants.running(name).map(|build| build.sha256).unwrap_or_default();
        let track = grants.track_mut(name)?;
        let is_kept = |build: &Build| builds.file(name, &build.sha256).exists();
        let to = track.others(&[file_sha256, &running]).into_iter().find(is_kept)?;
        track.pinned = Some(Pin { file: file_sha256.to_owned(), to: to.sha256.clone() });
        Some(to.version)
    })?;
    chosen.ok_or_else(|| {
        anyhow::anyhow!(
            "there is no earlier build of `{name}` to go back to\nhint: a build is kept once it has given ten answers, or \
             has answered for ten minutes"
        )
    })
}
