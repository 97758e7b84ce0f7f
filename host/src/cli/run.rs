//! `run` at the door: signals, the status line, the words that are typed, the exit code.

use std::process;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{mpsc, watch};
use tracing::info;

use super::args::{Global, Run};
use super::exit::{Exit, Failed, WithExit};
use super::record::unusable;
use super::signals::Signals;
use super::{console, data_to_keep, status, vet};
use crate::app::owner::{Owner, OwnerError};
use crate::app::run::Runner;
use crate::app::{House, Wishes};
use crate::config::{Snapshot, load};

/// Words that may wait while the last one is obeyed.
const WORDS: usize = 16;

pub(super) async fn run(global: &Global, args: Run) -> Result<Exit, Failed> {
    let snapshot = read(&args)?;
    let data = data_to_keep(global)?;
    let owner = match Owner::run(data.kept()?) {
        Err(error @ OwnerError::AlreadyRunning(_)) => return Err(Failed { exit: Exit::Failed, error: error.into() }),
        locked => locked.exit(Exit::Disk)?,
    };
    for note in &snapshot.notes {
        tracing::warn!(note, "config");
    }
    let wishes = Wishes { config: snapshot.config.clone(), plugins: global.plugins.clone(), data };
    let mut signals = Signals::without_hangup()?;
    // From here on it means: read the config again.
    let hangup = signal(SignalKind::hangup()).map_err(anyhow::Error::from)?;
    // Nothing is recorded yet, so whoever wants out gets out.
    let opened = tokio::select! {
        opened = House::open(wishes) => opened,
        _ = signals.next() => return Ok(Exit::Done),
    };
    let (house, keeper) = opened.exit(Exit::Usage)?;
    house.warn_of_unread();
    let result = watched(&house, owner, snapshot, signals, hangup).await;
    house.close(keeper).await;
    result
}

fn read(args: &Run) -> Result<Snapshot, Failed> {
    // What is told of files must not depend on the folder that the program was started in.
    let file = std::path::absolute(super::config::place(args.config.clone())?).exit(Exit::Usage)?;
    let snapshot = load(&file).map_err(super::config::hinted).exit(Exit::Usage)?;
    vet(&file, &snapshot.config)?;
    Ok(snapshot)
}

async fn watched(
    house: &House,
    owner: Owner,
    snapshot: Snapshot,
    mut signals: Signals,
    mut hangup: Signal,
) -> Result<Exit, Failed> {
    let folder = house.config.output.dir.clone();
    let opened = tokio::select! {
        opened = Runner::open(house.clone(), owner, snapshot) => opened,
        _ = signals.next() => return Ok(Exit::Done),
    };
    let runner = opened.map_err(|error| unusable(&folder, error)).exit(Exit::Disk)?;
    let (stop, stopped) = watch::channel(false);
    let (words, asked) = mpsc::channel(WORDS);
    let (reload, reloads) = mpsc::channel(1);
    let board = runner.board();
    let status = status::Status::show(board.clone());
    let console = console::Console::open(words, board);
    let running = runner.run(stopped, asked, reloads);
    tokio::pin!(running);
    let mut caught = false;
    loop {
        tokio::select! {
            () = &mut running => break,
            _ = hangup.recv() => {
                // One that waits already does for both.
                let _ = reload.try_send(());
            }
            _ = signals.next() => {
                if caught {
                    // The second one: at once. What is open is made whole by the next start.
                    status.clear();
                    process::exit(i32::from(Exit::Failed.code()));
                }
                caught = true;
                info!("a second signal stops at once, without finishing files");
                let _ = stop.send(true);
            }
        }
    }
    console.close();
    status.clear();
    Ok(Exit::Done)
}
