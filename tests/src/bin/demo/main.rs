//! `cargo xtask demo`: one broadcast from before its start to after its end, recorded by the real program through a
//! real plugin, told in plain words, and verified frame by frame. Exit code 1 when anything is not as it should be.
#![allow(clippy::print_stdout, reason = "it tells a story")]

use std::env;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use lyrebird_tests::clip::{self, Clip};
use lyrebird_tests::encoder::{self, Stretch};
use lyrebird_tests::feed::Feed;
use lyrebird_tests::origin::{Answer, At, Connection, How, Origin, Role};
use lyrebird_tests::place::{Place, recordings_below};
use lyrebird_tests::program::{self, Run};
use lyrebird_tests::verify::{Judgement, judge};
use lyrebird_tests::{ffprobe, flv};

const ROOM: &str = "/live.flv";
/// How long the room stays dark, so that one can see the program wait.
const DARK: Duration = Duration::from_secs(4);
/// Where the connection breaks.
const BREAK_AT: Duration = Duration::from_secs(5);
/// Seconds of the first and of the second picture size.
const SECONDS: (u32, u32) = (11, 8);
/// From the start to the end of the recording; the demo has 90 s in all.
const LIMIT: Duration = Duration::from_secs(70);

/// The room is looked at every two seconds instead of thirty; nothing else differs from real life.
const CONFIG: &str = r#"[output]
min_free = "64MiB"
[check]
interval = "2s"
jitter = 0.0
[plugin.direct]
interval = "2s"
"#;

