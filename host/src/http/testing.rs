//! A server for tests that says exactly the bytes it is told.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What the server does after it has read a request.
pub(super) enum Say {
    Bytes(Vec<u8>),
    /// Until the client has had enough.
    Forever(Vec<u8>),
    /// One byte a second, for ever.
    Drip,
    /// Keeps the connection open and says nothing.
    Nothing,
    /// Ends with RST.
    Reset,
}

pub(super) struct Server {
    pub(super) port: u16,
    heard: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    /// `answer` is asked once a connection, with the request's head and body as text.
    pub(super) async fn start(answer: impl Fn(&str) -> Vec<Say> + Send + Sync + 'static) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let (answer, notes) = (Arc::new(answer), Arc::clone(&heard));
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (answer, notes) = (Arc::clone(&answer), Arc::clone(&notes));
                tokio::spawn(async move {
                    let mut stream = stream;
                    let request = read(&mut stream).await;
                    notes.lock().unwrap().push(request.clone());
                    speak(stream, answer(&request)).await;
                });
            }
        });
        Server { port, heard, task }
    }

    /// The same with one answer for all.
    pub(super) async fn saying(text: &str) -> Server {
        let text = text.replace('\n', "\r\n").into_bytes();
        Server::start(move |_| vec![Say::Bytes(text.clone())]).await
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// All requests so far, heads in lower case.
    pub(super) fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }
}

async fn read(stream: &mut TcpStream) -> String {
    let (mut bytes, mut part) = (Vec::new(), [0; 4096]);
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = |line: &str| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse::<usize>().ok();
            if body.len() >= head.lines().find_map(length).unwrap_or(0) {
                return text;
            }
        }
        match stream.read(&mut part).await {
            Ok(count) if count > 0 => bytes.extend_from_slice(&part[..count]),
            _ => return text,
        }
    }
}

async fn speak(mut stream: TcpStream, script: Vec<Say>) {
    for say in script {
        match say {
            Say::Bytes(bytes) => stream.write_all(&bytes).await.unwrap_or(()),
            Say::Forever(bytes) => while stream.write_all(&bytes).await.is_ok() {},
            Say::Drip => {
                while stream.write_all(b"x").await.is_ok() {
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
            Say::Nothing => std::future::pending().await,
            Say::Reset => {
                // Give the bytes before it time to arrive: a reset overtakes them.
                tokio::time::sleep(Duration::from_millis(50)).await;
                socket_reset(&stream);
                return;
            }
        }
    }
    let _ = stream.shutdown().await;
}

fn socket_reset(stream: &TcpStream) {
    stream.set_zero_linger().unwrap();
}
