//! What is typed at the terminal of a `run`, and what is to be seen there.

use std::time::Duration;

use lyrebird_tests::bilibili::{Bilibili, Endpoint};
use lyrebird_tests::place::{Place, wait_until};
use lyrebird_tests::verify::judge;
use unicode_width::UnicodeWidthStr;

use super::stage::{LIMIT, OTHER, STEADY, files_of, head, replace, rooms, wait_for_posts, wait_for_receptions};
use super::terminal::Terminal;

/// Twice as wide as its letters are many.
const TITLE: &str = "琴鸟的直播间：黎明合唱与无尽的模仿秀，欢迎大家来听，今天也请多多指教";

fn stage(name: &str, columns: u16) -> (Place, Bilibili, Terminal) {
    let (place, platform) = (Place::new(name), Bilibili::start());
    platform.room(STEADY).streamer("琴鸟").title(TITLE);
    platform.room(OTHER).streamer("Ada").title("Tea");
    platform.go_live(STEADY);
    place.configure(&(head(&platform) + &rooms(&[STEADY, OTHER])));
    let terminal = Terminal::start(&place.lyrebird(&["run", "-c", "lyrebird.toml"]), columns);
    (place, platform, terminal)
}

#[test]
fn rooms_are_led_by_typed_words() {
    let (place, platform, mut terminal) = stage("run-typed", 200);
    platform.go_live(OTHER);
    wait_for_receptions(&platform, STEADY, 1);
    wait_for_receptions(&platform, OTHER, 1);
    wait_for_posts(&platform, 2);
    std::thread::sleep(Duration::from_secs(1));

    terminal.say("stop Ada", "one room stopped");
    wait_for_posts(&platform, 1);
    wait_until("the stopped room's file is whole", LIMIT, || files_of(&place, "Ada").len() == 1);
    terminal.say("check Ada", "is not watched");
    let lost = "[[room]]\nurl = \"https://nobody.test/x\"\nname = \"lost\"\n";
    replace(&place, "lyrebird.toml", &(head(&platform) + &rooms(&[STEADY, OTHER]) + "name = \"the other\"\n" + lost));
    terminal.wait_for("the config was changed");
    let asked = platform.count(Endpoint::BaseInfo);
    wait_until("two more rounds", LIMIT, || platform.count(Endpoint::BaseInfo) > asked + 1);
    assert_eq!(platform.receptions(OTHER).len(), 1, "stopped outlasts a changed config");
    terminal.say("stop lost", "one room stopped");
    terminal.say("start lost", "0 rooms started");
    terminal.say("start the other", "one room started");
    wait_for_receptions(&platform, OTHER, 2);
    wait_for_posts(&platform, 2);

    terminal.say(&format!("cut {STEADY}"), "cut at the next key frame");
    wait_until("the first file is whole", LIMIT, || !files_of(&place, "琴鸟").is_empty());
    let asked = platform.count(Endpoint::BaseInfo);
    terminal.say("check 琴鸟", "asked");
    wait_until("it was asked", LIMIT, || platform.count(Endpoint::BaseInfo) > asked);
    terminal.type_line("quit");
    let (code, screen) = terminal.finish();
    assert_eq!(code, 0, "{screen:#?}");
    assert!(screen.iter().any(|line| line.contains("the session is kept for the next start")), "{screen:#?}");
    assert_eq!(platform.visible_posts().len(), 2, "sessions are kept");
    assert_eq!(files_of(&place, "琴鸟").len(), 2, "cut once");
    assert_eq!(platform.receptions(STEADY).len(), 1, "without a new connection");
    for file in files_of(&place, "琴鸟") {
        assert_eq!(place.sidecar(&file)["state"], "complete");
    }
    judge(&platform.receptions(OTHER)[..1], &files_of(&place, "Ada")[..1], None).expect_good();
    platform.expect_no_violation();
}

