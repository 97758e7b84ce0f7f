use lyrebird_plugin::Codec;

use super::*;

fn room(input: &str, options: &[(&str, &str)]) -> Room {
    let options = options.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
    Room { id: Direct::resolve(input).unwrap_or_default(), input: input.to_owned(), options }
}

fn id(input: &str, expected: &str) {
    let got = Direct::resolve(input).unwrap_or_else(|failure| format!("{}: {}", failure.kind(), failure.message()));
    assert_eq!(got.lines().next(), Some(expected), "{input}");
}

fn streams(input: &str, options: &[(&str, &str)], expected: &str) {
    let got = match Direct::streams(&room(input, options), &Wish::default()) {
        Ok(candidates) => candidates.iter().map(line).collect::<Vec<_>>().join("\n"),
        Err(failure) => format!("{}: {}", failure.kind(), failure.message()),
    };
    assert_eq!(got, expected, "{input} {options:?}");
}

fn line(candidate: &Candidate) -> String {
    let headers = candidate.headers.iter().map(|(name, value)| format!(" [{name}: {value}]")).collect::<String>();
    format!("{:?} {}{headers}", candidate.transport, candidate.url)
}

#[test]
fn one_id_for_all_spellings_of_a_url() {
    id("https://Media.example.org:443/live/a.flv#t=1", "https://media.example.org/live/a.flv");
    id(" http://192.0.2.7:8080/a.flv\n", "http://192.0.2.7:8080/a.flv");
    id("https://example.org", "https://example.org/");
}

#[test]
fn an_id_tells_no_secret() {
    id("https://user:secret@example.org/a.flv", "https://example.org/a.flv");
    id("https://example.org/a.flv?token=secret", "https://example.org/a.flv?~1359227d");
    id("https://example.org/a.flv?token=other", "https://example.org/a.flv?~b3b7da8a");
}

#[test]
fn what_is_no_media_url() {
    id("a.flv", "invalid-room: this is not a URL");
    id("", "invalid-room: this is not a URL");
    id("https://", "invalid-room: this is not a URL");
    id("rtmp://example.org/a.flv", "invalid-room: cannot receive over `rtmp`");
    id("file:///etc/passwd.ts", "invalid-room: this is not a URL");
    id("FTP://example.org/a.ts", "invalid-room: cannot receive over `ftp`");
}

#[test]
fn a_room_is_live_until_its_media_says_otherwise() {
    let broadcast = |input: &str, options: &[(&str, &str)]| match Direct::check_one(&room(input, options)) {
        Ok(Status::Live(broadcast)) => (broadcast.streamer, broadcast.title, broadcast.room_url),
        other => panic!("{other:?}"),
    };
    let expect = |a: &str, b: &str, c: &str| (a.to_owned(), b.to_owned(), c.to_owned());
    assert_eq!(
        broadcast("https://u:p@cam.example.org/yard/front%20door.v2.flv?token=x", &[]),
        expect("cam.example.org", "front door.v2", "https://cam.example.org/yard/front%20door.v2.flv")
    );
    assert_eq!(broadcast("http://[::1]:8080/", &[]), expect("[::1]", "[::1]", "http://[::1]:8080/"));
    assert_eq!(broadcast("https://h/.flv", &[]), expect("h", ".flv", "https://h/.flv"));
    assert_eq!(
        broadcast("https://h/a.flv", &[("name", "Anna"), ("title", "Garden")]),
        expect("Anna", "Garden", "https://h/a.flv")
    );
}

#[test]
fn transport_by_suffix_or_by_the_users_word() {
    streams("https://h/a.flv?x=1#f", &[], "Transport::Flv https://h/a.flv?x=1");
    streams("https://h/a.FLV", &[], "Transport::Flv https://h/a.FLV");
    streams("https://h/a.m3u8", &[], "Transport::Hls https://h/a.m3u8");
    streams("https://h/a.ts", &[], "Transport::Raw(\"ts\") https://h/a.ts");
    streams("https://h/a.mp4", &[], "Transport::Raw(\"mp4\") https://h/a.mp4");
    streams("https://h/live", &[], "Transport::Unknown https://h/live");
    streams("https://h.flv/live", &[], "Transport::Unknown https://h.flv/live");
    streams("https://h/live", &[("transport", "flv")], "Transport::Flv https://h/live");
    streams("https://h/a.flv", &[("transport", "unknown")], "Transport::Unknown https://h/a.flv");
    streams("https://h/a", &[("transport", "raw:MKV")], "Transport::Raw(\"mkv\") https://h/a");
    let hint = "hint: it is one of flv, hls, ts, mp4, raw:EXTENSION, unknown";
    for word in ["flash", "raw:", "raw:../x", "raw:averylongone", ""] {
        let expected = format!("invalid-room: the option `transport` cannot be `{word}`\n{hint}");
        streams("https://h/a", &[("transport", word)], &expected);
    }
}

#[test]
fn headers_as_the_user_says() {
    streams(
        "https://h/a.flv",
        &[("header.Referer", "https://x/"), ("header", "X-A: b: c"), ("header", "Cookie:d=e")],
        "Transport::Flv https://h/a.flv [Referer: https://x/] [X-A: b: c] [Cookie: d=e]",
    );
    streams("https://u:p%40@h/a.flv", &[], "Transport::Flv https://h/a.flv [Authorization: Basic dTpwQA==]");
    streams(
        "https://u:p@h/a.flv",
        &[("header.authorization", "Bearer t")],
        "Transport::Flv https://h/a.flv [authorization: Bearer t]",
    );
    streams(
        "https://h/a.flv",
        &[("header", "oops")],
        "invalid-room: the option `header` has no colon\nhint: write it as `header=Name: value`",
    );
    streams(
        "https://h/a.flv",
        &[("header.X", "secret\r\nHost: y")],
        "invalid-room: the option `header` `X` has a line break or another control character in it",
    );
    streams(
        "https://h/a.flv",
        &[("header.", "x")],
        "invalid-room: the option `header` has the name ``, which no header may have",
    );
}

#[test]
fn quality_and_codec_are_the_users_word() {
    let candidates =
        Direct::streams(&room("https://h/a", &[("quality", "1080p"), ("codec", "H265")]), &Wish::default());
    let candidates = candidates.unwrap();
    assert_eq!((candidates[0].quality.key.as_str(), &candidates[0].codec), ("1080p", &Some(Codec::Hevc)));
}

#[test]
fn an_option_that_is_not_known_is_told() {
    streams(
        "https://h/a.flv",
        &[("transprt", "flv")],
        "invalid-room: `direct` has no option `transprt`\n\
         hint: it has name, title, transport, quality, codec, header, header.NAME",
    );
}
