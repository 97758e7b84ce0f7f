//! What is wrong is told at the door, before anything is asked or recorded: exit code, key, hint.

use std::net::TcpListener;
use std::process::Command;

use lyrebird_tests::place::Place;
use lyrebird_tests::program::Finished;

const URL: &str = "http://x.test/live.flv";

/// It ends with 2, says all these words, and nothing was recorded.
#[track_caller]
fn refused(place: &Place, arguments: &[&str], words: &[&str]) -> Finished {
    let finished = place.run(arguments).expect_code(2);
    for word in words.iter().chain(&["hint: "]) {
        assert!(finished.stderr.contains(word), "{arguments:?} does not say `{word}`: {}", finished.stderr);
    }
    assert!(place.files().is_empty());
    finished
}

fn configured(place: &Place, text: &str) -> String {
    place.configure(text);
    place.root().join("lyrebird.toml").to_str().unwrap().to_owned()
}

#[test]
fn a_secret_that_is_not_there() {
    let place = Place::new("door-secret");
    let env = "{ env = \"LYREBIRD_UNSET\" }";
    for (text, words) in [
        (format!("[plugin.direct]\ncookie = {env}\n"), ["plugin.direct.cookie", "LYREBIRD_UNSET"]),
        (format!("[plugin.direct]\nsettings = {{ key = {env} }}\n"), ["plugin.direct.settings.key", "LYREBIRD_UNSET"]),
        (format!("[http]\nproxy = {env}\n"), ["http.proxy", "LYREBIRD_UNSET"]),
        (String::from("[plugin.direct]\ncookie = { file = \"cookie.txt\" }\n"), ["plugin.direct.cookie", "cookie.txt"]),
    ] {
        let config = configured(&place, &text);
        refused(&place, &["run", "-c", &config], &words);
        for command in ["record", "check"] {
            refused(&place, &[command, URL, "-c", &config], &words);
        }
    }
}

#[test]
fn a_header_that_is_the_recorders() {
    let place = Place::new("door-header");
    for name in ["Host", "content-length", "Connection", "TE", "Proxy-Authorization", "Accept-Encoding"] {
        for command in ["record", "check"] {
            let finished = refused(&place, &[command, URL, "--header", &format!("{name}: canary")], &[name]);
            assert!(!finished.stderr.contains("canary"), "{}", finished.stderr);
        }
    }
}

#[test]
fn a_template_that_cannot_be_right() {
    let place = Place::new("door-template");
    refused(&place, &["record", URL, "--name", "{{ title"], &["--name", "{{ title"]);
    for template in ["{{ titel }}", "{{ start | date('%Y-%Q') }}"] {
        refused(&place, &["record", URL, "--name", template], &["--name", template]);
        let config = configured(&place, &format!("[output]\nname = \"{template}\"\n"));
        refused(&place, &["record", URL, "-c", &config], &["lyrebird.toml", "output.name", template]);
        refused(&place, &["run", "-c", &config], &["lyrebird.toml", "output.name", template]);
    }
}

/// A FIFO without a writer is not waited for.
#[test]
fn what_is_no_file_is_not_read() {
    let place = Place::new("door-fifo");
    let fifo = place.root().join("fifo.wasm");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let fifo = fifo.to_str().unwrap();
    let config = |name: &str, text: &str| place.write(name, text).to_str().unwrap().to_owned();
    let ca = config("ca.toml", "[http]\nca = \"fifo.wasm\"\n");
    let cookie = config("cookie.toml", "[plugin.direct]\ncookie = { file = \"fifo.wasm\" }\n");
    for (arguments, code) in [
        (&["plugin", "inspect", fifo][..], 5),
        (&["flv", "inspect", fifo], 1),
        (&["flv", "fix", fifo], 1),
        (&["flv", "verify", fifo], 1),
        (&["check", URL, "-c", fifo], 2),
        (&["plugin", "list", "-c", &ca], 2),
        (&["plugin", "list", "-c", &cookie], 2),
    ] {
        let finished = place.run(arguments).expect_code(code);
        assert!(finished.stderr.contains("fifo.wasm") && finished.stderr.contains("pipe"), "{}", finished.stderr);
    }
}

#[test]
fn a_table_of_no_plugin_is_told() {
    let place = Place::new("door-stranger");
    let config = configured(&place, "[plugin.dircet]\ninterval = \"1s\"\n[plugin.direct]\ninterval = \"1s\"\n");
    let said = place.run(&["plugin", "list", "-c", &config]).expect_code(0).stderr;
    assert!(said.contains("plugin.dircet") && said.contains("did you mean `direct`?"), "{said}");
    assert!(!said.contains("plugin.direct"), "{said}");
}

/// Nobody listens: as dark as a 404. A name that leads nowhere is a trouble of the network.
#[test]
fn a_refused_connection_is_offline() {
    let place = Place::new("door-refused");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/live.flv", listener.local_addr().unwrap());
    drop(listener);
    let finished = place.run(&["check", &url, "--json"]).expect_code(3);
    let answer = &finished.json_lines()[0];
    assert_eq!((&answer["status"], &answer["failure"]), (&"offline".into(), &serde_json::Value::Null));
    assert!(answer["probed"].as_str().unwrap().contains("refused"), "{answer:#}");
    place.run(&["check", "http://does-not-exist.invalid/live.flv"]).expect_code(1);
}
