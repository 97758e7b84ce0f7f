//! Any bytes as script data: reading never panics, what was read and written again reads the same, and what is kept of
//! metadata stands unchanged in the head of a file.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lyrebird_flv::script::{Script, Value, write_value};
use lyrebird_flv::{Cut, CutReason, Facts, Metadata, Segment};

/// FLV header, first PreviousTagSize and the header of the metadata's tag.
const BEFORE: usize = 9 + 4 + 11;
/// Its PreviousTagSize.
const BEHIND: usize = 4;

fuzz_target!(|input: &[u8]| {
    let Ok(script) = Script::read(input) else { return };
    let once = written(&script);
    let again = Script::read(&once).expect("what we wrote can be read");
    assert!(again.whole, "what we wrote is broken");
    assert_eq!(once, written(&again), "what we wrote reads differently");
    let Ok(Some(metadata)) = Metadata::parse(input) else { return };
    let head = Segment::open(&Cut {
        why: CutReason::Start,
        metadata: metadata.clone(),
        facts: Facts::default(),
        has_video: input.len() % 2 == 0,
        has_audio: true,
    })
    .head();
    let kept = Metadata::parse(&head[BEFORE..head.len() - BEHIND]).expect("a name").expect("onMetaData");
    assert!(kept.is_whole());
    assert_eq!(
        (kept.len(), format!("{kept:?}")),
        (metadata.len(), format!("{metadata:?}").replace("whole: false", "whole: true"))
    );
});

fn written(script: &Script<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_value(&Value::String(script.name), &mut bytes);
    script.values.iter().for_each(|value| write_value(value, &mut bytes));
    bytes
}
