//! What the story plays on: a folder to look at afterwards, a platform on this machine, and the program.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use lyrebird_tests::bilibili::Bilibili;
use lyrebird_tests::build::shelf;
use lyrebird_tests::encoder;
use lyrebird_tests::place::{Place, recordings_below};
use lyrebird_tests::program::{Run, Signal};

use crate::scenes::Room;

/// Longest wait for anything that has to happen; a loaded machine is slow, but not that slow.
const LIMIT: Duration = Duration::from_secs(60);
/// How much of a log tells why something failed.
const LOG_LINES: usize = 20;

/// What is as in real life but for its times. Real life has 30 s between checks and 60 s of grace.
const CONFIG: &str = r#"[[room]]
url = "https://live.bilibili.com/22637261"

[[room]]
url = "https://live.bilibili.com/7734200"

[[notify]]
name = "fans"
plugin = "bilibili-dynamic"
template = "{{ streamer }} is live: {{ title }} {{ room_url }}"

[output]
dir = "recordings"
min_free = "64MiB"

# Short times, so that the story fits into two minutes.
[check]
interval = "1s"
jitter = 0.0
grace = "6s"
rate = "20/s"

[plugin.bilibili]
interval = "1s"

[plugin.bilibili-dynamic]
cookie = { file = "cookie.txt" }

# The platform of this demo is on this machine."#;

/// All that the picker could ask for; the notifier asks the first one alone.
const PICKED: [&str; 4] = ["*.bilibili.com", "*.bilivideo.com", "*.bilivideo.cn", "*.hdslb.com"];

/// The folder, the platform, the program.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) platform: Bilibili,
    pub(crate) place: Place,
    /// Whether FFmpeg encodes; else clips play.
    pub(crate) has_encoder: bool,
    /// Plugins of its own.
    plugins: PathBuf,
    run: Option<Run>,
    logs: Vec<String>,
}

impl Stage {
    /// Builds everything up; the program does not run yet.
    pub(crate) fn build() -> anyhow::Result<Self> {
        let (platform, place) = (Bilibili::start(), Place::at(&folder()?));
        let has_encoder = encoder::is_there();
        let mut config = CONFIG.to_owned();
        for (plugin, hosts) in [("bilibili", &PICKED[..]), ("bilibili-dynamic", &PICKED[..1])] {
            config.push_str(&format!("\n[plugin.{plugin}.hosts]\n"));
            hosts.iter().for_each(|host| config.push_str(&format!("\"{host}\" = \"{}\"\n", platform.base())));
        }
        if !has_encoder {
            // A clip in a loop looks like a sender that repeats itself.
            config = config.replace("[output]\n", "[output]\nrepeats = \"keep\"\n");
        }
        place.write("lyrebird.toml", config);
        place.write("cookie.txt", platform.cookie());
        let plugins = shelf(place.root(), &["bilibili", "bilibili-dynamic"]);
        Ok(Stage { platform, place, has_encoder, plugins, run: None, logs: Vec::new() })
    }

    /// Shows the config as it was written.
    pub(crate) fn show_config(&self) -> anyhow::Result<()> {
        let text = fs::read_to_string(self.place.root().join("lyrebird.toml")).context("reading the config again")?;
        println!("{}:\n", self.shown("lyrebird.toml"));
        text.lines().for_each(|line| println!("{}", format!("    {line}").trim_end()));
        println!();
        Ok(())
    }

    /// `lyrebird run`.
    pub(crate) fn start(&mut self) {
        let words = ["run", "-c", "lyrebird.toml"];
        self.run = Some(Run::start(self.place.lyrebird_with(&self.plugins, &words), None));
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        if let Some(run) = self.run.take() {
            let finished = run.kill_9();
            self.keep_log(&finished.stderr);
        }
    }

    /// SIGTERM; gives the exit code.
    pub(crate) fn stop(&mut self) -> anyhow::Result<i32> {
        let run = self.run.take().context("lyrebird does not run")?;
        run.signal(Signal::TERM);
        let finished = run.finish(LIMIT);
        self.keep_log(&finished.stderr);
        Ok(finished.code)
    }

    /// Copies a file over the picker in the plugins directory.
    pub(crate) fn put_picker(&self, bytes: &[u8]) -> anyhow::Result<()> {
        fs::write(self.plugins.join("bilibili.wasm"), bytes).context("copying over the picker")
    }

    /// Waits until the log of the program that runs has these words.
    pub(crate) fn log_says(&mut self, words: &str, what: &str) -> anyhow::Result<()> {
        let run = self.run.as_ref().context("lyrebird does not run")?;
        match run.says(words, LIMIT) {
            true => Ok(()),
            false => bail!("waited {} s in vain until {what}", LIMIT.as_secs()),
        }
    }

