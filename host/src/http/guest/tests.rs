use super::*;
use crate::http::testing::{Say, Server};

mod bomb;

fn http() -> Http {
    Http::new(&crate::config::Http::default(), &[]).unwrap()
}

fn get(url: String) -> GuestRequest {
    GuestRequest {
        method: Method::Get,
        url,
        headers: vec![],
        body: None,
        redirect: Redirect::Follow(5),
        timeout: None,
        max_body: None,
        trace: Trace::default(),
    }
}

fn pair(name: &str, value: &str) -> Pair {
    (name.to_owned(), value.to_owned())
}

const LIMITS: GuestLimits = GuestLimits { timeout: Duration::from_secs(20), body_bytes: 1 << 20 };

/// A plugin that may call the hosts of these URLs, with the user's cookie for the first one.
fn grant(urls: &[String]) -> Grant {
    let pattern = |url: &String| {
        let target = HostPort::from_url(url).unwrap();
        HostPattern::parse(&format!("http://{target}")).unwrap()
    };
    Grant {
        hosts: urls.iter().map(pattern).collect(),
        cookies: urls.iter().take(1).map(pattern).collect(),
        cookie: Some(Secret::new("SESSDATA=s3cr3tvalue; csrf=t0ken99")),
        permitted: urls.iter().filter_map(|url| HostPort::from_url(url)).collect(),
        ..Default::default()
    }
}

async fn send(request: GuestRequest, grant: &Grant) -> Result<GuestResponse, GuestError> {
    http().guest(request, grant, &LIMITS).await
}

#[tokio::test]
async fn an_answer() {
    let server = Server::saying("HTTP/1.1 418 Teapot\nX-One: 1\nX-One: 2\nContent-Length: 3\n\nabc").await;
    let answer = send(get(server.url("/a?b=c")), &grant(&[server.url("")])).await.unwrap();
    assert_eq!((answer.status, answer.body.as_slice(), answer.truncated), (418, b"abc".as_slice(), false));
    assert_eq!(answer.url, server.url("/a?b=c"));
    assert_eq!(answer.headers, [pair("x-one", "1"), pair("x-one", "2"), pair("content-length", "3")]);
    let heard = server.heard().remove(0);
    assert!(heard.starts_with("GET /a?b=c HTTP/1.1\r\n"), "{heard}");
    assert!(heard.contains("user-agent: Mozilla/5.0"), "{heard}");
    assert!(heard.contains("cookie: SESSDATA=s3cr3tvalue; csrf=t0ken99\r\n"), "{heard}");
}

#[tokio::test]
async fn only_listed_hosts() {
    let server = Server::saying("HTTP/1.1 200 OK\n\n").await;
    let check = |listed: &str, url: String, expected: &str| {
        let grant = Grant { hosts: vec![HostPattern::parse(listed).unwrap()], ..Default::default() };
        let expected = expected.to_owned();
        async move {
            let answer = send(get(url), &grant).await;
            let Err(GuestError::Denied(text)) = answer else { panic!("{answer:?}") };
            assert!(text.starts_with(&expected), "{text}");
        }
    };
    let here = format!("127.0.0.1:{}", server.port);
    check("a.example", server.url("/"), &format!("the manifest does not list `http://{here}`")).await;
    check(&here, server.url("/"), &format!("the manifest does not list `http://{here}`")).await;
    check(&format!("http://{here}"), server.url("/"), &format!("private address: `{here}`")).await;
    check("a.example", String::from("file:///etc/passwd?x=secret"), "a `file` URL is neither http nor https").await;
    assert!(server.heard().is_empty());
}

