//! The signature that some calls need: MD5 over the sorted query and a key that is mixed from two public ones.

use std::fmt::Write;

use md5::{Digest, Md5};

use crate::place::percent;

/// Which characters of the two keys, one behind the other, make the mixed one.
const ORDER: [usize; 32] = [
    46, 47, 18, 2, 53, 8, 23, 32, 15, 50, 10, 31, 58, 3, 45, 35, 27, 43, 5, 49, 33, 9, 42, 19, 29, 28, 14, 39, 12, 38,
    41, 13,
];
/// What is taken out of values before they are signed.
const DROPPED: &str = "!'()*";
/// A signature that is older, or from so far ahead, is refused. Invented: the platform does not say.
const FRESH_SECONDS: u64 = 60;

/// The two public keys; the platform changes them daily.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys {
    /// 32 characters.
    pub img: String,
    /// 32 characters.
    pub sub: String,
}

/// What a signature is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Good,
    /// There is none, or it fits no key that ever was.
    Wrong,
    /// Signed long ago.
    Stale,
}

impl Keys {
    /// Keys that anybody may sign with; `number` tells them apart.
    pub fn numbered(number: u64) -> Self {
        let key = |name: &str| md5(&format!("lyrebird {name} {number}"));
        Keys { img: key("img"), sub: key("sub") }
    }

    /// The key that is behind every query that is signed.
    pub fn mixed(&self) -> String {
        let both: Vec<char> = self.img.chars().chain(self.sub.chars()).collect();
        ORDER.iter().filter_map(|place| both.get(*place)).collect()
    }

    /// The query with `wts` and `w_rid`, from values as they are.
    pub fn sign(&self, parameters: &[(&str, &str)], unix_seconds: u64) -> String {
        let time = unix_seconds.to_string();
        let mut pairs: Vec<(String, String)> =
            parameters.iter().map(|(name, value)| ((*name).to_owned(), value.replace(is_dropped, ""))).collect();
        pairs.push((String::from("wts"), time));
        pairs.sort();
        let query = query(&pairs);
        let signature = md5(&format!("{query}{}", self.mixed()));
        format!("{query}&w_rid={signature}")
    }

    /// Judges a query that has been decoded.
    pub(super) fn judge(&self, parameters: &[(String, String)], unix_seconds: u64) -> Verdict {
        let value = |name: &str| parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        let (Some(signature), Some(time)) = (value("w_rid"), value("wts").and_then(|time| time.parse::<u64>().ok()))
        else {
            return Verdict::Wrong;
        };
        let mut pairs: Vec<_> = parameters.iter().filter(|(name, _)| name != "w_rid").cloned().collect();
        pairs.sort();
        if md5(&format!("{}{}", query(&pairs), self.mixed())) != signature {
            return Verdict::Wrong;
        }
        if time.abs_diff(unix_seconds) > FRESH_SECONDS { Verdict::Stale } else { Verdict::Good }
    }
}

fn is_dropped(character: char) -> bool {
    DROPPED.contains(character)
}

fn query(pairs: &[(String, String)]) -> String {
    let pairs: Vec<String> =
        pairs.iter().map(|(name, value)| format!("{}={}", percent(name), percent(value))).collect();
    pairs.join("&")
}

/// In lower-case hexadecimal digits.
pub(super) fn md5(text: &str) -> String {
    Md5::digest(text.as_bytes()).iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    })
}
