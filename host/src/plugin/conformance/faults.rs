//! Answers of a tape broken one by one, as platforms break them: a plugin may fail then, and has to say how; it may never
//! say what it cannot know. "Offline" out of a refusal ends a recording, a receipt out of one is an announcement that
//! nobody saw.

use std::fmt;

use crate::http::{GuestError, GuestResponse};
use crate::model::{Failure, Status};
use crate::plugin::conformance::{Check, count};
use crate::plugin::error::CallError;
use crate::plugin::tape::{Call, Dress, Mode, Outcome, Player, Reply, Single};

/// Problems that are told of one call; the first ones mostly have the others in tow.
const TOLD: usize = 5;

/// What stands in place of an answer: the page of a guard that nobody has seen.
const PAGE: &str = "<!DOCTYPE html>\n<html><head><title>One moment</title></head><body><h1>One moment, please</h1>\
                    <p>We are looking at your browser.</p></body></html>\n";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    TooMany,
    Forbidden,
    Page,
    Empty,
    Truncated,
    Timeout,
}

const ALL: [Fault; 6] = [Fault::TooMany, Fault::Forbidden, Fault::Page, Fault::Empty, Fault::Truncated, Fault::Timeout];

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Fault::TooMany => "status 429",
            Fault::Forbidden => "status 403",
            Fault::Page => "a page of HTML",
            Fault::Empty => "an empty body",
            Fault::Truncated => "JSON that is cut off",
            Fault::Timeout => "a timeout",
        })
    }
}

type Answer = Result<GuestResponse, GuestError>;

impl Fault {
    /// The answer with this fault; none where it would be no other, or could be right.
    pub(super) fn of(self, taped: &Answer) -> Option<Answer> {
        let plain = |url: &str, status, kind: &str, body: &str| GuestResponse {
            status,
            url: url.to_owned(),
            headers: vec![(String::from("content-type"), kind.to_owned())],
            body: body.as_bytes().to_vec(),
            truncated: false,
        };
        match (self, taped) {
            (Fault::Timeout, Err(GuestError::Timeout)) => None,
            (Fault::Timeout, _) => Some(Err(GuestError::Timeout)),
            (_, Err(_)) => None,
            (Fault::TooMany, Ok(taped)) => (taped.status != 429).then(|| {
                let mut answer = plain(&taped.url, 429, "text/plain", "Too Many Requests");
                answer.headers.push((String::from("retry-after"), String::from("30")));
                Ok(answer)
            }),
            (Fault::Forbidden, Ok(taped)) => {
                (taped.status != 403).then(|| Ok(plain(&taped.url, 403, "text/plain", "Forbidden")))
            }
            (Fault::Page, Ok(taped)) => Some(Ok(plain(&taped.url, 200, "text/html; charset=utf-8", PAGE)))
                .filter(|_| !taped.body.is_empty() || taped.status >= 300),
            // Of other statuses the body says no more than they do.
            (Fault::Empty | Fault::Truncated, Ok(taped)) if !(200..300).contains(&taped.status) => None,
            (Fault::Empty, Ok(taped)) => {
                (!taped.body.is_empty()).then(|| Ok(GuestResponse { body: Vec::new(), ..taped.clone() }))
            }
            (Fault::Truncated, Ok(taped)) => is_json(&taped.body).then(|| {
                let half = taped.body.get(..taped.body.len() / 2).unwrap_or_default().to_vec();
                Ok(GuestResponse { body: half, ..taped.clone() })
            }),
        }
    }

    /// What a plugin may say of it.
    fn takes(self, failure: &Failure) -> bool {
        match self {
            Fault::TooMany => matches!(failure, Failure::RateLimited { .. }),
            Fault::Forbidden => {
                matches!(failure, Failure::Forbidden(_) | Failure::LoginRequired(_) | Failure::RateLimited { .. })
            }
            Fault::Timeout => matches!(failure, Failure::Network(_)),
            Fault::Empty | Fault::Truncated => {
                matches!(failure, Failure::UnexpectedAnswer(_) | Failure::Network(_) | Failure::Other(_))
            }
            // Walls show themselves as pages, too.
            Fault::Page => !is_final(failure),
        }
    }

    /// The same for people.
    fn wanted(self) -> &'static str {
        match self {
            Fault::TooMany => "`rate-limited`",
            Fault::Forbidden => "`forbidden`, `login-required` or `rate-limited`",
            Fault::Timeout => "`network`",
            Fault::Page | Fault::Empty | Fault::Truncated => "`unexpected-answer`",
        }
    }
}

/// An object or a list, also inside a call.
fn is_json(body: &[u8]) -> bool {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body).trim_ascii();
    let inner = match (body.iter().position(|byte| *byte == b'('), body.strip_suffix(b";").unwrap_or(body)) {
        (Some(open), whole) if whole.ends_with(b")") => whole.get(open + 1..whole.len() - 1).unwrap_or(body),
        _ => body,
    };
    let is_whole = serde_json::from_slice::<serde_json::Value>(inner).is_ok();
    is_whole && inner.first().is_some_and(|byte| matches!(byte, b'{' | b'['))
}

/// Failures that end a room for good.
fn is_final(failure: &Failure) -> bool {
    matches!(failure, Failure::InvalidRoom(_) | Failure::Gone(_))
}

/// What was known to the plugin in one play.
struct Known {
    /// Some answer came as the tape has it.
    something: bool,
    /// It asked for what the tape does not have, and was told that the connection broke.
    strayed: bool,
}

