//! What is kept of a sender's `onMetaData`: a few scalar fields that say something of the encoder. Everything that
//! describes the file (length, index, sizes) is the file's own affair and is dropped here.

use std::collections::BTreeMap;

use super::{Field, Script, ScriptError, Value, encode::write_field};
use crate::index;

/// Fields that are kept at most, and bytes they may take as written.
const MAX_FIELDS: usize = 32;
const MAX_BYTES: usize = 4 << 10;

/// A longer string says nothing of the encoder; it has held a whole room description.
const MAX_STRING: usize = 256;

/// Fields that are either ours (the segment writes them from the tags) or would be a lie in a file that was cut, joined
/// or repaired. Compared without regard to case.
const NOT_KEPT: [&[u8]; 28] = [
    b"audiocodecid",
    b"audiosize",
    b"bytelength",
    b"canseekontime",
    b"canseektoend",
    b"datasize",
    b"duration",
    b"filesize",
    b"framerate",
    b"hasaudio",
    b"hascuepoints",
    b"haskeyframes",
    b"hasmetadata",
    b"hasvideo",
    b"height",
    b"keyframes",
    b"lastkeyframelocation",
    b"lastkeyframetimestamp",
    b"lasttimestamp",
    b"starttime",
    b"totaldatarate",
    b"totalduration",
    b"totalframes",
    b"unindexed",
    b"videocodecid",
    b"videoframecount",
    b"videosize",
    b"width",
];

/// What is kept of a sender's `onMetaData`.
///
/// At most 32 numbers, booleans and strings of up to 256 bytes, 4 KiB in all, sorted by name; a name stands once (the
/// last one sent). Parsing what was written gives the same again, byte for byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// Each as it is written, name and value, sorted by name.
    kept: Vec<Vec<u8>>,
    whole: bool,
    no_key_frames: bool,
    ours: bool,
}

impl Default for Metadata {
    /// That of a sender who told nothing.
    fn default() -> Metadata {
        Metadata { kept: Vec::new(), whole: true, no_key_frames: false, ours: false }
    }
}

impl Metadata {
    /// Reads a script tag's payload. None: another script (`onTextData`, `onFI`, …).
    ///
    /// # Errors
    /// Where not even the script's name can be read.
    pub fn parse(payload: &[u8]) -> Result<Option<Metadata>, ScriptError> {
        let script = Script::read(payload)?;
        Ok((script.name == b"onMetaData").then(|| Metadata::of(&script)))
    }

    /// What is kept of a script that was read.
    pub fn of(script: &Script<'_>) -> Metadata {
        // A map: a hostile sender's 100,000 names must not cost their square.
        let mut last: BTreeMap<&[u8], &Value<'_>> = BTreeMap::new();
        let fields = script.values.iter().flat_map(Value::fields).filter(|field| is_kept(field));
        last.extend(fields.map(|(name, value)| (*name, value)));
        let mut kept = Vec::new();
        let mut bytes = 0;
        for (name, value) in last {
            let mut field = Vec::new();
            write_field(name, value, &mut field);
            if kept.len() < MAX_FIELDS && bytes + field.len() <= MAX_BYTES {
                bytes += field.len();
                kept.push(field);
            }
        }
        let ours = has_spacer(script);
        let no_key_frames = ours && field(script, "hasKeyframes") == Some(&Value::Boolean(false));
        Metadata { kept, whole: script.whole, no_key_frames, ours }
    }

    /// False where the sender's data broke and these are the fields that stood before.
    pub fn is_whole(&self) -> bool {
        self.whole
    }

    /// Whether this is the head of a file that was recorded without a key frame, since none had come for so long. Sent
    /// through again it must not wait for one.
    pub(crate) fn tells_of_no_key_frames(&self) -> bool {
        self.no_key_frames
    }

    /// Whether this is the head of a file with a place for its index, as this engine writes it: what follows was judged
    /// when it was recorded.
    pub(crate) fn is_ours(&self) -> bool {
        self.ours
    }

    /// How many fields are kept.
    pub fn len(&self) -> usize {
        self.kept.len()
    }

    /// Whether no field is kept.
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// Writes the fields, in order, as they stand in an object.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        for field in &self.kept {
            out.extend_from_slice(field);
        }
    }
}

fn field<'a>(script: &'a Script<'_>, name: &str) -> Option<&'a Value<'a>> {
    script.values.iter().rev().find_map(|value| value.field(name))
}

/// What senders say of key frames is not believed, only what a file with a place for its index says: a spacer.
fn has_spacer(script: &Script<'_>) -> bool {
    [index::NAME, index::NAME_OF_NONE]
        .iter()
        .any(|name| field(script, name).is_some_and(|index| index.field("spacer").is_some()))
}

fn is_kept((name, value): &Field<'_>) -> bool {
    let scalar = match value {
        Value::Number(_) | Value::Boolean(_) => true,
        Value::String(text) => text.len() <= MAX_STRING,
        _ => false,
    };
    // An empty name cannot be told from an end marker by every reader.
    scalar && !name.is_empty() && !NOT_KEPT.iter().any(|known| name.eq_ignore_ascii_case(known))
}
