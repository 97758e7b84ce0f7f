//! The host's twin for plain `cargo test`: canned answers, settings and a store in memory, digests and charsets as the
//! real host computes them. Not in a component.
//!
//! ```
//! # use lyrebird_plugin::{Request, testing::{Answer, Host}};
//! let host = Host::new();
//! host.setting("api", "https://api.example.org");
//! host.answer("https://api.example.org/room", Answer::json(r#"{"live": true}"#));
//!
//! let answer = Request::get("https://api.example.org/room").query("id", 7).send()?;
//! assert_eq!(answer.status, 200);
//! assert_eq!(host.sent()[0].url, "https://api.example.org/room?id=7");
//! # Ok::<(), lyrebird_plugin::Failure>(())
//! ```

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};

use crate::http::{Error, Request, Response};
use crate::log::Level;

pub(crate) mod imports;

thread_local! {
    /// Each test has its own thread, and so its own host.
    static STATE: RefCell<State> = RefCell::default();
}

#[derive(Default)]
struct State {
    settings: BTreeMap<String, String>,
    store: BTreeMap<String, Kept>,
    answers: Vec<(String, VecDeque<Answer>)>,
    sent: Vec<Request>,
    log: Vec<(Level, String)>,
    now_ms: Option<u64>,
}

struct Kept {
    value: Vec<u8>,
    until_ms: Option<u64>,
}

/// The host of this thread, empty at first; what it holds goes with it.
#[derive(Debug)]
pub struct Host(());

impl Host {
    /// An empty host: no answers, no settings, nothing in the store, the real time.
    #[allow(clippy::new_without_default, reason = "it empties the thread's state, which a default should not do")]
    pub fn new() -> Host {
        STATE.take();
        Host(())
    }

    /// Answers requests for this URL. Without a query it stands for every query of that place; an exact URL comes
    /// first. Several answers are given one after the other, the last one from then on.
    pub fn answer(&self, url: &str, answer: impl Into<Answer>) -> &Host {
        with(|state| match state.answers.iter_mut().find(|(known, _)| known == url) {
            Some((_, queue)) => queue.push_back(answer.into()),
            None => state.answers.push((url.to_owned(), VecDeque::from([answer.into()]))),
        });
        self
    }

    /// Sets a setting. The manifest's defaults are not known here.
    pub fn setting(&self, key: &str, value: &str) -> &Host {
        with(|state| state.settings.insert(key.to_owned(), value.to_owned()));
        self
    }

    /// Stops the clock at this moment (Unix seconds).
    pub fn now(&self, seconds: u32) -> &Host {
        with(|state| state.now_ms = Some(u64::from(seconds) * 1000));
        self
    }

    /// The requests so far.
    pub fn sent(&self) -> Vec<Request> {
        with(|state| state.sent.clone())
    }

    /// The log lines so far.
    pub fn log(&self) -> Vec<(Level, String)> {
        with(|state| state.log.clone())
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        STATE.take();
    }
}

/// What a request is answered with.
#[derive(Clone, Debug)]
pub struct Answer(Result<Response, Error>);

impl Answer {
    /// An answer of this status, without body.
    pub fn status(status: u16) -> Answer {
        Answer(Ok(Response { status, url: String::new(), headers: Vec::new(), body: Vec::new(), truncated: false }))
    }

    /// 200 with a body.
    pub fn body(bytes: impl Into<Vec<u8>>) -> Answer {
        Answer::status(200).with(|response| response.body = bytes.into())
    }

    /// 200 with JSON.
    pub fn json(json: impl ToString) -> Answer {
        Answer::body(json.to_string()).header("Content-Type", "application/json")
    }

    /// 302 to another place.
    pub fn redirect(location: &str) -> Answer {
        Answer::status(302).header("Location", location)
    }

    /// One more header.
    #[must_use]
    pub fn header(self, name: &str, value: &str) -> Answer {
        self.with(|response| response.headers.push((name.to_owned(), value.to_owned())))
    }

    /// The URL after redirects; else it is the request's.
    #[must_use]
    pub fn url(self, url: &str) -> Answer {
        self.with(|response| response.url = url.to_owned())
    }

    /// Marks the body as cut.
    #[must_use]
    pub fn truncated(self) -> Answer {
        self.with(|response| response.truncated = true)
    }

    fn with(mut self, change: impl FnOnce(&mut Response)) -> Answer {
        if let Ok(response) = &mut self.0 {
            change(response);
        }
        self
    }
}

/// No answer at all.
impl From<Error> for Answer {
    fn from(error: Error) -> Answer {
        Answer(Err(error))
    }
}

fn with<T>(act: impl FnOnce(&mut State) -> T) -> T {
    STATE.with_borrow_mut(act)
}
