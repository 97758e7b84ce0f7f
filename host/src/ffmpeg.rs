//! FFmpeg as a child process. For now the host only asks whether it is there.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

/// A program that prints its version takes milliseconds; one that hangs must not hang us.
const VERSION_LIMIT: Duration = Duration::from_secs(5);

/// The version that `path -version` names, or why it could not be asked.
pub async fn version(path: &Path) -> Result<String, String> {
    let mut command = tokio::process::Command::new(path);
    command.arg("-version").env_clear().stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    if let Some(search) = std::env::var_os("PATH") {
        command.env("PATH", search);
    }
    let output = match tokio::time::timeout(VERSION_LIMIT, command.output()).await {
        Err(_) => return Err(format!("`{}` did not answer within {} s", path.display(), VERSION_LIMIT.as_secs())),
        Ok(Err(error)) => return Err(format!("cannot run `{}`: {error}", path.display())),
        Ok(Ok(output)) => output,
    };
    let text = String::from_utf8_lossy(&output.stdout);
    let mut words = text.split_whitespace();
    match (words.next(), words.next(), words.next()) {
        (Some("ffmpeg"), Some("version"), Some(version)) => Ok(version.to_owned()),
        _ => Err(format!("`{}` does not answer as FFmpeg does", path.display())),
    }
}

/// Where the program is: a name without a slash is looked up in `PATH`, as [`version`] finds it.
pub fn find(path: &Path) -> Option<PathBuf> {
    if path.components().count() > 1 {
        return path.exists().then(|| path.to_owned());
    }
    let search = std::env::var_os("PATH")?;
    std::env::split_paths(&search).map(|folder| folder.join(path)).find(|place| place.is_file())
}
