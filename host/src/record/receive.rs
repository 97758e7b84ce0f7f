//! One reception: from the request to the reason why the connection ended.
//!
//! The bytes of a connection stay on one task. What wakes it is the network, a tick every 200 ms, and the order to stop.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::FutureExt;
use tokio::time::Interval;

use super::again::{Again, Verdict};
use super::came::Came;
use super::flv::Engine;
use super::recording::Recording;
use super::sidecar::Gap;
use super::sniff::{Body, sniff};
use super::{Access, Progress, Stop};
use crate::disk::BATCH_AGE;
use crate::http::{Media, MediaFault, MediaRequest};
use crate::model::{Candidate, EndReason, Refusal, Transport};

/// First bytes of a body that go to the log when it is no media.
const SAMPLE: usize = 256;

/// Pieces that are taken before anything else is done, of a sender that sends as fast as they are.
const MOST_AT_ONCE: usize = 16;

/// Recordings do what they do by the time at such moments, an eighth of them at each, and the volume's writer is woken once
/// for those. Not all at once: what one of them has read would have left the processor's cache before it is written.
const PHASE: Duration = Duration::from_millis(25);

/// What the next wait has brought.
enum Wake {
    Chunk(Bytes),
    Tick,
    Stop,
    End(EndReason),
}

impl Recording {
    /// Connects and receives.
    pub(super) async fn run(
        &mut self,
        candidate: &Candidate,
        access: &Access,
        progress: &Progress,
        stop: &mut Stop,
    ) -> EndReason {
        if let Some(refusal) = unsupported(&candidate.transport) {
            return EndReason::Refused(refusal);
        }
        let request = request(candidate, access, self.plan.stall);
        let opened = tokio::select! {
            biased;
            () = stopped(stop) => return EndReason::Stopped,
            opened = self.hands.http.media(request) => opened,
        };
        let mut media = match opened {
            Ok(media) => media,
            Err(refusal) => return EndReason::Refused(refusal),
        };
        let settled = tokio::select! {
            biased;
            () = stopped(stop) => return EndReason::Stopped,
            settled = settle(&mut media, &candidate.transport) => settled,
        };
        let (body, first, end) = match settled {
            Ok(settled) => settled,
            Err(reason) => return reason,
        };
        // A copy: what it is cut from is memory for a whole read.
        self.link.sample = Bytes::copy_from_slice(first.get(..SAMPLE).unwrap_or(&first));
        let raw = match body {
            Body::Flv => None,
            Body::Raw(extension) => Some(extension),
            Body::Hls => return EndReason::Refused(hls()),
            Body::NotMedia(what) => {
                self.show_sample(&what);
                return EndReason::Refused(Refusal::NotMedia(what));
            }
        };
        // Whether it goes on, and what is missing then, shows only when it is no file that we have.
        self.link.again = self.link.ended.take().map(|(before, media)| Again::new(before, media));
        if self.link.again.is_none() {
            self.reconnected(raw.is_some()).await;
        }
        self.link.connected = self.hands.clock.passed();
        self.engine.came = raw.is_none().then(Came::default);
        self.pump(media, first, end, raw.as_deref(), progress, stop).await
    }

    /// Tells the engine that the bytes come from a new connection now, and how long none came.
    async fn reconnected(&mut self, raw: bool) {
        let now = self.hands.clock.passed();
        let Some(last) = self.link.last_byte.replace(now) else { return };
        if self.is_out() {
            // What is missing is named when the volume takes writes again.
            return;
        }
        if self.bytes() == 0 && !self.engine.holds_media() {
            // Whatever came before was no media: nothing is missing, and nothing goes on.
            self.engine = Engine::new(self.plan.repeats);
            self.early.clear();
            self.link.dark_ms = None;
            return;
        }
        let dark_ms = u64::try_from(now.saturating_sub(last).as_millis()).unwrap_or(u64::MAX);
        if raw {
            self.close_open("transport").await;
        }
        if self.engine.used && !raw {
            self.engine.reconnected(dark_ms);
            (self.link.dark_ms, self.link.is_cut) = (Some(dark_ms), false);
        } else {
            // What goes on is another file: no engine will tell.
            let cause = self.link.broken_by.to_owned();
            self.gap(Gap { cause, at_ms: 0, lost_ms: Some(dark_ms), offset: 0 });
        }
    }

