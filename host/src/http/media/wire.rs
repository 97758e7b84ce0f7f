//! One HTTP/1.1 connection that its reader drives himself: no task of its own, so that no chunk changes hands, and
//! reads as large as what has come.
//!
//! A body that ends with the connection is read from the socket directly, once the head is parsed: hyper would cut it
//! into pieces of 8 KiB.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use hyper::body::{Body, Incoming};
use hyper::client::conn::http1::{self, Connection};
use hyper::{HeaderMap, Request, Response, header};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use url::Url;

use super::Failed;
use crate::machine::descriptors::is_spared;

/// Head start of one address before the next is tried beside it (RFC 8305, 8).
const HEAD_START: Duration = Duration::from_millis(250);

/// A read of the socket: small while little comes, so that many slow streams need little memory.
const LEAST_READ: usize = 16 << 10;
const MOST_READ: usize = 256 << 10;

/// What bytes travel on.
trait Line: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Line for T {}
type Http1 = Box<Connection<TokioIo<Box<dyn Line>>, String>>;

/// The body of one answer, and the connection that it comes by.
pub(super) struct Wire(State);

enum State {
    /// hyper takes the framing off.
    Framed { body: Incoming, connection: Option<Http1> },
    /// Everything up to the end of the connection.
    Raw { early: std::vec::IntoIter<Bytes>, socket: Socket },
}

struct Socket {
    line: Box<dyn Line>,
    buffer: BytesMut,
    next: usize,
}

/// Connects, sends one GET and waits for the head of its answer.
pub(super) async fn get(
    url: &Url,
    addresses: &[IpAddr],
    headers: HeaderMap,
    tls: &Arc<rustls::ClientConfig>,
    limits: Limits,
) -> Result<(Response<()>, Wire), Failed> {
    let line = tokio::time::timeout(limits.connect, connect(url, addresses, tls)).await.map_err(|_| Failed::Late)?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(line.map_err(|error| Failed::wrap(&error))?))
        .await
        .map_err(|error| Failed::wrap(&error))?;
    let target = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
    let mut request = Request::get(target).body(String::new()).map_err(|error| Failed::wrap(&error))?;
    *request.headers_mut() = headers;
    let mut connection = Some(Box::new(connection));
    let answer = sender.send_request(request);
    let mut answer = std::pin::pin!(answer);
    let head = std::future::poll_fn(|context| {
        if let Poll::Ready(answer) = answer.as_mut().poll(context) {
            return Poll::Ready(answer);
        }
        drive(&mut connection, context);
        answer.as_mut().poll(context)
    });
    let answer = tokio::time::timeout(limits.head, head).await.map_err(|_| Failed::Late)?;
    let (head, body) = answer.map_err(|error| Failed::wrap(&error))?.into_parts();
    let head = Response::from_parts(head, ());
    let raw = ends_with_connection(&head);
    Ok((head, Wire(if raw { take_over(body, connection)? } else { State::Framed { body, connection } })))
}

/// How long the steps may take.
pub(super) struct Limits {
    pub(super) connect: Duration,
    pub(super) head: Duration,
}

/// Neither a length nor chunks (RFC 9112, 6.3).
fn ends_with_connection(head: &Response<()>) -> bool {
    let framed = |name| head.headers().contains_key(name);
    head.status().is_success()
        && head.status() != hyper::StatusCode::NO_CONTENT
        && !framed(header::CONTENT_LENGTH)
        && !framed(header::TRANSFER_ENCODING)
}

/// Takes the socket from hyper, with what hyper has read ahead.
fn take_over(mut body: Incoming, connection: Option<Http1>) -> Result<State, Failed> {
    let Some(connection) = connection else { return Ok(State::Framed { body, connection: None }) };
    let parts = connection.into_parts();
    let mut early = Vec::new();
    // At most one piece has gone into the body; then it tells that its connection is gone, which is our own doing.
    let mut context = Context::from_waker(std::task::Waker::noop());
    while let Poll::Ready(Some(frame)) = Pin::new(&mut body).poll_frame(&mut context) {
        match frame {
            Ok(frame) => early.extend(frame.into_data()),
            Err(error) if error.is_incomplete_message() => break,
            Err(error) => return Err(Failed::wrap(&error)),
        }
    }
    early.push(parts.read_buf);
    early.retain(|bytes: &Bytes| !bytes.is_empty());
    let socket = Socket { line: parts.io.into_inner(), buffer: BytesMut::new(), next: LEAST_READ };
    Ok(State::Raw { early: early.into_iter(), socket })
}