#[tokio::test]
async fn invalid_requests() {
    let server = Server::saying("HTTP/1.1 200 OK\n\n").await;
    let (here, port) = (server.url(""), server.port);
    let check = |request: GuestRequest, expected: &'static str| {
        let grant = grant(std::slice::from_ref(&here));
        async move { assert_eq!(send(request, &grant).await, Err(GuestError::InvalidRequest(expected.to_owned()))) }
    };
    let with = |name: &str, value: &str| GuestRequest { headers: vec![pair(name, value)], ..get(server.url("/")) };
    check(with("Host", "evil"), "header `Host` is the host's").await;
    check(with("Proxy-Authorization", "x"), "header `Proxy-Authorization` is the host's").await;
    check(with("Content-Length", "1"), "header `Content-Length` is the host's").await;
    check(with("X-A", "b\r\nHost: evil"), "header `X-A` is not legal").await;
    check(with("X\nA", "b"), "header `X\\nA` is not legal").await;
    check(with("Cookie", "a=1\r\nX: y"), "header `Cookie` is not legal").await;
    check(get(String::from("not a url")), "not a URL: relative URL without a base").await;
    check(get(format!("http://u:p@127.0.0.1:{port}/")), "the URL carries a user or a password; use a header").await;
    check(get(server.url("/?t={cookie:nope}")), "the user's cookie has no `nope`").await;
    assert!(server.heard().is_empty());
}

#[tokio::test]
async fn the_cookie_goes_where_it_belongs() {
    let answer = "HTTP/1.1 200 OK\nSet-Cookie: SESSDATA=new; Path=/\nSet-Cookie: buvid=7\nX-Echo: t0ken99\n\n";
    let (mine, other) = (Server::saying(answer).await, Server::saying(answer).await);
    let grant = grant(&[mine.url(""), other.url("")]);
    let ask = |server: &Server| GuestRequest {
        method: Method::Post,
        headers: vec![pair("Cookie", "csrf=forged; own=1"), pair("X-Csrf", "{cookie:csrf}")],
        body: Some(b"csrf={cookie:csrf}&a=b".to_vec()),
        ..get(server.url("/?t={cookie:csrf}"))
    };
    let answer = send(ask(&mine), &grant).await.unwrap();
    assert_eq!(answer.headers, [pair("set-cookie", "buvid=7"), pair("x-echo", "{cookie:csrf}")]);
    assert_eq!(answer.url, mine.url("/?t={cookie:csrf}"));
    let heard = mine.heard().remove(0);
    assert!(heard.starts_with("POST /?t=t0ken99 HTTP/1.1\r\n"), "{heard}");
    assert!(heard.contains("cookie: SESSDATA=s3cr3tvalue; csrf=t0ken99; own=1\r\n"), "{heard}");
    assert!(heard.contains("x-csrf: t0ken99\r\n") && heard.ends_with("\r\n\r\ncsrf=t0ken99&a=b"), "{heard}");

    let answer = send(ask(&other), &grant).await;
    assert!(matches!(&answer, Err(GuestError::InvalidRequest(text)) if text.contains("`cookies`")), "{answer:?}");
    let plain = GuestRequest { headers: vec![pair("Cookie", "csrf=own")], ..get(other.url("/")) };
    send(plain, &grant).await.unwrap();
    let heard = other.heard().remove(0);
    assert!(heard.contains("cookie: csrf=own\r\n"), "{heard}");
}

