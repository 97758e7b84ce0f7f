//! What goes wrong, from a seed: what each room sends, what each of its connections does, what happens to the recorder.
//!
//! Pure: the same seed tells the same story, whatever the recorder makes of it.

use std::time::Duration;

use crate::clip::Clip;
use crate::damage::Dice;
use crate::feed::Join;
use crate::origin::{How, Quirk};

/// A server keeps so much at most for those who come later.
const MOST_KEPT_MS: usize = 12_000;
/// The longest part of a broadcast between two changes of the encoder.
const LONGEST_SCENE_MS: usize = 70_000;
/// The longest time that a room is dark: with and without a session that outlives it.
const LONGEST_DARK_MS: usize = 14_000;
/// The longest connection that ends by a fault.
const LONGEST_MEDIA_MS: usize = 45_000;

/// A part of a broadcast: the encoder changes nothing in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scene {
    /// What it sends.
    pub clip: Clip,
    /// What its clock does at the beginning.
    pub clock: Clock,
    /// How long.
    pub lasts_ms: u64,
    /// How long the room is dark behind it; mostly not at all.
    pub dark_ms: u64,
}

/// What an encoder's clock does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// It goes on.
    GoesOn,
    /// It is set to a time.
    Set(u32),
    /// It steps.
    Steps(i32),
}

/// What one connection does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It brings no media.
    Refuses(Refusal),
    /// It brings some.
    Brings(Bringing),
}

/// How a connection brings no media.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// A status.
    Status(u16),
    /// 429, asking for a second of rest.
    Busy,
    /// A page for people.
    Page,
    /// To itself, without an end.
    Redirect,
    /// No answer at all.
    Silence(How),
}

/// How a connection brings media.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bringing {
    /// Where it begins.
    pub joins: Join,
    /// What it says of the body's length.
    pub framing: Framing,
    /// What it lives through, at a tag.
    pub quirk: Option<(usize, Quirk)>,
    /// How it ends, behind so much media, and whether in the middle of a tag; else with the broadcast.
    pub end: Option<(Duration, How, bool)>,
}

/// What is said of the body's length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// Nothing: chunks.
    Chunks,
    /// Nothing: it ends with the connection.
    UntilClose,
    /// More than will ever come. Less would say that the file is finished, and a recorder has to believe that.
    Lie(u64),
}

/// What happens to the recorder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// kill -9; it is started again after this time.
    Kill(Duration),
    /// It does not run for so long, as on a machine that sleeps.
    Freeze(Duration),
    /// The same, then it is killed.
    FreezeAndKill(Duration),
    /// SIGTERM, and a new start.
    Restart,
    /// The volume is full for so long.
    FillDisk(Duration),
}

/// Whose dice.
#[derive(Clone, Copy, Debug)]
enum Whose {
    Scenes(usize),
    Turn(usize, usize),
    Deeds,
}

/// The scenes of a room, until they fill the time.
pub fn scenes(seed: u64, room: usize, lasts: Duration) -> Vec<Scene> {
    let mut dice = dice(seed, Whose::Scenes(room));
    let lasts_ms = u64::try_from(lasts.as_millis()).unwrap();
    let mut planned_ms = 0;
    let mut scenes: Vec<Scene> = Vec::new();
    while planned_ms < lasts_ms {
        let before = scenes.last().copied();
        let scene = scene(before, &mut dice);
        planned_ms += scene.lasts_ms + scene.dark_ms;
        scenes.push(scene);
    }
    scenes
}

fn scene(before: Option<Scene>, dice: &mut Dice) -> Scene {
    let is_new = before.is_none_or(|before| before.dark_ms > 0);
    let clip = match (before, dice.below(10)) {
        (Some(before), 0..4) => before.clip,
        (_, number) if number % 2 == 0 => Clip::Small,
        _ => Clip::Large,
    };
    let clock = match dice.below(12) {
        0..3 => Clock::Set(0),
        3 => Clock::Set(u32::MAX - milliseconds(dice, 30_000)),
        4 => Clock::Set(i32::MAX.unsigned_abs() - milliseconds(dice, 30_000)),
        5 => Clock::Set(milliseconds(dice, 1 << 30)),
        6 => Clock::Steps(steps(dice)),
        7 => Clock::Steps(-steps(dice)),
        _ if is_new => Clock::Set(milliseconds(dice, 1 << 20)),
        _ => Clock::GoesOn,
    };
    let lasts_ms = 4_000 + u64::from(milliseconds(dice, LONGEST_SCENE_MS));
    let dark_ms = if dice.below(3) == 0 { 300 + u64::from(milliseconds(dice, LONGEST_DARK_MS)) } else { 0 };
    Scene { clip, clock, lasts_ms, dark_ms }
}

