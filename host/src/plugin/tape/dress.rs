//! What a call is given when a tape is played: the tape's settings, store, clock and cookie names, nothing of the user's.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::single::Single;
use super::{Call, Mode, Player};
use crate::config::Text;
use crate::http::Grant;
use crate::model::Secret;
use crate::plugin::access;
use crate::plugin::imports::{Facts, LogGate, Network, Shelf};
use crate::plugin::settings::Settings;

/// What stands for each value of the user's cookie.
const COOKIE: &str = "redacted";

/// Facts for one call of a tape.
pub(in super::super) struct Dress {
    settings: Arc<Settings>,
    grant: Arc<Grant>,
}

impl Dress {
    /// The error is one sentence: the tape's settings do not fit the manifest.
    pub(in super::super) fn of(single: &Single, call: &Call) -> Result<Dress, String> {
        let manifest = &single.version.anatomy.manifest;
        let layer: BTreeMap<String, Text> =
            call.settings.iter().map(|(name, text)| (name.clone(), Text::Literal(Secret::new(text)))).collect();
        let settings = Settings::of(manifest, &[&layer])?;
        let cookie: Vec<String> = call.cookies.iter().map(|name| format!("{name}={COOKIE}")).collect();
        let cookie = (!cookie.is_empty()).then(|| Secret::new(cookie.join("; ")));
        let grant = access::grant(manifest, &settings, &Grant { cookie, ..Grant::default() })?;
        Ok(Dress { settings: Arc::new(settings), grant: Arc::new(grant) })
    }

    /// What the plugin may reach by these settings.
    pub(in super::super) fn grant(&self) -> &Grant {
        &self.grant
    }

    /// Facts for one more play of the call, and its player.
    pub(in super::super) fn facts(&self, single: &Single, call: &Call, mode: Mode) -> (Facts, Player) {
        let player = Player::new(call.still, Arc::clone(&self.grant), call.exchanges.clone(), mode);
        let facts = Facts {
            settings: Arc::clone(&self.settings),
            network: Network::Tape(player.clone()),
            shelf: Shelf::passing(&call.store),
            // What it says to broken answers a hundred times over is news to nobody.
            log: Arc::new(LogGate::closed()),
            ..single.version.facts.clone()
        };
        (facts, player)
    }
}
