//! Any bytes as a file: salvage and inspection never panic, do not depend on chunks, and what was salvaged is a file
//! that is taken as it is.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use lyrebird_flv::inspect::{Inspector, Report};
use lyrebird_flv::{Recovery, Salvage, Salvaged};
use lyrebird_flv_fuzz::{Plan, files, play};

fuzz_target!(|input: &[u8]| {
    let plan = Plan::of(input);
    let whole = [Bytes::copy_from_slice(input)];
    assert_eq!(inspected(&whole), inspected(&plan.chunks(input)), "the report depends on the chunks");
    // Files of ours, cut off and damaged as the plan says, beside the input itself.
    let (ours, _) = files(&play([whole.to_vec()], &plan).steps);
    for file in [input].into_iter().chain(ours.iter().map(|file| file.bytes.as_slice())) {
        let cut = file.len() - file.len() * usize::from(plan.overlap) / 256;
        salvages(&file[..cut], &plan);
    }
});

fn inspected(chunks: &[Bytes]) -> Option<Report> {
    let mut inspector = Inspector::new();
    for chunk in chunks {
        inspector.push(chunk.clone());
        while inspector.next().ok()?.is_some() {}
    }
    while inspector.finish().ok()?.is_some() {}
    Some(inspector.report())
}

fn salvages(file: &[u8], plan: &Plan) {
    let Some(salvaged) = salvaged(&[Bytes::copy_from_slice(file)]) else { return };
    let chunked = self::salvaged(&plan.chunks(file)).expect("salvage depends on the chunks");
    assert_eq!(format!("{salvaged:?}"), format!("{chunked:?}"), "salvage depends on the chunks");
    let whole = usize::try_from(salvaged.whole_bytes).expect("a size");
    let end = whole - salvaged.tail.len();
    assert!(end <= file.len());
    let Some(head) = &salvaged.head else { return };
    let mended = [&head[..], &file[head.len()..end], &salvaged.tail].concat();
    let again = self::salvaged(&[Bytes::from(mended)]).expect("what was salvaged is ours");
    assert_eq!((again.whole_bytes, again.broken_bytes), (salvaged.whole_bytes, 0));
    assert_eq!((again.head, again.tags), (salvaged.head, salvaged.tags));
}

fn salvaged(chunks: &[Bytes]) -> Option<Salvaged> {
    let mut recovery = Recovery::new();
    chunks.iter().for_each(|chunk| recovery.push(chunk.clone()));
    match recovery.finish() {
        Salvage::Media(salvaged) => Some(salvaged),
        Salvage::Nothing | Salvage::Foreign => None,
    }
}
