//! TLS before an origin, with the certificate that a test wants to be seen. The authority that signed them all is
//! `tests/certificates/ca.pem`; nobody has its key any more.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio_rustls::TlsAcceptor;

use crate::origin::Origin;

/// The authority's certificate, for `[http] ca`.
pub const CA: &str = include_str!("../certificates/ca.pem");

/// What the client is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shows {
    /// A certificate for 127.0.0.1.
    Good,
    /// The same, that was good until 2021.
    Expired,
    /// A good one of another host.
    WrongHost,
    /// No TLS at all: whoever stands in between would rather read along.
    Nothing,
}

impl Shows {
    fn identity(self) -> Option<[&'static [u8]; 2]> {
        Some(match self {
            Shows::Good => [include_bytes!("../certificates/good.pem"), include_bytes!("../certificates/good.key")],
            Shows::Expired => {
                [include_bytes!("../certificates/expired.pem"), include_bytes!("../certificates/expired.key")]
            }
            Shows::WrongHost => {
                [include_bytes!("../certificates/wrong-host.pem"), include_bytes!("../certificates/wrong-host.key")]
            }
            Shows::Nothing => return None,
        })
    }

    fn acceptor(self) -> Option<TlsAcceptor> {
        let [chain, key] = self.identity()?;
        let chain = vec![CertificateDer::from_pem_slice(chain).unwrap()];
        let key = PrivateKeyDer::from_pem_slice(key).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let config = config.with_no_client_auth().with_single_cert(chain, key).unwrap();
        Some(TlsAcceptor::from(Arc::new(config)))
    }
}

/// Passes on to an origin what comes through; stops when dropped.
#[derive(Debug)]
pub struct Front {
    runtime: Option<Runtime>,
    address: SocketAddr,
    asked_plainly: Arc<AtomicBool>,
}

impl Front {
    /// Listens on a free port of the loopback address.
    pub fn of(origin: &Origin, shows: Shows) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(TcpListener::bind(("127.0.0.1", 0))).unwrap();
        let address = listener.local_addr().unwrap();
        let (acceptor, behind, asked_plainly) =
            (shows.acceptor(), origin.authority(), Arc::new(AtomicBool::new(false)));
        let plainly = Arc::clone(&asked_plainly);
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // Owned by the runtime, which is taken down with the front.
                match acceptor.clone() {
                    Some(acceptor) => tokio::spawn(pass_on(stream, acceptor, behind.clone())),
                    None => tokio::spawn(answer_plainly(stream, Arc::clone(&plainly))),
                };
            }
        });
        Front { runtime: Some(runtime), address, asked_plainly }
    }

    /// The URL of a path of the origin behind it.
    pub fn url(&self, path: &str) -> String {
        format!("https://{}{path}", self.address)
    }

    /// Whether anybody has sent it something that is no TLS.
    pub fn was_asked_plainly(&self) -> bool {
        self.asked_plainly.load(Ordering::Relaxed)
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Whatever breaks is the client's to notice.
async fn pass_on(stream: TcpStream, acceptor: TlsAcceptor, behind: String) {
    let Ok(mut origin) = TcpStream::connect(behind).await else { return };
    if let Ok(mut stream) = acceptor.accept(stream).await {
        copy_bidirectional(&mut stream, &mut origin).await.ok();
    }
}

/// As if the client had asked in the clear; whether it has shows in its first byte.
async fn answer_plainly(mut stream: TcpStream, plainly: Arc<AtomicBool>) {
    let mut first = [0; 1];
    // A handshake record begins with 22 (RFC 8446, 5.1).
    if stream.read_exact(&mut first).await.is_ok() && first != [22] {
        plainly.store(true, Ordering::Relaxed);
    }
    stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: video/x-flv\r\n\r\nFLV").await.ok();
    let mut rest = [0; 4096];
    while stream.read(&mut rest).await.is_ok_and(|got| got > 0) {}
}
