use super::*;

const SHORT: Duration = Duration::from_secs(6);
const LONG: Duration = Duration::from_secs(600);

fn noise(bytes: usize) -> Vec<u8> {
    let mut state = 1u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    (0..bytes).map(|_| next()).collect()
}

/// Feeds `now`, in pieces of such a size, after a body `before`; says where what was decided.
fn check(before: &[u8], media: Duration, now: &[u8], piece: usize, ends: bool, expected: &str) {
    let mut print = Print::default();
    before.chunks(777).for_each(|chunk| print.take(chunk));
    let mut again = Again::new(print, media);
    let mut taken = 0;
    let mut verdict = Verdict::Open;
    for chunk in now.chunks(piece) {
        taken += chunk.len();
        verdict = again.take(chunk);
        if verdict != Verdict::Open {
            break;
        }
    }
    if verdict == Verdict::Open && ends {
        verdict = again.end();
    }
    let told = match verdict {
        Verdict::Open => String::from("open"),
        Verdict::Same => format!("same at {taken}"),
        Verdict::Other(held) => {
            assert!(held.concat() == now[..taken], "what was held back comes out whole");
            format!("other at {taken}")
        }
    };
    assert_eq!(told, expected, "{} bytes before, {} now, in pieces of {piece}", before.len(), now.len());
}

#[test]
fn a_file_that_is_served_anew_is_known() {
    let file = noise(300_000);
    for piece in [1_000, 64_000] {
        check(&file, SHORT, &file, piece, true, "same at 300000");
    }
    // Longer than any server keeps: its beginning says it.
    check(&file, LONG, &file, 4_096, true, "same at 262144");
    check(&file[..9_000], LONG, &file[..9_000], 4_096, true, "same at 9000");
}

#[test]
fn a_stream_that_goes_on_is_another() {
    let stream = noise(400_000);
    check(&stream[..200_000], SHORT, &stream[200_000..], 1_000, false, "other at 5000");
    check(&stream[..200_000], LONG, &stream[200_000..], 1_000, false, "other at 5000");
    // The newest group again, and more of it than before.
    check(&stream[..200_000], SHORT, &stream, 1_000, false, "other at 201000");
    check(&stream[..70], SHORT, &stream, 100, false, "other at 100");
    // Less of it than before.
    check(&stream[..200_000], SHORT, &stream[..150_000], 1_000, true, "other at 150000");
    check(&stream[..200_000], SHORT, &stream[..150_000], 1_000, false, "open");
    check(&[], SHORT, &[], 1_000, true, "other at 0");
    // One byte is another, late.
    let mut other = stream.clone();
    other[150_000] ^= 1;
    check(&stream, SHORT, &other, 1_000, false, "other at 152000");
}
