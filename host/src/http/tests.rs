use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

use super::host::{HostPattern, Overrides};
use super::testing::Server;
use super::*;
use crate::model::{Refusal, Secret};

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/http/tests").join(name)
}

fn with_ca(file: PathBuf) -> config::Http {
    config::Http { ca: Some(file), ..Default::default() }
}

/// A TLS server whose certificate is for 127.0.0.1 alone.
async fn tls_server() -> u16 {
    let chain = CertificateDer::from_pem_file(fixture("server.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(fixture("server.key")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![chain], key)
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if let Ok(mut stream) = acceptor.accept(stream).await {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi").await;
                let _ = stream.shutdown().await;
            }
        }
    });
    port
}

async fn fetch(http: &Http, url: String) -> (Result<Vec<u8>, GuestError>, Result<(), Refusal>) {
    let grant = Grant { permitted: host::HostPort::from_url(&url).into_iter().collect(), ..Default::default() };
    let request = GuestRequest {
        method: Method::Get,
        url: url.clone(),
        headers: vec![],
        body: None,
        redirect: Redirect::Follow(5),
        timeout: None,
        max_body: None,
        trace: Default::default(),
    };
    let limits = GuestLimits { timeout: Duration::from_secs(10), body_bytes: 1 << 20 };
    let guest = http.guest(request, &grant, &limits).await.map(|answer| answer.body);
    let request = MediaRequest {
        room_host: host::HostPort::from_url(&url),
        url,
        headers: vec![],
        user_headers: vec![],
        overrides: Overrides::default(),
        stall: Duration::from_secs(10),
    };
    (guest, http.media(request).await.map(|_| ()))
}

#[tokio::test]
async fn tls_is_checked() {
    let port = tls_server().await;
    let http = Http::new(&with_ca(fixture("ca.pem")), &[]).unwrap();
    let (guest, media) = fetch(&http, format!("https://127.0.0.1:{port}/")).await;
    assert_eq!(guest.as_deref(), Ok(b"hi".as_slice()));
    assert_eq!(media, Ok(()));

    let wrong_name = |text: &str| assert!(text.contains("not valid for name \"localhost\""), "{text}");
    let (guest, media) = fetch(&http, format!("https://localhost:{port}/")).await;
    let Err(GuestError::Tls(text)) = guest else { panic!("{guest:?}") };
    wrong_name(&text);
    let Err(Refusal::Unreachable(text)) = media else { panic!("{media:?}") };
    wrong_name(&text);

    let stranger = Http::new(&config::Http::default(), &[]).unwrap();
    let (guest, media) = fetch(&stranger, format!("https://127.0.0.1:{port}/")).await;
    assert!(matches!(guest, Err(GuestError::Tls(_))), "{guest:?}");
    assert!(matches!(media, Err(Refusal::Unreachable(_))), "{media:?}");
}

#[test]
fn wrong_config_is_told() {
    let check = |config: config::Http, expected: &str| {
        let error = Http::new(&config, &[]).map(|_| ()).unwrap_err();
        let text = format!("{error:#}");
        assert!(text.starts_with(expected), "{text}");
        assert!(!text.contains("hunter2"), "{text}");
    };
    check(with_ca(fixture("none.pem")), "cannot use `http.ca` file `");
    check(with_ca(fixture("server.key")), "cannot use `http.ca` file `");
    let proxy =
        |text: &str| config::Http { proxy: Some(config::Text::Literal(Secret::new(text))), ..Default::default() };
    check(proxy("me:hunter2@proxy"), "`http.proxy` is ");
    check(proxy("ftp://me:hunter2@proxy"), "`http.proxy` is a `ftp` URL");
}

#[tokio::test]
async fn the_proxy_is_asked_for_everything() {
    let proxy = Server::saying("HTTP/1.1 200 OK\nContent-Length: 5\n\nproxy").await;
    let url = proxy.url("").replace("http://", "http://me:hunter2@");
    let config = config::Http { proxy: Some(config::Text::Literal(Secret::new(url))), ..Default::default() };
    let http = Http::new(&config, &[]).unwrap();
    let (guest, media) = fetch(&http, String::from("http://does-not-exist.example/x")).await;
    assert_eq!(guest.as_deref(), Ok(b"proxy".as_slice()));
    assert_eq!(media, Ok(()));
    for heard in proxy.heard() {
        assert!(heard.starts_with("GET http://does-not-exist.example/x HTTP/1.1\r\n"), "{heard}");
        assert!(heard.contains("proxy-authorization: Basic bWU6aHVudGVyMg=="), "{heard}");
    }
    assert_eq!(proxy.heard().len(), 2);
}

#[tokio::test]
async fn nobody_listens() {
    let http = Http::new(&config::Http::default(), &[]).unwrap();
    let (guest, media) = fetch(&http, String::from("http://127.0.0.1:1/")).await;
    assert!(matches!(&guest, Err(GuestError::Connect(text)) if text.contains("refused")), "{guest:?}");
    assert!(matches!(&media, Err(Refusal::Closed(text)) if text.contains("refused")), "{media:?}");
    let proxy = Some(config::Text::Literal(Secret::new("http://127.0.0.1:1")));
    let behind = Http::new(&config::Http { proxy, ..Default::default() }, &[]).unwrap();
    let (_, media) = fetch(&behind, String::from("http://does-not-exist.example/")).await;
    assert!(matches!(&media, Err(Refusal::Unreachable(_))), "the proxy refuses, not the host: {media:?}");
    let pattern = HostPattern::parse("https://does-not-exist.invalid").unwrap();
    assert_eq!(pattern.to_string(), "does-not-exist.invalid");
    let (guest, media) = fetch(&http, String::from("http://does-not-exist.invalid/")).await;
    assert!(matches!(guest, Err(GuestError::Dns(_))), "{guest:?}");
    assert!(matches!(media, Err(Refusal::Unreachable(_))), "{media:?}");
}
