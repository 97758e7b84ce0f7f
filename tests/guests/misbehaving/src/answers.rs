//! The answers with good manners: statuses, candidates.

use lyrebird_plugin::{Broadcast, Candidate, Codec, Failure, Pair, Quality, Room, Status, Transport, Wish};

use crate::deeds::Told;
use crate::words::{Deed, Phase};

/// Whether the deed is nothing but a status.
pub(crate) fn is_status(deed: &Deed) -> bool {
    matches!(deed.name.as_str(), "ok" | "offline" | "upcoming" | "replay")
}

/// The status that a deed names.
pub(crate) fn status(deed: &Deed) -> Status {
    let broadcast = broadcast(deed, "ok".to_owned(), deed.pairs("extra"));
    match deed.name.as_str() {
        "offline" => Status::Offline(deed.text("streamer").map(str::to_owned)),
        "upcoming" => Status::Upcoming(broadcast),
        "replay" => Status::Replay(broadcast),
        _ => Status::Live(broadcast),
    }
}

/// Live, with the outcome of a deed as the title.
pub(crate) fn live(deed: &Deed, title: String, extra: Vec<Pair>) -> Status {
    Status::Live(broadcast(deed, title, extra))
}

/// A candidate for every `media`.
pub(crate) fn candidates(deed: &Deed, room: &Room, wish: &Wish) -> Result<Vec<Candidate>, Failure> {
    if deed.name == "echo" {
        let candidate = Candidate::flv("https://allowed.test/echo.flv");
        return Ok(vec![candidate.extra("room", format!("{room:?}")).extra("wish", format!("{wish:?}"))]);
    }
    if deed.phase == Phase::Check && matches!(deed.name.as_str(), "offline" | "upcoming") {
        return Ok(Vec::new());
    }
    let key = deed.text("quality").unwrap_or("source");
    let expires = deed.number("expires", 0)?;
    let candidates = deed.texts("media").zip(0..).map(|(url, place)| {
        let mut candidate = Candidate::new(url, transport(deed.text("transport").unwrap_or("flv")));
        candidate.quality = Quality::new(key, key, -place);
        candidate.codec = deed.text("codec").map(Codec::named);
        candidate.cdn = deed.text("cdn").map(str::to_owned).or_else(|| Some(format!("cdn{place}")));
        candidate.headers = deed.pairs("header");
        candidate.expires_at = (expires > 0).then_some(expires);
        candidate
    });
    Ok(candidates.collect())
}

/// The outcome of a deed in `streams`.
pub(crate) fn told(told: Told) -> Candidate {
    let mut candidate = Candidate::flv("https://allowed.test/told.flv").quality(Quality::new("told", told.title, -100));
    candidate.extra = told.extra;
    candidate
}

fn broadcast(deed: &Deed, title: String, extra: Vec<Pair>) -> Broadcast {
    Broadcast {
        id: deed.text("broadcast").map(str::to_owned),
        streamer: deed.text("streamer").unwrap_or("Misbehaving").to_owned(),
        title: deed.text("title").map_or(title, str::to_owned),
        room_url: format!("https://misbehaving.test/{}", deed.name),
        started_at: deed.text("started").and_then(|text| text.parse().ok()),
        extra,
        ..Broadcast::default()
    }
}

fn transport(word: &str) -> Transport {
    match word.split_once(':') {
        Some(("raw", suffix)) => Transport::Raw(suffix.to_owned()),
        Some(("other", name)) => Transport::Other(name.to_owned()),
        _ => match word {
            "flv" => Transport::Flv,
            "hls" => Transport::Hls,
            _ => Transport::Unknown,
        },
    }
}