/// What a room's connection of this number does.
pub fn turn(seed: u64, room: usize, number: usize) -> Turn {
    let dice = &mut dice(seed, Whose::Turn(room, number));
    if number > 0 && dice.below(7) == 0 {
        return Turn::Refuses(match dice.below(10) {
            0 => Refusal::Status(404),
            1 => Refusal::Status(403),
            2 => Refusal::Status(500),
            3 => Refusal::Status(503),
            4 => Refusal::Busy,
            5 => Refusal::Page,
            6 => Refusal::Redirect,
            7 => Refusal::Silence(How::Close),
            8 => Refusal::Silence(How::Reset),
            _ => Refusal::Silence(How::Stall),
        });
    }
    let joins = match dice.below(4) {
        0 | 1 => Join::NextKey,
        2 => Join::LastKey,
        _ => Join::Back(milliseconds(dice, MOST_KEPT_MS)),
    };
    let framing = match dice.below(8) {
        0..5 => Framing::Chunks,
        5 | 6 => Framing::UntilClose,
        _ => Framing::Lie(1 << (30 + dice.below(20))),
    };
    let quirk = match dice.below(10) {
        0 | 1 => Some(Quirk::Pauses(Duration::from_millis(200 + dice.below(1_800) as u64))),
        2 => Some(Quirk::LiesBehind),
        3 => Some(Quirk::LiesAbout),
        _ => None,
    };
    let quirk = quirk.map(|quirk| (6 + dice.below(900), quirk));
    let end = match dice.below(10) {
        0 => None,
        1 | 2 => Some(How::Close),
        3 | 4 => Some(How::Stall),
        _ => Some(How::Reset),
    };
    let behind = if dice.below(4) == 0 { 1 + dice.below(3_000) } else { dice.below(LONGEST_MEDIA_MS) };
    let end = end.map(|how| (Duration::from_millis(behind as u64), how, dice.below(3) > 0));
    Turn::Brings(Bringing { joins, framing, quirk, end })
}

/// What happens to the recorder, and how long after the start. A quiet time is left at the end.
pub fn deeds(seed: u64, lasts: Duration, pace: Duration, has_volume: bool) -> Vec<(Duration, Deed)> {
    let mut dice = dice(seed, Whose::Deeds);
    let mut deeds = Vec::new();
    let span = |most: Duration, dice: &mut Dice| Duration::from_millis(milliseconds(dice, in_ms(most)).into());
    let mut at = pace / 2 + span(pace, &mut dice);
    while at + pace < lasts {
        let deed = match dice.below(10) {
            0..4 => Deed::Kill(span(pace / 4, &mut dice)),
            4 | 5 => Deed::Freeze(span(pace / 2, &mut dice)),
            6 => Deed::FreezeAndKill(span(pace / 4, &mut dice)),
            7 => Deed::Restart,
            _ if !has_volume => Deed::Kill(Duration::ZERO),
            _ => Deed::FillDisk(span(pace / 2, &mut dice)),
        };
        deeds.push((at, deed));
        at += pace / 2 + span(pace, &mut dice);
    }
    deeds
}

fn in_ms(time: Duration) -> usize {
    usize::try_from(time.as_millis()).unwrap()
}

/// More than any jitter.
fn steps(dice: &mut Dice) -> i32 {
    5_000 + milliseconds(dice, 600_000).cast_signed()
}

/// Below so many.
fn milliseconds(dice: &mut Dice, below: usize) -> u32 {
    u32::try_from(dice.below(below.max(1))).unwrap()
}

/// Dice of their own for everybody: nobody's throws depend on how often another has thrown.
fn dice(seed: u64, whose: Whose) -> Dice {
    let words = match whose {
        Whose::Scenes(room) => [1, room, 0],
        Whose::Turn(room, number) => [2, room, number],
        Whose::Deeds => [3, 0, 0],
    };
    // SplitMix64, a word at a time.
    let mixed = words.iter().fold(seed, |mixed, word| {
        let mixed = mixed.wrapping_add(*word as u64).wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    });
    Dice::new(mixed)
}
