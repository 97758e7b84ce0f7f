use super::*;

fn check(text: &str, expected: &str) {
    assert_eq!(Link::parse(text).map(|link| link.to_string()).as_deref().unwrap_or("none"), expected, "{text}");
}

#[test]
fn one_form_for_one_place() {
    check("https://Example.ORG", "https://example.org/");
    check("HTTPS://example.org:443/A?b=C#frag", "https://example.org/A?b=C");
    check(" http://example.org:8080/a ", "http://example.org:8080/a");
    check("http://example.org:/a", "http://example.org/a");
    check("https://example.org?x=/y", "https://example.org/?x=/y");
    check("http://user:p%40ss@example.org/a", "http://user:p%40ss@example.org/a");
    check("http://[::1]:80/a", "http://[::1]/a");
    check("http://[::1]:8080", "http://[::1]:8080/");
}

#[test]
fn what_is_no_link() {
    for text in [
        "",
        "example.org",
        "/a",
        "https://",
        "https:///a",
        "https://a b/",
        "https://h\n/",
        "http://[::1/",
        "1a://h/",
        "http://h:port/",
        "http://h:+80/",
        "http://h:99999/",
        "http://h\\a/",
        "http://[]/",
        "http://[::1]x/",
    ] {
        check(text, "none");
    }
}

#[test]
fn the_pieces_of_a_link() {
    let link = Link::guess("live.example.org/room//a%20b/?id=7&id=8&name=%E7%9B%B4+x").unwrap();
    assert_eq!(link.host, "live.example.org");
    assert_eq!(link.segments().collect::<Vec<_>>(), ["room", "a b"]);
    assert_eq!(link.query("id").as_deref(), Some("7"));
    assert_eq!(link.query("name").as_deref(), Some("直 x"));
    assert_eq!(link.query("none"), None);
    assert_eq!(link.place(), "https://live.example.org/room//a%20b/");
}

#[test]
fn references_as_in_rfc_3986() {
    let base = Link::parse("http://a/b/c/d;p?q").unwrap();
    for (reference, expected) in [
        ("g", "http://a/b/c/g"),
        ("./g", "http://a/b/c/g"),
        ("g/", "http://a/b/c/g/"),
        ("/g", "http://a/g"),
        ("//g", "http://g/"),
        ("?y", "http://a/b/c/d;p?y"),
        ("g?y", "http://a/b/c/g?y"),
        ("#s", "http://a/b/c/d;p?q"),
        ("", "http://a/b/c/d;p?q"),
        (".", "http://a/b/c/"),
        ("..", "http://a/b/"),
        ("../g", "http://a/b/g"),
        ("../..", "http://a/"),
        ("../../g", "http://a/g"),
        ("../../../g", "http://a/g"),
        ("https://other/x", "https://other/x"),
        ("g?next=http://x/", "http://a/b/c/g?next=http://x/"),
    ] {
        let joined = base.join(reference).map(|link| link.to_string());
        assert_eq!(joined.as_deref(), Some(expected), "{reference}");
    }
}
