//! Small state that outlives a call: signing keys, device ids, aliases. It may be lost at any time, so every reader
//! must be able to fetch anew; see [`cached`] for the usual form.

use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

pub use crate::bindings::lyrebird::plugin::store::Error;
use crate::{Failure, imports};

/// The bytes under a key; none where there are none, or their time is over.
pub fn bytes(key: &str) -> Result<Option<Vec<u8>>, Error> {
    imports::store_get(key)
}

/// Keeps bytes, for so long or for good.
pub fn set_bytes(key: &str, value: &[u8], keep: Option<Duration>) -> Result<(), Error> {
    // Rounded up: what was to be kept for half a second should not be gone at once.
    let seconds = keep.map(|keep| {
        let more = u64::from(keep.subsec_nanos() > 0);
        u32::try_from(keep.as_secs().saturating_add(more)).unwrap_or(u32::MAX)
    });
    imports::store_set(key, value, seconds)
}

/// The value under a key. What cannot be read is none: an older build of the plugin may have written it.
pub fn get<T: DeserializeOwned>(key: &str) -> Result<Option<T>, Error> {
    Ok(bytes(key)?.and_then(|value| serde_json::from_slice(&value).ok()))
}

/// Keeps a value as JSON, for so long or for good.
pub fn set<T: Serialize>(key: &str, value: &T, keep: Option<Duration>) -> Result<(), Failure> {
    let json = serde_json::to_vec(value)
        .map_err(|error| Failure::Other(format!("cannot write the value for `{key}` as JSON: {error}")))?;
    Ok(set_bytes(key, &json, keep)?)
}

/// Forgets a value.
pub fn delete(key: &str) -> Result<(), Error> {
    imports::store_delete(key)
}

/// The value under a key, or else what `fetch` brings, which is then kept. A store that fails costs a fetch, no more.
pub fn cached<T: Serialize + DeserializeOwned>(
    key: &str,
    keep: Duration,
    fetch: impl FnOnce() -> Result<T, Failure>,
) -> Result<T, Failure> {
    if let Ok(Some(value)) = get(key) {
        return Ok(value);
    }
    let value = fetch()?;
    if let Err(failure) = set(key, &value, Some(keep)) {
        crate::warn!("cannot keep `{key}`: {}", failure.message());
    }
    Ok(value)
}

#[cfg(test)]
mod tests;
