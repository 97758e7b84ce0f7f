//! A test's own corner of the file system, below cargo's target directory: output, data, config. Kept when the test
//! fails.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::program::{self, Finished, Run};

/// Longest run of a command that does not wait for a stream.
const COMMAND_LIMIT: Duration = Duration::from_secs(30);

/// A config for tests: everything that is long in real life is short. And the clips, which come in a loop, are not
/// taken for a sender that repeats itself.
pub const HURRY: &str = r#"
[output]
min_free = "1MiB"
repeats = "keep"
[check]
interval = "1s"
jitter = 0.0
grace = "4s"
rate = "50/s"
[http]
stall = "2s"
[plugin.direct]
interval = "1s"
"#;

/// The file in an output folder by which the program knows its volume again.
pub const VOLUME_MARK: &str = ".lyrebird.volume";

/// A directory of one test.
#[derive(Debug)]
pub struct Place {
    root: PathBuf,
}

impl Place {
    /// An empty one; the name is the test's, and no other place's though two tests give the same one.
    pub fn new(name: &str) -> Self {
        static PLACES: AtomicU32 = AtomicU32::new(0);
        let number = PLACES.fetch_add(1, Ordering::Relaxed);
        let root = scratch().join(format!("{name}-{}-{number}", std::process::id()));
        fs::remove_dir_all(&root).ok();
        fs::create_dir_all(root.join("recordings")).unwrap();
        fs::create_dir_all(root.join("home")).unwrap();
        Place { root }
    }

    /// One that shares what it compiles: see [`Place::share_compiled`].
    pub fn quick(name: &str) -> Self {
        let place = Place::new(name);
        place.share_compiled();
        place
    }

    /// One that stays where it is told, for people to look at afterwards; what an earlier run left there goes.
    pub fn at(root: &Path) -> Self {
        fs::remove_dir_all(root).ok();
        fs::create_dir_all(root.join("home")).unwrap();
        Place { root: root.to_path_buf() }
    }

    /// The directory.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where recordings go.
    pub fn out(&self) -> PathBuf {
        self.root.join("recordings")
    }

    /// Where the program keeps its own things.
    pub fn data(&self) -> PathBuf {
        self.root.join("data")
    }

    /// From now on what the program compiles here lies in one folder with what it compiles in other tests: each of them
    /// would spend seconds on the same plugins. For `run` it is so; tests that look at the data directory go without.
    pub fn share_compiled(&self) {
        let (compiled, shared) = (self.data().join("compiled"), scratch().join("compiled"));
        if compiled.symlink_metadata().is_err() {
            fs::create_dir_all(self.data()).unwrap();
            fs::create_dir_all(&shared).unwrap();
            std::os::unix::fs::symlink(&shared, &compiled).unwrap();
        }
    }

    /// A file of the test itself.
    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    /// The program with this place as its home, its data directory, and the built plugins.
    pub fn lyrebird<S: AsRef<str>>(&self, arguments: &[S]) -> Command {
        self.lyrebird_with(&program::plugins(), arguments)
    }

    /// The same with other plugins.
    pub fn lyrebird_with<S: AsRef<str>>(&self, plugins: &Path, arguments: &[S]) -> Command {
        if arguments.first().is_some_and(|first| first.as_ref() == "run") {
            self.share_compiled();
        }
        let mut command = Command::new(program::binary());
        command.env_clear().current_dir(&self.root);
        for kept in ["PATH", "LANG", "TZ", "TMPDIR"] {
            command.envs(env::var_os(kept).map(|value| (kept, value)));
        }
        command.env("HOME", self.root.join("home")).env("NO_COLOR", "1").env("RUST_BACKTRACE", "1");
        command.arg("--data").arg(self.data()).arg("--plugins").arg(plugins);
        command.args(arguments.iter().map(AsRef::as_ref));
        command
    }

