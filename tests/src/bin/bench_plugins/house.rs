//! The plugin host with what it needs, as the program sets it up; and directories full of plugins.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use lyrebird::clock::Clock;
use lyrebird::config::Config;
use lyrebird::event;
use lyrebird::http::Http;
use lyrebird::plugin::{Means, Picker, Registry, Watcher};
use lyrebird::store::{DataDir, Store};
use lyrebird_tests::build::Build;
use lyrebird_tests::program;
use tokio::task::JoinSet;

/// A registry whose plugins can be called.
pub(crate) struct House {
    registry: Registry,
}

impl House {
    /// Begins to load what lies in the directories.
    pub(crate) async fn open(dirs: &[PathBuf], data: &Path) -> House {
        let (config, (events, _)) = (Arc::new(Config::default()), event::queue());
        let means = Means {
            config: Arc::clone(&config),
            data: Arc::new(DataDir::Kept(data.to_owned())),
            http: Http::new(&config.http, &[]).unwrap(),
            store: Store::passing(None, Clock::system()),
            clock: Clock::system(),
            events,
        };
        House { registry: Registry::load(dirs, means).await.unwrap() }
    }

    /// The same, and the time until each plugin has answered.
    pub(crate) async fn open_and_ask(shelf: &Path, data: &Path, plugins: usize) -> (House, Duration) {
        let begin = Instant::now();
        let house = House::open(&[shelf.to_owned()], data).await;
        let mut asked = JoinSet::new();
        for name in house.registry.names() {
            let picker = house.picker(&name).await;
            asked.spawn(async move {
                let sample = picker.manifest().samples[0].clone();
                assert_eq!(picker.resolve(&sample.input).await.as_ref(), Ok(&sample.id), "{name}");
            });
        }
        assert_eq!(asked.join_all().await.len(), plugins);
        (house, begin.elapsed())
    }

    /// The picker of this name, as soon as it is loaded.
    pub(crate) async fn picker(&self, name: &str) -> Picker {
        self.registry.pick("", Some(name)).await.unwrap()
    }

    /// Takes what changes in the directories.
    pub(crate) fn watch(&self) -> Watcher {
        Watcher::start(self.registry.clone())
    }

    /// Ends it, threads and all.
    pub(crate) async fn close(self) {
        self.registry.shut_down().await;
    }
}

/// Fills a directory with so many plugins, made of these by another name: each is a build of its own.
pub(crate) fn copies(names: &[&str], count: usize, shelf: &Path) {
    fs::create_dir_all(shelf).unwrap();
    for (number, name) in names.iter().cycle().take(count).enumerate() {
        let file = |dir: PathBuf| dir.join(format!("{name}.wasm"));
        let built = [file(program::plugins()), file(program::guests())].into_iter().find(|file| file.exists());
        let built = Build::at(&built.unwrap_or_else(|| panic!("{name} is not built")));
        // As long as it was, so that everything behind it stays where it is.
        let own = format!("{}{number:02}", &name[..name.len() - 2]);
        let copy = built.with(&format!("name = \"{name}\""), &format!("name = \"{own}\""));
        copy.put(&shelf.join(format!("{own}.wasm")));
    }
}
