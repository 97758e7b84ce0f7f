//! From a live room to a tape: each call is made once against the platform, and once more against its redacted answers by
//! a plugin that was given placeholders for every secret. What it asks the second time is the tape: it cannot hold what
//! was made of a secret, for it was made without.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::UNIX_EPOCH;

use super::ask::{Ask, Outcome, Reply};
use super::recorder::{Note, Recorder};
use super::redact::Redactor;
use super::{Call, Dress, Exchange, Mode, Single, Still, lines, words};
use crate::clock::Clock;
use crate::config::Config;
use crate::http::{Grant, GuestError, Http};
use crate::model::{Failure, Pair, Room, Status, Wish};
use crate::plugin::access;
use crate::plugin::anatomy::Kind;
use crate::plugin::error::{CallError, LoadError};
use crate::plugin::imports::{Facts, Line, LogGate, Network, Shelf};
use crate::plugin::manifest::SettingKind;
use crate::plugin::settings::Settings;
use crate::store::DataDir;

/// What a tape is recorded with.
pub struct RecordMeans<'a> {
    /// `[plugin.NAME]`: settings, cookie, hosts, limits.
    pub config: &'a Config,
    /// Where compiled plugins may lie.
    pub data: &'a DataDir,
    /// The guarded client.
    pub http: Http,
    /// The time.
    pub clock: Clock,
}

/// A tape, not yet a file.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// Its lines.
    pub text: String,
    /// What was said to each call, in order.
    pub said: Vec<Said>,
}

/// One call of a tape, for people.
#[derive(Clone, Debug)]
pub struct Said {
    /// The call's name.
    pub call: &'static str,
    /// The answer in a word or a few.
    pub what: String,
    /// Requests that it made.
    pub requests: usize,
}

/// Why there is no tape. None of it tells a secret.
#[derive(Debug)]
pub enum RecordError {
    /// The file is no plugin, or its settings are wrong.
    Load(LoadError),
    /// The file is a plugin, and no picker.
    NotAPicker(String),
    /// A call gave no answer, or only the network's.
    Call(&'static str, CallError),
    /// The plugin does something else when it is played again.
    Otherwise(&'static str, String),
    /// A value that is known to be secret would be in it.
    Leak,
    /// The tape cannot be written as text.
    Form(anyhow::Error),
}

impl fmt::Display for RecordError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RecordError::Load(error) => write!(out, "{error}"),
            RecordError::NotAPicker(name) => write!(
                out,
                "`{name}` is no picker\nhint: tapes of notifiers are written by hand, see docs/plugin-spec.md"
            ),
            RecordError::Call(call, error) => write!(out, "{call}: {error}"),
            RecordError::Otherwise(call, what) => write!(
                out,
                "{call}: played again with redacted answers and placeholders for secrets, the plugin does something \
                 else: {what}\nhint: it may read a value that is taken out; write this tape by hand, see \
                 docs/plugin-spec.md"
            ),
            RecordError::Leak => out.write_str(
                "a secret is still in the tape: nothing was written\nhint: write this tape by hand, see \
                 docs/plugin-spec.md",
            ),
            RecordError::Form(error) => write!(out, "the tape cannot be written as text: {error:#}"),
        }
    }
}

impl std::error::Error for RecordError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            // Its own words stand in this one's.
            RecordError::Load(error) => error.source(),
            _ => None,
        }
    }
}

/// What all calls of one recording share.
struct Studio<'a> {
    single: &'a Single,
    clock: &'a Clock,
    facts: Facts,
    line: Line,
    redactor: Redactor,
    /// The tape's.
    settings: BTreeMap<String, String>,
    cookies: Vec<String>,
}

