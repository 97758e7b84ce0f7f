//! What people do to a `run` that records: they change its files, its rooms and its targets, and type at its terminal.
//! A recording that nobody meant never notices.

pub(crate) mod changes;
mod console;
mod events;
mod rooms;
mod secrets;
mod settings;
pub(crate) mod stage;
mod terminal;
mod titles;
mod wishes;
