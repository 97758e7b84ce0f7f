//! Judges where a request may go: scheme, host, port and every address behind the name, before each request and at
//! each hop of a redirect. Sends nothing.
//!
//! With a proxy the addresses are the proxy's business: names are then judged by the name alone, and literal addresses
//! as ever.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use url::Url;

use super::host::{self, HostPort, Overrides};
use super::resolver::{Book, Pin};
use crate::config;

/// Whether an address belongs to the public internet: no special-purpose address of IANA's registries is one.
///
/// std has no such question yet. Ranges that only *lead* to private addresses (IPv4 in IPv6, NAT64, 6to4, Teredo) are
/// not public either, nor are those that IANA calls globally reachable: nobody serves media from a black hole of DNS.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    const SPECIAL: [([u8; 4], u32); 18] = [
        ([0, 0, 0, 0], 8),
        ([10, 0, 0, 0], 8),
        ([100, 64, 0, 0], 10),
        ([127, 0, 0, 0], 8),
        ([169, 254, 0, 0], 16),
        ([172, 16, 0, 0], 12),
        ([192, 0, 0, 0], 24),
        ([192, 0, 2, 0], 24),
        ([192, 31, 196, 0], 24),
        ([192, 52, 193, 0], 24),
        ([192, 88, 99, 0], 24),
        ([192, 168, 0, 0], 16),
        ([192, 175, 48, 0], 24),
        ([198, 18, 0, 0], 15),
        ([198, 51, 100, 0], 24),
        ([203, 0, 113, 0], 24),
        ([224, 0, 0, 0], 4),
        ([240, 0, 0, 0], 4),
    ];
    !SPECIAL.iter().any(|&(net, length)| shares_v4(address, Ipv4Addr::from(net), length))
}

/// All that IANA has given out for the internet lies in one eighth; what is private, mapped, translated, multicast or
/// not given out lies in the others.
fn is_public_v6(address: Ipv6Addr) -> bool {
    const GIVEN_OUT: ([u16; 8], u32) = ([0x2000, 0, 0, 0, 0, 0, 0, 0], 3);
    const SPECIAL: [([u16; 8], u32); 5] = [
        ([0x2001, 0, 0, 0, 0, 0, 0, 0], 23),
        ([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32),
        ([0x2002, 0, 0, 0, 0, 0, 0, 0], 16),
        ([0x2620, 0x4f, 0x8000, 0, 0, 0, 0, 0], 48),
        ([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20),
    ];
    let within = |(net, length): ([u16; 8], u32)| shares_v6(address, Ipv6Addr::from(net), length);
    within(GIVEN_OUT) && !SPECIAL.into_iter().any(within)
}

fn shares_v4(address: Ipv4Addr, net: Ipv4Addr, length: u32) -> bool {
    let mask = u32::MAX.checked_shl(32_u32.saturating_sub(length)).unwrap_or(0);
    address.to_bits() & mask == net.to_bits() & mask
}

fn shares_v6(address: Ipv6Addr, net: Ipv6Addr, length: u32) -> bool {
    let mask = u128::MAX.checked_shl(128_u32.saturating_sub(length)).unwrap_or(0);
    address.to_bits() & mask == net.to_bits() & mask
}

/// One entry of `allow_private_hosts`.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Allowed {
    Host(String),
    HostPort(HostPort),
    Network(IpAddr, u32),
}

impl Allowed {
    fn parse(text: &str) -> anyhow::Result<Allowed> {
        let hint = "hint: write `nas.lan`, `nas.lan:8080` or `192.168.1.0/24`";
        if let Some((net, length)) = text.split_once('/') {
            let net: Option<IpAddr> = net.parse().ok();
            let most = net.map_or(0, |net| if net.is_ipv4() { 32 } else { 128 });
            return match (net, length.parse::<u32>()) {
                (Some(net), Ok(length)) if length <= most => Ok(Allowed::Network(net, length)),
                _ => anyhow::bail!("`plugins.allow_private_hosts`: `{text}` is no network\n{hint}"),
            };
        }
        match host::split(text) {
            Ok((host, None)) => Ok(Allowed::Host(host)),
            Ok((_, Some(_))) => HostPort::parse(text).map(Allowed::HostPort),
            Err(error) => anyhow::bail!("`plugins.allow_private_hosts`: {error}\n{hint}"),
        }
    }

    fn names(&self, target: &HostPort) -> bool {
        match self {
            Allowed::Host(host) => host == target.host(),
            Allowed::HostPort(allowed) => allowed == target,
            Allowed::Network(..) => false,
        }
    }

    fn holds(&self, address: IpAddr) -> bool {
        match (self, address) {
            (Allowed::Network(IpAddr::V4(net), length), IpAddr::V4(address)) => shares_v4(address, *net, *length),
            (Allowed::Network(IpAddr::V6(net), length), IpAddr::V6(address)) => shares_v6(address, *net, *length),
            _ => false,
        }
    }
}

/// What the user permits everybody: `plugins.allow_private_hosts`, for who judges a URL without opening it.
#[derive(Clone, Debug)]
pub(crate) struct PrivateHosts(Vec<Allowed>);

impl PrivateHosts {
    pub(crate) fn parse(entries: &[String]) -> anyhow::Result<PrivateHosts> {
        entries.iter().map(|text| Allowed::parse(text)).collect::<anyhow::Result<_>>().map(PrivateHosts)
    }

    /// Whether an entry names it as it is written, or has its address in a network.
    pub(crate) fn permit(&self, target: &HostPort) -> bool {
        let address = target.host().parse::<IpAddr>().ok();
        self.0.iter().any(|allowed| allowed.names(target) || address.is_some_and(|address| allowed.holds(address)))
    }
}

/// What the one who asks has been permitted beyond the public internet.
pub(super) struct Permit<'a> {
    /// Hosts that the user wrote himself.
    pub(super) hosts: &'a [HostPort],
    /// His other base URLs.
    pub(super) overrides: &'a Overrides,
}