    async fn pump(
        &mut self,
        mut media: Media,
        first: Bytes,
        mut end: Option<EndReason>,
        raw: Option<&str>,
        progress: &Progress,
        stop: &mut Stop,
    ) -> EndReason {
        let mut ticks = self.hands.clock.ticks(BATCH_AGE, PHASE);
        let mut wake = Wake::Chunk(first);
        loop {
            let done = match wake {
                Wake::Chunk(chunk) => self.hear(chunk, raw).await,
                Wake::Tick => {
                    media.tick();
                    match self.look(&mut media, raw).await {
                        Ok(last) => {
                            end = end.or(last);
                            self.tick(progress).await
                        }
                        Err(reason) => Err(reason),
                    }
                }
                Wake::Stop => self.look(&mut media, raw).await.and(Err(EndReason::Stopped)),
                // What is whole in the last bytes counts; a limit or a full disk is the better reason.
                Wake::End(reason) => self.end(&reason, raw).await.and(Err(reason)),
            };
            if let Err(reason) = done {
                return reason;
            }
            media.spent();
            wake = match end.take() {
                Some(reason) => Wake::End(reason),
                None => wait(&mut media, &mut ticks, stop).await,
            };
        }
    }

    /// Takes what has come where nobody is woken by it; gives why the connection ended, if it has.
    async fn look(&mut self, media: &mut Media, raw: Option<&str>) -> Result<Option<EndReason>, EndReason> {
        media.look();
        for _ in 0..MOST_AT_ONCE {
            match if media.rests() { next(media).now_or_never() } else { None } {
                Some(Wake::Chunk(chunk)) => self.hear(chunk, raw).await?,
                Some(Wake::End(reason)) => return Ok(Some(reason)),
                _ => break,
            }
            media.spent();
        }
        Ok(None)
    }

    /// Takes bytes, unless they may be those of the file that was received before.
    async fn hear(&mut self, chunk: Bytes, raw: Option<&str>) -> Result<(), EndReason> {
        self.link.print.take(&chunk);
        match &mut self.link.again {
            None => self.take(chunk, raw).await,
            Some(again) => {
                let verdict = again.take(&chunk);
                self.judge(verdict, raw).await
            }
        }
    }

    /// Acts on what a new body was found to be, beside the one before it.
    async fn judge(&mut self, verdict: Verdict, raw: Option<&str>) -> Result<(), EndReason> {
        let held = match verdict {
            Verdict::Open => return Ok(()),
            Verdict::Same => {
                tracing::info!(room = %self.room, "the same file is served again: it is recorded already");
                self.link.ended = self.link.again.take().map(Again::into_before);
                self.engine.came = None;
                return Err(EndReason::Finished);
            }
            Verdict::Other(held) => held,
        };
        self.link.again = None;
        self.reconnected(raw.is_some()).await;
        for chunk in held {
            self.take(chunk, raw).await?;
        }
        Ok(())
    }

    async fn take(&mut self, chunk: Bytes, raw: Option<&str>) -> Result<(), EndReason> {
        self.link.last_byte = Some(self.hands.clock.passed());
        match raw {
            None => self.take_flv(chunk).await,
            Some(extension) => self.take_raw(chunk, extension).await,
        }
    }

    async fn end(&mut self, reason: &EndReason, raw: Option<&str>) -> Result<(), EndReason> {
        if let Some(again) = &mut self.link.again {
            // Where it broke, nobody knows what would have come.
            let is_clean = matches!(reason, EndReason::Ended | EndReason::Finished);
            let verdict = if is_clean { again.end() } else { again.release() };
            self.judge(verdict, raw).await?;
        }
        if raw.is_none() { self.end_flv().await } else { Ok(()) }
    }

