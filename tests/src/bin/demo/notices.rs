//! What was posted and taken back, and when.

use std::time::Duration;

use crate::scenes::{FIRST, SECOND, Story};
use crate::stage::Stage;
use crate::table;
use crate::teller::Teller;

/// Shows all posts there ever were, and checks that each room has one, taken back.
pub(crate) fn verify(stage: &Stage, story: &Story, teller: &mut Teller) {
    let posts = stage.platform.posts();
    println!("\nWhat was posted, and when it was taken back:\n");
    let time = |at: Duration| format!("{:5.1} s", at.saturating_sub(story.began).as_secs_f64());
    let rows: Vec<[String; 4]> = posts
        .iter()
        .map(|post| {
            let removed = post.removed.map_or_else(|| String::from("never"), time);
            let text = post.text.split(" https:").next().unwrap_or_default().to_owned();
            [post.id.clone(), text, time(post.at), removed]
        })
        .collect();
    table::show(["post", "text", "posted", "taken back"], &rows);
    println!();
    for room in [FIRST, SECOND] {
        let about: Vec<_> = posts.iter().filter(|post| post.text.starts_with(room.streamer)).collect();
        let so = matches!(about.as_slice(), [one] if one.removed.is_some());
        let what = format!("{}: posted once, taken back once, in spite of the kill", room.streamer);
        teller.check(so, what, || format!("{about:?}"));
    }
}
