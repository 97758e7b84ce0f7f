//! Makes one component of a path safe for every common file system, whatever a streamer has called his broadcast.

use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

/// The longest component. Most file systems take 255 bytes; some encrypting ones less, and companions need room.
pub(super) const COMPONENT_BYTES: usize = 200;

/// The longest stem: a component less the longest ` (99)`, `_9999` and `.json.tmp` that may follow.
pub(super) const STEM_BYTES: usize = COMPONENT_BYTES - 24;

/// Stands for what may not stand in a name.
const INSTEAD: char = '_';

/// Names that Windows reserves, whatever follows a dot; `com1`, `lpt1` and so on beside them.
const RESERVED: [&str; 7] = ["con", "prn", "aux", "nul", "conin$", "conout$", "clock$"];

/// A value before it is rendered: it can make no folder, and no control character.
pub(super) fn value(text: &str) -> String {
    text.nfc().filter_map(character).map(|c| if c == '/' { INSTEAD } else { c }).collect::<String>().trim().to_owned()
}

/// A component of the rendered path, not yet cut; empty where nothing is left of it.
pub(super) fn component(text: &str) -> String {
    // Composed once more: what was taken out may have stood between a letter and its accent.
    let clean: String = text.nfc().filter_map(character).nfc().collect();
    let words: Vec<&str> = clean.split(' ').filter(|word| !word.is_empty()).collect();
    unreserved(trim_end(words.join(" ").trim_start_matches(['.', '-', ' '])))
}

/// Cut to so many bytes between two graphemes.
pub(super) fn cut(name: &str, bytes: usize) -> String {
    let mut end = 0;
    for (start, grapheme) in name.grapheme_indices(true) {
        if start + grapheme.len() > bytes {
            break;
        }
        end = start + grapheme.len();
    }
    // One grapheme of more than 200 bytes is no name; what stood before it may be a reserved one.
    unreserved(trim_end(name.get(..end).unwrap_or_default()))
}

fn unreserved(name: &str) -> String {
    if is_reserved(name) { format!("{INSTEAD}{name}") } else { name.to_owned() }
}

/// Windows drops dots and spaces at the end: two names would be one.
fn trim_end(name: &str) -> &str {
    name.trim_end_matches(['.', ' '])
}

/// What stands in a name for this character; none where it goes.
fn character(c: char) -> Option<char> {
    match c {
        // They stand between words.
        '\t' | '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => Some(' '),
        '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|' => Some(INSTEAD),
        _ if c.is_control() || is_invisible(c) => None,
        _ if c.is_whitespace() => Some(' '),
        _ => Some(c),
    }
}

/// Turns text around, hides it, or is no character at all. The joiners U+200C and U+200D stay: scripts and emoji need
/// them.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff0}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}'
        | '\u{e0000}'..='\u{e007f}')
}

fn is_reserved(name: &str) -> bool {
    let base = name.split('.').next().unwrap_or_default().trim_end().to_lowercase();
    let numbered = ["com", "lpt"].iter().any(|port| {
        let number = base.strip_prefix(port).map(|rest| rest.chars().collect::<Vec<_>>());
        matches!(number.as_deref(), Some(['0'..='9' | '¹' | '²' | '³']))
    });
    numbered || RESERVED.contains(&base.as_str())
}
