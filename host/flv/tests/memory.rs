//! What the engine holds at most, counted by an allocator, for streams that are made to make it hold much.
#![allow(clippy::as_conversions, clippy::cast_possible_truncation, clippy::indexing_slicing, clippy::unwrap_used)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use bytes::Bytes;
use lyrebird_flv::{Options, Reader, Remuxer, Track};

struct Counting;

thread_local! {
    // Each test runs on a thread of its own, and so does what it measures.
    static LIVE: Cell<isize> = const { Cell::new(0) };
    static PEAK: Cell<isize> = const { Cell::new(0) };
    static COUNT: Cell<usize> = const { Cell::new(0) };
}

fn count(change: isize) {
    LIVE.set(LIVE.get() + change);
    PEAK.set(PEAK.get().max(LIVE.get()));
    COUNT.set(COUNT.get() + usize::from(change > 0));
}

// SAFETY: every call goes on to the system's allocator unchanged; the counters are plain cells without destructors.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size().cast_signed());
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        count(-layout.size().cast_signed());
        // SAFETY: as the caller promises; it came from the same allocator.
        unsafe { System.dealloc(place, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const MIB: isize = 1 << 20;

/// What came of a stream.
struct Measured {
    /// Bytes that were alive at a time, beyond those before; the chunk that was pushed last is one of them.
    peak: isize,
    allocations: usize,
    steps: usize,
}

/// Sends chunks through the engine; what it gives is dropped at once, as a recorder writes it.
fn measure(chunks: impl Iterator<Item = Vec<u8>>) -> Measured {
    measure_all(std::iter::once(chunks))
}

/// The same over several connections.
fn measure_all<T: Iterator<Item = Vec<u8>>>(connections: impl Iterator<Item = T>) -> Measured {
    let before = LIVE.get();
    PEAK.set(before);
    let counted = COUNT.get();
    let (mut reader, mut remuxer, mut steps) = (Reader::new(), Remuxer::new(Options::default()), Vec::new());
    let mut given = 0;
    for (number, chunks) in connections.enumerate() {
        if number > 0 {
            reader.reconnected();
            remuxer.reconnected(1000);
        }
        for chunk in chunks {
            reader.push(Bytes::from(chunk));
            while let Some(item) = reader.next().unwrap() {
                remuxer.push(item, &mut steps);
                given += steps.len();
                steps.clear();
            }
        }
        while let Some(item) = reader.finish().unwrap() {
            remuxer.push(item, &mut steps);
        }
    }
    remuxer.finish(&mut steps);
    given += steps.len();
    Measured { peak: PEAK.get() - before, allocations: COUNT.get() - counted, steps: given }
}

fn tag(track: Track, time_ms: u32, head: &[u8], bytes: usize) -> Vec<u8> {
    let size = head.len() + bytes;
    let [_, sizes @ ..] = (size as u32).to_be_bytes();
    let [extension, time @ ..] = time_ms.to_be_bytes();
    // No group equals one of the last sixteen: it would be a repeat.
    let salt = time_ms.wrapping_mul(0x9e37_79b9) >> 24;
    let content = (0..bytes).map(|at| (at as u32 ^ salt) as u8 | 0x80);
    let mut tag = [&[track.tag_type()][..], &sizes, &time, &[extension, 0, 0, 0], head].concat();
    tag.extend(content);
    tag.extend((size as u32 + 11).to_be_bytes());
    tag
}

const KEY: [u8; 5] = [0x17, 1, 0, 0, 0];
const INTER: [u8; 5] = [0x27, 1, 0, 0, 0];
const SOUND: [u8; 2] = [0xaf, 1];

fn start() -> Vec<u8> {
    let mut start = b"FLV\x01\x05\0\0\0\x09\0\0\0\0".to_vec();
    start.extend(tag(Track::Video, 0, &[0x17, 0, 0, 0, 0, 1, 100, 0, 31, 255], 20));
    start.extend(tag(Track::Audio, 0, &[0xaf, 0, 0x12, 0x10], 0));
    start
}

/// One frame each 40 ms, a key frame each second, with sound.
fn frame(number: u32) -> Vec<u8> {
    let time_ms = number * 40;
    let video = match number % 25 {
        0 => tag(Track::Video, time_ms, &KEY, 40_000),
        _ => tag(Track::Video, time_ms, &INTER, 5_000),
    };
    [video, tag(Track::Audio, time_ms, &SOUND, 300), tag(Track::Audio, time_ms + 20, &SOUND, 300)].concat()
}

#[test]
fn an_hour_needs_no_more_than_a_minute() {
    let chunks = |frames| std::iter::once(start()).chain((0..frames).map(frame));
    let minute = measure(chunks(1_500));
    let hour = measure(chunks(90_000));
    assert!(hour.peak < minute.peak + MIB, "{} and {} bytes", minute.peak, hour.peak);
    assert!(hour.peak < 4 * MIB, "{} bytes", hour.peak);
    assert!(hour.steps > 270_000);
}

#[test]
fn a_tag_needs_no_allocation() {
    // Chunks as the network gives them: each frame is in one, and each end of a chunk is in a frame.
    let stream: Vec<u8> = std::iter::once(start()).chain((0..25 * 60).map(frame)).flatten().collect();
    let chunks: Vec<Vec<u8>> = stream.chunks(64 << 10).map(<[u8]>::to_vec).collect();
    let count = chunks.len();
    let measured = measure(chunks.into_iter());
    assert!(measured.steps > 4_500);
    assert!(measured.allocations < 3 * count + 200, "{} for {count} chunks", measured.allocations);
}

#[test]
fn noise_between_tags_is_not_kept() {
    let mut state = 1_u64;
    let noise = std::iter::repeat_with(move || {
        (0..64 << 10)
            .map(|_| {
                state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
                (state >> 56) as u8
            })
            .collect()
    });
    let chunks = std::iter::once(start()).chain((0..50).map(frame)).chain(noise.take(1000)).chain((50..100).map(frame));
    let measured = measure(chunks);
    assert!(measured.peak < 12 * MIB, "{} bytes", measured.peak);
}

#[test]
fn headers_of_tags_that_never_come_are_not_kept() {
    // Eleven bytes each that claim megabytes.
    let fakes = || [9, 0x3f, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0].repeat(6_000);
    let measured = measure(std::iter::once(start()).chain((0..50).map(frame)).chain((0..300).map(|_| fakes())));
    assert!(measured.peak < 16 * MIB, "{} bytes", measured.peak);
}

#[test]
fn what_waits_for_a_key_frame_is_not_kept() {
    let inter = |number: u32| {
        let video = tag(Track::Video, number * 40, &INTER, 400_000);
        [video, tag(Track::Audio, number * 40, &SOUND, 300)].concat()
    };
    let measured = measure(std::iter::once(start()).chain((0..450).map(inter)));
    assert!(measured.peak < 12 * MIB, "{} bytes", measured.peak);
}

#[test]
fn what_waits_for_the_other_track_is_bounded() {
    // Key frames alone, of a megabyte, all at one time: there is no 2 s that would end the wait.
    let key = |_| tag(Track::Video, 0, &KEY, 1 << 20);
    let measured = measure(std::iter::once(start()).chain((0..40).map(key)));
    assert!(measured.peak < 24 * MIB, "{} bytes", measured.peak);
    let sound = |_| tag(Track::Audio, 0, &SOUND, 300);
    let measured = measure(std::iter::once(start()).chain((0..100_000).map(sound)));
    assert!(measured.peak < 8 * MIB, "{} bytes", measured.peak);
}

/// One group of so many pictures, with the times from here on; no two pictures are alike.
fn long_group(from_ms: u32, pictures: u32, bytes: usize) -> impl Iterator<Item = Vec<u8>> {
    (0..pictures).map(move |number| {
        let mut picture = tag(Track::Video, from_ms + number * 40, if number == 0 { &KEY } else { &INTER }, bytes);
        picture[16..20].copy_from_slice(&number.to_be_bytes());
        // What `tag` makes of the time would differ the second time.
        picture[20..16 + bytes].fill(0x80);
        picture
    })
}

/// What equals what we have waits until that has an end, and no longer than there is room for it.
#[test]
fn a_repeat_without_an_end_is_bounded() {
    for (pictures, bytes, most) in [(6_000, 10_000, 36), (60_000, 50, 6)] {
        let twice = || start_and(long_group(0, pictures, bytes).chain(long_group(10_000_000, pictures, bytes)));
        let measured = measure(twice());
        assert!(measured.peak < most * MIB, "{} bytes for {pictures} pictures", measured.peak);
        let again = [start_and(long_group(0, pictures, bytes)), start_and(long_group(10_000_000, pictures, bytes))];
        let measured = measure_all(again.into_iter());
        assert!(measured.peak < most * MIB, "{} bytes for {pictures} pictures of a new connection", measured.peak);
    }
}

fn start_and(chunks: impl Iterator<Item = Vec<u8>>) -> impl Iterator<Item = Vec<u8>> {
    std::iter::once(start()).chain(chunks)
}

#[test]
fn script_data_claims_what_it_likes() {
    let name = b"\x02\x00\x0aonMetaData";
    let claims: [&[u8]; 5] = [
        b"\x08\xff\xff\xff\xff\0\0\x09",
        b"\x0a\xff\xff\xff\xff\x05\x05\x05",
        b"\x0c\xff\xff\xff\xffshort",
        b"\x08\0\0\0\x01\0\x09keyframes\x03\0\x05times\x0a\xff\xff\xff\xff\0\x41\0\0\0\0\0\0\0",
        b"\x0a\0\0\0\x01\x0a\0\0\0\x01\x0a\0\0\0\x01\x0a\0\0\0\x01\x0a\0\0\0\x01\x0a\0\0\0\x01",
    ];
    for claim in claims {
        let script = tag(Track::Script, 0, &[name, claim].concat(), 0);
        let measured = measure(std::iter::once(start()).chain([script]).chain((0..10).map(frame)));
        assert!(measured.peak < 2 * MIB, "{} bytes for {claim:02x?}", measured.peak);
    }
    // As many values as fit into the largest tag.
    let values = [&name[..], b"\x0a\xff\xff\xff\xff", &vec![5; 15 << 20]].concat();
    let measured =
        measure(std::iter::once(start()).chain([tag(Track::Script, 0, &values, 0)]).chain((0..10).map(frame)));
    assert!(measured.peak < 80 * MIB, "{} bytes", measured.peak);
}
