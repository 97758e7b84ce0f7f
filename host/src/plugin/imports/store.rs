//! `store`: the plugin's own small state, on the host's database.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::Host;
use super::wit::store::{Error, Host as Imports};
use crate::store::{MAX_KEY, MAX_PLUGIN, MAX_VALUE, Store, StoreError};

/// Changes that a call may make, all to the one database: two for every room of the largest batch.
pub(super) const MOST_CHANGES: u32 = 1_000;

/// Where a call keeps things.
#[derive(Clone)]
pub(in super::super) enum Shelf {
    /// The plugin's own values.
    Kept(Store),
    /// Nothing is there and nothing stays: a plugin that is only tried out must leave no trace.
    Closed,
    /// Values of one call, gone with it.
    Passing(Arc<Mutex<BTreeMap<String, Vec<u8>>>>),
}

impl Shelf {
    /// One that holds these values, and what the call adds to them.
    pub(in super::super) fn passing(values: &BTreeMap<String, String>) -> Shelf {
        let values = values.iter().map(|(key, value)| (key.clone(), value.clone().into_bytes())).collect();
        Shelf::Passing(Arc::new(Mutex::new(values)))
    }
}

/// Within the limits of the database. No time passes in a call: what is kept for a while is there to its end.
fn set_passing(values: &Mutex<BTreeMap<String, Vec<u8>>>, key: String, value: Vec<u8>) -> Result<(), Error> {
    if key.len() > MAX_KEY || value.len() > MAX_VALUE {
        return Err(Error::TooLarge);
    }
    let mut values = values.lock().unwrap_or_else(PoisonError::into_inner);
    let others: usize =
        values.iter().filter(|(other, _)| **other != key).map(|(key, value)| key.len() + value.len()).sum();
    if others + key.len() + value.len() > MAX_PLUGIN {
        return Err(Error::Quota);
    }
    values.insert(key, value);
    Ok(())
}

impl Imports for Host {
    async fn get(&mut self, key: String) -> wasmtime::Result<Result<Option<Vec<u8>>, Error>> {
        match &self.facts.shelf {
            Shelf::Kept(store) => Ok(store.kv_get(&self.facts.plugin, &key).await.map_err(translate)),
            Shelf::Closed => Ok(Ok(None)),
            Shelf::Passing(values) => Ok(Ok(values.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned())),
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
            Shelf::Passing(values) => Ok(set_passing(values, key, value)),
        }
    }

    async fn delete(&mut self, key: String) -> wasmtime::Result<Result<(), Error>> {
        if let Err(used_up) = self.note_change() {
            return Ok(Err(used_up));
        }
        match &self.facts.shelf {
            Shelf::Kept(store) => Ok(store.kv_delete(&self.facts.plugin, &key).await.map_err(translate)),
            Shelf::Closed => Ok(Ok(())),
            Shelf::Passing(values) => {
                values.lock().unwrap_or_else(PoisonError::into_inner).remove(&key);
                Ok(Ok(()))
            }
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
