//! Time: from what senders write to a clock that never goes back and never jumps.
//!
//! A tag's time is unwrapped to 64 bits and shifted by an offset. There is ONE offset: it changes when a clock jumps, and
//! the other track takes it over when its own time stamps jump too. To repair the tracks apart from each other is how
//! drift is made.
//!
//! Jumps are judged by the times as sent, distances between frames by the times as written: so what was written, sent
//! through again, is judged the same. Knows nothing of codecs and segments.

mod clock;
mod first;
mod told;

use crate::tag::Track;
use clock::{Clock, JUMP_MS, JUMP_SPACINGS, LARGEST_FIRST_STEP_MS};
pub(super) use first::before;

/// A jump forward beyond this is a clock that was set anew, and tells nothing of missing media: no connection lives
/// through such a pause.
const LARGEST_GAP_MS: i64 = 3_600_000;

/// A track that first speaks when the file has begun may come so late; it is pressed together at the file's start. One
/// that is later has another clock.
const LARGEST_LATE_MS: i64 = 1_000;

/// Clocks of audio and video that differ by more are told about.
const APART_MS: i64 = 10_000;

/// Where a clock of 24 bits wraps, and how near to it a step must begin and end.
const SHORT_WRAP: i64 = 1 << 24;
const NEAR_WRAP_MS: i64 = 60_000;

/// What became of a tag's time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Placed {
    /// The time in the recording.
    pub(super) at: i64,
    /// The clock jumped; the media time that is missing, if that can be told.
    pub(super) jump: Option<Jump>,
    /// First sign that the upper byte is never filled.
    pub(super) short_clock: bool,
    /// First sign that the tracks' clocks are far apart.
    pub(super) apart: bool,
    /// All tags of this track before had time 0 and mean nothing: they belong before everything else.
    pub(super) after_zeros: bool,
}

/// A jump of the sender's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Jump {
    /// Media time is missing.
    Forward(u64),
    /// The clock was set anew.
    Reset,
    /// A small step back; the clock goes on from there.
    Back,
}

/// How bytes of a new connection go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Joint {
    /// The clock is the same.
    Continues,
    /// What is sent at some time was sent before at that time plus this.
    Shifted(i64),
    /// The clock is another one.
    Reset,
    /// It goes on before what came last, in another segment: behind that, with room for both tracks.
    Back,
}

/// The recording's clock.
#[derive(Clone, Debug, Default)]
pub(super) struct Timeline {
    video: Clock,
    audio: Clock,
    /// The offset that was set last.
    offset: i64,
    /// How much time is left free before what comes next.
    room: i64,
    /// Where the open segment began.
    floor: Option<i64>,
    /// The track that came last.
    last: Option<Track>,
    short_clock: bool,
    apart: bool,
    /// The first times are right, also where they are 0.
    is_trusted: bool,
}

impl Timeline {
    /// Gives a tag its time.
    #[inline]
    pub(super) fn place(&mut self, track: Track, raw: u32) -> Placed {
        let sent = self.unwrap(track, raw);
        let mut placed = Placed::default();
        let (clock, other) = self.pair(track);
        placed.short_clock = clock.written.is_some() && sent.wrapping_sub(clock.sent) != signed_step(clock.raw, raw);
        if clock.stale || clock.written.is_none() {
            placed.jump = self.take_over(track, raw, sent, &mut placed);
        } else if !clock.is_natural(sent, other) {
            if clock.all_zero && track == Track::Audio {
                placed.after_zeros = true;
            } else {
                placed.jump = self.jump(track, sent);
            }
        }
        self.begin_behind_zero(track, raw, sent, &mut placed);
        self.note_short_clock(&mut placed);
        self.write(track, raw, sent, &mut placed);
        placed
    }

    /// The time as sent of a tag that is not placed yet, unwrapped.
    #[inline]
    pub(super) fn unwrap(&self, track: Track, raw: u32) -> i64 {
        let (clock, other) = self.pair(track);
        let clock = if clock.written.is_none() { other } else { clock };
        if clock.written.is_none() {
            return i64::from(raw.cast_signed());
        }
        let step = signed_step(clock.raw, raw);
        // A clock that wraps makes a longer one.
        if step.abs() < SHORT_WRAP / 2 {
            return clock.sent + step;
        }
        let short = i64::from(clock.raw) < SHORT_WRAP && i64::from(raw) < SHORT_WRAP;
        let wraps = i64::from(clock.raw) > SHORT_WRAP - NEAR_WRAP_MS && i64::from(raw) < NEAR_WRAP_MS;
        let unwraps = i64::from(raw) > SHORT_WRAP - NEAR_WRAP_MS && i64::from(clock.raw) < NEAR_WRAP_MS;
        let step = match () {
            () if short && wraps => step + SHORT_WRAP,
            () if short && unwraps && self.short_clock => step - SHORT_WRAP,
            () => step,
        };
        clock.sent + step
    }

