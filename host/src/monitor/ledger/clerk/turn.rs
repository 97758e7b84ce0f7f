//! Whose turn it is: for each lane the next errand.

use std::collections::BTreeMap;

use super::{Clerk, Wake, tell};
use crate::monitor::ledger::errand::{Call, Errand, PageKey};
use crate::monitor::ledger::lane::{Key, Lane, Way};
use crate::monitor::ledger::notice::{Fact, Moment, Notice, Order, Trouble};
use crate::monitor::ledger::page::Page;
use crate::plugin::NoNotifier;
use crate::store::NoticeRow;

/// What comes first on a lane.
pub(super) enum Due {
    /// A row to write.
    Row(PageKey),
    /// A call to make.
    Call(PageKey),
}

impl Clerk {
    /// For each lane the notice that comes first: one that is to be written, else the one that is due longest.
    pub(super) fn due_pages(&self, now: Moment, wake: &mut Wake) -> BTreeMap<Key, Due> {
        let mut first: BTreeMap<&Key, (bool, Moment, &PageKey)> = BTreeMap::new();
        let writes = self.database_rests.is_none_or(|until| until <= now);
        for (key, page) in &self.pages {
            let is_unsaved = page.is_unsaved();
            if is_unsaved && !writes {
                wake.maybe(self.database_rests);
            }
            let due = match page.notice.order(now) {
                _ if is_unsaved && writes => (false, Moment::ZERO, key),
                Order::Announce | Order::Find | Order::Retract(_) => (true, page.notice.due, key),
                Order::Wait(until) => {
                    wake.at(until);
                    continue;
                }
                Order::Rest => continue,
            };
            first.entry(&page.lane).and_modify(|first| *first = (*first).min(due)).or_insert(due);
        }
        let due =
            |is_call: bool, page: &PageKey| if is_call { Due::Call(page.clone()) } else { Due::Row(page.clone()) };
        first.into_iter().map(|(lane, (is_call, _, page))| (lane.clone(), due(is_call, page))).collect()
    }

    /// What a lane does next.
    pub(super) fn errand(&mut self, key: &Key, due: Option<Due>, now: Moment, wake: &mut Wake) -> Option<Errand> {
        let way = self.way(key);
        let lane = self.lanes.get_mut(key).filter(|lane| !lane.is_busy)?;
        let lane_key = key.clone();
        if let Some(Due::Row(page_key)) = due {
            let page = self.pages.get(&page_key)?;
            let row = Some((page.row(), page.notice.clone()));
            return Some(Errand { lane: lane_key, page: Some(page_key), row, call: None });
        }
        if self.closing.is_some() {
            return None;
        }
        let way = match way {
            // All of it is told when the notifier is there, and then the targets are given anew.
            Err(NoNotifier::NotYet) => return None,
            Err(NoNotifier::None(reason)) => Err(reason),
            Ok(way) => Ok(way),
        };
        if now < lane.rest_until {
            if due.is_some() || lane.posts.len() > 0 {
                wake.at(lane.rest_until);
            }
            return None;
        }
        if let Some(Due::Call(page_key)) = due {
            let page = self.pages.get_mut(&page_key)?;
            return match begin(page, lane, way, now) {
                Ok((row, call)) => Some(Errand { lane: lane_key, page: Some(page_key), row, call: Some(call) }),
                Err(until) => {
                    wake.at(until);
                    None
                }
            };
        }
        let post_due = lane.posts.due(key, now)?;
        if post_due > now {
            wake.at(post_due);
            return None;
        }
        match way {
            Ok(way) => {
                let post = lane.posts.next()?;
                Some(Errand { lane: lane_key, page: None, row: None, call: Some((way, Call::Post(post))) })
            }
            Err(reason) => {
                // Its notices wait for the target; what else happens is no news by the time that it can be called.
                lane.failed(key, "announce", &reason);
                lane.posts = Default::default();
                None
            }
        }
    }

    /// How a target is called: by its own place; where that is gone, by another target's notifier of the same name.
    fn way(&self, key: &Key) -> Result<Way, NoNotifier> {
        let own = self.lanes.get(key).and_then(|lane| lane.place.as_ref());
        if let Some(own) = own {
            return Way::to(own, true);
        }
        let mut others = self.lanes.iter().filter(|(other, lane)| other.plugin == key.plugin && lane.is_current);
        let way = others.find_map(|(_, lane)| {
            let way = Way::to(lane.place.as_ref()?, false);
            (!matches!(way, Err(NoNotifier::None(_)))).then_some(way)
        });
        way.unwrap_or_else(|| {
            let plugin = &key.plugin;
            Err(NoNotifier::None(format!("the target is no longer configured, and no other one uses `{plugin}`")))
        })
    }
}

/// A row and the notice that it stands for.
type Row = Option<(NoticeRow, Notice)>;

/// Begins the call that a notice orders, with the row that is written before it. Without a way to call that is a
/// failure, and this is when to look again.
fn begin(
    page: &mut Page,
    lane: &mut Lane,
    way: Result<Way, String>,
    now: Moment,
) -> Result<(Row, (Way, Call)), Moment> {
    let order = page.notice.order(now);
    let way = match way {
        Ok(way) => way,
        Err(reason) => {
            lane.failed(&page.lane, "call", &reason);
            let fact = match order {
                Order::Announce => Fact::Refused(Trouble::Wall),
                Order::Find => Fact::NotLooked(Trouble::Wall),
                _ => Fact::Stands(Trouble::Wall),
            };
            if let Some(report) = page.notice.hear(fact, now) {
                tell(page, report);
            }
            // At once: others may be due, and what has changed is to be written.
            return Err(now);
        }
    };
    let said = page.said.clone();
    match order {
        Order::Announce => {
            page.notice.hear(Fact::Begun, now);
            Ok((Some((page.row(), page.notice.clone())), (way, Call::Announce(said))))
        }
        Order::Find => Ok((None, (way, Call::Find(said)))),
        Order::Retract(receipt) => Ok((None, (way, Call::Retract(said, receipt)))),
        Order::Rest | Order::Wait(_) => Err(page.notice.due),
    }
}
