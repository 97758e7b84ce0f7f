//! `record` at the door: signals, the status line, the exit code.

use std::process;

use tokio::sync::watch;
use tracing::info;

use super::args::{Asking, Global, Record};
use super::exit::{Exit, Failed, WithExit};
use super::signals::Signals;
use super::{TEMPLATE_HINT, config, data_to_keep, own_headers, status};
use crate::app::record::Recorder;
use crate::app::rooms::RoomPlan;
use crate::app::{House, Wishes};
use crate::monitor::room::Outcome;
use crate::plugin::Picker;
use crate::record::Preference;
use crate::record::name::check_template;

pub(super) async fn record(global: &Global, args: Record) -> Result<Exit, Failed> {
    own_headers(&args.asking.headers)?;
    let mut config = config(args.asking.config.as_ref())?;
    if let Some(output) = &args.output {
        config.output.dir.clone_from(output);
    }
    if let Some(name) = &args.name {
        let checked = check_template(name);
        checked.map_err(|why| anyhow::anyhow!("`--name`: {why}\n{TEMPLATE_HINT}")).exit(Exit::Usage)?;
        config.output.name.clone_from(name);
    }
    let wishes = Wishes { config: config.into(), plugins: global.plugins.clone(), data: data_to_keep(global)? };
    let mut signals = Signals::new()?;
    // Nothing is recorded yet, so whoever wants out gets out.
    let opened = tokio::select! {
        opened = House::open(wishes) => opened,
        number = signals.next() => return Ok(Exit::Signal(number)),
    };
    let (house, keeper) = opened.exit(Exit::Usage)?;
    house.warn_of_unread();
    let result = watched(&house, &args, signals).await;
    house.close(keeper).await;
    result
}

fn plan(args: &Record, url: String) -> RoomPlan {
    let Asking { options, headers, .. } = args.asking.clone();
    RoomPlan {
        url,
        options,
        headers,
        preference: Preference { qualities: args.quality.clone(), ..Preference::default() },
        once: args.once,
        max_duration: args.duration.map(|span| span.0),
        max_size: args.max_size.map(|size| size.0),
        ..RoomPlan::default()
    }
}

async fn watched(house: &House, args: &Record, mut signals: Signals) -> Result<Exit, Failed> {
    let picked = tokio::select! {
        picked = pick_all(house, &args.asking.urls, args.asking.plugin.as_deref()) => picked?,
        number = signals.next() => return Ok(Exit::Signal(number)),
    };
    let rooms = picked.into_iter().map(|(url, picker)| (plan(args, url), picker)).collect();
    let (once, folder) = (args.once, house.config.output.dir.clone());
    let opened = tokio::select! {
        opened = Recorder::open(house.clone(), rooms) => opened,
        number = signals.next() => return Ok(Exit::Signal(number)),
    };
    let recorder = opened.map_err(|error| unusable(&folder, error)).exit(Exit::Disk)?;
    let (board, recovered) = (recorder.board(), recorder.recovered());
    let (stop, stopped) = watch::channel(false);
    let status = status::Status::show(board.clone());
    let running = recorder.run(stopped);
    tokio::pin!(running);
    let mut caught = None;
    let outcomes = loop {
        tokio::select! {
            outcomes = &mut running => break outcomes,
            number = signals.next() => {
                if let Some(first) = caught {
                    // The second one: at once. What is open is made whole by the next start.
                    status.clear();
                    process::exit(i32::from(Exit::Signal(first).code()));
                }
                caught = Some(number);
                info!("stopping: finishing the files; once more stops at once");
                // The rooms are gone only when `running` is done, which the loop sees next.
                let _ = stop.send(true);
            }
        }
    };
    status.clear();
    status::tell_recovered(&recovered.files());
    let wrote = status::tell_files(&board);
    Ok(exit(&outcomes, caught, once && !wrote))
}

fn exit(outcomes: &[Outcome], caught: Option<u8>, nothing_written: bool) -> Exit {
    if outcomes.contains(&Outcome::GaveUp(Exit::Disk.code())) {
        return Exit::Disk;
    }
    if let (Some(number), true) = (caught, outcomes.contains(&Outcome::Stopped)) {
        return Exit::Signal(number);
    }
    let first_code = outcomes.iter().find_map(|outcome| match outcome {
        Outcome::GaveUp(code) => Some(*code),
        _ => None,
    });
    match first_code {
        Some(2) if !outcomes.contains(&Outcome::Recorded) => Exit::Usage,
        Some(_) if !outcomes.contains(&Outcome::Recorded) => Exit::Failed,
        _ if nothing_written => Exit::Failed,
        _ => Exit::Done,
    }
}

pub(super) fn unusable(folder: &std::path::Path, error: anyhow::Error) -> anyhow::Error {
    let folder = folder.display();
    anyhow::anyhow!(
        "cannot record to `{folder}`: {error:#}\nhint: `lyrebird doctor` tells what works there; `[output] fallback` names \
         folders for when one fails"
    )
}

/// One picker a URL. None, or two, for any of them is an error before anything is recorded.
async fn pick_all(house: &House, urls: &[String], by_name: Option<&str>) -> Result<Vec<(String, Picker)>, Failed> {
    let mut picked = Vec::new();
    for url in urls {
        let found = house.picker(url, by_name).await;
        let picker = found.map_err(|error| Failed { exit: Exit::from(&error), error: error.into() })?;
        picked.push((url.clone(), picker));
    }
    Ok(picked)
}
