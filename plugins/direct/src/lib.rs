//! The picker for any media URL: a URL is all it has, so it asks nobody and says *live* unseen; the host finds out
//! when it opens the URL. Knows no platform.

mod options;

use lyrebird_plugin::{Broadcast, Candidate, Failure, Link, Picker, Quality, Room, Status, Transport, Wish};
use lyrebird_plugin::{digest, export_picker, text};

use options::Options;

/// Bytes of the query's digest in an id: enough to tell the cameras of one server apart.
const MARK_BYTES: usize = 4;

/// The picker.
#[derive(Debug)]
pub struct Direct;

impl Picker for Direct {
    /// The URL in one form for all its spellings, without what may be secret: credentials are left out, and the query,
    /// which may hold a token, becomes a mark. Ids stand in logs, file names and announcements.
    fn resolve(input: &str) -> Result<String, Failure> {
        let link = media_link(input)?;
        let mark = link.query.as_deref().map(|query| {
            let digest = digest::sha256(query);
            format!("?~{}", text::hex(digest.get(..MARK_BYTES).unwrap_or(&digest)))
        });
        Ok(format!("{}{}", link.place(), mark.unwrap_or_default()))
    }

    fn check_one(room: &Room) -> Result<Status, Failure> {
        let link = media_link(&room.input)?;
        let options = Options::read(room)?;
        Ok(Status::Live(Broadcast {
            streamer: options.name.unwrap_or_else(|| link.host.clone()),
            title: options.title.unwrap_or_else(|| stem(&link)),
            room_url: link.place(),
            ..Broadcast::default()
        }))
    }

    fn streams(room: &Room, _wish: &Wish) -> Result<Vec<Candidate>, Failure> {
        let mut link = media_link(&room.input)?;
        let options = Options::read(room)?;
        let transport = options.transport.unwrap_or_else(|| by_suffix(&link));
        let credentials = link.credentials.take();
        let quality = options.quality.as_deref().unwrap_or("source");
        let mut candidate = Candidate::new(link.to_string(), transport).quality(Quality::new(quality, quality, 0));
        candidate.codec = options.codec;
        candidate.headers = options.headers;
        let authorized = candidate.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("authorization"));
        if let Some(credentials) = credentials.filter(|_| !authorized) {
            // As a header they stay out of every place where URLs are told, and go no further than this host.
            let credentials = text::unpercent(&credentials);
            candidate = candidate.header("Authorization", format!("Basic {}", text::base64(credentials)));
        }
        Ok(vec![candidate])
    }
}

export_picker!(Direct);

fn media_link(input: &str) -> Result<Link, Failure> {
    let Some(link) = Link::parse(input) else {
        return Err(Failure::InvalidRoom(
            "this is not a URL\nhint: write it with its scheme, as in https://example.org/live.flv".to_owned(),
        ));
    };
    if !matches!(link.scheme.as_str(), "http" | "https") {
        return Err(Failure::InvalidRoom(format!(
            "cannot receive over `{}`\nhint: only http and https URLs can be recorded directly",
            link.scheme
        )));
    }
    Ok(link)
}

/// The last part of the path without its suffix; the host's name where there is none.
fn stem(link: &Link) -> String {
    let Some(name) = link.segments().last() else { return link.host.clone() };
    match name.rsplit_once('.') {
        Some((stem, _)) if !stem.is_empty() => stem.to_owned(),
        _ => name,
    }
}

fn by_suffix(link: &Link) -> Transport {
    let suffix = link.path.rsplit_once('.').map(|(_, suffix)| suffix.to_ascii_lowercase()).unwrap_or_default();
    match suffix.as_str() {
        "flv" => Transport::Flv,
        "m3u8" => Transport::Hls,
        "ts" | "mp4" | "aac" | "mp3" => Transport::Raw(suffix),
        _ => Transport::Unknown,
    }
}

#[cfg(test)]
mod tests;
