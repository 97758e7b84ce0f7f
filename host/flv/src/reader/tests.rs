//! Framing, one named test a fault.

mod chunks;
mod damage;
mod damaged;
mod proved;
mod start;

use bytes::Bytes;
use expect_test::Expect;

use super::{Item, Reader};
use crate::note::Fault;
use crate::text;

/// All that comes out of these chunks, as text.
fn read<'a>(chunks: impl Iterator<Item = &'a [u8]>) -> String {
    let mut reader = Reader::new();
    let mut out = String::new();
    let mut told = |item: Result<Option<Item>, Fault>| {
        let line = match item {
            Ok(None) => return false,
            Ok(Some(Item::Tag(tag))) => text::line(&tag),
            Ok(Some(Item::Note(note))) => {
                let tags = if note.tags > 0 { format!(" {} tags", note.tags) } else { String::new() };
                let bytes = if note.bytes > 0 { format!(" {} bytes", note.bytes) } else { String::new() };
                format!("-- {} at {}{tags}{bytes}", note.kind.name(), note.offset)
            }
            Err(fault) => {
                if !out.contains("not FLV") {
                    out.push_str(&format!("-- {fault}\n"));
                }
                return false;
            }
        };
        out.push_str(&line);
        out.push('\n');
        true
    };
    for chunk in chunks {
        reader.push(Bytes::copy_from_slice(chunk));
        while told(reader.next()) {}
        reader.let_go();
    }
    if reader.fault.is_none() {
        while told(reader.finish()) {}
    }
    out
}

/// Reads it in one piece and byte by byte: both must give the same.
fn check(input: &str, expected: Expect) {
    let bytes = text::stream(input).unwrap();
    let whole = read([bytes.as_slice()].into_iter());
    expected.assert_eq(&whole);
    assert_eq!(read(bytes.chunks(1)), whole, "byte by byte");
    assert_eq!(read(bytes.chunks(7)), whole, "in sevens");
}

fn check_start(bytes: &[u8], expected: Expect) {
    let mut reader = Reader::new();
    reader.push(Bytes::copy_from_slice(bytes));
    let fault = reader.next().map_or_else(|fault| fault.to_string(), |item| format!("{item:?}"));
    expected.assert_eq(&fault);
}
