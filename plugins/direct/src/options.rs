//! What the user may say of a room. A word that is not understood is a failure, not a default: who mistypes
//! `transport` would otherwise record something else.

use lyrebird_plugin::{Codec, Failure, Room, Transport};

const KNOWN: &str = "name, title, transport, quality, codec, header, header.NAME";
const TRANSPORTS: &str = "flv, hls, ts, mp4, raw:EXTENSION, unknown";

/// The options of one room.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Options {
    /// For the streamer.
    pub(crate) name: Option<String>,
    /// For the broadcast.
    pub(crate) title: Option<String>,
    /// Wins over the suffix.
    pub(crate) transport: Option<Transport>,
    /// Key and label.
    pub(crate) quality: Option<String>,
    /// The video's codec, for the user's own preference among rooms.
    pub(crate) codec: Option<Codec>,
    /// Headers of the media request.
    pub(crate) headers: Vec<(String, String)>,
}

impl Options {
    /// Reads them all; of an option that is given twice the last one counts, headers are collected.
    pub(crate) fn read(room: &Room) -> Result<Options, Failure> {
        let mut options = Options::default();
        for (name, value) in &room.options {
            let value = value.trim();
            match name.as_str() {
                "name" => options.name = Some(value.to_owned()),
                "title" => options.title = Some(value.to_owned()),
                "quality" => options.quality = Some(value.to_owned()),
                "codec" => options.codec = Some(Codec::named(value)),
                "transport" => options.transport = Some(transport(value)?),
                "header" => {
                    let Some((header, value)) = value.split_once(':') else {
                        return Err(bad("header", "has no colon\nhint: write it as `header=Name: value`"));
                    };
                    options.headers.push(header_pair(header, value)?);
                }
                other => match other.strip_prefix("header.") {
                    Some(header) => options.headers.push(header_pair(header, value)?),
                    None => {
                        let text = format!("`direct` has no option `{other}`\nhint: it has {KNOWN}");
                        return Err(Failure::InvalidRoom(text));
                    }
                },
            }
        }
        Ok(options)
    }
}

fn transport(word: &str) -> Result<Transport, Failure> {
    Ok(match word {
        "flv" => Transport::Flv,
        "hls" => Transport::Hls,
        "ts" | "mp4" => Transport::Raw(word.to_owned()),
        "unknown" => Transport::Unknown,
        _ => match word.strip_prefix("raw:") {
            Some(suffix) if is_suffix(suffix) => Transport::Raw(suffix.to_ascii_lowercase()),
            _ => return Err(bad("transport", &format!("cannot be `{word}`\nhint: it is one of {TRANSPORTS}"))),
        },
    })
}

/// A file extension; it becomes part of a file's name.
fn is_suffix(text: &str) -> bool {
    (1..=8).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// A header of one line with a name that HTTP allows (RFC 9110, 5.6.2). The value may be a secret and is never told.
fn header_pair(name: &str, value: &str) -> Result<(String, String), Failure> {
    let (name, value) = (name.trim(), value.trim());
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if name.is_empty() || !name.bytes().all(fits) {
        return Err(bad("header", &format!("has the name `{name}`, which no header may have")));
    }
    if value.contains(char::is_control) {
        return Err(bad("header", &format!("`{name}` has a line break or another control character in it")));
    }
    Ok((name.to_owned(), value.to_owned()))
}

/// The user's word is wrong and stays so until the user mends it: permanent.
fn bad(option: &str, what: &str) -> Failure {
    Failure::InvalidRoom(format!("the option `{option}` {what}"))
}
