mod special;

use super::*;

#[test]
fn public_and_private() {
    let private = "0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 100.127.255.255 127.0.0.1 127.255.255.255 169.254.169.254 \
        172.16.0.1 172.31.255.255 192.0.0.8 192.0.2.1 192.88.99.1 192.168.255.255 198.18.0.1 198.19.255.255 \
        198.51.100.7 203.0.113.9 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255 \
        :: ::1 ::7f00:1 ::ffff:127.0.0.1 ::ffff:8.8.8.8 64:ff9b::808:808 64:ff9b:1::1 100::1 2001::1 2001:1ff::1 \
        2001:db8::1 2002:7f00:1::1 3fff::1 fc00::1 fdff::1 fe80::1 febf::1 fec0::1 ff02::1 \
        100:0:0:1::1 1fff::1 4000::1 5f00::1 64:ff9b:2::1 2001:0:7f00:1::1 2002:c0a8:101::1 ::a00:1 ::ffff:a00:1";
    let public = "1.1.1.1 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0 169.253.0.1 \
        172.15.255.255 172.32.0.0 192.0.1.0 192.167.0.1 192.169.0.1 198.17.255.255 198.20.0.0 223.255.255.255 \
        2001:200::1 2001:4860:4860::8888 2400:3200::1 2606:4700::1111 2a00::1";
    for text in private.split_whitespace() {
        assert!(!is_public(text.parse().unwrap()), "{text} is private");
    }
    for text in public.split_whitespace() {
        assert!(is_public(text.parse().unwrap()), "{text} is public");
    }
}

async fn judge(allow: &[&str], config: config::Http, permit: &[&str], text: &str) -> Result<Reach, Denial> {
    let allow: Vec<String> = allow.iter().map(|text| (*text).to_owned()).collect();
    let guard = Guard::new(&config, &allow).unwrap();
    let hosts: Vec<HostPort> = permit.iter().map(|text| HostPort::parse(text).unwrap()).collect();
    let permit = Permit { hosts: &hosts, overrides: &Overrides::default() };
    guard.judge(&Url::parse(text).unwrap(), &permit).await.map(|route| route.reach)
}

/// Literal addresses: `ok`, `private` (a permitted one) or the rule.
async fn check(allow: &[&str], permit: &[&str], text: &str, expected: &str) {
    let shown = match judge(allow, config::Http::default(), permit, text).await {
        Ok(Reach::Public) => String::from("ok"),
        Ok(Reach::Private) => String::from("private"),
        Err(Denial::Rule(rule)) => rule.lines().next().unwrap_or_default().to_owned(),
        Err(Denial::Dns(text)) => format!("dns: {text}"),
    };
    assert_eq!(shown, expected, "{text}");
}

#[tokio::test]
async fn judges() {
    check(&[], &[], "http://1.1.1.1/", "ok").await;
    check(&[], &[], "http://127.0.0.1:81/", "private address: `127.0.0.1:81` is 127.0.0.1").await;
    check(&[], &[], "http://0177.1/", "private address: `127.0.0.1:80` is 127.0.0.1").await;
    check(&[], &[], "http://[::ffff:1.1.1.1]/", "private address: `[::ffff:101:101]:80` is ::ffff:1.1.1.1").await;
    check(&[], &["127.0.0.1:81"], "http://127.0.0.1:81/", "private").await;
    check(&[], &["127.0.0.1:81"], "http://127.0.0.1:82/", "private address: `127.0.0.1:82` is 127.0.0.1").await;
    check(&["127.0.0.0/8"], &[], "http://127.9.9.9/", "private").await;
    check(&["fd00::/8"], &[], "http://[fd12::1]/", "private").await;
    check(&["127.0.0.1"], &[], "https://127.0.0.1:9999/", "private").await;
    check(&["localhost:81"], &[], "http://localhost:81/", "private").await;
    check(&[], &[], "file:///etc/passwd", "a `file` URL is neither http nor https").await;
    check(&[], &[], "http://u:p@1.1.1.1/", "the URL carries a user or a password").await;
}

