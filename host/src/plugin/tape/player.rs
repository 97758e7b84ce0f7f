//! A tape as the network of one call: each request is compared with the next one of the tape, and gets its answer.

use std::sync::{Arc, Mutex, PoisonError};

use super::diff::difference;
use super::words::plain;
use super::{Asked, Exchange, Still};
use crate::http::{Grant, GuestError, GuestRequest, GuestResponse, vet};

/// How a tape is played.
#[derive(Clone, Debug)]
pub(in super::super) enum Mode {
    /// Request by request, byte for byte.
    Strict,
    /// Each request gets the next answer, whatever it says; the requests are noted.
    Feed,
    /// Some answers are replaced, by their places. What is asked then may be asked in any order, and again; what the
    /// tape does not have is answered by a broken connection.
    Broken(Vec<Option<Result<GuestResponse, GuestError>>>),
}

/// Where a play left the tape first, in words for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Mismatch {
    pub(in super::super) what: String,
    pub(in super::super) hint: &'static str,
}

/// The network of one play of one call. Clones share what they know.
#[derive(Clone)]
pub(in super::super) struct Player(Arc<Shared>);

struct Shared {
    still: Still,
    grant: Arc<Grant>,
    exchanges: Vec<Exchange>,
    mode: Mode,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    asked: Vec<Asked>,
    /// By the places of the exchanges: which were asked for.
    taken: Vec<bool>,
    mismatch: Option<Mismatch>,
    intact: usize,
    strays: usize,
}

const CHANGED: &str = "mend the plugin; where the new request is right, change the tape's line, or record it anew";

impl Player {
    pub(super) fn new(still: Still, grant: Arc<Grant>, exchanges: Vec<Exchange>, mode: Mode) -> Player {
        let seen = Seen { taken: vec![false; exchanges.len()], ..Seen::default() };
        Player(Arc::new(Shared { still, grant, exchanges, mode, seen: Mutex::new(seen) }))
    }

    pub(in super::super) fn still(&self) -> Still {
        self.0.still
    }

    /// The answer to the next request, of at most so many bytes.
    pub(in super::super) fn answer(&self, request: &GuestRequest, bytes: usize) -> Result<GuestResponse, GuestError> {
        let asked = Asked::of(request);
        let most = request.max_body.map_or(bytes, |wish| wish.min(bytes));
        let mut seen = self.0.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = match &self.0.mode {
            Mode::Strict => self.next(&mut seen, &asked, request),
            Mode::Feed => {
                self.0.exchanges.get(seen.asked.len()).map_or_else(|| Err(off_tape()), |it| it.answer.clone())
            }
            Mode::Broken(answers) => self.any(&mut seen, &asked, answers),
        };
        seen.asked.push(asked);
        answer.map(|response| cut(response, most))
    }

    fn next(&self, seen: &mut Seen, asked: &Asked, request: &GuestRequest) -> Result<GuestResponse, GuestError> {
        let place = seen.asked.len();
        let number = place + 1;
        let mismatch = match self.0.exchanges.get(place) {
            None => Mismatch {
                what: format!("request {number} is not on the tape:\n{}", asked.lines().join("\n")),
                hint: CHANGED,
            },
            Some(exchange) if exchange.asked != *asked => Mismatch {
                what: format!(
                    "request {number} is not that of line {} (- the tape, + the plugin):\n{}",
                    exchange.line,
                    difference(&exchange.asked.lines(), &asked.lines()),
                ),
                hint: CHANGED,
            },
            Some(exchange) => match (vet(request, &self.0.grant), &exchange.answer) {
                (Err(error), Ok(_)) => Mismatch {
                    what: format!("the host would not send request {number} of line {}: {error}", exchange.line),
                    hint: "the manifest's `hosts` and `cookies` say where requests may go, the head's `cookies` which \
                           names the user's cookie has",
                },
                _ => {
                    if let Some(taken) = seen.taken.get_mut(place) {
                        *taken = true;
                    }
                    return exchange.answer.clone();
                }
            },
        };
        seen.mismatch.get_or_insert(mismatch);
        Err(off_tape())
    }

