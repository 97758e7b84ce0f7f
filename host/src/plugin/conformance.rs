//! The conformance suite: a built plugin in the real host, with tapes for its network, clock and random numbers. What a
//! plugin may never do stands in `docs/plugin-spec.md`; here it is tried.
//!
//! Knows no directory and prints nothing: files come in as text, findings go out as data.

use std::path::Path;

use serde::Serialize;

use super::anatomy::Kind;
use super::error::{CallError, LoadError};
use super::tape::{Call, Dress, Mode, Outcome, Single, Tape, difference, outcome, read};
use super::tape::{other, pretty};
use crate::clock::Clock;
use crate::config::Config;
use crate::http::guard::PrivateHosts;
use crate::store::DataDir;

mod faults;
mod sane;

/// A tape's file.
#[derive(Clone, Debug)]
pub struct TapeText {
    /// As people know it.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// `manifest`, `load`, `samples`, `tape` (requests and answer are those of the tape), `answer` (it makes sense),
    /// `faults` (broken answers are told as such), `limits` or `tapes`.
    pub check: &'static str,
    /// The tape, where it is about one.
    pub tape: Option<String>,
    /// The line of the call's head.
    pub line: Option<usize>,
    /// The call's name.
    pub call: Option<&'static str>,
    /// Whether all is well.
    pub passed: bool,
    /// What was found: what is wrong, or a few words on what was looked at. May have several lines.
    pub message: Option<String>,
    /// What can be done about it.
    pub hint: Option<String>,
}

impl Check {
    fn passed(check: &'static str, message: impl Into<String>) -> Check {
        let message = Some(message.into()).filter(|message| !message.is_empty());
        Check { check, tape: None, line: None, call: None, passed: true, message, hint: None }
    }

    fn failed(check: &'static str, message: impl Into<String>, hint: impl Into<String>) -> Check {
        let hint = Some(hint.into()).filter(|hint| !hint.is_empty());
        Check { passed: false, hint, ..Check::passed(check, message) }
    }

    fn on(self, place: &Place<'_>) -> Check {
        Check {
            tape: Some(place.tape.to_owned()),
            line: Some(place.call.line),
            call: Some(place.call.ask.word()),
            ..self
        }
    }
}

/// A call of a tape.
struct Place<'a> {
    tape: &'a str,
    call: &'a Call,
}

/// What a plugin is checked with.
struct Suite {
    single: Single,
    private_hosts: PrivateHosts,
    checks: Vec<Check>,
}

/// Checks the plugin in `file` against its manifest and tapes: `[plugin.NAME] limits` and `hosts` of the config count, and
/// `[plugins] allow_private_hosts`, nothing else of it.
///
/// # Errors
/// The file cannot be read. Whatever else is wrong with it is a check that did not pass.
pub async fn conform(
    file: &Path,
    tapes: &[TapeText],
    config: &Config,
    data: &DataDir,
    clock: &Clock,
) -> Result<Vec<Check>, LoadError> {
    let private_hosts = match PrivateHosts::parse(&config.plugins.allow_private_hosts) {
        Ok(private_hosts) => private_hosts,
        Err(error) => return Ok(refused(&LoadError::Settings(format!("{error:#}")))),
    };
    let single = match Single::load(file, config, data, clock).await {
        Ok(single) => single,
        Err(error @ (LoadError::Io(_) | LoadError::TooLarge { .. })) => return Err(error),
        Err(error) => return Ok(refused(&error)),
    };
    let manifest = &single.version.anatomy.manifest;
    let kinds: Vec<&str> = single.version.anatomy.kinds.iter().map(|kind| kind.word()).collect();
    let checks = vec![
        Check::passed("manifest", manifest.label()),
        Check::passed("load", kinds.join(", ")),
        Check::passed("samples", count(manifest.samples.len(), "sample")),
    ];
    let mut suite = Suite { single, private_hosts, checks };
    for tape in tapes {
        match read(&tape.text) {
            Ok(read) => suite.tape(&tape.name, &read).await,
            Err(why) => {
                let hint = "docs/plugin-spec.md has the format of tapes";
                let check = Check { tape: Some(tape.name.clone()), ..Check::failed("tape", why, hint) };
                suite.checks.push(check);
            }
        }
    }
    suite.end(tapes.len());
    Ok(suite.checks)
}

