//! The fault matrix: every fault that a recorder meets in the field has a row with a number and a stated outcome, and
//! every row has its tests here, named by it. Whatever happens, nothing is lost without a name.

mod answers;
mod clocks;
mod config;
mod database;
mod disk;
mod first;
mod folder;
mod guests;
mod http;
mod killed;
mod machine;
mod memory;
mod names;
mod network;
mod power;
mod process;
mod refusing;
mod resolver;
mod scene;
mod slow;
mod stream;
mod targets;
mod tls;
