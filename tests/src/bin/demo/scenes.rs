//! The story itself, scene by scene.

use std::thread;
use std::time::{Duration, Instant};

use lyrebird_tests::bilibili::{Bilibili, Endpoint, Plan, Trouble};
use lyrebird_tests::build::Build;
use lyrebird_tests::clip::Clip;
use lyrebird_tests::origin::How;

use crate::broadcast::{Broadcast, Part};
use crate::stage::Stage;
use crate::teller::Teller;

/// A room of the config.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room {
    pub(crate) id: u64,
    pub(crate) streamer: &'static str,
    pub(crate) title: &'static str,
}

/// On air all the time.
pub(crate) const FIRST: Room = Room { id: 22_637_261, streamer: "Menura", title: "Dawn chorus" };
/// On air for a while.
pub(crate) const SECOND: Room = Room { id: 7_734_200, streamer: "Alberti", title: "Mimicry" };

/// How long both rooms stay dark, so that one can see the program wait.
const DARK: Duration = Duration::from_secs(3);
/// The parts of the first broadcast; the scenes below lie on them, counted from its start.
const FIRST_PARTS: [Part; 2] = [
    Part { size: "640x360", clip: Clip::Small, seconds: 13 },
    Part { size: "1280x720", clip: Clip::Large, seconds: 52 },
];
const CUT_AT: Duration = Duration::from_secs(19);
/// How long the platform answers whoever comes back with an error.
const AWAY: Duration = Duration::from_millis(1_500);
const SECOND_AT: Duration = Duration::from_secs(23);
const SECOND_PARTS: [Part; 1] = [Part { size: "480x270", clip: Clip::Small, seconds: 21 }];
const KILL_AT: Duration = Duration::from_secs(32);
/// How long nobody records after the kill.
const DEAD: Duration = Duration::from_secs(2);
/// `[check] grace`.
const GRACE: Duration = Duration::from_secs(6);

/// What has to be known of the story when it is over.
#[derive(Debug, Default)]
pub(crate) struct Story {
    /// The connections of each room that the kill ended or found ended.
    pub(crate) before_kill: [usize; 2],
    /// When it began, by the platform's clock.
    pub(crate) began: Duration,
}

/// Plays it to its end. An error is what did not happen.
pub(crate) fn play(stage: &mut Stage, teller: &mut Teller) -> anyhow::Result<Story> {
    let mut story = Story::default();
    println!("Two rooms on a strict imitation of Bilibili, made for tests; nothing leaves this machine.");
    println!("In real life a room is looked at every 30 s and its grace is 60 s; here 1 s and 6 s.\n");
    stage.show_config()?;
    teller.begin();
    story.began = stage.platform.elapsed();
    dark(stage, teller)?;
    let (begin, first) = goes_live(stage, teller)?;
    other_size(stage, teller, &first)?;
    thread::sleep(CUT_AT.saturating_sub(begin.elapsed()));
    connection_breaks(stage, teller)?;
    thread::sleep(SECOND_AT.saturating_sub(begin.elapsed()));
    let second = second_goes_live(stage, teller)?;
    thread::sleep(KILL_AT.saturating_sub(begin.elapsed()));
    killed(stage, teller, &mut story)?;
    picker_replaced(stage, teller)?;
    over(stage, teller, (first, second))?;
    Ok(story)
}

fn dark(stage: &mut Stage, teller: &mut Teller) -> anyhow::Result<()> {
    for room in [FIRST, SECOND] {
        stage.platform.room(room.id).streamer(room.streamer).title(room.title);
    }
    teller.say("lyrebird", "lyrebird run -c lyrebird.toml");
    stage.start();
    teller.more("(its first start here compiles the plugins)");
    stage.wait("the rooms were looked at", |platform| platform.count(Endpoint::BaseInfo) > 1)?;
    teller.say("lyrebird", "looks at both rooms, in one request a second: dark");
    thread::sleep(DARK);
    let posts = stage.platform.posts();
    teller.check(posts.is_empty(), "nothing is posted of dark rooms", || format!("{posts:?}"));
    Ok(())
}

