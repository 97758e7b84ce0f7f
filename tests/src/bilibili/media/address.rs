//! Media URLs: how they are made, signed and read back.

use crate::bilibili::ask::Ask;
use crate::bilibili::play::codec_name;
use crate::bilibili::room::{Codec, Format, Room};
use crate::bilibili::wbi::md5;

/// What is signed, in this order, together with host and path.
const SIGNED: &str = "cdn,expires,len,oi,pt,qn,trid,bmt";
/// Known to the media hosts alone.
const SECRET: &str = "lyrebirds never tell";

/// What a path names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) room: u64,
    pub(crate) uid: u64,
    pub(crate) codec: Codec,
    pub(crate) is_flv: bool,
}

/// `/live-bvc/123456/live_UID_ROOM_QUALITY_CODEC.flv`, or a playlist.
pub(crate) fn path(room: &Room, format: Format, codec: Codec, quality: u64) -> String {
    let stem = format!("/live-bvc/{:06}/live_{}_{}_{quality}", room.id % 1_000_000, room.uid, room.id);
    let codec = codec_name(codec).1;
    match format {
        Format::Flv => format!("{stem}_{codec}.flv"),
        Format::Ts => format!("{stem}_{codec}.m3u8"),
        Format::Fmp4 => format!("{stem}_{codec}/index.m3u8"),
    }
}

pub(crate) fn read(path: &str) -> Option<Place> {
    let mut steps = path.strip_prefix("/live-bvc/")?.splitn(2, '/').skip(1);
    let (name, rest) = steps.next()?.split_once(['.', '/'])?;
    let mut parts = name.strip_prefix("live_")?.split('_');
    let (uid, room) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    let codec = parts.nth(1)?;
    let codec = [Codec::Avc, Codec::Hevc, Codec::Av1].into_iter().find(|one| codec_name(*one).1 == codec)?;
    Some(Place { room, uid, codec, is_flv: rest == "flv" })
}

/// The query of a URL that holds until `expires` (unix seconds).
pub(crate) fn extra(host: &str, path: &str, quality: u64, expires: u64) -> String {
    let name = host.split('.').next().unwrap_or(host);
    let values = [
        ("expires", expires.to_string()),
        ("len", String::from("0")),
        ("oi", String::from("2130706433")),
        ("pt", String::from("web")),
        ("qn", quality.to_string()),
        ("trid", format!("1000{:016x}", expires ^ quality)),
        ("bmt", String::from("1")),
        ("sigparams", SIGNED.to_owned()),
        ("cdn", name.to_owned()),
    ];
    let value = |name: &str| values.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
    let sign = signature(host, path, value);
    let pairs: Vec<String> = values.iter().map(|(name, value)| format!("{name}={value}")).collect();
    format!("{}&{}={sign}", pairs.join("&"), sign_name(host))
}

/// What is wrong with a media URL, whether or not it has expired.
pub(crate) fn verify(ask: &Ask) -> Result<(), &'static str> {
    let host = ask.host.as_str();
    let sign = ask.parameter(sign_name(host)).ok_or("a media URL without its signature")?;
    if ask.parameter("sigparams") != Some(SIGNED) {
        return Err("a media URL that names other signed parameters");
    }
    if signature(host, &ask.path, |name| ask.parameter(name).map(str::to_owned)) != sign {
        return Err("a media URL whose signature is wrong");
    }
    let known = SIGNED.split(',').chain(["sigparams", sign_name(host)]);
    if known.count() != ask.parameters.len() {
        return Err("a media URL with more parameters than were given out");
    }
    Ok(())
}

/// Some hosts call it so, some otherwise.
fn sign_name(host: &str) -> &'static str {
    if host.contains("gotcha") { "sign" } else { "upsig" }
}

fn signature(host: &str, path: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let host = host.split(':').next().unwrap_or(host);
    let values: Vec<String> = SIGNED.split(',').map(|name| value(name).unwrap_or_default()).collect();
    md5(&format!("{host}{path}{}{SECRET}", values.join(",")))
}
