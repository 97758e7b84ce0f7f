//! Times in files: where nothing is missing they pass as they did on air, and picture and sound stay in step.

use std::collections::HashMap;

use super::{Case, Verdict, is_media};
use crate::flv::{AUDIO, VIDEO};

/// Frames that lie closer together on air are neighbours.
const NEIGHBOURS_MS: u64 = 100;
/// What is mended by so little is no fault.
const SMALL_STEP_MS: i64 = 60;
/// By how much picture and sound may be apart: for a viewer nothing.
const APART_MS: i64 = 120;
/// So many frames apart are no accident.
const MANY: usize = 25;

pub(super) fn check(case: &Case<'_>, verdict: &mut Verdict) {
    for file in case.files {
        let mut last: HashMap<u8, (u64, u32, i64)> = HashMap::new();
        let (mut apart, mut steps) = (0, Vec::new());
        for tag in file.tags.iter().filter(|tag| is_media(tag)) {
            let Some(aired) = case.aired(tag.digest) else { continue };
            let ahead_ms = i64::from(tag.time_ms) - i64::try_from(aired.at_ms).unwrap();
            let before = last.insert(tag.kind, (aired.at_ms, aired.clock, ahead_ms));
            if let Some((at_ms, clock, before_ms)) = before
                && clock == aired.clock
                && aired.at_ms.abs_diff(at_ms) < NEIGHBOURS_MS
                && (ahead_ms - before_ms).abs() > SMALL_STEP_MS
            {
                steps.push((tag.time_ms, ahead_ms - before_ms));
            }
            // Behind a gap sound may go on a group before the picture.
            if let (Some(video), Some(audio)) = (last.get(&VIDEO), last.get(&AUDIO))
                && video.0.abs_diff(audio.0) < NEIGHBOURS_MS
                && video.1 == audio.1
            {
                let is_apart = (video.2 - audio.2).abs() > APART_MS;
                apart = if is_apart { apart + 1 } else { 0 };
                if apart == MANY {
                    let by_ms = video.2 - audio.2;
                    let at_ms = tag.time_ms;
                    verdict.findings.push(format!("{}: at {at_ms} ms video is {by_ms} ms off audio", file.name));
                }
            }
        }
        if let Some((at_ms, by_ms)) = steps.first() {
            let many = steps.len();
            verdict.findings.push(format!(
                "{}: times step {many} times where nothing is missing, first at {at_ms} ms by {by_ms} ms",
                file.name
            ));
        }
    }
}
