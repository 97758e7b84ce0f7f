//! Programs beside ours: FFmpeg.

use std::path::Path;

use super::{Finding, Weight, finding};
use crate::ffmpeg;

/// Looks for it, and asks for its version.
pub(super) async fn examine(path: &Path) -> Finding {
    match ffmpeg::version(path).await {
        Ok(version) => {
            let place = ffmpeg::find(path).map_or(String::new(), |place| format!(", `{}`", place.display()));
            finding("ffmpeg", Weight::Fine, format!("{version}{place}"), None)
        }
        Err(why) => finding("ffmpeg", Weight::Note, why, Some("FLV needs none; install it to work on the files")),
    }
}
