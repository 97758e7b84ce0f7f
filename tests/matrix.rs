//! The fault matrix: every fault that a recorder meets in the field has a row with a number and a stated outcome, and
//! every row has its tests here, named by it. Whatever happens, nothing is lost without a name.

mod clocks;
mod config;
mod database;
mod disk;
mod http;
mod killed;
mod names;
mod process;
mod stream;
mod targets;
