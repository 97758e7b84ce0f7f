//! What FFmpeg thinks of a file: a judge who has never heard of us.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;

/// ffprobe's view of one file.
#[derive(Clone, Debug)]
pub struct Probe {
    /// Of the container, in ms.
    pub duration_ms: u64,
    /// Video packets.
    pub video_packets: u64,
    /// Audio packets.
    pub audio_packets: u64,
    /// Width and height of the picture.
    pub size: Option<(u64, u64)>,
}

/// Whether ffprobe is there.
pub fn is_there() -> bool {
    let probe = Command::new("ffprobe").arg("-version").stdin(Stdio::null()).stdout(Stdio::null()).status();
    probe.is_ok_and(|status| status.success())
}

/// Reads the whole file with ffprobe.
pub fn probe(file: &Path) -> Result<Probe, String> {
    let output = Command::new("ffprobe")
        .args(["-v", "error", "-count_packets", "-show_entries"])
        .args(["format=duration:stream=codec_type,nb_read_packets,width,height", "-of", "json"])
        .arg(file)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("cannot start ffprobe: {error}"))?;
    let complaints = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    if !output.status.success() || !complaints.is_empty() {
        return Err(format!("ffprobe says of {}: {complaints}", file.display()));
    }
    let answer: Value = serde_json::from_slice(&output.stdout).map_err(|error| error.to_string())?;
    let stream = |kind: &str| {
        answer["streams"].as_array().and_then(|all| all.iter().find(|one| one["codec_type"] == kind)).cloned()
    };
    let packets = |kind: &str| stream(kind).map_or(0, |one| number(&one["nb_read_packets"]));
    let seconds = answer["format"]["duration"].as_str().and_then(|text| text.parse().ok());
    let duration = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()).unwrap_or_default();
    Ok(Probe {
        duration_ms: u64::try_from(duration.as_millis()).unwrap(),
        video_packets: packets("video"),
        audio_packets: packets("audio"),
        size: stream("video").map(|one| (number(&one["width"]), number(&one["height"]))),
    })
}

/// Decodes every frame of the file; an error is what FFmpeg complains of.
pub fn decode(file: &Path) -> Result<(), String> {
    let output = Command::new("ffmpeg")
        .args(["-hide_banner", "-nostdin", "-v", "error", "-i"])
        .arg(file)
        .args(["-f", "null", "-"])
        .output()
        .map_err(|error| format!("cannot start ffmpeg: {error}"))?;
    let complaints = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    if output.status.success() && complaints.is_empty() { Ok(()) } else { Err(complaints) }
}

fn number(value: &Value) -> u64 {
    value.as_u64().or_else(|| value.as_str()?.parse().ok()).unwrap_or(0)
}
