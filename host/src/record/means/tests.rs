use std::pin::Pin;
use std::task::{Context, Waker};

use super::*;

const MIB: u64 = 1 << 20;

fn group(left_mib: u64, limit_mib: u64) -> Memory {
    Memory { left: left_mib * MIB, limit: limit_mib * MIB, whose: Whose::Group }
}

/// What is short when so many descriptors are there beyond the reserve.
fn short(files: usize, memory: Option<Memory>, was_short: bool) -> Option<&'static str> {
    Left { files, memory }.want(was_short).map(|want| want.of)
}

#[test]
fn what_runs_keeps_its_part() {
    assert_eq!(short(6, None, false), None);
    assert_eq!(short(5, None, false), Some("files"));
    // 16 MiB of 64, 64 MiB of all that is more than half a GiB.
    assert_eq!(short(99, Some(group(18, 64)), false), None);
    assert_eq!(short(99, Some(group(17, 64)), false), Some("memory"));
    assert_eq!(short(99, Some(group(65, 1 << 14)), false), Some("memory"));
    assert_eq!(short(99, Some(group(66, 1 << 14)), false), None);
}

#[test]
fn what_was_short_is_so_until_there_is_enough_for_some() {
    assert_eq!(short(23, None, true), Some("files"));
    assert_eq!(short(24, Some(group(23, 64)), true), Some("memory"));
    assert_eq!(short(24, Some(group(24, 64)), true), None);
}

#[test]
fn those_that_begin_at_once_are_counted() {
    let left = Left { files: 30, memory: Some(group(24, 64)) };
    assert_eq!([1, 4, 5].map(|count| left.is_enough_for(count)), [true, true, false]);
    assert!(!Left { memory: None, ..left }.is_enough_for(6));
}

#[test]
fn the_reason_says_how_much_is_left_of_what() {
    let memory = Memory { left: 20 * MIB, limit: 2_048 * MIB, whose: Whose::Machine };
    let why = Left { files: 99, memory: Some(memory) }.want(false).unwrap().why;
    assert_eq!(why, "20 MiB of the machine's 2.00 GiB memory is left, which is kept for the recordings that run");
}

#[test]
fn whoever_waits_is_told_when_there_is_enough_again() {
    let means = Means::default();
    let left = |mib| Left { files: 99, memory: Some(group(mib, 64)) };
    let mut waits = [means.back(), means.back()].map(Box::pin);
    for mib in [17, 23] {
        means.judge(means.seen(), &left(mib));
        assert!(waits.iter_mut().all(|wait| !is_over(wait.as_mut())), "{mib} MiB are too few");
    }
    means.judge(means.seen(), &left(24));
    assert!(waits.iter_mut().all(|wait| is_over(wait.as_mut())));
    // Nothing was short: nothing is back.
    let mut next = Box::pin(means.back());
    means.judge(means.seen(), &left(30));
    assert!(!is_over(next.as_mut()));
}

fn is_over(wait: Pin<&mut impl Future<Output = ()>>) -> bool {
    wait.poll(&mut Context::from_waker(Waker::noop())).is_ready()
}
