//! Asking Bilibili: one form of request, one envelope of answers, and what each refusal means. Knows no room.

use std::time::Duration;

use lyrebird_plugin::{Failure, Link, Request, Response, lenient, store, warn};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::wbi::{self, Parameters};

/// Answers pages and recorders alike; without a browser's name some of its guards refuse.
pub(crate) const BROWSER: &str =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36";
/// Where the requests say that they come from.
const PAGES: &str = "https://live.bilibili.com/";
/// Where people log in: whoever is sent there gets no answer without.
const LOGIN: &str = "passport.bilibili.com";
/// Where rooms are asked for.
const ROOMS: &str = "https://api.live.bilibili.com";
/// Three of them, one after the other, fit into a check's 20 s.
const PATIENCE: Duration = Duration::from_secs(6);

/// Risk control: a request without signature, with an outdated one, or simply too many.
const RISK: i64 = -352;
const SIGN_FIRST: &str = "sign-first";
/// How long requests are signed at once after an unsigned one was refused and a signed one was not: every request
/// would be sent twice else; and once an hour it shows whether that is still so.
const KEEP_SIGNING: Duration = Duration::from_hours(1);

/// An answer in its envelope `{code, message, data}`.
#[derive(Debug)]
pub(crate) struct Told {
    /// 0 where all is well.
    pub(crate) code: i64,
    message: String,
    /// Null where there is none.
    pub(crate) data: Value,
    response: Response,
}

/// Asks for something about rooms, unsigned as long as that is enough.
pub(crate) fn ask(path: &str, parameters: &Parameters) -> Result<Told, Failure> {
    let sign_first = is_sign_first();
    if !sign_first {
        let told = send(&unsigned(path, parameters))?;
        if told.code != RISK {
            return Ok(told);
        }
    }
    let key = wbi::key()?;
    let mut told = send(&signed(path, parameters, &key))?;
    if told.code == RISK && !key.fresh {
        wbi::forget();
        told = send(&signed(path, parameters, &wbi::key()?))?;
    }
    if told.code == RISK {
        wbi::forget();
    }
    // The answer is there: a store that fails costs the next question a request, no more.
    let kept = match (told.code == RISK, sign_first) {
        (true, _) => store::delete(SIGN_FIRST).map_err(Failure::from),
        (false, true) => Ok(()),
        (false, false) => store::set(SIGN_FIRST, &true, Some(KEEP_SIGNING)),
    };
    if let Err(failure) = kept {
        warn!("cannot note whether requests have to be signed: {}", failure.message());
    }
    Ok(told)
}

fn is_sign_first() -> bool {
    matches!(store::get(SIGN_FIRST), Ok(Some(true)))
}

fn signed(path: &str, parameters: &Parameters, key: &wbi::Key) -> Request {
    get(&format!("{ROOMS}{path}?{}", wbi::signed(parameters, key)))
}

fn unsigned(path: &str, parameters: &Parameters) -> Request {
    let request = get(&format!("{ROOMS}{path}"));
    parameters.iter().fold(request, |request, (name, value)| request.query(name, value))
}

/// A request for something about rooms, signed where signing was needed last; to be sent with others at the same time.
pub(crate) fn request(path: &str, parameters: &Parameters) -> Result<Request, Failure> {
    if is_sign_first() { Ok(signed(path, parameters, &wbi::key()?)) } else { Ok(unsigned(path, parameters)) }
}

/// A request as the pages send it. A redirect is an answer: the API knows none, and a login page is no JSON.
pub(crate) fn get(url: &str) -> Request {
    Request::get(url).header("User-Agent", BROWSER).header("Referer", PAGES).timeout(PATIENCE).manual()
}

/// Sends and reads the envelope.
pub(crate) fn send(request: &Request) -> Result<Told, Failure> {
    open(request.send()?)
}

/// Reads the envelope.
pub(crate) fn open(response: Response) -> Result<Told, Failure> {
    /// Older calls write `msg`, newer ones `message`, some both.
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
    if response.location().and_then(|to| Link::parse(&to)).is_some_and(|to| to.host == LOGIN) {
        return Err(Failure::LoginRequired("Bilibili sends this request to its login page".to_owned()));
    }
    let response = response.ok()?;
    let envelope: Envelope = response.json()?;
    let message = envelope.message.or(envelope.msg).unwrap_or_default();
    Ok(Told { code: envelope.code, message, data: envelope.data, response })
}

/// Null, or the empty array that stands for a missing object at times.
pub(crate) fn is_nothing(value: &Value) -> bool {
    value.is_null() || value.as_array().is_some_and(Vec::is_empty)
}

impl Told {
    /// What is in the envelope; the failure that its code stands for where that is not 0.
    pub(crate) fn content(self) -> Result<Told, Failure> {
        if self.code == 0 { Ok(self) } else { Err(self.refusal()) }
    }

    /// The data in this shape.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        T::deserialize(&self.data)
            .map_err(|error| self.unexpected(&format!("not the data that this plugin reads: {error}")))
    }

    /// An `unexpected-answer` with what was missed, and how the body begins.
    pub(crate) fn unexpected(&self, missed: &str) -> Failure {
        self.response.unexpected(missed)
    }

    /// What a code other than 0 means. The codes are the platform's own, the same in all its calls.
    pub(crate) fn refusal(&self) -> Failure {
        let text = format!("Bilibili answers {}: {}", self.code, self.message);
        match self.code {
            // Not logged in, or a login that is over.
            -101 | -6 | -658 => Failure::LoginRequired(text),
            // Not allowed, the account is blocked, a password is asked for.
            -403 | -102 | 19_002_005 => Failure::Forbidden(text),
            RISK | -412 | -509 | -799 => Failure::rate_limited(text, self.response.retry_after()),
            // As HTTP's 5xx: its own trouble.
            -500 | -502 | -503 | -504 | 19_002_000 => Failure::Network(text),
            _ => self.unexpected(&text),
        }
    }
}

#[cfg(test)]
mod tests;
