//! What a room hears and what it orders: plain data.

use std::time::Duration;

use crate::model::{Broadcast, EndReason};

/// What does not change while a room is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Liveness shows only in the media itself: a check's *live* is a guess.
    pub by_media: bool,
    /// The room is done after its first session with media.
    pub once: bool,
    /// Nobody answers for it any more: it is done as soon as it is dark.
    pub last: bool,
    /// Time between two checks.
    pub interval: Duration,
    /// How long the room may seem dark before its session is over.
    pub grace: Duration,
}

/// A session that an earlier run left open: its notices stand, its files are whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// What was known of the broadcast.
    pub broadcast: Broadcast,
    /// How long nobody has watched it.
    pub unwatched: Duration,
}

/// What becomes of the session when the room is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leave {
    /// It stays open for the next run: files are whole, nothing is retracted.
    Keep,
    /// It is over.
    Over,
}

/// What the picker said, boiled down to what decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// On air.
    Live(Broadcast),
    /// Old material in a loop, which somebody wishes for.
    Replay(Broadcast),
    /// Definitely not on air.
    Dark,
    /// Not on air yet; in how long, where the platform tells.
    Upcoming(Option<Duration>),
    /// No answer. Never read as dark.
    Trouble(Trouble),
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Will not change: the room is given up, with this exit code.
    Permanent(u8),
    /// Login or wall: somebody has to act.
    Wall,
    /// The platform wants rest, so long where it says.
    RateLimited(Option<Duration>),
    /// Passes.
    Passing,
}

/// What the room hears.
#[derive(Clone, Debug)]
pub enum Fact {
    /// The time of the last [`Order::WakeAt`] has come; also the very first fact.
    Woken,
    /// The answer to [`Order::Check`].
    Checked(Verdict),
    /// The answer to [`Order::AskStreams`].
    Offered(Offer),
    /// The first media of this session has come.
    Media,
    /// The reception is over.
    Ended {
        /// Why.
        reason: EndReason,
        /// None where it gave no media; else how long it lasted: in media or by the clock, whichever is less, so that a
        /// sender that gives hours in a burst is not taken for a stream that works.
        lasted: Option<Duration>,
    },
    /// A person wants to know now whether the room is live.
    CheckNow,
    /// Another build of the picker answers from now on: what has failed may go well.
    Replaced,
    /// Somebody wants the room left.
    Stop(Leave),
}

/// What the picker offers.
#[derive(Clone, Debug)]
pub enum Offer {
    /// A way to receive, already chosen.
    Way,
    /// None: not live.
    Nothing,
    /// Some, but none that can be recorded or is wished for.
    NothingUsable,
    /// No answer, as the platform rests or by what passes; but the way that worked last may be tried again.
    LastWay,
    /// No answer.
    Trouble(Trouble),
}

/// What the room orders. At most one question and one reception are under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// Ask the picker whether the room is live.
    Check,
    /// Ask it for ways to receive.
    AskStreams,
    /// Connect to the way that was just chosen.
    Receive,
    /// A session begins.
    OpenSession(Broadcast),
    /// The session that an earlier run left open goes on.
    TakeUp(Broadcast),
    /// Another title, category or cover for the session that runs.
    Update(Broadcast),
    /// The reception that runs belongs to a broadcast that is over: end it. `Ended` follows.
    EndReception,
    /// The session is over, and why.
    CloseSession(&'static str),
    /// The session is left as it is for the next run.
    KeepSession,
    /// Say `Woken` at this time. Replaces what was ordered for later before.
    WakeAt(Duration),
    /// Ask whether the room is live at about this time, in one call with others; `Checked` follows. Replaces what was
    /// ordered for later before.
    LookAt(Duration),
    /// The room is done.
    Done(Outcome),
}

/// The end of a room that nobody answers for: the plugin failed, as exit codes have it.
pub const NO_PLUGIN: Outcome = Outcome::GaveUp(5);

/// How a room's watch ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All that was asked for is recorded.
    Recorded,
    /// Given up; the exit code says why.
    GaveUp(u8),
    /// Somebody asked for it.
    Stopped,
}