fn goes_live(stage: &mut Stage, teller: &mut Teller) -> anyhow::Result<(Instant, Broadcast)> {
    let begin = Instant::now();
    let broadcast = Broadcast::start(&FIRST_PARTS, stage.has_encoder);
    stage.wait("the first picture was encoded", |_| broadcast.is_on_air())?;
    stage.platform.go_live_with(FIRST.id, &broadcast.feed);
    if stage.has_encoder {
        teller.say(FIRST.streamer, "goes live: FFmpeg encodes a picture of 640x360 and a sine, in real time");
    } else {
        teller.say(FIRST.streamer, "goes live: no FFmpeg here, so a small real clip of 320x180 plays in a loop");
    }
    stage.wait("the first room was announced", |platform| platform.visible_posts().len() == 1)?;
    teller.say("lyrebird", "has seen it and posts to the account of the config:");
    if let Some(post) = stage.platform.posts().first() {
        teller.more(format!("“{}”", post.text));
    }
    stage.wait("the first room is received", |platform| !platform.receptions(FIRST.id).is_empty())?;
    teller.say("lyrebird", "records");
    Ok((begin, broadcast))
}

fn other_size(stage: &mut Stage, teller: &mut Teller, broadcast: &Broadcast) -> anyhow::Result<()> {
    stage.wait("the picture's size changed", |_| broadcast.sizes() > 1)?;
    let size = if stage.has_encoder { "1280x720" } else { "640x360" };
    teller.say(FIRST.streamer, format!("changes the picture's size to {size}: no player could go on in the same file"));
    let so = became(stage, FIRST, &[1, 2]);
    teller.check(so, "the next file has begun: …_2.flv", || format!("{:?}", stage.segments(FIRST)));
    Ok(())
}

fn connection_breaks(stage: &mut Stage, teller: &mut Teller) -> anyhow::Result<()> {
    stage.platform.plan(Plan::new(Trouble::Status(502)).at(Endpoint::Media).lasts(AWAY));
    stage.platform.cut(FIRST.id, How::Reset);
    let away = AWAY.as_secs_f64();
    teller.say(
        "platform",
        format!("resets the connection in the middle of a frame; for {away} s it refuses whoever comes back"),
    );
    stage.wait("lyrebird came back", |platform| platform.receptions(FIRST.id).len() == 2)?;
    teller.say("lyrebird", "is back, in the same file; what was live meanwhile is a gap that the sidecar names");
    let numbers = stage.numbers(FIRST);
    teller.check(numbers == [1, 2], "no third file", || format!("{numbers:?}"));
    Ok(())
}

fn second_goes_live(stage: &mut Stage, teller: &mut Teller) -> anyhow::Result<Broadcast> {
    let broadcast = Broadcast::start(&SECOND_PARTS, stage.has_encoder);
    stage.wait("the second encoder's first picture", |_| broadcast.is_on_air())?;
    stage.platform.go_live_with(SECOND.id, &broadcast.feed);
    teller.say(SECOND.streamer, "goes live in the second room");
    stage.wait("the second room was announced", |platform| platform.visible_posts().len() == 2)?;
    stage.wait("the second room is received", |platform| !platform.receptions(SECOND.id).is_empty())?;
    teller.say("lyrebird", "has posted that, too, and records both");
    Ok(broadcast)
}

fn killed(stage: &mut Stage, teller: &mut Teller, story: &mut Story) -> anyhow::Result<()> {
    stage.kill();
    teller.say("demo", "kill -9: no time to close a file or to say anything");
    let counts = |platform: &Bilibili| [FIRST, SECOND].map(|room| platform.receptions(room.id).len());
    story.before_kill = counts(&stage.platform);
    let before = story.before_kill;
    thread::sleep(DEAD);
    teller.say("lyrebird", "lyrebird run -c lyrebird.toml, two seconds later");
    stage.start();
    stage.wait("both rooms are received again", |platform| {
        counts(platform).iter().zip(&before).all(|(now, before)| now > before)
    })?;
    teller.say("lyrebird", "makes the files that it left behind whole, and goes on in the same sessions");
    let so = became(stage, FIRST, &[1, 2, 3]) && became(stage, SECOND, &[1, 2]);
    teller.check(so, "with the next numbers: …_3.flv in the first room, …_2.flv in the second", || {
        format!("{:?}, {:?}", stage.segments(FIRST), stage.segments(SECOND))
    });
    let (posts, seen) = (stage.platform.posts(), stage.platform.visible_posts().len());
    teller.check(posts.len() == 2 && seen == 2, "no second notice: still two posts, both to be seen", || {
        format!("{posts:?}")
    });
    Ok(())
}

