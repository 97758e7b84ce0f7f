//! What happened to a room, as text, for whoever looks into a finding: what each connection carried, what each file holds,
//! in runs of frames by the time on air.

use std::collections::HashMap;
use std::fmt::Write;

use crate::chaos::check::{Past, Recorded};
use crate::flv::VIDEO;
use crate::origin::{Role, Sent};

/// Frames that are further apart on air are no run.
const STEP_MS: u64 = 100;

/// Frames one after the other: by the time on air, and by the times that they carry.
struct Run {
    air_ms: (u64, u64),
    time_ms: (u32, u32),
    frames: usize,
    headers: usize,
}

/// The whole story of a room.
pub(super) fn report(past: &Past, files: &[Recorded], findings: &[String]) -> String {
    let aired: HashMap<u64, u64> = past.aired.iter().map(|aired| (aired.sent.digest, aired.at_ms)).collect();
    let mut text = findings.join("\n") + "\n";
    for (number, connection) in past.connections.iter().enumerate() {
        let ended = connection.ended.unwrap_or_default().as_secs_f64();
        let who = if connection.left { "left" } else { "ended" };
        let (came, status) = (connection.came.as_secs_f64(), connection.status);
        writeln!(text, "\nconnection {number}: {status}, came {came:.3} s, {who} {ended:.3} s").unwrap();
        for lie in &connection.lies {
            writeln!(text, "  tag {lie} lies").unwrap();
        }
        runs(&connection.tags, &aired, &mut text);
        if let (Some(first), Some(last)) = (connection.sent_at.first(), connection.sent_at.last()) {
            writeln!(text, "  sent from {:.3} to {:.3} s", first.as_secs_f64(), last.as_secs_f64()).unwrap();
        }
    }
    for file in files {
        let about = &file.sidecar;
        writeln!(text, "\n{}: {}, end {}, session {}", file.name, about["state"], about["end"], about["session"])
            .unwrap();
        writeln!(text, "  gaps {}\n  repairs {}", about["gaps"], about["repairs"]).unwrap();
        writeln!(text, "  receptions {}", about["receptions"]).unwrap();
        runs(&file.tags, &aired, &mut text);
    }
    text
}

fn runs(tags: &[Sent], aired: &HashMap<u64, u64>, text: &mut String) {
    let mut run: Option<Run> = None;
    for tag in tags {
        let at_ms = aired.get(&tag.digest).copied();
        if !matches!(tag.role, Role::Key | Role::Media) {
            if tag.role == Role::Header && tag.kind == VIDEO {
                tell(run.take(), text);
                let headers = 1;
                run = Some(Run { air_ms: (u64::MAX, 0), time_ms: (tag.time_ms, tag.time_ms), frames: 0, headers });
            }
            continue;
        }
        let at_ms = at_ms.unwrap_or_default();
        match &mut run {
            Some(run) if run.frames == 0 => {
                run.air_ms = (at_ms, at_ms);
                run.time_ms = (tag.time_ms, tag.time_ms);
                run.frames = 1;
            }
            Some(run) if at_ms.abs_diff(run.air_ms.1) <= STEP_MS => {
                run.air_ms.1 = at_ms;
                run.time_ms.1 = tag.time_ms;
                run.frames += 1;
            }
            _ => {
                tell(run.take(), text);
                let (air_ms, time_ms) = ((at_ms, at_ms), (tag.time_ms, tag.time_ms));
                run = Some(Run { air_ms, time_ms, frames: 1, headers: 0 });
            }
        }
    }
    tell(run, text);
}

fn tell(run: Option<Run>, text: &mut String) {
    let Some(Run { air_ms, time_ms, frames, headers }) = run else { return };
    let header = if headers > 0 { ", behind a header" } else { "" };
    let (from, to) = air_ms;
    writeln!(text, "  on air {from} to {to} ms, as {} to {}, {frames} frames{header}", time_ms.0, time_ms.1).unwrap();
}