/// Asks the picker in `file` about a room, once: `resolve`, `check` and, where it is live, `streams`.
///
/// # Errors
/// No tape is made; see [`RecordError`].
pub async fn record(
    file: &Path,
    input: &str,
    options: &[Pair],
    means: &RecordMeans<'_>,
) -> Result<Recorded, RecordError> {
    let single = Single::load(file, means.config, means.data, &means.clock).await.map_err(RecordError::Load)?;
    let manifest = &single.version.anatomy.manifest;
    if !single.version.anatomy.kinds.contains(&Kind::Picker) {
        return Err(RecordError::NotAPicker(manifest.name.clone()));
    }
    let studio = Studio::open(&single, means).map_err(|why| RecordError::Load(LoadError::Settings(why)))?;
    let mut calls = Vec::new();
    let typed = studio.redactor.typed(input);
    let (real, taped) = studio.take(Ask::Resolve(input.to_owned()), Ask::Resolve(typed.clone()), &mut calls).await?;
    if let (Ok(Reply::Id(id)), Ok(Reply::Id(taped_id))) = (real, taped) {
        let room = Room { id, input: input.to_owned(), options: options.to_vec() };
        let options = options.iter().map(|option| studio.redactor.option(option)).collect();
        let taped_room = Room { id: taped_id, input: typed, options };
        let ask = Ask::Check(vec![room.clone()]);
        let (real, _) = studio.take(ask, Ask::Check(vec![taped_room.clone()]), &mut calls).await?;
        if is_on_air(&real) {
            let ask = Ask::Streams(room, Wish::default());
            // It is in the list of calls; nothing comes after it.
            drop(studio.take(ask, Ask::Streams(taped_room, Wish::default()), &mut calls).await?);
        }
    }
    let said = calls.iter().map(|(call, what): &(Call, String)| Said {
        call: call.ask.word(),
        what: what.clone(),
        requests: call.exchanges.len(),
    });
    let said = said.collect();
    let calls: Vec<Call> = calls.into_iter().map(|(call, _)| call).collect();
    let text = lines::write(&calls).map_err(RecordError::Form)?;
    match studio.redactor.is_clean(&text) {
        true => Ok(Recorded { text, said }),
        false => Err(RecordError::Leak),
    }
}

fn is_on_air(outcome: &Outcome) -> bool {
    let Ok(Reply::Verdicts(verdicts)) = outcome else { return false };
    verdicts.iter().any(|verdict| matches!(verdict, Ok(Status::Live(_) | Status::Replay(_))))
}

impl Studio<'_> {
    /// The error is one sentence for the user.
    fn open<'a>(single: &'a Single, means: &'a RecordMeans<'_>) -> Result<Studio<'a>, String> {
        let manifest = &single.version.anatomy.manifest;
        let settings = Settings::of(manifest, &[&single.table.settings])?;
        let base = access::base(&manifest.name, &single.table)?;
        let grant = access::grant(manifest, &settings, &base)?;
        let limits = single.version.facts.limits.clone();
        let line = Line {
            http: means.http.clone(),
            grant: Arc::new(grant),
            main: tokio::runtime::Handle::current(),
            made: Arc::new(AtomicU64::new(0)),
            timeout: limits.longest(),
        };
        let (mut taped, mut secrets) = (BTreeMap::new(), Vec::new());
        for setting in &manifest.settings {
            let Some(text) = settings.by_user(&setting.name) else { continue };
            let shown = if setting.secret { placeholder(&setting.name, setting.kind) } else { text.to_owned() };
            if setting.secret {
                secrets.push((text.to_owned(), shown.clone()));
            }
            taped.insert(setting.name.clone(), shown);
        }
        let facts = Facts {
            settings: Arc::new(settings),
            log: Arc::new(LogGate::new(means.clock.clone())),
            ..single.version.facts.clone()
        };
        let redactor = Redactor::new(base.cookie.as_ref(), &secrets);
        let cookies = names(&base);
        Ok(Studio { single, clock: &means.clock, facts, line, redactor, settings: taped, cookies })
    }

    /// Makes a call, and makes a call of a tape of it. Gives what the plugin said, and what it says on the tape.
    async fn take(
        &self,
        ask: Ask,
        taped: Ask,
        calls: &mut Vec<(Call, String)>,
    ) -> Result<(Outcome, Outcome), RecordError> {
        let word = ask.word();
        let seconds = self.clock.now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let still = Still { wall: lines::whole(seconds), seed: seconds };
        let recorder = Recorder::new(still);
        let facts = Facts {
            network: Network::Recorded(self.line.clone(), recorder.clone()),
            shelf: Shelf::passing(&BTreeMap::new()),
            ..self.facts.clone()
        };
        let real = ask.put(self.single, facts).await;
        if let Some(error) = useless(&real) {
            return Err(RecordError::Call(word, error));
        }
        let mut call = Call {
            line: 0,
            plugin: self.single.version.anatomy.manifest.label(),
            ask: taped,
            still,
            settings: self.settings.clone(),
            cookies: self.cookies.clone(),
            store: BTreeMap::new(),
            answer: None,
            exchanges: recorder.take().into_iter().map(|note| self.exchange(note)).collect(),
        };
        let otherwise = |what: String| RecordError::Otherwise(word, what);
        let asked: Vec<&str> = call.exchanges.iter().map(|exchange| exchange.asked.method).collect();
        let (again, player) = self.play(&call, Mode::Feed).await.map_err(otherwise)?;
        let asked_again = player.asked();
        if asked != asked_again.iter().map(|asked| asked.method).collect::<Vec<_>>() {
            return Err(otherwise(format!("{} requests became {}", asked.len(), asked_again.len())));
        }
        if shape(&real) != shape(&again) {
            return Err(otherwise(format!("`{}` became `{}`", shape(&real), shape(&again))));
        }
        for (exchange, asked) in call.exchanges.iter_mut().zip(asked_again) {
            exchange.asked = asked;
        }
        call.answer = words::outcome(&again);
        let (third, player) = self.play(&call, Mode::Strict).await.map_err(otherwise)?;
        if let Some(mismatch) = player.mismatch() {
            return Err(otherwise(mismatch.what));
        }
        if third != again {
            return Err(otherwise(String::from("two plays of it give two answers")));
        }
        calls.push((call, shape(&again)));
        Ok((real, again))
    }

    async fn play(&self, call: &Call, mode: Mode) -> Result<(Outcome, super::Player), String> {
        let dress = Dress::of(self.single, call)?;
        let (facts, player) = dress.facts(self.single, call, mode);
        Ok((call.ask.clone().put(self.single, facts).await, player))
    }

    fn exchange(&self, note: Note) -> Exchange {
        // Only a call that was cut off leaves one open, and is not taken.
        let answer = note.answer.unwrap_or(Err(GuestError::Timeout));
        let answer = answer.map(|answer| self.redactor.response(answer)).map_err(|error| self.redactor.error(error));
        Exchange { line: 0, asked: note.asked, answer }
    }
}

