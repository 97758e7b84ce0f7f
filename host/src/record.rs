//! (to be built)
mod choose;
mod name;
pub use choose::*;
pub use name::*;
