//! WBI, the signature that Bilibili's web pages put on their requests: two keys that change about daily are shuffled
//! into one, which goes into an MD5 over the sorted query. Sends one request, for the keys.

use std::time::Duration;

use lyrebird_plugin::{Failure, clock, digest, store, text, warn};
use serde::Deserialize;

use crate::api;

/// Tells the keys, also to who is not logged in.
const NAV: &str = "https://api.bilibili.com/x/web-interface/nav";
/// The code of [`NAV`] for who is not logged in.
const NOT_LOGGED_IN: i64 = -101;
const KEPT_AS: &str = "wbi";
/// The keys change about once a day; what is older than two hours would cost a refusal too often.
const KEEP: Duration = Duration::from_hours(2);
/// Which characters of the two keys, one after the other, make the one: the pages' own table, as far as it is used.
const SHUFFLE: [usize; 32] = [
    46, 47, 18, 2, 53, 8, 23, 32, 15, 50, 10, 31, 58, 3, 45, 35, 27, 43, 5, 49, 33, 9, 42, 19, 29, 28, 14, 39, 12, 38,
    41, 13,
];

/// Names and values of a query, not encoded.
pub(crate) type Parameters = Vec<(&'static str, String)>;

/// What signs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    mixed: String,
    /// Just fetched: fetching it again brings the same one.
    pub(crate) fresh: bool,
}

/// The key of an earlier call, or else a fresh one.
pub(crate) fn key() -> Result<Key, Failure> {
    let mut fresh = false;
    let mixed = store::cached(KEPT_AS, KEEP, || {
        fresh = true;
        fetch()
    })?;
    Ok(Key { mixed, fresh })
}

/// The platform no longer takes the key. A store that fails keeps it for its two hours at most.
pub(crate) fn forget() {
    if let Err(error) = store::delete(KEPT_AS) {
        warn!("cannot forget the signing key: {}", Failure::from(error).message());
    }
}

/// The signed query.
pub(crate) fn signed(parameters: &Parameters, key: &Key) -> String {
    sign(parameters, &key.mixed, clock::now())
}

fn sign(parameters: &Parameters, mixed: &str, now: u32) -> String {
    let mut pairs = parameters.clone();
    pairs.push(("wts", now.to_string()));
    // Stable: values of one name keep their order.
    pairs.sort_by_key(|&(name, _)| name);
    let pairs: Vec<String> = pairs
        .into_iter()
        .map(|(name, value)| {
            format!("{}={}", text::percent(name), text::percent(value.replace(['!', '\'', '(', ')', '*'], "")))
        })
        .collect();
    let query = pairs.join("&");
    let signature = digest::md5_hex(format!("{query}{mixed}"));
    format!("{query}&w_rid={signature}")
}

fn fetch() -> Result<String, Failure> {
    #[derive(Deserialize)]
    struct Nav {
        wbi_img: Images,
    }
    #[derive(Deserialize)]
    struct Images {
        img_url: String,
        sub_url: String,
    }
    let told = api::send(&api::get(NAV))?;
    if told.code != 0 && told.code != NOT_LOGGED_IN {
        return Err(told.refusal());
    }
    let images = told.read::<Nav>()?.wbi_img;
    let (Some(first), Some(second)) = (stem(&images.img_url), stem(&images.sub_url)) else {
        return Err(told.unexpected("the signing keys are no names of files"));
    };
    mix(&first, &second).ok_or_else(|| told.unexpected("the signing keys are too short"))
}

/// The name of the file that a URL names, without its suffix: nobody looks at the picture.
fn stem(url: &str) -> Option<String> {
    let place = url.split(['?', '#']).next()?;
    let name = place.rsplit('/').next()?.split('.').next()?;
    (!name.is_empty()).then(|| name.to_owned())
}

fn mix(first: &str, second: &str) -> Option<String> {
    let both: Vec<char> = first.chars().chain(second.chars()).collect();
    SHUFFLE.iter().map(|&at| both.get(at)).collect()
}

#[cfg(test)]
mod tests;
