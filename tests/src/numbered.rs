//! A clip in a loop whose every picture is another one, as those of a camera are: what is missing from a file can then
//! be told to the frame. And as heavy as a test needs it.

use crate::clip::Clip;
use crate::flv::{Tag, VIDEO};

/// So many seconds of it, each picture with so many bytes more than it takes.
pub fn stream(clip: Clip, seconds: u32, more_bytes: usize) -> Vec<Tag> {
    let mut tags = clip.looped(0, seconds);
    let pictures = tags.iter_mut().filter(|tag| tag.kind == VIDEO && tag.is_media());
    for (number, tag) in (0_u32..).zip(pictures) {
        tag.body = [&tag.body[..], &filler(number, more_bytes)].concat().into();
    }
    tags
}

/// A filler NAL unit (H.264, 7.4.2.7) that says the picture's number, without zeros: those would begin another unit.
fn filler(number: u32, more_bytes: usize) -> Vec<u8> {
    let mut unit = vec![0x0c];
    unit.resize(1 + more_bytes, 0xff);
    unit.extend([21, 14, 7, 0].map(|bits| 0x80 | u8::try_from((number >> bits) & 0x7f).unwrap()));
    unit.push(0x80);
    let length = u32::try_from(unit.len()).unwrap().to_be_bytes();
    [&length[..], &unit].concat()
}
