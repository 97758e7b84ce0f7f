use super::*;

/// Lines of `yes|no PATTERN INPUT`.
fn check(lines: &str) {
    for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [verdict, pattern, input] = words.as_slice() else { panic!("three words: {line}") };
        let matches = Glob::parse(pattern).unwrap().matches(&Place::of(input));
        assert_eq!(matches, *verdict == "yes", "{line}");
    }
}

#[test]
fn host_and_path_count_but_scheme_user_query_and_case_of_the_host_do_not() {
    check(
        "yes live.example.com/*   https://live.example.com/123
         yes live.example.com/*   live.example.com/123
         yes live.example.com/*   http://LIVE.Example.com/123?a=b#c
         yes Live.example.com/*   https://me:secret@live.example.com/1
         yes live.example.com/*   https://live.example.com/
         yes live.example.com/*   https://live.example.com
         yes live.example.com/*   https://live.example.com:8443/1
         yes localhost:8080/*     http://localhost:8080/live
         no  localhost:8080/*     http://localhost:8081/live
         no  live.example.com/*   https://evil.example/live.example.com/1
         no  live.example.com/*   https://live.example.com.evil.example/1
         yes *.flv                http://10.0.0.1:8080/live/room.flv?sign=1
         no  *.flv                http://10.0.0.1:8080/live/room.flv/x
         yes */live/*.flv         http://example.com/a/live/b/c.flv
         yes *a*b*c               example.com/xxaxxbxxbc
         no  *a*b*c               example.com/xxaxxbxxb
         no  example.com/A        example.com/a",
    );
}

#[test]
fn patterns_that_mean_something_else_are_refused_with_a_reason() {
    for (pattern, says) in [
        ("https://example.com/*", "has a scheme"),
        ("example.com/*?x=1", "query"),
        ("", "1 to 200"),
        ("a b", "white space"),
        ("**", "every URL"),
        ("b23.tv", "`b23.tv/*`"),
    ] {
        let error = Glob::parse(pattern).unwrap_err();
        assert!(error.contains(says), "{pattern}: {error}");
    }
}

#[test]
fn literal_characters_rank() {
    assert!(
        Glob::parse("live.example.com/v/*").unwrap().literals() > Glob::parse("live.example.com/*").unwrap().literals()
    );
}

#[test]
fn a_hostile_pattern_does_not_take_for_ever() {
    let glob = Glob::parse(&format!("{}b", "*a".repeat(60))).unwrap();
    assert!(!glob.matches(&Place::of(&"a".repeat(20_000))));
}
