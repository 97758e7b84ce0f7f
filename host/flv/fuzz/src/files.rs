//! The files that steps make, and what is promised of them.

use lyrebird_flv::codec::classify;
use lyrebird_flv::{Depth, Note, Segment, Step, Tag, Track};

/// One output file.
#[derive(Debug, PartialEq)]
pub struct File {
    /// All of it, patched as at its close.
    pub bytes: Vec<u8>,
    /// Its tags behind the metadata.
    pub tags: Vec<Tag>,
}

/// Makes the files, and asserts what holds for each: it begins with its headers at 0, and times never go back in a track.
pub fn files(steps: &[Step]) -> (Vec<File>, Vec<Note>) {
    let mut open: Option<(Segment, File)> = None;
    let (mut files, mut notes) = (Vec::new(), Vec::new());
    for step in steps {
        match step {
            Step::Cut(cut) => {
                files.extend(open.take().map(close));
                let segment = Segment::open(cut);
                let bytes = segment.head().to_vec();
                open = Some((segment, File { bytes, tags: Vec::new() }));
            }
            Step::Write(tag) => {
                let Some((segment, file)) = &mut open else { panic!("{tag:?} is written before a cut") };
                let frame = segment.append(tag);
                file.bytes.extend([&frame.head[..], &tag.payload, &frame.tail].concat());
                file.tags.push(tag.clone());
            }
            Step::Note(note) => notes.push(note.clone()),
            // What comes next is written or noted as before; to end the reception is for who drives the engine.
            Step::Looping => {}
        }
    }
    files.extend(open.take().map(close));
    files.iter().for_each(judge);
    (files, notes)
}

fn close((mut segment, mut file): (Segment, File)) -> File {
    let grown = segment.head().len() as u64 + segment.media_bytes();
    assert_eq!(grown, file.bytes.len() as u64, "the segment has counted other bytes than were written");
    for Patch { at, bytes } in segment.patch(Depth::All).into_iter().map(Patch::from) {
        file.bytes[at..at + bytes.len()].copy_from_slice(&bytes);
    }
    let head = segment.head();
    assert_eq!(head, file.bytes[..head.len()], "patches do not make the head that a new file would get");
    file
}

struct Patch {
    at: usize,
    bytes: Vec<u8>,
}

impl From<lyrebird_flv::Patch> for Patch {
    fn from(patch: lyrebird_flv::Patch) -> Patch {
        Patch { at: patch.offset as usize, bytes: patch.bytes.to_vec() }
    }
}

fn judge(file: &File) {
    for track in [Track::Video, Track::Audio] {
        let mut tags = file.tags.iter().filter(|tag| tag.track == track).peekable();
        if let Some(first) = tags.peek()
            && classify(first).is_header()
        {
            assert_eq!(first.time_ms, 0, "a header is not at 0");
        }
        tags.fold(0, |last, tag| {
            assert!(tag.time_ms >= last, "time goes back from {last} to {} in {track:?}", tag.time_ms);
            tag.time_ms
        });
    }
}
