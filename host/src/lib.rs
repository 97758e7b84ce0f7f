//! Lyrebird's native host as a library, so that the program, the tests and the benches speak to one thing.
//!
//! The modules stand in layers, parted by blank lines. A module may use the groups above its own, never its
//! neighbours in the group and never a group below; a test holds this.

// Words: plain data that every other room speaks, and the clock.
pub mod clock;
pub mod model;

// Facts: what happened.
pub mod event;

// Wishes: what the user asked for.
pub mod config;

// Means: what the machine leaves to the program.
pub mod machine;

// Hands: the only ones that touch the world.
pub mod disk;
pub mod ffmpeg;
pub mod http;
pub mod logging;
pub mod store;

// Trades: what the hands are used for. Neither knows the other.
pub mod plugin;
pub mod record;

// Head: decides what to do about each room.
pub mod monitor;

// House: joins everything once.
pub mod app;

// Door: how people come in.
pub mod cli;
