//! An HTTP client with a browser's manners, that is no part of the program.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use lyrebird_tests::bilibili::Bilibili;
use serde_json::Value;

pub(super) const API: &str = "api.live.bilibili.com";
pub(super) const PLAY: &str = "/xlive/web-room/v2/index/getRoomPlayInfo";
/// Longest wait for a byte.
const PATIENCE: Duration = Duration::from_secs(20);

/// A client with a browser's manners.
pub(super) struct Client<'a> {
    pub(super) platform: &'a Bilibili,
    pub(super) cookie: Option<String>,
}

/// What it got.
pub(super) struct Got {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: Vec<u8>,
    /// Whether the body came whole.
    pub(super) is_whole: bool,
}

impl Got {
    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&self.body)))
    }

    pub(super) fn code(&self) -> i64 {
        self.json()["code"].as_i64().unwrap()
    }
}

impl Client<'_> {
    pub(super) fn get(&self, host: &str, target: &str) -> Got {
        let stream = self.open(host, "GET", target, "Referer: https://live.bilibili.com/\r\n", "");
        read(stream, usize::MAX)
    }

    pub(super) fn post(&self, target: &str, body: &Value) -> Got {
        let body = body.to_string();
        read(self.open("api.bilibili.com", "POST", target, "Content-Type: application/json\r\n", &body), usize::MAX)
    }

    /// A stream, from a URL as the platform gives it.
    pub(super) fn media(&self, url: &str) -> TcpStream {
        let (host, target) = url.strip_prefix("https://").unwrap().split_once('/').unwrap();
        self.open(host, "GET", &format!("/{target}"), "Referer: https://live.bilibili.com/\r\n", "")
    }

    pub(super) fn open(&self, host: &str, method: &str, target: &str, headers: &str, body: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.platform.base().trim_start_matches("http://")).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let cookie = self.cookie.as_ref().map(|cookie| format!("Cookie: {cookie}\r\n")).unwrap_or_default();
        let length = if body.is_empty() { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
        let agent = "User-Agent: Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0\r\n";
        let request =
            format!("{method} {target} HTTP/1.1\r\nHost: {host}\r\n{agent}{cookie}{headers}{length}\r\n{body}");
        stream.write_all(request.as_bytes()).unwrap();
        stream
    }

    /// `getRoomPlayInfo` with everything asked for; the text is put behind it.
    pub(super) fn play(&self, id: u64, more: &str) -> Value {
        let target = format!("{PLAY}?room_id={id}&protocol=0,1&format=0,1,2&codec=0,1,2&platform=web&ptype=8{more}");
        self.get(API, &target).json()
    }

    pub(super) fn url(&self, id: u64) -> String {
        urls(&self.play(id, "&qn=10000"))[0].clone()
    }
}

/// Every URL of an answer, in its order.
pub(super) fn urls(answer: &Value) -> Vec<String> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let streams = list(&answer["data"]["playurl_info"]["playurl"]["stream"]);
    let formats = streams.iter().flat_map(|stream| list(&stream["format"]));
    let codecs: Vec<Value> = formats.flat_map(|format| list(&format["codec"])).collect();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let url = |codec: &Value, info: &Value| {
        format!("{}{}{}", text(&info["host"]), text(&codec["base_url"]), text(&info["extra"]))
    };
    codecs.iter().flat_map(|codec| list(&codec["url_info"]).into_iter().map(|info| url(codec, &info))).collect()
}

/// Reads to the end, or until so many bytes of the body have come; chunks are put together.
pub(super) fn read(mut stream: TcpStream, most: usize) -> Got {
    let mut bytes = Vec::new();
    let mut buffer = [0; 16 << 10];
    let mut is_reset = false;
    while bytes.len() < most {
        match stream.read(&mut buffer) {
            Ok(0) => break,
            Ok(got) => bytes.extend_from_slice(&buffer[..got]),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => {
                is_reset = true;
                break;
            }
            Err(error) => panic!("{error}"),
        }
    }
    let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else {
        return Got { status: 0, head: String::new(), body: Vec::new(), is_whole: false };
    };
    let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let rest = bytes.split_off(end + 4);
    let (body, is_whole) = if head.contains("transfer-encoding: chunked") { join(&rest) } else { (rest, true) };
    Got { status, head, body, is_whole: is_whole && !is_reset }
}

fn join(mut rest: &[u8]) -> (Vec<u8>, bool) {
    let mut body = Vec::new();
    while let Some(end) = rest.windows(2).position(|window| window == b"\r\n") {
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..end]).unwrap(), 16).unwrap();
        let Some(chunk) = rest.get(end + 2..end + 2 + size) else {
            body.extend_from_slice(&rest[end + 2..]);
            return (body, false);
        };
        if size == 0 {
            return (body, true);
        }
        body.extend_from_slice(chunk);
        rest = rest.get(end + 4 + size..).unwrap_or_default();
    }
    (body, false)
}