#[tokio::test]
async fn redirects() {
    let end = Server::saying("HTTP/1.1 200 OK\n\nend").await;
    let place = end.url("/end?csrf=t0ken99");
    let start = Server::start(move |heard| {
        let status = heard.split(['/', ' ']).nth(2).unwrap_or_default().to_owned();
        vec![Say::Bytes(format!("HTTP/1.1 {status} Go\r\nLocation: {place}\r\nContent-Length: 0\r\n\r\n").into_bytes())]
    })
    .await;
    let grant = grant(&[start.url(""), end.url("")]);
    for (status, method, expected) in [
        (301, Method::Post, "GET"),
        (302, Method::Post, "GET"),
        (303, Method::Put, "GET"),
        (303, Method::Head, "HEAD"),
        (302, Method::Put, "PUT"),
        (307, Method::Post, "POST"),
        (308, Method::Post, "POST"),
    ] {
        let ask = GuestRequest {
            method,
            headers: vec![
                pair("Authorization", "mine"),
                pair("Cookie", "own=1"),
                pair("X-Csrf", "{cookie:csrf}"),
                pair("X-Stays", "1"),
                pair("Content-Type", "text/x"),
            ],
            body: Some(b"body".to_vec()),
            ..get(start.url(&format!("/{status}")))
        };
        let answer = send(ask, &grant).await.unwrap();
        assert_eq!(answer.url, end.url("/end?csrf={cookie:csrf}"));
        let heard = end.heard().pop().unwrap();
        assert!(heard.starts_with(&format!("{expected} /end")), "{status}: {heard}");
        let kept = !matches!(expected, "GET" | "HEAD");
        assert_eq!(heard.ends_with("\r\n\r\nbody"), kept || expected == "HEAD", "{status}: {heard}");
        assert_eq!(heard.contains("content-type"), kept || expected == "HEAD", "{status}: {heard}");
        assert!(heard.contains("x-stays: 1"), "{heard}");
        let gone = !["mine", "own=1", "x-csrf", "cookie:"].iter().any(|text| heard.contains(text));
        assert!(gone, "{status}: {heard}");
    }
    let manual = GuestRequest { redirect: Redirect::Manual, ..get(start.url("/302")) };
    let answer = send(manual, &grant).await.unwrap();
    assert_eq!(answer.status, 302);
    assert!(answer.headers.contains(&pair("location", &end.url("/end?csrf={cookie:csrf}"))), "{:?}", answer.headers);
    let body = GuestRequest { method: Method::Post, body: Some(b"{cookie:csrf}".to_vec()), ..get(start.url("/307")) };
    assert!(matches!(send(body, &grant).await, Err(GuestError::Denied(_))));
}

#[tokio::test]
async fn redirects_are_judged() {
    let check = |place: &'static str, expected: &'static str| async move {
        let server = Server::saying(&format!("HTTP/1.1 302 Found\nLocation: {place}\n\n")).await;
        let mut grant = grant(&[server.url("")]);
        grant.hosts.push(HostPattern::parse("http://127.0.0.1:1").unwrap());
        let answer =
            send(GuestRequest { redirect: Redirect::Follow(3), ..get(server.url("/?sign=secret")) }, &grant).await;
        let Err(GuestError::Denied(text)) = answer else { panic!("{answer:?}") };
        assert!(text.contains(expected) && !text.contains("secret"), "{text}");
    };
    check("/again", "redirect limit: more than 3 hops").await;
    check("http://127.0.0.1:1/", "private address: `127.0.0.1:1`").await;
    check("https://elsewhere.example/?token=secret", "the manifest does not list `https://elsewhere.example:443`")
        .await;
    check("file:///etc/passwd", "it leads to a `file` URL").await;
}

#[tokio::test]
async fn limits() {
    let server = Server::saying("HTTP/1.1 200 OK\n\n0123456789").await;
    let grant_here = grant(&[server.url("")]);
    let answer = send(GuestRequest { max_body: Some(4), ..get(server.url("/")) }, &grant_here).await.unwrap();
    assert_eq!((answer.body.as_slice(), answer.truncated), (b"0123".as_slice(), true));
    let answer = send(GuestRequest { max_body: Some(10), ..get(server.url("/")) }, &grant_here).await.unwrap();
    assert_eq!((answer.body.len(), answer.truncated), (10, false));

    let silent = Server::start(|_| vec![Say::Nothing]).await;
    let late = GuestRequest { timeout: Some(Duration::from_millis(100)), ..get(silent.url("/")) };
    assert_eq!(send(late, &grant(&[silent.url("")])).await, Err(GuestError::Timeout));

    let long = format!("HTTP/1.1 200 OK\nX: {}\n\n", "x".repeat(70_000));
    let long = Server::saying(&long).await;
    let answer = send(get(long.url("/")), &grant(&[long.url("")])).await;
    assert!(matches!(&answer, Err(GuestError::Io(text)) if text.contains("headers")), "{answer:?}");
}

#[tokio::test]
async fn errors_hide_what_was_put_in() {
    let server = Server::start(|_| vec![Say::Reset]).await;
    let answer = send(get(server.url("/?a=hidden&t={cookie:csrf}")), &grant(&[server.url("")])).await;
    let Err(GuestError::Io(text)) = answer else { panic!("{answer:?}") };
    assert!(!text.contains("hidden") && !text.contains("t0ken99"), "{text}");
}

