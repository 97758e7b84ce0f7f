//! `history` at the door.

use std::io::{self, IsTerminal};

use super::args::{Global, History};
use super::config::own_names;
use super::exit::{Exit, Failed, WithExit};
use super::{needed_data_dir, output, status, table};
use crate::app::past::Past;
use crate::clock::{from_rfc3339, local};
use crate::logging::terminal_width;
use crate::store::{HistoryRow, PastNotice};

/// Sessions that are told where nobody says how many: of all rooms, and of one, whose files are told too.
const SESSIONS: u32 = 50;
const SESSIONS_OF_ONE: u32 = 10;

/// Columns of a pipe: no row is as wide.
const PIPE: usize = 1_000;

pub(super) async fn history(global: &Global, args: History) -> Result<Exit, Failed> {
    let mut past = Past::open(&needed_data_dir(global)?);
    if args.room.is_some() {
        past = past.with_names(own_names(global, args.config)?);
    }
    let usual = if args.room.is_some() { SESSIONS_OF_ONE } else { SESSIONS };
    let sessions = past.history(args.room.as_deref(), args.limit.unwrap_or(usual)).await.exit(Exit::Failed)?;
    if args.json {
        sessions.iter().try_for_each(output::json)?;
        return Ok(Exit::Done);
    }
    match args.room {
        None => output::line(overview(&sessions, width())),
        Some(_) if sessions.is_empty() => output::line("no session yet"),
        Some(_) => sessions.iter().flat_map(whole).for_each(output::line),
    }
    Ok(Exit::Done)
}

/// Whoever reads on through a pipe gets whole words.
fn width() -> usize {
    if io::stdout().is_terminal() { terminal_width() } else { PIPE }
}

/// One line a session.
fn overview(sessions: &[HistoryRow], most: usize) -> String {
    let head = ["began", "length", "room", "streamer", "title", "files", "written", "gaps", "told"];
    table::grid(&head, sessions.iter().map(row).collect(), most)
}

fn row(session: &HistoryRow) -> Vec<String> {
    let gaps = session.gaps.len();
    let told: Vec<String> = session.notices.iter().map(|one| format!("{} {}", one.target, one.state)).collect();
    vec![
        time(&session.started_at),
        length(session),
        format!("{}:{}", session.platform, session.room),
        fact(session, "streamer"),
        fact(session, "title"),
        session.segments.len().to_string(),
        status::bytes(session.segments.iter().map(|one| u64::try_from(one.bytes).unwrap_or(0)).sum()),
        if gaps == 0 { String::new() } else { gaps.to_string() },
        told.join(", "),
    ]
}

/// A session with all that belongs to it, a line each.
fn whole(session: &HistoryRow) -> Vec<String> {
    let why = session.why.as_deref().map(|why| format!(" ({why})")).unwrap_or_default();
    let mut lines = vec![
        format!("{}  {}:{}", time(&session.started_at), session.platform, session.room),
        format!("  live     {} {}", fact(session, "streamer"), fact(session, "title")),
        format!("  length   {}{why}", length(session)),
        format!("  session  {}", session.session),
    ];
    for segment in &session.segments {
        let (ms, bytes) = (u64::try_from(segment.duration_ms), u64::try_from(segment.bytes));
        let (ms, bytes) = (status::clock(ms.unwrap_or(0)), status::bytes(bytes.unwrap_or(0)));
        let size = if segment.state == "recording" { String::new() } else { format!(", {ms}, {bytes}") };
        lines.push(format!("  file     {} ({}{size})", segment.file, segment.state));
    }
    for gap in &session.gaps {
        let at = status::clock(u64::try_from(gap.at_ms).unwrap_or(0));
        lines.push(format!("  gap      at {at}: {} ms missing, {}", gap.lost_ms, gap.cause));
    }
    lines.extend(session.notices.iter().map(|one| format!("  told     {}", notice(one))));
    lines.iter().map(|line| output::safe(line.trim_end())).collect()
}

fn notice(notice: &PastNotice) -> String {
    let at = |word: &str, at: &Option<String>| at.as_deref().map(|at| format!(", {word} {}", time(at)));
    let told = at("told", &notice.announced_at).unwrap_or_default();
    let back = at("taken back", &notice.retracted_at).unwrap_or_default();
    format!("{}: {}{told}{back}", notice.target, notice.state)
}

/// From its beginning to its end; without an end it is on air, or nobody has found out yet that it is not.
fn length(session: &HistoryRow) -> String {
    let ended = session.ended_at.as_deref().and_then(from_rfc3339);
    let length = ended.zip(from_rfc3339(&session.started_at)).map(|(end, start)| end.duration_since(start));
    match length {
        Some(length) => status::clock(u64::try_from(length.unwrap_or_default().as_millis()).unwrap_or(u64::MAX)),
        None => String::from("not over"),
    }
}

fn fact(session: &HistoryRow, name: &str) -> String {
    session.broadcast.get(name).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
}

/// RFC 3339 as people read it.
pub(super) fn time(text: &str) -> String {
    from_rfc3339(text).map_or_else(|| text.to_owned(), local)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::clock::{from_unix, rfc3339};
    use crate::store::{PastGap, PastSegment};

    fn session() -> HistoryRow {
        let segment = |file: &str, state: &str, bytes: i64| PastSegment {
            file: file.to_owned(),
            bytes,
            duration_ms: 60_000,
            state: state.to_owned(),
        };
        HistoryRow {
            session: String::from("s1"),
            platform: String::from("p"),
            room: String::from("1"),
            broadcast: json!({ "streamer": "Ann", "title": "a\u{1b}[2Jb" }),
            started_at: rfc3339(from_unix(1_700_000_000)),
            ended_at: Some(rfc3339(from_unix(1_700_003_661))),
            why: Some(String::from("offline")),
            segments: vec![segment("/r/a\u{202e}.flv", "complete", 3 << 20), segment("/r/b.flv", "recording", 0)],
            gaps: vec![PastGap { cause: String::from("stall"), at_ms: 5_000, lost_ms: 70 }],
            notices: vec![PastNotice {
                target: String::from("family"),
                announced_at: Some(rfc3339(from_unix(1_700_000_001))),
                retracted_at: None,
                state: String::from("told"),
            }],
        }
    }

    #[test]
    fn a_session_is_one_line_or_all_of_it() {
        let began = local(from_unix(1_700_000_000));
        let open = HistoryRow { ended_at: None, gaps: Vec::new(), ..session() };
        let lines = overview(&[session(), open], PIPE);
        let lines: Vec<&str> = lines.lines().collect();
        let expected = format!(r"{began}  1:01:01   p:1   Ann       a\u{{1b}}[2Jb  2      3 MiB    1     family told");
        assert_eq!(lines[1], expected);
        assert!(lines[2].starts_with(&format!("{began}  not over  p:1")), "{}", lines[2]);
        assert_eq!(overview(&[], PIPE), "none");

        let told = local(from_unix(1_700_000_001));
        let expected = [
            format!("{began}  p:1"),
            String::from(r"  live     Ann a\u{1b}[2Jb"),
            String::from("  length   1:01:01 (offline)"),
            String::from("  session  s1"),
            String::from(r"  file     /r/a\u{202e}.flv (complete, 0:01:00, 3 MiB)"),
            String::from("  file     /r/b.flv (recording)"),
            String::from("  gap      at 0:00:05: 70 ms missing, stall"),
            format!("  told     family: told, told {told}"),
        ];
        assert_eq!(whole(&session()), expected);
    }
}
