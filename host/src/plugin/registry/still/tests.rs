use super::*;

/// Each look is `TENTHS WORDS`: the time in tenths of a second, and one word a file: its name, a digit for what it looks
/// like, `!` where somebody has it open to write. What has settled is read. One line a look: what is new, what is waited for
/// until when, and whether that takes long.
fn check(looks: &str, expected: &str) {
    let (mut still, mut known) = (Still::default(), Stamps::new());
    let tenths = |time: Duration| time.as_millis() / 100;
    let lines = looks.lines().map(|line| {
        let mut words = line.split_whitespace();
        let now = Duration::from_millis(words.next().unwrap().parse::<u64>().unwrap() * 100);
        let (mut are, mut written) = (Stamps::new(), BTreeSet::new());
        for word in words {
            let (name, rest) = word.split_at(1);
            let looks_like = rest.trim_end_matches('!').parse().unwrap();
            are.insert(PathBuf::from(name), Some((looks_like, 0, 0, 0, 0, 0)));
            written.extend(rest.ends_with('!').then(|| PathBuf::from(name)));
        }
        let look = Look { all: false, settle: Duration::from_millis(400), written, ..Look::default() };
        let changed = still.compare(&known, &are, &look, now);
        let names: Vec<_> = changed.restless.iter().map(|file| file.display().to_string()).collect();
        if changed.is_new {
            known = read(&known, are, &changed.restless);
        }
        let waits = changed.until.map(|until| format!("{} until {}", names.join(" "), tenths(until)));
        let is_endless = (!changed.endless.is_empty()).then(|| String::from("endless"));
        [changed.is_new.then(|| String::from("new")), waits, is_endless]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(", ")
    });
    assert_eq!(lines.collect::<Vec<_>>().join("\n"), expected);
}

#[test]
fn a_file_is_read_when_it_has_looked_the_same_for_long_enough() {
    check("0 a1\n2 a1\n4 a1\n5 a1", "a until 4\na until 4\nnew\n");
    check("0 a1\n2 a2\n4 a2\n6 a2", "a until 4\na until 6\na until 6\nnew");
}

#[test]
fn a_file_that_is_never_left_alone_holds_no_other_one_up() {
    check("0 a1 b1\n3 a2 b1\n4 a3 b1\n7 a4 b1", "a b until 4\na b until 4\nnew, a until 8\na until 11");
}

#[test]
fn a_file_that_is_gone_for_a_moment_is_not_gone() {
    check("0 a1\n4 a1\n9\n11 a2\n15 a2", "a until 4\nnew\na until 13\na until 15\nnew");
    check("0 a1\n4 a1\n9\n11 a1", "a until 4\nnew\na until 13\n");
}

#[test]
fn a_writer_that_pauses_is_waited_for_until_he_closes_or_seems_dead() {
    check("0 a1!\n20 a1!\n21 a2!\n30 a2\n31 a2", "a until 600\na until 600\na until 621\nnew\n");
    check("0 a1!\n599 a1!\n600 a1!", "a until 600\na until 600, endless\nnew");
}

#[test]
fn a_file_that_is_never_left_alone_is_told_once() {
    let waits = "a until 4\na until 303\na until 304, endless\na until 305\nnew\n";
    check("0 a1\n299 a2\n300 a3\n301 a4\n305 a4\n306 a4", waits);
}
