//! Carries an answer out on one connection.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::answer::{Answer, At, Body, Fault, Framing, How, Quirk};
use super::{Connection, Leash, Request, Sent, Shared};
use crate::feed::Listener;
use crate::flv::{HEAD, Tag};

/// A client that sends no whole request within this time is no client of a test.
const REQUEST_LIMIT: Duration = Duration::from_secs(10);
/// Longest head of a request.
const MOST_HEAD: usize = 64 << 10;
/// Longest body of a request.
const MOST_BODY: usize = 1 << 20;
/// How long a pulled connection waits for a tag to break off in.
const PULL_LIMIT: Duration = Duration::from_millis(500);
/// A stalled connection is given up when the client has not left after this time.
const STALL_LIMIT: Duration = Duration::from_secs(120);
/// How often a slow body gets its next bytes.
const SLOW_STEP: Duration = Duration::from_millis(100);

pub(super) async fn connection(mut stream: TcpStream, shared: Arc<Shared>) {
    let Ok(Ok(request)) = tokio::time::timeout(REQUEST_LIMIT, read_request(&mut stream)).await else { return };
    let path = request.target().split('?').next().unwrap_or("/").to_owned();
    let answer = shared.answer(&path, &request);
    let index = shared.note(Connection {
        path,
        request: request.head,
        status: answer.status,
        came: shared.started.elapsed(),
        ..Connection::default()
    });
    let mut wire = Wire { stream, framing: answer.framing, pace: answer.bytes_per_second, shared, index, bytes: 0 };
    // A client may leave at any time; that is its right.
    let left = wire.carry_out(answer).await.is_err();
    let ended = wire.shared.started.elapsed();
    wire.shared.update(index, |connection| (connection.ended, connection.left) = (Some(ended), left));
}

async fn read_request(stream: &mut TcpStream) -> io::Result<Request> {
    let mut bytes = Vec::new();
    let head_end = loop {
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break at + 4;
        }
        read_more(stream, &mut bytes, MOST_HEAD).await?;
    };
    let text = String::from_utf8_lossy(&bytes[..head_end]);
    let head: Vec<String> = text.split("\r\n").filter(|line| !line.is_empty()).map(str::to_owned).collect();
    let length = head.iter().filter_map(|line| line.split_once(':'));
    let mut length = length.filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let length: usize = length.next_back().and_then(|(_, value)| value.trim().parse().ok()).unwrap_or(0);
    while bytes.len() < head_end + length {
        read_more(stream, &mut bytes, MOST_HEAD + MOST_BODY).await?;
    }
    Ok(Request { head, body: bytes.split_off(head_end) })
}

async fn read_more(stream: &mut TcpStream, bytes: &mut Vec<u8>, most: usize) -> io::Result<()> {
    let mut buffer = [0; 4096];
    let got = stream.read(&mut buffer).await?;
    if got == 0 || bytes.len() > most {
        return Err(io::ErrorKind::InvalidData.into());
    }
    bytes.extend_from_slice(&buffer[..got]);
    Ok(())
}

struct Wire {
    stream: TcpStream,
    framing: Framing,
    pace: Option<u64>,
    shared: Arc<Shared>,
    index: usize,
    bytes: u64,
}

impl Wire {
    async fn carry_out(&mut self, answer: Answer) -> io::Result<()> {
        tokio::time::sleep(answer.after).await;
        if let Some(how) = answer.dies {
            return self.fail(how).await;
        }
        let mut head = format!("HTTP/1.1 {} Whatever\r\nConnection: close\r\n", answer.status);
        for (name, value) in &answer.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        match self.framing {
            Framing::Chunked => head.push_str("Transfer-Encoding: chunked\r\n"),
            Framing::Length(length) => head.push_str(&format!("Content-Length: {length}\r\n")),
            Framing::UntilClose => {}
        }
        head.push_str("\r\n");
        self.stream.write_all(head.as_bytes()).await?;
        let failed = match answer.body {
            Body::Bytes(bytes, times) => self.send_bytes(&bytes, times, answer.fault).await?,
            Body::Live(feed, join) => {
                let leash = answer.leash.unwrap_or_default();
                self.send_feed(&mut feed.listen(join), answer.fault, answer.quirk, leash).await?
            }
        };
        match failed {
            Some(how) => self.fail(how).await,
            None => self.finish().await,
        }
    }

    /// Sends the body up to its end or its fault.
    async fn send_bytes(&mut self, bytes: &Bytes, times: u64, fault: Option<Fault>) -> io::Result<Option<How>> {
        for _ in 0..times {
            if let Some(Fault { at: At::Byte(limit), how, .. }) = fault
                && self.bytes + bytes.len() as u64 > limit
            {
                let part = usize::try_from(limit - self.bytes).unwrap();
                self.send(&bytes[..part]).await?;
                return Ok(Some(how));
            }
            self.send(bytes).await?;
        }
        Ok(None)
    }

