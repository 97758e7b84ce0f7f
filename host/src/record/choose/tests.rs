use super::*;
use crate::model::Quality;

/// `KEY RANK TRANSPORT CODEC CDN [expired]`; `-` for none.
fn candidate(line: &str) -> Candidate {
    let words: Vec<&str> = line.split_whitespace().collect();
    let codec = match words[3] {
        "-" => None,
        "avc" => Some(Codec::Avc),
        "hevc" => Some(Codec::Hevc),
        other => Some(Codec::Other(other.to_owned())),
    };
    let transport = match words[2] {
        "flv" => Transport::Flv,
        "hls" => Transport::Hls,
        "unknown" => Transport::Unknown,
        "raw" => Transport::Raw(String::from("ts")),
        other => Transport::Other(other.to_owned()),
    };
    Candidate {
        url: format!("http://{}.test/{}", words[4], words[0]),
        transport,
        codec,
        quality: Quality { key: words[0].to_owned(), rank: words[1].parse().unwrap(), ..Quality::default() },
        cdn: Some(words[4].to_owned()),
        headers: Vec::new(),
        expires_at: words.get(5).map(|_| 99),
        extra: Vec::new(),
    }
}

/// Candidates, one a line; wishes `qualities | codecs | transports | least`; trials `candidate line = reason ms`; the order
/// expected as `key.cdn`, then the reason.
fn check(candidates: &str, wishes: &str, trials: &str, expected: &str) {
    let candidates: Vec<Candidate> = candidates.trim().lines().map(candidate).collect();
    let mut lists = wishes.split('|').map(|list| list.split_whitespace().map(str::to_owned).collect::<Vec<_>>());
    let qualities = lists.next().unwrap_or_default();
    let codecs = lists.next().unwrap_or_default();
    let codecs = codecs.iter().map(|word| if word == "avc" { Codec::Avc } else { Codec::Hevc }).collect();
    let transports = lists.next().unwrap_or_default();
    let least = lists.next().and_then(|words| words.into_iter().next());
    let wish = Preference { qualities, least, codecs, transports };
    let mut tried = Tried::default();
    for trial in trials.trim().lines() {
        let (line, end) = trial.split_once('=').unwrap();
        let (reason, media_ms) = end.trim().split_once(' ').unwrap();
        let reason = match reason {
            "stalled" => EndReason::Stalled,
            "stopped" => EndReason::Stopped,
            "flapping" => EndReason::Flapping,
            _ => EndReason::Broken(reason.to_owned()),
        };
        tried.note(&candidate(line), &reason, media_ms.parse().unwrap());
    }
    let choice = choose(&candidates, &wish, &tried, 100);
    let order: Vec<String> =
        choice.order.iter().map(|one| format!("{}.{}", one.quality.key, one.cdn.as_deref().unwrap())).collect();
    assert_eq!(format!("{} -- {}", order.join(" "), choice.why), expected);
}

const THREE: &str = "
hd 2 flv avc a
src 3 flv hevc a
sd 1 flv avc b";

#[test]
fn by_rank_without_wishes() {
    check(THREE, "", "", "src.a hd.a sd.b -- src flv hevc a: the best of 3");
}

#[test]
fn by_wish() {
    check(THREE, "sd hd", "", "sd.b hd.a src.a -- sd flv avc b: wish 1 of 2");
    check(THREE, "none", "", "src.a hd.a sd.b -- src flv hevc a: the best of 3");
    check(THREE, "| avc", "", "hd.a sd.b src.a -- hd flv avc a: the best of 3");
}

#[test]
fn by_transport() {
    let all = "src 3 hls avc a\nsrc 3 unknown avc b\nsrc 3 flv avc c\nsrc 3 raw avc d";
    check(all, "", "", "src.c src.d src.b src.a -- src flv avc c: the best of 4");
    check(all, "| | raw", "", "src.d src.c src.b src.a -- src raw avc d: the best of 4");
}

#[test]
fn expired_and_strange_ones_are_passed_over() {
    check("src 3 flv avc a expired\nhd 2 flv avc a", "", "", "hd.a -- hd flv avc a: the only one that can be tried");
    check(
        "src 3 webrtc avc a\nhd 2 flv avc a expired",
        "",
        "",
        " -- no candidate can be tried (src webrtc avc a: the transport `webrtc` is not known to this host; \
         hd flv avc a: its URL has expired)",
    );
    check("", "", "", " -- the picker offers no candidate");
}

#[test]
fn a_clock_that_is_ahead_costs_no_recording() {
    let all = "src 3 flv avc a expired\nhd 2 flv avc a expired";
    check(all, "", "", "src.a hd.a -- src flv avc a: the best of 2");
}

#[test]
fn failed_ones_come_last_and_in_turn() {
    check(
        THREE,
        "",
        "src 3 flv hevc a = reset 5000",
        "hd.a sd.b src.a -- hd flv avc a: the best of 3, of those that have not failed",
    );
    check(
        THREE,
        "",
        "src 3 flv hevc a = reset 0\nhd 2 flv avc a = reset 0\nsd 1 flv avc b = reset 0",
        "src.a hd.a sd.b -- src flv hevc a: all have failed, this one the longest ago",
    );
}

#[test]
fn what_gave_a_minute_is_tried_first_again() {
    let why = "it has given a minute of media and is tried first again";
    check(
        THREE,
        "src",
        "src 3 flv hevc a = reset 0\nsd 1 flv avc b = stalled 60000",
        &format!("sd.b src.a hd.a -- sd flv avc b: {why}"),
    );
    // Not the candidate's fault.
    check(THREE, "", "src 3 flv hevc a = stopped 0", "src.a hd.a sd.b -- src flv hevc a: the best of 3");
    check(
        THREE,
        "",
        "src 3 flv hevc a = flapping 600000",
        "hd.a sd.b src.a -- hd flv avc a: the best of 3, of those that have not failed",
    );
}

#[test]
fn a_wish_that_nothing_meets_is_told() {
    let candidates: Vec<Candidate> = format!("{THREE}\nhd 2 flv avc b").trim().lines().map(candidate).collect();
    let unmet = |wished: &[&str]| {
        let qualities = wished.iter().map(|key| (*key).to_owned()).collect();
        let wish = Preference { qualities, ..Preference::default() };
        choose(&candidates, &wish, &Tried::default(), 100).unmet
    };
    let one = "wished quality `4k` is not offered; recording `src` (offered: `src`, `hd`, `sd`)";
    assert_eq!(unmet(&["4k"]).as_deref(), Some(one));
    let two = "wished qualities `4k`, `8k` are not offered; recording `src` (offered: `src`, `hd`, `sd`)";
    assert_eq!(unmet(&["4k", "8k"]).as_deref(), Some(two));
    assert_eq!(unmet(&["4k", "sd"]), None);
    assert_eq!(unmet(&[]), None);
    let nothing = Preference { qualities: vec![String::from("4k")], ..Preference::default() };
    assert_eq!(choose(&[], &nothing, &Tried::default(), 100).unmet, None);
}
