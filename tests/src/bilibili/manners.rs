//! What every request owes the platform, whatever it asks: a method, headers and parameters that fit, and cookies only
//! where they belong.

use super::ask::Ask;
use super::endpoint::Endpoint;

/// What a request did wrong.
#[derive(Debug, Default)]
pub(super) struct Manners {
    /// For the list of violations.
    pub(super) wrong: Vec<String>,
    /// What the platform answers by it instead of listening.
    pub(super) refusal: Option<Rude>,
}

/// Why the platform does not listen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rude {
    /// No browser.
    Banned,
    /// 405.
    Method,
    /// Something is not there.
    Arguments,
    /// The media host knows its pages.
    Forbidden,
}

pub(super) fn check(endpoint: Endpoint, ask: &Ask) -> Manners {
    let mut manners = Manners::default();
    if endpoint == Endpoint::Unknown {
        manners.wrong.push(String::from("nothing that is known here"));
        return manners;
    }
    parameters(endpoint, ask, &mut manners);
    referer(endpoint, ask, &mut manners);
    if !ask.body.is_empty() && ask.method == "GET" {
        manners.wrong.push(String::from("a body behind a GET"));
    }
    let is_stranger = matches!(endpoint, Endpoint::ShortLink | Endpoint::Media | Endpoint::Picture);
    if is_stranger && ask.header("cookie").is_some() {
        manners.wrong.push(String::from("a cookie for a host that has no right to it"));
    }
    for (index, (name, _)) in ask.headers.iter().enumerate() {
        if ask.headers[..index].iter().any(|(before, _)| before == name) {
            manners.wrong.push(format!("header `{name}` comes twice"));
        }
    }
    if !ask.header("user-agent").is_some_and(|agent| agent.starts_with("Mozilla/5.0 (")) {
        manners.wrong.push(String::from("no browser's User-Agent"));
        manners.refusal = Some(if endpoint == Endpoint::Media { Rude::Forbidden } else { Rude::Banned });
    }
    if !endpoint.methods().contains(&ask.method.as_str()) {
        manners.wrong.push(format!("method {}", ask.method));
        manners.refusal = Some(Rude::Method);
    }
    manners
}

fn parameters(endpoint: Endpoint, ask: &Ask, manners: &mut Manners) {
    let Some(takes) = endpoint.takes() else { return };
    let (wrong, fails) = takes.check(ask);
    manners.wrong.extend(wrong);
    if fails {
        manners.refusal = Some(Rude::Arguments);
    }
}

/// Live calls and media come from a page of the live site; elsewhere none is needed, but what is said must be true.
fn referer(endpoint: Endpoint, ask: &Ask, manners: &mut Manners) {
    let said = ask.header("referer");
    let is_live = said.is_some_and(|page| page.starts_with("https://live.bilibili.com/"));
    if endpoint == Endpoint::Media || ask.host == "api.live.bilibili.com" {
        if !is_live {
            manners.wrong.push(format!("Referer {said:?} is no page of the live site"));
            manners.refusal = manners.refusal.or((endpoint == Endpoint::Media).then_some(Rude::Forbidden));
        }
    } else if said.is_some_and(|page| !is_page(page)) {
        manners.wrong.push(format!("Referer {said:?} is a stranger's"));
    }
    let origin = ask.header("origin");
    if origin.is_some_and(|origin| !is_page(&format!("{origin}/"))) {
        manners.wrong.push(format!("Origin {origin:?} is a stranger's"));
    }
}

fn is_page(url: &str) -> bool {
    let host = url.strip_prefix("https://").and_then(|rest| rest.split_once('/')).map(|(host, _)| host);
    host.is_some_and(|host| host == "bilibili.com" || host.ends_with(".bilibili.com"))
}
