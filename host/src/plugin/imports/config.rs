//! `config`: what the user set, or the manifest's default.

use super::{Host, wit};

impl wit::config::Host for Host {
    fn get(&mut self, key: String) -> wasmtime::Result<Option<String>> {
        Ok(self.facts.settings.get(&key).map(str::to_owned))
    }
}
