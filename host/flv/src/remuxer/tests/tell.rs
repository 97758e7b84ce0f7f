//! The time that a note is told with.

use crate::remuxer::{Options, Step};

/// Each cut, and each note with its time.
fn told(input: &str) -> Vec<String> {
    let line = |step: Step| match step {
        Step::Cut(cut) => Some(cut.why.name().to_owned()),
        Step::Note(note) => Some(format!("{} at {}", note.kind.name(), note.at_ms)),
        Step::Write(_) | Step::Looping => None,
    };
    super::steps(input, Options::default()).into_iter().filter_map(line).collect()
}

#[test]
fn a_note_from_before_the_segment_has_the_segments_time() {
    let input = "V 5000 header
         V 5000 key
         V 5040
         garbage 40
         V 5080
         V 5080 header
         V 5120";
    assert_eq!(told(input), ["start", "garbage at 40", "configuration_repeated at 80"]);
}

#[test]
fn a_note_is_never_told_with_the_time_of_the_segment_before() {
    let input = "V 0 header
         A 0 header
         V 0 key
         A 0
         V 8000 key
         A 8000
         V 8040
         A 8023
         V 8080
         A 8046
         cut now
         V 8120
         garbage 40
         V 8160
         A 8069
         A 8092
         V 8200 key
         A 8120
         V 8240";
    assert_eq!(told(input), ["start", "duration", "garbage at 11", "before_key_frame at 11"]);
}

#[test]
fn without_a_segment_a_note_is_told_at_the_end() {
    assert_eq!(told("V 0 header\nV 0 header\ngarbage 40"), ["garbage at 0", "configuration_repeated at 0"]);
}
