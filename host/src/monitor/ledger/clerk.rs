//! The one who keeps the ledger: a task that hears what is said, does what is due, and takes in what came of it. It
//! waits for nothing but news.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::sync::oneshot;
use tracing::{error, info, warn};

use super::OnAir;
use super::errand::{self, Ended, PageKey};
use super::inbox::Inbox;
use super::lane::{Key, Lane};
use super::notice::{Fact, Moment, Report};
use super::page::{Page, moment};
use crate::clock::Clock;
use crate::event::Sink;
use crate::model::RoomKey;
use crate::store::{Store, StoreError};

mod ended;
mod turn;
mod words;

/// Pause before a database that does not work is written to again; it looks at its file no more often itself.
const DATABASE: Duration = Duration::from_secs(30);

/// Sessions that are over and settled, of which later messages may speak.
const RECENT: usize = 64;

/// A session of which somebody is told.
struct Session {
    /// None for one that only the database knows.
    about: Option<OnAir>,
    is_over: bool,
    rows: Rows,
}

/// What an earlier run has left of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rows {
    /// To be read.
    Unread { due: Moment, failures: u32 },
    /// Being read.
    Asked { failures: u32 },
    /// Known, or there cannot be any.
    Known,
}

pub(super) struct Clerk {
    inbox: Arc<Inbox>,
    store: Store,
    clock: Clock,
    events: Sink,
    /// The time of day when the clock showed `passed`: moments of a run are told by the clock that never jumps.
    began: (Moment, Duration),
    lanes: BTreeMap<Key, Lane>,
    sessions: BTreeMap<String, Session>,
    recent: VecDeque<OnAir>,
    rooms: HashMap<RoomKey, Option<Vec<String>>>,
    pages: BTreeMap<PageKey, Page>,
    under_way: FuturesUnordered<Pin<Box<dyn Future<Output = Ended> + Send>>>,
    /// Until when nothing is written, after the database has failed.
    database_rests: Option<Moment>,
    settling: Vec<oneshot::Sender<()>>,
    closing: Option<Vec<oneshot::Sender<()>>>,
    #[cfg(test)]
    quiet: Vec<oneshot::Sender<()>>,
}

impl Drop for Clerk {
    fn drop(&mut self) {
        // However the task ends: who waits for its answer must learn that none will come.
        self.inbox.close();
    }
}

impl Clerk {
    pub(super) fn new(inbox: Arc<Inbox>, store: Store, clock: Clock, events: Sink) -> Clerk {
        Clerk {
            began: (moment(clock.now()), clock.passed()),
            inbox,
            store,
            clock,
            events,
            lanes: BTreeMap::new(),
            sessions: BTreeMap::new(),
            recent: VecDeque::new(),
            rooms: HashMap::new(),
            pages: BTreeMap::new(),
            under_way: FuturesUnordered::new(),
            database_rests: None,
            settling: Vec::new(),
            closing: None,
            #[cfg(test)]
            quiet: Vec::new(),
        }
    }

    /// Keeps the ledger until it is closed.
    pub(super) async fn run(mut self) {
        let (inbox, clock) = (Arc::clone(&self.inbox), self.clock.clone());
        loop {
            self.hear();
            let wake = self.advance();
            self.answer(wake);
            if self.closing.is_some() && self.under_way.is_empty() {
                break;
            }
            let wake = wake.map(|at| at.saturating_sub(self.began.0).saturating_add(self.began.1));
            tokio::select! {
                Some(ended) = self.under_way.next(), if !self.under_way.is_empty() => self.ended(ended),
                () = inbox.news() => {}
                () = clock.sleep_until(wake.unwrap_or_default()), if wake.is_some() => {}
            }
        }
        let unsaved = self.pages.values().filter(|page| page.is_unsaved()).count();
        if unsaved > 0 {
            error!(notices = unsaved, "the database does not work: what is owed is forgotten with this run");
        }
        inbox.close();
        for closed in self.closing.take().into_iter().flatten() {
            // Whoever asked may have gone.
            let _ = closed.send(());
        }
    }

    fn now(&self) -> Moment {
        let passed = self.clock.passed().saturating_sub(self.began.1).as_millis();
        self.began.0.saturating_add(Duration::from_millis(u64::try_from(passed).unwrap_or(u64::MAX)))
    }

    /// Begins all that is due; when to look again.
    fn advance(&mut self) -> Option<Moment> {
        let now = self.now();
        self.pass_time(now);
        let mut wake = Wake::default();
        if self.closing.is_none() {
            self.read_rows(now, &mut wake);
        }
        let mut due = self.due_pages(now, &mut wake);
        let keys: Vec<Key> = self.lanes.keys().cloned().collect();
        for key in keys {
            let page = due.remove(&key);
            if let Some(errand) = self.errand(&key, page, now, &mut wake) {
                if let Some(lane) = self.lanes.get_mut(&key) {
                    lane.is_busy = true;
                }
                self.under_way.push(Box::pin(errand::run(errand, self.store.clone())));
            }
        }
        self.clear();
        wake.0
    }

