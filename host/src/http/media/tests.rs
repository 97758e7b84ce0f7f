use std::io::{Read, Write};
use std::sync::Arc;

use futures_util::FutureExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;
use crate::http::testing::{Say, Server};

fn http() -> Http {
    Http::new(&crate::config::Http::default(), &[]).unwrap()
}

fn request(url: String) -> MediaRequest {
    MediaRequest {
        room_host: HostPort::from_url(&url),
        url,
        headers: vec![],
        user_headers: vec![],
        overrides: Overrides::default(),
        stall: Duration::from_secs(8),
    }
}

fn pair(name: &str, value: &str) -> Pair {
    (name.to_owned(), value.to_owned())
}

async fn open(server: &Server) -> Media {
    http().media(request(server.url("/live"))).await.unwrap()
}

/// Reads to the end: the bytes, and how it ended.
async fn drain(media: &mut Media) -> (String, Result<(), MediaFault>) {
    let mut text = String::new();
    loop {
        match media.chunk().await {
            Ok(Some(chunk)) => text.push_str(&String::from_utf8_lossy(&chunk)),
            Ok(None) => return (text, Ok(())),
            Err(fault) => return (text, Err(fault)),
        }
    }
}

/// What is received of an answer, and how it ends.
async fn check(answer: &str, bytes: &str, end: Result<(), MediaFault>) {
    let server = Server::saying(answer).await;
    assert_eq!(drain(&mut open(&server).await).await, (bytes.to_owned(), end), "{answer}");
}

#[tokio::test]
async fn ends() {
    check("HTTP/1.1 200 OK\n\nall there is", "all there is", Ok(())).await;
    check("HTTP/1.1 200 OK\n\n", "", Ok(())).await;
    check("HTTP/1.1 200 OK\nContent-Length: 5\n\n12345", "12345", Ok(())).await;
    check("HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n3\nabc\n2\nde\n0\n\n", "abcde", Ok(())).await;
    let short = MediaFault::Truncated { got: 3, expected: 5 };
    check("HTTP/1.1 200 OK\nContent-Length: 5\n\n123", "123", Err(short)).await;
    let broken = MediaFault::Reset(String::from("x"));
    for answer in ["3\nabc\n5\nde", "3\nabc\n", "zz\nabc"] {
        let server = Server::saying(&format!("HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n{answer}")).await;
        let (_, end) = drain(&mut open(&server).await).await;
        let same_kind = end.as_ref().err().map(std::mem::discriminant);
        assert_eq!(same_kind, Some(std::mem::discriminant(&broken)), "{answer}: {end:?}");
    }
}

#[tokio::test]
async fn head() {
    let text = "HTTP/1.1 200 OK\nContent-Type: Video/X-FLV; a=b\nContent-Length: 3\n\nabc";
    let mut media = open(&Server::saying(text).await).await;
    assert_eq!((media.content_type(), media.content_length()), (Some("video/x-flv"), Some(3)));
    drain(&mut media).await.1.unwrap();
    assert_eq!(media.received(), 3);
    let media = open(&Server::saying("HTTP/1.1 200 OK\n\n").await).await;
    assert_eq!((media.content_type(), media.content_length()), (None, None));
}

#[tokio::test]
async fn a_reset_is_no_end() {
    for head in ["", "Transfer-Encoding: chunked\r\n", "Content-Length: 100\r\n"] {
        let head = format!("HTTP/1.1 200 OK\r\n{head}\r\n3\r\nabc\r\n").into_bytes();
        let server = Server::start(move |_| vec![Say::Bytes(head.clone()), Say::Reset]).await;
        let (text, end) = drain(&mut open(&server).await).await;
        assert!(text.contains("abc"), "{text}");
        assert!(matches!(&end, Err(MediaFault::Reset(why)) if why.contains("reset")), "{end:?}");
    }
}

