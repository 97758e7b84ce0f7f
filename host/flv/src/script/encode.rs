//! Writes AMF0 values.

use super::{Field, Value, marker};

/// Writes a value with its marker.
pub fn write_value(value: &Value<'_>, out: &mut Vec<u8>) {
    match value {
        Value::Number(number) => {
            out.push(marker::NUMBER);
            out.extend(number.to_be_bytes());
        }
        Value::Boolean(boolean) => out.extend([marker::BOOLEAN, u8::from(*boolean)]),
        Value::String(text) if u16::try_from(text.len()).is_ok() => {
            out.push(marker::STRING);
            write_name(text, out);
        }
        Value::String(text) => write_long(marker::LONG_STRING, text, out),
        Value::Xml(text) => write_long(marker::XML, text, out),
        Value::Object(fields) => {
            out.push(marker::OBJECT);
            write_fields(fields, out);
        }
        Value::EcmaArray(fields) => {
            out.push(marker::ECMA_ARRAY);
            out.extend(count(fields.len()));
            write_fields(fields, out);
        }
        Value::TypedObject(class, fields) => {
            out.push(marker::TYPED_OBJECT);
            write_name(class, out);
            write_fields(fields, out);
        }
        Value::StrictArray(values) => {
            out.push(marker::STRICT_ARRAY);
            out.extend(count(values.len()));
            for value in values {
                write_value(value, out);
            }
        }
        Value::Date(ms, zone) => {
            out.push(marker::DATE);
            out.extend(ms.to_be_bytes());
            out.extend(zone.to_be_bytes());
        }
        Value::Reference(number) => {
            out.push(marker::REFERENCE);
            out.extend(number.to_be_bytes());
        }
        Value::Null => out.push(marker::NULL),
        Value::Undefined => out.push(marker::UNDEFINED),
    }
}

/// Writes one field of an object: its name and its value. A name beyond 65,535 bytes, which AMF0 cannot say, is cut.
pub fn write_field(name: &[u8], value: &Value<'_>, out: &mut Vec<u8>) {
    write_name(name, out);
    write_value(value, out);
}

fn write_fields(fields: &[Field<'_>], out: &mut Vec<u8>) {
    for (name, value) in fields {
        write_field(name, value, out);
    }
    out.extend([0, 0, marker::OBJECT_END]);
}

/// A length in 16 bits and the bytes, without marker.
pub(crate) fn write_name(name: &[u8], out: &mut Vec<u8>) {
    let length = u16::try_from(name.len()).unwrap_or(u16::MAX);
    out.extend(length.to_be_bytes());
    out.extend(name.iter().take(length.into()));
}

fn write_long(kind: u8, text: &[u8], out: &mut Vec<u8>) {
    out.push(kind);
    out.extend(count(text.len()));
    out.extend_from_slice(text);
}

/// A length in 32 bits.
pub(crate) fn count(length: usize) -> [u8; 4] {
    u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes()
}
