//! What the targets share: an input that is also a plan, the engine as the recorder drives it, and its promises as
//! assertions.
//!
//! An input is a stream; its last bytes say besides how it is played: where it is cut into chunks, where a connection
//! breaks, what is asked for. So any FLV file is a good input, and so is one that was damaged anywhere.

mod files;
mod plan;
mod play;

pub use files::{File, files};
pub use plan::Plan;
pub use play::{Played, play};