#[tokio::test]
async fn stalls() {
    for head in ["", "Transfer-Encoding: chunked\r\n", "Content-Length: 100\r\n"] {
        let head = format!("HTTP/1.1 200 OK\r\n{head}\r\n").into_bytes();
        let server = Server::start(move |_| vec![Say::Bytes(head.clone()), Say::Nothing]).await;
        let mut media = open(&server).await;
        tokio::time::pause();
        let start = tokio::time::Instant::now();
        assert_eq!(drain(&mut media).await, (String::new(), Err(MediaFault::Stalled)));
        // The pulse began a little before the test's own count.
        assert!((7900..9100).contains(&start.elapsed().as_millis()), "{:?}", start.elapsed());
        tokio::time::resume();
    }
}

/// As after a frozen process wakes: its timers are due, and nobody has asked the sockets yet.
#[tokio::test]
async fn what_waits_in_the_socket_is_no_stall() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/live", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        assert!(stream.read(&mut [0; 4096]).unwrap() > 0);
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
        stream
    });
    let mut media = http().media(request(url)).await.unwrap();
    let mut stream = server.join().unwrap();
    tokio::time::pause();
    for _ in 0..7 {
        tokio::time::advance(Duration::from_millis(1_001)).await;
        assert_eq!(media.chunk().now_or_never(), None);
    }
    tokio::time::advance(Duration::from_secs(60)).await;
    stream.write_all(b"media").unwrap();
    assert_eq!(media.chunk().await, Ok(Some(Bytes::from_static(b"media"))));
    // And one that goes on is one.
    assert_eq!(media.chunk().await, Err(MediaFault::Stalled));
}

#[tokio::test]
async fn slow_loris() {
    let head = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
    let server = Server::start(move |_| vec![Say::Bytes(head.clone()), Say::Drip]).await;
    let mut media = open(&server).await;
    tokio::time::pause();
    let start = tokio::time::Instant::now();
    assert_eq!(drain(&mut media).await.1, Err(MediaFault::Stalled));
    assert!((15_900..17_100).contains(&start.elapsed().as_millis()), "{:?}", start.elapsed());
}

#[tokio::test]
async fn no_head() {
    let server = Server::start(|_| vec![Say::Nothing]).await;
    let ask = MediaRequest { stall: Duration::from_millis(200), ..request(server.url("/x?sign=secret")) };
    let Err(Refusal::Unreachable(text)) = http().media(ask).await else { panic!("an answer") };
    assert_eq!(text, format!("{}/x?sign=…: no answer in time", server.url("")));
}

async fn refused(answer: &str) -> Refusal {
    let server = Server::saying(answer).await;
    match http().media(request(server.url("/x"))).await {
        Ok(_) => panic!("an answer"),
        Err(refusal) => refusal,
    }
}

#[tokio::test]
async fn refusals() {
    assert_eq!(refused("HTTP/1.1 404 Not Found\nContent-Length: 0\n\n").await, Refusal::Status(404, None));
    assert_eq!(refused("HTTP/1.1 429 Wait\nRetry-After: 7\n\n").await, Refusal::Status(429, Some(7)));
    assert_eq!(refused("HTTP/1.1 304 Same\n\n").await, Refusal::Status(304, None));
    assert_eq!(
        refused("HTTP/1.1 200 OK\nContent-Encoding: gzip\n\nx").await,
        Refusal::NotMedia(String::from("a compressed body (gzip)"))
    );
    let rule = |refusal| match refusal {
        Refusal::Denied(text) => text.split_once(": ").map(|(_, rule)| rule.to_owned()).unwrap(),
        other => panic!("{other:?}"),
    };
    let rule = |refusal| rule(refusal).lines().next().unwrap().to_owned();
    let to = |place: &str| format!("HTTP/1.1 302 Found\nLocation: {place}\n\n");
    assert_eq!(rule(refused(&to("/x")).await), "redirect limit: more than 5 hops");
    assert_eq!(rule(refused(&to("file:///etc/passwd")).await), "it leads to a `file` URL");
    assert_eq!(rule(refused(&to("http://127.0.0.1:1/")).await), "private address: `127.0.0.1:1` is 127.0.0.1");
    assert_eq!(rule(refused(&to("http://u:p@1.1.1.1/")).await), "the URL carries a user or a password");
}

