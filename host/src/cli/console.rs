//! Words typed at `run`'s terminal: read line by line, answered on stderr above the status line.

use std::io::{self, BufRead, IsTerminal};
use std::thread;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::{status, table};
use crate::app::rooms::Board;
use crate::app::run::{Asked, Order};
use crate::logging::{Escaped, above_status, terminal_width};

/// Bytes of a line that are read; what is longer was no word of ours.
const LINE: usize = 4 << 10;
/// Lines that wait while one is obeyed.
const LINES: usize = 16;
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);

const HELP: &str = "info            the table of rooms (also: minfo)
pickers         the pickers that are asked (also: spname)
check ROOM      look now
cut ROOM        begin another file at the next key frame
stop [ROOM]     stop watching a room, or all: files are closed, notices taken back
start [ROOM]    watch it again
quit            stop in order; sessions are kept for the next start
ROOM is a URL, an id, a name or a streamer, or a part of it that is unique.";

/// The reader while it is open.
pub(super) struct Console(Option<JoinHandle<()>>);

impl Console {
    /// Listens, where stdin is a terminal.
    pub(super) fn open(words: mpsc::Sender<Asked>, board: Board) -> Console {
        if !io::stdin().is_terminal() {
            return Console(None);
        }
        let (lines, mut typed) = mpsc::channel::<String>(LINES);
        // A read of the terminal cannot be interrupted: the thread ends with the process, or with the input.
        let reader = thread::Builder::new().name(String::from("console")).spawn(move || read(&lines));
        if let Err(error) = reader {
            tracing::warn!(%error, "nothing can be typed");
            return Console(None);
        }
        Console(Some(tokio::spawn(async move {
            while let Some(line) = typed.recv().await {
                if let Some(answer) = answer(&line, &words, &board).await {
                    say(&answer);
                }
            }
        })))
    }

    /// Listens no longer.
    pub(super) fn close(self) {
        if let Console(Some(task)) = self {
            task.abort();
        }
    }
}

fn read(lines: &mpsc::Sender<String>) {
    for line in io::stdin().lock().lines() {
        let Ok(mut line) = line else { return };
        if line.len() > LINE {
            line.clear();
        }
        if lines.blocking_send(line).is_err() {
            return;
        }
    }
}

async fn answer(line: &str, words: &mpsc::Sender<Asked>, board: &Board) -> Option<String> {
    let order = match parse(line) {
        Typed::Nothing => return None,
        Typed::Info => {
            let table = table::rooms(&board.rooms(), terminal_width());
            let below = board.want().map(|want| format!("nothing new is recorded: {}", want.why));
            let lines = [Some(table), below, status::unsafe_part(&board.unsynced())];
            return Some(lines.into_iter().flatten().collect::<Vec<_>>().join("\n"));
        }
        Typed::Pickers => return Some(table::pickers(&board.pickers(), terminal_width())),
        Typed::Help => return Some(HELP.to_owned()),
        Typed::Wrong(why) => return Some(why),
        Typed::Order(order) => order,
    };
    let (reply, said) = oneshot::channel();
    if words.try_send(Asked { order, reply }).is_err() {
        return Some(String::from("busy, say it again"));
    }
    match tokio::time::timeout(PATIENCE, said).await {
        Ok(Ok(Ok(said) | Err(said))) => Some(said),
        // `quit`: whoever would answer is gone.
        Ok(Err(_)) => None,
        Err(_) => Some(String::from("no answer yet")),
    }
}

fn say(text: &str) {
    let shown: Vec<String> = text.lines().map(|line| Escaped(line).to_string()).collect();
    above_status(&shown.join("\n"));
}

#[derive(Debug, PartialEq, Eq)]
enum Typed {
    Nothing,
    Info,
    Pickers,
    Help,
    Order(Order),
    Wrong(String),
}

fn parse(line: &str) -> Typed {
    let (word, rest) = line.trim().split_once(char::is_whitespace).unwrap_or((line.trim(), ""));
    let room = Some(rest.trim()).filter(|room| !room.is_empty()).map(str::to_owned);
    let needed = |order: fn(String) -> Order| match room.clone() {
        Some(room) => Typed::Order(order(room)),
        None => Typed::Wrong(format!("which room?\nhint: `{word} ROOM`; `info` shows all of them")),
    };
    match word {
        "" => Typed::Nothing,
        "info" | "minfo" => Typed::Info,
        "pickers" | "spname" => Typed::Pickers,
        "help" | "?" => Typed::Help,
        "check" => needed(Order::Check),
        "cut" => needed(Order::Cut),
        "stop" => Typed::Order(Order::Stop(room)),
        "start" => Typed::Order(Order::Start(room)),
        "quit" | "exit" => Typed::Order(Order::Quit),
        other => Typed::Wrong(format!("no such word: `{other}`\nhint: `help` shows them")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_understood() {
        let room = || String::from("https://a.example/1");
        for (line, expected) in [
            ("", Typed::Nothing),
            ("  info ", Typed::Info),
            ("minfo", Typed::Info),
            ("spname", Typed::Pickers),
            ("check https://a.example/1", Typed::Order(Order::Check(room()))),
            ("cut  https://a.example/1 ", Typed::Order(Order::Cut(room()))),
            ("stop", Typed::Order(Order::Stop(None))),
            ("stop https://a.example/1", Typed::Order(Order::Stop(Some(room())))),
            ("start", Typed::Order(Order::Start(None))),
            ("quit", Typed::Order(Order::Quit)),
        ] {
            assert_eq!(parse(line), expected, "{line}");
        }
        assert!(matches!(parse("check"), Typed::Wrong(_)));
        assert!(matches!(parse("dance"), Typed::Wrong(_)));
    }
}
