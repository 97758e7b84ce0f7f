//! From a tape's text to its calls and back, line by line. What is wrong is told with its line.

use std::time::{Duration, UNIX_EPOCH};

use serde_json::Value;

use super::ask::Ask;
use super::form::{
    AnswerForm, CallForm, ErrorForm, ErrorKind, EventForm, ExchangeForm, FORMAT, HeadForm, RequestForm, RoomForm,
    WishForm,
};
use super::words::{codec, codec_word};
use super::{Asked, Call, Exchange, Still, Tape};
use crate::clock;
use crate::http::{GuestError, GuestResponse};
use crate::model::{Room, Wish};
use crate::plugin::notifier::Notice;

type Read<T> = Result<T, String>;

/// Reads a tape. The error is one sentence that begins with the line.
pub(in super::super) fn read(text: &str) -> Read<Tape> {
    let mut calls: Vec<Call> = Vec::new();
    for (line, text) in (1..).zip(text.lines()).filter(|(_, text)| !text.trim().is_empty()) {
        let wrong = |why: String| format!("line {line}: {why}");
        let value: Value = serde_json::from_str(text).map_err(|error| wrong(format!("not JSON: {error}")))?;
        if value.get("tape").is_some() {
            let head = serde_json::from_value(value).map_err(|error| wrong(error.to_string()))?;
            calls.push(call(line, head).map_err(wrong)?);
            continue;
        }
        let form = serde_json::from_value(value).map_err(|error| wrong(error.to_string()))?;
        let Some(call) = calls.last_mut() else {
            return Err(wrong(String::from("a request before any head; a head is a line with `tape`")));
        };
        call.exchanges.push(exchange(line, form).map_err(wrong)?);
    }
    match calls.is_empty() {
        true => Err(String::from("it has no line with `tape`: the head of a call")),
        false => Ok(Tape { calls }),
    }
}

fn call(line: usize, head: HeadForm) -> Read<Call> {
    if head.tape != FORMAT {
        return Err(format!("format {}, this host knows {FORMAT}", head.tape));
    }
    let moment = clock::from_rfc3339(&head.clock).and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    let wall =
        moment.ok_or_else(|| format!("`clock` is no time after 1970 as in 2026-01-31T12:00:00Z: `{}`", head.clock))?;
    let (plugin, settings, cookies, store, answer, seed) = (
        head.plugin.clone(),
        head.settings.clone(),
        head.cookies.clone(),
        head.store.clone(),
        head.answer.clone(),
        head.seed,
    );
    let ask = ask(head)?;
    Ok(Call { line, plugin, ask, still: Still { wall, seed }, settings, cookies, store, answer, exchanges: Vec::new() })
}

fn ask(head: HeadForm) -> Read<Ask> {
    let HeadForm { call, input, rooms, room, wish, event, receipt, .. } = head;
    let lacks = |what: &str| format!("the head lacks `{what}`");
    let needed_event = |event: Option<EventForm>| event.map(notice).ok_or_else(|| lacks("event"));
    Ok(match call {
        CallForm::Resolve => Ask::Resolve(input.ok_or_else(|| lacks("input"))?),
        CallForm::Check => {
            let rooms = rooms.ok_or_else(|| lacks("rooms"))?;
            Ask::Check(rooms.into_iter().map(self::room).collect())
        }
        CallForm::Streams => {
            let wish = wish.unwrap_or_default();
            let wish = Wish {
                qualities: wish.qualities,
                codecs: wish.codecs.iter().map(|word| codec(word)).collect(),
                failed_urls: wish.failed_urls,
            };
            Ask::Streams(self::room(room.ok_or_else(|| lacks("room"))?), wish)
        }
        CallForm::Announce => Ask::Announce(needed_event(event)?),
        CallForm::Find => Ask::Find(needed_event(event)?),
        CallForm::Retract => Ask::Retract(needed_event(event)?, receipt.ok_or_else(|| lacks("receipt"))?),
    })
}

fn room(form: RoomForm) -> Room {
    Room { id: form.id, input: form.input, options: form.options }
}

fn notice(form: EventForm) -> Notice {
    let EventForm { id, time, kind, platform, room, session, broadcast, text, facts } = form;
    Notice { id, time, kind, platform, room: room.map(self::room), session, broadcast, text, facts }
}

fn exchange(line: usize, form: ExchangeForm) -> Read<Exchange> {
    let request = form.request;
    let methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];
    let method = methods.into_iter().find(|known| *known == request.method);
    let method = method.ok_or_else(|| format!("`{}` is no method, one of {}", request.method, methods.join(", ")))?;
    let answer = match (form.answer, form.error) {
        (Some(answer), None) => Ok(response(answer, &request.url)?),
        (None, Some(error)) => Err(guest_error(error)),
        _ => return Err(String::from("a request needs one of `answer` and `error`")),
    };
    let asked = Asked {
        method,
        url: request.url,
        headers: request.headers,
        body: body([request.body.map(String::into_bytes), request.hex.map(unhex).transpose()?])?,
        follow: request.follow,
        timeout_ms: request.timeout_ms,
        max_body: request.max_body,
    };
    Ok(Exchange { line, asked, answer })
}

fn response(form: AnswerForm, asked: &str) -> Read<GuestResponse> {
    let json = form.json.map(|json| json.to_string().into_bytes());
    Ok(GuestResponse {
        status: form.status,
        url: form.url.unwrap_or_else(|| asked.to_owned()),
        headers: form.headers,
        body: body([json, form.body.map(String::into_bytes), form.hex.map(unhex).transpose()?])?.unwrap_or_default(),
        truncated: form.truncated,
    })
}