#[test]
fn wrong_words_are_answered_with_a_hint() {
    let (_place, platform, mut terminal) = stage("run-wrong-words", 100);
    wait_for_receptions(&platform, STEADY, 1);
    for (typed, answer) in [
        ("dance", "no such word: `dance`"),
        ("stop nobody", "no room is called `nobody`"),
        ("check", "which room?"),
        ("cut https://live.bilibili.com/", "may be 2 rooms"),
        ("cut Ada", "Ada"),
        ("\u{1b}[2Jinfo", "no such word"),
        ("help", "ROOM is a URL"),
    ] {
        terminal.say(typed, answer);
    }
    terminal.say(&"x".repeat(3_000), "no such word");
    let answers = terminal.say("nonsense", "no such word: `nonsense`");
    assert!(answers.iter().any(|line| line.contains("hint: `help` shows them")), "{answers:?}");
    assert_eq!(platform.receptions(STEADY).len(), 1);
    terminal.type_line("quit");
    assert_eq!(terminal.finish().0, 0);
}

/// Table and status line, with titles of wide letters, on terminals of two widths: no line is wider, and what matters
/// least gives way.
#[test]
fn what_is_shown_fits_the_terminal() {
    for (columns, counts) in [(80, "2 rooms · 1 live · 1 recording · "), (40, "2 rooms · 1 recording · ")] {
        let (_place, platform, mut terminal) = stage(&format!("run-width-{columns}"), columns);
        wait_for_receptions(&platform, STEADY, 1);
        terminal.wait_for(counts);
        let from = terminal.lines().len();
        for table in ["info", "minfo"] {
            let shown = terminal.say(table, "waiting");
            assert!(shown.iter().any(|line| line.contains("琴")), "{shown:#?}");
        }
        for table in ["pickers", "spname"] {
            terminal.say(table, "bilibili@");
        }
        let status = || terminal.lines().into_iter().skip(from).filter(|line| line.contains("2 rooms")).count();
        wait_until("the status line is drawn anew", LIMIT, || status() > 2);
        let lines = terminal.lines();
        let is_log = |line: &String| line.starts_with("20") && line.contains('T');
        let shown = lines.iter().skip(from).filter(|line| !is_log(line));
        let wide: Vec<&String> = shown.filter(|line| line.width() > usize::from(columns)).collect();
        assert!(wide.is_empty(), "wider than {columns}: {wide:#?}");
        terminal.type_line("quit");
        assert_eq!(terminal.finish().0, 0);
    }
}

/// What is left where files begin, and that it is too little.
#[test]
fn the_status_line_tells_of_the_disk() {
    let (place, platform) = (Place::new("run-status-disk"), Bilibili::start());
    let config = head(&platform) + &rooms(&[STEADY, OTHER]);
    place.configure(&config.replace("1MiB", "1000TiB"));
    let mut terminal = Terminal::start(&place.lyrebird(&["run", "--log", "error"]), 120);
    terminal.wait_for("2 rooms · 0 live · 0 recording · 0:00:00 · 0 KiB · 0.0 Mbit/s · no gaps · disk low: ");
    replace(&place, "lyrebird.toml", &config);
    let has_room = |line: &String| line.contains("no gaps · ") && line.contains(" free") && !line.contains("low");
    wait_until("the disk has room", LIMIT, || terminal.lines().iter().any(has_room));
    terminal.type_line("quit");
    assert_eq!(terminal.finish().0, 0);
}

/// A single room's title stands in the status line.
#[test]
fn a_status_line_of_wide_letters_fits_too() {
    let (place, platform) = (Place::new("run-status"), Bilibili::start());
    platform.room(STEADY).streamer("琴鸟").title(TITLE);
    platform.go_live(STEADY);
    place.configure(&(head(&platform) + &rooms(&[STEADY])));
    let mut terminal = Terminal::start(&place.lyrebird(&["run", "--log", "error"]), 40);
    wait_for_receptions(&platform, STEADY, 1);
    terminal.wait_for("recording · 琴鸟");
    let drawn = || terminal.lines().into_iter().filter(|line| line.starts_with("recording · ")).collect::<Vec<_>>();
    wait_until("the status line is drawn anew", LIMIT, || drawn().len() > 3);
    assert!(drawn().iter().all(|line| line.width() <= 40), "{:#?}", drawn());
    terminal.type_line("quit");
    assert_eq!(terminal.finish().0, 0);
}
