use super::*;

fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

#[test]
fn patterns() {
    let check = |pattern: &str, yes: &[&str], no: &[&str]| {
        let parsed = HostPattern::parse(pattern).unwrap();
        assert_eq!(parsed.to_string(), pattern);
        yes.iter().for_each(|text| assert!(parsed.matches(&url(text)), "{pattern} must match {text}"));
        no.iter().for_each(|text| assert!(!parsed.matches(&url(text)), "{pattern} must not match {text}"));
    };
    check(
        "a.example",
        &["https://a.example/x", "https://A.EXAMPLE:443/", "https://a.example./"],
        &["http://a.example/", "https://a.example:444/", "https://b.a.example/", "https://a.example.evil/"],
    );
    check("a.example:8443", &["https://a.example:8443/"], &["https://a.example/", "http://a.example:8443/"]);
    check("http://a.example", &["http://a.example/"], &["https://a.example/", "http://a.example:8080/"]);
    check("http://a.example:8080", &["http://a.example:8080/"], &["http://a.example/"]);
    check(
        "*.a.example",
        &["https://x.a.example/", "https://y.x.a.example/"],
        &["https://a.example/", "https://xa.example/", "https://x.a.example.evil/"],
    );
}

/// What is granted is kept as it prints.
#[test]
fn an_address_with_a_port_is_no_other_address() {
    let shown = |text: &str| HostPattern::parse(text).unwrap().to_string();
    assert_eq!(["[::1]:81", "::1:81", "http://[::1]"].map(shown), ["[::1]:81", "[::1:81]", "http://[::1]"]);
}

#[test]
fn wrong_patterns() {
    for text in [
        ".",
        "127.1..",
        "a..b",
        "",
        "*",
        "*.",
        "a b",
        "ftp://a",
        "a/b",
        "a.*",
        "a:b",
        "a:99999",
        "user@a",
        "setting:api",
    ] {
        assert!(HostPattern::parse(text).is_err(), "{text}");
    }
}

#[test]
fn host_and_port() {
    let shown = |text: &str| HostPort::from_url(text).map(|one| one.to_string());
    assert_eq!(shown("https://A.example./x").as_deref(), Some("a.example:443"));
    assert_eq!(shown("http://[::1]:80/").as_deref(), Some("[::1]:80"));
    assert_eq!(shown("http://0x7f.1/").as_deref(), Some("127.0.0.1:80"));
    assert_eq!(shown("file:///etc/passwd"), None);
    for text in ["http://./", "https://*.example/", "http://127.1../", "http://a..b/", "http://.a/"] {
        assert_eq!(shown(text), None, "{text}");
    }
    assert_eq!(HostPort::parse("[::1]:80").ok(), HostPort::from_url("http://[::1]/"));
    assert!(HostPort::parse("a").is_err());
    for text in ["::1", "::ffff:10.0.0.1", "::ffff:0:0"] {
        let url = HostPort::from_url(&format!("http://[{text}]/")).unwrap();
        assert_eq!(split(text).unwrap(), (url.host().to_owned(), None), "{text}");
    }
}

fn overrides(pairs: &[(&str, &str)]) -> anyhow::Result<Overrides> {
    Overrides::new(&pairs.iter().map(|(host, base)| ((*host).to_owned(), (*base).to_owned())).collect())
}

#[test]
fn overrides_rewrite() {
    let table = overrides(&[
        ("api.example", "http://127.0.0.1:9000"),
        ("*.example", "http://127.0.0.1:9001/any/"),
        ("*.live.example", "https://mirror.test"),
    ])
    .unwrap();
    let rewrite = |text: &str| table.rewrite(&url(text)).map(String::from);
    assert_eq!(rewrite("https://api.example/x?y=1").as_deref(), Some("http://127.0.0.1:9000/x?y=1"));
    assert_eq!(rewrite("http://other.example/x").as_deref(), Some("http://127.0.0.1:9001/any/x"));
    assert_eq!(rewrite("http://a.live.example/x").as_deref(), Some("https://mirror.test/x"));
    assert_eq!(rewrite("https://example/x"), None);
    assert!(table.names(&HostPort::parse("127.0.0.1:9000").unwrap()));
    assert!(!table.names(&HostPort::parse("127.0.0.1:9002").unwrap()));
}

#[test]
fn wrong_overrides() {
    for (host, base) in [("a", "b"), ("a", "ftp://b"), ("a", "http://u:p@b"), ("a", "http://b?c"), ("a/b", "http://b")]
    {
        assert!(overrides(&[(host, base)]).is_err(), "{host} {base}");
    }
}
