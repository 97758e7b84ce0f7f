//! Which question comes next: streams, then ids and first checks, then other checks, the oldest due first.

use std::time::Duration;

use super::{Ask, CALLS, Call, FOLLOWS, GATHER, Kind, OTHERS, Plan, Purse, Step, Ticket};
use crate::monitor::desk::Due;

/// The question that heads the next call.
#[derive(Clone, Copy, Debug)]
enum Head {
    Resolve(Ticket),
    First(Ticket),
    Part,
    Regular(Ticket),
}

impl Plan {
    /// What to do now; to be asked again until it says [`Step::Wait`]. `dice` is any number, evenly spread.
    pub(in super::super) fn next(&mut self, now: Duration, dice: u16) -> Step {
        if let Some(until) = self.rests.kept(now).map(|rest| rest.until) {
            return self.in_a_rest(until, now);
        }
        // After a rest the platform is asked one thing at a time: a queue let loose would earn the next rest at once.
        let (most, most_others) = if self.rests.is_probing() { (2, 1) } else { (CALLS, OTHERS) };
        let under_way = self.streams + self.others;
        let mut wake = None;
        if let Some(ticket) = self.oldest(|ask| ask == Ask::Streams)
            && under_way < most
        {
            match self.budget.when(Purse::Streams, now) {
                at if at <= now => return self.call(Kind::Streams, &[ticket], now),
                at => wake = Some(at),
            }
        }
        if self.others < most_others && under_way < most {
            let affordable = self.budget.when(Purse::Common, now);
            match self.head(now) {
                Some((at, head)) if at <= now && affordable <= now => return self.other(head, now, dice),
                Some((at, _)) => {
                    let at = at.max(affordable);
                    wake = Some(wake.map_or(at, |wake: Duration| wake.min(at)));
                }
                None => {}
            }
        }
        Step::Wait(wake)
    }

    /// Checks wait; who wants streams has a broken recording and is told at once, so that it can help itself.
    fn in_a_rest(&mut self, until: Duration, now: Duration) -> Step {
        let Some(ticket) = self.oldest(|ask| ask == Ask::Streams) else { return Step::Wait(Some(until)) };
        if self.streams + self.others == 0 && self.rests.may_probe(now) && self.budget.when(Purse::Streams, now) <= now
        {
            self.rests.probed(now);
            return self.call(Kind::Streams, &[ticket], now);
        }
        self.waiting.remove(&ticket);
        Step::Refuse(ticket, until.saturating_sub(now))
    }

    fn oldest(&self, wanted: impl Fn(Ask) -> bool) -> Option<Ticket> {
        self.waiting.iter().find(|(_, waiting)| wanted(waiting.ask)).map(|(ticket, _)| *ticket)
    }

    /// The first question in the order of the desk that may be asked now; else the one that may be asked soonest.
    fn head(&self, now: Duration) -> Option<(Duration, Head)> {
        let resolve = self.oldest(|ask| ask == Ask::Resolve).map(|ticket| (now, Head::Resolve(ticket)));
        let part = self.parts.front().map(|_| (now, Head::Part));
        let heads = [resolve, self.first(now), part, self.regular(now)];
        let mut heads = heads.into_iter().flatten();
        let mut soonest = heads.next()?;
        for head in heads {
            if soonest.0 > now && head.0 < soonest.0 {
                soonest = head;
            }
        }
        Some(soonest)
    }

    fn first(&self, now: Duration) -> Option<(Duration, Head)> {
        let mut firsts = self.waiting.iter().filter(|(_, waiting)| waiting.ask == Ask::Check(Due::Now));
        let (ticket, oldest) = firsts.next()?;
        let fills_a_call = 1 + firsts.count() >= self.terms.batch;
        let at = if fills_a_call { now } else { oldest.since + GATHER };
        Some((at, Head::First(*ticket)))
    }