#[tokio::test]
async fn headers_keep_to_their_hosts() {
    let end = Server::saying("HTTP/1.1 200 OK\n\nend").await;
    let place = end.url("/end");
    let start = Server::start(move |heard| {
        let place = if heard.starts_with("GET /here") { place.clone() } else { String::from("/here") };
        vec![Say::Bytes(format!("HTTP/1.1 302 Found\r\nLocation: {place}\r\nContent-Length: 0\r\n\r\n").into_bytes())]
    })
    .await;
    let ask = MediaRequest {
        headers: vec![
            pair("Cookie", "a=1"),
            pair("Authorization", "mine"),
            pair("Referer", "there"),
            pair("X-Both", "candidate"),
            pair("Host", "elsewhere"),
            pair("Accept-Encoding", "gzip"),
        ],
        user_headers: vec![pair("X-Both", "user"), pair("X-User", "1")],
        ..request(start.url("/start"))
    };
    let http = Http::new(&crate::config::Http::default(), &[format!("127.0.0.1:{}", end.port)]).unwrap();
    let mut media = http.media(ask).await.unwrap();
    assert_eq!(drain(&mut media).await.0, "end");
    assert_eq!(media.shown_url(), end.url("/end"));
    let wanted = ["cookie: a=1", "authorization: mine", "referer: there", "x-both: user", "x-user: 1"];
    let check = |heard: &str, yes: &[&str], no: &[&str]| {
        assert!(heard.contains("accept-encoding: identity\r\n") && heard.contains("user-agent: Mozilla"), "{heard}");
        yes.iter().for_each(|line| assert!(heard.contains(&format!("{line}\r\n")), "{line} in {heard}"));
        no.iter().for_each(|line| assert!(!heard.contains(line), "{line} in {heard}"));
    };
    let host = format!("host: 127.0.0.1:{}", start.port);
    for heard in start.heard() {
        check(&heard, &wanted, &["elsewhere", "gzip"]);
        check(&heard, &[&host], &[]);
    }
    check(&end.heard()[0], &["referer: there", "x-both: candidate"], &["cookie", "authorization", "x-user"]);
}

#[tokio::test]
async fn a_header_cannot_break_the_line() {
    let server = Server::saying("HTTP/1.1 200 OK\n\n").await;
    let ask = MediaRequest { headers: vec![pair("X-A", "b\r\nC: d")], ..request(server.url("/")) };
    let Err(refusal) = http().media(ask).await else { panic!("an answer") };
    assert_eq!(refusal, Refusal::Denied(String::from("header `X-A` is not legal")));
}

#[tokio::test]
async fn another_base() {
    let server = Server::saying("HTTP/1.1 200 OK\n\nx").await;
    let hosts = [(String::from("*.cdn.example"), server.url("/base"))].into();
    let ask = MediaRequest {
        room_host: None,
        overrides: Overrides::new(&hosts).unwrap(),
        ..request(String::from("https://a.cdn.example/live.flv?sign=1"))
    };
    let media = http().media(ask).await.unwrap();
    assert_eq!(media.shown_url(), "https://a.cdn.example/live.flv?sign=…");
    let heard = server.heard().remove(0);
    assert!(heard.starts_with("GET /base/live.flv?sign=1 HTTP/1.1\r\n"), "{heard}");
    assert!(heard.contains("host: a.cdn.example\r\n"), "{heard}");
}

#[tokio::test]
async fn pieces_grow_with_the_stream() {
    let head = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
    let server = Server::start(move |_| vec![Say::Bytes(head.clone()), Say::Forever(vec![7; 1 << 20])]).await;
    let mut media = open(&server).await;
    let mut pieces = 0;
    while media.received() < 64 << 20 {
        media.chunk().await.unwrap().unwrap();
        pieces += 1;
    }
    assert!(pieces < 64 * 16, "{pieces} pieces for 64 MiB");
}

