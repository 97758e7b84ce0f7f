//! `plugin check` and `plugin record` at the door.

use crate::app::tapes::{self, CheckError, TapeError};
use crate::cli::args::{Global, PluginCheck, PluginRecord};
use crate::cli::exit::{Exit, Failed};
use crate::cli::{config, data_to_read, output};
use crate::model::Failure;
use crate::plugin::{CallError, Check, LoadError, RecordError};

pub(in super::super) async fn check(global: &Global, args: PluginCheck) -> Result<Exit, Failed> {
    let config = config(args.config.as_ref())?;
    let checks = tapes::check(&args.file, args.tapes.as_deref(), &config, &data_to_read(global)).await;
    let checks = checks.map_err(|error: CheckError| Failed { exit: Exit::Usage, error: error.into() })?;
    for check in &checks {
        match args.json {
            true => output::json(check)?,
            false => print(check),
        }
    }
    let failed = checks.iter().filter(|check| !check.passed).count();
    if !args.json {
        let checks = if checks.len() == 1 { String::from("1 check") } else { format!("{} checks", checks.len()) };
        output::line(match failed {
            0 => format!("{checks}, all passed"),
            _ => format!("{checks}, {failed} failed"),
        });
    }
    Ok(if failed == 0 { Exit::Done } else { Exit::PluginFailed })
}

fn print(check: &Check) {
    let word = if check.passed { "ok" } else { "FAILED" };
    let place = [check.tape.clone(), check.line.map(|line| format!("line {line}")), check.call.map(str::to_owned)];
    let place = place.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let message = check.message.as_deref().unwrap_or_default();
    // What is wrong has lines of its own; a few words on what is right stand behind it.
    let (beside, below) = if check.passed { (message, "") } else { ("", message) };
    let words = [place.as_str(), beside].into_iter().filter(|words| !words.is_empty()).collect::<Vec<_>>().join(": ");
    output::line(output::safe(format!("{word:7} {:9} {words}", check.check).trim_end()));
    for line in below.lines() {
        output::line(output::safe(&format!("        {line}")));
    }
    if let Some(hint) = &check.hint {
        output::line(output::safe(&format!("        hint: {hint}")));
    }
}

pub(in super::super) async fn record(global: &Global, args: PluginRecord) -> Result<Exit, Failed> {
    let config = config(args.config.as_ref())?;
    let PluginRecord { url, plugin, output: path, options, .. } = args;
    let recorded = tapes::record(&plugin, &url, &options, &path, &config, &data_to_read(global)).await;
    let recorded = recorded.map_err(|error| Failed { exit: code(&error), error: error.into() })?;
    for said in &recorded.said {
        let requests = if said.requests == 1 { "request" } else { "requests" };
        output::line(output::safe(&format!("{:8} {} {requests}: {}", said.call, said.requests, said.what)));
    }
    output::line(output::safe(&path.display().to_string()));
    output::note(
        "look through the tape before you give it away: names and titles are the platform's own, and nobody can know \
         every value that is yours",
        global.color.into(),
    );
    Ok(Exit::Done)
}

fn code(error: &TapeError) -> Exit {
    match error {
        TapeError::Exists(_) | TapeError::Http(_) => Exit::Usage,
        TapeError::Disk(_) => Exit::Disk,
        TapeError::Record(error) => match error {
            RecordError::Load(LoadError::Io(_) | LoadError::Settings(_)) | RecordError::NotAPicker(_) => Exit::Usage,
            RecordError::Call(_, CallError::Failure(Failure::Network(_))) => Exit::Failed,
            RecordError::Load(_) | RecordError::Call(..) | RecordError::Otherwise(..) => Exit::PluginFailed,
            RecordError::Leak | RecordError::Form(_) => Exit::Failed,
        },
    }
}
