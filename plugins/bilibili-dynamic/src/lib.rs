//! The notifier that posts to a Bilibili account (动态) and takes the post back when the session is over.

use std::time::Duration;

use lyrebird_plugin::http::Error;
use lyrebird_plugin::{Event, Failure, Link, Notifier, Request, Response, export_notifier, info, lenient, warn};
use serde::Deserialize;
use serde_json::{Value, json};

const CREATE: &str = "https://api.bilibili.com/x/dynamic/feed/create/dyn";
const REMOVE: &str = "https://api.bilibili.com/x/dynamic/feed/operate/remove";
/// Where the requests say that they come from: the page that has the form for this.
const PAGE: &str = "https://t.bilibili.com";
/// Without a browser's name some of the platform's guards refuse.
const BROWSER: &str =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36";
/// Below the 30 s that a notifier's call may take.
const PATIENCE: Duration = Duration::from_secs(15);
/// Kinds of post and of content: a text without pictures, and words without a meaning of their own.
const TEXT_ONLY: u32 = 1;
const PLAIN: u32 = 1;
/// Codes of an answer: there is no such post.
const NOT_THERE: i64 = -404;
/// The post was deleted before; and what clients were told when they deleted, for no other reason that a code stands
/// for.
const GONE: [i64; 2] = [500_404, 2001];
/// The account posts too often.
const TOO_OFTEN: i64 = 1_101_008;
/// The account is blocked, may not post, has no telephone; the post is another account's.
const FORBIDDEN: [i64; 5] = [-403, -102, 4_126_117, 4_126_021, 500_406];
/// It does not understand what this plugin sends, in the words of all its calls and of those about posts.
const BAD_REQUEST: [i64; 2] = [-400, 4_100_001];
/// Where people log in: whoever is sent there gets no answer without.
const LOGIN_PAGE: &str = "passport.bilibili.com";
/// The value of the user's cookie that proves that a request is meant.
const TOKEN: &str = "bili_jct";
/// Letters of a post. The platform names no bound; what is longer than this is no announcement.
const MOST_LETTERS: usize = 1000;
/// What stands for the rest of a text that is longer.
const MORE: char = '…';
const LOGIN: &str = "hint: give this plugin the cookie of a login, with SESSDATA and bili_jct";

/// The notifier.
#[derive(Debug)]
pub struct Dynamic;

impl Notifier for Dynamic {
    fn announce(event: &Event) -> Result<Option<String>, Failure> {
        let text = shortened(event.text.trim());
        if text.is_empty() {
            return Err(Failure::Other("there is nothing to post: the event's text is empty".to_owned()));
        }
        let contents = json!([{ "raw_text": text, "type": PLAIN, "biz_id": "" }]);
        let told = post(
            CREATE,
            &json!({ "dyn_req": {
                "content": { "contents": contents },
                "scene": TEXT_ONLY,
                "attach_card": null,
                "meta": { "app_meta": { "from": "create.dynamic.web", "mobi_app": "web" } },
            } }),
        )?;
        if told.code != 0 {
            return Err(told.refusal());
        }
        let receipt = receipt(&told.data);
        if receipt.is_none() {
            // A failure would have the host post it again.
            warn!("posted, but Bilibili does not tell the post's number: it cannot be taken back");
        }
        Ok(receipt)
    }

    fn retract(_event: &Event, receipt: &str) -> Result<(), Failure> {
        let told = post(REMOVE, &json!({ "dyn_id_str": receipt }))?;
        match told.code {
            0 => Ok(()),
            code if code == NOT_THERE || GONE.contains(&code) => {
                info!("post {receipt} was gone already: Bilibili answers {}: {}", told.code, told.message);
                Ok(())
            }
            _ => Err(told.refusal()),
        }
    }
}

export_notifier!(Dynamic);

/// An answer: the envelope that all of the platform's answers come in.
struct Told {
    code: i64,
    message: String,
    data: Value,
    response: Response,
}

/// The number of what was made: as text where there is one, for it is longer than some writers' numbers are exact.
fn receipt(data: &Value) -> Option<String> {
    let texts = ["dyn_id_str", "dynamic_id_str", "dyn_id", "dynamic_id"].map(|name| match data.get(name)? {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    });
    let number =
        |text: &String| text.bytes().all(|byte| byte.is_ascii_digit()) && !text.trim_start_matches('0').is_empty();
    texts.into_iter().flatten().find(number)
}

impl Told {
    /// What a code other than 0 means.
    fn refusal(&self) -> Failure {
        let text = format!("Bilibili answers {}: {}", self.code, self.message);
        match self.code {
            -101 | -6 | -658 => Failure::LoginRequired(format!("{text}\n{LOGIN}")),
            -111 => {
                Failure::LoginRequired(format!("{text}: the cookie's {TOKEN} does not belong to its login\n{LOGIN}"))
            }
            code if FORBIDDEN.contains(&code) => Failure::Forbidden(text),
            -352 | -412 | -509 | -799 | TOO_OFTEN => Failure::rate_limited(text, self.response.retry_after()),
            // As HTTP's 5xx: its own trouble.
            -500 | -502 | -503 | -504 => Failure::Network(text),
            code if code == NOT_THERE || BAD_REQUEST.contains(&code) => self.response.unexpected(&text),
            // What is left is said of this post: its words, or the account's right to them.
            _ => Failure::Other(text),
        }
    }
}

/// Sends with the proof that a request is meant, which the host puts in, and reads the envelope.
fn post(place: &str, body: &Value) -> Result<Told, Failure> {
    #[derive(Deserialize)]
    struct Envelope {
        #[serde(deserialize_with = "lenient::value")]
        code: i64,
        #[serde(default, deserialize_with = "lenient::maybe")]
        message: Option<String>,
        #[serde(default, deserialize_with = "lenient::maybe")]
        msg: Option<String>,
        #[serde(default)]
        data: Value,
    }
    let request = Request::post(place)
        .query_user_cookie("csrf", TOKEN)
        .header("User-Agent", BROWSER)
        .header("Origin", PAGE)
        .header("Referer", format!("{PAGE}/"))
        .timeout(PATIENCE)
        .manual()
        .json(body)?;
    let response = request.send().map_err(|none| match &none.error {
        // All else about the request is right: it is the user's cookie that has no such value.
        Error::InvalidRequest(why) if why.contains(TOKEN) => Failure::LoginRequired(format!("{why}\n{LOGIN}")),
        _ => none.into(),
    })?;
    if response.location().and_then(|to| Link::parse(&to)).is_some_and(|to| to.host == LOGIN_PAGE) {
        return Err(Failure::LoginRequired(format!("Bilibili sends this request to its login page\n{LOGIN}")));
    }
    let response = response.ok()?;
    let envelope: Envelope = response.json()?;
    let message = envelope.message.or(envelope.msg).unwrap_or_default();
    Ok(Told { code: envelope.code, message, data: envelope.data, response })
}

/// The text, or as much of it as fits.
fn shortened(text: &str) -> String {
    if text.chars().count() <= MOST_LETTERS {
        return text.to_owned();
    }
    let kept: String = text.chars().take(MOST_LETTERS - 1).collect();
    format!("{}{MORE}", kept.trim_end())
}

#[cfg(test)]
mod tests;