    /// Runs a command that ends by itself.
    pub fn run<S: AsRef<str>>(&self, arguments: &[S]) -> Finished {
        Run::start(self.lyrebird(arguments), None).finish(COMMAND_LIMIT)
    }

    /// `plugin check` of a component, with these words behind it.
    pub fn check_plugin(&self, component: &Path, more: &[&str]) -> Finished {
        let mut command = self.lyrebird::<&str>(&["plugin", "check"]);
        command.arg(component).args(more);
        Run::start(command, None).finish(COMMAND_LIMIT)
    }

    /// `record URL` into this place's output folder with the config for tests, plus more arguments.
    pub fn record<S: AsRef<str>>(&self, url: &str, more: &[S]) -> Run {
        Run::start(self.record_command(url, more), None)
    }

    /// The command of [`Place::record`].
    pub fn record_command<S: AsRef<str>>(&self, url: &str, more: &[S]) -> Command {
        let config = self.root.join("lyrebird.toml");
        if !config.exists() {
            self.write("lyrebird.toml", HURRY);
        }
        let mut command = self.lyrebird::<&str>(&[]);
        command.arg("record").arg(url).arg("-c").arg(config).arg("-o").arg(self.out());
        command.args(more.iter().map(AsRef::as_ref));
        command
    }

    /// Replaces the config that [`Place::record`] uses.
    pub fn configure(&self, text: &str) {
        self.write("lyrebird.toml", text);
    }

    /// The sidecar of a recording.
    pub fn sidecar(&self, recording: &Path) -> serde_json::Value {
        let path = recording.with_extension("json");
        let bytes = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        serde_json::from_slice(&bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// All files below the output folder, as paths relative to it, in order.
    pub fn files(&self) -> Vec<String> {
        let mut found = Vec::new();
        collect(&self.out(), &self.out(), &mut found);
        found.sort();
        found
    }

    /// The finished recordings, whole paths, in the order of their names.
    pub fn recordings(&self) -> Vec<PathBuf> {
        recordings_below(&self.out())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("the files of this test are kept in {}", self.root.display());
        } else if self.root.starts_with(scratch()) {
            fs::remove_dir_all(&self.root).ok();
        }
    }
}

/// `name` in its percent-encoded form, for the query of a URL.
pub fn percent(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// Every `.flv` below a folder. Names of one recording's segments (`x.flv`, `x_2.flv`) come in the order of the cuts.
pub fn recordings_below(folder: &Path) -> Vec<PathBuf> {
    let mut names = Vec::new();
    collect(folder, folder, &mut names);
    names.retain(|name| name.ends_with(".flv"));
    names.sort_by_key(|name| {
        let stem = name.trim_end_matches(".flv").to_owned();
        let numbered = stem.rsplit_once('_').and_then(|(stem, number)| Some((stem.to_owned(), number.parse().ok()?)));
        numbered.unwrap_or((stem, 1_u32))
    });
    names.iter().map(|name| folder.join(name)).collect()
}

/// Waits until something is so.
#[track_caller]
pub fn wait_until(what: &str, limit: Duration, mut so: impl FnMut() -> bool) {
    let deadline = Instant::now() + limit;
    while !so() {
        assert!(Instant::now() < deadline, "waited {limit:?} in vain until {what}");
        thread::sleep(Duration::from_millis(10));
    }
}

fn collect(root: &Path, folder: &Path, found: &mut Vec<String>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(root, &path, found);
        } else {
            found.push(path.strip_prefix(root).unwrap().to_string_lossy().into_owned());
        }
    }
}

/// `target/tmp`, found from where this very program was built to.
pub fn scratch() -> PathBuf {
    let own = env::current_exe().unwrap();
    let target =
        own.ancestors().find(|folder| folder.file_name().is_some_and(|name| name == "debug" || name == "release"));
    target.and_then(Path::parent).map_or_else(env::temp_dir, |target| target.join("tmp"))
}
