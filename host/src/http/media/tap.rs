//! The socket below a media connection, TLS and HTTP on top of it. It wakes its reader with every packet, or it rests:
//! then nobody is woken, and what comes waits in the kernel until the reader looks.
//!
//! A stream in real time comes in some dozen small pieces a second. To be woken for each costs more than all that is done
//! with them.

use std::io;
use std::net::TcpStream as Blocking;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::task::{Context, Poll, ready};

use rustix::buffer::spare_capacity;
use rustix::io::Errno;
use rustix::net::sockopt;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// Woken by what comes.
const WOKEN: u8 = 0;
/// Not woken, and nothing is read.
const RESTS: u8 = 1;
/// Not woken, and what has come is read until nothing is left.
const LOOKS: u8 = 2;

/// What the kernel has room for grows with what is taken out of it at once. Where it stays so small that a look finds a
/// third of it used, for so many looks, the sender is being held up.
const NARROW_LOOKS: u8 = 10;
const NARROW_PART: usize = 3;

/// So many reads in a row that fill their room, and more comes than is taken. To be told of each packet of it, too, costs
/// as much as its engine: a thread that waits for news is woken all the time, and has none for anybody.
const FULL_READS: u8 = 8;

/// The reader's word to the socket, and the socket's to him, through all layers between them.
#[derive(Clone, Debug, Default)]
pub(super) struct Pace(Arc<Words>);

#[derive(Debug, Default)]
struct Words {
    pace: AtomicU8,
    narrow: AtomicBool,
}

impl Pace {
    /// From now on nobody is woken.
    pub(super) fn rest(&self) {
        self.0.pace.store(RESTS, Ordering::Release);
    }

    /// Reads what has come by now, if the socket rests.
    pub(super) fn look(&self) {
        let _ = self.0.pace.compare_exchange(RESTS, LOOKS, Ordering::AcqRel, Ordering::Acquire);
    }

    /// From now on each packet wakes the reader. He must ask once, or nothing ever will.
    pub(super) fn wake(&self) {
        self.0.pace.store(WOKEN, Ordering::Release);
    }

    /// Whether resting has held the sender up.
    pub(super) fn is_narrow(&self) -> bool {
        self.0.narrow.load(Ordering::Acquire)
    }

    fn now(&self) -> u8 {
        self.0.pace.load(Ordering::Acquire)
    }

    fn seen_all(&self) {
        let _ = self.0.pace.compare_exchange(LOOKS, RESTS, Ordering::AcqRel, Ordering::Acquire);
    }
}

/// The socket.
pub(super) struct Tap {
    socket: Socket,
    pace: Pace,
    /// What this look has found so far.
    found: usize,
    /// What the kernel has room for, as far as it had to be asked.
    room: usize,
    narrow_looks: u8,
    /// How many reads in a row have filled their room.
    full_reads: u8,
}

enum Socket {
    /// The runtime is told of what comes.
    Told(TcpStream),
    /// It is not.
    Untold(Blocking),
    /// It could not be handed from the one to the other.
    Lost,
}

impl Tap {
    pub(super) fn new(socket: TcpStream, pace: Pace) -> Tap {
        Tap { socket: Socket::Told(socket), pace, found: 0, room: 0, narrow_looks: 0, full_reads: 0 }
    }

    /// The socket as the runtime knows it.
    fn told(&mut self) -> io::Result<&mut TcpStream> {
        if matches!(self.socket, Socket::Untold(_))
            && let Socket::Untold(socket) = std::mem::replace(&mut self.socket, Socket::Lost)
        {
            self.socket = Socket::Told(TcpStream::from_std(socket)?);
        }
        match &mut self.socket {
            Socket::Told(socket) => Ok(socket),
            _ => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    /// The socket without the runtime.
    fn untold(&mut self) -> io::Result<&Blocking> {
        if matches!(self.socket, Socket::Told(_))
            && let Socket::Told(socket) = std::mem::replace(&mut self.socket, Socket::Lost)
        {
            self.socket = Socket::Untold(socket.into_std()?);
        }
        match &self.socket {
            Socket::Untold(socket) => Ok(socket),
            _ => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    /// Reads without the runtime, as the pace says.
    fn look(&mut self, read: impl FnOnce(&Blocking) -> Result<usize, Errno>) -> Poll<io::Result<usize>> {
        let looks = self.pace.now() == LOOKS;
        let socket = self.untold()?;
        if !looks {
            return Poll::Pending;
        }
        match read(socket) {
            Ok(count) => {
                self.found = self.found.saturating_add(count);
                Poll::Ready(Ok(count))
            }
            Err(Errno::AGAIN | Errno::INTR) => {
                self.seen_all();
                Poll::Pending
            }
            Err(error) => Poll::Ready(Err(error.into())),
        }
    }

    /// The look is over.
    fn seen_all(&mut self) {
        let used = std::mem::take(&mut self.found).saturating_mul(NARROW_PART);
        if used > self.room
            && let Socket::Untold(socket) = &self.socket
        {
            self.room = sockopt::socket_recv_buffer_size(socket).unwrap_or(usize::MAX);
        }
        self.narrow_looks = if used > self.room { self.narrow_looks.saturating_add(1) } else { 0 };
        if self.narrow_looks >= NARROW_LOOKS {
            self.pace.0.narrow.store(true, Ordering::Release);
        }
        self.pace.seen_all();
    }

    /// Reads at once as long as every read is full, else waits to be woken.
    fn poll_woken(&mut self, context: &mut Context<'_>, into: &mut Vec<u8>) -> Poll<io::Result<usize>> {
        if self.full_reads >= FULL_READS {
            let turn = ready!(tokio::task::coop::poll_proceed(context));
            match rustix::io::read(self.untold()?, spare_capacity(into)) {
                Err(Errno::AGAIN | Errno::INTR) => {}
                read => {
                    turn.made_progress();
                    return Poll::Ready(Ok(read?));
                }
            }
        }
        poll_fill(self, context, into)
    }

    /// Reads behind what the vector holds, up to its capacity.
    pub(super) fn poll_fill(&mut self, context: &mut Context<'_>, into: &mut Vec<u8>) -> Poll<io::Result<usize>> {
        let room = into.capacity() - into.len();
        if self.pace.now() == WOKEN {
            let read = ready!(self.poll_woken(context, into))?;
            self.full_reads = if read == room { self.full_reads.saturating_add(1) } else { 0 };
            return Poll::Ready(Ok(read));
        }
        let read = self.look(|socket| rustix::io::read(socket, spare_capacity(into)))?;
        if let Poll::Ready(count) = read
            && count < room
        {
            // The kernel gives all that it has.
            self.seen_all();
        }
        read.map(Ok)
    }
}

/// The same of whatever reads.
pub(super) fn poll_fill<R: AsyncRead + Unpin + ?Sized>(
    from: &mut R,
    context: &mut Context<'_>,
    into: &mut Vec<u8>,
) -> Poll<io::Result<usize>> {
    let read = tokio::io::AsyncReadExt::read_buf(from, into);
    std::pin::pin!(read).poll(context)
}

impl AsyncRead for Tap {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.pace.now() == WOKEN {
            return Pin::new(self.told()?).poll_read(context, into);
        }
        let read = self.look(|socket| rustix::io::read(socket, into.initialize_unfilled()))?;
        read.map(|count| {
            into.advance(count);
            Ok(())
        })
    }
}

impl AsyncWrite for Tap {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        // Nothing but TLS ever writes below a body, and hardly ever.
        Pin::new(self.told()?).poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        // A socket holds nothing back.
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(self.told()?).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests;
