use super::*;

/// Plugins as `NAME GLOB…`; a name in brackets was not loaded, one in braces is being compiled, one in parentheses is a
/// notifier.
fn pick(plugins: &str, input: &str, name: Option<&str>) -> String {
    let parsed: Vec<(String, Vec<Glob>)> = plugins
        .lines()
        .map(|line| {
            let mut words = line.split_whitespace();
            let name = words.next().unwrap().to_owned();
            (name, words.map(|glob| Glob::parse(glob).unwrap()).collect())
        })
        .collect();
    let choices = parsed.iter().map(|(name, rooms)| {
        let plain = name.trim_matches(['[', ']', '{', '}', '(', ')']);
        let picker = match name.chars().next().unwrap() {
            '[' => Err(Unusable::Refused(String::from("the file is incomplete"))),
            '{' => Err(Unusable::NotYet(String::from("slow"))),
            '(' => Err(Unusable::NotAPicker),
            _ => Ok(plain.to_owned()),
        };
        Choice { name: plain, rooms, picker }
    });
    let picked = match name {
        Some(name) => by_name(name, choices.collect()),
        None => by_place(input, choices.collect()),
    };
    picked.unwrap_or_else(|error| error.to_string())
}

const PLUGINS: &str = "media *.flv
site live.example.com/*
vip live.example.com/vip/*
[broken] broken.example.com/*
{snail} live.example.com/snail/*
(bell) *.flv";

#[test]
fn most_literal_characters_win() {
    assert_eq!(pick(PLUGINS, "https://live.example.com/1.flv", None), "site");
    assert_eq!(pick(PLUGINS, "https://live.example.com/vip/1", None), "vip");
    assert_eq!(pick(PLUGINS, "http://cdn.example.org/a.flv?t=1", None), "media");
}

#[test]
fn one_that_is_being_compiled_leaves_its_rooms_to_nobody() {
    let waits = "plugin `snail` is still being compiled";
    assert_eq!(pick(PLUGINS, "https://live.example.com/snail/1.flv", None), waits);
    assert_eq!(pick(PLUGINS, "https://live.example.com/1", Some("snail")), waits);
    assert_eq!(pick(PLUGINS, "https://live.example.com/1", None), "site");
}

#[test]
fn nobody_and_two_at_once_are_errors_with_names() {
    assert_eq!(
        pick(PLUGINS, "https://other.example.com/1?key=s3cret", None),
        "no picker takes `https://other.example.com/1?key=…`\nhint: `--plugin NAME` decides; there are: media, site, vip"
    );
    let tie = pick("one a.example/*\ntwo *.example/x", "a.example/x", None);
    assert!(tie.starts_with("pickers `one` and `two` both take `a.example/x`\nhint: "), "{tie}");
    assert!(pick("(bell) *.flv", "a.flv", None).contains("no picker at all"));
}

#[test]
fn one_that_was_not_loaded_is_not_passed_over() {
    let said = pick(PLUGINS, "https://broken.example.com/1.flv", None);
    assert_eq!(said, "plugin `broken` was not loaded: the file is incomplete");
}

#[test]
fn the_users_word_decides() {
    assert_eq!(pick(PLUGINS, "https://live.example.com/1", Some("media")), "media");
    assert!(pick(PLUGINS, "x", Some("medai")).starts_with("there is no plugin `medai`\nhint: there are: media"));
    assert!(pick(PLUGINS, "x", Some("bell")).starts_with("plugin `bell` is no picker"));
    assert!(pick(PLUGINS, "x", Some("broken")).contains("incomplete"));
}
