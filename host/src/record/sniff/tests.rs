use super::*;

fn check(first: &[u8], content_type: &str, transport: &Transport, expected: &str) {
    let body = sniff(first, true, Some(content_type).filter(|text| !text.is_empty()), transport);
    let told = match body.unwrap() {
        Body::Flv => String::from("flv"),
        Body::Hls => String::from("hls"),
        Body::Raw(extension) => format!("raw {extension}"),
        Body::NotMedia(what) => format!("not {what}"),
    };
    assert_eq!(told, expected, "{}", String::from_utf8_lossy(first));
}

#[test]
fn bodies() {
    let mut ts = vec![0; 377];
    for at in [0, 188, 376] {
        ts[at] = 0x47;
    }
    let unknown = Transport::Unknown;
    check(b"FLV\x01\x05\0\0\0\x09", "application/octet-stream", &unknown, "flv");
    check(b"\x09\0\0\x05\0\0\0\0\0\0\0", "video/x-flv", &unknown, "flv");
    check(&ts, "", &unknown, "raw ts");
    check(b"\0\0\0\x20ftypisom", "video/x-flv", &unknown, "raw mp4");
    check(b"\x1a\x45\xdf\xa3....webm", "", &unknown, "raw webm");
    check(b"\x1a\x45\xdf\xa3....matroska", "", &unknown, "raw mkv");
    check(b"ID3\x04", "", &unknown, "raw mp3");
    check(b"\xff\xfb\x90\0", "", &unknown, "raw mp3");
    check(b"\xff\xf1\x50\x80", "", &unknown, "raw aac");
    check(b"#EXTM3U\n", "text/plain", &unknown, "hls");
    check(b"<!DOCTYPE html><html>", "video/x-flv", &unknown, "not HTML");
    check(b"<?xml version", "", &unknown, "not XML or HTML");
    check(b"\xef\xbb\xbf  {\"code\": 1}", "", &unknown, "not JSON");
    check(b"stream not found\n", "", &unknown, "not text");
    check(b"", "", &unknown, "not an empty body");
    check(b"\0\x01\x02\x03", "image/jpeg", &unknown, "not `image/jpeg`");
    check(b"\0\x01\x02\x03", "video/mp2t", &unknown, "raw ts");
    check(b"\0\x01\x02\x03", "", &Transport::Raw(String::from("TS")), "raw ts");
    check(b"\0\x01\x02\x03", "", &Transport::Raw(String::from("../x")), "raw bin");
    check(b"<html>", "", &Transport::Raw(String::from("ts")), "not HTML");
    // The engine says it better, and knows streams without a header.
    check(b"<html>", "", &Transport::Flv, "flv");
    assert_eq!(sniff(b"FL", false, None, &unknown), None);
}
