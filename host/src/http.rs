//! Everything that connects out: requests of plugins, and media.
//!
//! Two ways, one guard: a pool for plugins, a connection of its own for each media body. Before every request and at every hop of a redirect the guard judges scheme, host, port and
//! addresses; the clients can reach nothing else. Knows nothing of plugins and nothing of media formats.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use reqwest::header::{HeaderMap, LOCATION};
use reqwest::{Client, ClientBuilder, Proxy, redirect};
use url::Url;

use crate::config;

mod fault;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
pub mod guard;
mod guest;
mod header;
pub mod host;
mod media;
mod resolver;
mod tls;

pub use guest::{Grant, GuestError, GuestLimits, GuestRequest, GuestResponse, Method, Redirect, Trace, vet};
pub use header::is_reserved;
pub use media::{Media, MediaFault, MediaRequest};

use guard::{Guard, Reach};
use resolver::ProxyName;

/// What a request says it is where nobody says otherwise: many servers refuse what is no browser.
const USER_AGENT: &str =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36";

/// Redirects that are followed at most, however many are asked for.
const MAX_HOPS: u8 = 5;

/// How long an unused connection is kept.
const IDLE: Duration = Duration::from_secs(60);

/// Unused connections kept a host.
const IDLE_PER_HOST: usize = 8;

/// The HTTP client. Clones share one set of pools.
#[derive(Clone)]
pub struct Http(Arc<Inner>);

struct Inner {
    guard: Guard,
    guest: Pool,
    media: media::Dialer,
    connect_limit: Duration,
}

/// One client for the public internet and one for permitted private addresses.
struct Pool {
    public: Client,
    private: Client,
}

impl Pool {
    fn client(&self, reach: Reach) -> &Client {
        match reach {
            Reach::Public => &self.public,
            Reach::Private => &self.private,
        }
    }
}

impl Http {
    /// Sets up TLS, the proxy and the pools. `allow_private` is `plugins.allow_private_hosts`. Opens nothing.
    ///
    /// # Errors
    /// A proxy, a certificate file or an entry of `allow_private` that cannot be used.
    pub fn new(config: &config::Http, allow_private: &[String]) -> anyhow::Result<Http> {
        let guard = Guard::new(config, allow_private)?;
        let maker = Maker { guard: &guard, roots: tls::roots(config.ca.as_deref())?, proxy: proxy(config)?, config };
        let guest = Pool { public: maker.guest(Reach::Public)?, private: maker.guest(Reach::Private)? };
        let media = match &maker.proxy {
            Some(_) => media::Dialer::Proxy(maker.proxied_media()?),
            None => media::Dialer::Direct(media::Means::new(maker.tls(&HTTP1)?)),
        };
        Ok(Http(Arc::new(Inner { guard, guest, media, connect_limit: config.connect_timeout.0 })))
    }
}

const HTTP1: [&str; 1] = ["http/1.1"];

struct Maker<'a> {
    guard: &'a Guard,
    roots: rustls::RootCertStore,
    proxy: Option<(Proxy, String)>,
    config: &'a config::Http,
}

impl Maker<'_> {
    fn tls(&self, protocols: &[&str]) -> anyhow::Result<rustls::ClientConfig> {
        tls::config(self.roots.clone(), protocols)
    }

    fn guest(&self, reach: Reach) -> anyhow::Result<Client> {
        // A rewritten request has another `Host` than URL, which HTTP/2 cannot say: those are private in all but name.
        let builder = match reach {
            Reach::Public => self.builder(reach, &["h2", "http/1.1"])?.pool_max_idle_per_host(IDLE_PER_HOST),
            Reach::Private => self.builder(reach, &HTTP1)?.pool_max_idle_per_host(0).http1_only(),
        };
        builder.build().context("cannot set up the HTTP client")
    }

    fn proxied_media(&self) -> anyhow::Result<Client> {
        let builder = self.builder(Reach::Public, &HTTP1)?.http1_only();
        builder.no_gzip().no_brotli().no_deflate().no_zstd().build().context("cannot set up the HTTP client")
    }

    fn builder(&self, reach: Reach, protocols: &[&str]) -> anyhow::Result<ClientBuilder> {
        let builder = Client::builder()
            .no_proxy()
            .redirect(redirect::Policy::none())
            .referer(false)
            .retry(reqwest::retry::never())
            .connect_timeout(self.config.connect_timeout.0)
            .tls_backend_preconfigured(self.tls(protocols)?)
            .pool_idle_timeout(IDLE);
        Ok(match &self.proxy {
            Some((proxy, name)) => builder.proxy(proxy.clone()).dns_resolver(ProxyName(name.clone())),
            None => builder.dns_resolver(self.guard.book(reach)),
        })
    }
}

/// Where a redirect leads; none when the answer is none.
///
/// # Errors
/// The rule that it breaks; what it may lead to is judged before the next request.
fn redirect_target(status: u16, headers: &HeaderMap, url: &Url) -> Result<Option<Url>, String> {
    if !matches!(status, 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let Some(place) = headers.get(LOCATION) else { return Ok(None) };
    let place = std::str::from_utf8(place.as_bytes()).map_err(|_| String::from("the new place is no text"))?;
    let mut next = url.join(place).map_err(|error| format!("the new place is no URL ({error})"))?;
    if !matches!(next.scheme(), "http" | "https") {
        return Err(format!("it leads to a `{}` URL", next.scheme()));
    }
    next.set_fragment(None);
    Ok(Some(next))
}

/// The configured proxy and its host's name. No error tells the URL: it may carry a password.
fn proxy(config: &config::Http) -> anyhow::Result<Option<(Proxy, String)>> {
    let Some(text) = &config.proxy else { return Ok(None) };
    let hint = "hint: write it as `http://host:port`, `https://host:port` or `socks5://host:port`";
    let text = text.resolve("`http.proxy`")?;
    let mut url =
        Url::parse(text.reveal()).map_err(|error| anyhow::anyhow!("`http.proxy` is no URL: {error}\n{hint}"))?;
    if !matches!(url.scheme(), "http" | "https" | "socks5" | "socks5h") {
        anyhow::bail!("`http.proxy` is a `{}` URL\n{hint}", url.scheme());
    }
    let Some(host) = url.host_str().map(str::to_owned) else { anyhow::bail!("`http.proxy` names no host\n{hint}") };
    if url.scheme() == "socks5" {
        // With `socks5` the names would be resolved here; with `socks5h` the proxy does it, as the others do.
        let text = url.as_str().replacen("socks5://", "socks5h://", 1);
        url = Url::parse(&text).map_err(|error| anyhow::anyhow!("`http.proxy` is no URL: {error}"))?;
    }
    let proxy = Proxy::all(url.as_str()).map_err(|_| anyhow::anyhow!("`http.proxy` cannot be used\n{hint}"))?;
    Ok(Some((proxy, host)))
}

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
