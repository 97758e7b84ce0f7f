//! Text as platforms write it: percent-encoding, hexadecimal, base64, old charsets, and pieces out of a page.

use crate::imports;

const DIGITS: &[u8; 16] = b"0123456789abcdef";
const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Percent-encoding of everything but RFC 3986's unreserved characters, as JavaScript's `encodeURIComponent` but for
/// `!'()*`, which it leaves. Upper-case hexadecimal digits.
pub fn percent(text: impl AsRef<[u8]>) -> String {
    let mut out = String::new();
    for &byte in text.as_ref() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            _ => {
                out.push('%');
                out.push_str(&hex([byte]).to_ascii_uppercase());
            }
        }
    }
    out
}

/// The inverse of [`percent`]. Broken escapes stay as they are; bytes that are no UTF-8 become U+FFFD.
pub fn unpercent(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        if byte == b'%'
            && let Some((pair, after)) = tail.split_first_chunk::<2>()
            && let Some(value) = unhex(pair).and_then(|bytes| bytes.first().copied())
        {
            out.push(value);
            rest = after;
        } else {
            out.push(byte);
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// `application/x-www-form-urlencoded`: as [`percent`], a space as `+`.
pub fn form<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut out = String::new();
    for (name, value) in pairs {
        if !out.is_empty() {
            out.push('&');
        }
        out.push_str(&percent(name).replace("%20", "+"));
        out.push('=');
        out.push_str(&percent(value).replace("%20", "+"));
    }
    out
}

/// The pairs of a query or a form.
pub fn unform(text: &str) -> Vec<(String, String)> {
    let decode = |part: &str| unpercent(&part.replace('+', " "));
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}

/// Lower-case hexadecimal.
pub fn hex(bytes: impl AsRef<[u8]>) -> String {
    let mut out = String::new();
    for &byte in bytes.as_ref() {
        push_hex(&mut out, byte);
    }
    out
}

/// Bytes of hexadecimal digits in any case; none where there are others, or an odd number.
pub fn unhex(digits: impl AsRef<[u8]>) -> Option<Vec<u8>> {
    let (pairs, []) = digits.as_ref().as_chunks::<2>() else { return None };
    let value = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
    pairs.iter().map(|&[high, low]| Some(value(high)? << 4 | value(low)?)).collect()
}

/// Base64 (RFC 4648, 4) with padding. Here, and not from a crate, because forty lines serve every plugin.
pub fn base64(bytes: impl AsRef<[u8]>) -> String {
    let mut out = String::new();
    for chunk in bytes.as_ref().chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let group = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4 {
            let index = usize::try_from(group >> (18 - 6 * place) & 63).unwrap_or(0);
            let letter = BASE64.get(index).copied().unwrap_or(b'=');
            out.push(if place <= chunk.len() { char::from(letter) } else { '=' });
        }
    }
    out
}

/// Bytes of base64, plain or URL-safe, padded or not, with white space in it or not; none where there is anything else.
pub fn unbase64(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let (mut group, mut bits) = (0_u32, 0_u32);
    for letter in text.trim_end_matches(|last: char| last == '=' || last.is_ascii_whitespace()).bytes() {
        let plain = match letter {
            b'-' => b'+',
            b'_' => b'/',
            b' ' | b'\n' | b'\r' | b'\t' => continue,
            other => other,
        };
        let value = BASE64.iter().position(|&known| known == plain)?;
        group = group << 6 | u32::try_from(value).ok()?;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push(u8::try_from(group >> bits & 0xff).ok()?);
        }
    }
    // One letter alone holds six bits: less than a byte.
    (bits < 6).then_some(out)
}

/// Text of bytes in a charset as HTTP names it (`gbk`, `big5`, `shift_jis`, …), by the host. Bad bytes become U+FFFD;
/// none when the charset is unknown.
pub fn decode(bytes: &[u8], charset: &str) -> Option<String> {
    imports::decode(bytes, charset)
}

/// What stands between the first `before` and the next `after`: the usual way to a JSON object inside a page.
pub fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    rest.split_once(after).map(|(found, _)| found)
}

fn push_hex(out: &mut String, byte: u8) {
    for digit in [byte >> 4, byte & 15] {
        out.push(DIGITS.get(usize::from(digit)).copied().map_or('0', char::from));
    }
}

#[cfg(test)]
mod tests;
