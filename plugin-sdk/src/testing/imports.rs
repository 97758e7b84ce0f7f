//! The contract's imports, played by the twin.

use std::time::{SystemTime, UNIX_EPOCH};

use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};
use sha1::Sha1;
use sha2::Sha256;

use super::{Kept, State, with};
use crate::bindings::lyrebird::plugin::digest::Algorithm;
use crate::bindings::lyrebird::plugin::store::Error as StoreError;
use crate::http::{Error, Request, Response};
use crate::log::Level;

/// The real host's default limits on the store.
const VALUE_BYTES: usize = 64 * 1024;
const STORE_BYTES: usize = 1024 * 1024;

pub(crate) fn send(request: &Request) -> Result<Response, Error> {
    with(|state| {
        state.sent.push(request.clone());
        let mut response = next_answer(state, &request.url)?;
        if response.url.is_empty() {
            response.url.clone_from(&request.url);
        }
        if let Some(limit) = request.max_body.and_then(|limit| usize::try_from(limit).ok())
            && response.body.len() > limit
        {
            response.body.truncate(limit);
            response.truncated = true;
        }
        Ok(response)
    })
}

pub(crate) fn send_all(requests: &[Request]) -> Vec<Result<Response, Error>> {
    requests.iter().map(send).collect()
}

pub(crate) fn write(level: Level, message: &str) {
    with(|state| state.log.push((level, message.to_owned())));
}

pub(crate) fn setting(key: &str) -> Option<String> {
    with(|state| state.settings.get(key).cloned())
}

pub(crate) fn store_get(key: &str) -> Result<Option<Vec<u8>>, StoreError> {
    let now = now_ms();
    Ok(with(|state| {
        let kept = state.store.get(key)?;
        kept.until_ms.is_none_or(|until| now < until).then(|| kept.value.clone())
    }))
}

pub(crate) fn store_set(key: &str, value: &[u8], ttl_seconds: Option<u32>) -> Result<(), StoreError> {
    if value.len() > VALUE_BYTES {
        return Err(StoreError::TooLarge);
    }
    let until_ms = ttl_seconds.map(|seconds| now_ms().saturating_add(u64::from(seconds) * 1000));
    with(|state| {
        let others = state.store.iter().filter(|(known, _)| *known != key);
        let bytes: usize = others.map(|(_, kept)| kept.value.len()).sum();
        if bytes + value.len() > STORE_BYTES {
            return Err(StoreError::Quota);
        }
        state.store.insert(key.to_owned(), Kept { value: value.to_owned(), until_ms });
        Ok(())
    })
}

pub(crate) fn store_delete(key: &str) -> Result<(), StoreError> {
    with(|state| state.store.remove(key));
    Ok(())
}

pub(crate) fn decode(bytes: &[u8], charset: &str) -> Option<String> {
    let encoding = encoding_rs::Encoding::for_label(charset.as_bytes())?;
    Some(encoding.decode_without_bom_handling(bytes).0.into_owned())
}

pub(crate) fn hash(algorithm: Algorithm, data: &[u8]) -> Vec<u8> {
    match algorithm {
        Algorithm::Md5 => Md5::digest(data).to_vec(),
        Algorithm::Sha1 => Sha1::digest(data).to_vec(),
        Algorithm::Sha256 => Sha256::digest(data).to_vec(),
    }
}

pub(crate) fn hmac(algorithm: Algorithm, key: &[u8], data: &[u8]) -> Vec<u8> {
    match algorithm {
        Algorithm::Md5 => mac::<Hmac<Md5>>(key, data),
        Algorithm::Sha1 => mac::<Hmac<Sha1>>(key, data),
        Algorithm::Sha256 => mac::<Hmac<Sha256>>(key, data),
    }
}

pub(crate) fn now_ms() -> u64 {
    with(|state| state.now_ms).unwrap_or_else(|| {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    })
}

fn mac<M: Mac + KeyInit>(key: &[u8], data: &[u8]) -> Vec<u8> {
    // HMAC takes a key of any length, so there is no error to tell.
    M::new_from_slice(key).map(|mac| mac.chain_update(data).finalize().into_bytes().to_vec()).unwrap_or_default()
}

fn next_answer(state: &mut State, url: &str) -> Result<Response, Error> {
    let place = url.split('?').next().unwrap_or(url);
    let exact = state.answers.iter().position(|(known, _)| known == url);
    let found = exact.or_else(|| state.answers.iter().position(|(known, _)| known == place));
    let queue = found.and_then(|at| state.answers.get_mut(at)).map(|(_, queue)| queue);
    let answer = queue.and_then(|queue| if queue.len() > 1 { queue.pop_front() } else { queue.front().cloned() });
    answer.map_or_else(|| Err(Error::Denied(format!("the test has no answer for {url}"))), |answer| answer.0)
}
