use super::*;

fn check(input: &str, expected: &str) {
    let got = match read(input) {
        Ok(Address::Room(Number::Own(number))) => format!("own {number}"),
        Ok(Address::Room(Number::Perhaps(number))) => format!("perhaps {number}"),
        Ok(Address::Share(url)) => format!("share {url}"),
        Err(failure) => failure.kind().to_owned(),
    };
    assert_eq!(got, expected, "{input}");
}

#[test]
fn every_form_of_a_rooms_page() {
    for form in [
        "https://live.bilibili.com/N",
        "https://live.bilibili.com/N/",
        "http://live.bilibili.com/N",
        "live.bilibili.com/N",
        "//live.bilibili.com/N",
        "HTTPS://Live.Bilibili.COM/N",
        "https://live.bilibili.com:443/N",
        "https://live.bilibili.com/N?visit_id=x&from=1",
        "https://live.bilibili.com/N/?visit_id=x",
        "https://live.bilibili.com/N#chat",
        "https://live.bilibili.com/N?a=/2#/3",
        "https://live.bilibili.com//N",
        "https://live.bilibili.com/h5/N",
        "live.bilibili.com/h5/N/?share=1",
        "https://live.bilibili.com/blanc/N?liteVersion=true",
        "  https://live.bilibili.com/N\n",
        "N",
        " N ",
        "00N",
    ] {
        let form = form.strip_prefix("//").unwrap_or(form);
        check(&form.replace('N', "1234567890"), "own 1234567890");
        check(&form.replace('N', "12345678"), "own 12345678");
        check(&form.replace('N', "1234567"), "perhaps 1234567");
        check(&form.replace('N', "6"), "perhaps 6");
    }
}

#[test]
fn zeros_in_front_make_no_long_number() {
    check("https://live.bilibili.com/0000000006", "perhaps 6");
}

#[test]
fn share_links() {
    check("https://b23.tv/aBc123", "share https://b23.tv/aBc123");
    check("http://B23.tv/aBc123/?share_from=me", "share https://b23.tv/aBc123");
    check("b23.tv/aBc123", "share https://b23.tv/aBc123");
}

#[test]
fn what_is_no_room() {
    for input in [
        "",
        "0",
        "-5",
        "+5",
        "12a",
        "99999999999999999999999",
        "9223372036854775808",
        "https://live.bilibili.com/",
        "https://live.bilibili.com/0",
        "https://live.bilibili.com/all",
        "https://live.bilibili.com/p/eden/area-tags",
        "https://live.bilibili.com/h5",
        "https://live.bilibili.com/other/5",
        "https://live.bilibili.com/5/more",
        "https://live.bilibili.com/+5",
        "https://www.bilibili.com/5",
        "https://space.bilibili.com/5",
        "https://live.bilibili.com.example.org/5",
        "https://live.bilibili.com@example.org/5",
        "https://example.org/live.bilibili.com/5",
        "ftp://live.bilibili.com/5",
        "https://b23.tv/",
        "https://b23.tv/a/b",
        "https://b23.tv/a%2Fb",
        "https://b23.tv/%7Bcookie:x%7D",
    ] {
        check(input, "invalid-room");
    }
}

#[test]
fn an_error_tells_no_query() {
    let failure = read("https://live.bilibili.com/all?token=secret").unwrap_err();
    assert!(!failure.message().contains("secret"), "{}", failure.message());
    assert!(failure.message().contains("`https://live.bilibili.com/all`"), "{}", failure.message());
}
