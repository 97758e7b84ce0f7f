use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

use super::*;

/// The reader's end and the sender's; the kernel keeps so much for the reader, or what it likes.
async fn pair(room: Option<usize>) -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let reader = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    if let Some(room) = room {
        sockopt::set_socket_recv_buffer_size(&reader, room).unwrap();
    }
    (reader, listener.accept().await.unwrap().0)
}

/// What one look finds.
fn look(tap: &mut Tap, pace: &Pace) -> usize {
    let mut context = Context::from_waker(std::task::Waker::noop());
    let mut found = Vec::with_capacity(1 << 20);
    pace.look();
    while let Poll::Ready(count) = tap.poll_fill(&mut context, &mut found) {
        assert!(count.unwrap() > 0, "the sender is there");
    }
    found.len()
}

#[tokio::test]
async fn what_comes_waits_for_a_look() {
    let (reader, mut sender) = pair(None).await;
    let pace = Pace::default();
    let mut tap = Tap::new(reader, pace.clone());
    pace.rest();
    sender.write_all(b"abc").await.unwrap();
    let mut into = Vec::with_capacity(10);
    let read = std::future::poll_fn(|context| tap.poll_fill(context, &mut into));
    tokio::time::timeout(std::time::Duration::from_millis(50), read).await.unwrap_err();
    assert_eq!([look(&mut tap, &pace), look(&mut tap, &pace)], [3, 0]);
    pace.wake();
    sender.write_all(b"defg").await.unwrap();
    assert_eq!(std::future::poll_fn(|context| tap.poll_fill(context, &mut into)).await.unwrap(), 4);
    pace.rest();
    drop(sender);
    pace.look();
    assert_eq!(std::future::poll_fn(|context| tap.poll_fill(context, &mut into)).await.unwrap(), 0);
}

#[tokio::test]
async fn a_kernel_that_has_too_little_room_is_noticed() {
    for (room, narrow) in [(Some(4 << 10), true), (None, false)] {
        let (reader, mut sender) = pair(room).await;
        let pace = Pace::default();
        let mut tap = Tap::new(reader, pace.clone());
        pace.rest();
        for _ in 0..NARROW_LOOKS {
            assert!(!pace.is_narrow());
            sender.write_all(&[7; 4_000]).await.unwrap();
            assert!(look(&mut tap, &pace) > 0);
        }
        assert_eq!(pace.is_narrow(), narrow, "{room:?}");
    }
}

/// More comes than is taken: the runtime is not told of it. When it is no more, the reader is woken again.
#[tokio::test]
async fn what_comes_faster_than_it_is_read_is_read_without_being_told_of() {
    let (reader, mut sender) = pair(None).await;
    let mut tap = Tap::new(reader, Pace::default());
    let sent = tokio::spawn(async move {
        sender.write_all(&[7; 64 << 10]).await.unwrap();
        sender
    });
    let mut told = Vec::new();
    let mut read = async |room: usize| {
        let mut into = Vec::with_capacity(room);
        let count = std::future::poll_fn(|context| tap.poll_fill(context, &mut into)).await.unwrap();
        told.push(matches!(tap.socket, Socket::Told(_)));
        count
    };
    let mut sender = sent.await.unwrap();
    for _ in 0..usize::from(FULL_READS) + 2 {
        assert_eq!(read(1 << 10).await, 1 << 10);
    }
    let mut left = (64 << 10) - ((usize::from(FULL_READS) + 2) << 10);
    while left > 0 {
        left -= read(60 << 10).await;
    }
    // Nothing is there: who reads waits.
    let late = tokio::spawn(async move {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        sender.write_all(b"abc").await.unwrap();
    });
    assert_eq!(read(10).await, 3);
    late.await.unwrap();
    assert_eq!(read(10).await, 0, "the end");
    let (first, rest) = told.split_at(usize::from(FULL_READS));
    assert!(first.iter().all(|told| *told) && !rest[0] && !rest[1], "{told:?}");
    assert!(told[told.len() - 2..].iter().all(|told| *told), "{told:?}");
}
