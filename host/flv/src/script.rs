//! Script data in AMF0 (AMF 0 specification, 2007; FLV 10.1, E.4.4): reads what senders make of it, writes it by the
//! book. Knows nothing of tags and of what a file needs.
//!
//! A reader meets every fault there is: an ECMA array's length that is a lie, a missing end marker, a tail that was cut
//! off. So claimed lengths never lead to an allocation, depth and number of values are bounded, and what was read
//! before the data broke is kept and said to be a part.

mod encode;
mod metadata;
#[cfg(test)]
mod tests;

use std::fmt;

pub(crate) use encode::{count, write_name};
pub use encode::{write_field, write_value};
pub use metadata::Metadata;

/// How deep values may stand in one another. FFmpeg writes 2, the deepest seen in the wild is 4.
pub const MAX_DEPTH: usize = 16;

/// How many values are read. An index of key frames of a day-long recording has 86,400 in each of its arrays.
pub const MAX_VALUES: usize = 1 << 18;

/// Marker of each type (AMF 0, 2.1).
pub(crate) mod marker {
    pub(crate) const NUMBER: u8 = 0x00;
    pub(crate) const BOOLEAN: u8 = 0x01;
    pub(crate) const STRING: u8 = 0x02;
    pub(crate) const OBJECT: u8 = 0x03;
    pub(crate) const NULL: u8 = 0x05;
    pub(crate) const UNDEFINED: u8 = 0x06;
    pub(crate) const REFERENCE: u8 = 0x07;
    pub(crate) const ECMA_ARRAY: u8 = 0x08;
    pub(crate) const OBJECT_END: u8 = 0x09;
    pub(crate) const STRICT_ARRAY: u8 = 0x0a;
    pub(crate) const DATE: u8 = 0x0b;
    pub(crate) const LONG_STRING: u8 = 0x0c;
    pub(crate) const UNSUPPORTED: u8 = 0x0d;
    pub(crate) const XML: u8 = 0x0f;
    pub(crate) const TYPED_OBJECT: u8 = 0x10;
}

/// A name and its value, in the sender's order. Names need not be UTF-8.
pub type Field<'a> = (&'a [u8], Value<'a>);

/// One value, borrowed from the tag's payload.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// An IEEE 754 double.
    Number(f64),
    /// A byte that is not 0.
    Boolean(bool),
    /// A string or a long string, as sent.
    String(&'a [u8]),
    /// An anonymous object.
    Object(Vec<Field<'a>>),
    /// An ECMA array: an object but for its marker and a length that nobody believes.
    EcmaArray(Vec<Field<'a>>),
    /// An object of a class.
    TypedObject(&'a [u8], Vec<Field<'a>>),
    /// Values without names.
    StrictArray(Vec<Value<'a>>),
    /// Milliseconds since 1970 and a time zone that the specification says to ignore.
    Date(f64, i16),
    /// An XML document.
    Xml(&'a [u8]),
    /// Points at a value that came before; not followed.
    Reference(u16),
    /// Null.
    Null,
    /// Undefined, or a value the sender could not write.
    Undefined,
}

impl<'a> Value<'a> {
    /// The named values in it: of objects of any kind, and of the objects in a strict array, which is what one encoder
    /// makes of its metadata.
    pub fn fields(&self) -> Vec<&Field<'a>> {
        match self {
            Value::Object(fields) | Value::EcmaArray(fields) | Value::TypedObject(_, fields) => fields.iter().collect(),
            Value::StrictArray(values) => values
                .iter()
                .flat_map(|value| match value {
                    Value::StrictArray(_) => Vec::new(),
                    other => other.fields(),
                })
                .collect(),
            _ => Vec::new(),
        }
    }

    /// The last value of that name in it: where names repeat, players take the last.
    pub fn field(&self, name: &str) -> Option<&Value<'a>> {
        self.fields().into_iter().rev().find(|(known, _)| *known == name.as_bytes()).map(|(_, value)| value)
    }

    /// The number, if it is one.
    pub fn number(&self) -> Option<f64> {
        match self {
            Value::Number(number) => Some(*number),
            _ => None,
        }
    }
}

/// The contents of one script tag.
#[derive(Clone, Debug, PartialEq)]
pub struct Script<'a> {
    /// What it is: `onMetaData`, `onTextData`, … A leading `@setDataFrame`, which is addressed to servers, is skipped.
    pub name: &'a [u8],
    /// What stands behind the name.
    pub values: Vec<Value<'a>>,
    /// False where the data broke, or went beyond the bounds: then this is what stood before.
    pub whole: bool,
}

/// Script data without even a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScriptError {
    /// No byte at all.
    Empty,
    /// It does not begin with a string; the marker it begins with.
    Unnamed(u8),
    /// The name was cut off.
    CutOff,
}

