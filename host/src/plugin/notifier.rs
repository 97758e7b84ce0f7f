//! A notifier as the rest of the host calls it: notices and receipts in the model's words.

use std::collections::BTreeMap;
use std::sync::Arc;

use tracing::{Instrument as _, error_span};

use super::access;
use super::bindings::notifier::exports::lyrebird::plugin::notifier as wit;
use super::bindings::notifier::{NotifierPlugin, NotifierPluginPre};
use super::engine::Guests;
use super::error::CallError;
use super::imports::{Facts, Host, Network, Posts};
use super::instance;
use super::manifest::Manifest;
use super::picker::said;
use super::settings::Settings;
use super::slot::Slot;
use super::version::Lease;
use super::words;
use crate::config::Text;
use crate::model::{Broadcast, Pair, Room};

/// Bytes of a receipt: an id, or a few.
const RECEIPT: usize = 4 << 10;

/// Something to tell, as a notifier gets it.
#[derive(Clone, Debug)]
pub struct Notice {
    /// Unique; the same for every try.
    pub id: String,
    /// Seconds since the Unix epoch.
    pub time: u32,
    /// The event's type, `session_started`.
    pub kind: String,
    /// The platform concerned.
    pub platform: Option<String>,
    /// The room concerned.
    pub room: Option<Room>,
    /// The session concerned.
    pub session: Option<String>,
    /// The broadcast concerned.
    pub broadcast: Option<Broadcast>,
    /// The message for people.
    pub text: String,
    /// Facts of this kind of event.
    pub facts: Vec<Pair>,
}

/// A notifier, whichever build of it answers now. Clones name the same one.
#[derive(Clone)]
pub struct Notifier {
    slot: Arc<Slot>,
}

/// Why no notifier of a name can be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoNotifier {
    /// It is being compiled, and can be asked when that is done.
    NotYet,
    /// There is none: one sentence for people.
    None(String),
}

/// An announcement that did not come through, as far as the host knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnnounceError {
    /// Why.
    pub error: CallError,
    /// Somebody may have been told all the same: the request went out, and its answer was lost or not understood. Such
    /// an announcement must not be made again; [`Notifier::find`] may know it.
    pub doubt: bool,
}

/// What is asked of a notifier.
pub(super) enum Question {
    Announce(wit::Event),
    Find(wit::Event),
    Retract(wit::Event, String),
}

impl Question {
    /// The function that answers it.
    fn export(&self) -> &'static str {
        match self {
            Question::Announce(_) => "announce",
            Question::Find(_) => "find",
            Question::Retract(..) => "retract",
        }
    }
}

impl Notifier {
    pub(super) fn new(slot: Arc<Slot>) -> Notifier {
        Notifier { slot }
    }

    /// The manifest of the build that answers now.
    pub fn manifest(&self) -> Arc<Manifest> {
        Arc::clone(&self.slot.current().anatomy.manifest)
    }

    /// Tells somebody. `target` has the target's own settings, laid over the plugin's. A receipt, if there is one.
    ///
    /// # Errors
    /// Nobody was told, or nobody knows: see [`AnnounceError::doubt`].
    pub async fn announce(
        &self,
        target: &BTreeMap<String, Text>,
        notice: Notice,
    ) -> Result<Option<String>, AnnounceError> {
        let posts = Posts::default();
        let answer = self.ask(target, Question::Announce(event(notice)), Some(posts.clone())).await;
        answer.map_err(|error| AnnounceError { doubt: posts.leave_doubt(&error), error })
    }

    /// Looks for an announcement that was made without the host learning of it.
    ///
    /// # Errors
    /// It is not known whether there is one.
    pub async fn find(&self, target: &BTreeMap<String, Text>, notice: Notice) -> Result<Option<String>, CallError> {
        self.ask(target, Question::Find(event(notice)), None).await
    }

    /// Takes back, or marks as over, what the receipt names.
    ///
    /// # Errors
    /// It may still stand.
    pub async fn retract(
        &self,
        target: &BTreeMap<String, Text>,
        notice: Notice,
        receipt: String,
    ) -> Result<(), CallError> {
        self.ask(target, Question::Retract(event(notice), receipt), None).await.map(|_| ())
    }

    async fn ask(
        &self,
        target: &BTreeMap<String, Text>,
        question: Question,
        posts: Option<Posts>,
    ) -> Result<Option<String>, CallError> {
        let span = error_span!("notify", plugin = self.manifest().label());
        async {
            let (_turn, lease) = self.slot.begin().await?;
            let (pre, facts) = (pre(&lease)?, Facts { posts, ..facts(&lease, target)? });
            let export = question.export();
            let answer = put(&self.slot.guests, facts, pre, question).await;
            self.slot.hear(&lease, export, &[said(&answer, None)]);
            answer
        }
        .instrument(span)
        .await
    }
}

/// One question to one build: the receipt, where there is one.
pub(super) async fn put(
    guests: &Guests,
    facts: Facts,
    pre: NotifierPluginPre<Host>,
    question: Question,
) -> Result<Option<String>, CallError> {
    let (settings, wall) = (Arc::clone(&facts.settings), facts.limits.notifier);
    let answer = instance::call(guests, facts, wall, move |mut store| async move {
        let plugin: NotifierPlugin = pre.instantiate_async(&mut store).await?;
        let notifier = plugin.lyrebird_plugin_notifier();
        match question {
            Question::Announce(event) => notifier.call_announce(&mut store, &event).await,
            Question::Find(event) => notifier.call_find(&mut store, &event).await,
            Question::Retract(event, receipt) => {
                let answer = notifier.call_retract(&mut store, &event, &receipt).await?;
                Ok(answer.map(|()| None))
            }
        }
    })
    .await?;
    let receipt = answer.map_err(|said| CallError::Failure(words::failure(said, &settings)))?;
    match receipt.as_ref().map_or(0, String::len) > RECEIPT {
        true => Err(CallError::BadAnswer(format!("a receipt of more than {RECEIPT} bytes"))),
        false => Ok(receipt),
    }
}

/// The call's facts, with the target's settings and what they permit.
fn facts(lease: &Lease, target: &BTreeMap<String, Text>) -> Result<Facts, CallError> {
    let mut facts = lease.facts.clone();
    if target.is_empty() {
        return Ok(facts);
    }
    let wrong = |why: String| CallError::BadTarget(why);
    let settings = Settings::of(&lease.anatomy.manifest, &[&lease.table, target]).map_err(wrong)?;
    if let Network::Open(line) = &mut facts.network {
        let grant = access::grant(&lease.anatomy.manifest, &settings, &line.grant).map_err(wrong)?;
        line.grant = Arc::new(grant);
    }
    facts.settings = Arc::new(settings);
    Ok(facts)
}

fn pre(lease: &Lease) -> Result<NotifierPluginPre<Host>, CallError> {
    lease.notifier.clone().ok_or_else(|| CallError::HostBug(String::from("the plugin is no notifier")))
}

/// In the contract's words.
pub(super) fn event(notice: Notice) -> wit::Event {
    wit::Event {
        id: notice.id,
        time: notice.time,
        kind: notice.kind,
        platform: notice.platform,
        room: notice.room.map(words::room),
        session: notice.session,
        broadcast: notice.broadcast.map(words::broadcast_out),
        text: notice.text,
        facts: notice.facts,
    }
}

#[cfg(test)]
pub(super) mod tests;
