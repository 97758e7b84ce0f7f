use super::*;

#[test]
fn who_sets_a_header() {
    for name in ["Host", "content-length", "Connection", "Proxy-Authorization", "TE", "Transfer-Encoding", "Upgrade"] {
        assert!(matches!(parse(name, "x"), Err(Unfit::Reserved(_))), "{name}");
    }
    for (name, value) in
        [("X-A", "a\r\nHost: b"), ("X-A", "a\nb"), ("X-A", "a\0"), ("X A", "b"), ("", "b"), ("X\r\nY", "b")]
    {
        assert!(matches!(parse(name, value), Err(Unfit::Illegal(_))), "{name:?}: {value:?}");
    }
    assert!(parse("Referer", "https://a.example/é").is_ok());
}

#[test]
fn when_to_come_back() {
    let check = |wait: &str, date: &str, expected| {
        let mut headers = HeaderMap::new();
        headers.insert("retry-after", wait.parse().unwrap());
        headers.insert("date", date.parse().unwrap());
        assert_eq!(retry_after(&headers), expected, "{wait}");
    };
    let date = "Wed, 21 Oct 2015 07:28:00 GMT";
    check("120", date, Some(120));
    check("99999999999", date, Some(u32::MAX));
    check("Wed, 21 Oct 2015 07:30:30 GMT", date, Some(150));
    check("Wed, 21 Oct 2015 07:00:00 GMT", date, Some(0));
    check("soon", date, None);
    check("-5", date, None);
    assert_eq!(retry_after(&HeaderMap::new()), None);
}
