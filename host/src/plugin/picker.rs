//! A picker as the rest of the host calls it: questions and answers in the model's words.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tracing::{Instrument as _, error_span};

use super::bindings::picker::{PickerPlugin, PickerPluginPre};
use super::engine::Guests;
use super::error::CallError;
use super::imports::{Facts, Host, Network};
use super::instance;
use super::manifest::Manifest;
use super::probation::Mark;
use super::slot::Slot;
use super::version::Lease;
use super::words;
use crate::http::host::Overrides;
use crate::model::{Candidate, Failure, Room, Status, Wish, shown_id};

/// A picker, whichever build of it answers now. Clones name the same one.
#[derive(Clone)]
pub struct Picker {
    slot: Arc<Slot>,
}

impl std::fmt::Debug for Picker {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Picker({})", self.label())
    }
}

impl Picker {
    pub(super) fn new(slot: Arc<Slot>) -> Picker {
        Picker { slot }
    }

    /// The manifest of the build that answers now.
    pub fn manifest(&self) -> Arc<Manifest> {
        Arc::clone(&self.slot.current().anatomy.manifest)
    }

    /// `name@version` of the build that answers now.
    pub fn label(&self) -> String {
        self.manifest().label()
    }

    /// `[plugin.NAME] hosts`: they count for the media of its candidates, too.
    pub fn overrides(&self) -> Overrides {
        self.slot.current().overrides.clone()
    }

    /// HTTP requests that the plugin has made so far, all its calls together. It only grows.
    pub fn requests(&self) -> u64 {
        match &self.slot.current().facts.network {
            Network::Open(line) => line.made.load(Ordering::Relaxed),
            _ => 0,
        }
    }

    /// What a person wrote (URL or id) to the room's canonical id.
    ///
    /// # Errors
    /// No id; what the plugin said itself is [`CallError::Failure`].
    pub async fn resolve(&self, input: &str) -> Result<String, CallError> {
        let span = error_span!("resolve", plugin = self.label());
        async {
            let (_turn, lease) = self.slot.begin().await?;
            let answer = resolve(&self.slot.guests, lease.facts.clone(), pre(&lease)?, input.to_owned()).await;
            self.slot.hear(&lease, "resolve", &[said(&answer, None)]);
            answer
        }
        .instrument(span)
        .await
    }

    /// Is each of these rooms live? As many answers as rooms, in their order; at most the manifest's `batch` of them.
    ///
    /// # Errors
    /// No answer about any of them. None of these errors means "offline".
    pub async fn check(&self, rooms: Vec<Room>) -> Result<Vec<Result<Status, Failure>>, CallError> {
        if rooms.is_empty() {
            return Ok(Vec::new());
        }
        let room = rooms.first().filter(|_| rooms.len() == 1).map(|room| shown_id(&room.id));
        let span = error_span!("check", plugin = self.label(), room, rooms = rooms.len());
        async {
            let (_turn, lease) = self.slot.begin().await?;
            let (pre, facts) = (pre(&lease)?, lease.facts.clone());
            let ids: Vec<String> = rooms.iter().map(|room| room.id.clone()).collect();
            let answers = check(&self.slot.guests, facts, pre, rooms).await;
            self.slot.hear(&lease, "check", &said_of_each(&ids, &answers));
            answers
        }
        .instrument(span)
        .await
    }

    /// Ways to receive a live room, best first; none means that it is not live now.
    ///
    /// # Errors
    /// No answer. None of these errors means "offline".
    pub async fn streams(&self, room: Room, wish: Wish) -> Result<Vec<Candidate>, CallError> {
        let span = error_span!("streams", plugin = self.label(), room = shown_id(&room.id));
        async {
            let (_turn, lease) = self.slot.begin().await?;
            let (pre, facts, id) = (pre(&lease)?, lease.facts.clone(), room.id.clone());
            let answer = streams(&self.slot.guests, facts, pre, room, wish).await;
            self.slot.hear(&lease, "streams", &[said(&answer, Some(&id))]);
            answer
        }
        .instrument(span)
        .await
    }
}