impl fmt::Display for ScriptError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ScriptError::Empty => write!(out, "script data is empty"),
            ScriptError::Unnamed(marker) => {
                write!(out, "script data begins with marker {marker:#04x}, not with a name")
            }
            ScriptError::CutOff => write!(out, "script data ends within its name"),
        }
    }
}

impl std::error::Error for ScriptError {}

impl<'a> Script<'a> {
    /// Reads a script tag's payload.
    ///
    /// # Errors
    /// Where not even a name can be read. Anything worse behind it only makes the script not [`whole`](Script::whole).
    pub fn read(payload: &'a [u8]) -> Result<Script<'a>, ScriptError> {
        let first = *payload.first().ok_or(ScriptError::Empty)?;
        let mut reader = Reader { rest: payload, values_left: MAX_VALUES, broken: false };
        let mut name = reader.name(first)?;
        if name == b"@setDataFrame" && reader.rest.first() == Some(&marker::STRING) {
            name = reader.name(marker::STRING)?;
        }
        let mut values = Vec::new();
        while !reader.rest.is_empty() && !reader.broken {
            if reader.skip_object_end() {
                continue; // Some senders close their array twice.
            }
            values.extend(reader.value(0));
        }
        Ok(Script { name, values, whole: !reader.broken })
    }
}

struct Reader<'a> {
    rest: &'a [u8],
    values_left: usize,
    broken: bool,
}

impl<'a> Reader<'a> {
    fn name(&mut self, first: u8) -> Result<&'a [u8], ScriptError> {
        if first != marker::STRING {
            return Err(ScriptError::Unnamed(first));
        }
        match self.value(0) {
            Some(Value::String(name)) => Ok(name),
            _ => Err(ScriptError::CutOff),
        }
    }

    fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        match self.rest.split_at_checked(count) {
            Some((taken, rest)) => {
                self.rest = rest;
                Some(taken)
            }
            None => {
                self.broken = true;
                None
            }
        }
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.bytes(N)?.try_into().ok()
    }

    fn double(&mut self) -> Option<f64> {
        self.array().map(f64::from_be_bytes)
    }

    fn short_string(&mut self) -> Option<&'a [u8]> {
        let length = u16::from_be_bytes(self.array()?);
        self.bytes(length.into())
    }

    fn long_string(&mut self) -> Option<&'a [u8]> {
        let length = u32::from_be_bytes(self.array()?);
        self.bytes(usize::try_from(length).unwrap_or(usize::MAX))
    }

    fn skip_object_end(&mut self) -> bool {
        match self.rest.strip_prefix(&[0, 0, marker::OBJECT_END]) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// None where the data broke before a value was there; a value that broke within is given as far as it came.
    fn value(&mut self, depth: usize) -> Option<Value<'a>> {
        if depth >= MAX_DEPTH || self.values_left == 0 {
            self.broken = true;
            return None;
        }
        self.values_left -= 1;
        let [kind] = self.array()?;
        Some(match kind {
            marker::NUMBER => Value::Number(self.double()?),
            marker::BOOLEAN => Value::Boolean(self.array()? != [0]),
            marker::STRING => Value::String(self.short_string()?),
            marker::LONG_STRING => Value::String(self.long_string()?),
            marker::XML => Value::Xml(self.long_string()?),
            marker::OBJECT => Value::Object(self.fields(depth)),
            marker::TYPED_OBJECT => Value::TypedObject(self.short_string()?, self.fields(depth)),
            marker::ECMA_ARRAY => {
                // Its length is 0 or 4 billion as often as right; the end marker counts.
                self.bytes(4)?;
                Value::EcmaArray(self.fields(depth))
            }
            marker::STRICT_ARRAY => {
                let length = u32::from_be_bytes(self.array()?);
                Value::StrictArray(self.elements(length, depth))
            }
            marker::DATE => Value::Date(self.double()?, i16::from_be_bytes(self.array()?)),
            marker::REFERENCE => Value::Reference(u16::from_be_bytes(self.array()?)),
            marker::NULL => Value::Null,
            marker::UNDEFINED | marker::UNSUPPORTED => Value::Undefined,
            _ => {
                self.broken = true;
                return None;
            }
        })
    }

    /// Up to the end marker, or to the end of the data: many senders forget the marker of their last array.
    fn fields(&mut self, depth: usize) -> Vec<Field<'a>> {
        let mut fields = Vec::new();
        while !self.broken && !self.rest.is_empty() && !self.skip_object_end() {
            let Some(name) = self.short_string() else { break };
            let Some(value) = self.value(depth + 1) else { break };
            fields.push((name, value));
        }
        fields
    }

    fn elements(&mut self, length: u32, depth: usize) -> Vec<Value<'a>> {
        let mut elements = Vec::new();
        for _ in 0..length {
            if self.broken {
                break;
            }
            elements.extend(self.value(depth + 1));
        }
        elements
    }
}
