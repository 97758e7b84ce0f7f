//! The forms in which a value goes through the web: as it stands, in a URL, in JSON, in HTML, as base64 or hexadecimal
//! digits, alone or within something longer. Pure.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use url::form_urlencoded;

use super::redact::mask;

/// Shorter codes are in any long text by accident.
const CODED_FROM: usize = 8;

/// Each form of a value that must not be shown, with the same form of what stands there instead.
pub(super) fn forms(value: &str, instead: &str) -> Vec<(String, String)> {
    let mut all = vec![(value.to_owned(), instead.to_owned())];
    for form in [percent, percent_low, form_encoded, form_encoded_low, json, json_of_php, json_in_json, html] {
        all.push((form(value), form(instead)));
    }
    let coded = |code: fn(&[u8]) -> String| (code(value.as_bytes()), code(instead.as_bytes()));
    all.extend([coded(hex), coded(|bytes| hex(bytes).to_ascii_uppercase())].into_iter().filter(is_long));
    for code in [|bytes: &[u8]| STANDARD_NO_PAD.encode(bytes), |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes)] {
        // Three bytes are four letters, so a value looks in one of three ways, by what stands before it; letters at its rims
        // are made of its neighbours, too.
        for before in 0..3 {
            let within = |text: &str| {
                let bytes: Vec<u8> = std::iter::repeat_n(0, before).chain(text.bytes()).collect();
                let (first, last) = ((before * 8).div_ceil(6), bytes.len() * 8 / 6);
                code(&bytes).get(first..last).unwrap_or_default().to_owned()
            };
            let (coded, other) = (within(value), within(instead));
            // What follows must be where it was.
            let other = if other.len() == coded.len() { other } else { mask(&coded) };
            all.extend(Some((coded, other)).filter(is_long));
        }
    }
    all
}

fn is_long((coded, _): &(String, String)) -> bool {
    coded.len() >= CODED_FROM
}

fn form_encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

fn form_encoded_low(text: &str) -> String {
    low(&form_encoded(text))
}

fn percent(text: &str) -> String {
    form_encoded(text).replace('+', "%20")
}

fn percent_low(text: &str) -> String {
    low(&percent(text))
}

/// The same with the letters of its escapes in lower case.
fn low(text: &str) -> String {
    let mut parts = text.split('%');
    let mut lowered = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (code, rest) = part.split_at_checked(2).unwrap_or((part, ""));
        lowered.extend(["%", &code.to_ascii_lowercase(), rest]);
    }
    lowered
}

fn json(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default().to_owned()
}

fn json_in_json(text: &str) -> String {
    json(&json(text))
}

/// With escapes for `/` and for what is not ASCII.
fn json_of_php(text: &str) -> String {
    let mut escaped = String::new();
    for letter in json(text).replace('/', "\\/").chars() {
        match letter.is_ascii() {
            true => escaped.push(letter),
            false => {
                for unit in letter.encode_utf16(&mut [0; 2]) {
                    // Writing to a string cannot fail.
                    let _ = write!(escaped, "\\u{unit:04x}");
                }
            }
        }
    }
    escaped
}

fn html(text: &str) -> String {
    let pairs = [("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\"", "&quot;"), ("'", "&#39;")];
    pairs.iter().fold(text.to_owned(), |text, (plain, escaped)| text.replace(plain, escaped))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut digits, byte| {
        // As above.
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}
