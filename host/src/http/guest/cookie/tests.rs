use super::*;

fn jar() -> Jar {
    Jar::new(Some(&Secret::new("SESSDATA=abc%2C123; csrf=t0k&n/1; lang=zh; flag")))
}

#[test]
fn merges() {
    let check = |users, guests: &str, expected: Option<&str>| {
        assert_eq!(jar().merge(users, &pairs(guests)).as_deref(), expected);
    };
    check(true, "", Some("SESSDATA=abc%2C123; csrf=t0k&n/1; lang=zh; flag"));
    check(true, "csrf=mine; buvid=7", Some("SESSDATA=abc%2C123; csrf=t0k&n/1; lang=zh; flag; buvid=7"));
    check(false, "csrf=mine; buvid=7", Some("csrf=mine; buvid=7"));
    check(false, "", None);
}

#[test]
fn fills() {
    let check = |text: &str, place, users, expected: Result<Option<&str>, Unfilled>| {
        let filled = jar().fill(text, place, users);
        assert_eq!(filled.as_ref().map(|text| text.as_deref()), expected.as_ref().copied());
    };
    check("/x?a=1", Place::Url, true, Ok(None));
    check("/x?c={cookie:csrf}&d={cookie:lang}", Place::Url, true, Ok(Some("/x?c=t0k%26n%2F1&d=zh")));
    check("csrf={cookie:csrf}", Place::Plain, true, Ok(Some("csrf=t0k&n/1")));
    check("csrf={cookie:csrf}", Place::Plain, false, Err(Unfilled::WrongHost));
    check("csrf={cookie:nope}", Place::Plain, true, Err(Unfilled::Missing(String::from("nope"))));
    check("open {cookie:csrf", Place::Plain, true, Ok(Some("open {cookie:csrf")));
    // As plugins write what strangers said: none of it is a place.
    for (said, place) in [
        ("/x?c=%7Bcookie%3Acsrf%7D&d=%7Bcookie:csrf}", Place::Url),
        ("c=%7Bcookie%3Acsrf%7D", Place::Plain),
        (r#"{"text":"\u007bcookie:csrf}"}"#, Place::Plain),
        ("{cookie :csrf}", Place::Plain),
    ] {
        check(said, place, true, Ok(None));
    }
    // What stands in a value is not looked at again.
    let jar = Jar::new(Some(&Secret::new("a={cookie:b}; b=hidden9")));
    assert_eq!(jar.fill("{cookie:a}", Place::Plain, true), Ok(Some(String::from("{cookie:b}"))));
}

#[test]
fn hides() {
    assert!(jar().owns("SESSDATA=new; Path=/"));
    assert!(jar().owns("csrf"));
    assert!(!jar().owns("buvid=7; csrf=1"));
    assert_eq!(jar().mask(String::from("/a?b=t0k&n/1&c=zh")), "/a?b={cookie:csrf}&c=zh");
}