/// Which of two pools a request uses. A connection to a permitted private address is never kept and never shared, so
/// one asker's permission cannot leak to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    Public,
    Private,
}

/// A judged way to a server.
pub(super) struct Route {
    /// Where the request is sent.
    pub(super) url: Url,
    /// What the server must see as `Host`, where it is not the URL's own.
    pub(super) host: Option<String>,
    /// Which pool.
    pub(super) reach: Reach,
    /// The judged addresses; empty only behind a proxy.
    pub(super) addresses: Vec<IpAddr>,
}

/// Why there is no way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Denial {
    /// A rule forbids it; the text names the rule.
    Rule(String),
    /// The name leads nowhere.
    Dns(String),
}

/// Lookups at the same time: a dead resolver may hold each for half a minute, on a thread of its own.
const LOOKUPS: usize = 64;

/// Knows what the user permits everybody, and asks the system's resolver.
pub(super) struct Guard {
    allowed: Vec<Allowed>,
    ip: config::Ip,
    lookup_limit: Duration,
    by_name_only: bool,
    public: Book,
    private: Book,
    lookups: Arc<Semaphore>,
}

impl Guard {
    pub(super) fn new(config: &config::Http, allow_private: &[String]) -> anyhow::Result<Guard> {
        Ok(Guard {
            allowed: allow_private.iter().map(|text| Allowed::parse(text)).collect::<anyhow::Result<_>>()?,
            ip: config.ip,
            lookup_limit: config.connect_timeout.0,
            by_name_only: config.proxy.is_some(),
            public: Book::public(),
            private: Book::private(),
            lookups: Arc::new(Semaphore::new(LOOKUPS)),
        })
    }

    /// The book that the client of this reach must resolve with.
    pub(super) fn book(&self, reach: Reach) -> Book {
        match reach {
            Reach::Public => self.public.clone(),
            Reach::Private => self.private.clone(),
        }
    }

    /// Judges a URL for one request.
    pub(super) async fn judge(&self, url: &Url, permit: &Permit<'_>) -> Result<Route, Denial> {
        check_form(url)?;
        let (target_url, host) = match permit.overrides.rewrite(url) {
            Some(base) => (base, Some(host_header(url))),
            None => (url.clone(), None),
        };
        let Some(target) = HostPort::of(&target_url) else { return Err(Denial::Rule(no_host())) };
        let named = host.is_some()
            || permit.hosts.contains(&target)
            || permit.overrides.names(&target)
            || self.allowed.iter().any(|allowed| allowed.names(&target));
        let addresses = match target.host().parse::<IpAddr>() {
            Ok(address) => vec![address],
            Err(_) if self.by_name_only => {
                let reach = judge_name(&target, named)?;
                return Ok(Route { url: target_url, host, reach, addresses: Vec::new() });
            }
            Err(_) => self.look_up(&target).await?,
        };
        let reach = self.judge_addresses(&addresses, &target, named)?;
        let addresses = self.keep_family(addresses);
        if addresses.is_empty() {
            return Err(Denial::Dns(self.no_address(&target)));
        }
        Ok(Route { url: target_url, host, reach, addresses })
    }

