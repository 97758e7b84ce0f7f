//! Answers in the platform's manner, and what troubles make of them.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use super::trouble::Trouble;
use crate::origin::{Answer, At, How};

/// An answer before it is put on the wire.
#[derive(Clone, Debug)]
pub(super) enum Reply {
    Json(Value, Vec<(&'static str, String)>),
    Other(Answer),
}

impl From<Answer> for Reply {
    fn from(answer: Answer) -> Self {
        Reply::Other(answer)
    }
}

impl Reply {
    pub(super) fn ok(data: Value) -> Self {
        Reply::Json(json!({"code": 0, "message": "0", "ttl": 1, "data": data}), Vec::new())
    }

    /// The older calls' way to say yes.
    pub(super) fn ok_old(data: Value) -> Self {
        Reply::Json(json!({"code": 0, "msg": "ok", "message": "ok", "data": data}), Vec::new())
    }

    pub(super) fn code(code: i64, message: &str) -> Self {
        Reply::Json(json!({"code": code, "message": message, "ttl": 1, "data": null}), Vec::new())
    }

    /// The older calls' way to say no: PHP's empty list.
    pub(super) fn code_old(code: i64, message: &str) -> Self {
        Reply::Json(json!({"code": code, "msg": message, "message": message, "data": []}), Vec::new())
    }

    pub(super) fn bad_arguments() -> Self {
        Reply::code(-400, "参数错误")
    }

    /// Risk control says no: without `data`, and with headers that tell why.
    pub(super) fn risk() -> Self {
        let headers = vec![
            ("bili-status-code", String::from("-352")),
            ("x-bili-gaia-vvoucher", String::from("voucher_00000000-0000-4000-8000-000000000352")),
            ("x-ticket-status", String::from("1")),
            ("x-rid-result", String::from("2")),
        ];
        Reply::Json(json!({"code": -352, "message": "-352", "ttl": 1}), headers)
    }

    pub(super) fn banned() -> Self {
        let body = json!({"code": -412, "message": "request was banned", "ttl": 1, "data": null});
        Answer::file(body.to_string(), "application/json; charset=utf-8").with_status(412).into()
    }

    /// `code` of the body.
    pub(super) fn body_code(&self) -> Option<i64> {
        match self {
            Reply::Json(body, _) => body["code"].as_i64(),
            Reply::Other(_) => None,
        }
    }

    /// As it goes over the wire, compressed where the client understands that.
    pub(super) fn answer(self, takes_gzip: bool) -> Answer {
        match self {
            Reply::Json(body, headers) => {
                let answer = json_answer(body.to_string().into_bytes(), takes_gzip);
                headers.iter().fold(answer, |answer, (name, value)| answer.header(name, value))
            }
            Reply::Other(answer) => answer,
        }
    }
}

fn json_answer(body: Vec<u8>, takes_gzip: bool) -> Answer {
    const TYPE: &str = "application/json; charset=utf-8";
    if !takes_gzip {
        return Answer::file(body, TYPE);
    }
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(&body).unwrap();
    Answer::file(encoder.finish().unwrap(), TYPE).header("Content-Encoding", "gzip")
}

/// What a trouble answers in place of the call, so that nothing is done.
pub(super) fn instead(trouble: &Trouble) -> Option<Reply> {
    let reply = match trouble {
        Trouble::Risk => Reply::risk(),
        Trouble::Banned => Reply::banned(),
        Trouble::TooMany(seconds) => Answer::status(429).header("Retry-After", &seconds.to_string()).into(),
        Trouble::Code(code, message) => Reply::code(*code, message),
        Trouble::Status(status) => Answer::status(*status).into(),
        Trouble::Page => Answer::html().into(),
        Trouble::ForbiddenPage => Answer::html().with_status(403).into(),
        Trouble::Garbage => Answer::file(garbage(), "video/x-flv").chunked().into(),
        Trouble::Silence => Answer::file("{", "application/json").fails(At::Byte(0), How::Stall).into(),
        Trouble::Dies => Answer::none(How::Close).into(),
        _ => return None,
    };
    Some(reply)
}

/// What a trouble makes of the right answer.
pub(super) fn bent(trouble: &Trouble, reply: Reply) -> Reply {
    match (trouble, reply) {
        (Trouble::TextNumbers, Reply::Json(mut body, headers)) => {
            text_numbers(&mut body["data"]);
            Reply::Json(body, headers)
        }
        (Trouble::EmptyLists, Reply::Json(mut body, headers)) => {
            empty_lists(&mut body["data"]);
            Reply::Json(body, headers)
        }
        (Trouble::BrokenJson, Reply::Json(body, _)) => {
            let mut text = body.to_string().into_bytes();
            text.truncate(text.len() / 2);
            json_answer(text, false).into()
        }
        (Trouble::DiesWhenDone, _) => Answer::none(How::Close).into(),
        (_, reply) => reply,
    }
}

fn text_numbers(value: &mut Value) {
    match value {
        Value::Number(number) => *value = Value::String(number.to_string()),
        Value::Array(list) => list.iter_mut().for_each(text_numbers),
        Value::Object(object) => object.values_mut().for_each(text_numbers),
        _ => {}
    }
}

fn empty_lists(value: &mut Value) {
    match value {
        Value::Array(list) => list.iter_mut().for_each(empty_lists),
        Value::Object(object) if !object.is_empty() => object.values_mut().for_each(empty_lists),
        Value::Object(_) | Value::Null => *value = json!([]),
        _ => {}
    }
}

/// The same bytes every time, and never a stream's first ones.
fn garbage() -> Vec<u8> {
    (0..40_000_u32).map(|index| (index.wrapping_mul(2_654_435_761) >> 24).to_le_bytes()[0]).collect()
}
