//! Any bytes, in any chunks: the reader never panics, and chunks never change what it gives.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use lyrebird_flv::{Item, MAX_PAYLOAD};
use lyrebird_flv_fuzz::{Plan, play};

fuzz_target!(|input: &[u8]| {
    let plan = Plan::of(input);
    let whole = play(plan.connections(input).into_iter().map(|bytes| vec![Bytes::copy_from_slice(bytes)]), &plan);
    let chunked = play(plan.connections(input).into_iter().map(|bytes| plan.chunks(bytes)), &plan);
    assert_eq!(whole.items, chunked.items, "what the reader gives depends on the chunks");
    assert_eq!(whole.faults, chunked.faults);
    let mut behind = 0;
    for item in &whole.items {
        let Item::Tag(tag) = item else { continue };
        assert!(!tag.payload.is_empty() && tag.payload.len() <= MAX_PAYLOAD);
        assert!(tag.offset >= behind, "tags overlap at byte {}", tag.offset);
        behind = tag.offset + 11 + tag.payload.len() as u64;
    }
});
