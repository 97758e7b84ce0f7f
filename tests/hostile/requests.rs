//! Requests and media that a plugin points to where nobody may go. A canary listens there: nobody ever comes.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use lyrebird_tests::needs;
use lyrebird_tests::origin::{Answer, Origin};
use lyrebird_tests::place::{HURRY, Place, wait_until};
use lyrebird_tests::program::{Run, Signal, guests};
use lyrebird_tests::resolver::{MIXED, REBINDS, Resolver};

use super::{LIMIT, ask, deed};

/// A private server that nobody may reach.
fn canary() -> (Origin, u16) {
    let canary = Origin::start();
    let port = canary.authority().rsplit_once(':').unwrap().1.parse().unwrap();
    (canary, port)
}

fn expect_untouched(canary: &Origin) {
    let touched = canary.connections_where(|_| true);
    assert!(touched.is_empty(), "the canary was asked for {touched:#?}");
}

/// All the ways to write the canary's place, and places that are no web.
fn hostile(port: u16) -> Vec<(String, &'static str)> {
    let hosts = [
        "127.0.0.1",
        "localhost",
        "localhost.",
        "127.1",
        "127.0.0.1.",
        "0177.0.0.1",
        "0x7f000001",
        "2130706433",
        "0",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[2001:0:7f00:1::]",
        "[::7f00:1]",
        "169.254.169.254",
        "10.0.0.1",
        "[fe80::1]",
        "[fd00::1]",
    ];
    let users = ["allowed.test@127.0.0.1", "allowed.test:443@127.0.0.1", "allowed.test%2f@127.0.0.1"];
    let others =
        ["file:///etc/passwd", "ftp://allowed.test/x", "gopher://allowed.test/x", "data:text/plain,x", "unix:/x"];
    let web = hosts.map(|host| (format!("http://{host}:{port}/canary"), "denied: "));
    let users = users.map(|host| (format!("http://{host}:{port}/canary"), "invalid-request: "));
    let others = others.map(|url| (url.to_owned(), "denied: "));
    web.into_iter().chain(users).chain(others).collect()
}

#[test]
fn no_request_of_a_guest_leaves_its_list() {
    let (place, origin, (canary, port)) = (Place::new("hostile-requests"), Origin::start(), canary());
    let (api, cookie) = (origin.url("/"), "canary-of-a-cookie");
    place.configure(&format!(
        "[plugin.misbehaving]\ncookie = \"SESSDATA={cookie}; own=2\"\nsettings = {{ api = \"{api}\", key = \"canary-of-a-key\" }}\n\
         [plugin.telltale]\nsettings = {{ url = \"http://127.0.0.1:1\", token = \"canary-of-a-token\" }}\n"
    ));
    let mut cases: Vec<(String, &str)> = Vec::new();
    for (number, (url, words)) in hostile(port).into_iter().enumerate() {
        cases.push((deed("fetch", &[("url", &url)]), words));
        let path = format!("/to-{number}");
        origin.answers(&path, [Answer::redirect(&url)]);
        cases.push((deed("fetch", &[("url", &origin.url(&path))]), "denied: "));
    }
    origin.answers("/here", [Answer::file("ok", "text/plain")]);
    let here = origin.url("/here");
    cases.push((deed("header-break", &[("url", &here)]), "invalid-request: "));
    for header in
        ["Host: allowed.test", "Transfer-Encoding: chunked", "Proxy-Authorization: x", "X: a\\nHost: evil", "X\\ny: z"]
    {
        cases.push((deed("fetch", &[("url", &here), ("header", header)]), "invalid-request: "));
    }
    // Neither the cookie of another host nor the setting of another plugin.
    let text = origin.url("/here?x={cookie:SESSDATA}");
    cases.push((
        deed("fetch", &[("url", &text), ("method", "post"), ("body", "{cookie:SESSDATA}"), ("header", "X: y")]),
        "",
    ));
    cases.push((deed("config", &[("key", "token")]), "none"));
    cases.push((deed("config", &[("key", "cookie")]), "none"));
    let rooms: Vec<String> = cases.iter().map(|(room, _)| room.clone()).collect();
    let (finished, answers) = ask(&place, &guests(), &rooms);
    for ((room, words), answer) in cases.iter().zip(&answers) {
        let failure = answer["failure"]["message"].as_str();
        let said = failure.or(answer["broadcast"]["title"].as_str()).unwrap_or_default();
        assert!(said.contains(words), "{room}: {answer:#}");
    }
    expect_untouched(&canary);
    let told = format!("{}{}", finished.stdout, finished.stderr);
    for secret in [cookie, "canary-of-a-key", "canary-of-a-token"] {
        assert!(!told.contains(secret), "{secret} is told");
    }
    for connection in origin.connections_where(|_| true) {
        let head = connection.request.join("\n");
        assert!(!head.contains(cookie) && !head.contains("evil") && !head.contains("Smuggled"), "{head}");
    }
}

