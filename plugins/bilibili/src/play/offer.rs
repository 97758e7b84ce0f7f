//! The tree of protocols, formats, codecs and networks in which the platform offers its streams, made flat.

use std::collections::BTreeMap;

use lyrebird_plugin::{Candidate, Codec, Link, Quality, Transport, lenient};
use serde::Deserialize;
use serde_json::Value;

use crate::{address, api, cdn};

/// One URL with what belongs to it.
#[derive(Debug)]
pub(super) struct Offer {
    url: String,
    /// The URL's pieces.
    pub(super) link: Link,
    /// Its container.
    pub(super) form: Form,
    /// Its video codec.
    pub(super) codec: Codec,
    /// The platform's key of what it really is.
    pub(super) quality: u32,
    /// Keys of what there is, for those who may have it.
    pub(super) accepts: Vec<u32>,
    label: String,
}

/// Containers, best first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Form {
    Flv,
    /// A playlist of MPEG-TS.
    Ts,
    /// A playlist of MP4 fragments; it begins some time after the others, and at times without the best quality.
    Fmp4,
    /// One that this plugin does not know.
    Other(String),
}

#[derive(Deserialize)]
struct Playurl {
    #[serde(default)]
    g_qn_desc: Option<Vec<Description>>,
    stream: Vec<Stream>,
}

#[derive(Deserialize)]
struct Description {
    #[serde(deserialize_with = "lenient::value")]
    qn: u32,
    #[serde(default, deserialize_with = "lenient::maybe")]
    desc: Option<String>,
}

#[derive(Deserialize)]
struct Stream {
    #[serde(default)]
    format: Vec<Format>,
}

#[derive(Deserialize)]
struct Format {
    format_name: String,
    /// Each is read by itself: an odd new one must not hide the others.
    #[serde(default)]
    codec: Vec<Value>,
}

#[derive(Deserialize)]
struct Variant {
    codec_name: String,
    #[serde(deserialize_with = "lenient::value")]
    current_qn: u32,
    #[serde(default)]
    accept_qn: Vec<Value>,
    base_url: String,
    url_info: Vec<Server>,
    #[serde(default, deserialize_with = "lenient::maybe")]
    drm: Option<bool>,
}

#[derive(Deserialize)]
struct Server {
    host: String,
    #[serde(default)]
    extra: String,
}

/// All offers, in the platform's order. The error says what is missing where none of them can be read.
pub(super) fn read(playurl: &Value) -> Result<Vec<Offer>, String> {
    let playurl =
        Playurl::deserialize(playurl).map_err(|error| format!("not the streams that this plugin reads: {error}"))?;
    let described = playurl.g_qn_desc.into_iter().flatten();
    let labels: BTreeMap<u32, String> = described.filter_map(|one| Some((one.qn, one.desc?))).collect();
    let mut offers = Vec::new();
    let mut unreadable = None;
    for format in playurl.stream.into_iter().flat_map(|stream| stream.format) {
        for variant in &format.codec {
            match Variant::deserialize(variant) {
                Ok(variant) if variant.drm == Some(true) => {}
                Ok(variant) => offers.extend(by_server(&format.format_name, &variant, &labels)),
                Err(error) => unreadable = Some(format!("not a stream that this plugin reads: {error}")),
            }
        }
    }
    match unreadable {
        Some(why) if offers.is_empty() => Err(why),
        _ => Ok(offers),
    }
}

/// A whole number in either dress.
pub(super) fn whole(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.trim().parse().ok())
}

fn by_server(format: &str, variant: &Variant, labels: &BTreeMap<u32, String>) -> Vec<Offer> {
    let form = match format {
        "flv" => Form::Flv,
        "ts" => Form::Ts,
        "fmp4" => Form::Fmp4,
        other => Form::Other(other.to_owned()),
    };
    let accepts: Vec<u32> = variant.accept_qn.iter().filter_map(|key| u32::try_from(whole(key)?).ok()).collect();
    let label = labels.get(&variant.current_qn).cloned().unwrap_or_else(|| variant.current_qn.to_string());
    let offers = variant.url_info.iter().filter_map(|server| {
        let url = format!("{}{}{}", server.host, variant.base_url, server.extra);
        Some(Offer {
            link: Link::parse(&url)?,
            url,
            form: form.clone(),
            codec: Codec::named(&variant.codec_name),
            quality: variant.current_qn,
            accepts: accepts.clone(),
            label: label.clone(),
        })
    });
    offers.collect()
}

impl Offer {
    /// As the host wants it. Media servers ask for the page that the player stands on.
    pub(super) fn candidate(self, id: &str) -> Candidate {
        let rank = i32::try_from(self.quality).unwrap_or(i32::MAX);
        let (transport, playlist_of) = match self.form {
            Form::Flv => (Transport::Flv, None),
            Form::Ts => (Transport::Hls, Some("ts")),
            Form::Fmp4 => (Transport::Hls, Some("fmp4")),
            Form::Other(name) => (Transport::Other(name), None),
        };
        let mut candidate = Candidate::new(self.url, transport)
            .quality(Quality::new(self.quality.to_string(), self.label, rank))
            .codec(self.codec)
            .cdn(cdn::name(&self.link))
            .header("User-Agent", api::BROWSER)
            .header("Referer", address::page(id))
            .header("Origin", address::SITE);
        candidate.expires_at = expiry(&self.link);
        candidate.extra.extend(playlist_of.map(|name| ("format".to_owned(), name.to_owned())));
        candidate
    }
}

/// The signature's end; it is looked at when a connection is opened.
fn expiry(link: &Link) -> Option<u32> {
    link.query("expires")?.parse().ok()
}
