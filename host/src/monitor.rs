//! The head: what to do about each room, and when.

pub mod pace;
pub mod room;
pub mod watch;
