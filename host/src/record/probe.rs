//! What a candidate gives, from its first bytes: for `check` of pickers that cannot see it themselves.

use std::time::Duration;

use bytes::Bytes;
use lyrebird_flv::codec::{AudioCodec, VideoCodec, audio_codec, video_codec};
use lyrebird_flv::{Fault, Item, Reader, Tag};

use super::Access;
use super::receive::{broken, request, settle, unsupported};
use super::sniff::Body;
use crate::http::{Http, Media};
use crate::model::{Candidate, Codec, EndReason, Refusal, Transport};

/// Bytes that are read at most.
const PROBED: u64 = 64 << 10;

/// Time that is waited for them: an answer that is late is an answer for a person who waits.
const LIMIT: Duration = Duration::from_secs(10);

/// What a candidate gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// How it really travels.
    pub transport: Transport,
    /// Video codec, where it could be seen.
    pub codec: Option<Codec>,
    /// For people: `FLV, avc, aac`.
    pub what: String,
    /// Whether the server has promised an end: a file, not a live stream.
    pub finished: bool,
}

/// Opens the candidate, reads up to 64 KiB, and says what it is.
///
/// # Errors
/// It cannot be opened, or gives no media.
pub async fn probe(http: &Http, candidate: &Candidate, access: &Access, stall: Duration) -> Result<Probe, Refusal> {
    if let Some(refusal) = unsupported(&candidate.transport) {
        return Err(refusal);
    }
    let mut media = http.media(request(candidate, access, stall)).await?;
    let finished = media.content_length().is_some();
    let settled = tokio::time::timeout(LIMIT, settle(&mut media, &candidate.transport)).await;
    let (body, first, end) = match settled {
        Ok(Ok(settled)) => settled,
        Ok(Err(reason)) => return Err(Refusal::Unreachable(reason.to_string())),
        Err(_) => return Err(Refusal::Unreachable(format!("no media in {} s", LIMIT.as_secs()))),
    };
    match body {
        Body::Flv => {
            let mut tracks = Tracks::default();
            let read = tokio::time::timeout(LIMIT, read_tracks(&mut media, first, end, &mut tracks)).await;
            // What has been seen until the time is up is an answer too.
            read.unwrap_or(Ok(())).map_err(|fault| not_flv(&fault))?;
            if !tracks.any {
                return Err(Refusal::NotMedia(String::from("FLV without a tag")));
            }
            Ok(Probe { transport: Transport::Flv, codec: tracks.codec(), what: tracks.what(), finished })
        }
        Body::Raw(extension) => {
            let what = extension.to_ascii_uppercase();
            Ok(Probe { transport: Transport::Raw(extension), codec: None, what, finished })
        }
        Body::Hls => Ok(Probe { transport: Transport::Hls, codec: None, what: String::from("HLS playlist"), finished }),
        Body::NotMedia(what) => Err(Refusal::NotMedia(what)),
    }
}

fn not_flv(fault: &Fault) -> Refusal {
    Refusal::NotMedia(match fault {
        Fault::NotFlv { looks_like } => (*looks_like).to_owned(),
        other => other.to_string(),
    })
}

/// What has been seen of the tracks.
#[derive(Default)]
struct Tracks {
    any: bool,
    video: Option<VideoCodec>,
    audio: Option<AudioCodec>,
}

impl Tracks {
    fn see(&mut self, tag: &Tag) {
        self.any = true;
        self.video = self.video.or_else(|| video_codec(tag));
        self.audio = self.audio.or_else(|| audio_codec(tag));
    }

    fn codec(&self) -> Option<Codec> {
        Some(match self.video? {
            VideoCodec::Avc => Codec::Avc,
            VideoCodec::Hevc => Codec::Hevc,
            VideoCodec::Av1 => Codec::Av1,
            other => Codec::Other(format!("{other:?}").to_lowercase()),
        })
    }

    fn what(&self) -> String {
        let mut what = String::from("FLV");
        if let Some(codec) = self.codec() {
            what.push_str(", ");
            what.push_str(codec.word());
        }
        if let Some(codec) = self.audio {
            what.push_str(&format!(", {codec:?}").to_lowercase());
        }
        what
    }
}

async fn read_tracks(
    media: &mut Media,
    first: Bytes,
    end: Option<EndReason>,
    tracks: &mut Tracks,
) -> Result<(), Fault> {
    let mut reader = Reader::new();
    let mut chunk = Some(first);
    let mut read = 0;
    while let Some(bytes) = chunk {
        read += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        reader.push(bytes);
        while let Some(item) = reader.next()? {
            if let Item::Tag(tag) = item {
                tracks.see(&tag);
            }
        }
        let seen = tracks.video.is_some() && tracks.audio.is_some();
        if seen || read >= PROBED || end.is_some() {
            break;
        }
        chunk = match media.chunk().await {
            Ok(chunk) => chunk,
            Err(fault) => {
                tracing::debug!(reason = %broken(&fault), "the probe's connection ended");
                None
            }
        };
    }
    while let Some(item) = reader.finish()? {
        if let Item::Tag(tag) = item {
            tracks.see(&tag);
        }
    }
    Ok(())
}