/// Names that the user's cookie has.
fn names(base: &Grant) -> Vec<String> {
    let cookie = base.cookie.as_ref().map_or("", |cookie| cookie.reveal());
    let names = cookie.split(';').filter_map(|pair| pair.split_once('=')).map(|(name, _)| name.trim().to_owned());
    names.filter(|name| !name.is_empty()).collect()
}

/// What a plugin is given for a secret setting when a tape is played.
fn placeholder(name: &str, kind: SettingKind) -> String {
    match kind {
        SettingKind::String => format!("placeholder-of-{name}"),
        SettingKind::Number => String::from("1000"),
        SettingKind::Boolean => String::from("true"),
        SettingKind::Url => String::from("https://placeholder.invalid/"),
    }
}

/// Why an answer is worth no tape: the plugin said nothing itself, or only that the network was down.
fn useless(outcome: &Outcome) -> Option<CallError> {
    let is_network = |failure: &&Failure| matches!(failure, Failure::Network(_));
    match outcome {
        Ok(Reply::Verdicts(verdicts)) => {
            let failure = verdicts.iter().filter_map(|verdict| verdict.as_ref().err()).find(is_network)?;
            Some(CallError::Failure(failure.clone()))
        }
        Ok(_) => None,
        Err(error) if error.failure().is_some_and(|failure| !is_network(&failure)) => None,
        Err(error) => Some(error.clone()),
    }
}

/// An answer in a word or a few: what must be equal although values were taken out.
fn shape(outcome: &Outcome) -> String {
    match outcome {
        Ok(Reply::Id(_)) => String::from("an id"),
        Ok(Reply::Verdicts(verdicts)) => {
            let words = verdicts.iter().map(|verdict| match verdict {
                Ok(status) => status.word(),
                Err(failure) => failure.kind(),
            });
            words.collect::<Vec<_>>().join(", ")
        }
        Ok(Reply::Candidates(candidates)) => format!("{} candidates", candidates.len()),
        Ok(Reply::Receipt(receipt)) => String::from(if receipt.is_some() { "a receipt" } else { "no receipt" }),
        Ok(Reply::Retracted) => String::from("retracted"),
        Err(error) => error.kind().to_owned(),
    }
}
