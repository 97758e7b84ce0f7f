//! What the scenarios, the demo and the bench share: a hostile origin, live encoders, the real program under a
//! leash, and a second opinion on every file.
//!
//! Knows the program only from outside: by its command line, its files and its network. The little FLV reader here
//! is deliberately not `lyrebird-flv`: an engine must not be its own judge.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::as_conversions,
    clippy::print_stderr,
    reason = "test machinery: a panic here is a failed test, with its reason"
)]

pub mod bilibili;
pub mod broadcast;
pub mod build;
pub mod chaos;
pub mod clip;
pub mod component;
pub mod damage;
pub mod encoder;
pub mod feed;
pub mod ffprobe;
pub mod flv;
pub mod image;
pub mod inject;
pub mod jump;
pub mod measure;
pub mod media;
pub mod memory;
pub mod needs;
pub mod network;
pub mod numbered;
pub mod origin;
pub mod place;
pub mod program;
pub mod resolver;
pub mod tls;
pub mod verify;
pub mod volume;
