//! What a fresh machine lacks: installed where we may, else asked for, else named in one sentence.

use std::io::{self, BufRead, IsTerminal, Write};
use std::path::Path;
use std::process::Command;

use crate::shell::{Outcome, Stop, has, output_of, run, say};

/// Plugins are components of this target.
pub(crate) const WASM: &str = "wasm32-wasip2";

/// The target that plugins are built for.
pub(crate) fn wasm_target() -> Outcome {
    let sysroot = output_of(Command::new("rustc").args(["--print", "sysroot"]).current_dir(crate::shell::root()))?;
    if Path::new(sysroot.trim()).join("lib/rustlib").join(WASM).is_dir() {
        return Ok(());
    }
    say(format!("the target {WASM} is missing, plugins are built for it: rustup target add {WASM}"));
    let added = run(Command::new("rustup").args(["target", "add", WASM]).current_dir(crate::shell::root()));
    added.map_err(|_| {
        Stop::because(format!(
            "plugins need the Rust target {WASM}: run `rustup target add {WASM}` where there is a network \
             (without rustup: the package of your system that brings this target)"
        ))
    })
}

/// The compiler that SQLite and the TLS library are built with.
pub(crate) fn c_compiler() -> Outcome {
    let compiler = std::env::var_os("CC").unwrap_or_else(|| "cc".into());
    if has(compiler.clone(), "--version") {
        return Ok(());
    }
    Err(Stop::because(format!(
        "a C compiler is needed (SQLite and the TLS library are built from source) and `{}` does not start: \
         install one, on Debian by `apt-get install gcc libc6-dev`",
        compiler.to_string_lossy()
    )))
}

/// FFmpeg with ffprobe: the tests record what it encodes and look at the files with it.
pub(crate) fn ffmpeg() -> Outcome {
    if has("ffmpeg", "-version") && has("ffprobe", "-version") {
        return Ok(());
    }
    let Some(way) = way_to_install("ffmpeg") else {
        return Err(Stop::because("the tests need FFmpeg (`ffmpeg` and `ffprobe` in PATH): install it and try again"));
    };
    if way.asks && !agreed(&way.line)? {
        return Err(Stop::because(format!("the tests need FFmpeg: run `{}`", way.line)));
    }
    say(format!("FFmpeg is missing, the tests need it: {}", way.line));
    let installed = run(Command::new("sh").args(["-c", &way.line]).env("DEBIAN_FRONTEND", "noninteractive"));
    if installed.is_ok() && has("ffmpeg", "-version") && has("ffprobe", "-version") {
        return Ok(());
    }
    Err(Stop::because(format!("the tests need FFmpeg and installing it failed: run `{}`", way.line)))
}

/// Programs by which rows of the fault matrix make their faults: the word that makes each tell its version, and Debian's
/// package.
const FAULTS: [(&str, &str, &str); 5] = [
    ("strace", "-V", "strace"),
    ("mkfs.ext4", "-V", "e2fsprogs"),
    ("mkfs.xfs", "-V", "xfsprogs"),
    ("ip", "-V", "iproute2"),
    ("nft", "--version", "nftables"),
];

/// What the fault matrix takes. Nobody is asked and nothing fails: without them the tests skip those rows and say so, and
/// only root could run them.
pub(crate) fn faults() {
    let missing: Vec<&str> =
        FAULTS.iter().filter(|(program, word, _)| !has(*program, word)).map(|(_, _, package)| *package).collect();
    let Some(way) = way_to_install(&missing.join(" ")).filter(|way| !missing.is_empty() && !way.asks) else { return };
    say(format!("the fault matrix is tested with them: {}", way.line));
    if run(Command::new("sh").args(["-c", &way.line]).env("DEBIAN_FRONTEND", "noninteractive")).is_err() {
        say("installing them failed: some rows will be skipped");
    }
}

struct Way {
    line: String,
    /// Whether a person has to agree first: only root on a Debian-like system has already said yes by being there.
    asks: bool,
}

fn way_to_install(package: &str) -> Option<Way> {
    let root = is_root();
    if has("apt-get", "--version") {
        let sudo = if root { "" } else { "sudo " };
        let line = format!("{sudo}apt-get update && {sudo}apt-get install -y --no-install-recommends {package}");
        return Some(Way { line, asks: !root });
    }
    let managers = [
        ("dnf", "sudo dnf install -y"),
        ("pacman", "sudo pacman -S --noconfirm"),
        ("zypper", "sudo zypper install -y"),
        ("apk", "sudo apk add"),
        ("brew", "brew install"),
    ];
    let (_, command) = managers.iter().find(|(program, _)| has(*program, "--version"))?;
    Some(Way { line: format!("{command} {package}"), asks: true })
}

/// Asks at a terminal; without one the answer is no.
fn agreed(line: &str) -> Outcome<bool> {
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Ok(false);
    }
    eprint!("==> FFmpeg is missing, the tests need it. Run `{line}`? [Y/n] ");
    io::stderr().flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "" | "y" | "yes"))
}

fn is_root() -> bool {
    #[cfg(unix)]
    if let Ok(about) = std::fs::metadata("/proc/self") {
        return std::os::unix::fs::MetadataExt::uid(&about) == 0;
    }
    false
}
