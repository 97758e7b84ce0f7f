//! What people write for a room, as far as it can be read without asking: numbers, pages, share links.

use lyrebird_plugin::{Failure, Link};

/// Where rooms have their pages.
const PAGES: &str = "live.bilibili.com";
/// The same as an origin.
pub(crate) const SITE: &str = "https://live.bilibili.com";
/// Where share links lead away from.
const SHARES: &str = "b23.tv";
/// Parts of a page's path that may stand before the number: the phone's page, and the one without decoration.
const BEFORE: [&str; 2] = ["h5", "blanc"];
/// Digits from which on a number is taken for the room's own, without asking. A short id is an honour of few digits that
/// stands for a longer number; the platform promises no bound, but one of eight digits would be no honour.
const OWN_DIGITS: usize = 8;

/// What an input is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Address {
    /// A room's page, or its bare number.
    Room(Number),
    /// A share link that has to be followed; its URL.
    Share(String),
}

/// The number of a room.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Number {
    /// The room's own.
    Own(u64),
    /// It may be a short id: the platform has to be asked.
    Perhaps(u64),
}

/// Reads an input. The error names it by its place only: queries of share links tell who shared.
pub(crate) fn read(input: &str) -> Result<Address, Failure> {
    let input = input.trim();
    if let Some(number) = number(input) {
        return Ok(Address::Room(number));
    }
    let link = Link::guess(input).filter(|link| matches!(link.scheme.as_str(), "http" | "https"));
    let Some(link) = link else {
        return Err(Failure::InvalidRoom(format!(
            "this is neither a URL nor a number\nhint: write it as https://{PAGES}/NUMBER"
        )));
    };
    let segments: Vec<String> = link.segments().collect();
    let found = match (link.host.as_str(), segments.as_slice()) {
        (PAGES, [id]) => number(id).map(Address::Room),
        (PAGES, [before, id]) if BEFORE.contains(&before.as_str()) => number(id).map(Address::Room),
        // The code alone: whatever the query says, it leads to the same room.
        (SHARES, [code]) if code.bytes().all(|byte| byte.is_ascii_alphanumeric()) => {
            Some(Address::Share(format!("https://{SHARES}/{code}")))
        }
        _ => None,
    };
    found.ok_or_else(|| {
        Failure::InvalidRoom(format!(
            "`{}` is not a room's page\nhint: write it as https://{PAGES}/NUMBER",
            link.place()
        ))
    })
}

/// The page of a room.
pub(crate) fn page(id: &str) -> String {
    format!("https://{PAGES}/{id}")
}

fn number(text: &str) -> Option<Number> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    // The platform's own bound: it refuses a whole list of numbers for one that is beyond.
    let number = text.parse::<i64>().ok().filter(|&number| digits && number > 0)?.unsigned_abs();
    let long = number.to_string().len() >= OWN_DIGITS;
    Some(if long { Number::Own(number) } else { Number::Perhaps(number) })
}

#[cfg(test)]
mod tests;
