//! Any URL, host and addresses before the guard: what is judged public is no special address by another reading of
//! IANA's registries, whatever the user permits lies in what he wrote, and hosts read the same when they are printed.
#![no_main]

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use lyrebird::http::fuzzing::{Judge, Verdict, split};
use lyrebird::http::guard::is_public;
use lyrebird::http::host::{HostPattern, HostPort};
use lyrebird_fuzz::{fields, input, keep, special};
use tokio::runtime::{Builder, Runtime};
use url::Url;

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_current_thread().enable_time().build().expect("a runtime"));
/// Permits nothing.
static STRICT: LazyLock<Judge> = LazyLock::new(|| Judge::new(&[]).expect("a judge"));

/// URL, entry of `allow_private_hosts`, pattern of a host.
const SEEDS: [[&str; 3]; 9] = [
    ["http://127.0.0.1:81/", "127.0.0.0/8", "*.lan"],
    ["http://0x7f.1/", "nas.lan:8080", "http://[::1]:80"],
    ["https://[::ffff:10.0.0.1]/", "fd00::/8", "[fd00::1]:443"],
    ["http://2130706433/", "[::1]:80", "::1"],
    ["http://0177.0.0.1./", "localhost.", "LOCALHOST:1"],
    ["http://u:p@nas.lan./", "nas", "http://bücher.example"],
    ["ftp://a.example/", "::ffff:0:0/96", "a.b.c:65535"],
    ["http://xn--bcher-kva.example:80", "10.0.0.1", "１２７.０.０.１"],
    ["http://a.b.home.arpa/", "0/0", "*.xn--a"],
];

fuzz_target!(
    init: keep(SEEDS.map(|seed| [input(&seed), vec![0], [0x64, 0xff, 0x9b].repeat(6)].concat())),
    |input: &[u8]| {
        let addresses = addresses(input);
        for address in &addresses {
            assert_eq!(is_public(*address), !special(*address), "{address}");
        }
        let [url, allowed, pattern] = fields(input);
        hosts_read_the_same(&url, &allowed, &pattern);
        if let Ok(url) = Url::parse(&url) {
            is_judged_right(&url, &allowed, &addresses);
        }
    }
);

/// The last bytes of an input, as an address of each family.
fn addresses(input: &[u8]) -> Vec<IpAddr> {
    let v4 = input.last_chunk::<4>().map(|bytes| IpAddr::V4(Ipv4Addr::from(*bytes)));
    let v6 = input.last_chunk::<16>().map(|bytes| IpAddr::V6(Ipv6Addr::from(*bytes)));
    v4.into_iter().chain(v6).collect()
}

fn is_judged_right(url: &Url, allowed: &str, addresses: &[IpAddr]) {
    let judged = |judge: &Judge| RUNTIME.block_on(judge.url(url));
    let (strict, reached) = judged(&STRICT);
    assert_ne!(strict, Verdict::Permitted, "nobody permitted {url}");
    let lenient = Judge::new(&[allowed.to_owned()]);
    if strict == Verdict::Public {
        assert!(matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none());
        assert!(!reached.iter().any(|address| special(*address)), "{url} reaches {reached:?}");
        is_no_local_name(url.host_str().expect("a host"), &reached);
        assert!(lenient.iter().all(|judge| judged(judge).0 == Verdict::Public), "{allowed} takes something away");
    }
    let Some(target) = HostPort::of(url) else { return };
    let verdict = STRICT.addresses(&target, addresses);
    assert_eq!(verdict == Verdict::Public, !addresses.iter().any(|address| special(*address)));
    if let Ok(judge) = lenient
        && judge.addresses(&target, addresses) == Verdict::Permitted
    {
        let wide = allowed.contains('/');
        assert!(wide, "{allowed} permits whatever {target} leads to");
    }
}

/// Literal addresses were judged; behind a proxy a name has its dots, and is not of the local network.
fn is_no_local_name(host: &str, reached: &[IpAddr]) {
    if reached.is_empty() {
        let host = host.trim_end_matches('.');
        let last = host.rsplit('.').next().unwrap_or_default();
        assert!(host.contains('.') && !["localhost", "local", "internal", "lan"].contains(&last), "{host} is local");
        assert!(host.parse::<IpAddr>().is_err(), "{host} is an address");
    }
}

fn hosts_read_the_same(url: &str, allowed: &str, pattern: &str) {
    for text in [url, allowed, pattern] {
        if let Ok((host, port)) = split(text) {
            assert!(!host.is_empty() && host == host.to_lowercase(), "`{text}` becomes `{host}`");
            let printed = HostPort::parse(&format!("{text}:80")).map(|target| target.to_string());
            if let (Ok(printed), None) = (printed, port) {
                assert_eq!(split(&printed).expect("what we print we read"), (host, Some(80)), "`{text}`");
            }
        }
        if let Ok(target) = HostPort::parse(text) {
            assert_eq!(HostPort::parse(&target.to_string()).expect("what we print we read"), target, "`{text}`");
        }
        if let Ok(pattern) = HostPattern::parse(text) {
            assert_eq!(HostPattern::parse(&pattern.to_string()).expect("what we print we read"), pattern, "`{text}`");
        }
    }
    let Some(target) = HostPort::from_url(url) else { return };
    assert_eq!(HostPort::parse(&target.to_string()).expect("what we print we read"), target, "`{url}`");
    // A setting's default becomes a pattern like this: it must mean its own URL.
    let parsed = Url::parse(url).expect("it was read before");
    let own = HostPattern::parse(&format!("{}://{target}", parsed.scheme())).expect("a host of a URL is a pattern");
    assert!(own.matches(&parsed), "`{own}` does not mean `{url}`");
}
