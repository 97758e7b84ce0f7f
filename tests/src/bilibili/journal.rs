//! Remembers what was asked, what was answered, and what should not have been asked.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::ask::Ask;
use super::endpoint::Endpoint;

/// Requests that are kept whole; of older ones there remain the counts. A soak asks for days.
const MOST_KEPT: usize = 20_000;
/// Violations that are kept: the first ones tell it all.
const MOST_VIOLATIONS: usize = 1_000;

/// One request and its answer.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Since the platform's start.
    pub at: Duration,
    /// Which call.
    pub endpoint: Endpoint,
    /// `GET`.
    pub method: String,
    /// The original host, without a port.
    pub host: String,
    /// Path and query as they came.
    pub target: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// What came behind the head.
    pub body: String,
    /// The status that was answered; 0 for no answer at all.
    pub status: u16,
    /// The answer's `code`, where it was JSON of the platform's kind.
    pub code: Option<i64>,
}

impl Asked {
    /// The value of a header, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// All that is remembered.
#[derive(Debug, Default)]
pub(super) struct Journal {
    asked: VecDeque<Asked>,
    counts: BTreeMap<Endpoint, u64>,
    violations: Vec<String>,
}

impl Journal {
    pub(super) fn note(&mut self, asked: Asked) {
        *self.counts.entry(asked.endpoint).or_default() += 1;
        if self.asked.len() == MOST_KEPT {
            self.asked.pop_front();
        }
        self.asked.push_back(asked);
    }

    pub(super) fn violation(&mut self, at: Duration, ask: &Ask, what: &str) {
        if self.violations.len() < MOST_VIOLATIONS {
            let place = format!("{} {}{}", ask.method, ask.host, ask.target());
            self.violations.push(format!("{what} (at {:.3} s: {place})", at.as_secs_f64()));
        }
    }

    pub(super) fn asked(&self) -> Vec<Asked> {
        self.asked.iter().cloned().collect()
    }

    pub(super) fn count(&self, endpoint: Endpoint) -> u64 {
        self.counts.get(&endpoint).copied().unwrap_or(0)
    }

    pub(super) fn violations(&self) -> Vec<String> {
        self.violations.clone()
    }

    /// The most requests to these endpoints in any stretch of this length, of those that are kept.
    pub(super) fn densest(&self, endpoints: &[Endpoint], window: Duration) -> usize {
        let times: Vec<Duration> =
            self.asked.iter().filter(|asked| endpoints.contains(&asked.endpoint)).map(|asked| asked.at).collect();
        let counts = times.iter().enumerate().map(|(index, from)| {
            let within = times[index..].iter().take_while(|at| at.saturating_sub(*from) < window);
            within.count()
        });
        counts.max().unwrap_or(0)
    }
}
