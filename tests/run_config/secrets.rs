//! Secrets are planted wherever a user or a platform may have one; afterwards every byte that the program has written
//! anywhere is searched for them.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use lyrebird_tests::bilibili::{Bilibili, Endpoint};
use lyrebird_tests::clip::{self, Clip};
use lyrebird_tests::feed::Feed;
use lyrebird_tests::origin::{Answer, How, Origin};
use lyrebird_tests::place::{Place, wait_until};
use lyrebird_tests::program::{Run, guests};

use super::stage::{LIMIT, OTHER, STEADY, end, head, rooms, start_with, wait_for_posts, wait_for_receptions};
use super::terminal::Terminal;

const TOKEN: &str = "canary-of-a-setting";
const OPTION: &str = "canary-of-an-option";
const PASSWORD: &str = "canary-of-a-proxy";
const QUERY: &str = "canary-of-a-link";

/// What a notifier's target and a room's picker are told in confidence.
const CONFIDENCES: &str = "[[notify]]\nname = \"tell\"\nplugin = \"telltale\"\n\
     settings = { url = \"http://127.0.0.1:1\", token = \"canary-of-a-setting\" }\n";

/// Where the plugin that takes a secret setting lies, with nothing beside it.
fn telltale(place: &Place) -> PathBuf {
    let wasm = fs::read(guests().join("telltale.wasm")).unwrap();
    place.write("more/telltale.wasm", wasm).parent().unwrap().to_owned()
}

fn config(platform: &Bilibili, origin: &Origin) -> String {
    let direct = origin.url(&format!("/live.flv?key={QUERY}"));
    let direct = format!("[[room]]\nurl = \"{direct}\"\nplugin = \"direct\"\n[plugin.direct]\ninterval = \"1s\"\n");
    let options = format!("options = {{ password = \"{OPTION}\" }}\n");
    head(platform) + CONFIDENCES + &rooms(&[STEADY]) + &options + &rooms(&[OTHER]) + &direct
}

/// A live stream behind a URL that the user himself wrote, with a key in it.
fn live_file() -> Origin {
    let (origin, feed) = (Origin::start(), Feed::new());
    origin.answers("/live.flv", [Answer::live(&feed)]);
    // Longer than the test; its thread ends by itself.
    clip::play(&feed, &[(Clip::Small, 15)], 1);
    origin
}

/// All that must be nowhere: of the config, and of every media URL that was asked for.
fn planted(platform: &Bilibili) -> Vec<String> {
    let mut planted: Vec<String> = [TOKEN, OPTION, PASSWORD, QUERY].map(String::from).to_vec();
    for pair in platform.cookie().split("; ") {
        let (name, value) = pair.split_once('=').unwrap();
        if name == "SESSDATA" || name == "bili_jct" {
            planted.extend([value.to_owned(), value.replace("%2C", ","), value.replace('%', "%25")]);
        }
    }
    for asked in platform.requests_to(Endpoint::Media) {
        let query = asked.target.split_once('?').map_or("", |(_, query)| query);
        let values = query.split('&').filter_map(|pair| pair.split_once('='));
        planted.extend(
            values.map(|(_, value)| value).filter(|value| value.len() >= 16 && !value.contains(',')).map(String::from),
        );
    }
    assert!(planted.len() > 10, "media URLs are signed: {planted:?}");
    planted.sort();
    planted.dedup();
    planted
}

#[track_caller]
fn expect_none(planted: &[String], bytes: &[u8], place: &str) {
    for secret in planted {
        let found = bytes.windows(secret.len()).position(|window| window == secret.as_bytes());
        if let Some(at) = found {
            let around = &bytes[at.saturating_sub(200)..(at + 80).min(bytes.len())];
            panic!("`{secret}` is in {place}: …{}…", String::from_utf8_lossy(around));
        }
    }
}

/// Every file below the folder but the user's own ones.
fn expect_none_below(planted: &[String], folder: &Path) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        if path.is_dir() {
            expect_none_below(planted, &path);
        } else if name != "lyrebird.toml" && path.extension().is_none_or(|kind| kind != "wasm") {
            expect_none(planted, &fs::read(&path).unwrap(), &path.display().to_string());
        }
    }
}

