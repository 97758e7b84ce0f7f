//! The trait of a notifier. How it becomes a component's exports is the business of `export`.

use crate::{Event, Failure};

/// A plugin that announces what happened and takes it back.
///
/// There is no `self`: every call starts in a fresh instance, and the host keeps the receipts.
pub trait Notifier {
    /// Tells somebody. A receipt, if there is one, is given back to [`Notifier::retract`].
    fn announce(event: &Event) -> Result<Option<String>, Failure>;

    /// Looks for an announcement of this event that was made without the host learning of it: its receipt, or none
    /// where there is none or the service cannot be asked. Must not announce.
    fn find(_event: &Event) -> Result<Option<String>, Failure> {
        Ok(None)
    }

    /// Takes back, or marks as over, what the receipt names. What is no longer there counts as taken back.
    fn retract(event: &Event, receipt: &str) -> Result<(), Failure>;
}