/// A plugin that the host does not take: what it failed, and what was well until then.
fn refused(error: &LoadError) -> Vec<Check> {
    let text = error.to_string();
    let message = text.split("\nhint: ").next().unwrap_or_default().to_owned();
    let failed = |check| Check::failed(check, message.clone(), error.hint().unwrap_or_default());
    match error {
        LoadError::BadManifest(_) => vec![failed("manifest")],
        LoadError::SelfTest { .. } => {
            vec![Check::passed("manifest", ""), Check::passed("load", ""), failed("samples")]
        }
        _ => vec![failed("load")],
    }
}

impl Suite {
    async fn tape(&mut self, name: &str, tape: &Tape) {
        for call in &tape.calls {
            let place = Place { tape: name, call };
            let found = self.call(&place).await;
            self.checks.extend(found.into_iter().map(|check| check.on(&place)));
        }
    }

    /// A call is played as it is, then with each of its answers broken in each way.
    async fn call(&self, place: &Place<'_>) -> Vec<Check> {
        let call = place.call;
        let manifest = &self.single.version.anatomy.manifest;
        if call.plugin.split('@').next() != Some(manifest.name.as_str()) {
            let what = format!("the tape is one of `{}`, the plugin is `{}`", call.plugin, manifest.label());
            return vec![Check::failed("tape", what, "`plugin` in the head says whose tape it is")];
        }
        let kind = if call.ask.is_notice() { Kind::Notifier } else { Kind::Picker };
        if !self.single.version.anatomy.kinds.contains(&kind) {
            let what = format!("the plugin is no {}, so it has no `{}`", kind.word(), call.ask.word());
            return vec![Check::failed("tape", what, "`call` in the head is one of the plugin's own calls")];
        }
        let dress = match Dress::of(&self.single, call) {
            Ok(dress) => dress,
            Err(why) => {
                let hint = "`settings` in the head are the manifest's; a secret one needs a made-up value";
                return vec![Check::failed("tape", why, hint)];
            }
        };
        let (facts, player) = dress.facts(&self.single, call, Mode::Strict);
        let said = call.ask.clone().put(&self.single, facts).await;
        if let Some(mismatch) = player.mismatch() {
            return vec![Check::failed("tape", mismatch.what, mismatch.hint)];
        }
        if let Some(check) = otherwise(call, &said) {
            return vec![check];
        }
        let mut found = vec![Check::passed("tape", count(call.exchanges.len(), "request"))];
        found.push(match sane::judge(&self.single, &self.private_hosts, &dress, call, &said) {
            Ok(what) => Check::passed("answer", what),
            Err((what, hint)) => Check::failed("answer", what, hint),
        });
        if !call.exchanges.is_empty() {
            found.push(faults::check(&self.single, &dress, call, &said).await);
        }
        found
    }

    fn end(&mut self, tapes: usize) {
        if tapes == 0 {
            let what = "none were played: nothing is known of the plugin beyond its samples";
            self.checks.push(Check::passed("tapes", what));
        } else if !self.checks.iter().any(|check| check.check == "limits") {
            self.checks.push(Check::passed("limits", "no call met one"));
        }
    }
}

/// What is wrong where the plugin does not say what the tape says that it should.
fn otherwise(call: &Call, said: &Outcome) -> Option<Check> {
    let Some(words) = outcome(said) else {
        let Err(error) = said else { unreachable!("every reply has words") };
        let is_limit = matches!(
            error,
            CallError::CpuBudget(_)
                | CallError::Timeout(_)
                | CallError::MemoryLimit { .. }
                | CallError::HostCallLimit(_)
        );
        let check = if is_limit { "limits" } else { "tape" };
        let hint = error.hint().unwrap_or("a call has to answer within its limits: docs/plugin-spec.md");
        return Some(Check::failed(check, error.reason(), hint));
    };
    let Some(taped) = &call.answer else {
        let what = format!("the head has no `answer`; the plugin says:\n{words}");
        return Some(Check::failed("tape", what, "put it into the head as `answer`, if it is right"));
    };
    let (taped, said) = other(taped, &words)?;
    let difference = difference(&pretty(&taped), &pretty(&said));
    let what = format!("another answer than the tape's (- the tape, + the plugin):\n{difference}");
    Some(Check::failed("tape", what, "mend the plugin; where the new answer is right, change `answer` in the head"))
}

/// `no request`, `1 request`, `2 requests`.
fn count(number: usize, what: &str) -> String {
    match number {
        0 => format!("no {what}"),
        1 => format!("1 {what}"),
        several => format!("{several} {what}s"),
    }
}