#[test]
fn no_secret_is_written_anywhere() {
    let (place, platform) = (Place::new("run-secrets"), Bilibili::start());
    platform.room(STEADY).streamer("Menura");
    platform.room(OTHER).streamer("Ada");
    platform.go_live(STEADY);
    platform.go_live(OTHER);
    let origin = live_file();
    place.configure(&config(&platform, &origin));
    let more = telltale(&place);
    let run = Run::start(place.lyrebird(&["--plugins", more.to_str().unwrap(), "--log", "trace", "run"]), None);
    wait_for_receptions(&platform, STEADY, 1);
    wait_for_receptions(&platform, OTHER, 1);
    wait_for_posts(&platform, 3);
    platform.age_urls(Duration::from_secs(7_200));
    platform.cut(STEADY, How::Reset);
    wait_for_receptions(&platform, STEADY, 1);
    platform.login_is_valid(false);
    platform.go_dark(OTHER);
    run.wait_for_text("session over", LIMIT);
    wait_until("it was refused", LIMIT, || {
        platform.requests_to(Endpoint::Media).iter().any(|asked| asked.status != 200)
    });
    std::thread::sleep(Duration::from_secs(1));
    let planted = planted(&platform);
    // While it runs: the write-ahead log is there.
    expect_none_below(&planted, place.root());
    let said = end(run);
    expect_none(&planted, said.stderr.as_bytes(), "stderr");
    expect_none(&planted, said.stdout.as_bytes(), "stdout");
    expect_none_below(&planted, place.root());
    let room = super::stage::page(STEADY);
    let asked: [&[&str]; 6] = [
        &["config", "check", "--json"],
        &["plugin", "list", "--json"],
        &["history", "--json"],
        &["history"],
        &["why", &room],
        &["why", "live.flv"],
    ];
    for words in asked {
        let said = place.run(words);
        expect_none(&planted, format!("{}{}", said.stdout, said.stderr).as_bytes(), &words.join(" "));
    }
}

#[test]
fn no_secret_is_shown_at_the_terminal() {
    let (place, platform) = (Place::new("run-secret-table"), Bilibili::start());
    platform.room(STEADY).streamer("Menura");
    platform.room(OTHER).streamer("Ada");
    platform.go_live(STEADY);
    let origin = live_file();
    place.configure(&config(&platform, &origin));
    let more = telltale(&place);
    let command = place.lyrebird(&["--plugins", more.to_str().unwrap(), "run"]);
    let mut terminal = Terminal::start(&command, 250);
    wait_for_receptions(&platform, STEADY, 1);
    wait_for_posts(&platform, 1);
    terminal.say("info", "direct:http");
    terminal.say("pickers", "direct@");
    terminal.say("check live.flv", "asked");
    terminal.say("stop live.flv", "stopped");
    terminal.say("info", "stopped");
    terminal.type_line("quit");
    let planted = planted(&platform);
    let (code, screen) = terminal.finish();
    assert_eq!(code, 0);
    expect_none(&planted, screen.join("\n").as_bytes(), "the screen");
}

/// A proxy that is not there: its password is in no complaint about it.
#[test]
fn a_dead_proxy_keeps_its_password() {
    let (place, platform) = (Place::new("run-proxy"), Bilibili::start());
    platform.room(STEADY);
    let proxy = format!("[http]\nproxy = \"http://user:{PASSWORD}@127.0.0.1:1\"\n");
    place.configure(&(head(&platform).replace("[http]\n", &proxy) + &rooms(&[STEADY])));
    let run: Run = start_with(&place, &["--log", "trace"]);
    run.wait_for_text("trying again", LIMIT);
    std::thread::sleep(Duration::from_secs(1));
    let said = end(run);
    let planted = [String::from(PASSWORD), String::from("dXNlcjpjYW5hcnktb2YtYS1wcm94e")];
    expect_none(&planted, said.stderr.as_bytes(), "stderr");
    expect_none_below(&planted, place.root());
    let said = place.run(&["config", "check", "--json"]);
    expect_none(&planted, format!("{}{}", said.stdout, said.stderr).as_bytes(), "config check");
}
