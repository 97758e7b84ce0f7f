//! The host's functions: the contract's imports in a component, the in-memory twin anywhere else. Only the rooms of
//! this crate call them.

#[cfg(not(target_arch = "wasm32"))]
pub(crate) use crate::testing::imports::*;

#[cfg(target_arch = "wasm32")]
pub(crate) use self::wasm::*;

#[cfg(target_arch = "wasm32")]
mod wasm {
    use std::time::{SystemTime, UNIX_EPOCH};

    pub(crate) use crate::bindings::lyrebird::plugin::config::get as setting;
    pub(crate) use crate::bindings::lyrebird::plugin::digest::{hash, hmac};
    pub(crate) use crate::bindings::lyrebird::plugin::http::{send, send_all};
    pub(crate) use crate::bindings::lyrebird::plugin::log::write;
    pub(crate) use crate::bindings::lyrebird::plugin::store::{
        delete as store_delete, get as store_get, set as store_set,
    };
    pub(crate) use crate::bindings::lyrebird::plugin::text::decode;

    /// WASI's clock: the tape's on playback.
    pub(crate) fn now_ms() -> u64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }
}
