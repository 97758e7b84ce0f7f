//! What people do to a `run` that records: they change its files, its rooms and its targets, and type at its terminal.
//! A recording that nobody meant never notices.

mod changes;
mod console;
mod events;
mod rooms;
mod secrets;
mod settings;
mod stage;
mod terminal;
mod titles;
mod wishes;
