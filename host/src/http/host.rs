//! Names of hosts as manifests, configs and URLs write them: what a plugin may call, where a request goes instead.
//! Knows no address and opens nothing.

use std::collections::BTreeMap;
use std::fmt;

use anyhow::{Context, bail};
use url::{Host, Url};

/// One host and one port: `nas.lan:8080`, `[::1]:80`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HostPort {
    host: String,
    port: u16,
}

impl HostPort {
    /// The host and port that a URL names, its scheme's own port where it names none. None for a URL without a host.
    pub fn of(url: &Url) -> Option<HostPort> {
        let host = Some(plain(url.host_str()?)).filter(|host| is_name(host));
        Some(HostPort { host: host?, port: url.port_or_known_default()? })
    }

    /// The same from a text; none unless it is an `http` or `https` URL.
    pub fn from_url(text: &str) -> Option<HostPort> {
        let url = Url::parse(text).ok()?;
        matches!(url.scheme(), "http" | "https").then(|| HostPort::of(&url))?
    }

    /// From `host:port`.
    ///
    /// # Errors
    /// What is no host or no port.
    pub fn parse(text: &str) -> anyhow::Result<HostPort> {
        match split(text)? {
            (host, Some(port)) => Ok(HostPort { host, port }),
            (_, None) => bail!("`{text}` names no port"),
        }
    }

    /// Lower case, without brackets and without a dot at the end.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl fmt::Display for HostPort {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host.contains(':') {
            true => write!(out, "[{}]:{}", self.host, self.port),
            false => write!(out, "{}:{}", self.host, self.port),
        }
    }
}

/// A host, or every host below one.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Name {
    Exact(String),
    /// `*.host`, any number of labels; never the host itself.
    Below(String),
}

impl Name {
    fn parse(text: &str) -> anyhow::Result<(Name, Option<u16>)> {
        let (below, rest) = text.strip_prefix("*.").map_or((false, text), |rest| (true, rest));
        let (host, port) = split(rest).with_context(|| format!("`{text}` is no host"))?;
        Ok((if below { Name::Below(host) } else { Name::Exact(host) }, port))
    }

    fn matches(&self, host: &str) -> bool {
        match self {
            Name::Exact(name) => host == name,
            Name::Below(name) => host.strip_suffix(name.as_str()).is_some_and(|head| head.ends_with('.')),
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // With brackets, as a port may follow: `[::1]:81` and the address `::1:81` are not the same.
            Name::Exact(name) if name.contains(':') => write!(out, "[{name}]"),
            Name::Exact(name) => out.write_str(name),
            Name::Below(name) => write!(out, "*.{name}"),
        }
    }
}

/// What a manifest lists under `hosts` and `cookies`: `host`, `host:port`, `*.host`, `http://host`. Without a scheme
/// it means `https`; without a port the scheme's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostPattern {
    scheme: &'static str,
    name: Name,
    port: u16,
}

impl HostPattern {
    /// Reads one entry. `setting:NAME` is not known here: whoever knows the settings gives a [`HostPort`] for it.
    ///
    /// # Errors
    /// What is none of the four forms.
    pub fn parse(text: &str) -> anyhow::Result<HostPattern> {
        let (scheme, rest) = match text.split_once("://") {
            None => ("https", text),
            Some(("https", rest)) => ("https", rest),
            Some(("http", rest)) => ("http", rest),
            Some((other, _)) => bail!("`{text}`: `{other}` is neither http nor https"),
        };
        let (name, port) = Name::parse(rest)?;
        Ok(HostPattern { scheme, name, port: port.unwrap_or(if scheme == "http" { 80 } else { 443 }) })
    }

    /// Whether the URL's scheme, host and port are meant.
    pub fn matches(&self, url: &Url) -> bool {
        let host = url.host_str().map(plain);
        url.scheme() == self.scheme
            && url.port_or_known_default() == Some(self.port)
            && host.is_some_and(|host| self.name.matches(&host))
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.scheme == "http" {
            out.write_str("http://")?;
        }
        write!(out, "{}", self.name)?;
        match (self.scheme, self.port) {
            ("http", 80) | ("https", 443) => Ok(()),
            (_, port) => write!(out, ":{port}"),
        }
    }
}