impl Known {
    fn of(player: &Player) -> Known {
        Known { something: player.intact() > 0, strayed: player.strays() > 0 }
    }
}

/// Breaks each answer of the call in each way, and all of them at once. `taped` is what the plugin says to it whole.
pub(super) async fn check(single: &Single, dress: &Dress, call: &Call, taped: &Outcome) -> Check {
    let (mut tries, mut problems) = (0_usize, Vec::new());
    for fault in ALL {
        let broken: Vec<Option<Answer>> = call.exchanges.iter().map(|exchange| fault.of(&exchange.answer)).collect();
        let alone = broken.iter().enumerate().filter(|(_, answer)| answer.is_some()).map(|(place, answer)| {
            let mut answers = vec![None; broken.len()];
            if let Some(slot) = answers.get_mut(place) {
                slot.clone_from(answer);
            }
            (format!("{fault} in place of answer {}", place + 1), answers)
        });
        let mut plays: Vec<(String, Vec<Option<Answer>>)> = alone.collect();
        if plays.len() > 1 {
            plays.push((format!("{fault} in place of every answer"), broken.clone()));
        }
        for (what, answers) in plays {
            tries += 1;
            let (facts, player) = dress.facts(single, call, Mode::Broken(answers));
            let said = call.ask.clone().put(single, facts).await;
            if let Err(why) = judge(fault, taped, &said, &Known::of(&player)) {
                problems.push(format!("{what}: {why}"));
            }
        }
    }
    if problems.is_empty() {
        return Check::passed("faults", count(tries, "broken answer"));
    }
    let more = problems.len().saturating_sub(TOLD);
    problems.truncate(TOLD);
    if more > 0 {
        problems.push(format!("and {more} more"));
    }
    let hint = "look at status and body before reading them, and pass errors on: `Response::ok` and `json` of the Rust \
                SDK do; what cannot be known is a failure";
    Check::failed("faults", problems.join("\n"), hint)
}

/// What is wrong with what the plugin said to a broken answer.
fn judge(fault: Fault, taped: &Outcome, said: &Outcome, known: &Known) -> Result<(), String> {
    match (said, taped) {
        (Err(CallError::Failure(failure)), _) => {
            refusal(fault, failure, taped.as_ref().err().and_then(failure_of), known)
        }
        (Err(error), _) => Err(format!("the call ends without an answer: {}", error.reason())),
        (Ok(Reply::Verdicts(said)), taped) => {
            let taped = match taped {
                Ok(Reply::Verdicts(taped)) => taped.as_slice(),
                _ => &[],
            };
            let mut verdicts = said.iter().enumerate();
            verdicts.try_for_each(|(place, said)| verdict(fault, taped.get(place), said, known))
        }
        (Ok(Reply::Id(id)), Ok(Reply::Id(same))) if id == same => Ok(()),
        (Ok(Reply::Id(id)), _) => Err(format!("it resolves to `{}`, which it cannot know", crate::model::shown_id(id))),
        (Ok(Reply::Candidates(said)), Ok(Reply::Candidates(taped))) => match (said.is_empty(), taped.is_empty()) {
            (true, false) => Err(String::from("an empty list of candidates, which means that the room is not live")),
            (true, true) if !known.something => {
                Err(String::from("an empty list of candidates, which it cannot know: no answer was whole"))
            }
            (false, true) => Err(String::from("candidates, where the tape has none")),
            _ => Ok(()),
        },
        (Ok(Reply::Candidates(said)), _) => Err(format!("{} candidates, where the tape has a failure", said.len())),
        (Ok(Reply::Receipt(Some(_))), _) => Err(String::from("a receipt, which says that it was done")),
        (Ok(Reply::Receipt(None)), _) => Err(String::from("no receipt but success, which it cannot know")),
        (Ok(Reply::Retracted), _) => Err(String::from("success, which it cannot know")),
    }
}

fn failure_of(error: &CallError) -> Option<&Failure> {
    error.failure()
}

fn verdict(
    fault: Fault,
    taped: Option<&Result<Status, Failure>>,
    said: &Result<Status, Failure>,
    known: &Known,
) -> Result<(), String> {
    let status = match said {
        Err(failure) => return refusal(fault, failure, taped.and_then(|taped| taped.as_ref().err()), known),
        Ok(status) => status,
    };
    let word = status.word();
    let before = match taped {
        Some(Ok(taped)) => taped.word(),
        Some(Err(failure)) => failure.kind(),
        None => "nothing",
    };
    let is_dark = !matches!(status, Status::Live(_));
    if word != before {
        return Err(format!("`{word}`, where the tape has `{before}`"));
    }
    if is_dark && !known.something {
        return Err(format!("`{word}`, which it cannot know: no answer was whole"));
    }
    Ok(())
}

/// A failure has to be of the right kind, or the one that the room has on the tape anyway.
fn refusal(fault: Fault, said: &Failure, taped: Option<&Failure>, known: &Known) -> Result<(), String> {
    let as_taped = taped.is_some_and(|taped| taped.kind() == said.kind());
    // After a request that the tape does not have, the last thing it saw was another fault.
    let other = known.strayed && !is_final(said);
    if fault.takes(said) || other || (as_taped && known.something) {
        return Ok(());
    }
    let kind = said.kind();
    match is_final(said) {
        true => Err(format!("`{kind}`, which ends the room for good; it should be {}", fault.wanted())),
        false => Err(format!("`{kind}`; it should be {}", fault.wanted())),
    }
}