/// The same guard for what `streams` offers, and for where it redirects to.
#[test]
fn no_candidate_leads_to_a_private_place() {
    let (place, origin, (canary, port)) = (Place::new("hostile-media"), Origin::start(), canary());
    let secret = canary.url("/canary");
    origin.answers("/turns.flv", [Answer::redirect(&secret)]);
    origin.answers("/file.flv", [Answer::redirect("file:///etc/passwd")]);
    origin.answers("/user.flv", [Answer::redirect("http://a:b@127.0.0.1/x")]);
    let base = origin.url("");
    place.configure(&format!(
        "{HURRY}[plugin.misbehaving]\ninterval = \"1s\"\nhosts = {{ \"*.wild.test\" = \"{base}\" }}\n"
    ));
    let private = format!("private address: `127.0.0.1:{port}`");
    let cases = [
        (secret.clone(), private.as_str()),
        (format!("http://2130706433:{port}/a"), &private),
        (format!("http://localhost:{port}/a"), "private address: `localhost:"),
        (format!("http://[::ffff:7f00:1]:{port}/a"), "private address: `[::ffff:7f00:1]:"),
        (String::from("https://a.wild.test/turns.flv"), &private),
        (String::from("https://a.wild.test/file.flv"), "it leads to a `file` URL"),
        (String::from("https://a.wild.test/user.flv"), "the URL carries a user or a password"),
        (format!("http://x:y@127.0.0.1:{port}/a"), "the candidate's URL carries a user or a password"),
        (String::from("ftp://a.wild.test/a.flv"), "a `ftp` URL is neither http nor https"),
        (String::from("file:///etc/passwd"), "a candidate's URL is none"),
        (String::from("data:video/x-flv,FLV"), "a candidate's URL is none"),
    ];
    let mut command = place.lyrebird_with(&guests(), &["record"]);
    command.args(cases.iter().map(|(url, _)| deed("ok", &[("media", url)])));
    command.arg(deed("ok", &[("media", "https://a.wild.test/a.flv"), ("header", "X: a\\nCookie: b")]));
    command.arg("-c").arg(place.root().join("lyrebird.toml")).arg("-o").arg(place.out());
    let run = Run::start(command, None);
    for (_, words) in &cases {
        run.wait_for_text(words, LIMIT);
    }
    run.wait_for_text("a candidate's header `X` cannot be sent", LIMIT);
    run.signal(Signal::INT);
    run.finish(LIMIT).expect_code(130);
    expect_untouched(&canary);
    assert!(place.recordings().is_empty(), "{:?}", place.files());
}

/// A name that means a permitted address when it is judged and a private one when it is connected to; and one that
/// means both at once.
#[test]
fn a_name_that_changes_its_mind_is_held_to_its_first_word() {
    if !needs::row(24) {
        return;
    }
    let (place, resolver) = (Place::new("hostile-names"), Resolver::start());
    let permitted = Origin::at([127, 77, 0, 1].into());
    let port: u16 = permitted.authority().rsplit_once(':').unwrap().1.parse().unwrap();
    let (canary, touched) = (TcpListener::bind(("127.0.0.1", port)).unwrap(), Arc::new(AtomicUsize::new(0)));
    let count = Arc::clone(&touched);
    std::thread::spawn(move || {
        for _ in canary.incoming() {
            count.fetch_add(1, Ordering::SeqCst);
        }
    });
    place.configure(&format!(
        "{HURRY}[plugins]\nallow_private_hosts = [\"127.77.0.0/16\"]\n[plugin.misbehaving]\ninterval = \"1s\"\n"
    ));
    let mut command = place.lyrebird_with(&guests(), &["record"]);
    for name in [REBINDS, MIXED] {
        command.arg(deed("ok", &[("media", &format!("http://{name}:{port}/live.flv"))]));
    }
    command.arg("-c").arg(place.root().join("lyrebird.toml")).arg("-o").arg(place.out());
    let run = Run::start(resolver.give_to(&command, &place.root().join("resolv.conf")), None);
    run.wait_for_text(&format!("private address: `{MIXED}:{port}` is 127.0.0.1"), LIMIT);
    wait_until("the permitted address was asked", LIMIT, || !permitted.connections("/live.flv").is_empty());
    run.wait_for_text(&format!("private address: `{REBINDS}:{port}` is 127.0.0.1"), LIMIT);
    std::thread::sleep(Duration::from_millis(500));
    run.signal(Signal::INT);
    run.finish(LIMIT).expect_code(130);
    assert_eq!(permitted.connections("/live.flv").len(), 1, "one judgement, one connection");
    assert_eq!(touched.load(Ordering::SeqCst), 0, "the canary was touched");
}
