//! What is no call of the live site: short links, pages and pictures for people, and who is logged in.

use serde_json::json;

use super::endpoint::Endpoint;
use super::platform::Visit;
use super::reply::Reply;
use crate::origin::Answer;

/// Begins and ends as a JPEG does; nobody here looks at it.
const PICTURE: &[u8] = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xff\xd9";

pub(super) fn reply(visit: &mut Visit<'_>) -> Reply {
    match visit.endpoint {
        Endpoint::Nav => nav(visit),
        Endpoint::Visitor => Reply::ok(json!({
            "b_3": "00000000-0000-4000-8000-00000000000300003infoc",
            "b_4": "00000000-0000-4000-8000-00000000000400004-000000000-00000000000000000000000000000000",
        })),
        Endpoint::ShortLink => short_link(visit),
        Endpoint::Picture => Answer::file(PICTURE, "image/jpeg").into(),
        _ => room_page(visit),
    }
}

/// The keys are told to everybody.
fn nav(visit: &mut Visit<'_>) -> Reply {
    let keys = visit.state.keys();
    let url = |key: &str| format!("https://i0.hdslb.com/bfs/wbi/{key}.png");
    let wbi_img = json!({"img_url": url(&keys.img), "sub_url": url(&keys.sub)});
    if visit.is_logged_in() {
        let account = &visit.state.account;
        return Reply::ok(json!({"isLogin": true, "mid": account.uid, "uname": "A lyrebird", "wbi_img": wbi_img}));
    }
    let body = json!({"code": -101, "message": "账号未登录", "ttl": 1, "data": {"isLogin": false, "wbi_img": wbi_img}});
    Reply::Json(body, Vec::new())
}

fn short_link(visit: &mut Visit<'_>) -> Reply {
    let code = visit.ask.path.trim_start_matches('/');
    match visit.state.links.get(code) {
        Some(target) => Answer::redirect(target).into(),
        None => Reply::code(-404, "啥都木有"),
    }
}

/// `/ID`, `/h5/ID`, `/blanc/ID`.
fn room_page(visit: &mut Visit<'_>) -> Reply {
    let path = visit.ask.path.as_str();
    let id = ["/h5/", "/blanc/", "/"].iter().find_map(|start| path.strip_prefix(start)?.parse().ok());
    match id.and_then(|id| visit.state.find(id)) {
        Some(room) => {
            let page = format!("<!DOCTYPE html>\n<html><head><title>{}</title></head></html>\n", room.id);
            Answer::file(page, "text/html; charset=utf-8").into()
        }
        None => Answer::html().with_status(404).into(),
    }
}
