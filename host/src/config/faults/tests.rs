//! What a user has got wrong, and what he is told of it.

use std::path::Path;

use expect_test::{Expect, expect};

use crate::config::parse;

fn check(text: &str, expected: Expect) {
    let told = match parse(Path::new("lyrebird.toml"), text) {
        Ok(_) => String::from("fine"),
        Err(error) => error.to_string(),
    };
    expected.assert_eq(&told);
}

#[test]
fn ranges_have_places() {
    check("[check]\njitter = 3.0\n", expect!["lyrebird.toml:2:10: `check.jitter` is 3, it must be from 0 to 1"]);
    check("[check]\ninterval = 0\n", expect!["lyrebird.toml:2:12: `check.interval` is 0, it must be more"]);
    check(
        "[output]\nsplit = { size = \"1KB\" }\n",
        expect!["lyrebird.toml:2:18: `output.split.size` must be at least 100KB: anything less is a file a group"],
    );
    check(
        "[plugin.a.limits]\nmemory = 0\n",
        expect!["lyrebird.toml:2:10: `plugin.a.limits.memory` is 0, it must be more"],
    );
    check("[check]\ngrace = \"0s\"\n", expect!["fine"]);
}

#[test]
fn everything_wrong_is_told_at_once_in_the_order_of_the_file() {
    check(
        r#"
[[notify]]
name = "family"
plugin = "x"
on = ["session_started", "sesion_ended"]
template = "{{ streamer } is live"
[[notify]]
name = "family"
plugin = "y"
[[room]]
url = "https://live.example.org/a"
notify = ["family", "famly"]
codec = ["h265", "avc", "shiny"]
transport = ["HLS", "webrtc"]
[[room]]
url = "https://live.example.org/b and c"
quality = ["", "400"]
min_quality = " "
"#,
        expect![[r#"
            lyrebird.toml:5:26: `notify.on` has no kind of events `sesion_ended`
            hint: did you mean `session_ended`?
            lyrebird.toml:6:12: `notify.template` is a broken template (syntax error: unexpected `}`, expected end of variable block)
            lyrebird.toml:8:8: `notify.name` is `family`, as another target's: rooms could not tell them apart
            lyrebird.toml:12:21: `room.notify` has no target `famly`
            hint: did you mean `family`?
            lyrebird.toml:13:10: `room.codec` has `h265`
            hint: did you mean `hevc`?
            lyrebird.toml:14:14: `room.transport` has `HLS`
            hint: did you mean `hls`?
            lyrebird.toml:16:7: `room.url` has white space in it: it must be one URL or id
            lyrebird.toml:17:12: `room.quality` is empty
            lyrebird.toml:18:15: `room.min_quality` is empty"#]],
    );
}

#[test]
fn words_of_files_and_folders() {
    check(
        "[output]\ndir = \"a\"\nfallback = [\"b\", \"a\", \"b\"]\nremux = \"avi\"\nname = \"\"\n",
        expect![[r#"
            lyrebird.toml:3:18: `output.fallback` names `a` again
            lyrebird.toml:3:23: `output.fallback` names `b` again
            lyrebird.toml:4:9: `output.remux` is `avi`, it must be "mp4" or "" for none
            lyrebird.toml:5:8: `output.name` is empty"#]],
    );
    check(
        "[output]\nname = \"{{ streamer\"\n",
        expect![
            "lyrebird.toml:2:8: `output.name` is a broken template (syntax error: unexpected end of input, expected end of variable block)"
        ],
    );
}

/// A proxy's URL and a cookie are nobody's business.
#[test]
fn a_secret_that_is_wrong_is_not_shown() {
    check(
        "[http]\nproxy = \"ftp://user:canary@x\"\n[plugin.a]\ncookie = \"a=canary\\nb=2\"\nhosts = { \"x.org\" = \"127.0.0.1:9000\" }\n",
        expect![[r#"
            lyrebird.toml:2:9: `http.proxy` is no URL of a proxy
            hint: write it as `http://host:port`, `https://host:port` or `socks5://host:port`
            lyrebird.toml:4:10: `plugin.a.cookie` is no text for a `Cookie` header: its character 9 is a line break
            hint: write it as a browser sends it: `a=1; b=2`, on one line
            lyrebird.toml:5:21: `plugin.a.hosts.x.org` leads to no http or https URL
            hint: write it as `http://127.0.0.1:9000`"#]],
    );
}

#[test]
fn a_cookie_that_cannot_be_sent_names_its_character() {
    let told = |cookie: &str| match parse(Path::new("a.toml"), &format!("[plugin.a]\ncookie = \"{cookie}\"\n")) {
        Ok(_) => String::from("fine"),
        Err(error) => error.to_string().lines().next().unwrap_or_default().to_owned(),
    };
    let wrong = "a.toml:2:10: `plugin.a.cookie` is no text for a `Cookie` header: its character";
    assert_eq!(told("a=canary\\tb"), format!("{wrong} 9 is a control character"));
    assert_eq!(told("a=é; b=canary"), format!("{wrong} 3 is not ASCII"));
    assert_eq!(told("a=\u{a0}"), format!("{wrong} 3 is not ASCII"));
    assert_eq!(told("a=1; b=%E9~|{}\\\"2\\\""), "fine");
}
