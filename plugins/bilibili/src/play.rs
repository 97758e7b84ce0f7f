//! Ways to receive a room: what the platform offers, made into candidates, best first.

mod offer;

use std::cmp::Reverse;

use lyrebird_plugin::{Candidate, Codec, Failure, Link, Wish, debug, lenient};
use serde::Deserialize;
use serde_json::Value;

use crate::rooms::{self, Walls};
use crate::wbi::Parameters;
use crate::{api, cdn};
use offer::{Nothing, Offer};

const PLAY: &str = "/xlive/web-room/v2/index/getRoomPlayInfo";
/// The key of what the streamer sends, which nearly every room has: asked for where nothing is wished, for what a key
/// that a room does not have is answered with is up to the platform. Who may have less is given less.
const USUAL: u32 = 10000;
/// Questions for one answer: the wish, and others where the wish is not to be had, or there is better than the usual.
const MOST_ASKS: usize = 3;
/// Broadcasts under this mark are encrypted.
const DRM: u64 = 203;
const ON_AIR: u32 = 1;
/// Codes that say nothing of a room by themselves, but are what some calls answer for one that does not exist.
const PERHAPS_NO_ROOM: [i64; 5] = [1, -400, -404, 1_002_002, 19_002_000];

/// The answer of [`PLAY`].
#[derive(Deserialize)]
struct Play {
    #[serde(default, deserialize_with = "lenient::maybe")]
    live_status: Option<u32>,
    #[serde(default, deserialize_with = "lenient::list")]
    all_special_types: Vec<Value>,
}

/// What is offered; empty where the room is not on air.
pub(crate) fn candidates(id: &str, wish: &Wish) -> Result<Vec<Candidate>, Failure> {
    let wished: Vec<u32> = wish.qualities.iter().filter_map(|key| key.trim().parse().ok()).collect();
    let mut offers = survey(id, &wished)?;
    let failed: Vec<Link> = wish.failed_urls.iter().filter_map(|url| Link::parse(url)).collect();
    // Stable: what this leaves equal stays as the platform has it.
    offers.sort_by_cached_key(|offer| {
        (
            failed.iter().any(|link| (&link.host, link.port) == (&offer.link.host, offer.link.port)),
            place(&wished, &offer.quality),
            place(&wish.codecs, &offer.codec),
            offer.form.clone(),
            codec_place(&offer.codec),
            Reverse(offer.quality),
            cdn::rank(&offer.link),
        )
    });
    Ok(offers.into_iter().map(|offer| offer.candidate(id)).collect())
}

/// Asks for the first wish; where it is not to be had, for the next one that is. Where nothing is wished, for the best.
fn survey(id: &str, wished: &[u32]) -> Result<Vec<Offer>, Failure> {
    let first = wished.first().copied().unwrap_or(USUAL);
    let mut offers = ask(id, first)?;
    let mut asked = vec![first];
    let best = offers.iter().flat_map(|offer| &offer.accepts).max().copied();
    let better = best.filter(|&best| wished.is_empty() && offers.iter().all(|offer| best > offer.quality));
    let wished = better.as_slice().iter().chain(wished).copied().collect::<Vec<u32>>();
    for (index, &next) in wished.iter().enumerate() {
        // Whoever was given less than what there is (a guest) is given no more than that.
        let capped = |offer: &Offer| offer.accepts.iter().any(|key| asked.contains(key) && *key > offer.quality);
        let cap = offers.iter().filter(|offer| capped(offer)).map(|offer| offer.quality).max();
        if asked.len() >= MOST_ASKS || offers.iter().any(|offer| place(&wished, &offer.quality) <= index) {
            break;
        }
        let accepted = offers.iter().any(|offer| offer.accepts.contains(&next));
        if asked.contains(&next) || !accepted || cap.is_some_and(|cap| next > cap) {
            continue;
        }
        asked.push(next);
        match ask(id, next) {
            Ok(more) => offers.extend(more),
            // What is offered already can be recorded.
            Err(failure) => {
                debug!("no answer about quality {next}: {}", failure.message());
                break;
            }
        }
    }
    Ok(offers)
}

fn ask(id: &str, quality: u32) -> Result<Vec<Offer>, Failure> {
    let told = api::ask(PLAY, &question(id, quality))?;
    let perhaps = PERHAPS_NO_ROOM.contains(&told.code);
    if rooms::is_no_room(told.code) || (perhaps && rooms::single(id)?.is_none()) {
        return Err(rooms::gone(id));
    }
    let told = told.content()?;
    let play: Play = told.read()?;
    if play.live_status.is_some_and(|status| status != ON_AIR) {
        return Ok(Vec::new());
    }
    told.read::<Walls>()?.judge(id)?;
    if play.all_special_types.iter().any(|kind| offer::whole(kind) == Some(DRM)) {
        return Err(encrypted(id));
    }
    match told.data.get("playurl_info") {
        None => Err(told.unexpected("the answer has no `playurl_info`")),
        Some(info) if api::is_nothing(info) => paid(id).map(|()| Vec::new()),
        Some(info) => match info.get("playurl") {
            None => Err(told.unexpected("the answer has no `playurl`")),
            // It says no more than that; rooms for paying viewers are answered so since they are encrypted.
            Some(playurl) if api::is_nothing(playurl) => Err(Failure::Forbidden(format!(
                "Bilibili gives no streams of room {id} to this viewer: it is not for this part of the world, or for \
                 paying viewers and encrypted"
            ))),
            Some(playurl) => offer::read(playurl).map_err(|nothing| match nothing {
                Nothing::Encrypted => encrypted(id),
                Nothing::Unreadable(why) => told.unexpected(&why),
            }),
        },
    }
}

fn encrypted(id: &str) -> Failure {
    Failure::Forbidden(format!("room {id} is encrypted against recording (DRM)"))
}

/// A failure where the room is for paying viewers: the platform then gives no streams, as if it were dark.
fn paid(id: &str) -> Result<(), Failure> {
    match rooms::single(id) {
        Ok(Some(single)) if single.is_paid() => Err(Failure::Forbidden(format!(
            "room {id} is for paying viewers\nhint: give this plugin the cookie of a login that has paid"
        ))),
        Ok(_) => Ok(()),
        Err(failure) => Err(failure),
    }
}

/// All protocols, formats and codecs at once: which of them there are changes with the broadcast.
fn question(id: &str, quality: u32) -> Parameters {
    let quality = quality.to_string();
    let parameters = [
        ("room_id", id),
        ("protocol", "0,1"),
        ("format", "0,1,2"),
        ("codec", "0,1,2"),
        ("qn", &quality),
        ("platform", "web"),
        ("ptype", "8"),
        ("dolby", "5"),
        ("panorama", "1"),
        ("mask", "0"),
        ("no_playurl", "0"),
    ];
    parameters.map(|(name, value)| (name, value.to_owned())).into()
}

/// The place in a list of wishes; what is not on it stands behind.
fn place<T: PartialEq>(wishes: &[T], value: &T) -> usize {
    wishes.iter().position(|wish| wish == value).unwrap_or(wishes.len())
}

/// The codec that plays everywhere comes first.
fn codec_place(codec: &Codec) -> usize {
    match codec {
        Codec::Avc => 0,
        Codec::Hevc => 1,
        Codec::Av1 => 2,
        Codec::Other(_) => 3,
    }
}

#[cfg(test)]
mod tests;
