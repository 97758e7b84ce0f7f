//! What the author of a Lyrebird plugin depends on.
//!
//! A plugin is one `impl` of [`Picker`] or [`Notifier`] and one line of macro, which also carries the crate's
//! `plugin.toml` into the file:
//!
//! ```
//! use lyrebird_plugin::{Broadcast, Candidate, Failure, Picker, Room, Status, Wish};
//!
//! struct Example;
//!
//! impl Picker for Example {
//!     fn resolve(input: &str) -> Result<String, Failure> {
//!         Ok(input.trim_start_matches("https://example.org/").to_owned())
//!     }
//!     fn check_one(room: &Room) -> Result<Status, Failure> {
//!         Ok(Status::Live(Broadcast { streamer: room.id.clone(), ..Broadcast::default() }))
//!     }
//!     fn streams(room: &Room, _wish: &Wish) -> Result<Vec<Candidate>, Failure> {
//!         Ok(vec![Candidate::flv(format!("https://media.example.org/{}.flv", room.id))])
//!     }
//! }
//!
//! # #[cfg(any())] // The example has no plugin.toml.
//! lyrebird_plugin::export_picker!(Example);
//! # fn main() {}
//! ```
//!
//! Compiled for anything but wasm, the host's functions come from an in-memory twin (`testing`), so that a plugin is
//! tested by plain `cargo test`. Knows nothing of the host's insides: the contract in `wit/` is all they share.

// The generated macros name this crate from outside; this lets them do so from inside too.
extern crate self as lyrebird_plugin;

#[doc(hidden)]
pub mod bindings;
pub mod clock;
pub mod digest;
mod export;
mod failure;
pub mod http;
mod imports;
pub mod lenient;
mod link;
pub mod log;
mod notifier;
mod picker;
pub mod settings;
pub mod store;
#[cfg(not(target_arch = "wasm32"))]
pub mod testing;
pub mod text;
mod types;

pub use bindings::lyrebird::plugin::types::{
    Broadcast, Candidate, Codec, Failure, Pair, Quality, Retry, Room, Status, Timestamp, Transport, Wish,
};
pub use bindings::notifier::exports::lyrebird::plugin::notifier::Event;
#[doc(hidden)]
pub use export::Exported;
pub use http::{Request, Response};
pub use link::Link;
pub use notifier::Notifier;
pub use picker::{Picker, Verdict};
#[doc(hidden)]
pub use wit_bindgen;
pub use {serde, serde_json};
