//! Any bytes over one or two connections: files begin as promised, times never go back, every frame is in one file or
//! noted, in its track's order and untouched, and what was written comes out again byte for byte, without a note.
#![no_main]

use std::collections::HashMap;

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use lyrebird_flv::codec::classify;
use lyrebird_flv::{Item, Note, Tag, Track};
use lyrebird_flv_fuzz::{File, Plan, Played, files, play};

fuzz_target!(|input: &[u8]| {
    let plan = Plan::of(input);
    let played = play(plan.connections(input).into_iter().map(|bytes| vec![Bytes::copy_from_slice(bytes)]), &plan);
    let chunked = play(plan.connections(input).into_iter().map(|bytes| plan.chunks(bytes)), &plan);
    assert_eq!(played.steps, chunked.steps, "what the remuxer does depends on the chunks");
    let (files, notes) = files(&played.steps);
    nothing_is_lost(&played, &files, &notes);
    files.iter().for_each(|file| comes_out_again(file, &plan));
});

/// Each frame that the reader gave is written once, as it came, or counted in a note.
fn nothing_is_lost(played: &Played, files: &[File], notes: &[Note]) {
    let frames = |tag: &&Tag| classify(tag).is_frame();
    let read: HashMap<u64, &Tag> = played
        .items
        .iter()
        .filter_map(|item| match item {
            Item::Tag(tag) => Some((tag.offset, tag)),
            Item::Note(_) => None,
        })
        .collect();
    let written: Vec<&Tag> = files.iter().flat_map(|file| &file.tags).filter(frames).collect();
    let mut last = [None, None];
    for tag in &written {
        let came = read.get(&tag.offset).unwrap_or_else(|| panic!("no tag was read at byte {}", tag.offset));
        assert_eq!((came.track, &came.payload), (tag.track, &tag.payload), "a payload was touched");
        let last = &mut last[usize::from(tag.track == Track::Video)];
        assert!(Some(tag.offset) > *last, "the tag at byte {} left its order, or came twice", tag.offset);
        *last = Some(tag.offset);
    }
    let received = read.values().filter(|tag| frames(tag)).count() as u64;
    let missing = received - written.len() as u64;
    let noted: u64 = notes.iter().map(|note| note.tags).sum();
    assert!(noted >= missing, "{missing} frames are in no file, {noted} are noted");
}

fn comes_out_again(file: &File, plan: &Plan) {
    let again = play([vec![Bytes::from(file.bytes.clone())]], plan);
    assert!(again.faults.is_empty(), "our own file is refused: {:?}", again.faults);
    let (again, notes) = files(&again.steps);
    assert!(notes.is_empty(), "our own file is mended: {notes:?}");
    let [again] = again.as_slice() else { panic!("our own file becomes {} files", again.len()) };
    assert!(again.bytes == file.bytes, "our own file comes out different");
}
