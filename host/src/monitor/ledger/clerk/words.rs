//! What the clerk is told.

use std::sync::Arc;

use tracing::warn;

use super::{Clerk, Rows, Session, first, tell};
use crate::event::{Event, Kind};
use crate::model::RoomKey;
use crate::monitor::ledger::inbox::Word;
use crate::monitor::ledger::lane::Key;
use crate::monitor::ledger::notice::Fact;
use crate::monitor::ledger::page::{Page, Said};
use crate::monitor::ledger::{OnAir, Place};

impl Clerk {
    /// Hears all that was said.
    pub(super) fn hear(&mut self) {
        let (words, dropped) = self.inbox.take();
        if dropped > 0 {
            warn!(events = dropped, "too much happened at once: not every target is told of all of it");
        }
        for word in words {
            self.word(word);
        }
    }

    fn word(&mut self, word: Word) {
        match word {
            Word::OnAir(on_air) => self.on_air(*on_air),
            Word::Update(session, broadcast) => {
                let session = self.sessions.get_mut(&session);
                if let Some(about) = session.and_then(|session| session.about.as_mut()) {
                    about.broadcast = *broadcast;
                }
            }
            Word::Over(session) => self.over(&session),
            Word::Event(event) => self.event(&event),
            Word::Room(room, targets) => drop(self.rooms.insert(shown(&room), targets)),
            Word::Places(places) => self.places(places),
            Word::Settle(answer) => self.settling.push(answer),
            Word::Close(answer) => self.closing.get_or_insert_default().extend(answer),
            #[cfg(test)]
            Word::Quiet(answer) => self.quiet.push(answer),
        }
    }

    fn on_air(&mut self, on_air: OnAir) {
        self.rooms.insert(shown(&on_air.key), on_air.targets.clone());
        let rows = match on_air.taken_up {
            true => Rows::Unread { due: self.now(), failures: 0 },
            false => Rows::Known,
        };
        let id = on_air.session.clone();
        let session = self.sessions.entry(id.clone()).or_insert(Session { about: None, is_over: false, rows });
        session.about = Some(on_air);
        self.announce(&id);
    }

    /// Sees to it that every target that wants to know of a session has a notice of it.
    pub(super) fn announce(&mut self, id: &str) {
        let now = self.now();
        let Some(Session { about: Some(about), is_over: false, rows: Rows::Known }) = self.sessions.get(id) else {
            return;
        };
        for (key, lane) in self.lanes.iter_mut().filter(|(_, lane)| lane.is_current) {
            let page = (id.to_owned(), key.target.clone());
            let Some(place) = &lane.place else { continue };
            let is_meant = about.targets.as_ref().is_none_or(|targets| targets.contains(&key.target));
            if !is_meant || !place.on.contains(&Kind::SessionStarted) || self.pages.contains_key(&page) {
                continue;
            }
            let (said, wrong) = Said::beginning(about, place);
            self.pages.insert(page, Page::new(id, place, said, now));
            lane.template(key, wrong);
        }
    }

    fn over(&mut self, id: &str) {
        let now = self.now();
        let unknown = Session { about: None, is_over: true, rows: Rows::Unread { due: now, failures: 0 } };
        self.sessions.entry(id.to_owned()).or_insert(unknown).is_over = true;
        self.end_notices(id);
    }

    /// The session is over: its notices hear it.
    pub(super) fn end_notices(&mut self, id: &str) {
        let now = self.now();
        for (_, page) in self.pages.range_mut(first(id)..).take_while(|(key, _)| key.0 == id) {
            if let Some(report) = page.notice.hear(Fact::Over, now) {
                tell(page, report);
            }
        }
    }

    fn event(&mut self, event: &Event) {
        let now = self.now();
        let session = event.session.as_ref();
        let running = session.and_then(|id| self.sessions.get(id)).and_then(|session| session.about.as_ref());
        let recent = || self.recent.iter().find(|about| Some(&about.session) == session);
        let about = running.or_else(recent);
        let room = event.platform.clone().zip(event.room.clone());
        let room = room.map(|(platform, id)| RoomKey { platform, id });
        let targets = match about {
            Some(about) => about.targets.as_ref(),
            None => room.and_then(|room| self.rooms.get(&room)).and_then(Option::as_ref),
        };
        for (key, lane) in self.lanes.iter_mut().filter(|(_, lane)| lane.is_current) {
            let Some(place) = &lane.place else { continue };
            let is_meant = targets.is_none_or(|targets| targets.contains(&key.target));
            if is_meant && place.on.contains(&event.kind) {
                let (said, wrong) = Said::event(event, now, about, place);
                lane.posts.push(key, said, now);
                lane.template(key, wrong);
            }
        }
    }

    fn places(&mut self, places: Vec<Place>) {
        let now = self.now();
        for lane in self.lanes.values_mut() {
            lane.is_current = false;
        }
        for place in places {
            let key = Key { target: place.name.clone(), plugin: place.plugin.clone() };
            self.lanes.entry(key).or_default().renew(Arc::new(place));
        }
        for lane in self.lanes.values_mut().filter(|lane| !lane.is_current) {
            lane.posts = Default::default();
        }
        for page in self.pages.values_mut() {
            let is_current = self.lanes.get(&page.lane).is_some_and(|lane| lane.is_current);
            page.notice.hear(if is_current { Fact::Renewed } else { Fact::Dropped }, now);
        }
        let sessions: Vec<String> = self.sessions.keys().cloned().collect();
        for session in sessions {
            self.announce(&session);
        }
    }
}

/// The room as events name it.
fn shown(room: &RoomKey) -> RoomKey {
    RoomKey { platform: room.platform.clone(), id: room.shown_id() }
}
