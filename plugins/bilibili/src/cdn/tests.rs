use super::*;

fn link(host: &str) -> Link {
    Link::parse(&format!("https://{host}")).unwrap()
}

#[test]
fn from_the_best_to_the_worst() {
    let order = [
        "d1--cn-gotcha04.bilivideo.com",
        "d1--ov-gotcha09.bilivideo.com",
        "c1--cn-gotcha08b.bilivideo.com",
        "d1--cn-gotcha05.bilivideo.com",
        "d1--cn-gotcha07.bilivideo.com",
        "d1--cn-gotcha204.bilivideo.com",
        "cn-town-ct-01-05.bilivideo.com",
        "media.example.org",
        "xy1x2x3x4xy.mcdn.bilivideo.cn:486",
    ];
    let ranks: Vec<usize> = order.iter().map(|host| rank(&link(host))).collect();
    assert!(ranks.is_sorted_by(|one, next| one < next), "{ranks:?}");
    assert_eq!(rank(&link("d1--cn-gotcha01.bilivideo.com")), rank(&link("d1--cn-gotcha204.bilivideo.com")));
}

#[test]
fn names_that_people_know() {
    assert_eq!(name(&link("d1--cn-gotcha04.bilivideo.com")), "cn-gotcha04");
    assert_eq!(name(&link("cn-town-ct-01-05.bilivideo.com")), "cn-town-ct-01-05");
    assert_eq!(name(&link("xy1x2.mcdn.bilivideo.cn:486")), "mcdn xy1x2");
    assert_eq!(name(&link("media.example.org")), "media");
}