#[tokio::test]
async fn a_bomb_is_cut() {
    let server = Server::start(|_| {
        let head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n".to_vec();
        vec![Say::Bytes([head, bomb::fuse()].concat()), Say::Forever(bomb::charge())]
    })
    .await;
    let answer = send(get(server.url("/")), &grant(&[server.url("")])).await.unwrap();
    assert!(server.heard()[0].contains("accept-encoding: "), "{}", server.heard()[0]);
    assert!(answer.truncated);
    assert_eq!(answer.body.len(), LIMITS.body_bytes);
    assert!(answer.body.iter().all(|byte| *byte == 0));
}

#[tokio::test]
async fn another_base() {
    let server = Server::start(|heard| {
        let text = match heard.starts_with("GET /next") {
            true => "HTTP/1.1 200 OK\r\n\r\nend",
            false => "HTTP/1.1 302 Found\r\nLocation: /next\r\nContent-Length: 0\r\n\r\n",
        };
        vec![Say::Bytes(text.as_bytes().to_vec())]
    })
    .await;
    let hosts = [(String::from("api.example"), server.url(""))].into();
    let grant = Grant {
        hosts: vec![HostPattern::parse("api.example").unwrap()],
        cookies: vec![HostPattern::parse("*.example").unwrap()],
        cookie: Some(Secret::new("a=1")),
        overrides: Overrides::new(&hosts).unwrap(),
        ..Default::default()
    };
    let answer = send(get(String::from("https://api.example/first")), &grant).await.unwrap();
    assert_eq!(answer.url, "https://api.example/next");
    for heard in server.heard() {
        assert!(heard.contains("host: api.example\r\n") && heard.contains("cookie: a=1\r\n"), "{heard}");
    }
}

/// Whether a request to this port may have reached somebody.
async fn is_sent(port: u16, timeout: Option<Duration>) -> bool {
    let url = format!("http://127.0.0.1:{port}/");
    let config =
        crate::config::Http { connect_timeout: crate::config::Span(Duration::from_millis(100)), ..Default::default() };
    let trace = Trace::default();
    let request = GuestRequest { method: Method::Post, timeout, trace: trace.clone(), ..get(url.clone()) };
    let _ = Http::new(&config, &[]).unwrap().guest(request, &grant(&[url]), &LIMITS).await;
    trace.is_sent()
}

#[tokio::test]
async fn a_trace_tells_what_may_have_arrived() {
    let answers = Server::saying("HTTP/1.1 500 No\nContent-Length: 0\n\n").await;
    assert!(is_sent(answers.port, None).await);
    let resets = Server::start(|_| vec![Say::Reset]).await;
    assert!(is_sent(resets.port, None).await);
    let silent = Server::start(|_| vec![Say::Nothing]).await;
    assert!(is_sent(silent.port, Some(Duration::from_millis(100))).await);
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    assert!(!is_sent(nobody, None).await);

    // A queue that is full takes no more connections and refuses none: as a host behind a wall.
    let full = tokio::net::TcpSocket::new_v4().unwrap();
    full.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let full = full.listen(1).unwrap();
    let port = full.local_addr().unwrap().port();
    let knock = |_| {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        tokio::spawn(async move { socket.connect(([127, 0, 0, 1], port).into()).await })
    };
    let _waiting: Vec<_> = (0..4).map(knock).collect();
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(!is_sent(port, None).await, "no connection in time");
}

#[tokio::test]
async fn what_was_redirected_had_arrived() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let text = format!("HTTP/1.1 307 On\nLocation: http://127.0.0.1:{nobody}/\nContent-Length: 0\n\n");
    let server = Server::saying(&text).await;
    let trace = Trace::default();
    let request = GuestRequest { method: Method::Post, trace: trace.clone(), ..get(server.url("/")) };
    let grant = grant(&[server.url(""), format!("http://127.0.0.1:{nobody}")]);
    assert!(matches!(send(request, &grant).await, Err(GuestError::Connect(_))));
    assert!(trace.is_sent());
}