/// `resolve` by one build; for its self-test, too.
pub(super) async fn resolve(
    guests: &Guests,
    facts: Facts,
    pre: PickerPluginPre<Host>,
    input: String,
) -> Result<String, CallError> {
    let (settings, wall) = (Arc::clone(&facts.settings), facts.limits.resolve);
    let answer = instance::call(guests, facts, wall, move |mut store| async move {
        let plugin: PickerPlugin = pre.instantiate_async(&mut store).await?;
        plugin.lyrebird_plugin_picker().call_resolve(&mut store, &input).await
    })
    .await?;
    words::id(answer.map_err(|said| CallError::Failure(words::failure(said, &settings)))?)
}

/// `check` by one build.
pub(super) async fn check(
    guests: &Guests,
    facts: Facts,
    pre: PickerPluginPre<Host>,
    rooms: Vec<Room>,
) -> Result<Vec<Result<Status, Failure>>, CallError> {
    let (settings, wall, asked) = (Arc::clone(&facts.settings), facts.limits.check, rooms.len());
    let rooms: Vec<_> = rooms.into_iter().map(words::room).collect();
    let answers = instance::call(guests, facts, wall, move |mut store| async move {
        let plugin: PickerPlugin = pre.instantiate_async(&mut store).await?;
        plugin.lyrebird_plugin_picker().call_check(&mut store, &rooms).await
    })
    .await?;
    if answers.len() != asked {
        return Err(CallError::WrongCount { asked, got: answers.len() });
    }
    let answers = answers.into_iter().map(|answer| match answer {
        Ok(status) => words::status(status, &settings).map(Ok),
        Err(failure) => Ok(Err(words::failure(failure, &settings))),
    });
    answers.collect()
}

/// `streams` by one build.
pub(super) async fn streams(
    guests: &Guests,
    facts: Facts,
    pre: PickerPluginPre<Host>,
    room: Room,
    wish: Wish,
) -> Result<Vec<Candidate>, CallError> {
    let (settings, wall) = (Arc::clone(&facts.settings), facts.limits.streams);
    let (room, wish) = (words::room(room), words::wish(wish));
    let answer = instance::call(guests, facts, wall, move |mut store| async move {
        let plugin: PickerPlugin = pre.instantiate_async(&mut store).await?;
        plugin.lyrebird_plugin_picker().call_streams(&mut store, &room, &wish).await
    })
    .await?;
    words::candidates(answer.map_err(|said| CallError::Failure(words::failure(said, &settings)))?)
}

/// What the answer to a question about one room says of the build.
pub(super) fn said<T>(answer: &Result<T, CallError>, room: Option<&str>) -> Mark {
    match answer {
        Ok(_) => Mark::Answer(room.map(str::to_owned)),
        Err(CallError::Failure(failure)) => said_by(failure, room),
        Err(error) if error.is_strike() => Mark::Strike(error.reason()),
        Err(_) => Mark::Nothing,
    }
}

/// A failure of the platform's is an answer that makes sense, but for those that may be the network's or nobody's.
fn said_by(failure: &Failure, room: Option<&str>) -> Mark {
    match failure {
        Failure::UnexpectedAnswer(_) => match room {
            Some(room) => Mark::Unread(room.to_owned(), failure.to_string()),
            None => Mark::Nothing,
        },
        _ => Mark::Nothing,
    }
}

/// The same for each room of a batch. One that gave nothing as a whole is asked again in halves: only what a single
/// room's call gives counts.
fn said_of_each(ids: &[String], answers: &Result<Vec<Result<Status, Failure>>, CallError>) -> Vec<Mark> {
    match (answers, ids) {
        (Ok(answers), _) => {
            let each = ids.iter().zip(answers).map(|(id, answer)| match answer {
                Ok(_) => Mark::Answer(Some(id.clone())),
                Err(failure) => said_by(failure, Some(id)),
            });
            each.collect()
        }
        (Err(CallError::Failure(failure)), ids) => ids.iter().map(|id| said_by(failure, Some(id))).collect(),
        (Err(_), [id]) => vec![said(answers, Some(id))],
        (Err(_), _) => vec![Mark::Nothing],
    }
}

fn pre(lease: &Lease) -> Result<PickerPluginPre<Host>, CallError> {
    lease.picker.clone().ok_or_else(|| CallError::HostBug(String::from("the plugin is no picker")))
}
