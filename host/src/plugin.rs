//! The plugin host: from a directory of `.wasm` files to answers in the model's words.
//!
//! Guests are not trusted with anything: a call has its own instance, its own limits, and reaches the network through
//! `http` alone. No plugin code is on the path of media bytes. Knows nothing of recordings and rooms.

mod access;
mod anatomy;
mod bindings;
mod budget;
mod builds;
mod cache;
mod carry;
mod catalogue;
mod compiler;
mod conformance;
mod engine;
mod error;
mod glob;
mod grants;
mod imports;
mod instance;
mod limits;
mod listing;
mod loader;
mod manifest;
mod notifier;
mod outfit;
mod pick;
mod picker;
mod probation;
mod registry;
mod running;
mod scan;
mod settings;
mod slot;
mod tape;
mod track;
mod version;
mod watcher;
mod whole;
mod words;

#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;

pub use anatomy::{CONTRACT, Kind};
pub use carry::{BuildError, build};
pub use catalogue::Catalogue;
pub use conformance::{Check, TapeText, conform};
pub use error::{CallError, LoadError};
pub use listing::{Description, Listing, State, inspect};
pub use manifest::{HostEntry, Live, Manifest, Sample, Setting, SettingKind};
pub use notifier::{AnnounceError, NoNotifier, Notice, Notifier};
pub use pick::PickError;
pub use picker::Picker;
pub use registry::{Means, Registry, approve_file, roll_back};
pub use running::{Running, running};
pub use tape::{RecordError, RecordMeans, Recorded, Said, TAPE_SUFFIX, record};
pub use watcher::Watcher;
