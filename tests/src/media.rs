//! Real media of many kinds, made by FFmpeg while the tests run, and what FFmpeg makes of a file.
//!
//! What FFmpeg can put into FLV depends on its age: HEVC, AV1 and VP9 since 6.1, Opus and FLAC since 8. The newer one is
//! looked for, and its absence is said once.

use std::env;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use bytes::Bytes;

use crate::flv::{self, AUDIO, SCRIPT, Tag, VIDEO};

/// The first that writes all of enhanced FLV.
const NEWER: u32 = 8;

/// Names an FFmpeg that is new enough.
const VARIABLE: &str = "LYREBIRD_NEWER_FFMPEG";

/// One kind of media.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// AVC without B frames, AAC.
    Plain,
    /// AVC with B frames, AAC.
    BFrames,
    /// AVC and MP3.
    Mp3,
    /// Frames at uneven times, pauses of half a second among them.
    Variable,
    /// A picture every two seconds, with sound.
    Slides,
    /// AAC alone.
    Sound,
    /// AVC alone.
    Picture,
    /// A picture of another size than [`Kind::Plain`], otherwise the same.
    Larger,
    /// HEVC by its FourCC, AAC.
    Hevc,
    /// HEVC under codec id 12, as encoders wrote it before there was a standard; AAC.
    Hevc12,
    /// AV1 and Opus.
    Av1,
    /// VP9 and FLAC.
    Vp9,
}

impl Kind {
    /// Those that take a newer FFmpeg.
    pub const NEWER: [Kind; 4] = [Kind::Hevc, Kind::Hevc12, Kind::Av1, Kind::Vp9];

    /// The FFmpeg that makes and reads it; none where it takes a newer one than is here.
    pub fn ffmpeg(self) -> Option<PathBuf> {
        if Kind::NEWER.contains(&self) { newer().clone() } else { Some(PathBuf::from("ffmpeg")) }
    }

    /// What FFmpeg calls its codecs, the picture's first.
    pub fn codecs(self) -> &'static [&'static str] {
        match self {
            Kind::Mp3 => &["h264", "mp3"],
            Kind::Sound => &["aac"],
            Kind::Picture => &["h264"],
            Kind::Hevc | Kind::Hevc12 => &["hevc", "aac"],
            Kind::Av1 => &["av1", "opus"],
            Kind::Vp9 => &["vp9", "flac"],
            _ => &["h264", "aac"],
        }
    }

    fn arguments(self) -> &'static str {
        match self {
            Kind::Plain | Kind::Larger => "-c:v libx264 -preset ultrafast -bf 0 -c:a aac",
            Kind::BFrames => "-c:v libx264 -preset veryfast -bf 3 -c:a aac",
            Kind::Mp3 => "-c:v libx264 -preset ultrafast -c:a libmp3lame -ar 44100",
            Kind::Variable => {
                "-vf select=not(eq(mod(n\\,7)\\,3))*not(between(mod(n\\,50)\\,20\\,30)) -fps_mode vfr \
                 -c:v libx264 -preset ultrafast -c:a aac"
            }
            Kind::Slides => "-r 1/2 -c:v libx264 -preset ultrafast -g 1 -c:a aac",
            Kind::Sound => "-vn -c:a aac",
            Kind::Picture => "-c:v libx264 -preset veryfast -an",
            Kind::Hevc | Kind::Hevc12 => {
                "-c:v libx265 -preset ultrafast -x265-params keyint=25:min-keyint=25:scenecut=0:log-level=error -c:a aac"
            }
            Kind::Av1 => "-c:v libaom-av1 -crf 40 -cpu-used 8 -usage realtime -c:a libopus",
            Kind::Vp9 => "-c:v libvpx-vp9 -crf 40 -b:v 0 -deadline realtime -cpu-used 8 -c:a flac",
        }
    }

    /// The file as FFmpeg writes it, a key frame a second; none where FFmpeg cannot.
    ///
    /// The sound is noise: each of its frames differs from all others, as those of a microphone do.
    pub fn make(self, seconds: u32) -> Option<Vec<u8>> {
        let size = if self == Kind::Larger { "192x144" } else { "160x120" };
        let output = Command::new(self.ffmpeg()?)
            .args(["-hide_banner", "-nostdin", "-v", "error", "-f", "lavfi", "-i"])
            .arg(format!("testsrc2=size={size}:rate=25"))
            .args(["-f", "lavfi", "-i", "anoisesrc=color=pink:seed=7:amplitude=0.3:sample_rate=48000"])
            .args(["-map", "0:v?", "-map", "1:a?", "-t", &seconds.to_string(), "-g", "25", "-pix_fmt", "yuv420p"])
            .args(["-b:a", "48k"])
            .args(self.arguments().split_whitespace())
            .args(["-f", "flv", "-flvflags", "no_duration_filesize", "pipe:1"])
            .stderr(Stdio::inherit())
            .output()
            .unwrap();
        assert!(output.status.success(), "FFmpeg made no {self:?}: {}", output.status);
        if self != Kind::Hevc12 {
            return Some(output.stdout);
        }
        let tags = flv::parse(&output.stdout).unwrap();
        Some(encode(&tags.iter().filter_map(to_codec_id_12).collect::<Vec<_>>()))
    }
}

