//! Whether a tag is whole though its PreviousTagSize does not confirm its DataSize, and no chain of tags can.
//!
//! One of the three is broken: the DataSize, the PreviousTagSize, or the bytes behind both. What still fits tells which.
//! Without such a proof the tag is given up: to cut a body at the wrong place is worse than to lose it.

use super::chain::{BACK_POINTER_BYTES, Header, TAG_HEADER_BYTES, are_near, back_pointer};
use super::window::{Window, widen};
use crate::tag::{BACK_POINTER, Track};

/// So many zeros in a row are a run that a power cut has left: more than end any tag or stand in a header.
const ZERO_RUN: usize = 16;

/// A DataSize is off by so many bytes at most, where nothing but a PreviousTagSize tells.
const MOST_OFF: u64 = 64;

/// A PreviousTagSize in a stream whose PreviousTagSizes are all wrong.
#[derive(Clone, Copy, Debug)]
pub(super) struct WrongPointer {
    said: u32,
    /// DataSize of its tag.
    size: u32,
}

impl WrongPointer {
    pub(super) fn of(header: Header, said: u32) -> WrongPointer {
        WrongPointer { said, size: header.size }
    }

    /// Whether another is wrong in the same way: the same number always, or the size of the body alone. That is as little
    /// chance as a right one.
    fn is_like(self, header: Header, said: u32) -> bool {
        said == self.said || self.said == self.size && said == header.size
    }
}

/// The size of the body, and the track, of the tag that begins at `at` with this header, if it is whole. At `next` tags
/// go on, or the input ends.
pub(super) fn whole(
    window: &Window,
    at: u64,
    header: Header,
    next: u64,
    wrong: Option<WrongPointer>,
) -> Option<(u32, Track)> {
    let track = header.track?;
    let proved = by_pointer(window, at, next).or_else(|| {
        let body_end = at.saturating_add(header.whole());
        let is_claimed = header.size > 0
            && (is_pointer_gone(window, body_end, header, next)
                || wrong.is_some_and(|wrong| is_wrong_as_ever(window, body_end, header, next, wrong)));
        is_claimed.then_some(header.size)
    });
    proved.map(|size| (size, track))
}

/// The DataSize is wrong: the PreviousTagSize before `next` leads back to just this place.
pub(super) fn by_pointer(window: &Window, at: u64, next: u64) -> Option<u32> {
    let pointer_at = next.checked_sub(BACK_POINTER_BYTES)?;
    let whole = pointer_at.checked_sub(at)?;
    let size = u32::try_from(whole.checked_sub(TAG_HEADER_BYTES)?).ok().filter(|size| *size > 0)?;
    (u64::from(back_pointer(window, pointer_at)?) == whole).then_some(size)
}

/// Where the tag at `at` ends if its DataSize is a few bytes off: behind a PreviousTagSize that leads back to just this
/// place.
pub(super) fn end_by_pointer(window: &Window, at: u64, header: Header) -> Option<u64> {
    let end = at.saturating_add(header.whole()).saturating_add(BACK_POINTER_BYTES);
    let ends = end.saturating_sub(MOST_OFF)..=end.saturating_add(MOST_OFF);
    ends.into_iter().find(|end| by_pointer(window, at, *end).is_some())
}

/// The DataSize is right: tags of this time go on just behind the body, without a PreviousTagSize; or a run of zeros
/// begins there, in the PreviousTagSize.
fn is_pointer_gone(window: &Window, body_end: u64, header: Header, next: u64) -> bool {
    let follows = || {
        let is_media = |header: &Header| header.track.is_some_and(|track| track != Track::Script);
        let next = Header::read(window, next).filter(|next| is_media(next) && is_media(&header));
        next.is_none_or(|next| are_near(header.time_ms, next.time_ms))
    };
    body_end == next && follows() || is_zeroed(window, body_end, header, next).unwrap_or(false)
}

/// The DataSize is right: the PreviousTagSize behind the body is wrong just as those before.
fn is_wrong_as_ever(window: &Window, body_end: u64, header: Header, next: u64, wrong: WrongPointer) -> bool {
    let mut last = [0];
    let is_here =
        body_end.saturating_add(BACK_POINTER_BYTES) <= next && window.copy_to(body_end.saturating_sub(1), &mut last);
    let said = back_pointer(window, body_end).filter(|said| is_here && wrong.is_like(header, *said));
    // Zeros behind a zero may be a run that has taken the body's end.
    said.is_some_and(|said| said != 0 || last != [0])
}

fn is_zeroed(window: &Window, body_end: u64, header: Header, next: u64) -> Option<bool> {
    let mut bytes = [0; 1 + BACK_POINTER + ZERO_RUN];
    let from = body_end.checked_sub(1)?;
    // Behind `next` nothing may be looked at: tags stand there, and how much of them has come is the network's choice.
    if from.saturating_add(widen(bytes.len())) > next || !window.copy_to(from, &mut bytes) {
        return None;
    }
    let [last, pointer @ ..] = bytes;
    let (pointer, run) = pointer.split_first_chunk::<BACK_POINTER>()?;
    let right = u32::try_from(header.whole()).ok()?.to_be_bytes();
    let is_cut = pointer.iter().zip(right).skip_while(|(is, right)| *is == right).all(|(is, _)| *is == 0);
    // A body that ends with a zero may be one whose end is gone.
    Some(last != 0 && is_cut && run.iter().all(|byte| *byte == 0))
}