fn main() -> ExitCode {
    match tell() {
        Ok(judgement) if judgement.bad.is_empty() => {
            println!("\nEverything that was sent is in files that play. That is the whole promise.");
            ExitCode::SUCCESS
        }
        Ok(judgement) => {
            println!("\nFAILED: {} findings, see above.", judgement.bad.len());
            ExitCode::FAILURE
        }
        Err(error) => {
            println!("\nFAILED: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn tell() -> anyhow::Result<Judgement> {
    let folder = folder()?;
    let place = Place::at(&folder);
    let has_encoder = encoder::is_there();
    // A clip in a loop looks like a sender that repeats itself.
    let repeats = if has_encoder { "drop" } else { "keep" };
    let config = place.write("lyrebird.toml", CONFIG.replace("[check]", &format!("repeats = \"{repeats}\"\n[check]")));
    let origin = Origin::start();
    let feed = Feed::new();
    origin.answers(ROOM, [Answer::live(&feed).fails_in_tag(At::Media(BREAK_AT), How::Close), Answer::live(&feed)]);

    say("An origin is up. Its one room is dark: whoever asks gets a 404.");
    let url = origin.url(ROOM);
    let shown = folder.file_name().map_or_else(|| folder.clone(), |name| Path::new("target").join(name));
    println!("\n  $ lyrebird record {url} --once -c {0}/lyrebird.toml -o {0}/recordings\n", shown.display());
    let mut command = place.lyrebird(&["record", &url, "--once"]);
    command.arg("-c").arg(config).arg("-o").arg(place.out());
    let begin = Instant::now();
    let mut run = Run::start(command, Some(echo));
    thread::sleep(DARK);

    let encoder = go_live(&feed, has_encoder);
    watch(&mut run, &origin, &feed, begin)?;
    let finished = run.finish(LIMIT.saturating_sub(begin.elapsed()));
    encoder()?;
    if finished.code != 0 {
        bail!("lyrebird ended with exit code {}, 0 was expected", finished.code);
    }
    say("lyrebird is done and said 0. Now every frame that the origin sent is looked for in the files.");
    Ok(verify(&origin, &place.out()))
}

type Encoder = Box<dyn FnOnce() -> anyhow::Result<()>>;

/// Starts FFmpeg, or the clips where there is none; gives what waits for their end.
fn go_live(feed: &Feed, has_encoder: bool) -> Encoder {
    let (first, second) = SECONDS;
    if has_encoder {
        say("The streamer goes live: FFmpeg encodes a test picture of 640x360 and a sine, in real time.");
        let stretches = [Stretch { size: "640x360", seconds: first }, Stretch { size: "1280x720", seconds: second }];
        let handle = encoder::play(feed, &stretches);
        return Box::new(move || handle.join().unwrap_or_else(|_| bail!("the encoder's thread panicked")));
    }
    say("The streamer goes live: no FFmpeg here, so a small real clip of 320x180 plays in a loop, in real time.");
    let handle = clip::play(feed, &[(Clip::Small, first), (Clip::Large, second)], 1);
    Box::new(move || handle.join().map_err(|_| anyhow::anyhow!("the player's thread panicked")))
}

/// Tells what the origin and the encoder do, as it happens.
fn watch(run: &mut Run, origin: &Origin, feed: &Feed, begin: Instant) -> anyhow::Result<()> {
    let mut wait = |what: &str, so: &dyn Fn() -> bool| wait(run, begin, what, so);
    let ended = |reception: Option<&Connection>| reception.is_some_and(|one| one.ended.is_some());
    wait("a reception began", &|| !origin.receptions(ROOM).is_empty())?;
    say("lyrebird found the room live and receives.");
    wait("the connection broke", &|| ended(origin.receptions(ROOM).first()))?;
    say("The origin has just broken the connection, in the middle of a frame.");
    wait("lyrebird came back", &|| origin.receptions(ROOM).len() > 1)?;
    say("lyrebird is back. What was live meanwhile is a gap that the sidecar has to name.");
    wait("the picture's size changed", &|| configurations(feed) > 1)?;
    say("The streamer changed the picture's size: no player could go on in the same file, a new one has to begin.");
    wait("the broadcast ended", &|| ended(origin.receptions(ROOM).last()))?;
    say("The broadcast is over, the room is dark again.");
    Ok(())
}

fn configurations(feed: &Feed) -> usize {
    let mut headers: Vec<u64> =
        feed.tags().iter().filter(|tag| tag.kind == flv::VIDEO && tag.is_header()).map(flv::Tag::digest).collect();
    headers.dedup();
    headers.len()
}

fn is_frame(role: Role) -> bool {
    matches!(role, Role::Key | Role::Media)
}

fn verify(origin: &Origin, out: &Path) -> Judgement {
    let receptions = origin.receptions(ROOM);
    let frames: usize = receptions.iter().flat_map(|one| &one.tags).filter(|tag| is_frame(tag.role)).count();
    println!("  The origin sent {frames} frames over {} connections.", receptions.len());
    let files = recordings_below(out);
    let judgement = judge(&receptions, &files, Some(&program::binary()));
    judgement.good.iter().for_each(|line| println!("  ok   {line}"));
    judgement.bad.iter().for_each(|line| println!("  BAD  {line}"));
    if !ffprobe::is_there() {
        println!("  (No ffprobe here: FFmpeg was not asked for its opinion.)");
    }
    println!("\nThe files, each with its sidecar, are there to look at:");
    for file in &files {
        println!("  {}\n  {}", file.display(), file.with_extension("json").display());
    }
    judgement
}

fn wait(run: &mut Run, begin: Instant, what: &str, so: &dyn Fn() -> bool) -> anyhow::Result<()> {
    while !so() {
        if begin.elapsed() > LIMIT {
            bail!("waited {} s in vain until {what}", LIMIT.as_secs());
        }
        // It may have ended right after what we wait for, so look once more.
        if !run.is_running() && !so() {
            bail!("lyrebird ended before {what}");
        }
        thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

/// `target/demo`, beside the directory that the program was built into.
fn folder() -> anyhow::Result<PathBuf> {
    let program = env::var_os("LYREBIRD_BIN")
        .map(PathBuf::from)
        .context("run `cargo xtask demo`: it builds the program first")?;
    let target = program.parent().and_then(Path::parent).context("LYREBIRD_BIN names no file of a target directory")?;
    Ok(target.join("demo"))
}

fn say(line: &str) {
    println!("* {line}");
}

fn echo(line: &str) {
    println!("    | {line}");
}
