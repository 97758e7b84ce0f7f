//! Any text as a tape: reading never panics, what is taken is read again as it is written, and what is wrong has a line.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lyrebird::plugin::fuzzing::tape;
use lyrebird_fuzz::keep;

const SEEDS: [&str; 5] = [
    include_str!("../../../plugins/bilibili/tapes/live.tape.jsonl"),
    include_str!("../../../plugins/bilibili/tapes/risk-control.tape.jsonl"),
    include_str!("../../../plugins/bilibili/tapes/share-link.tape.jsonl"),
    include_str!("../../../plugins/bilibili-dynamic/tapes/announced.tape.jsonl"),
    include_str!("../../../plugins/direct/tapes/live.tape.jsonl"),
];

fuzz_target!(
    init: keep(SEEDS),
    |input: &[u8]| {
        match tape(&String::from_utf8_lossy(input)) {
            Ok(written) => assert_eq!(tape(&written).as_ref(), Ok(&written), "it is another when it is read again"),
            Err(why) => assert!(why.starts_with("line ") || why.starts_with("it has no line"), "{why}"),
        }
    }
);