    /// Tells the time to every notice that is not being called about.
    fn pass_time(&mut self, now: Moment) {
        for page in self.pages.values_mut() {
            let is_busy = self.lanes.get(&page.lane).is_some_and(|lane| lane.is_busy);
            if let Some(report) = (!is_busy).then(|| page.notice.hear(Fact::Woken, now)).flatten() {
                tell(page, report);
            }
        }
    }

    fn read_rows(&mut self, now: Moment, wake: &mut Wake) {
        for (id, session) in &mut self.sessions {
            match session.rows {
                Rows::Unread { due, failures } if due <= now => {
                    session.rows = Rows::Asked { failures };
                    self.under_way.push(Box::pin(errand::read(id.clone(), self.store.clone())));
                }
                Rows::Unread { due, .. } => wake.at(due),
                Rows::Asked { .. } | Rows::Known => {}
            }
        }
    }

    /// Forgets what is settled.
    fn clear(&mut self) {
        let rests = self.database_rests.is_some();
        // What the database never had it need not be told, when it does not work.
        let is_done = |page: &Page| page.notice.is_settled() && (!page.is_unsaved() || (rests && !page.has_row()));
        let over = self.sessions.iter().filter(|(_, session)| session.is_over && session.rows == Rows::Known);
        let over = over.filter(|(id, _)| self.pages_of(id).all(|(_, page)| is_done(page)));
        let over: Vec<String> = over.map(|(id, _)| id.clone()).collect();
        for id in over {
            let pages: Vec<PageKey> = self.pages_of(&id).map(|(key, _)| key.clone()).collect();
            for page in pages {
                self.pages.remove(&page);
            }
            let session = self.sessions.remove(&id);
            self.recent.extend(session.and_then(|session| session.about));
        }
        while self.recent.len() > RECENT {
            self.recent.pop_front();
        }
        let pages = &self.pages;
        let is_used = |key: &Key| pages.values().any(|page| page.lane == *key);
        self.lanes.retain(|key, lane| lane.is_current || lane.is_busy || is_used(key));
    }

    fn pages_of<'a>(&'a self, session: &'a str) -> impl Iterator<Item = (&'a PageKey, &'a Page)> {
        self.pages.range(first(session)..).take_while(move |(key, _)| key.0 == session)
    }

    /// Says how much is owed, and answers who waits for it to be nothing.
    fn answer(&mut self, _wake: Option<Moment>) {
        let notices = self.pages.values().filter(|page| page.notice.is_owed()).count();
        let posts: usize = self.lanes.values().map(|lane| lane.posts.len()).sum();
        let unread = self.sessions.values().filter(|session| session.rows != Rows::Known).count();
        let owed = notices + posts + unread;
        self.inbox.set_owed(owed);
        if owed == 0 && self.under_way.is_empty() {
            for settled in self.settling.drain(..) {
                // Whoever asked may have gone.
                let _ = settled.send(());
            }
        }
        #[cfg(test)]
        if self.under_way.is_empty() && _wake.is_none_or(|wake| wake > self.now()) {
            for quiet in self.quiet.drain(..) {
                let _ = quiet.send(());
            }
        }
    }

    fn database(&mut self, result: Result<(), &StoreError>, now: Moment) {
        match result {
            Ok(()) if self.database_rests.take().is_some() => info!("the database works again"),
            Ok(()) => {}
            Err(reason) => {
                if self.database_rests.is_none() {
                    warn!(%reason, "cannot note what is announced; after a crash it would not be taken back");
                }
                self.database_rests = Some(now.saturating_add(DATABASE));
            }
        }
    }
}

/// Where a session's pages begin.
fn first(session: &str) -> PageKey {
    (session.to_owned(), String::new())
}

/// The earliest of many moments.
#[derive(Default)]
struct Wake(Option<Moment>);

impl Wake {
    fn at(&mut self, at: Moment) {
        self.0 = Some(self.0.map_or(at, |first| first.min(at)));
    }

    fn maybe(&mut self, at: Option<Moment>) {
        if let Some(at) = at {
            self.at(at);
        }
    }
}

/// Tells a person what nobody will do any more.
fn tell(page: &Page, report: Report) {
    let (target_name, plugin, session, room) = (&page.lane.target, &page.lane.plugin, &page.session, page.room());
    match report {
        Report::Unknown => error!(
            target_name,
            plugin,
            session,
            "nobody knows whether the target was told: it is not told again, and nothing is taken back"
        ),
        Report::NeverTold => error!(target_name, plugin, session, room, "the target was not told, for a whole day"),
        Report::StillStands => {
            error!(
                target_name,
                plugin, session, room, "the announcement could not be taken back for a whole day: it stands"
            );
        }
    }
}
