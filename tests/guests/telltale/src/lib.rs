//! A notifier that tells a test's server, the setting `url`:
//!
//! | call | request | answer |
//! |---|---|---|
//! | `announce` | `POST {url}/announce`, JSON `{id, time, kind, platform, room, session, streamer, title, text, facts}` | the body is the receipt, an empty one is none |
//! | `find` | `GET {url}/find?event={id}` | the same; 404 is none |
//! | `retract` | `POST {url}/retract`, JSON `{id, kind, receipt}` | any 2xx, and 404: already gone |
//!
//! Other statuses become failures as the SDK's `Response::ok` has it.

use lyrebird_plugin::{Event, Failure, Notifier, Request, Response, export_notifier, settings};
use serde_json::json;

/// The notifier.
#[derive(Debug)]
pub struct Telltale;

impl Notifier for Telltale {
    fn announce(event: &Event) -> Result<Option<String>, Failure> {
        let broadcast = event.broadcast.clone().unwrap_or_default();
        let body = json!({
            "id": event.id,
            "time": event.time,
            "kind": event.kind,
            "platform": event.platform,
            "room": event.room.as_ref().map(|room| &room.id),
            "session": event.session,
            "streamer": broadcast.streamer,
            "title": broadcast.title,
            "text": event.text,
            "facts": event.facts,
        });
        receipt(&tell(Request::post(address("announce")?).json(&body)?)?.ok()?)
    }

    fn find(event: &Event) -> Result<Option<String>, Failure> {
        match tell(Request::get(address("find")?).query("event", &event.id))? {
            answer if answer.status == 404 => Ok(None),
            answer => receipt(&answer.ok()?),
        }
    }

    fn retract(event: &Event, receipt: &str) -> Result<(), Failure> {
        let body = json!({ "id": event.id, "kind": event.kind, "receipt": receipt });
        match tell(Request::post(address("retract")?).json(&body)?)? {
            answer if answer.status == 404 => Ok(()),
            answer => answer.ok().map(drop),
        }
    }
}

export_notifier!(Telltale);

fn address(call: &str) -> Result<String, Failure> {
    Ok(format!("{}/{call}", settings::require("url")?.trim_end_matches('/')))
}

fn tell(request: Request) -> Result<Response, Failure> {
    let request = match settings::get("token") {
        Some(token) => request.header("Authorization", format!("Bearer {token}")),
        None => request,
    };
    Ok(request.send()?)
}

fn receipt(answer: &Response) -> Result<Option<String>, Failure> {
    Ok(Some(answer.text()?).filter(|receipt| !receipt.is_empty()))
}

#[cfg(test)]
mod tests;
