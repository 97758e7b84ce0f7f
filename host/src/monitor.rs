//! The head: what to do about each room, and when.

pub mod desk;
pub mod ledger;
pub mod pace;
pub mod room;
pub mod watch;

/// Any number, evenly spread: the low bits of a fresh UUID are random.
fn dice() -> u16 {
    let low = uuid::Uuid::now_v7().as_u128() & u128::from(u16::MAX);
    u16::try_from(low).unwrap_or_default()
}
