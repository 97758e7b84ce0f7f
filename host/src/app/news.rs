//! Fans facts out. For now to the log alone, where whoever saw a fact has told people of it already: so at `debug`.

use tokio::sync::mpsc::Receiver;
use tracing::debug;

use crate::event::Event;

/// Tells every event until the last sender is gone.
pub(super) async fn tell(mut queue: Receiver<Event>) {
    while let Some(event) = queue.recv().await {
        let Event { id, kind, platform, room, session, data, .. } = event;
        let (platform, room) = (platform.unwrap_or_default(), room.unwrap_or_default());
        debug!(event = kind.word(), platform, room, session = session.unwrap_or_default(), %data, id, "event");
    }
}