    async fn send_feed(
        &mut self,
        listener: &mut Listener,
        fault: Option<Fault>,
        quirk: Option<(usize, Quirk)>,
        leash: Leash,
    ) -> io::Result<Option<How>> {
        let mut sent = 0;
        let mut first_ms = None;
        let mut pulled = leash.watch();
        self.send(&HEAD).await?;
        loop {
            let tag = tokio::select! {
                biased;
                how = pulled.next() => return self.break_off(listener, how).await,
                tag = listener.next() => tag,
            };
            let Some(tag) = tag else { return Ok(None) };
            let begin = *first_ms.get_or_insert(tag.time_ms);
            let passed = Duration::from_millis(u64::from(tag.time_ms.saturating_sub(begin)));
            if let Some(fault) = fault.filter(|fault| is_due(fault.at, sent, passed, self.bytes)) {
                if fault.in_tag {
                    self.send_half(&tag.encode()).await?;
                }
                return Ok(Some(fault.how));
            }
            match quirk.filter(|(at, _)| *at == sent) {
                None => self.send_tag(&tag).await?,
                Some((_, quirk)) => self.send_quirk(&tag, quirk).await?,
            }
            sent += 1;
        }
    }

    /// Stops in the middle of the next tag; where none comes soon, between two.
    async fn break_off(&mut self, listener: &mut Listener, how: How) -> io::Result<Option<How>> {
        if let Ok(Some(tag)) = tokio::time::timeout(PULL_LIMIT, listener.next()).await {
            self.send_half(&tag.encode()).await?;
        }
        Ok(Some(how))
    }

    async fn send_tag(&mut self, tag: &Tag) -> io::Result<()> {
        self.send_as(tag, &tag.encode()).await
    }

    /// Sends a tag in bytes that may lie about it.
    async fn send_as(&mut self, tag: &Tag, bytes: &[u8]) -> io::Result<()> {
        self.send(bytes).await?;
        let now = self.shared.started.elapsed();
        self.shared.update(self.index, |connection| {
            connection.tags.push(Sent::from(tag));
            connection.sent_at.push(now);
        });
        Ok(())
    }

    async fn send_quirk(&mut self, tag: &Tag, quirk: Quirk) -> io::Result<()> {
        let mut bytes = tag.encode();
        match quirk {
            Quirk::Pauses(lasts) => {
                tokio::time::sleep(lasts).await;
                return self.send_tag(tag).await;
            }
            Quirk::LiesBehind => *bytes.last_mut().unwrap() ^= 0x40,
            Quirk::LiesAbout => bytes[3] ^= 0x04,
        }
        self.shared.update(self.index, |connection| connection.lies.push(connection.tags.len()));
        self.send_as(tag, &bytes).await
    }

    async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        if matches!(self.framing, Framing::Chunked) {
            self.stream.write_all(format!("{:x}\r\n", bytes.len()).as_bytes()).await?;
        }
        match self.pace {
            None => self.stream.write_all(bytes).await?,
            Some(pace) => {
                let step = usize::try_from(pace / 10).unwrap().max(1);
                for piece in bytes.chunks(step) {
                    self.stream.write_all(piece).await?;
                    tokio::time::sleep(SLOW_STEP).await;
                }
            }
        }
        if matches!(self.framing, Framing::Chunked) {
            self.stream.write_all(b"\r\n").await?;
        }
        self.bytes += bytes.len() as u64;
        let total = self.bytes;
        self.shared.update(self.index, |connection| connection.bytes = total);
        Ok(())
    }

    /// A chunk that promises the whole tag and carries half of it.
    async fn send_half(&mut self, bytes: &[u8]) -> io::Result<()> {
        if matches!(self.framing, Framing::Chunked) {
            self.stream.write_all(format!("{:x}\r\n", bytes.len()).as_bytes()).await?;
        }
        self.stream.write_all(&bytes[..bytes.len() / 2]).await
    }

    async fn finish(&mut self) -> io::Result<()> {
        if matches!(self.framing, Framing::Chunked) {
            self.stream.write_all(b"0\r\n\r\n").await?;
        }
        self.stream.shutdown().await
    }

    async fn fail(&mut self, how: How) -> io::Result<()> {
        match how {
            How::Close => self.stream.shutdown().await,
            How::Reset => {
                // What is still on its way would be thrown away by the reset, and nobody could say what was lost.
                tokio::time::sleep(Duration::from_millis(300)).await;
                self.stream.set_zero_linger()
            }
            How::Stall => {
                let mut nothing = [0; 64];
                let left = async { while self.stream.read(&mut nothing).await.is_ok_and(|got| got > 0) {} };
                tokio::time::timeout(STALL_LIMIT, left).await.ok();
                Ok(())
            }
        }
    }
}

fn is_due(at: At, sent: usize, passed: Duration, bytes: u64) -> bool {
    match at {
        At::Tag(tags) => sent >= tags,
        At::Media(media) => passed >= media,
        At::Byte(limit) => bytes >= limit,
    }
}
