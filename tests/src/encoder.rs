//! FFmpeg as a live encoder: a test picture and a sine in real time, another size after some seconds.

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::thread::{self, JoinHandle};

use anyhow::{Context, bail};

use crate::feed::Feed;
use crate::flv::{Splitter, Tag};

/// Milliseconds of one frame at the encoder's 25 frames a second.
const FRAME_MS: u32 = 40;

/// One stretch of the broadcast.
#[derive(Clone, Copy, Debug)]
pub struct Stretch {
    /// Pixels, such as `640x360`.
    pub size: &'static str,
    /// Real seconds.
    pub seconds: u32,
}

/// Whether FFmpeg is there.
pub fn is_there() -> bool {
    let probe = Command::new("ffmpeg").arg("-version").stdin(Stdio::null()).stdout(Stdio::null()).status();
    probe.is_ok_and(|status| status.success())
}

/// Encodes the stretches into the feed, one after the other, times going on; then ends the feed.
pub fn play(feed: &Feed, stretches: &[Stretch]) -> JoinHandle<anyhow::Result<()>> {
    let stretches = stretches.to_vec();
    let feed = feed.clone();
    thread::spawn(move || {
        let outcome = encode_all(&feed, &stretches);
        feed.end();
        outcome
    })
}

fn encode_all(feed: &Feed, stretches: &[Stretch]) -> anyhow::Result<()> {
    let mut from_ms = 0;
    for stretch in stretches {
        let mut child = start(stretch)?;
        let outcome = pump(feed, &mut child, from_ms);
        // Read to its end or given up: either way it must be gone before we are.
        if outcome.is_err() {
            child.kill().ok();
        }
        let status = child.wait().context("waiting for ffmpeg")?;
        from_ms = outcome? + FRAME_MS;
        if !status.success() {
            bail!("ffmpeg ended with {status}");
        }
    }
    Ok(())
}

fn start(stretch: &Stretch) -> anyhow::Result<Child> {
    let picture = format!("testsrc2=size={}:rate=25", stretch.size);
    let mut command = Command::new("ffmpeg");
    command.args(["-hide_banner", "-loglevel", "error", "-nostdin"]);
    command.args(["-re", "-f", "lavfi", "-i", &picture]);
    command.args(["-re", "-f", "lavfi", "-i", "sine=frequency=440:beep_factor=4:sample_rate=48000"]);
    command.args(["-t", &stretch.seconds.to_string()]);
    command.args([
        "-c:v",
        "libx264",
        "-preset",
        "ultrafast",
        "-tune",
        "zerolatency",
        "-g",
        "25",
        "-pix_fmt",
        "yuv420p",
    ]);
    command.args(["-c:a", "aac", "-b:a", "96k", "-f", "flv", "-flvflags", "no_duration_filesize"]);
    command.args(["-flush_packets", "1", "pipe:1"]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().context("starting ffmpeg")
}

/// Pushes every tag with its time moved to `from_ms`; gives the last time.
fn pump(feed: &Feed, child: &mut Child, from_ms: u32) -> anyhow::Result<u32> {
    let mut stdout = child.stdout.take().context("ffmpeg has no stdout")?;
    let mut splitter = Splitter::default();
    let mut buffer = vec![0; 64 << 10];
    let mut last_ms = from_ms;
    loop {
        let got = stdout.read(&mut buffer).context("reading from ffmpeg")?;
        if got == 0 {
            return Ok(last_ms);
        }
        splitter.push(&buffer[..got]);
        while let Some(tag) = splitter.next_tag().map_err(anyhow::Error::msg).context("reading ffmpeg's FLV")? {
            let time_ms = tag.time_ms + from_ms;
            last_ms = last_ms.max(time_ms);
            feed.push(Tag { time_ms, ..tag });
        }
    }
}
