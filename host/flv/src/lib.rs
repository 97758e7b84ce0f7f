//! FLV without I/O: the bytes of a connection go in, repaired tags, cuts and notes come out.
//!
//! ```text
//! Bytes ──▶ Reader ──Item──▶ Remuxer ──Step──▶ Segment ──▶ head, frames, patches
//!           framing          repairs, cuts     layout of one output file
//! ```
//!
//! The promise, for any byte sequence cut by the network at any places:
//! * it never panics and holds bounded memory;
//! * every complete media tag that can be decoded is in exactly one segment, in its track's order, with its payload
//!   untouched, except repeats and what precedes the first key frame of a recording;
//! * every segment starts with metadata and the decoder configurations in force, then media from about 0 ms;
//! * output is a fixed point: fed through again it comes out byte for byte the same, without a note;
//! * how the input was chunked never changes the output;
//! * what was mended, skipped or is missing is told as a [`Note`], never silently.
//!
//! Knows no files, no clock, no runtime and no network.

pub mod codec;
mod cut;
mod index;
pub mod inspect;
mod note;
mod reader;
mod recover;
mod remuxer;
pub mod script;
#[cfg(test)]
mod seeds;
mod segment;
mod tag;
pub mod text;

pub use cut::{Ask, Cut, CutReason, Facts};
pub use note::{Cause, Fault, Note, NoteKind};
pub use reader::{Item, Reader};
pub use recover::{Recovery, Salvage, Salvaged};
pub use remuxer::{Options, Remuxer, Repeats, Step};
pub use script::Metadata;
pub use segment::{Depth, Frame, Patch, Segment};
pub use tag::{BACK_POINTER, MAX_PAYLOAD, TAG_HEADER, Tag, Track};
