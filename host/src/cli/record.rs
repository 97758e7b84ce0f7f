//! `record` at the door: signals, the status line, the exit code.

use std::process;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tracing::info;

use super::args::{Asking, Global, Record};
use super::exit::{Exit, Failed, WithExit};
use super::{config, data_dir, status};
use crate::app::record::{Recorder, Wanted};
use crate::app::{House, Wishes};
use crate::monitor::room::Outcome;
use crate::plugin::Picker;

pub(super) async fn record(global: &Global, args: Record) -> Result<Exit, Failed> {
    let config = config(args.asking.config.as_ref())?;
    let wanted = wanted(&args, &config);
    let wishes = Wishes { config, plugins: global.plugins.clone(), data: data_dir(global)? };
    let mut signals = Signals::new()?;
    // Nothing is recorded yet, so whoever wants out gets out.
    let opened = tokio::select! {
        opened = House::open(wishes) => opened,
        number = signals.next() => return Ok(Exit::Signal(number)),
    };
    let (house, keeper) = opened.exit(Exit::Usage)?;
    let result = watched(&house, wanted, signals).await;
    house.close(keeper).await;
    result
}

fn wanted(args: &Record, config: &crate::config::Config) -> Wanted {
    let Asking { urls, plugin, options, headers, .. } = args.asking.clone();
    Wanted {
        urls,
        plugin,
        options,
        headers,
        output: args.output.clone().unwrap_or_else(|| config.output.dir.clone()),
        name: args.name.clone().unwrap_or_else(|| config.output.name.clone()),
        qualities: args.quality.clone(),
        once: args.once,
        max_duration: args.duration.map(|span| span.0),
        max_bytes: args.max_size.map(|size| size.0),
    }
}

async fn watched(house: &House, wanted: Wanted, mut signals: Signals) -> Result<Exit, Failed> {
    let rooms = pick_all(house, &wanted.urls, wanted.plugin.as_deref())?;
    let (once, folder) = (wanted.once, wanted.output.clone());
    let opened = tokio::select! {
        opened = Recorder::open(house.clone(), wanted, rooms) => opened,
        number = signals.next() => return Ok(Exit::Signal(number)),
    };
    let recorder = opened.map_err(|error| unusable(&folder, error)).exit(Exit::Disk)?;
    let (glances, recovered) = (recorder.glances(), recorder.recovered());
    let (stop, stopped) = watch::channel(false);
    let status = status::Status::show(glances.clone());
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
    let wrote = status::tell_files(&glances);
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

fn unusable(folder: &std::path::Path, error: anyhow::Error) -> anyhow::Error {
    error.context(format!("cannot record to `{}`", folder.display()))
}

/// One picker a URL. None, or two, for any of them is an error before anything is recorded.
pub(super) fn pick_all(house: &House, urls: &[String], by_name: Option<&str>) -> Result<Vec<(String, Picker)>, Failed> {
    let pick = |url: &String| {
        let found = house.picker(url, by_name);
        let picker = found.map_err(|error| Failed { exit: Exit::from(&error), error: error.into() })?;
        Ok((url.clone(), picker))
    };
    urls.iter().map(pick).collect()
}

/// SIGINT, SIGTERM, and SIGHUP: a closed terminal must not tear a file.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
    /// None under `nohup`, whose wish is that nobody hears it.
    hangup: Option<Signal>,
}

impl Signals {
    fn new() -> anyhow::Result<Signals> {
        let hangup = if hangup_is_ignored() { None } else { Some(signal(SignalKind::hangup())?) };
        let (interrupt, terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        Ok(Signals { interrupt, terminate, hangup })
    }

    /// The number of the next one.
    async fn next(&mut self) -> u8 {
        tokio::select! {
            _ = self.interrupt.recv() => 2,
            _ = self.terminate.recv() => 15,
            () = hung_up(&mut self.hangup) => 1,
        }
    }
}

async fn hung_up(hangup: &mut Option<Signal>) {
    match hangup {
        Some(hangup) => drop(hangup.recv().await),
        None => std::future::pending().await,
    }
}

/// Whether whoever started us has us ignore SIGHUP (proc(5), `SigIgn`: signal 1 is the lowest bit).
fn hangup_is_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}
