use super::*;

#[test]
fn what_one_is_through_with_the_next_gets() {
    let buffers = Buffers::default();
    let place = |buffer: &Vec<u8>| buffer.as_ptr().addr();
    let mut buffer = buffers.take(16 << 10);
    buffer.extend_from_slice(b"abc");
    let first = place(&buffer);
    let piece = Bytes::from(buffer);
    let held = piece.clone();
    buffers.spent(piece);
    let other = buffers.take(16 << 10);
    assert_ne!(place(&other), first, "somebody holds it");
    buffers.spent(held);
    assert_ne!(place(&buffers.take(32 << 10)), first, "another size");
    let again = buffers.take(16 << 10);
    assert_eq!((place(&again), again.len(), again.capacity()), (first, 0, 16 << 10));
}

#[test]
fn no_more_are_kept_than_are_of_use() {
    let buffers = Buffers::default();
    (0..100).map(|_| Vec::with_capacity(256 << 10)).collect::<Vec<_>>().into_iter().for_each(|one| buffers.give(one));
    assert_eq!(buffers.0.lock().unwrap().bytes, MOST_KEPT);
}