    /// The regular check that has been due longest, and when it is asked: the jitter is the whole call's.
    fn regular(&self, now: Duration) -> Option<(Duration, Head)> {
        let (due, ticket) = self.regulars().min()?;
        Some((self.moved(due).max(now), Head::Regular(ticket)))
    }

    fn regulars(&self) -> impl Iterator<Item = (Duration, Ticket)> {
        self.waiting.iter().filter_map(|(ticket, waiting)| match waiting.ask {
            Ask::Check(Due::At(due)) => Some((due, *ticket)),
            _ => None,
        })
    }

    fn moved(&self, due: Duration) -> Duration {
        let by = self.terms.interval.mul_f64(self.swing.abs());
        if self.swing < 0.0 { due.saturating_sub(by) } else { due.saturating_add(by) }
    }

    fn other(&mut self, head: Head, now: Duration, dice: u16) -> Step {
        match head {
            Head::Resolve(ticket) => self.call(Kind::Resolve, &[ticket], now),
            Head::First(ticket) => {
                let tickets = self.gather(ticket, now);
                self.call(Kind::Check, &tickets, now)
            }
            Head::Regular(ticket) => {
                if let Some(Ask::Check(Due::At(due))) = self.waiting.get(&ticket).map(|waiting| waiting.ask) {
                    // What a rest held up is not the budget's doing.
                    let planned = self.moved(due).max(self.rests.over());
                    let late_s = now.saturating_sub(planned).as_secs_f64();
                    self.late_s += (late_s - self.late_s) * FOLLOWS;
                }
                let tickets = self.gather(ticket, now);
                self.swing = swing(self.terms.jitter, dice);
                self.call(Kind::Check, &tickets, now)
            }
            Head::Part => match self.parts.pop_front() {
                Some(part) => self.begin(Kind::Check, part.rooms, Some(part.failed), now),
                None => Step::Wait(None),
            },
        }
    }

    /// Who comes along in the head's call: first checks, then all that is due within half an interval.
    fn gather(&self, head: Ticket, now: Duration) -> Vec<Ticket> {
        let is_apart =
            |ticket: &Ticket| self.waiting.get(ticket).is_some_and(|waiting| self.apart.contains(&waiting.room));
        if is_apart(&head) {
            return vec![head];
        }
        let firsts = self.waiting.iter().filter(|(_, waiting)| waiting.ask == Ask::Check(Due::Now));
        let firsts = firsts.map(|(ticket, _)| *ticket);
        let soon = now.saturating_add(self.terms.interval / 2);
        let mut regulars: Vec<_> = self.regulars().filter(|(due, _)| *due <= soon).collect();
        regulars.sort_unstable();
        let others = firsts.chain(regulars.into_iter().map(|(_, ticket)| ticket));
        let others = others.filter(|ticket| *ticket != head && !is_apart(ticket));
        std::iter::once(head).chain(others).take(self.terms.batch.max(1)).collect()
    }

    fn call(&mut self, kind: Kind, tickets: &[Ticket], now: Duration) -> Step {
        let rooms = tickets.iter().filter_map(|ticket| Some((*ticket, self.waiting.remove(ticket)?.room))).collect();
        self.begin(kind, rooms, None, now)
    }

    fn begin(&mut self, kind: Kind, rooms: Vec<(Ticket, String)>, part_of: Option<Duration>, now: Duration) -> Step {
        let call = Call { kind, rooms, started: now, part_of };
        self.budget.pay(call.purse());
        self.calls = self.calls.saturating_add(1);
        match kind {
            Kind::Streams => self.streams += 1,
            Kind::Resolve | Kind::Check => self.others += 1,
        }
        Step::Call(call)
    }
}

/// By how much of the interval a call is moved, -`share` to `share`.
fn swing(share: f64, dice: u16) -> f64 {
    // More than half an interval early, rooms would be asked twice in one.
    share.clamp(0.0, 0.5) * (f64::from(dice) / f64::from(u16::MAX) * 2.0 - 1.0)
}
