//! The origin of the bench: one thread, one stream in memory, sent to everybody at its own pace. Knows nothing of who
//! listens.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use lyrebird_tests::broadcast;

/// Streams are served in so many groups, one after the other within a tick.
const PHASES: u64 = 10;
/// How much of the stream there is: longer than any round.
const LASTS: Duration = Duration::from_secs(150);
/// Type, size, time, stream.
const TAG_HEAD: usize = 11;
/// The size that follows each tag.
const TAIL: usize = 4;
/// The file's header, with the first such size.
const FILE_HEAD: usize = 13;

/// Somebody who listens.
struct Listener {
    stream: TcpStream,
    since: Instant,
    /// What he has got.
    sent: usize,
}

/// Says its port, then serves until its stdin is closed.
pub(super) fn serve(mbit: f64, tick_ms: u64) {
    let kbit = (mbit * 1_000.0) as usize;
    let bytes = broadcast::of_rate(kbit * 125 * LASTS.as_secs() as usize, kbit);
    let times = times(&bytes);
    let socket = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    println!("{}", socket.local_addr().unwrap().port());
    let (came, coming) = channel();
    thread::spawn(move || {
        for stream in socket.incoming().flatten() {
            if let Ok(listener) = greet(stream)
                && came.send(listener).is_err()
            {
                return;
            }
        }
    });
    thread::spawn(move || play(&bytes, &times, &coming, tick_ms));
    std::io::stdin().read_to_end(&mut Vec::new()).ok();
}

fn greet(mut stream: TcpStream) -> std::io::Result<Listener> {
    let mut request = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    while request.read_line(&mut line)? > 2 {
        line.clear();
    }
    stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: video/x-flv\r\nConnection: close\r\n\r\n")?;
    stream.set_nodelay(true)?;
    stream.set_nonblocking(true)?;
    Ok(Listener { stream, since: Instant::now(), sent: 0 })
}

/// Where the stream stands at each time: offset behind the last tag of it.
fn times(bytes: &[u8]) -> Vec<(u32, usize)> {
    let mut times: Vec<(u32, usize)> = Vec::new();
    let mut at = FILE_HEAD;
    while at + TAG_HEAD <= bytes.len() {
        let three = |from: usize| u32::from_be_bytes([0, bytes[from], bytes[from + 1], bytes[from + 2]]);
        let time = three(at + 4) | (u32::from(bytes[at + 7]) << 24);
        at += TAG_HEAD + three(at + 1) as usize + TAIL;
        if at > bytes.len() {
            break;
        }
        match times.last_mut() {
            Some(last) if last.0 >= time => last.1 = at,
            _ => times.push((time, at)),
        }
    }
    times
}

/// Sends to each what has become due, each tick, one group after the other.
fn play(bytes: &[u8], times: &[(u32, usize)], coming: &Receiver<Listener>, tick_ms: u64) {
    let mut groups: Vec<Vec<Listener>> = (0..PHASES).map(|_| Vec::new()).collect();
    let (begin, step) = (Instant::now(), Duration::from_micros(tick_ms * 1000 / PHASES));
    let mut next_group = 0;
    for number in 1_u32.. {
        let group = number as usize % groups.len();
        groups[group].retain_mut(|listener| give(listener, bytes, times));
        for listener in coming.try_iter() {
            next_group = (next_group + 1) % groups.len();
            groups[next_group].push(listener);
        }
        thread::sleep((begin + step * number).saturating_duration_since(Instant::now()));
    }
}

/// Whether he is still there.
fn give(listener: &mut Listener, bytes: &[u8], times: &[(u32, usize)]) -> bool {
    let passed = listener.since.elapsed().as_millis() as u32;
    let due = times.partition_point(|(time, _)| *time <= passed);
    let until = due.checked_sub(1).map_or(0, |last| times[last].1);
    while listener.sent < until {
        match listener.stream.write(&bytes[listener.sent..until]) {
            Ok(0) => return false,
            Ok(sent) => listener.sent += sent,
            // He is slow: the rest comes with the next tick.
            Err(error) if error.kind() == ErrorKind::WouldBlock => return true,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return false,
        }
    }
    true
}
