//! The calls that are known here: where they live, and which parameters they take.

use super::ask::Ask;

/// One call of the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Endpoint {
    /// `/x/web-interface/nav`: who is logged in, and the keys to sign with.
    Nav,
    /// `/x/frontend/finger/spi`: cookies for a visitor.
    Visitor,
    /// `getInfoByRoom`: everything of a room; signed.
    InfoByRoom,
    /// `room_init`: long id, state.
    RoomInit,
    /// `get_info`: title, cover.
    GetInfo,
    /// The streamer's name by room.
    StreamerOfRoom,
    /// `Master/info`: the streamer's name by user id.
    MasterInfo,
    /// `getRoomBaseInfo`: many rooms by their ids.
    BaseInfo,
    /// `get_status_info_by_uids`: many rooms by their streamers.
    StatusByUids,
    /// `getRoomPlayInfo`: the candidates.
    PlayInfo,
    /// Posts a dynamic.
    CreateDynamic,
    /// Takes a dynamic back.
    RemoveDynamic,
    /// `b23.tv`.
    ShortLink,
    /// `live.bilibili.com`: a page for people.
    RoomPage,
    /// Media behind a signed URL.
    Media,
    /// `hdslb.com`: covers and faces.
    Picture,
    /// `getRoomBaseInf0`: an address that was moved long ago. Nobody is blamed who still asks there.
    Former,
    /// Nothing that is known here.
    Unknown,
}

/// The parameters of a call.
pub(super) struct Takes {
    pub(super) needed: &'static [&'static str],
    pub(super) allowed: &'static [&'static str],
    /// Those of both lists that may come more than once.
    pub(super) repeated: &'static [&'static str],
}

/// What any call may carry: it may be signed though it need not be.
const SIGNATURE: [&str; 3] = ["wts", "w_rid", "web_location"];

impl Endpoint {
    pub(super) fn of(ask: &Ask) -> Self {
        match (ask.host.as_str(), ask.path.as_str()) {
            ("api.bilibili.com", "/x/web-interface/nav") => Endpoint::Nav,
            ("api.bilibili.com", "/x/frontend/finger/spi") => Endpoint::Visitor,
            ("api.bilibili.com", "/x/dynamic/feed/create/dyn") => Endpoint::CreateDynamic,
            ("api.bilibili.com", "/x/dynamic/feed/operate/remove") => Endpoint::RemoveDynamic,
            ("api.live.bilibili.com", path) => Endpoint::of_live(path),
            ("b23.tv", _) => Endpoint::ShortLink,
            ("live.bilibili.com", _) => Endpoint::RoomPage,
            (host, _) if host.ends_with(".bilivideo.com") || host.ends_with(".bilivideo.cn") => Endpoint::Media,
            (host, _) if host.ends_with(".hdslb.com") => Endpoint::Picture,
            _ => Endpoint::Unknown,
        }
    }

    fn of_live(path: &str) -> Self {
        match path {
            "/xlive/web-room/v1/index/getInfoByRoom" => Endpoint::InfoByRoom,
            "/room/v1/Room/room_init" => Endpoint::RoomInit,
            "/room/v1/Room/get_info" => Endpoint::GetInfo,
            "/live_user/v1/UserInfo/get_anchor_in_room" => Endpoint::StreamerOfRoom,
            "/live_user/v1/Master/info" => Endpoint::MasterInfo,
            "/xlive/web-room/v1/index/getRoomBaseInfo" => Endpoint::BaseInfo,
            "/room/v1/Room/get_status_info_by_uids" => Endpoint::StatusByUids,
            "/xlive/web-room/v2/index/getRoomPlayInfo" => Endpoint::PlayInfo,
            "/xlive/web-room/v1/index/getRoomBaseInf0" => Endpoint::Former,
            _ => Endpoint::Unknown,
        }
    }

    /// The methods that are right.
    pub(super) fn methods(self) -> &'static [&'static str] {
        match self {
            Endpoint::StatusByUids => &["GET", "POST"],
            Endpoint::CreateDynamic | Endpoint::RemoveDynamic => &["POST"],
            Endpoint::ShortLink | Endpoint::RoomPage | Endpoint::Picture => &["GET", "HEAD"],
            _ => &["GET"],
        }
    }

    /// Which parameters are right; none where any are.
    pub(super) fn takes(self) -> Option<Takes> {
        let (needed, allowed, repeated): (&[&str], &[&str], &[&str]) = match self {
            Endpoint::Nav | Endpoint::Visitor => (&[], &[], &[]),
            Endpoint::InfoByRoom => (&["room_id"], &[], &[]),
            Endpoint::RoomInit => (&["id"], &[], &[]),
            Endpoint::GetInfo => (&[], &["room_id", "id"], &[]),
            Endpoint::StreamerOfRoom => (&["roomid"], &[], &[]),
            Endpoint::MasterInfo => (&["uid"], &[], &[]),
            Endpoint::BaseInfo => (&["room_ids", "req_biz"], &[], &["room_ids"]),
            Endpoint::StatusByUids => (&[], &["uids[]"], &["uids[]"]),
            Endpoint::PlayInfo => {
                let allowed = &["qn", "platform", "ptype", "dolby", "panorama", "mask", "no_playurl"];
                (&["room_id", "protocol", "format", "codec"], allowed, &[])
            }
            Endpoint::CreateDynamic => {
                let allowed = &["csrf", "platform", "dm_img_list", "dm_img_str", "dm_cover_img_str", "dm_img_inter"];
                (&[], allowed, &[])
            }
            Endpoint::RemoveDynamic => (&[], &["csrf", "platform"], &[]),
            Endpoint::ShortLink
            | Endpoint::RoomPage
            | Endpoint::Media
            | Endpoint::Picture
            | Endpoint::Former
            | Endpoint::Unknown => {
                return None;
            }
        };
        Some(Takes { needed, allowed, repeated })
    }
}

impl Takes {
    /// What is wrong with the parameters of a request, and whether the call fails by it.
    pub(super) fn check(&self, ask: &Ask) -> (Vec<String>, bool) {
        let mut wrong = Vec::new();
        for (index, (name, _)) in ask.parameters.iter().enumerate() {
            let name = name.as_str();
            if ![self.needed, self.allowed, &SIGNATURE].iter().any(|list| list.contains(&name)) {
                wrong.push(format!("unknown parameter `{name}`"));
            }
            let is_second = ask.parameters[..index].iter().any(|(before, _)| before == name);
            if is_second && !self.repeated.contains(&name) {
                wrong.push(format!("parameter `{name}` comes twice"));
            }
        }
        let missing: Vec<_> = self.needed.iter().filter(|name| ask.parameter(name).is_none_or(str::is_empty)).collect();
        wrong.extend(missing.iter().map(|name| format!("no parameter `{name}`")));
        (wrong, !missing.is_empty())
    }
}
