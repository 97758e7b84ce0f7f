//! What a dark room takes of the memory: thousands of them are watched by one program.

use super::*;

/// Bytes of the future that a function gives.
fn held<A, B, F>(_: impl FnOnce(A, B) -> F) -> usize {
    size_of::<F>()
}

#[test]
fn a_dark_room_takes_little_memory() {
    let parts = [
        ("state", size_of::<Hand>(), 384),
        ("machine", size_of::<Room>(), 96),
        ("task", held(Hand::run), 448),
        ("question", held(Hand::checked), 160),
    ];
    for (part, bytes, most) in parts {
        assert!(bytes <= most, "{part}: {bytes} bytes, {most} at most");
    }
}
