//! `check` at the door.

use serde_json::{Value, json};

use super::args::{Check, Global};
use super::exit::{Exit, Failed, WithExit};
use super::{config, data_to_read, output, own_headers};
use crate::app::check::{Answer, Question, Verdict};
use crate::app::{House, Wishes};
use crate::clock::{from_unix, rfc3339};
use crate::logging::Color;
use crate::model::{Candidate, Failure, Pair, redact_input, redact_url, shown_id};
use crate::plugin::CallError;

pub(super) async fn check(global: &Global, args: Check) -> Result<Exit, Failed> {
    own_headers(&args.asking.headers)?;
    let config = config(args.asking.config.as_ref())?;
    let wishes = Wishes { config: config.into(), plugins: global.plugins.clone(), data: data_to_read(global) };
    let (house, keeper) = House::open(wishes).await.exit(Exit::Usage)?;
    house.warn_of_unread();
    let mut exit = Exit::Done;
    for url in args.asking.urls {
        let (plugin, options) = (args.asking.plugin.clone(), args.asking.options.clone());
        let answer = house.check(Question { url, plugin, options, headers: args.asking.headers.clone() }).await;
        if args.json {
            output::json(&document(&answer, args.show_urls))?;
        } else {
            print(&answer, args.show_urls, global.color.into());
        }
        exit = if exit == Exit::Done { code(&answer.verdict) } else { exit };
    }
    house.close(keeper).await;
    Ok(exit)
}

fn code(verdict: &Verdict) -> Exit {
    match verdict {
        Verdict::Status("live") => Exit::Done,
        Verdict::Status(_) => Exit::NotLive,
        Verdict::NoPicker(error) => Exit::from(error),
        Verdict::Failed(CallError::Failure(Failure::LoginRequired(_))) => Exit::LoginNeeded,
        Verdict::Failed(CallError::Failure(Failure::UnexpectedAnswer(_))) => Exit::PluginFailed,
        Verdict::Failed(CallError::Failure(_)) => Exit::Failed,
        Verdict::Failed(_) => Exit::PluginFailed,
    }
}

fn shown(url: &str, show_urls: bool) -> String {
    if show_urls { url.to_owned() } else { redact_url(url) }
}

fn document(answer: &Answer, show_urls: bool) -> Value {
    let (status, failure) = match &answer.verdict {
        Verdict::Status(word) => (*word, Value::Null),
        Verdict::NoPicker(error) => ("failed", failed("no-picker", &error.to_string(), None)),
        Verdict::Failed(error) => {
            let after = match error {
                CallError::Failure(Failure::RateLimited { after, .. }) => *after,
                _ => None,
            };
            // The kind has a field of its own.
            let message = error.failure().map_or_else(|| error.reason(), |failure| failure.message().to_owned());
            ("failed", failed(error.kind(), &message, after))
        }
    };
    let broadcast = answer.broadcast.as_ref().map(|broadcast| {
        json!({
            "id": broadcast.id, "streamer": broadcast.streamer, "title": broadcast.title,
            "room_url": shown(&broadcast.room_url, show_urls), "category": broadcast.category,
            "cover_url": broadcast.cover_url.as_deref().map(|url| shown(url, show_urls)),
            "started_at": broadcast.started_at.map(|at| rfc3339(from_unix(at))), "extra": pairs(&broadcast.extra, show_urls),
        })
    });
    json!({
        "url": shown_input(&answer.url, show_urls), "platform": answer.platform, "plugin": answer.plugin, "room": answer.room,
        "status": status, "failure": failure, "broadcast": broadcast, "probed": answer.probed,
        "candidates": answer.candidates.iter().map(|one| candidate(one, show_urls)).collect::<Vec<_>>(),
    })
}

fn failed(kind: &str, message: &str, after: Option<std::time::Duration>) -> Value {
    json!({ "kind": kind, "message": message, "retry_after_ms": after.map(|after| after.as_millis()) })
}

fn candidate(candidate: &Candidate, show_urls: bool) -> Value {
    json!({
        "url": shown(&candidate.url, show_urls), "transport": candidate.transport.word(),
        "codec": candidate.codec.as_ref().map(|codec| codec.word()), "quality": candidate.quality,
        "cdn": candidate.cdn, "headers": headers(&candidate.headers, show_urls),
        "expires_at": candidate.expires_at.map(|at| rfc3339(from_unix(at))), "extra": pairs(&candidate.extra, show_urls),
    })
}

/// Headers may carry cookies and tokens, so their values are shown with the URLs alone.
fn headers(headers: &[Pair], show: bool) -> Value {
    let shown = |(name, value): &Pair| json!([name, if show { value } else { "…" }]);
    headers.iter().map(shown).collect()
}

fn pairs(pairs: &[Pair], show_urls: bool) -> Value {
    pairs.iter().map(|(name, value)| json!([name, if show_urls { value.clone() } else { shown_id(value) }])).collect()
}

fn print(answer: &Answer, show_urls: bool, color: Color) {
    let url = output::safe(&shown_input(&answer.url, show_urls));
    match &answer.verdict {
        Verdict::Status(word) => output::line(format!("{url}: {word}")),
        Verdict::NoPicker(error) => return output::error(error, color),
        Verdict::Failed(error) => return output::error(format!("{url}: {error}"), color),
    }
    if let (Some(room), Some(plugin)) = (&answer.room, &answer.plugin) {
        output::line(format!("  room       {} by {plugin}", output::safe(&shown_input(room, show_urls))));
    }
    if let Some(broadcast) = &answer.broadcast {
        for (name, value) in [("streamer", &broadcast.streamer), ("title", &broadcast.title)] {
            if !value.is_empty() {
                output::line(format!("  {name:10} {}", output::safe(value)));
            }
        }
        if let Some(at) = broadcast.started_at {
            output::line(format!("  started    {}", rfc3339(from_unix(at))));
        }
    }
    if let Some(probed) = &answer.probed {
        output::line(format!("  found      {}", output::safe(&probed.replace('\n', ", "))));
    }
    for candidate in &answer.candidates {
        let quality = &candidate.quality;
        let label = if quality.label.is_empty() { &quality.key } else { &quality.label };
        let codec = candidate.codec.as_ref().map_or("", |codec| codec.word());
        let words = [candidate.transport.word(), codec, label, candidate.cdn.as_deref().unwrap_or_default()];
        let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
        let url = output::safe(&shown(&candidate.url, show_urls));
        output::line(format!("  candidate  {} · {url}", output::safe(&words.join(" · "))));
    }
}

/// What the user typed may be an id; a URL may be signed.
fn shown_input(input: &str, show_urls: bool) -> String {
    if show_urls { input.to_owned() } else { redact_input(input) }
}