/// The one of them that is there.
fn body<const N: usize>(forms: [Option<Vec<u8>>; N]) -> Read<Option<Vec<u8>>> {
    let mut there = forms.into_iter().flatten();
    match (there.next(), there.next()) {
        (one, None) => Ok(one),
        _ => Err(String::from("more than one of `json`, `body` and `hex`")),
    }
}

fn guest_error(form: ErrorForm) -> GuestError {
    let text = form.text;
    match form.kind {
        ErrorKind::Denied => GuestError::Denied(text),
        ErrorKind::InvalidRequest => GuestError::InvalidRequest(text),
        ErrorKind::Timeout => GuestError::Timeout,
        ErrorKind::Dns => GuestError::Dns(text),
        ErrorKind::Connect => GuestError::Connect(text),
        ErrorKind::Tls => GuestError::Tls(text),
        ErrorKind::Io => GuestError::Io(text),
    }
}

fn error_form(error: &GuestError) -> ErrorForm {
    let (kind, text) = match error {
        GuestError::Denied(text) => (ErrorKind::Denied, text.as_str()),
        GuestError::InvalidRequest(text) => (ErrorKind::InvalidRequest, text.as_str()),
        GuestError::Timeout => (ErrorKind::Timeout, ""),
        GuestError::Dns(text) => (ErrorKind::Dns, text.as_str()),
        GuestError::Connect(text) => (ErrorKind::Connect, text.as_str()),
        GuestError::Tls(text) => (ErrorKind::Tls, text.as_str()),
        GuestError::Io(text) => (ErrorKind::Io, text.as_str()),
    };
    ErrorForm { kind, text: text.to_owned() }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: String) -> Read<Vec<u8>> {
    let wrong = || String::from("`hex` is not pairs of the digits 0 to f");
    let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pairs = text.as_bytes().chunks(2).map(|pair| match pair {
        [high, low] => Some(digit(high)? << 4 | digit(low)?),
        _ => None,
    });
    pairs.collect::<Option<Vec<u8>>>().ok_or_else(wrong)
}

/// A body as text, or in hexadecimal where it is none.
fn written(bytes: &[u8]) -> (Option<String>, Option<String>) {
    match std::str::from_utf8(bytes) {
        Ok(text) => (Some(text.to_owned()), None),
        Err(_) => (None, Some(hex(bytes))),
    }
}

/// The lines of calls, as [`read`] takes them.
pub(in super::super) fn write(calls: &[Call]) -> anyhow::Result<String> {
    let mut text = String::new();
    for call in calls {
        text.push_str(&serde_json::to_string(&head_form(call))?);
        text.push('\n');
        for exchange in &call.exchanges {
            text.push_str(&serde_json::to_string(&exchange_form(exchange))?);
            text.push('\n');
        }
    }
    Ok(text)
}

fn head_form(call: &Call) -> HeadForm {
    let at = jiff::Timestamp::try_from(UNIX_EPOCH + call.still.wall).unwrap_or_default();
    let mut head = HeadForm {
        tape: FORMAT,
        plugin: call.plugin.clone(),
        call: CallForm::Resolve,
        note: None,
        input: None,
        rooms: None,
        room: None,
        wish: None,
        event: None,
        receipt: None,
        clock: at.to_string(),
        seed: call.still.seed,
        settings: call.settings.clone(),
        cookies: call.cookies.clone(),
        store: call.store.clone(),
        answer: call.answer.clone(),
    };
    match &call.ask {
        Ask::Resolve(input) => head.input = Some(input.clone()),
        Ask::Check(rooms) => {
            head.call = CallForm::Check;
            head.rooms = Some(rooms.iter().map(room_form).collect());
        }
        Ask::Streams(room, wish) => {
            head.call = CallForm::Streams;
            head.room = Some(room_form(room));
            head.wish = (*wish != Wish::default()).then(|| WishForm {
                qualities: wish.qualities.clone(),
                codecs: wish.codecs.iter().map(codec_word).collect(),
                failed_urls: wish.failed_urls.clone(),
            });
        }
        Ask::Announce(notice) => (head.call, head.event) = (CallForm::Announce, Some(event_form(notice))),
        Ask::Find(notice) => (head.call, head.event) = (CallForm::Find, Some(event_form(notice))),
        Ask::Retract(notice, receipt) => {
            (head.call, head.event) = (CallForm::Retract, Some(event_form(notice)));
            head.receipt = Some(receipt.clone());
        }
    }
    head
}

fn event_form(notice: &Notice) -> EventForm {
    let Notice { id, time, kind, platform, room, session, broadcast, text, facts } = notice.clone();
    EventForm { id, time, kind, platform, room: room.as_ref().map(room_form), session, broadcast, text, facts }
}

fn room_form(room: &Room) -> RoomForm {
    RoomForm { id: room.id.clone(), input: room.input.clone(), options: room.options.clone() }
}

fn exchange_form(exchange: &Exchange) -> ExchangeForm {
    let Exchange { asked, answer, .. } = exchange;
    let (body, hex) = asked.body.as_deref().map_or((None, None), written);
    ExchangeForm {
        request: RequestForm {
            method: asked.method.to_owned(),
            url: asked.url.clone(),
            headers: asked.headers.clone(),
            body,
            hex,
            follow: asked.follow,
            timeout_ms: asked.timeout_ms,
            max_body: asked.max_body,
        },
        answer: answer.as_ref().ok().map(|response| {
            let (body, hex) = written(&response.body);
            AnswerForm {
                status: response.status,
                url: Some(response.url.clone()).filter(|url| *url != asked.url),
                headers: response.headers.clone(),
                json: None,
                body: body.filter(|body| !body.is_empty()),
                hex,
                truncated: response.truncated,
            }
        }),
        error: answer.as_ref().err().map(error_form),
    }
}

/// A moment in whole seconds, as a head has it.
pub(super) fn whole(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}
