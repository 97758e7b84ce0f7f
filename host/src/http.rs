//! Everything that connects out: requests of plugins, and media.
//!
//! Two pools, one guard. Before every request and at every hop of a redirect the guard judges scheme, host, port and
//! addresses; the clients can reach nothing else. Knows nothing of plugins and nothing of media formats.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use reqwest::{Client, Proxy, Response, redirect};
use url::Url;

use crate::config;

mod fault;
pub mod guard;
mod guest;
mod header;
pub mod host;
mod media;
mod resolver;
mod tls;

pub use guest::{Grant, GuestError, GuestLimits, GuestRequest, GuestResponse, Method, Redirect};
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
    media: Pool,
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

#[derive(Clone, Copy)]
enum Use {
    Guest,
    Media,
}

impl Http {
    /// Sets up TLS, the proxy and the pools. `allow_private` is `plugins.allow_private_hosts`. Opens nothing.
    ///
    /// # Errors
    /// A proxy, a certificate file or an entry of `allow_private` that cannot be used.
    pub fn new(config: &config::Http, allow_private: &[String]) -> anyhow::Result<Http> {
        let guard = Guard::new(config, allow_private)?;
        let maker = Maker { roots: tls::roots(config.ca.as_deref())?, proxy: proxy(config)?, config };
        let pool = |purpose| {
            anyhow::Ok(Pool {
                public: maker.client(&guard, purpose, Reach::Public)?,
                private: maker.client(&guard, purpose, Reach::Private)?,
            })
        };
        let (guest, media) = (pool(Use::Guest)?, pool(Use::Media)?);
        Ok(Http(Arc::new(Inner { guard, guest, media, connect_limit: config.connect_timeout.0 })))
    }
}

struct Maker<'a> {
    roots: rustls::RootCertStore,
    proxy: Option<(Proxy, String)>,
    config: &'a config::Http,
}

impl Maker<'_> {
    fn client(&self, guard: &Guard, purpose: Use, reach: Reach) -> anyhow::Result<Client> {
        // A rewritten request has another `Host` than URL, which HTTP/2 cannot say; media gains nothing by it.
        let http2 = matches!((purpose, reach), (Use::Guest, Reach::Public));
        let protocols: &[&str] = if http2 { &["h2", "http/1.1"] } else { &["http/1.1"] };
        let mut builder = Client::builder()
            .no_proxy()
            .redirect(redirect::Policy::none())
            .referer(false)
            .retry(reqwest::retry::never())
            .connect_timeout(self.config.connect_timeout.0)
            .tls_backend_preconfigured(tls::config(self.roots.clone(), protocols)?)
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(if reach == Reach::Public { IDLE_PER_HOST } else { 0 });
        if !http2 {
            builder = builder.http1_only();
        }
        if matches!(purpose, Use::Media) {
            builder = builder.no_gzip().no_brotli().no_deflate().no_zstd();
        }
        builder = match &self.proxy {
            Some((proxy, name)) => builder.proxy(proxy.clone()).dns_resolver(ProxyName(name.clone())),
            None => builder.dns_resolver(guard.book(reach)),
        };
        builder.build().context("cannot set up the HTTP client")
    }
}

/// Where a redirect leads; none when the answer is none.
///
/// # Errors
/// The rule that it breaks; what it may lead to is judged before the next request.
fn redirect_target(response: &Response, url: &Url) -> Result<Option<Url>, String> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let Some(place) = response.headers().get(reqwest::header::LOCATION) else { return Ok(None) };
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