/// Tags as a file.
pub fn encode(tags: &[Tag]) -> Vec<u8> {
    flv::HEAD.into_iter().chain(tags.iter().flat_map(Tag::encode)).collect()
}

/// Whether nothing stands behind the FourCC where a configuration or a frame is announced.
pub fn is_empty(tag: &Tag) -> bool {
    let first = tag.body.first().copied().unwrap_or(0);
    let is_enhanced = tag.kind == VIDEO && first & 0x80 != 0 || tag.kind == AUDIO && first >> 4 == 9;
    is_enhanced && first & 0x0f < 2 && tag.body.len() == 5
}

/// HEVC by its FourCC becomes codec id 12; HDR colours and the like have no place there.
fn to_codec_id_12(tag: &Tag) -> Option<Tag> {
    let [first, b'h', b'v', b'c', b'1', rest @ ..] = tag.body.as_ref() else { return Some(tag.clone()) };
    let packet = match first & 0x0f {
        0 => [&[0, 0, 0, 0], rest].concat(),
        1 => [&[1], rest].concat(),
        3 => [&[1, 0, 0, 0], rest].concat(),
        2 => vec![2, 0, 0, 0],
        _ => return None,
    };
    let body = [&[(first & 0x70) | 12], packet.as_slice()].concat();
    Some(Tag { body: Bytes::from(body), ..tag.clone() })
}

/// The way back, for a decoder that has never heard of codec id 12.
fn to_four_cc(tag: &Tag) -> Tag {
    let (VIDEO, [first, packet, time @ ..]) = (tag.kind, tag.body.as_ref()) else { return tag.clone() };
    if first & 0x8f != 12 {
        return tag.clone();
    }
    let rest = if *packet == 1 { time } else { time.get(3..).unwrap_or_default() };
    let body = [&[0x80 | (first & 0x70) | packet][..], b"hvc1", rest].concat();
    Tag { body: Bytes::from(body), ..tag.clone() }
}

/// What FFmpeg says of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// Of the container.
    pub duration_ms: u64,
    /// The picture's first.
    pub codecs: Vec<String>,
    /// Its warnings and errors while it opened the file and decoded all of it; empty if it had none.
    pub complaints: String,
}

/// Opens a file and decodes all of it.
pub fn open(kind: Kind, file: &Path) -> Opened {
    let ffmpeg = kind.ffmpeg().unwrap();
    if kind != Kind::Hevc12 {
        return opened(&decode(&ffmpeg, file));
    }
    let readable = file.with_extension("readable.flv");
    let mut tags = flv::parse(&fs::read(file).unwrap()).unwrap();
    // What the metadata says of codec and places holds for the file as it was.
    tags.retain(|tag| tag.kind != SCRIPT);
    fs::write(&readable, encode(&tags.iter().map(to_four_cc).collect::<Vec<_>>())).unwrap();
    let told = decode(&ffmpeg, &readable);
    fs::remove_file(&readable).unwrap();
    opened(&told)
}

