//! Doors for the fuzz targets of `host/fuzz`: how hosts are read, and the judgement about a URL and its addresses.
//!
//! Compiled for them and for the unit tests alone, so that nobody else can come in here. Looks no name up.

use std::net::IpAddr;

use url::Url;

use super::guard::{Denial, Guard, Permit, Reach};
use super::host::{self, HostPort, Overrides};
use crate::config;
use crate::model::Secret;

/// `host` or `host:port`, as manifests and configs write it.
///
/// # Errors
/// What is no host or no port.
pub fn split(text: &str) -> anyhow::Result<(String, Option<u16>)> {
    host::split(text)
}

/// Where a request may go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// To the public internet.
    Public,
    /// To a private address that the user permits.
    Permitted,
    /// Nowhere; the text names the rule.
    Denied(String),
}

impl Verdict {
    fn of(reach: Result<Reach, Denial>) -> Verdict {
        match reach {
            Ok(Reach::Public) => Verdict::Public,
            Ok(Reach::Private) => Verdict::Permitted,
            Err(Denial::Rule(text) | Denial::Dns(text)) => Verdict::Denied(text),
        }
    }
}

/// The guard, as it stands behind a proxy: so names are judged without a look-up, and literal addresses as ever.
pub struct Judge(Guard);

impl Judge {
    /// With these entries of `plugins.allow_private_hosts`.
    ///
    /// # Errors
    /// An entry that says nothing.
    pub fn new(allowed: &[String]) -> anyhow::Result<Judge> {
        let proxy = Some(config::Text::Literal(Secret::new("http://proxy.example:3128")));
        Ok(Judge(Guard::new(&config::Http { proxy, ..Default::default() }, allowed)?))
    }

    /// The judgement about a URL, and the addresses that the request may use: none for a name.
    pub async fn url(&self, url: &Url) -> (Verdict, Vec<IpAddr>) {
        let permit = Permit { hosts: &[], overrides: &Overrides::default() };
        match self.0.judge(url, &permit).await {
            Ok(route) => (Verdict::of(Ok(route.reach)), route.addresses),
            Err(denial) => (Verdict::of(Err(denial)), Vec::new()),
        }
    }

    /// The judgement about what a look-up would have answered.
    pub fn addresses(&self, target: &HostPort, addresses: &[IpAddr]) -> Verdict {
        Verdict::of(self.0.judge_addresses(addresses, target, false))
    }
}

#[cfg(test)]
mod tests;
