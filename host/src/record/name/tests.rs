use std::time::{Duration, UNIX_EPOCH};

use super::*;
use crate::model::{Codec, Quality, Transport};

fn facts(streamer: &str, title: &str, check: impl FnOnce(&Facts<'_>)) {
    let room = RoomKey { platform: String::from("direct"), id: String::from("http://h/x.flv") };
    let broadcast = Broadcast { streamer: streamer.to_owned(), title: title.to_owned(), ..Broadcast::default() };
    let candidate = Candidate {
        url: String::new(),
        transport: Transport::Flv,
        codec: Some(Codec::Avc),
        quality: Quality { key: String::from("10000"), label: String::from("原画"), ..Quality::default() },
        cdn: None,
        headers: Vec::new(),
        expires_at: None,
        extra: Vec::new(),
    };
    let start = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    check(&Facts { room: &room, broadcast: &broadcast, candidate: &candidate, session: "s", start });
}

/// One line a case: template, streamer, title, and the path that comes out.
#[test]
fn names() {
    let date = |format: &str| {
        jiff::fmt::strtime::format(
            format,
            &jiff::Zoned::try_from(UNIX_EPOCH + Duration::from_secs(1_700_000_000)).unwrap(),
        )
        .unwrap()
    };
    let now = date("%Y-%m-%d %H.%M.%S");
    let cases = [
        ("{{ streamer }}/{{ title }}", "Ann", "Hello", "Ann/Hello"),
        ("{{ streamer }}/{{ title }}", "A/B", "../../etc/passwd", "A_B/_.._etc_passwd"),
        ("{{ streamer }}/{{ title }}", "..", "...", &now),
        ("../{{ title }}", "", "x", "x"),
        ("/abs/{{ title }}", "", "x", "abs/x"),
        ("{{ title }}", "", r#"a\b:c*d?e"f<g>h|i"#, "a_b_c_d_e_f_g_h_i"),
        ("{{ title }}", "", "  -- .hidden", "hidden"),
        ("{{ title }}", "", "dots... ", "dots"),
        ("{{ title }}", "", "two\r\nlines\tand\0nul", "two lines andnul"),
        ("{{ title }}", "", "a\u{202e}gpj.exe\u{2066}\u{feff}", "agpj.exe"),
        ("{{ title }}", "", "CON", "_CON"),
        ("{{ title }}", "", "con.flv", "_con.flv"),
        ("{{ title }}", "", "COM1", "_COM1"),
        ("{{ title }}", "", "LPT²", "_LPT²"),
        ("{{ title }}", "", "COM10 console", "COM10 console"),
        ("{{ title }}", "", "e\u{301}", "é"),
        ("{{ title }}", "", "👩\u{200d}👧", "👩\u{200d}👧"),
        ("{{ streamer }}", "", "", "http___h_x.flv"),
        ("{{ platform }}/{{ cdn }}/{{ title }}", "", "x", "direct/x"),
        ("{{ title }}/", "", "x", &format!("x/{now}")),
        ("{{ title }} {{ quality }} {{ codec }} {{ transport }} {{ session }}", "", "x", "x 原画 avc flv s"),
        ("{{ title | upper }}", "", "x", "X"),
        ("{{ start }} {{ title }}", "", "", &now),
        ("{{ start | date('%Y/%m') }}/x", "", "", &format!("{}/x", date("%Y/%m"))),
        ("{% if cdn %}{{ cdn }}/{% endif %}{{ title }}", "", "x", "x"),
    ];
    for (template, streamer, title, expected) in cases {
        facts(streamer, title, |facts| {
            let (name, broken) = name(template, facts);
            assert_eq!(
                (name.path().display().to_string().as_str(), broken),
                (expected, None),
                "{template} with {title:?}"
            );
        });
    }
}

#[test]
fn a_broken_template_falls_back_and_says_so() {
    for template in [
        "{{ titel }}",
        "{{ title",
        "{% if title %}{{ titel }}{% endif %}",
        "{{ start | date('%!') }}",
        "{{ start | date('%Y %Q') }}",
        "{{ start | date('%:Q') }}",
        "{{ title | date('%Y') }}",
        "{{ title | nope }}",
    ] {
        facts("Ann", "Hello", |facts| {
            let (name, broken) = name(template, facts);
            assert!(broken.unwrap().contains(template), "{template}");
            assert!(name.path().display().to_string().starts_with("direct/Ann/20"), "{template}");
            assert!(name.stem.ends_with(" Hello"), "{template}");
        });
        assert!(check_template(template).is_err());
    }
    for template in [DEFAULT_NAME, "{{ start | date('%-d %3f %:z %%Q %s') }}"] {
        assert_eq!(check_template(template), Ok(()));
    }
}

#[test]
fn long_names_are_cut_between_graphemes() {
    let family = "👨\u{200d}👩\u{200d}👧";
    for title in ["x".repeat(450), "字".repeat(150), family.repeat(30), format!("x{}", "e\u{301}\u{302}".repeat(100))]
    {
        facts(&title, &title, |facts| {
            let (name, _) = name("{{ streamer }}/{{ title }}", facts);
            let folder = name.folder.display().to_string();
            assert!(folder.len() <= 200 && folder.len() > 170, "{}", folder.len());
            assert!(name.stem.len() <= 176 && name.stem.len() > 140, "{}", name.stem.len());
            let whole: String = title.chars().collect();
            let whole: String = unicode_normalization::UnicodeNormalization::nfc(whole.as_str()).collect();
            assert!(whole.starts_with(&name.stem));
            assert!(name.stem.len() % family.len() == 0 || !title.starts_with('👨'));
        });
    }
}

/// A name that is made from a name is the same: a session that goes on finds its files by it.
#[test]
fn what_was_made_safe_stays_as_it_is() {
    let giant = format!("x{}", "\u{330}".repeat(150));
    let cases = [
        // An invisible character between a letter and its accent: two names that nobody could tell apart.
        (String::from("e\u{200b}\u{301}t\u{ad}\u{327}"), String::from("éţ")),
        // Reserved only after the cut.
        (format!("con {giant}"), String::from("_con")),
        (format!("Lpt1  {giant}"), String::from("_Lpt1")),
        (format!("fine {giant}"), String::from("fine")),
    ];
    for (title, expected) in cases {
        for title in [title.as_str(), &expected] {
            facts("", title, |facts| {
                let (name, _) = name("{{ title }}/{{ title }}", facts);
                // The giant fits into nothing but a folder's name, and not even there twice.
                assert!(name.folder.to_str().unwrap().starts_with(&expected), "{title}: {name:?}");
                assert_eq!(name.stem, expected, "{title}");
            });
        }
    }
}

#[test]
fn cuts_are_numbered() {
    let name = Name { folder: PathBuf::new(), stem: String::from("a") };
    assert_eq!([name.segment(1), name.segment(2), name.segment(12)], ["a", "a_2", "a_12"]);
}
