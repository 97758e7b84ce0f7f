//! What a plugin said, as a tape writes it down: JSON with the contract's names, without what is unknown or empty.

use serde_json::{Map, Value, json};

use super::ask::{Outcome, Reply};
use crate::model::{Broadcast, Candidate, Codec, Failure, Status, Transport};
use crate::plugin::error::CallError;

/// The whole answer: of `check` a list of verdicts, of others `ok` or `failure`. A call that a plugin did not answer
/// itself (a trap, a limit) has no words: none.
pub(in super::super) fn outcome(outcome: &Outcome) -> Option<Value> {
    let value = match outcome {
        Ok(Reply::Id(id)) => json!({ "ok": id }),
        Ok(Reply::Verdicts(verdicts)) => verdicts.iter().map(verdict).collect(),
        Ok(Reply::Candidates(candidates)) => json!({ "ok": candidates.iter().map(candidate).collect::<Vec<_>>() }),
        Ok(Reply::Receipt(receipt)) => json!({ "ok": receipt }),
        Ok(Reply::Retracted) => json!({ "ok": null }),
        Err(CallError::Failure(said)) => failure(said),
        Err(_) => return None,
    };
    // These are answers, and no gaps in one.
    let nothing = matches!(outcome, Ok(Reply::Receipt(None) | Reply::Retracted));
    let empty = matches!(outcome, Ok(Reply::Candidates(candidates)) if candidates.is_empty());
    Some(if nothing || empty { value } else { bare(value) })
}

fn verdict(verdict: &Result<Status, Failure>) -> Value {
    match verdict {
        Ok(Status::Offline(streamer)) => json!({ "status": "offline", "streamer": streamer }),
        Ok(status @ (Status::Live(facts) | Status::Replay(facts) | Status::Upcoming(facts))) => {
            json!({ "status": status.word(), "broadcast": broadcast(facts) })
        }
        Err(said) => failure(said),
    }
}

fn failure(failure: &Failure) -> Value {
    let after = match failure {
        Failure::RateLimited { after, .. } => after.map(|after| after.as_secs()),
        _ => None,
    };
    json!({ "failure": { "kind": failure.kind(), "text": failure.message(), "after_seconds": after } })
}

fn broadcast(facts: &Broadcast) -> Value {
    json!({
        "id": facts.id, "streamer": facts.streamer, "title": facts.title, "room_url": facts.room_url,
        "category": facts.category, "cover_url": facts.cover_url, "started_at": facts.started_at, "extra": facts.extra,
    })
}

fn candidate(candidate: &Candidate) -> Value {
    let transport = match &candidate.transport {
        Transport::Raw(end) => format!("raw:{end}"),
        Transport::Other(name) => format!("other:{name}"),
        plain => plain.word().to_owned(),
    };
    let quality = &candidate.quality;
    json!({
        "url": candidate.url, "transport": transport, "codec": candidate.codec.as_ref().map(codec_word),
        "quality": {
            "key": quality.key, "label": quality.label, "rank": quality.rank, "width": quality.width,
            "height": quality.height, "fps": quality.fps, "bitrate_kbps": quality.bitrate_kbps,
        },
        "cdn": candidate.cdn, "headers": candidate.headers, "expires_at": candidate.expires_at,
        "extra": candidate.extra,
    })
}

/// A codec's word in a tape.
pub(super) fn codec_word(codec: &Codec) -> String {
    match codec {
        Codec::Other(name) => format!("other:{name}"),
        plain => plain.word().to_owned(),
    }
}

/// And back.
pub(super) fn codec(word: &str) -> Codec {
    match word {
        "avc" => Codec::Avc,
        "hevc" => Codec::Hevc,
        "av1" => Codec::Av1,
        other => Codec::Other(other.strip_prefix("other:").unwrap_or(other).to_owned()),
    }
}

/// Without the fields that say nothing: who writes a tape need not write them.
fn bare(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let fields = fields.into_iter().map(|(name, value)| (name, bare(value)));
            let says = |value: &Value| match value {
                Value::Null => false,
                Value::String(text) => !text.is_empty(),
                Value::Array(items) => !items.is_empty(),
                _ => true,
            };
            Value::Object(fields.filter(|(_, value)| says(value)).collect::<Map<_, _>>())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(bare).collect()),
        other => other,
    }
}

/// How an answer differs from the one of the tape, which need not have the texts of failures; none where it does not.
pub(in super::super) fn other(taped: &Value, said: &Value) -> Option<(Value, Value)> {
    let (taped, mut said) = (bare(taped.clone()), bare(said.clone()));
    forget_texts(&taped, &mut said);
    (taped != said).then_some((taped, said))
}

fn forget_texts(taped: &Value, said: &mut Value) {
    if let (Value::Array(taped), Value::Array(said)) = (taped, &mut *said) {
        taped.iter().zip(said).for_each(|(taped, said)| forget_texts(taped, said));
        return;
    }
    let is_silent = taped.get("failure").is_some_and(|failure| failure.get("text").is_none());
    if let Some(Value::Object(failure)) = said.get_mut("failure").filter(|_| is_silent) {
        failure.remove("text");
    }
}

/// A value as lines for people.
pub(in super::super) fn pretty(value: &Value) -> Vec<String> {
    let text = serde_json::to_string_pretty(value).unwrap_or_else(|_| value.to_string());
    text.lines().map(str::to_owned).collect()
}

/// A body as lines for people: JSON laid out, other text as it stands, anything else by its size.
pub(in super::super) fn plain(body: &[u8]) -> Vec<String> {
    if let Ok(value) = serde_json::from_slice::<Value>(body) {
        return pretty(&value);
    }
    match std::str::from_utf8(body) {
        Ok(text) => text.lines().map(str::to_owned).collect(),
        Err(_) => vec![format!("({} bytes, blake3 {})", body.len(), blake3::hash(body).to_hex())],
    }
}