/// Lets the connection work. What goes wrong shows in the body.
fn drive(connection: &mut Option<Http1>, context: &mut Context<'_>) {
    let Some(working) = connection else { return };
    if Pin::new(working).poll(context).is_ready() {
        *connection = None;
    }
}

impl Wire {
    /// Bytes that the head promised.
    pub(super) fn expected(&self) -> Option<u64> {
        match &self.0 {
            State::Framed { body, .. } => body.size_hint().exact(),
            State::Raw { .. } => None,
        }
    }

    /// The next bytes; none at the end.
    pub(super) fn poll_chunk(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Failed>>> {
        match &mut self.0 {
            State::Framed { body, connection } => {
                if let Poll::Ready(chunk) = poll_data(body, context) {
                    return Poll::Ready(chunk);
                }
                drive(connection, context);
                poll_data(body, context)
            }
            State::Raw { early, socket } => match early.next() {
                Some(bytes) => Poll::Ready(Some(Ok(bytes))),
                None => socket.poll_chunk(context).map_err(|error| Failed::wrap(&error)),
            },
        }
    }
}

/// The next piece of data of a body; trailers are left out.
pub(super) fn poll_data<B>(body: &mut B, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Failed>>>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: std::error::Error + 'static,
{
    loop {
        match std::task::ready!(Pin::new(&mut *body).poll_frame(context)) {
            None => return Poll::Ready(None),
            Some(Err(error)) => return Poll::Ready(Some(Err(Failed::wrap(&error)))),
            Some(Ok(frame)) => match frame.into_data() {
                Ok(data) if !data.is_empty() => return Poll::Ready(Some(Ok(data))),
                _ => {}
            },
        }
    }
}

impl Socket {
    fn poll_chunk(&mut self, context: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        let spare = self.buffer.capacity() - self.buffer.len();
        if spare < self.next / 2 {
            self.buffer = BytesMut::with_capacity(self.next);
        }
        let read = self.line.read_buf(&mut self.buffer);
        match std::task::ready!(std::pin::pin!(read).poll(context)) {
            Err(error) => Poll::Ready(Some(Err(error))),
            Ok(0) => Poll::Ready(None),
            Ok(count) => {
                self.adapt(count);
                Poll::Ready(Some(Ok(self.buffer.split().freeze())))
            }
        }
    }

    /// Twice as much next time where a read filled its room, half where it did not need a quarter.
    fn adapt(&mut self, count: usize) {
        if self.buffer.capacity() == self.buffer.len() {
            self.next = (self.next * 2).min(MOST_READ);
        } else if count < self.next / 4 {
            self.next = (self.next / 2).max(LEAST_READ);
        }
    }
}

async fn connect(url: &Url, addresses: &[IpAddr], tls: &Arc<rustls::ClientConfig>) -> io::Result<Box<dyn Line>> {
    let port = url.port_or_known_default().unwrap_or_default();
    let stream = dial(addresses.iter().map(|address| SocketAddr::new(*address, port))).await?;
    if url.scheme() != "https" {
        return Ok(Box::new(stream));
    }
    let name = crate::http::host::plain(url.host_str().unwrap_or_default());
    let name = ServerName::try_from(name).map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
    Ok(Box::new(TlsConnector::from(Arc::clone(tls)).connect(name, stream).await?))
}

/// Media that is received already must not end for want of a descriptor.
async fn dial_one(address: SocketAddr) -> io::Result<TcpStream> {
    loop {
        match TcpStream::connect(address).await {
            Err(error) if is_spared(&error) => {}
            done => return done,
        }
    }
}

/// The first address that answers; each gets a head start before the next.
async fn dial(mut addresses: impl ExactSizeIterator<Item = SocketAddr>) -> io::Result<TcpStream> {
    let mut attempts = FuturesUnordered::new();
    let mut last = io::Error::new(io::ErrorKind::AddrNotAvailable, "no address");
    loop {
        match addresses.next() {
            Some(address) => attempts.push(dial_one(address)),
            None if attempts.is_empty() => return Err(last),
            None => {}
        }
        tokio::select! {
            Some(attempt) = attempts.next() => match attempt {
                Ok(stream) => return Ok(stream),
                Err(error) => last = error,
            },
            () = tokio::time::sleep(HEAD_START), if addresses.len() > 0 => {}
        }
    }
}
