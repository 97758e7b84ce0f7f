use std::path::{Path, PathBuf};
use std::sync::Mutex;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::*;
use crate::clock::Clock;
use crate::event;
use crate::http::Http;
use crate::model::Secret;
use crate::plugin::{Means, Registry};
use crate::store::{DataDir, Store};

/// A service that answers each request with the next of its lines: a status and a body; `none` closes without a word.
struct Service {
    port: u16,
    heard: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl Drop for Service {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Service {
    async fn saying(lines: &'static [&'static str]) -> Service {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (port, heard) = (listener.local_addr().unwrap().port(), Arc::new(Mutex::new(Vec::new())));
        let notes = Arc::clone(&heard);
        let task = tokio::spawn(async move {
            for line in lines {
                let (mut stream, _) = listener.accept().await.unwrap();
                let (mut request, mut part) = (String::new(), [0; 4096]);
                while !request.contains("\r\n\r\n") || (request.starts_with("POST") && !request.ends_with('}')) {
                    let count = stream.read(&mut part).await.unwrap();
                    request.push_str(&String::from_utf8_lossy(&part[..count]));
                }
                notes.lock().unwrap().push(request.lines().next().unwrap_or_default().to_owned());
                let (status, body) = line.split_once(' ').unwrap_or((line, ""));
                if status != "none" {
                    let length = body.len();
                    let head = format!("HTTP/1.1 {status} X\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
                    stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
                }
            }
        });
        Service { port, heard, task }
    }
}

/// The notifier of the tests, as `cargo xtask plugins` builds it. Under `cargo xtask test` it must be there.
pub(in crate::plugin) fn guests() -> Option<PathBuf> {
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/guests");
    let wanted = std::env::var_os("LYREBIRD_GUESTS").map(PathBuf::from);
    match wanted.is_some() || built.join("telltale.wasm").is_file() {
        true => Some(wanted.unwrap_or(built)),
        false => {
            eprintln!("skipped: no test guests, `cargo xtask plugins` builds them");
            None
        }
    }
}

pub(in crate::plugin) fn notice() -> Notice {
    Notice {
        id: String::from("e1"),
        time: 0,
        kind: String::from("session_started"),
        platform: None,
        room: None,
        session: Some(String::from("s1")),
        broadcast: None,
        text: String::from("live!"),
        facts: vec![],
    }
}

/// What an announcement gives: the receipt, or the kind of error and whether there is doubt.
fn said(answer: Result<Option<String>, AnnounceError>) -> String {
    match answer {
        Ok(receipt) => format!("told {receipt:?}"),
        Err(AnnounceError { error, doubt }) => format!("{}{}", error.kind(), if doubt { ", doubt" } else { "" }),
    }
}

#[tokio::test]
async fn a_guest_announces_finds_and_takes_back() {
    let Some(guests) = guests() else { return };
    let data = std::env::temp_dir().join(format!("lyrebird-notifier-{}", event::new_id()));
    let config = Arc::new(crate::config::Config::default());
    let means = Means {
        config: Arc::clone(&config),
        data: Arc::new(DataDir::Kept(data.clone())),
        http: Http::new(&config.http, &[]).unwrap(),
        store: Store::passing(None, Clock::system()),
        clock: Clock::system(),
        events: event::queue().0,
    };
    let registry = Registry::load(&[guests], means.clone()).await.unwrap();
    registry.ready("telltale").await;
    let notifier = registry.notifier("telltale").unwrap();
    let at = |port: u16| {
        let url = Text::Literal(Secret::new(format!("http://127.0.0.1:{port}")));
        BTreeMap::from([(String::from("url"), url)])
    };

    let service = Service::saying(&["200 r1", "404", "200 r2", "204"]).await;
    let target = at(service.port);
    assert_eq!(said(notifier.announce(&target, notice()).await), r#"told Some("r1")"#);
    assert_eq!(notifier.find(&target, notice()).await, Ok(None));
    assert_eq!(notifier.find(&target, notice()).await, Ok(Some(String::from("r2"))));
    assert_eq!(notifier.retract(&target, notice(), String::from("r2")).await, Ok(()));
    let heard = service.heard.lock().unwrap().join(", ");
    let find = "GET /find?event=e1 HTTP/1.1";
    assert_eq!(heard, format!("POST /announce HTTP/1.1, {find}, {find}, POST /retract HTTP/1.1"));

    let service = Service::saying(&["500", "401", "404", "none", "200 \u{fffd}"]).await;
    let target = at(service.port);
    for expected in ["network", "login-required", "unexpected-answer", "network, doubt", "told Some(\"\u{fffd}\")"] {
        assert_eq!(said(notifier.announce(&target, notice()).await), expected);
    }
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    assert_eq!(said(notifier.announce(&at(nobody), notice()).await), "network");
    assert_eq!(said(notifier.announce(&BTreeMap::new(), notice()).await), "other");
    let wrong = BTreeMap::from([(String::from("nonsense"), Text::Literal(Secret::new("x")))]);
    assert_eq!(said(notifier.announce(&wrong, notice()).await), "bad-target");

    drop(notifier);
    registry.shut_down().await;
    std::fs::remove_dir_all(data).ok();
}
