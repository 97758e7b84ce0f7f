//! From what the user wrote to a room: the picker that takes it, and the picker's own id for it.

use crate::app::House;
use crate::model::{Failure, Pair, Room, RoomKey};
use crate::plugin::{CallError, Live, PickError, Picker};

/// A room that a picker has taken.
#[derive(Clone)]
pub struct Entry {
    /// Whom to ask about it.
    pub picker: Picker,
    /// As the picker knows it.
    pub room: Room,
    /// Its name.
    pub key: RoomKey,
}

/// Why there is no room.
#[derive(Debug)]
pub enum EntryError {
    /// No picker takes it, or two do.
    Pick(PickError),
    /// The picker did not tell the room's id.
    Call(CallError),
}

impl House {
    /// The picker that takes `input`, by its manifest or by the user's word. Waits until it is loaded.
    pub async fn picker(&self, input: &str, by_name: Option<&str>) -> Result<Picker, PickError> {
        self.registry.pick(input, by_name).await
    }

    /// The same for whoever cannot wait.
    pub fn picker_now(&self, input: &str, by_name: Option<&str>) -> Result<Picker, PickError> {
        self.registry.pick_now(input, by_name)
    }

    /// Finds the room's id. `resolve` asks the picker for it, and is begun only where that is needed: the store
    /// remembers what a build of a picker said, so that a start with many rooms asks nothing twice. A picker that needs
    /// no network to answer is always asked, as its inputs are media URLs, which may be signed and have no place in a
    /// database.
    pub async fn enter(
        &self,
        picker: &Picker,
        input: &str,
        options: &[Pair],
        resolve: impl Future<Output = Result<String, CallError>>,
    ) -> Result<Entry, CallError> {
        let manifest = picker.manifest();
        let build = manifest.label();
        let remembered = match manifest.live {
            Live::ByMedia => None,
            Live::ByCheck => Box::pin(self.store.resolved(&build, input)).await,
        };
        let id = match remembered {
            Some(id) => id,
            None => {
                let id = resolve.await?;
                if manifest.live == Live::ByCheck {
                    Box::pin(self.store.note_resolved(&build, input, &id)).await;
                }
                id
            }
        };
        let key = RoomKey { platform: manifest.platform.clone(), id: id.clone() };
        let room = Room { id, input: input.to_owned(), options: options.to_vec() };
        Ok(Entry { picker: picker.clone(), room, key })
    }
}

/// Whether asking again can change the answer.
pub fn is_permanent(error: &CallError) -> bool {
    matches!(error, CallError::Failure(Failure::InvalidRoom(_) | Failure::Gone(_)))
}
