//! Which picker takes a URL: globs over host and path, most literal characters win.
//!
//! Knows no manifest and no registry; compares text with text.

use std::fmt;

/// A pattern over `host/path`: `*` stands for any text, `/` too; everything else for itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glob {
    text: String,
    literals: usize,
}

/// Longer patterns are nobody's rooms.
const LONGEST: usize = 200;

impl Glob {
    /// Reads a pattern as a manifest writes it. The error says what is wrong with it.
    pub fn parse(text: &str) -> Result<Glob, String> {
        let wrong = |why: &str| Err(format!("room pattern `{text}` {why}"));
        if text.contains("://") {
            return wrong("has a scheme, write it as `host/path`");
        }
        if text.contains(['?', '#']) {
            return wrong("has a query or a fragment, only host and path are matched");
        }
        if text.is_empty() || text.len() > LONGEST || text.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return wrong("must have 1 to 200 characters and no white space");
        }
        let literals = text.chars().filter(|c| *c != '*').count();
        if literals == 0 {
            return wrong("would take every URL");
        }
        if !text.contains('/') && !text.starts_with('*') {
            return wrong(&format!("names no path and takes nothing, write it as `{text}/*`"));
        }
        // Host names do not know upper case; a pattern without a slash is a suffix of any path.
        let text = match text.split_once('/') {
            Some((host, path)) => format!("{}/{path}", host.to_ascii_lowercase()),
            None => text.to_owned(),
        };
        Ok(Glob { text, literals })
    }

    /// How many characters stand for themselves: the rank among patterns that match.
    pub fn literals(&self) -> usize {
        self.literals
    }

    /// Whether the pattern takes the whole of `place`.
    pub fn matches(&self, place: &Place) -> bool {
        place.spellings.iter().any(|text| takes(self.text.as_bytes(), text.as_bytes()))
    }
}

impl fmt::Display for Glob {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)
    }
}

/// What a person wrote, cut down to what patterns are matched with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// `host:port/path` where there is a port, then `host/path`.
    spellings: Vec<String>,
}

impl Place {
    /// Takes a URL with or without a scheme; user, query and fragment are left out.
    pub fn of(input: &str) -> Place {
        let rest = input.trim();
        let rest = rest.split_once("://").map_or(rest, |(_, rest)| rest);
        let rest = rest.split(['?', '#']).next().unwrap_or(rest);
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let authority = authority.rsplit('@').next().unwrap_or(authority).to_ascii_lowercase();
        let mut spellings = vec![format!("{authority}/{path}")];
        let port = authority.rsplit_once(':').filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()));
        if let Some((host, _)) = port {
            spellings.push(format!("{host}/{path}"));
        }
        Place { spellings }
    }
}

/// Glob matching in linear time but for the last `*`: a pattern that matched so far is never taken back further.
fn takes(pattern: &[u8], text: &[u8]) -> bool {
    let (mut at, mut next) = (0, 0);
    // Where the last star stands, and how much text it has taken.
    let mut star: Option<(usize, usize)> = None;
    while next < text.len() {
        match (pattern.get(at), star) {
            (Some(b'*'), _) => {
                star = Some((at, next));
                at += 1;
            }
            (Some(byte), _) if text.get(next) == Some(byte) => {
                at += 1;
                next += 1;
            }
            (_, Some((star_at, taken))) => {
                star = Some((star_at, taken + 1));
                at = star_at + 1;
                next = taken + 1;
            }
            (_, None) => return false,
        }
    }
    pattern.iter().skip(at).all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests;
