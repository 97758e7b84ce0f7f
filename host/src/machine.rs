//! What the machine leaves to this program: files that may be open, and memory. Knows nothing of what it is used for.

pub mod descriptors;
pub mod memory;
