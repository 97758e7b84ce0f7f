//! An origin that serves what the test says, connection by connection, over bare sockets.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// What one connection does, in order.
#[derive(Clone, Debug)]
pub(super) enum Act {
    Send(Vec<u8>),
    Pause(u64),
    /// With RST instead of FIN.
    Reset,
    /// Says nothing more, for ever.
    Hang,
}

/// The head of an answer whose body ends with the connection.
pub(super) fn ok(content_type: &str) -> Act {
    Act::Send(format!("HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nConnection: close\r\n\r\n").into_bytes())
}

/// The head of an answer with a length.
pub(super) fn ok_of(bytes: usize) -> Act {
    Act::Send(format!("HTTP/1.1 200 OK\r\nContent-Length: {bytes}\r\n\r\n").into_bytes())
}

/// Serves; each connection takes the next script, the last one again and again.
pub(super) struct Origin {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Origin {
    pub(super) async fn start(scripts: Vec<Vec<Act>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let task = tokio::spawn(async move {
            let mut next = 0;
            let mut open = Vec::new();
            loop {
                let (mut socket, _) = listener.accept().await.unwrap();
                let script = scripts[next.min(scripts.len() - 1)].clone();
                next += 1;
                open.push(tokio::spawn(async move {
                    let mut request = [0; 4096];
                    let _ = socket.read(&mut request).await;
                    for act in script {
                        match act {
                            Act::Send(bytes) => {
                                if socket.write_all(&bytes).await.is_err() {
                                    return;
                                }
                            }
                            Act::Pause(ms) => tokio::time::sleep(Duration::from_millis(ms)).await,
                            Act::Reset => return socket.set_zero_linger().unwrap(),
                            Act::Hang => std::future::pending().await,
                        }
                    }
                }));
            }
        });
        Origin { address, task }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}/live.flv?token=hunter2", self.address)
    }
}

impl Drop for Origin {
    fn drop(&mut self) {
        self.task.abort();
    }
}
