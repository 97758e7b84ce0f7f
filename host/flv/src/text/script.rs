//! Flat script data in words: `onMetaData width=1280 encoder=x stereo=true`.

use std::fmt::Write;

use super::fill::{fill, seed_of};
use super::words::write_size;

/// AMF0 markers (AMF 0 specification, 2.1).
const NUMBER: u8 = 0;
const BOOLEAN: u8 = 1;
const STRING: u8 = 2;
const ECMA_ARRAY: u8 = 8;
const OBJECT_END: &[u8] = &[0, 0, 9];

/// A payload: name and fields as an ECMA array, or, where a size is given, name and noise.
pub(super) fn build(words: &[&str], bytes: Option<usize>, seed: u32) -> Result<Vec<u8>, String> {
    let mut payload = Vec::new();
    let fields = match words.split_first() {
        Some((name, _)) if !is_plain_name(name) => return Err(format!("`{name}` is no name")),
        Some((name, fields)) => {
            push_value(&mut payload, name)?;
            fields
        }
        None if bytes == Some(0) => return Ok(payload),
        None => return Err("script data begins with a name".into()),
    };
    if let Some(bytes) = bytes {
        payload.extend(fill(seed, bytes.saturating_sub(payload.len())));
        payload.truncate(bytes);
        return Ok(payload);
    }
    payload.push(ECMA_ARRAY);
    payload.extend_from_slice(&u32::try_from(fields.len()).map_err(|err| err.to_string())?.to_be_bytes());
    for field in fields {
        let (key, value) = field.split_once('=').ok_or_else(|| format!("`{field}` is no key=value"))?;
        push_text(&mut payload, key)?;
        match (value.parse::<f64>(), value) {
            (Ok(number), _) => {
                payload.push(NUMBER);
                payload.extend_from_slice(&number.to_be_bytes());
            }
            (_, "true") => payload.extend_from_slice(&[BOOLEAN, 1]),
            (_, "false") => payload.extend_from_slice(&[BOOLEAN, 0]),
            _ => push_value(&mut payload, value)?,
        }
    }
    payload.extend_from_slice(OBJECT_END);
    Ok(payload)
}

fn push_value(payload: &mut Vec<u8>, text: &str) -> Result<(), String> {
    payload.push(STRING);
    push_text(payload, text)
}

fn push_text(payload: &mut Vec<u8>, text: &str) -> Result<(), String> {
    payload.extend_from_slice(&u16::try_from(text.len()).map_err(|err| err.to_string())?.to_be_bytes());
    payload.extend_from_slice(text.as_bytes());
    Ok(())
}

/// Writes the words, if there are any that make this payload.
pub(super) fn write(out: &mut String, payload: &[u8]) -> bool {
    let Some((name, rest)) = read_name(payload) else { return false };
    let mut words = format!(" {name}");
    if let Some(fields) = read_fields(rest) {
        words.push_str(&fields);
        let split: Vec<&str> = words.split_whitespace().collect();
        if build(&split, None, 0).is_ok_and(|built| built == payload) {
            out.push_str(&words);
            return true;
        }
    }
    out.push(' ');
    out.push_str(name);
    write_size(out, Some(payload.len()), seed_of(rest)).is_ok()
}

fn read_name(payload: &[u8]) -> Option<(&str, &[u8])> {
    let (name, rest) = read_text(payload.strip_prefix(&[STRING])?)?;
    is_plain_name(name).then_some((name, rest))
}

/// Whether it can be the first word of script data.
fn is_plain_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.chars().all(|letter| letter.is_ascii_alphanumeric())
        && name != "encrypted"
}

fn read_text(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let (size, rest) = bytes.split_first_chunk::<2>()?;
    let (text, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*size)))?;
    Some((std::str::from_utf8(text).ok()?, rest))
}

/// Words for fields that are numbers, booleans and plain texts.
fn read_fields(rest: &[u8]) -> Option<String> {
    let mut words = String::new();
    let (_count, mut rest) = rest.strip_prefix(&[ECMA_ARRAY])?.split_first_chunk::<4>()?;
    while rest != OBJECT_END {
        let (key, behind) = read_text(rest)?;
        let (marker, behind) = behind.split_first()?;
        let plain = |text: &str| !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || c.is_control());
        if !plain(key) || key.contains('=') || key.starts_with(['(', '#']) {
            return None;
        }
        rest = match *marker {
            NUMBER => {
                let (number, behind) = behind.split_first_chunk::<8>()?;
                write!(words, " {key}={}", f64::from_be_bytes(*number)).ok()?;
                behind
            }
            BOOLEAN => {
                let (value, behind) = behind.split_first()?;
                write!(words, " {key}={}", *value != 0).ok()?;
                behind
            }
            STRING => {
                let (text, behind) = read_text(behind)?;
                write!(words, " {key}={text}").ok().filter(|()| plain(text))?;
                behind
            }
            _ => return None,
        };
    }
    Some(words)
}