    /// Gives the route's addresses to the client's resolver, for as long as the pin is kept: until the answer's head
    /// is there.
    pub(super) fn pin(&self, route: &Route) -> Pin {
        self.book(route.reach).pin(route.url.host_str().unwrap_or_default(), route.addresses.clone())
    }

    /// All addresses must be fit to be visited: one private one among public ones is how a name is bent.
    pub(super) fn judge_addresses(
        &self,
        addresses: &[IpAddr],
        target: &HostPort,
        named: bool,
    ) -> Result<Reach, Denial> {
        let Some(private) = addresses.iter().find(|address| !is_public(**address)) else { return Ok(Reach::Public) };
        let held = |address: &IpAddr| is_public(*address) || self.allowed.iter().any(|allowed| allowed.holds(*address));
        if named || addresses.iter().all(held) {
            return Ok(Reach::Private);
        }
        Err(Denial::Rule(private_text(target, &private.to_string())))
    }

    async fn look_up(&self, target: &HostPort) -> Result<Vec<IpAddr>, Denial> {
        let found = tokio::time::timeout(self.lookup_limit, async {
            let permit = Arc::clone(&self.lookups).acquire_owned().await;
            let (host, port) = (target.host().to_owned(), target.port());
            let answer = tokio::task::spawn_blocking(move || {
                // Held by the thread, not by the one who waits: it may outlast the wait.
                let _permit = permit;
                (host.as_str(), port).to_socket_addrs().map(|all| all.map(|one: SocketAddr| one.ip()).collect())
            });
            answer.await
        });
        let host = target.host();
        match found.await {
            Err(_) => Err(Denial::Dns(format!("no answer about `{host}` in {:?}", self.lookup_limit))),
            Ok(Err(_)) => Err(Denial::Dns(format!("the question about `{host}` was cancelled"))),
            Ok(Ok(Err(error))) => Err(Denial::Dns(format!("cannot resolve `{host}`: {error}"))),
            Ok(Ok(Ok(addresses))) => Ok(addresses),
        }
    }

    fn keep_family(&self, mut addresses: Vec<IpAddr>) -> Vec<IpAddr> {
        addresses.retain(|address| match self.ip {
            config::Ip::Any => true,
            config::Ip::V4 => address.is_ipv4(),
            config::Ip::V6 => address.is_ipv6(),
        });
        addresses
    }

    fn no_address(&self, target: &HostPort) -> String {
        let family = match self.ip {
            config::Ip::Any => "",
            config::Ip::V4 => "IPv4 ",
            config::Ip::V6 => "IPv6 ",
        };
        format!("`{}` has no {family}address", target.host())
    }
}

/// The rules that need no look at the address.
fn check_form(url: &Url) -> Result<(), Denial> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err(Denial::Rule(format!("a `{}` URL is neither http nor https", url.scheme())));
    }
    if host::has_user(url) {
        return Err(Denial::Rule(String::from("the URL carries a user or a password")));
    }
    Ok(())
}

/// Behind a proxy: names that by custom never mean the public internet.
fn judge_name(target: &HostPort, named: bool) -> Result<Reach, Denial> {
    const LOCAL: [&str; 5] = ["localhost", "local", "internal", "lan", "home.arpa"];
    let host = target.host();
    let below = |zone: &str| host == zone || host.strip_suffix(zone).is_some_and(|head| head.ends_with('.'));
    match LOCAL.iter().any(|zone| below(zone)) || !host.contains('.') {
        false => Ok(Reach::Public),
        true if named => Ok(Reach::Private),
        true => Err(Denial::Rule(private_text(target, "a name of a local network"))),
    }
}

fn private_text(target: &HostPort, what: &str) -> String {
    format!(
        "private address: `{target}` is {what}\nhint: where that is meant, add \"{target}\" to `plugins.allow_private_hosts`"
    )
}

fn no_host() -> String {
    String::from("the URL names no host")
}

/// `Host` as the original URL gives it: the port only where it is not the scheme's own.
pub(super) fn host_header(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

#[cfg(test)]
mod tests;
