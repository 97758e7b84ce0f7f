//! What the head of a closed file of ours says of the tags behind it.

use super::head::{Head, whole};
use crate::index;
use crate::script::{Script, Value};
use crate::tag::Track;

/// The part of a head that was written from the tags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Claims {
    /// Size of the file.
    pub(crate) bytes: u64,
    /// The latest time of any frame.
    pub(crate) last_ms: u64,
    /// The index: where a tag stands, and its time in ms; in the order of the file.
    pub(crate) entries: Vec<(u64, u64)>,
}

impl Claims {
    /// Reads the payload of a metadata tag. None where it is not laid out as ours are, to the byte, or the file was
    /// never patched.
    pub(crate) fn read(payload: &[u8]) -> Option<Claims> {
        let script = Script::read(payload).ok()?;
        let fields = script.values.first()?;
        let object = [index::NAME, index::NAME_OF_NONE].iter().find_map(|name| fields.field(name));
        let start = Head::start(fields.field("audiocodecid").is_some(), object.is_some());
        let frame = super::frame(Track::Script, 0, payload.len());
        let bytes: [&[u8]; 3] = [&start, &frame.head, payload];
        Head::read(&bytes.concat())?;
        let number = |name| fields.field(name)?.number();
        Some(Claims {
            bytes: number("filesize").and_then(wide).filter(|bytes| *bytes > 0)?,
            last_ms: number("lasttimestamp").and_then(milliseconds)?,
            entries: match object {
                Some(object) => entries(object)?,
                None => Vec::new(),
            },
        })
    }
}

fn entries(object: &Value<'_>) -> Option<Vec<(u64, u64)>> {
    let array = |name| match object.field(name) {
        Some(Value::StrictArray(values)) => Some(values),
        _ => None,
    };
    let (times, offsets) = (array("times")?, array("filepositions")?);
    if times.len() != offsets.len() {
        return None;
    }
    let entry = |(time, offset): (&Value<'_>, &Value<'_>)| {
        Some((offset.number().and_then(wide)?, time.number().and_then(milliseconds)?))
    };
    times.iter().zip(offsets).map(entry).collect()
}

fn milliseconds(seconds: f64) -> Option<u64> {
    wide((seconds * 1000.0).round())
}

/// The whole number below 2^64 that a double is.
fn wide(number: f64) -> Option<u64> {
    let high = (number / TWO_TO_32).floor();
    Some(u64::from(whole(high)?) << 32 | u64::from(whole(number - high * TWO_TO_32)?))
}

const TWO_TO_32: f64 = 4_294_967_296.0;
