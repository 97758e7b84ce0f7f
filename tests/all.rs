//! All tests that need more than one crate, in one binary: house rules, and the real program against real streams,
//! real faults and hostile plugins.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::as_conversions,
    reason = "tests; clippy's own exemption does not see helpers outside of #[test] functions"
)]

mod bilibili;
mod bilibili_fake;
mod cli;
mod config;
mod doctor;
mod door;
mod flv_fix;
mod flv_verify;
mod guests;
mod hints;
mod hostile;
mod hot_swap;
mod languages;
mod matrix;
mod media;
mod record_live;
mod run;
mod run_config;
mod soak;
mod state;
mod tapes;
mod tidy;
mod tools;