/// Prints what one body costs; `LYREBIRD_MEASURE` names its URL.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn measure() {
    let url = std::env::var("LYREBIRD_MEASURE").unwrap();
    let reading = tokio::spawn(async move {
        let mut media = http().media(request(url)).await.unwrap();
        let (mut pieces, start) = (0, std::time::Instant::now());
        while media.chunk().await.unwrap().is_some() {
            pieces += 1;
        }
        println!("{} bytes, {pieces} pieces, {:?}", media.received(), start.elapsed());
        println!("{}", std::fs::read_to_string("/proc/self/stat").unwrap());
    });
    reading.await.unwrap();
}

/// Ticks and looks five times in a row; what came of the last one.
async fn look(media: &mut Media, ticks: usize) -> String {
    let mut text = String::new();
    for _ in 0..ticks {
        media.tick();
        media.look();
        while media.rests()
            && let Some(Ok(Some(chunk))) = media.chunk().now_or_never()
        {
            text.push_str(&String::from_utf8_lossy(&chunk));
            media.spent();
        }
    }
    text
}

#[tokio::test]
async fn a_slow_body_rests_and_is_looked_at() {
    for (head, framed) in [("", false), ("Transfer-Encoding: chunked\r\n", true)] {
        let frame = |text: &str| if framed { format!("{:x}\r\n{text}\r\n", text.len()) } else { text.to_owned() };
        let (first, then) = (format!("HTTP/1.1 200 OK\r\n{head}\r\n{}", frame("abc")), frame("defg"));
        let end = if framed { "0\r\n\r\n" } else { "" };
        let (go, gone) = (Arc::new(tokio::sync::Semaphore::new(0)), end.to_owned());
        let wait = Arc::clone(&go);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/live", listener.local_addr().unwrap());
        let origin = tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.unwrap();
            // What is left unread would make its end a reset.
            assert!(socket.read(&mut [0; 4096]).await.unwrap() > 0);
            for text in [first, then, gone] {
                socket.write_all(text.as_bytes()).await.unwrap();
                wait.acquire().await.unwrap().forget();
            }
        });
        let mut media = http().media(request(url)).await.unwrap();
        assert_eq!(media.chunk().await.unwrap().unwrap(), "abc");
        assert_eq!(look(&mut media, 5).await, "");
        assert!(media.rests());
        go.add_permits(1);
        // It is there, and nobody is woken by it.
        tokio::time::timeout(Duration::from_millis(200), media.chunk()).await.unwrap_err();
        assert_eq!(look(&mut media, 1).await, "defg");
        assert_eq!(look(&mut media, 1).await, "");
        go.add_permits(2);
        origin.await.unwrap();
        media.look();
        // What frames a body may need to be asked once more.
        let end = (0..2).find_map(|_| media.chunk().now_or_never());
        assert!(matches!(end, Some(Ok(None))), "{head}: {end:?}");
    }
}

#[tokio::test]
async fn haste_wakes_a_body_that_rests() {
    let head = b"HTTP/1.1 200 OK\r\n\r\nabc".to_vec();
    let server = Server::start(move |_| vec![Say::Bytes(head.clone()), Say::Forever(vec![7; 1 << 20])]).await;
    let mut media = open(&server).await;
    look(&mut media, 5).await;
    assert!(media.rests());
    for _ in 0..500 {
        if media.rests() {
            tokio::time::sleep(Duration::from_millis(2)).await;
            look(&mut media, 1).await;
        }
    }
    assert!(!media.rests());
    let before = media.received();
    while media.received() < before + (64 << 20) {
        media.chunk().await.unwrap().unwrap();
        media.spent();
    }
}

#[tokio::test]
async fn what_stands_behind_a_body_is_left_out() {
    for body in ["12345678", "12345"] {
        check(&format!("HTTP/1.1 200 OK\nContent-Length: 5\n\n{body}"), "12345", Ok(())).await;
    }
}