    fn any(
        &self,
        seen: &mut Seen,
        asked: &Asked,
        answers: &[Option<Result<GuestResponse, GuestError>>],
    ) -> Result<GuestResponse, GuestError> {
        let fits = |(_, exchange): &(usize, &Exchange)| exchange.asked == *asked;
        let fresh = |(place, _): &(usize, &Exchange)| seen.taken.get(*place) == Some(&false);
        let all = || self.0.exchanges.iter().enumerate().filter(fits);
        let Some((place, exchange)) = all().find(fresh).or_else(|| all().next_back()) else {
            seen.strays += 1;
            return Err(off_tape());
        };
        if let Some(taken) = seen.taken.get_mut(place) {
            *taken = true;
        }
        match answers.get(place) {
            Some(Some(broken)) => broken.clone(),
            _ => {
                seen.intact += usize::from(exchange.answer.is_ok());
                exchange.answer.clone()
            }
        }
    }

    /// Where the play left the tape first, what was not asked for included; none where it kept to it.
    pub(in super::super) fn mismatch(&self) -> Option<Mismatch> {
        let seen = self.0.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let left = || {
            let left = seen.taken.iter().filter(|taken| !**taken).count();
            let place = seen.taken.iter().position(|taken| !taken)?;
            let exchange = self.0.exchanges.get(place)?;
            let what = format!(
                "{left} of the tape's {} requests were not made, first that of line {}: {} {}",
                self.0.exchanges.len(),
                exchange.line,
                exchange.asked.method,
                exchange.asked.url,
            );
            Some(Mismatch { what, hint: CHANGED })
        };
        seen.mismatch.clone().or_else(left)
    }

    /// All requests so far, in the order in which they were made.
    pub(in super::super) fn asked(&self) -> Vec<Asked> {
        self.0.seen.lock().unwrap_or_else(PoisonError::into_inner).asked.clone()
    }

    /// How many answers came as the tape has them.
    pub(in super::super) fn intact(&self) -> usize {
        self.0.seen.lock().unwrap_or_else(PoisonError::into_inner).intact
    }

    /// How many requests the tape does not have.
    pub(in super::super) fn strays(&self) -> usize {
        self.0.seen.lock().unwrap_or_else(PoisonError::into_inner).strays
    }
}

fn off_tape() -> GuestError {
    GuestError::Io(String::from("the tape has no such request"))
}

/// As the client cuts a body that is longer than it was asked for.
fn cut(mut response: GuestResponse, most: usize) -> GuestResponse {
    if response.body.len() > most {
        response.body.truncate(most);
        response.truncated = true;
    }
    response
}

impl Asked {
    pub(super) fn of(request: &GuestRequest) -> Asked {
        use crate::http::{Method, Redirect};
        Asked {
            method: match request.method {
                Method::Get => "GET",
                Method::Head => "HEAD",
                Method::Post => "POST",
                Method::Put => "PUT",
                Method::Patch => "PATCH",
                Method::Delete => "DELETE",
            },
            url: request.url.clone(),
            headers: request.headers.clone(),
            body: request.body.clone(),
            follow: match request.redirect {
                Redirect::Manual => None,
                Redirect::Follow(hops) => Some(hops),
            },
            timeout_ms: request.timeout.map(|limit| u64::try_from(limit.as_millis()).unwrap_or(u64::MAX)),
            max_body: request.max_body.map(|bytes| u64::try_from(bytes).unwrap_or(u64::MAX)),
        }
    }

    /// For people to compare: a line for each thing that can differ.
    pub(super) fn lines(&self) -> Vec<String> {
        let (place, query) = self.url.split_once('?').map_or((self.url.as_str(), None), |(a, b)| (a, Some(b)));
        let mut lines = vec![format!("{} {place}", self.method)];
        for (index, pair) in query.iter().flat_map(|query| query.split('&')).enumerate() {
            lines.push(format!("    {}{pair}", if index == 0 { '?' } else { '&' }));
        }
        lines.extend(self.headers.iter().map(|(name, value)| format!("{name}: {value}")));
        match self.follow {
            Some(hops) => lines.push(format!("(follows {hops} redirects)")),
            None => lines.push(String::from("(takes a redirect as the answer)")),
        }
        lines.extend(self.timeout_ms.map(|ms| format!("(timeout {ms} ms)")));
        lines.extend(self.max_body.map(|bytes| format!("(at most {bytes} bytes)")));
        lines.extend(self.body.iter().flat_map(|body| plain(body)));
        lines
    }
}
