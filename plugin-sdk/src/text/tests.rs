use super::*;

#[test]
fn percent_and_back() {
    assert_eq!(percent("a b/ü~"), "a%20b%2F%C3%BC~");
    assert_eq!(unpercent("a%20b%2F%C3%BC~"), "a b/ü~");
    assert_eq!(unpercent("100%"), "100%");
    assert_eq!(unpercent("%zz%4"), "%zz%4");
    assert_eq!(unpercent("%ff"), "\u{fffd}");
    assert_eq!(form([("q", "a b&c"), ("x", "{cookie:csrf}")]), "q=a+b%26c&x=%7Bcookie%3Acsrf%7D");
    assert_eq!(unform("q=a+b%26c&x&y="), [("q", "a b&c"), ("x", ""), ("y", "")].map(|(n, v)| (n.into(), v.into())));
}

#[test]
fn hex_and_back() {
    assert_eq!(hex([0, 10, 255]), "000aff");
    assert_eq!(unhex("000AfF"), Some(vec![0, 10, 255]));
    assert_eq!(unhex("0"), None);
    assert_eq!(unhex("zz"), None);
}

#[test]
fn base64_of_rfc_4648() {
    for (plain, coded) in
        [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("foobar", "Zm9vYmFy")]
    {
        assert_eq!(base64(plain), coded);
        assert_eq!(unbase64(coded).as_deref(), Some(plain.as_bytes()));
        assert_eq!(unbase64(coded.trim_end_matches('=')).as_deref(), Some(plain.as_bytes()));
    }
    assert_eq!(unbase64("-_8=").as_deref(), Some(&[0xfb, 0xff][..]));
    assert_eq!(unbase64("Zm9v\nYmFy\n").as_deref(), Some(&b"foobar"[..]));
    assert_eq!(unbase64("Z"), None);
    assert_eq!(unbase64("Zm9v!"), None);
}

#[test]
fn old_charsets_through_the_host() {
    assert_eq!(decode(&[0xd6, 0xb1, 0xb2, 0xa5], "gbk").as_deref(), Some("直播"));
    assert_eq!(decode(b"x", "klingon"), None);
}

#[test]
fn a_piece_of_a_page() {
    assert_eq!(between("<script>var room = {\"id\":1};</script>", "room = ", ";"), Some("{\"id\":1}"));
    assert_eq!(between("nothing", "room = ", ";"), None);
}
