//! `doctor` at the door.

use std::path::Path;

use serde_json::json;

use super::args::{Doctor, Global};
use super::config::usual;
use super::exit::{Exit, Failed, WithExit};
use super::{config, data_to_read, output};
use crate::app::doctor::Weight;
use crate::app::{House, Wishes};
use crate::config as wishes;
use crate::logging::Color;

pub(super) async fn doctor(global: &Global, args: Doctor) -> Result<Exit, Failed> {
    // What `run` would read: a finding about another folder than the recordings' would be worth nothing.
    let file = args.config.or_else(usual);
    let config = config(file.as_ref())?;
    let mut folders = config.output.folders();
    if let (Some(named), Some(first)) = (args.output, folders.first_mut()) {
        *first = named;
    }
    let rooms = file.as_deref().map_or(0, rooms);
    let data = data_to_read(global);
    let wishes = Wishes { config: config.into(), plugins: global.plugins.clone(), data: data.clone() };
    let (house, keeper) = House::open(wishes).await.exit(Exit::Usage)?;
    house.warn_of_unread();
    let findings = house.examine(&folders, rooms).await;
    house.close(keeper).await;
    let data = data.path();
    let bad = findings.iter().any(|finding| finding.weight == Weight::Bad);
    if args.json {
        let list: Vec<_> = findings
            .iter()
            .map(|finding| {
                json!({ "topic": finding.topic, "state": finding.weight.word(), "text": finding.text, "hint": finding.hint })
            })
            .collect();
        let version = env!("CARGO_PKG_VERSION");
        output::json(&json!({ "version": version, "data": data, "config": file, "healthy": !bad, "findings": list }))?;
    } else {
        let mut place = data.map_or_else(String::new, |data| format!(", data in `{}`", data.display()));
        if let Some(file) = &file {
            place.push_str(&format!(", config `{}`", file.display()));
        }
        output::line(output::safe(&format!("lyrebird {}{place}", env!("CARGO_PKG_VERSION"))));
        for finding in &findings {
            let text = output::safe(&finding.text);
            output::line(format!("{} {:11} {text}", mark(finding.weight, global.color.into()), finding.topic));
            if let Some(hint) = &finding.hint {
                output::line(format!("  {:11} hint: {}", "", output::safe(hint)));
            }
        }
    }
    Ok(if bad { Exit::Failed } else { Exit::Done })
}

/// How many rooms the config watches. One that is broken was told of before.
fn rooms(file: &Path) -> usize {
    wishes::load(file).map_or(0, |wished| wished.rooms.iter().filter(|(room, _)| room.enabled).count())
}

fn mark(weight: Weight, color: Color) -> String {
    let (mark, code) = match weight {
        Weight::Fine => ("✓", 32),
        Weight::Note => ("·", 36),
        Weight::Care => ("!", 33),
        Weight::Bad => ("✗", 31),
    };
    if color.on_stdout() { format!("\u{1b}[{code}m{mark}\u{1b}[0m") } else { mark.to_owned() }
}