fn picker_replaced(stage: &mut Stage, teller: &mut Teller) -> anyhow::Result<()> {
    let connections = |platform: &Bilibili| platform.receptions(FIRST.id).len();
    let (before, numbers) = (connections(&stage.platform), stage.numbers(FIRST));
    teller.say("demo", "copies a web page over plugins/bilibili.wasm, the picker that both rooms are asked by");
    stage.put_picker(b"<html>not found</html>")?;
    stage.log_says("a plugin's file was refused", "the page was refused")?;
    teller.say("lyrebird", "refuses it, with words; the picker that runs still answers");
    teller.say("demo", "copies a build over it that asks where the platform has moved from");
    stage.put_picker(Build::of("bilibili").version("0.2.0").blind().bytes())?;
    stage.log_says("another build of a plugin answers", "the other build answered")?;
    stage.log_says("a plugin was rolled back", "the other build was rolled back")?;
    teller
        .say("lyrebird", "lets it answer, sees three questions fail that 0.1.0 had answers to, and goes back to 0.1.0");
    teller.say("demo", "copies the mended build over it");
    stage.put_picker(Build::of("bilibili").version("0.2.1").bytes())?;
    stage.log_says("is=\"0.2.1", "the mended build answered")?;
    let asked = stage.platform.count(Endpoint::BaseInfo);
    stage.wait("the mended build asked", |platform| platform.count(Endpoint::BaseInfo) > asked)?;
    teller.say("lyrebird", "asks the next question with it");
    let (now, files) = (connections(&stage.platform), stage.numbers(FIRST));
    teller.check(
        now == before && files == numbers,
        "the first room records all the while: no new connection, no new file",
        || format!("{before} connections became {now}, files {numbers:?} became {files:?}"),
    );
    Ok(())
}

fn over(stage: &mut Stage, teller: &mut Teller, (first, second): (Broadcast, Broadcast)) -> anyhow::Result<()> {
    let mut ended = Vec::new();
    for (room, broadcast) in [(SECOND, second), (FIRST, first)] {
        stage.wait("the broadcast ended", |_| broadcast.is_over())?;
        stage.platform.go_dark(room.id);
        ended.push((room, stage.platform.elapsed()));
        broadcast.finish()?;
        teller.say(room.streamer, "ends the broadcast; the room is dark, and its grace of 6 s begins");
    }
    for (room, at) in ended {
        let is_gone = |platform: &Bilibili| {
            platform.posts().iter().any(|post| post.text.starts_with(room.streamer) && post.removed.is_some())
        };
        stage.wait("the notice was taken back", is_gone)?;
        let removed = stage.platform.posts().into_iter().find(|post| post.text.starts_with(room.streamer));
        let removed = removed.and_then(|post| post.removed).unwrap_or_default();
        teller.say("lyrebird", format!("has taken the post about {} back", room.streamer));
        let after = removed.saturating_sub(at);
        let what = format!("{:.1} s after the end, not before the grace was over", after.as_secs_f64());
        teller.check(after >= GRACE, what, || format!("the grace is {} s", GRACE.as_secs()));
    }
    let code = stage.stop()?;
    teller.say("lyrebird", "is told to stop (SIGTERM)");
    teller.check(code == 0, "it ends with exit code 0", || format!("it ended with {code}"));
    let complaints = stage.platform.violations();
    teller.check(complaints.is_empty(), "the platform complains of no request", || complaints.join("; "));
    Ok(())
}

/// Whether a room's files have these numbers, now or soon.
fn became(stage: &mut Stage, room: Room, numbers: &[u32]) -> bool {
    stage.wait_for(|stage| stage.numbers(room) == numbers)
}
