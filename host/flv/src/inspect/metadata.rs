//! What a file says of itself, to be held against what it is.

use crate::script::{Field, Value};

/// One field's value.
#[derive(Clone, Debug, PartialEq)]
pub enum MetadataValue {
    /// A number.
    Number(f64),
    /// True or false.
    Boolean(bool),
    /// A text; of anything that is no single value a description, such as `2 fields` or `40 values`.
    Text(String),
}

/// Fields that are listed, and characters of a text that are: a report is for people.
const LISTED_FIELDS: usize = 200;
const LISTED_CHARS: usize = 500;

/// The fields of a script's values.
pub(super) fn list(values: &[Value<'_>]) -> Vec<(String, MetadataValue)> {
    let fields = values.iter().flat_map(Value::fields).take(LISTED_FIELDS);
    fields.map(|(name, value)| (text(name), listed(value))).collect()
}

fn listed(value: &Value<'_>) -> MetadataValue {
    match value {
        Value::Number(number) => MetadataValue::Number(*number),
        Value::Boolean(yes) => MetadataValue::Boolean(*yes),
        Value::String(bytes) | Value::Xml(bytes) => MetadataValue::Text(text(bytes)),
        Value::Date(ms, _) => MetadataValue::Number(*ms),
        Value::Object(fields) | Value::EcmaArray(fields) | Value::TypedObject(_, fields) => {
            MetadataValue::Text(format!("{} fields", fields.len()))
        }
        Value::StrictArray(values) => MetadataValue::Text(format!("{} values", values.len())),
        Value::Reference(_) | Value::Null | Value::Undefined => MetadataValue::Text(String::new()),
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).chars().take(LISTED_CHARS).collect()
}

/// Claims that can be checked.
#[derive(Debug, Default)]
pub(super) struct Claims {
    pub(super) duration_ms: Option<f64>,
    pub(super) file_bytes: Option<f64>,
    pub(super) width: Option<f64>,
    pub(super) height: Option<f64>,
    pub(super) index: Index,
}

impl Claims {
    pub(super) fn of(values: &[Value<'_>]) -> Claims {
        let number = |name: &str| values.iter().rev().find_map(|value| value.field(name)?.number());
        let index = values.iter().rev().find_map(|value| value.field("keyframes"));
        Claims {
            duration_ms: number("duration").map(|seconds| seconds * 1000.0),
            file_bytes: number("filesize"),
            width: number("width"),
            height: number("height"),
            index: index.map(|index| Index::of(&index.fields())).unwrap_or_default(),
        }
    }
}

/// How far a time in the index may be from its frame's: writers round to 10 ms.
const ROUNDED_MS: f64 = 10.0;

/// The index of key frames, checked while the tags go by.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// (offset, time in ms), those not yet seen last to first.
    ahead: Vec<(f64, f64)>,
    pub(super) entries: usize,
    /// Entries that do not lead to a key frame of that time, and the first such offset.
    pub(super) wrong: usize,
    pub(super) first_wrong: f64,
}

impl Index {
    fn of(fields: &[&Field<'_>]) -> Index {
        let array = |wanted: &str| fields.iter().find(|(name, _)| *name == wanted.as_bytes()).map(|(_, value)| value);
        let (Some(Value::StrictArray(times)), Some(Value::StrictArray(places))) =
            (array("times"), array("filepositions"))
        else {
            return Index::default();
        };
        let number = |value: &Value<'_>| value.number().unwrap_or(-1.0);
        let mut ahead: Vec<(f64, f64)> =
            places.iter().zip(times).map(|(place, time)| (number(place), number(time) * 1000.0)).collect();
        // A list that is out of order is right as far as its entries are.
        ahead.sort_by(|one, other| other.0.total_cmp(&one.0));
        let entries = ahead.len();
        let mut index = Index { ahead, entries, wrong: 0, first_wrong: 0.0 };
        index.wrong(places.len().abs_diff(times.len()), 0.0);
        index
    }

    fn wrong(&mut self, count: usize, place: f64) {
        if self.wrong == 0 {
            self.first_wrong = place;
        }
        self.wrong += count;
    }

    /// A key frame, or a video configuration, whose time counts for nothing.
    pub(super) fn see(&mut self, offset: u64, time_ms: Option<u32>) {
        let offset = approximate(offset);
        while let Some((place, claimed_ms)) = self.ahead.last().copied()
            && place <= offset
        {
            self.ahead.pop();
            let is_time = time_ms.is_none_or(|time_ms| (claimed_ms - f64::from(time_ms)).abs() <= ROUNDED_MS);
            if place < offset || !is_time {
                self.wrong(1, place);
            }
        }
    }

    /// The file is over.
    pub(super) fn end(&mut self) {
        if let Some((place, _)) = self.ahead.last().copied() {
            self.wrong(self.ahead.len(), place);
        }
    }
}

/// The number as AMF has it; exact up to 2^53.
pub(super) fn approximate(number: u64) -> f64 {
    let high = u32::try_from(number >> 32).unwrap_or(u32::MAX);
    let low = u32::try_from(number & 0xffff_ffff).unwrap_or(u32::MAX);
    f64::from(high) * 4_294_967_296.0 + f64::from(low)
}
