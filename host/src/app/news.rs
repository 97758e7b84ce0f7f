//! Fans facts out. For now to the log: one line an event, at the level that it deserves.

use tokio::sync::mpsc::Receiver;
use tracing::{debug, info, warn};

use crate::event::{Event, Kind};

/// Tells every event until the last sender is gone.
pub async fn tell(mut queue: Receiver<Event>) {
    while let Some(event) = queue.recv().await {
        let Event { id, kind, platform, room, session, data, .. } = event;
        let platform = platform.unwrap_or_default();
        let room = room.unwrap_or_default();
        let session = session.unwrap_or_default();
        match kind {
            Kind::Gap | Kind::PluginRefused | Kind::PluginRolledBack | Kind::DiskLow | Kind::LoginExpired => {
                warn!(event = kind.word(), %platform, %room, %session, %data, %id);
            }
            Kind::SegmentOpened | Kind::SegmentClosed | Kind::PluginReplaced | Kind::DiskOk => {
                info!(event = kind.word(), %platform, %room, %session, %data, %id);
            }
            _ => debug!(event = kind.word(), %platform, %room, %session, %data, %id),
        }
    }
}
