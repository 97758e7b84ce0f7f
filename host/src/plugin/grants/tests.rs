use std::sync::Arc;

use semver::Version;

use super::*;
use crate::plugin::anatomy::Kind;
use crate::plugin::manifest;

/// A build that asks for these hosts, and for the cookie of those that begin with `cookie:`.
fn build(version: &str, asks: &[&str]) -> Anatomy {
    let (cookies, hosts): (Vec<&str>, Vec<&str>) = asks.iter().copied().partition(|host| host.starts_with("cookie:"));
    let cookies: Vec<&str> = cookies.iter().filter_map(|host| host.strip_prefix("cookie:")).collect();
    let text = format!("name = \"example\"\nversion = \"{version}\"\nhosts = {hosts:?}\ncookies = {cookies:?}");
    Anatomy {
        sha256: format!("hash-of-{version}"),
        manifest: Arc::new(manifest::parse(&text).unwrap()),
        kinds: vec![Kind::Picker],
        contract: Version::new(0, 1, 0),
        instances: 1,
    }
}

fn decide(grants: &mut Grants, build: &Anatomy, approve: Approve) -> String {
    match grants.decide(build, approve) {
        Ok(Decision::Held) => String::from("held"),
        Ok(Decision::New(what)) => format!("new: {}", what.join(", ")),
        Err(error) => error.to_string().lines().next().unwrap().to_owned(),
    }
}

#[test]
fn the_first_build_gets_what_it_asks_and_more_waits() {
    let mut grants = Grants::default();
    let first = build("1.0.0", &["a.example"]);
    let more = build("1.1.0", &["a.example", "b.example", "cookie:a.example"]);
    assert_eq!(decide(&mut grants, &first, Approve::New), "new: host a.example");
    assert_eq!(decide(&mut grants, &first, Approve::New), "held");
    let waits = "needs approval: it asks for host b.example, cookie for a.example";
    assert_eq!(decide(&mut grants, &more, Approve::New), waits);
    assert_eq!(decide(&mut grants, &more, Approve::New), waits, "asking again grants nothing");
    assert_eq!(decide(&mut grants, &more, Approve::All), "new: host b.example, cookie for a.example");
    assert_eq!(decide(&mut grants, &first, Approve::New), "held");
    assert_eq!(decide(&mut grants, &more, Approve::New), "held", "an older build in between changes nothing");
}

#[test]
fn with_ask_only_who_asks_for_nothing_is_free() {
    let mut grants = Grants::default();
    assert_eq!(
        decide(&mut grants, &build("1.0.0", &["a.example"]), Approve::Ask),
        "needs approval: it asks for host a.example"
    );
    assert_eq!(decide(&mut grants, &build("1.0.0", &[]), Approve::Ask), "held");
}

/// A default that leads elsewhere in a later build would be a host that nobody granted.
#[test]
fn the_host_of_a_default_is_granted_like_any_other() {
    let of = |default: &str| {
        let text = format!(
            "name = \"example\"\nversion = \"1.0.0\"\nhosts = [\"setting:api\"]\n[[settings]]\nname = \"api\"\n\
             type = \"url\"\ndefault = \"{default}\""
        );
        Anatomy { manifest: Arc::new(manifest::parse(&text).unwrap()), ..build("1.0.0", &[]) }
    };
    let mut grants = Grants::default();
    assert_eq!(
        decide(&mut grants, &of("https://api.example/v1"), Approve::New),
        "new: host setting:api, host api.example"
    );
    assert_eq!(decide(&mut grants, &of("https://api.example/v2"), Approve::New), "held");
    assert_eq!(
        decide(&mut grants, &of("https://other.example/"), Approve::New),
        "needs approval: it asks for host other.example"
    );
}

#[test]
fn the_file_outlives_the_process_and_a_damaged_one_grants_nothing() {
    let dir = std::env::temp_dir().join(format!("lyrebird-grants-{}", crate::event::new_id()));
    let asks = build("1.0.0", &["a.example"]);
    let decide_there = |approve| change(&dir, |grants| decide(grants, &asks, approve)).unwrap();
    assert_eq!(decide_there(Approve::New), "new: host a.example");
    assert_eq!(decide_there(Approve::Ask), "held");
    let text = fs::read_to_string(dir.join("plugins.lock")).unwrap();
    assert!(text.contains("hash-of-1.0.0") && text.contains("a.example"), "{text}");
    fs::write(dir.join("plugins.lock"), "{ half").unwrap();
    assert_eq!(decide_there(Approve::New), "needs approval: it asks for host a.example");
    assert_eq!(fs::read_to_string(dir.join("plugins.lock")).unwrap(), "{ half", "left for the user to look at");
    fs::remove_dir_all(dir).unwrap();
}

#[test]
fn what_one_has_written_himself_is_known_and_what_others_write_is_not() {
    let dir = std::env::temp_dir().join(format!("lyrebird-known-{}", crate::event::new_id()));
    let known = Known::now(Some(&dir));
    let is_known = || known.stamp() == scan::stamp(&file(&dir));
    let decide = |grants: &mut Grants, version: &str| grants.decide(&build(version, &[]), Approve::All).map(drop);
    change_known(&dir, &known, |grants| decide(grants, "1.0.0")).unwrap().unwrap();
    assert!(is_known());
    change(&dir, |grants| grants.note_running("example", Build { version: String::new(), sha256: String::new() }))
        .unwrap();
    assert!(!is_known());
    let running = |name: &str| Build { version: String::from(name), sha256: String::new() };
    change_known(&dir, &known, |grants| grants.note_running("example", running("b"))).unwrap();
    assert!(!is_known(), "what another one wrote before was not read");
    known.note(scan::stamp(&file(&dir)));
    change_known(&dir, &known, |grants| grants.note_running("example", running("c"))).unwrap();
    assert!(is_known());
    fs::remove_dir_all(dir).unwrap();
}
