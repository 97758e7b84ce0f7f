//! Any bytes as a file: salvage and inspection never panic and do not depend on chunks, what was salvaged is a file that
//! is taken as it is, and a file of ours is found whole, with an index that is right.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use lyrebird_flv::codec::classify;
use lyrebird_flv::inspect::{Inspector, Report};
use lyrebird_flv::{Fault, Recovery, Salvage, Salvaged};
use lyrebird_flv_fuzz::{File, Plan, files, play};

/// What our own files are free of, whatever they were made from. Jumps and changes of a codec are the sender's. That
/// times never go back is asserted of the tags: a step of 25 days looks as one back.
const NEVER_OURS: [&str; 11] = [
    "header_missing",
    "header_repeated",
    "back_pointer",
    "garbage",
    "truncated",
    "stream_id",
    "tag_skipped",
    "metadata_missing",
    "metadata_repeated",
    "metadata_filesize",
    "index",
];

fuzz_target!(|input: &[u8]| {
    let plan = Plan::of(input);
    let whole = [Bytes::copy_from_slice(input)];
    // As text: a number of the metadata that is none equals nothing, not even itself.
    let told = |chunks: &[Bytes]| format!("{:?}", inspected(chunks));
    assert_eq!(told(&whole), told(&plan.chunks(input)), "the report depends on the chunks");
    // Nothing is promised of a second salvage: bytes that the first has cut off, or made right, may be what proved, or
    // disproved, that tags stand amid damage.
    salvages(input, &plan);
    let (ours, _) = files(&play([whole.to_vec()], &plan).steps);
    for file in &ours {
        is_faultless(file);
        let whole = file.bytes.len();
        // As it is, and cut off as the plan says.
        for end in [whole, whole - whole * usize::from(plan.overlap) / 256] {
            let (found, mended) = salvages(&file.bytes[..end], &plan).unzip();
            all_is_found(file, found.as_ref(), end);
            for (found, mended) in found.iter().zip(mended.iter().flatten()) {
                asks_for_the_same(mended, found);
            }
        }
    }
});

fn inspected(chunks: &[Bytes]) -> Result<Report, Fault> {
    let mut inspector = Inspector::new();
    for chunk in chunks {
        inspector.push(chunk.clone());
        while inspector.next()?.is_some() {}
    }
    while inspector.finish()?.is_some() {}
    Ok(inspector.report())
}

fn is_faultless(file: &File) {
    let report = inspected(&[Bytes::copy_from_slice(&file.bytes)]).expect("our own file is FLV");
    let faults: Vec<_> = report.faults.iter().filter(|fault| NEVER_OURS.contains(&fault.kind)).collect();
    assert!(faults.is_empty(), "our own file has faults: {faults:?}");
    assert_eq!(report.tags, file.tags.len() as u64 + 1, "tags of our own file are not found");
}

/// Of a file of ours that ends at `end` every whole tag is found. In the body of one that was cut off more may be: it is
/// searched for tags.
fn all_is_found(file: &File, found: Option<&Salvaged>, end: usize) {
    let media: usize = file.tags.iter().map(|tag| 11 + tag.payload.len() + 4).sum();
    let mut behind = file.bytes.len() - media;
    let whole: Vec<_> = file
        .tags
        .iter()
        .take_while(|tag| {
            behind += 11 + tag.payload.len() + 4;
            behind <= end + 4
        })
        .collect();
    if !whole.iter().any(|tag| classify(tag).is_frame()) {
        return;
    }
    let found = found.expect("a file of ours with frames is media");
    assert!(found.tags >= whole.len() as u64, "{} of {} tags are found", found.tags, whole.len());
    if end == file.bytes.len() {
        assert_eq!((found.tags, found.broken_bytes), (whole.len() as u64, 0), "our own file is broken");
        let head = found.head.as_ref().expect("the head of our own file is known");
        assert_eq!(head[..], file.bytes[..head.len()], "the head of our own file is made otherwise");
    }
}

/// Salvages a file: what is found, and the file as it is after each step of what is to be done.
fn salvages(file: &[u8], plan: &Plan) -> Option<(Salvaged, Vec<Vec<u8>>)> {
    let whole = salvaged(&[Bytes::copy_from_slice(file)]);
    let chunked = salvaged(&plan.chunks(file));
    assert_eq!(format!("{whole:?}"), format!("{chunked:?}"), "salvage depends on the chunks");
    let Salvage::Media(salvaged) = whole else { return None };
    let whole_bytes = usize::try_from(salvaged.whole_bytes).expect("a size");
    let end = whole_bytes - salvaged.tail.len();
    assert!(end <= file.len(), "a tag is whole that ends behind the file");
    assert_eq!(salvaged.broken_bytes, file.len().saturating_sub(whole_bytes) as u64);
    let mut steps = vec![[&file[..end], &salvaged.tail].concat()];
    if let Some(head) = &salvaged.head {
        steps.push([head, &steps[0][head.len()..]].concat());
    }
    Some((salvaged, steps))
}

fn asks_for_the_same(mended: &[u8], salvaged: &Salvaged) {
    let expected = Salvaged { broken_bytes: 0, ..salvaged.clone() };
    let again = self::salvaged(&[Bytes::copy_from_slice(mended)]);
    assert_eq!(format!("{again:?}"), format!("{:?}", Salvage::Media(expected)));
}

fn salvaged(chunks: &[Bytes]) -> Salvage {
    let mut recovery = Recovery::new();
    chunks.iter().for_each(|chunk| recovery.push(chunk.clone()));
    recovery.finish()
}
