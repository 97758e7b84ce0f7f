//! `store`: the plugin's own small state, on the host's database.

use std::time::Duration;

use super::Host;
use super::wit::store::{Error, Host as Imports};
use crate::store::{Store, StoreError};

/// Changes that a call may make, all to the one database: two for every room of the largest batch.
pub(super) const MOST_CHANGES: u32 = 1_000;

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
        if let Err(used_up) = self.note_change() {
            return Ok(Err(used_up));
        }
        let ttl = ttl.map(|seconds| Duration::from_secs(u64::from(seconds)));
        match &self.facts.shelf {
            Shelf::Kept(store) => Ok(store.kv_set(&self.facts.plugin, &key, value, ttl).await.map_err(translate)),
            Shelf::Closed => Ok(Ok(())),
        }
    }

    async fn delete(&mut self, key: String) -> wasmtime::Result<Result<(), Error>> {
        if let Err(used_up) = self.note_change() {
            return Ok(Err(used_up));
        }
        match &self.facts.shelf {
            Shelf::Kept(store) => Ok(store.kv_delete(&self.facts.plugin, &key).await.map_err(translate)),
            Shelf::Closed => Ok(Ok(())),
        }
    }
}

impl Host {
    /// Takes a change off the call's account, if there is one left.
    fn note_change(&mut self) -> Result<(), Error> {
        let used_up = || Error::Io(format!("the call has made its {MOST_CHANGES} changes"));
        self.changes_left = self.changes_left.checked_sub(1).ok_or_else(used_up)?;
        Ok(())
    }
}

fn translate(error: StoreError) -> Error {
    match error {
        StoreError::TooLarge => Error::TooLarge,
        StoreError::Quota => Error::Quota,
        StoreError::Io(why) => Error::Io(why),
    }
}