/// Hosts whose requests go to another base URL (`[plugin.NAME] hosts`): a mirror, or a test's own server.
///
/// The request is rewritten, not the DNS: guest, sidecar and logs keep the original URL, the server sees the original
/// `Host`. A host that is named exactly wins over `*.host`, a longer `*.host` over a shorter one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overrides(Vec<Override>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Override {
    name: Name,
    port: Option<u16>,
    base: Url,
}

impl Overrides {
    /// From host (`host`, `host:port`, `*.host`; any scheme, any port unless it names one) to base URL.
    ///
    /// # Errors
    /// A key that is no host, a value that is no plain `http` or `https` URL.
    pub fn new(hosts: &BTreeMap<String, String>) -> anyhow::Result<Overrides> {
        let one = |(host, base): (&String, &String)| {
            let (name, port) = Name::parse(host)?;
            let url = Url::parse(base).with_context(|| format!("`{base}` is no URL"))?;
            let plain = url.query().is_none() && url.fragment().is_none();
            if !matches!(url.scheme(), "http" | "https") || !plain || has_user(&url) {
                bail!("`{base}` is no plain http or https URL\nhint: write it as `http://127.0.0.1:9000`");
            }
            Ok(Override { name, port, base: url })
        };
        hosts.iter().map(one).collect::<anyhow::Result<Vec<_>>>().map(Overrides)
    }

    /// Where a request for `url` goes instead; none where nothing is said about its host.
    pub fn rewrite(&self, url: &Url) -> Option<Url> {
        let target = HostPort::of(url)?;
        let fits = |one: &&Override| one.name.matches(&target.host) && one.port.is_none_or(|port| port == target.port);
        let weight = |one: &&Override| match &one.name {
            Name::Exact(_) => (1, one.port.is_some(), 0),
            Name::Below(name) => (0, one.port.is_some(), name.len()),
        };
        let found = self.0.iter().filter(fits).max_by_key(weight)?;
        let mut base = found.base.clone();
        let path = format!("{}{}", base.path().trim_end_matches('/'), url.path());
        base.set_path(&path);
        base.set_query(url.query());
        Some(base)
    }

    /// Whether it is a base URL's host and port: naming an address here permits it.
    pub fn names(&self, target: &HostPort) -> bool {
        self.0.iter().any(|one| HostPort::of(&one.base).as_ref() == Some(target))
    }
}

/// Whether the URL carries a user or a password.
pub(super) fn has_user(url: &Url) -> bool {
    !url.username().is_empty() || url.password().is_some()
}

/// A URL's host as it is compared: lower case (the parser did that), without brackets and without the root's dot.
pub(super) fn plain(host: &str) -> String {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host.strip_suffix('.').unwrap_or(host).to_owned()
}

/// What the URL parser lets pass and nobody is called. A star would mean others, as a pattern; and `127.1..` is a name for
/// the parser, which without its dots is an address for everybody else.
fn is_name(plain: &str) -> bool {
    !plain.contains('*') && plain.split('.').all(|label| !label.is_empty())
}

/// `host` or `host:port`; an IPv6 address stands in brackets where a port follows.
pub(super) fn split(text: &str) -> anyhow::Result<(String, Option<u16>)> {
    if let Ok(address) = text.parse::<std::net::Ipv6Addr>() {
        // As a URL has it: std writes the end of some addresses with dots.
        return Ok((plain(&Host::<&str>::Ipv6(address).to_string()), None));
    }
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => {
            (host, Some(port.parse().with_context(|| format!("`{port}` is no port"))?))
        }
        _ => (text, None),
    };
    // The URL parser's own reading, so that `EXAMPLE.org`, `0x7f.1` and names outside ASCII compare equal to a URL's.
    let parsed = Host::parse(host).map_err(|error| anyhow::anyhow!("`{text}` is no host: {error}"))?;
    let plain = plain(&parsed.to_string());
    if !is_name(&plain) {
        bail!("`{text}` is no host");
    }
    Ok((plain, port))
}

#[cfg(test)]
mod tests;
