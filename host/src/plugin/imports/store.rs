//! `store`: the plugin's own small state, on the host's database.

use std::time::Duration;

use super::Host;
use super::wit::store::{Error, Host as Imports};
use crate::store::{Store, StoreError};

/// Where a call keeps things.
#[derive(Clone)]
pub(in super::super) enum Shelf {
    /// The plugin's own values.
    Kept(Store),
    /// Nothing is there and nothing stays: a plugin that is only tried out must leave no trace.
    Closed,
}

impl Imports for Host {
    async fn get(&mut self, key: String) -> wasmtime::Result<Result<Option<Vec<u8>>, Error>> {
        match &self.facts.shelf {
            Shelf::Kept(store) => Ok(store.kv_get(&self.facts.plugin, &key).await.map_err(translate)),
            Shelf::Closed => Ok(Ok(None)),
        }
    }

    async fn set(&mut self, key: String, value: Vec<u8>, ttl: Option<u32>) -> wasmtime::Result<Result<(), Error>> {
        let ttl = ttl.map(|seconds| Duration::from_secs(u64::from(seconds)));
        match &self.facts.shelf {
            Shelf::Kept(store) => Ok(store.kv_set(&self.facts.plugin, &key, value, ttl).await.map_err(translate)),
            Shelf::Closed => Ok(Ok(())),
        }
    }

    async fn delete(&mut self, key: String) -> wasmtime::Result<Result<(), Error>> {
        match &self.facts.shelf {
            Shelf::Kept(store) => Ok(store.kv_delete(&self.facts.plugin, &key).await.map_err(translate)),
            Shelf::Closed => Ok(Ok(())),
        }
    }
}

fn translate(error: StoreError) -> Error {
    match error {
        StoreError::TooLarge => Error::TooLarge,
        StoreError::Quota => Error::Quota,
        StoreError::Io(why) => Error::Io(why),
    }
}
