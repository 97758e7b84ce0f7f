//! Deeds with the host's functions: requests, store, log, settings, WASI.

use std::fs;
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use lyrebird_plugin::http::{Error, Method, NoAnswer, send_all};
use lyrebird_plugin::store::Error as StoreError;
use lyrebird_plugin::{Failure, Request, Response, clock, digest, log, settings, store, text};

use crate::deeds::Told;
use crate::words::Deed;

/// Letters of a body that the title shows: with four bytes each the host still takes the title.
const BODY_LETTERS: usize = 900;

/// One request, told in full.
pub(crate) fn fetch(deed: &Deed) -> Result<Told, Failure> {
    tell(request(deed)?.send())
}

/// What a careless picker makes of an answer: what is not live is dark, and an error is not live.
pub(crate) fn is_told_live(deed: &Deed) -> Result<bool, Failure> {
    let answer = request(deed)?.send();
    Ok(answer.is_ok_and(|answer| String::from_utf8_lossy(&answer.body).contains("\"live\"")))
}

/// A line break in a header: the oldest trick.
pub(crate) fn header_break(deed: &Deed) -> Result<Told, Failure> {
    tell(request(deed)?.header("X-Test", "a\r\nX-Smuggled: yes").send())
}

/// Requests one after the other, so many or for ever.
pub(crate) fn flood(deed: &Deed, count: Option<usize>) -> Result<Told, Failure> {
    let request = request(deed)?;
    let mut count_up = Count::default();
    let mut sent = 0;
    while count.is_none_or(|count| sent < count) {
        count_up.add(&request.send());
        sent += 1;
    }
    Ok(count_up.told())
}

/// Requests all at once.
pub(crate) fn all_at_once(deed: &Deed) -> Result<Told, Failure> {
    let request = request(deed)?;
    let requests = vec![request; deed.size("count", 100)?];
    let mut count = Count::default();
    send_all(&requests).iter().for_each(|answer| count.add(answer));
    Ok(count.told())
}

/// Log lines without end, nearly.
pub(crate) fn log_flood(deed: &Deed) -> Result<Told, Failure> {
    let line = "x".repeat(deed.size("bytes", 20)?);
    for number in 0..deed.number("count", 10_000)? {
        lyrebird_plugin::info!("{number} {line}");
    }
    Ok(Told::title("logged"))
}

/// A line of each level.
pub(crate) fn log_lines(deed: &Deed) -> Told {
    match deed.text("text") {
        Some(text) => lyrebird_plugin::info!("{text}"),
        None => {
            for (level, name) in [
                (log::Level::Trace, "trace"),
                (log::Level::Debug, "debug"),
                (log::Level::Info, "info"),
                (log::Level::Warn, "warn"),
                (log::Level::Error, "error"),
            ] {
                log::write(level, &format!("a line of level {name}"));
            }
        }
    }
    Told::title("logged")
}

/// A setting's value.
pub(crate) fn config(deed: &Deed) -> Told {
    told_value(settings::get(deed.text("key").unwrap_or("greeting")))
}

/// The secret setting in every place where it must not be seen.
#[allow(clippy::print_stderr, reason = "the deed")]
pub(crate) fn secrets() -> Failure {
    let secret = settings::get("key").unwrap_or_default();
    lyrebird_plugin::warn!("the secret is {secret}");
    eprintln!("the secret is {secret}");
    Failure::Other(format!("the secret is {secret}"))
}

/// Sets a value in the store.
pub(crate) fn store_set(deed: &Deed) -> Result<Told, Failure> {
    let key = match deed.size("keylength", 0)? {
        0 => deed.text("key").unwrap_or("k").to_owned(),
        length => "k".repeat(length),
    };
    let value = match deed.size("bytes", 0)? {
        0 => deed.text("value").unwrap_or("v").as_bytes().to_owned(),
        bytes => vec![b'v'; bytes],
    };
    let keep = match deed.number("ttl", 0)? {
        0 => None,
        seconds => Some(Duration::from_secs(u64::from(seconds))),
    };
    store::set_bytes(&key, &value, keep).map_err(refused)?;
    Ok(Told::title("set"))
}

/// Reads a value from the store.
pub(crate) fn store_get(deed: &Deed) -> Result<Told, Failure> {
    let value = store::bytes(deed.text("key").unwrap_or("k")).map_err(refused)?;
    Ok(told_value(value.map(|bytes| String::from_utf8_lossy(&bytes).chars().take(BODY_LETTERS).collect())))
}

/// Deletes a value of the store.
pub(crate) fn store_delete(deed: &Deed) -> Result<Told, Failure> {
    store::delete(deed.text("key").unwrap_or("k")).map_err(refused)?;
    Ok(Told::title("deleted"))
}

/// Fills the store.
pub(crate) fn store_fill() -> Told {
    for number in 0..1000 {
        if let Err(error) = store::set_bytes(&format!("fill{number}"), &[b'v'; 65_536], None) {
            return Told::title(format!("set={number} then {}", refused(error).message()));
        }
    }
    Told::title("set=1000")
}