fn decode(ffmpeg: &Path, file: &Path) -> String {
    let output = Command::new(ffmpeg)
        .args(["-hide_banner", "-nostdin", "-nostats", "-v", "level+info", "-i"])
        .arg(file)
        // Output times that repeat are the business of a muxer that nobody asked for.
        .args(["-fps_mode", "passthrough", "-f", "null", "-"])
        .output()
        .unwrap();
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Reads `Duration: 00:00:08.02, …` and `Stream #0:0: Video: h264 (High), …`.
fn opened(told: &str) -> Opened {
    let input = told.split("Output #0").next().unwrap_or(told);
    let input = input.split("Stream mapping").next().unwrap_or(input);
    let behind = |word: &'static str| input.split(word).skip(1).filter_map(|rest| rest.split([',', ' ', '\n']).next());
    let duration = behind("Duration: ").next().unwrap_or_default();
    let seconds = duration.split(':').try_fold(0.0, |sum, part| Some(sum * 60.0 + part.parse::<f64>().ok()?));
    let duration = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()).unwrap_or_default();
    let duration_ms = u64::try_from(duration.as_millis()).unwrap();
    let is_complaint =
        |line: &&str| ["[warning]", "[error]", "[fatal]", "[panic]"].iter().any(|level| line.contains(level));
    Opened {
        duration_ms,
        codecs: behind("Video: ").chain(behind("Audio: ")).map(str::to_owned).collect(),
        complaints: told.lines().filter(is_complaint).collect::<Vec<_>>().join("\n"),
    }
}

/// The FFmpeg that knows enhanced FLV: the one that the environment names, the system's, or that of Python's
/// `imageio-ffmpeg`. Where there is none the run says what was not tested.
fn newer() -> &'static Option<PathBuf> {
    static FOUND: OnceLock<Option<PathBuf>> = OnceLock::new();
    FOUND.get_or_init(|| {
        let named = env::var_os(VARIABLE).map(PathBuf::from);
        let pythons = || {
            let print = "import imageio_ffmpeg; print(imageio_ffmpeg.get_ffmpeg_exe())";
            let output = Command::new("python3").args(["-c", print]).stderr(Stdio::null()).output().ok()?;
            Some(PathBuf::from(String::from_utf8(output.stdout).ok()?.trim()))
        };
        let candidates = named.into_iter().chain([PathBuf::from("ffmpeg")]);
        let found = candidates.chain(std::iter::once_with(pythons).flatten()).find(|ffmpeg| version(ffmpeg) >= NEWER);
        if found.is_none() {
            // Not by the macro: what that prints is kept back when the test passes.
            let kinds = Kind::NEWER.map(|kind| format!("{kind:?}")).join(", ");
            let count = Kind::NEWER.len();
            writeln!(
                std::io::stderr(),
                "\nskipped: {count} kinds of media ({kinds}) take FFmpeg {NEWER} or newer; name one in {VARIABLE}, or run \
                 `pip install imageio-ffmpeg`"
            )
            .ok();
        }
        found
    })
}

/// The major version; 0 for what is none. A build that was not released counts as new.
fn version(ffmpeg: &Path) -> u32 {
    let Ok(output) = Command::new(ffmpeg).arg("-version").stdin(Stdio::null()).output() else { return 0 };
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    let Some(word) = told.strip_prefix("ffmpeg version ").and_then(|rest| rest.split_whitespace().next()) else {
        return 0;
    };
    let digits: String = word.trim_start_matches('n').chars().take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap_or(NEWER)
}

/// Counts of a file as the reader of the tests sees it, in the words of `flv inspect`.
pub fn counts(tags: &[Tag], kind: u8) -> [u64; 3] {
    let of = |wanted: &dyn Fn(&Tag) -> bool| tags.iter().filter(|tag| tag.kind == kind && wanted(tag)).count() as u64;
    [of(&|_| true), of(&Tag::is_header), if kind == AUDIO { 0 } else { of(&Tag::is_key) }]
}