    /// The latest time that was given.
    pub(super) fn now(&self) -> Option<i64> {
        self.video.written.max(self.audio.written)
    }

    /// Whether a time as sent lies in what was given to the track.
    #[inline]
    pub(super) fn has_written(&self, track: Track, sent: i64) -> bool {
        let (clock, _) = self.pair(track);
        !clock.stale && clock.written.is_some_and(|written| sent + clock.offset <= written)
    }

    /// Whether it lies so long before the end of that, that no sender's jitter explains it.
    pub(super) fn has_long_written(&self, track: Track, sent: i64) -> bool {
        self.has_written(track, sent.saturating_add(JUMP_MS))
    }

    /// How much later than expected a frame comes that is not placed yet, behind the last one or one that was sent at
    /// `end`; 0 if its distance is a natural one.
    pub(super) fn hole_ms(&self, track: Track, end: Option<i64>, sent: i64) -> u64 {
        let (clock, _) = self.pair(track);
        clock.hole_ms(track, end, sent)
    }

    /// Whether a frame that is not placed yet makes a step that would be a jump, but one that a slide show may make.
    #[inline]
    pub(super) fn may_be_slow(&self, track: Track, sent: i64) -> bool {
        let (clock, other) = self.pair(track);
        let step = sent - clock.sent;
        step > JUMP_MS
            && step <= LARGEST_FIRST_STEP_MS
            && clock.written.is_some()
            && !clock.stale
            && !clock.all_zero
            && !clock.is_natural(sent, other)
    }

    /// Whether such a frame, sent at the first time, is the first of a slower track, as the next one is sent at the
    /// second time.
    pub(super) fn is_as_slow(&self, track: Track, first: u32, second: u32) -> bool {
        let (clock, _) = self.pair(track);
        let first_step = self.unwrap(track, first) - clock.sent;
        let next_step = self.unwrap(track, second) - clock.sent - first_step;
        first_step <= next_step.saturating_mul(JUMP_SPACINGS)
    }

    /// The track is slower from this frame on, which is not placed yet.
    pub(super) fn slow_down(&mut self, track: Track, raw: u32) {
        let sent = self.unwrap(track, raw);
        let clock = self.clock(track);
        clock.spacing = Some((sent - clock.sent) * 16);
    }

    /// What is added to times as sent, by the track that jumped last.
    pub(super) fn offset(&self) -> i64 {
        self.offset
    }

    /// Where a tag belongs that is no frame and tells nothing of the clock: none before the first frame of its track.
    pub(super) fn beside(&self, track: Track, raw: u32) -> Option<i64> {
        let (clock, _) = self.pair(track);
        let written = clock.written?;
        let time = self.unwrap(track, raw) + clock.offset;
        Some(if (written..=written + JUMP_MS).contains(&time) { time } else { written })
    }

    /// The segment has begun at this time: a time of 0 means 0 from now on.
    pub(super) fn begun(&mut self, at: i64) {
        self.floor = Some(at);
        for clock in [&mut self.video, &mut self.audio] {
            clock.all_zero = false;
            clock.are_zeros = false;
        }
    }

    /// A new segment begins: a file that starts here has no memory of distances.
    pub(super) fn cut(&mut self) {
        self.floor = None;
        for clock in [&mut self.video, &mut self.audio] {
            clock.spacing = None;
            clock.jitter = 0;
            clock.other_written = None;
            clock.is_in_segment = false;
        }
    }

    /// A new connection goes on like this.
    pub(super) fn join(&mut self, joint: Joint) {
        self.apart &= matches!(joint, Joint::Shifted(_));
        match joint {
            Joint::Continues => {
                self.video.assume_spacing(Track::Video);
                self.audio.assume_spacing(Track::Audio);
            }
            Joint::Shifted(by) => {
                self.offset += by;
                for clock in [&mut self.video, &mut self.audio] {
                    clock.offset += by;
                    clock.other_offset += by;
                    clock.sent -= by;
                    clock.stale = false;
                }
                // The raw time stamps no longer follow from the unwrapped ones.
                self.rebase();
            }
            Joint::Reset | Joint::Back => {
                self.video.stale = true;
                self.audio.stale = true;
                self.room = if joint == Joint::Back { JUMP_MS } else { 0 };
            }
        }
    }

    /// Makes the raw times follow from the unwrapped ones again.
    fn rebase(&mut self) {
        let mask = if self.short_clock { 0x00ff_ffff } else { u32::MAX };
        for clock in [&mut self.video, &mut self.audio] {
            clock.raw = wrap(clock.sent) & mask;
        }
    }

    fn pair(&self, track: Track) -> (&Clock, &Clock) {
        match track {
            Track::Video => (&self.video, &self.audio),
            Track::Audio | Track::Script => (&self.audio, &self.video),
        }
    }

