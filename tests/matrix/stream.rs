//! Streams that change, and streams that repeat themselves.

use std::time::Duration;

use lyrebird_tests::clip::Clip;
use lyrebird_tests::encoder::{self, Stretch};
use lyrebird_tests::feed::{Feed, Join};
use lyrebird_tests::origin::{Answer, At, How, Origin};
use lyrebird_tests::place::{HURRY, Place};
use lyrebird_tests::program::binary;
use lyrebird_tests::verify::judge;

use crate::record_live::check;

const ROOM: &str = "/live.flv";
const LIMIT: Duration = Duration::from_secs(40);

#[test]
fn row_32_two_sizes_make_two_files() {
    let (place, _) = check("two-sizes", &[(Clip::Small, 8), (Clip::Large, 8)], |feed| vec![Answer::live(feed)]);
    assert_eq!(place.recordings().len(), 2);
}

/// A live stream that is ended without a fault and goes on where whoever joins gets this is no file.
fn goes_on_after_a_clean_end(name: &str, join: Join) {
    let place = Place::quick(name);
    // Whoever gets media twice has it once in the file.
    place.configure(&HURRY.replace("repeats = \"keep\"\n", ""));
    let origin = Origin::start();
    let feed = Feed::new();
    let live = || Answer::live(&feed).joins(join).until_close();
    origin.answers(ROOM, [live().fails(At::Media(Duration::from_secs(1)), How::Close), live()]);
    let run = place.record(&origin.url(ROOM), &["--once"]);
    let encoder = encoder::play(&feed, &[Stretch { size: "320x180", seconds: 6 }]);
    run.finish(LIMIT).expect_code(0);
    encoder.join().unwrap().unwrap();
    assert!(origin.receptions(ROOM).len() >= 2);
    judge(&origin.receptions(ROOM)[..2], &place.recordings(), Some(&binary())).expect_good();
}

#[test]
fn row_31_a_live_stream_goes_on_after_a_clean_end_with_its_next_group() {
    goes_on_after_a_clean_end("clean-next", Join::NextKey);
}

#[test]
fn row_31_a_live_stream_goes_on_after_a_clean_end_with_its_last_group_once_more() {
    goes_on_after_a_clean_end("clean-last", Join::LastKey);
}
