//! One HTTP/1.1 connection that its reader drives himself: no task of its own, so that no chunk changes hands, and
//! reads as large as what has come.
//!
//! A body that no chunks frame is read from the line directly, once the head is parsed: hyper would cut it into pieces.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use hyper::body::{Body, Incoming};
use hyper::client::conn::http1::{self, Connection};
use hyper::{HeaderMap, Request, Response, header};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use url::Url;

use super::Failed;
use super::buffers::Buffers;
use super::line::{Direct, Line};
use super::tap::{Pace, Tap};
use crate::machine::descriptors::is_spared;

/// Head start of one address before the next is tried beside it (RFC 8305, 8).
const HEAD_START: Duration = Duration::from_millis(250);

type Http1 = Box<Connection<TokioIo<Box<dyn Line>>, String>>;

/// The body of one answer, and the connection that it comes by.
pub(super) struct Wire {
    state: State,
    pace: Pace,
}

enum State {
    /// hyper takes the framing off.
    Framed { body: Incoming, connection: Option<Http1> },
    /// What comes is the body.
    Raw { early: std::vec::IntoIter<Bytes>, expected: Option<u64>, direct: Direct },
}

/// Connects, sends one GET and waits for the head of its answer.
pub(super) async fn get(
    url: &Url,
    addresses: &[IpAddr],
    headers: HeaderMap,
    means: &Means,
    limits: Limits,
) -> Result<(Response<()>, Wire), Failed> {
    let pace = Pace::default();
    let line = connect(url, addresses, &means.tls, pace.clone());
    let line = tokio::time::timeout(limits.connect, line).await.map_err(|_| Failed::Late)?;
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
    let state = match is_raw(&head) {
        true => take_over(body, connection, &means.buffers)?,
        false => State::Framed { body, connection },
    };
    Ok((head, Wire { state, pace }))
}

/// What all connections share.
pub(in crate::http) struct Means {
    tls: Arc<rustls::ClientConfig>,
    buffers: Arc<Buffers>,
}

impl Means {
    pub(in crate::http) fn new(tls: rustls::ClientConfig) -> Means {
        Means { tls: Arc::new(tls), buffers: Arc::default() }
    }
}

/// How long the steps may take.
pub(super) struct Limits {
    pub(super) connect: Duration,
    pub(super) head: Duration,
}

/// No chunks: what comes is the body, up to its length or the connection's end (RFC 9112, 6.3).
fn is_raw(head: &Response<()>) -> bool {
    head.status().is_success()
        && head.status() != hyper::StatusCode::NO_CONTENT
        && !head.headers().contains_key(header::TRANSFER_ENCODING)
}

/// Takes the line from hyper, with what hyper has read ahead.
fn take_over(mut body: Incoming, connection: Option<Http1>, buffers: &Arc<Buffers>) -> Result<State, Failed> {
    let Some(connection) = connection else { return Ok(State::Framed { body, connection: None }) };
    let expected = body.size_hint().exact();
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
    let left = expected.map(|bytes| cut_to(&mut early, bytes));
    early.retain(|bytes: &Bytes| !bytes.is_empty());
    let direct = Direct::new(parts.io.into_inner(), Arc::clone(buffers), left);
    Ok(State::Raw { early: early.into_iter(), expected, direct })
}

/// Leaves out what stands behind a body of so many bytes; gives how many are missing.
fn cut_to(early: &mut [Bytes], bytes: u64) -> u64 {
    early.iter_mut().fold(bytes, |left, piece| {
        piece.truncate(usize::try_from(left).unwrap_or(usize::MAX));
        left.saturating_sub(u64::try_from(piece.len()).unwrap_or(u64::MAX))
    })
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
        match &self.state {
            State::Framed { body, .. } => body.size_hint().exact(),
            State::Raw { expected, .. } => *expected,
        }
    }

    /// Says whether its reader is woken by what comes.
    pub(super) fn pace(&self) -> &Pace {
        &self.pace
    }

    /// Whoever got the last bytes is through with them.
    pub(super) fn spent(&mut self) {
        if let State::Raw { direct, .. } = &mut self.state {
            direct.spent();
        }
    }

    /// The next bytes; none at the end.
    pub(super) fn poll_chunk(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Failed>>> {
        match &mut self.state {
            State::Framed { body, connection } => {
                if let Poll::Ready(chunk) = poll_data(body, context) {
                    return Poll::Ready(chunk);
                }
                drive(connection, context);
                poll_data(body, context)
            }
            State::Raw { early, direct, .. } => match early.next() {
                Some(bytes) => Poll::Ready(Some(Ok(bytes))),
                None => direct.poll_chunk(context).map_err(|error| Failed::wrap(&error)),
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

async fn connect(
    url: &Url,
    addresses: &[IpAddr],
    tls: &Arc<rustls::ClientConfig>,
    pace: Pace,
) -> io::Result<Box<dyn Line>> {
    let port = url.port_or_known_default().unwrap_or_default();
    let stream = dial(addresses.iter().map(|address| SocketAddr::new(*address, port))).await?;
    let stream = Tap::new(stream, pace);
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