/// However an address is written, it is judged by what it means; and what a URL hides in front of an `@` is no host.
#[tokio::test]
async fn spellings_of_loopback() {
    let hosts = "127.0.0.1 127.1 127.0.1 0177.0.0.1 0x7f.0.0.1 0x7f000001 017700000001 2130706433 127.0.0.1. \
        \u{ff11}\u{ff12}\u{ff17}.0.0.1 %31%32%37.0.0.1 \u{2460}\u{2461}\u{2466}.0.0.1 127\u{3002}0\u{3002}0\u{3002}1";
    for host in hosts.split_whitespace() {
        check(&[], &[], &format!("http://{host}/"), "private address: `127.0.0.1:80` is 127.0.0.1").await;
    }
    check(&[], &[], "http://1.1.1.1\\@127.0.0.1/", "ok").await;
    check(&[], &[], "http://0/", "private address: `0.0.0.0:80` is 0.0.0.0").await;
    for host in ["[::1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[2001:0:7f00:1::]", "[fe80::1]"] {
        let denied = judge(&[], config::Http::default(), &[], &format!("http://{host}/")).await;
        assert!(
            matches!(&denied, Err(Denial::Rule(rule)) if rule.starts_with("private address: ")),
            "{host}: {denied:?}"
        );
    }
    for host in ["1.1.1.1@127.0.0.1", "127.0.0.1@1.1.1.1", ":@127.0.0.1", "a:b@[::1]"] {
        let denied = judge(&[], config::Http::default(), &[], &format!("http://{host}/")).await;
        assert!(denied.is_err(), "{host}: {denied:?}");
    }
    for url in [
        "file:///etc/passwd",
        "ftp://1.1.1.1/",
        "gopher://1.1.1.1/",
        "data:text/plain,x",
        "unix:/run/x",
        "ws://1.1.1.1/",
    ] {
        let denied = judge(&[], config::Http::default(), &[], url).await;
        assert!(
            matches!(&denied, Err(Denial::Rule(rule)) if rule.ends_with("is neither http nor https")),
            "{url}: {denied:?}"
        );
    }
    for url in ["http://[fe80::1%25eth0]/", "http://256.0.0.1/", "http://a b/", "http:///", "http://[::1"] {
        assert!(Url::parse(url).is_err(), "{url} is a URL");
    }
}

#[tokio::test]
async fn names_are_resolved() {
    let denied = judge(&[], config::Http::default(), &[], "http://localhost:81/").await;
    assert!(matches!(denied, Err(Denial::Rule(rule)) if rule.starts_with("private address: `localhost:81`")));
}

#[tokio::test]
async fn one_family() {
    let config = config::Http { ip: config::Ip::V6, ..Default::default() };
    let answer = judge(&[], config, &[], "http://1.1.1.1/").await;
    assert_eq!(answer, Err(Denial::Dns(String::from("`1.1.1.1` has no IPv6 address"))));
}

#[tokio::test]
async fn by_name_behind_a_proxy() {
    let proxy = config::Text::Literal(crate::model::Secret::new("http://proxy.example:3128"));
    let config = || config::Http { proxy: Some(proxy.clone()), ..Default::default() };
    assert_eq!(judge(&[], config(), &[], "https://a.example/").await, Ok(Reach::Public));
    assert_eq!(judge(&["nas.lan"], config(), &[], "https://nas.lan/").await, Ok(Reach::Private));
    for text in [
        "http://127.1../",
        "http://localhost/",
        "http://a.localhost/",
        "http://nas/",
        "http://nas.lan/",
        "http://10.0.0.1/",
    ] {
        assert!(matches!(judge(&[], config(), &[], text).await, Err(Denial::Rule(_))), "{text}");
    }
}

#[test]
fn wrong_entries() {
    for text in ["", "a/b", "10.0.0.0/33", "http://a", "*.lan", "a b", "nas:port"] {
        assert!(Guard::new(&config::Http::default(), &[text.to_owned()]).is_err(), "{text}");
    }
}
