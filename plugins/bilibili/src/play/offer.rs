//! The tree of protocols, formats, codecs and networks in which the platform offers its streams, made flat.

use std::collections::BTreeMap;

use lyrebird_plugin::{Candidate, Codec, Link, Quality, Transport, lenient};
use serde::Deserialize;
use serde::de::DeserializeOwned;
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

/// Why there is no offer in an answer that should have some.
#[derive(Debug)]
pub(super) enum Nothing {
    /// All of them are encrypted against recording.
    Encrypted,
    /// None of them is as this plugin reads them; what was missed.
    Unreadable(String),
}

/// What is in a list is read one by one: an odd new one must not hide the others.
#[derive(Deserialize)]
struct Playurl {
    #[serde(default, deserialize_with = "lenient::list")]
    g_qn_desc: Vec<Value>,
    #[serde(deserialize_with = "lenient::list")]
    stream: Vec<Value>,
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
    #[serde(default, deserialize_with = "lenient::list")]
    format: Vec<Value>,
}

#[derive(Deserialize)]
struct Format {
    format_name: String,
    #[serde(default, deserialize_with = "lenient::list")]
    codec: Vec<Value>,
}

#[derive(Deserialize)]
struct Variant {
    codec_name: String,
    #[serde(deserialize_with = "lenient::value")]
    current_qn: u32,
    #[serde(default, deserialize_with = "lenient::list")]
    accept_qn: Vec<Value>,
    base_url: String,
    #[serde(deserialize_with = "lenient::list")]
    url_info: Vec<Value>,
    /// A flag, or what a player needs to decrypt it.
    #[serde(default)]
    drm: Value,
}

#[derive(Deserialize)]
struct Server {
    host: String,
    #[serde(default, deserialize_with = "lenient::maybe")]
    extra: Option<String>,
}

/// All offers, in the platform's order.
pub(super) fn read(playurl: &Value) -> Result<Vec<Offer>, Nothing> {
    let playurl = Playurl::deserialize(playurl)
        .map_err(|error| Nothing::Unreadable(format!("not the streams that this plugin reads: {error}")))?;
    let mut odd = Odd(None);
    let described = each::<Description>(&playurl.g_qn_desc, &mut Odd(None));
    let labels: BTreeMap<u32, String> = described.into_iter().filter_map(|one| Some((one.qn, one.desc?))).collect();
    let mut offers = Vec::new();
    let mut encrypted = false;
    for format in each::<Stream>(&playurl.stream, &mut odd).iter().flat_map(|stream| &stream.format) {
        for format in each::<Format>(std::slice::from_ref(format), &mut odd) {
            for variant in each::<Variant>(&format.codec, &mut odd) {
                if is_set(&variant.drm) {
                    encrypted = true;
                } else {
                    offers.extend(by_server(&format.format_name, &variant, &labels, &mut odd));
                }
            }
        }
    }
    match (offers.is_empty(), encrypted, odd.0) {
        (true, true, _) => Err(Nothing::Encrypted),
        (true, false, Some(why)) => Err(Nothing::Unreadable(why)),
        _ => Ok(offers),
    }
}

/// What was passed over last, and why.
struct Odd(Option<String>);

/// Those of a list that can be read.
fn each<T: DeserializeOwned>(list: &[Value], odd: &mut Odd) -> Vec<T> {
    let read = list.iter().filter_map(|one| match T::deserialize(one) {
        Ok(read) => Some(read),
        Err(error) => {
            odd.0 = Some(format!("not a stream that this plugin reads: {error}"));
            None
        }
    });
    read.collect()
}

/// Whether a mark says more than nothing.
fn is_set(mark: &Value) -> bool {
    match mark {
        Value::Null => false,
        Value::Bool(set) => *set,
        Value::Number(number) => number.as_u64() != Some(0),
        Value::String(text) => !matches!(text.trim(), "" | "0" | "false"),
        Value::Array(list) => !list.is_empty(),
        Value::Object(entries) => !entries.is_empty(),
    }
}

/// A whole number in either dress.
pub(super) fn whole(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.trim().parse().ok())
}

fn by_server(format: &str, variant: &Variant, labels: &BTreeMap<u32, String>, odd: &mut Odd) -> Vec<Offer> {
    let form = match format {
        "flv" => Form::Flv,
        "ts" => Form::Ts,
        "fmp4" => Form::Fmp4,
        other => Form::Other(other.to_owned()),
    };
    let accepts: Vec<u32> = variant.accept_qn.iter().filter_map(|key| u32::try_from(whole(key)?).ok()).collect();
    let label = labels.get(&variant.current_qn).cloned().unwrap_or_else(|| variant.current_qn.to_string());
    let offers = each::<Server>(&variant.url_info, odd).into_iter().filter_map(|server| {
        let url = assemble(&server, &variant.base_url);
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

/// Host, path and query, which the platform gives apart: as a rule the path ends in `?`, and neither mark is missing
/// or written twice.
fn assemble(server: &Server, base: &str) -> String {
    let host = server.host.trim_end_matches('/');
    let host = match host.split_once("//") {
        Some(("", name)) => format!("https://{name}"),
        Some(_) => host.to_owned(),
        None => format!("https://{host}"),
    };
    let slash = if base.starts_with('/') { "" } else { "/" };
    let extra = server.extra.as_deref().unwrap_or_default().trim_start_matches(['?', '&']);
    let mark = match base.split_once('?') {
        _ if extra.is_empty() => "",
        None => "?",
        Some((_, query)) if query.is_empty() || query.ends_with('&') => "",
        Some(_) => "&",
    };
    format!("{host}{slash}{base}{mark}{extra}")
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
