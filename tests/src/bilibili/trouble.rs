//! What goes wrong, where, and for how long.

use std::time::Duration;

use super::endpoint::Endpoint;

/// One thing that goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Risk control: code -352 with its headers, no data.
    Risk,
    /// HTTP 412: this address is banned.
    Banned,
    /// HTTP 429 with `Retry-After` in seconds.
    TooMany(u32),
    /// This code with a message and no data, by HTTP 200.
    Code(i64, &'static str),
    /// This status with no body.
    Status(u16),
    /// HTTP 200 with a page for people.
    Page,
    /// HTTP 403 with a page for people.
    ForbiddenPage,
    /// HTTP 200, the right type, and bytes that mean nothing.
    Garbage,
    /// The head of an answer, then nothing.
    Silence,
    /// The connection closes without an answer; nothing was done.
    Dies,
    /// What was asked for is done, then the connection closes without an answer.
    DiesWhenDone,
    /// The right answer, so much later.
    Late(Duration),
    /// The first half of the right answer, as if it were all.
    BrokenJson,
    /// The right answer with its numbers as strings.
    TextNumbers,
    /// The right answer with `[]` for every object without a key, and for `data` that is null.
    EmptyLists,
}

/// A trouble with its place and its time.
#[derive(Clone, Debug)]
pub struct Plan {
    pub(super) trouble: Trouble,
    endpoints: Vec<Endpoint>,
    room: Option<u64>,
    host: Option<String>,
    times: Option<u64>,
    lasts: Option<Duration>,
    pub(super) ends: Option<Duration>,
}

impl Plan {
    /// Everywhere, until [`heal`](super::Bilibili::heal).
    pub fn new(trouble: Trouble) -> Self {
        Plan { trouble, endpoints: Vec::new(), room: None, host: None, times: None, lasts: None, ends: None }
    }

    /// At this call alone; more than once: at all of these.
    pub fn at(mut self, endpoint: Endpoint) -> Self {
        self.endpoints.push(endpoint);
        self
    }

    /// Only where this room is asked for, alone or among others, by its id or its streamer's.
    pub fn of_room(mut self, id: u64) -> Self {
        self.room = Some(id);
        self
    }

    /// Only at this host.
    pub fn at_host(mut self, host: &str) -> Self {
        self.host = Some(host.to_owned());
        self
    }

    /// So many times, then no more.
    pub fn times(mut self, times: u64) -> Self {
        self.times = Some(times);
        self
    }

    /// For so long from now on.
    pub fn lasts(mut self, lasts: Duration) -> Self {
        self.lasts = Some(lasts);
        self
    }

    pub(super) fn begins(mut self, now: Duration) -> Self {
        self.ends = self.lasts.map(|lasts| now + lasts);
        self
    }

    fn fits(&self, endpoint: Endpoint, host: &str, rooms: &[u64]) -> bool {
        (self.endpoints.is_empty() || self.endpoints.contains(&endpoint))
            && self.room.is_none_or(|room| rooms.contains(&room))
            && self.host.as_ref().is_none_or(|own| own == host)
    }
}

/// The troubles that meet a request, in the order in which they were planned; what is used up goes.
pub(super) fn met(plans: &mut Vec<Plan>, now: Duration, endpoint: Endpoint, host: &str, rooms: &[u64]) -> Vec<Trouble> {
    plans.retain(|plan| plan.ends.is_none_or(|ends| now < ends) && plan.times != Some(0));
    let mut met = Vec::new();
    for plan in plans.iter_mut().filter(|plan| plan.fits(endpoint, host, rooms)) {
        plan.times = plan.times.map(|times| times - 1);
        met.push(plan.trouble.clone());
    }
    met
}
