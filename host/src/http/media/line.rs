//! What the bytes of a body travel on, read from directly: pieces as large as what has come.

use std::io;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::client::TlsStream;

use super::buffers::Buffers;
use super::tap::{self, Tap};

/// A read of the socket: small while little comes, so that many slow streams need little memory.
const LEAST_READ: usize = 16 << 10;
const MOST_READ: usize = 512 << 10;

/// A piece that fills no more than this part of its buffer is copied out of it: whoever holds it for long would hold all.
const LEAST_PART: usize = 4;

/// What bytes travel on.
pub(super) trait Line: AsyncRead + AsyncWrite + Send + Unpin {
    /// Reads behind what the vector holds, up to its capacity.
    fn poll_fill(&mut self, context: &mut Context<'_>, into: &mut Vec<u8>) -> Poll<io::Result<usize>>;
}

impl Line for Tap {
    fn poll_fill(&mut self, context: &mut Context<'_>, into: &mut Vec<u8>) -> Poll<io::Result<usize>> {
        Tap::poll_fill(self, context, into)
    }
}

impl Line for TlsStream<Tap> {
    fn poll_fill(&mut self, context: &mut Context<'_>, into: &mut Vec<u8>) -> Poll<io::Result<usize>> {
        tap::poll_fill(self, context, into)
    }
}

/// A body that is read from its line without anybody between.
pub(super) struct Direct {
    line: Box<dyn Line>,
    buffers: Arc<Buffers>,
    /// What the last piece stands in.
    lent: Option<Bytes>,
    next: usize,
    /// Bytes until its end; none where the line's end is the body's.
    left: Option<u64>,
}

impl Direct {
    pub(super) fn new(line: Box<dyn Line>, buffers: Arc<Buffers>, left: Option<u64>) -> Direct {
        Direct { line, buffers, lent: None, next: LEAST_READ, left }
    }

    /// The next bytes; none at the end.
    pub(super) fn poll_chunk(&mut self, context: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        if self.left == Some(0) {
            return Poll::Ready(None);
        }
        self.spent();
        let mut buffer = self.buffers.take(self.next);
        match self.line.poll_fill(context, &mut buffer) {
            Poll::Ready(Ok(1..)) => Poll::Ready(Some(Ok(self.hand_out(buffer)))),
            read => {
                self.buffers.give(buffer);
                match ready!(read) {
                    Err(error) => Poll::Ready(Some(Err(error))),
                    Ok(_) if self.left.is_some() => Poll::Ready(Some(Err(io::ErrorKind::UnexpectedEof.into()))),
                    Ok(_) => Poll::Ready(None),
                }
            }
        }
    }

    fn hand_out(&mut self, mut buffer: Vec<u8>) -> Bytes {
        let room = buffer.capacity();
        if let Some(left) = &mut self.left {
            // What stands behind the body is nobody's.
            buffer.truncate(usize::try_from(*left).unwrap_or(usize::MAX));
            *left = left.saturating_sub(u64::try_from(buffer.len()).unwrap_or(u64::MAX));
        }
        self.adapt(buffer.len(), room);
        if buffer.len() <= room / LEAST_PART {
            let piece = Bytes::copy_from_slice(&buffer);
            self.buffers.give(buffer);
            return piece;
        }
        let piece = Bytes::from(buffer);
        self.lent = Some(piece.clone());
        piece
    }

    /// Whoever got the last piece is through with it.
    pub(super) fn spent(&mut self) {
        if let Some(piece) = self.lent.take() {
            self.buffers.spent(piece);
        }
    }

    /// Twice as much next time where a read filled its room, half where it did not need a quarter.
    fn adapt(&mut self, count: usize, room: usize) {
        if count == room {
            self.next = (self.next * 2).min(MOST_READ);
        } else if count < room / LEAST_PART {
            self.next = (self.next / 2).max(LEAST_READ);
        }
    }
}
