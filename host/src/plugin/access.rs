//! What a plugin may reach: the hosts of its manifest and of the URLs in its settings, with the user's cookie.
//!
//! Decides nothing about addresses (`http` judges those at every hop) and nothing about approval (`grants` does).

use super::manifest::{HostEntry, Manifest};
use super::settings::Settings;
use crate::config;
use crate::http::Grant;
use crate::http::host::{HostPattern, HostPort, Overrides};
use crate::model::Secret;

/// The user's cookie of `[plugin.NAME]`. The error is a sentence for the user, with its hint.
pub(super) fn cookie(name: &str, table: &config::Plugin) -> Result<Option<Secret>, String> {
    let what = format!("cookie of plugin `{name}`");
    let cookie = table.cookie.as_ref().map(|text| text.resolve_cookie(&what)).transpose();
    cookie.map_err(|error| error.to_string())
}

/// The user's part: cookie and overrides of `[plugin.NAME]`. The error is one sentence for the user.
pub(super) fn base(name: &str, table: &config::Plugin) -> Result<Grant, String> {
    let cookie = cookie(name, table)?;
    let overrides = Overrides::new(&table.hosts).map_err(|error| format!("`hosts` of plugin `{name}`: {error:#}"))?;
    Ok(Grant { cookie, overrides, ..Grant::default() })
}

/// The whole: the manifest's part over the user's.
pub(super) fn grant(manifest: &Manifest, settings: &Settings, base: &Grant) -> Result<Grant, String> {
    let mut grant =
        Grant { hosts: Vec::new(), cookies: manifest.cookies.clone(), permitted: Vec::new(), ..base.clone() };
    for entry in &manifest.hosts {
        match entry {
            HostEntry::Pattern(pattern) => grant.hosts.push(pattern.clone()),
            HostEntry::Setting(name) => {
                let (by_user, text) = (settings.by_user(name), settings.get(name));
                let Some(text) = text.filter(|text| !text.is_empty()) else { continue };
                let Some(place) = HostPort::from_url(text) else {
                    return Err(format!("setting `{name}` of plugin `{}` is not an http or https URL", manifest.name));
                };
                match by_user {
                    // He named the address himself: a private one is meant.
                    Some(_) => grant.permitted.push(place),
                    None => grant.hosts.push(pattern(text, &place)?),
                }
            }
        }
    }
    Ok(grant)
}

/// A default of the manifest's permits no more than its other hosts do.
pub(super) fn pattern(url: &str, place: &HostPort) -> Result<HostPattern, String> {
    let scheme = if url.starts_with("http://") { "http" } else { "https" };
    HostPattern::parse(&format!("{scheme}://{place}")).map_err(|error| format!("{error:#}"))
}

#[cfg(test)]
mod tests;
