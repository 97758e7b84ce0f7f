//! A body that is written as it comes: MPEG-TS, MP4 and whatever else a candidate calls by its extension.

use std::time::Duration;

use bytes::Bytes;

use super::recording::Recording;
use crate::model::EndReason;

impl Recording {
    /// Takes bytes of the connection.
    pub(super) async fn take_raw(&mut self, chunk: Bytes, extension: &str) -> Result<(), EndReason> {
        if chunk.is_empty() {
            return Ok(());
        }
        let since = self.link.media_since.map_or(self.hands.clock.passed(), |(since, _)| since);
        let lasted = self.hands.clock.passed().saturating_sub(since);
        let bytes = self.bytes().saturating_add(u64::try_from(chunk.len()).unwrap_or(u64::MAX));
        // No times are known in it: the time that it has been coming stands for them.
        let media_ms = u128::from(self.closed_ms) + lasted.as_millis();
        let too_long = self.plan.max_duration.is_some_and(|limit| media_ms >= limit.as_millis().max(1));
        if too_long || self.plan.max_size.is_some_and(|limit| bytes > limit) {
            return Err(EndReason::Limit);
        }
        if self.segment.is_none() {
            self.open_segment(extension, None, "start").await?;
        }
        self.media_came();
        if self.is_choked() {
            return Ok(());
        }
        let Some(segment) = &mut self.segment else { return Err(self.no_file()) };
        segment.append_raw(chunk);
        // Callers take a duration of 0 for no media at all.
        segment.lasted(lasted.max(Duration::from_millis(1)));
        if segment.is_due()
            && let Err(fault) = segment.write().await
        {
            self.rescue(fault).await?;
        }
        Ok(())
    }
}
