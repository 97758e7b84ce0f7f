//! Dynamics: posts of the one account that is known here, and their end.

use std::time::Duration;

use serde_json::{Value, json};

use super::endpoint::Endpoint;
use super::platform::Visit;
use super::reply::Reply;
use super::wbi::Verdict;

/// Ids begin here: too large for a floating-point number to tell them apart.
const FIRST_ID: u64 = 1_100_000_000_000_000_001;
/// What is said of an id that is not there, or no longer.
const NO_SUCH_DYNAMIC: i64 = 2001;
/// Longest text. Invented: no client tells of a number.
const MOST_CHARACTERS: usize = 2_000;

/// One post.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Post {
    /// Its id as text.
    pub id: String,
    /// What it says.
    pub text: String,
    /// When it was posted, since the platform's start.
    pub at: Duration,
    /// When it was taken back.
    pub removed: Option<Duration>,
}

pub(super) fn reply(visit: &mut Visit<'_>) -> Reply {
    if !visit.is_logged_in() {
        return Reply::code(-101, "账号未登录");
    }
    if visit.ask.parameter("csrf").is_none_or(|token| token.is_empty() || Some(token) != visit.ask.cookie("bili_jct")) {
        visit.wrong("`csrf` is not the cookie's bili_jct");
        return Reply::code(-111, "csrf 校验失败");
    }
    if visit.ask.cookie("bili_jct") != Some(visit.state.account.token.as_str()) {
        return Reply::code(-111, "csrf 校验失败");
    }
    // It need not be signed, but a signature must be right.
    if visit.ask.parameter("w_rid").is_some() && visit.signature() != Verdict::Good {
        visit.wrong("a signature that is wrong or stale");
        return Reply::risk();
    }
    let Some(body) = visit.ask.json() else { return visit.bad("the body is no JSON, or does not say that it is") };
    if visit.endpoint == Endpoint::CreateDynamic { create(visit, &body) } else { remove(visit, &body) }
}

fn create(visit: &mut Visit<'_>, body: &Value) -> Reply {
    let text = match text(body) {
        Ok(text) => text,
        Err(why) => return visit.bad(&why),
    };
    let number = FIRST_ID + u64::try_from(visit.state.posts.len()).unwrap();
    let post = Post { id: number.to_string(), text, at: visit.at, removed: None };
    visit.state.posts.push(post);
    Reply::ok(json!({"dyn_id": number, "dyn_id_str": number.to_string(), "dyn_type": 4, "dyn_rid": number % 1_000_000}))
}

fn remove(visit: &mut Visit<'_>, body: &Value) -> Reply {
    let object = body.as_object().filter(|object| object.len() == 1);
    let Some(id) = object.and_then(|object| object.get("dyn_id_str")).and_then(Value::as_str) else {
        return visit.bad("the body is not `dyn_id_str` as text and nothing else");
    };
    match visit.state.posts.iter_mut().find(|post| post.id == id) {
        Some(post) if post.removed.is_none() => {
            post.removed = Some(visit.at);
            Reply::ok(json!({}))
        }
        Some(_) => Reply::code(NO_SUCH_DYNAMIC, "动态已被删除"),
        None => {
            let what = format!("`{id}` is no dynamic that was ever posted");
            visit.wrong(&what);
            Reply::code(NO_SUCH_DYNAMIC, "动态不存在")
        }
    }
}

/// The whole text of a request that is as the web sends it.
fn text(body: &Value) -> Result<String, String> {
    let dynamic = only(body, &["dyn_req"])?.get("dyn_req").unwrap_or(&Value::Null);
    only(dynamic, &["content", "scene", "attach_card", "meta", "upload_id", "option"])?;
    if dynamic["scene"] != 1 {
        return Err(format!("`scene` is {}, a text's is 1", dynamic["scene"]));
    }
    if !dynamic["attach_card"].is_null() {
        return Err(String::from("`attach_card` is not null"));
    }
    let web = json!({"app_meta": {"from": "create.dynamic.web", "mobi_app": "web"}});
    if dynamic["meta"] != web {
        return Err(format!("`meta` is {}", dynamic["meta"]));
    }
    only(&dynamic["content"], &["contents", "title"])?;
    let contents = dynamic["content"]["contents"].as_array().ok_or("`contents` is no list")?;
    let text = contents.iter().map(piece).collect::<Result<String, String>>()?;
    if text.trim().is_empty() {
        return Err(String::from("there is no text"));
    }
    if text.chars().count() > MOST_CHARACTERS {
        return Err(String::from("the text is too long"));
    }
    Ok(text)
}

fn piece(piece: &Value) -> Result<String, String> {
    only(piece, &["raw_text", "type", "biz_id"])?;
    let kind = piece["type"].as_u64().unwrap_or(0);
    let is_complete = piece["biz_id"].is_string() && [1, 2, 4, 9].contains(&kind);
    let text = piece["raw_text"].as_str().filter(|_| is_complete);
    text.map(str::to_owned).ok_or_else(|| format!("a piece of the text is {piece}"))
}

/// An object that has no other keys than these.
fn only<'a>(value: &'a Value, keys: &[&str]) -> Result<&'a serde_json::Map<String, Value>, String> {
    let object = value.as_object().ok_or_else(|| format!("`{value}` where an object of {keys:?} should be"))?;
    match object.keys().find(|key| !keys.contains(&key.as_str())) {
        Some(strange) => Err(format!("unknown key `{strange}`")),
        None => Ok(object),
    }
}