    /// Waits until something is so.
    pub(crate) fn wait(&mut self, what: &str, mut so: impl FnMut(&Bilibili) -> bool) -> anyhow::Result<()> {
        let deadline = Instant::now() + LIMIT;
        while !so(&self.platform) {
            if Instant::now() > deadline {
                bail!("waited {} s in vain until {what}", LIMIT.as_secs());
            }
            if self.run.as_mut().is_some_and(|run| !run.is_running()) {
                bail!("lyrebird ended before {what}");
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// Whether something of the files becomes so in time.
    pub(crate) fn wait_for(&self, so: impl Fn(&Stage) -> bool) -> bool {
        let deadline = Instant::now() + LIMIT;
        while !so(self) && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(20));
        }
        so(self)
    }

    /// Files of a room, finished or not, in the order of their numbers.
    pub(crate) fn segments(&self, room: Room) -> Vec<PathBuf> {
        let mut files = recordings_below(&self.folder_of(room));
        let entries = fs::read_dir(self.folder_of(room)).into_iter().flatten().flatten();
        files
            .extend(entries.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|ext| ext == "part")));
        files.sort_by_key(|file| number(file));
        files
    }

    /// The numbers of a room's files so far: 1 for `x.flv`, 2 for `x_2.flv`.
    pub(crate) fn numbers(&self, room: Room) -> Vec<u32> {
        self.segments(room).iter().map(|file| number(file)).collect()
    }

    fn folder_of(&self, room: Room) -> PathBuf {
        self.place.out().join("bilibili").join(room.streamer)
    }

    /// Ends what still runs; gives the last log.
    pub(crate) fn close(&mut self) -> String {
        self.kill();
        self.logs.last().cloned().unwrap_or_default()
    }

    /// What the program itself says of the past, by the commands that it has for that.
    pub(crate) fn show_past(&self) {
        let help = self.place.run(&["--help"]).stdout;
        let has = |command: &str| help.lines().any(|line| line.trim_start().starts_with(&format!("{command} ")));
        for words in [&["history"][..], &["history", "22637261"], &["why", "7734200"]] {
            if words.first().is_some_and(|command| has(command)) {
                println!("\n$ lyrebird {}", words.join(" "));
                let finished = self.place.run(words);
                // Whole paths are as long as the checkout's own.
                let whole = format!("{}/", self.place.out().display());
                let said = finished.stdout.lines().chain(finished.stderr.lines());
                said.for_each(|line| println!("  {}", line.replace(&whole, "")));
            }
        }
    }

    /// Where everything is.
    pub(crate) fn show_places(&self) {
        println!("\nTo look at:");
        for (name, what) in [
            ("recordings", "the files, each with its sidecar"),
            ("lyrebird.toml", "the config"),
            ("data", "the database"),
            ("lyrebird-1.log", "what lyrebird logged, up to the kill"),
            ("lyrebird-2.log", "and after it"),
        ] {
            if self.place.root().join(name).exists() {
                println!("  {:<27} {what}", self.shown(name));
            }
        }
    }

    /// The last lines of a log.
    pub(crate) fn show_end_of(&self, log: &str) {
        let lines: Vec<&str> = log.lines().collect();
        println!("\nThe last lines of lyrebird's log:");
        lines.iter().skip(lines.len().saturating_sub(LOG_LINES)).for_each(|line| println!("  {line}"));
    }

    fn keep_log(&mut self, log: &str) {
        self.logs.push(log.to_owned());
        self.place.write(&format!("lyrebird-{}.log", self.logs.len()), log);
    }

    /// A file of the demo, as it is found from the checkout.
    fn shown(&self, name: &str) -> String {
        let whole = self.place.root().join(name);
        let from = env::current_dir().ok();
        let short = from.as_deref().and_then(|from| whole.strip_prefix(from).ok()).unwrap_or(&whole);
        short.display().to_string()
    }
}

/// The number in a segment's name.
pub(crate) fn number(file: &Path) -> u32 {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let stem = name.trim_end_matches(".part").trim_end_matches(".flv");
    stem.rsplit_once('_').and_then(|(_, number)| number.parse().ok()).unwrap_or(1)
}

/// `target/demo`, beside the directory that the program was built into.
fn folder() -> anyhow::Result<PathBuf> {
    let program = env::var_os("LYREBIRD_BIN")
        .map(PathBuf::from)
        .context("run `cargo xtask demo`: it builds the program first")?;
    let target = program.parent().and_then(Path::parent).context("LYREBIRD_BIN names no file of a target directory")?;
    Ok(target.join("demo"))
}