    /// What is done five times a second, however fast the bytes come.
    async fn tick(&mut self, progress: &Progress) -> Result<(), EndReason> {
        let now = self.hands.clock.passed();
        self.release_held(now).await?;
        if let Some(segment) = &mut self.segment
            && let Err(fault) = segment.work(now).await
        {
            self.rescue(fault).await?;
        }
        self.end_choke_if_over(now).await?;
        self.finish_if_low().await?;
        self.end_outage_if_proven(now);
        self.hear_cut();
        self.tell_repairs_if_due(now);
        self.tell_unusable_if_due(now);
        self.show(progress);
        Ok(())
    }
}

/// Waits for whatever comes first.
async fn wait(media: &mut Media, ticks: &mut Interval, stop: &mut Stop) -> Wake {
    tokio::select! {
        biased;
        () = stopped(stop) => Wake::Stop,
        _ = ticks.tick() => Wake::Tick,
        // Cancel-safe: a tick loses no bytes, and the body's stall limit goes on.
        next = next(media) => next,
    }
}

async fn next(media: &mut Media) -> Wake {
    match media.chunk().await {
        Ok(Some(chunk)) => Wake::Chunk(chunk),
        Ok(None) => Wake::End(ended(media)),
        Err(fault) => Wake::End(broken(&fault)),
    }
}

/// Reads until it is known what the body is. The reason is there when the body has ended already.
pub(super) async fn settle(
    media: &mut Media,
    transport: &Transport,
) -> Result<(Body, Bytes, Option<EndReason>), EndReason> {
    let mut first = BytesMut::new();
    let mut end = None;
    loop {
        let content_type = media.content_type();
        if (!first.is_empty() || end.is_some())
            && let Some(body) = sniff(&first, end.is_some(), content_type, transport)
        {
            return Ok((body, first.freeze(), end));
        }
        match media.chunk().await {
            Ok(Some(chunk)) if first.is_empty() => first = BytesMut::from(chunk),
            Ok(Some(chunk)) => first.extend_from_slice(&chunk),
            Ok(None) => end = Some(ended(media)),
            Err(fault) if first.is_empty() => return Err(broken(&fault)),
            Err(fault) => end = Some(broken(&fault)),
        }
    }
}

/// The body ended as HTTP means it.
fn ended(media: &Media) -> EndReason {
    // A promised length that was reached: a file, not a live stream.
    if media.content_length().is_some() { EndReason::Finished } else { EndReason::Ended }
}

pub(super) fn broken(fault: &MediaFault) -> EndReason {
    match fault {
        MediaFault::Stalled => EndReason::Stalled,
        other => EndReason::Broken(other.to_string()),
    }
}

/// The media request for a candidate.
pub(super) fn request(candidate: &Candidate, access: &Access, stall: Duration) -> MediaRequest {
    MediaRequest {
        url: candidate.url.clone(),
        headers: candidate.headers.clone(),
        user_headers: access.user_headers.clone(),
        room_host: access.room_host.clone(),
        overrides: access.overrides.clone(),
        stall,
    }
}

/// What needs no connection to be refused.
pub(super) fn unsupported(transport: &Transport) -> Option<Refusal> {
    match transport {
        Transport::Hls => Some(hls()),
        Transport::Other(name) => {
            Some(Refusal::Unsupported(format!("the transport `{name}`: this version does not know it")))
        }
        Transport::Flv | Transport::Raw(_) | Transport::Unknown => None,
    }
}

fn hls() -> Refusal {
    Refusal::Unsupported(String::from("HLS playlists: recorded by a later version"))
}

/// Returns when the recording must stop.
async fn stopped(stop: &mut Stop) {
    // The sender is gone: nobody could ever stop us.
    let _ = stop.wait_for(|stop| *stop).await;
}