    /// The first tag of a track, or the first of it after the clock was set anew.
    fn take_over(&mut self, track: Track, raw: u32, sent: i64, placed: &mut Placed) -> Option<Jump> {
        if self.begin_apart(track, raw, sent, placed) {
            return None;
        }
        let (clock, other) = self.pair(track);
        if clock.stale && other.stale {
            let goes_on = clock.goes_on(track);
            let goes_on = clock.written.map(|_| goes_on);
            self.offset = self.now().max(goes_on).unwrap_or_default() + std::mem::take(&mut self.room) - sent;
        }
        let (clock, other) = self.pair(track);
        let mut jump = None;
        if clock.written.is_some() && !clock.fits(sent + self.offset, other) {
            self.offset = clock.goes_on(track) - sent;
        } else if self.floor.is_some_and(|floor| sent + self.offset < floor - LARGEST_LATE_MS) {
            self.offset = self.now().unwrap_or_default() - sent;
            jump = Some(Jump::Reset);
        }
        let offset = self.offset;
        let clock = self.clock(track);
        clock.offset = offset;
        clock.stale = false;
        jump
    }

    /// The track's time stamps jumped.
    fn jump(&mut self, track: Track, sent: i64) -> Option<Jump> {
        let (clock, other) = self.pair(track);
        let goes_on = clock.goes_on(track);
        let written = clock.written.unwrap_or_default();
        // Did the other track jump before, by as much?
        let taken_over = sent + self.offset;
        if clock.offset != self.offset && clock.fits(taken_over, other) {
            self.clock(track).offset = self.offset;
            return None;
        }
        let step = sent - clock.sent;
        // Where the other track leads, it is waited for, so that it need not step back when it takes over.
        let lead = other.written.filter(|_| other.is_in_segment).map_or(0, |other| other - goes_on);
        let goes_on = goes_on + lead.clamp(0, (JUMP_MS - (goes_on - written)).max(0));
        self.offset = goes_on - sent;
        let offset = self.offset;
        self.clock(track).offset = offset;
        let missing = step - (goes_on - written);
        Some(match u64::try_from(missing) {
            Ok(missing_ms) if missing <= LARGEST_GAP_MS => Jump::Forward(missing_ms),
            _ => Jump::Reset,
        })
    }

    /// Books the tag.
    #[inline]
    fn write(&mut self, track: Track, raw: u32, sent: i64, placed: &mut Placed) {
        let (clock, other) = self.pair(track);
        let (other_written, other_offset) = (other.written.filter(|_| other.is_in_segment), other.offset);
        let time = sent + clock.offset;
        let at = clock.written.filter(|_| !placed.after_zeros).map_or(time, |written| written.max(time));
        if time < at && (-JUMP_MS..0).contains(&(sent - clock.sent)) && placed.jump.is_none() {
            placed.jump = Some(Jump::Back);
        }
        let switched = self.last.is_some_and(|last| last != track);
        let apart = other.written.is_some_and(|other| (at - other).abs() > APART_MS);
        let all_zero = raw == 0 && !self.is_trusted && (clock.written.is_none() || clock.all_zero);
        if switched && apart && !self.apart && !all_zero && !other.all_zero {
            self.apart = true;
            placed.apart = true;
        }
        let clock = self.clock(track);
        let before = clock.written.filter(|_| clock.is_in_segment && !placed.after_zeros);
        if let Some(step) = before.map(|before| (at - before).min(LARGEST_FIRST_STEP_MS)).filter(|step| *step > 0) {
            // A running mean over some four frames. A longer step is a pause.
            let stray = clock.spacing.map_or(0, |spacing| step * 16 - spacing);
            clock.spacing = Some(clock.spacing.map_or(step * 16, |spacing| spacing + stray / 4));
            clock.jitter += (stray.abs() - clock.jitter) / 4;
        }
        clock.are_zeros = all_zero && clock.all_zero;
        clock.all_zero = all_zero;
        clock.raw = raw;
        clock.sent = sent;
        clock.other_written = other_written;
        clock.other_offset = other_offset;
        clock.written = Some(at);
        clock.is_in_segment = true;
        self.last = Some(track);
        placed.at = at;
    }

    fn note_short_clock(&mut self, placed: &mut Placed) {
        placed.short_clock &= !self.short_clock;
        self.short_clock |= placed.short_clock;
    }

    fn clock(&mut self, track: Track) -> &mut Clock {
        match track {
            Track::Video => &mut self.video,
            Track::Audio | Track::Script => &mut self.audio,
        }
    }
}

/// The step from one time stamp to another, whichever way round is shorter.
fn signed_step(from: u32, to: u32) -> i64 {
    i64::from(to.wrapping_sub(from).cast_signed())
}

/// The time stamp of a time.
fn wrap(time: i64) -> u32 {
    let [_, _, _, _, a, b, c, d] = time.to_be_bytes();
    u32::from_be_bytes([a, b, c, d])
}