/// Counts calls where they can be counted.
pub(crate) fn store_count() -> Result<Told, Failure> {
    let calls = store::get::<u32>("calls").map_err(refused)?.unwrap_or(0).saturating_add(1);
    store::set("calls", &calls, None)?;
    Ok(Told::title(format!("calls={calls}")))
}

/// All digests.
pub(crate) fn digests() -> Told {
    let all = [
        digest::md5("abc"),
        digest::sha1("abc"),
        digest::sha256("abc"),
        digest::hmac_md5("key", "abc"),
        digest::hmac_sha1("key", "abc"),
        digest::hmac_sha256("key", "abc"),
    ];
    Told::title(all.map(text::hex).join(" "))
}

/// Text in an old charset.
pub(crate) fn decode(deed: &Deed) -> Told {
    let decoded = text::decode(&[0xd6, 0xb1, 0xb2, 0xa5], deed.text("charset").unwrap_or("gbk"));
    Told::title(decoded.unwrap_or_else(|| "none".to_owned()))
}

/// Everything that WASI offers and the host denies.
pub(crate) fn wasi() -> Told {
    let word = |granted: bool| if granted { "granted" } else { "denied" };
    let tries = [
        ("file", fs::read("/etc/passwd").is_ok()),
        ("directory", fs::read_dir("/").is_ok()),
        ("write", fs::write("/tmp/misbehaving", "x").is_ok()),
        ("environment", std::env::vars().next().is_some()),
        ("arguments", std::env::args().nth(1).is_some()),
        ("socket", TcpStream::connect("127.0.0.1:80").is_ok()),
        ("lookup", "localhost:80".to_socket_addrs().is_ok()),
    ];
    Told::title(tries.map(|(name, granted)| format!("{name}={}", word(granted))).join(" "))
}

/// WASI's clock and random numbers, which a tape stops.
pub(crate) fn now() -> Told {
    use std::hash::{BuildHasher, RandomState};
    Told::title(format!("{} {:016x}", clock::now(), RandomState::new().hash_one(0)))
}

fn request(deed: &Deed) -> Result<Request, Failure> {
    let method = match deed.text("method").unwrap_or("get") {
        "head" => Method::Head,
        "post" => Method::Post,
        "put" => Method::Put,
        "patch" => Method::Patch,
        "delete" => Method::Delete,
        _ => Method::Get,
    };
    let mut request = Request::new(method, deed.text("url").unwrap_or("https://allowed.test/"));
    request.headers = deed.pairs("header");
    request.body = deed.text("body").map(|body| body.as_bytes().to_owned());
    if deed.text("manual").is_some() {
        request = request.manual();
    } else if let Ok(hops) = u8::try_from(deed.number("follow", 5)?) {
        request = request.follow(hops);
    }
    request.timeout_ms = Some(deed.number("timeout", 0)?).filter(|&limit| limit > 0);
    request.max_body = deed.text("max").map(|_| deed.number("max", 0)).transpose()?;
    Ok(request)
}

fn tell(answer: Result<Response, NoAnswer>) -> Result<Told, Failure> {
    let answer = answer.map_err(|none| {
        Failure::Other(match none.error {
            Error::Denied(text) => format!("denied: {text}"),
            Error::InvalidRequest(text) => format!("invalid-request: {text}"),
            Error::Timeout => "timeout".to_owned(),
            Error::Dns(text) => format!("dns: {text}"),
            Error::Connect(text) => format!("connect: {text}"),
            Error::Tls(text) => format!("tls: {text}"),
            Error::Io(text) => format!("io: {text}"),
        })
    })?;
    let body: String = String::from_utf8_lossy(&answer.body).chars().take(BODY_LETTERS).collect();
    let title = format!(
        "status {} {} truncated={} bytes={} body={body}",
        answer.status,
        answer.url,
        answer.truncated,
        answer.body.len()
    );
    Ok(Told { title, extra: answer.headers })
}

fn told_value(value: Option<String>) -> Told {
    Told::title(value.map_or_else(|| "none".to_owned(), |value| format!("value={value}")))
}

fn refused(error: StoreError) -> Failure {
    Failure::Other(match error {
        StoreError::TooLarge => "too-large".to_owned(),
        StoreError::Quota => "quota".to_owned(),
        StoreError::Io(text) => format!("io: {text}"),
    })
}

#[derive(Default)]
struct Count {
    answered: u32,
    denied: u32,
    failed: u32,
}

impl Count {
    fn add(&mut self, answer: &Result<Response, NoAnswer>) {
        match answer {
            Ok(_) => self.answered += 1,
            Err(NoAnswer { error: Error::Denied(_), .. }) => self.denied += 1,
            Err(_) => self.failed += 1,
        }
    }

    fn told(self) -> Told {
        Told::title(format!("answered={} denied={} failed={}", self.answered, self.denied, self.failed))
    }
}
