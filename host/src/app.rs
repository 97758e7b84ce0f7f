//! The house: joins hands, trades and rooms once, and stops them in order. Knows no terminal.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use anyhow::Context;
use tokio::task::JoinHandle;

use crate::clock::Clock;
use crate::config::{Config, nearest};
use crate::event::{self, Sink};
use crate::http::Http;
use crate::monitor::ledger::Ledger;
use crate::plugin::{Means, Registry};
use crate::store::{DataDir, Store};

pub mod check;
pub mod doctor;
pub mod entry;
mod household;
mod lookout;
mod news;
pub mod owner;
pub mod past;
pub mod plugins;
pub mod record;
pub mod rooms;
pub mod run;
pub mod salvage;
pub mod scrutiny;
pub mod space;
pub mod tapes;
mod targets;

use news::Hearers;

/// How long the last events may take to be written.
const LAST_NEWS: Duration = Duration::from_secs(1);

/// What a door wishes of a house.
pub struct Wishes {
    /// The config; its defaults where there is none.
    pub config: Arc<Config>,
    /// Directories of plugins that the user named at the door; empty = the config's, else the usual places.
    pub plugins: Vec<PathBuf>,
    /// The program's own state, and what may be done to it.
    pub data: DataDir,
}

/// Everything that the rooms share. Cheap to clone; [`House::close`] once, when all rooms have been left.
#[derive(Clone)]
pub struct House {
    /// The config in force.
    pub config: Arc<Config>,
    /// The time.
    pub clock: Clock,
    /// The way out.
    pub http: Http,
    /// What outlives the program.
    pub store: Store,
    /// The plugins.
    pub registry: Registry,
    /// Where facts are told.
    pub events: Sink,
    /// Who tells people, for a door that has anybody told: it opens the ledger, and closes it before the house.
    pub ledger: Arc<OnceLock<Ledger>>,
    /// The program's own state.
    pub data: Arc<DataDir>,
    /// Where plugins were looked for.
    pub plugin_dirs: Arc<Vec<PathBuf>>,
}

/// Ends what [`House::open`] began.
pub struct Keeper {
    news: JoinHandle<()>,
}

impl House {
    /// Opens the house: the plugins are known and being loaded, nothing is asked yet.
    ///
    /// # Errors
    /// A config whose proxy, certificates or private hosts cannot be used, or a data directory that cannot be made.
    pub async fn open(wishes: Wishes) -> anyhow::Result<(House, Keeper)> {
        let Wishes { config, plugins, data } = wishes;
        let clock = Clock::system();
        let http = Http::new(&config.http, &config.plugins.allow_private_hosts)?;
        let store = match &data {
            DataDir::Kept(dir) => {
                std::fs::create_dir_all(dir).with_context(|| {
                    let place = dir.display();
                    format!("cannot make the data directory `{place}`\nhint: name another one with `--data DIR`")
                })?;
                Store::open_with(dir, clock.clone())
            }
            DataDir::Read(_) | DataDir::Nowhere => Store::passing(data.path(), clock.clone()),
        };
        let (events, queue) = event::queue();
        let ledger = Arc::new(OnceLock::new());
        let news = tokio::spawn(news::tell(
            queue,
            Hearers { store: store.clone(), ledger: Arc::clone(&ledger), clock: clock.clone() },
        ));
        let dirs = plugin_dirs(&plugins, &config, data.path());
        let data = Arc::new(data);
        let means = Means {
            config: Arc::clone(&config),
            data: Arc::clone(&data),
            http: http.clone(),
            store: store.clone(),
            clock: clock.clone(),
            events: events.clone(),
        };
        let registry = Registry::load(&dirs, means).await?;
        warn_of_strangers(&config, &registry.names());
        let plugin_dirs = Arc::new(dirs);
        Ok((House { config, clock, http, store, registry, events, ledger, data, plugin_dirs }, Keeper { news }))
    }

    /// Warns of plugins directories that could not be read.
    pub fn warn_of_unread(&self) {
        for (dir, error) in self.registry.unread() {
            tracing::warn!(dir = %dir.display(), error, "cannot read a plugins directory");
        }
    }

    /// Stops the guests and hears the last news.
    pub async fn close(self, keeper: Keeper) {
        let House { registry, store, events, .. } = self;
        registry.shut_down().await;
        drop(registry);
        drop(events);
        // The news end when the last sender is gone; one that hangs on to it must not keep the program.
        let _ = tokio::time::timeout(LAST_NEWS, keeper.news).await;
        store.close().await;
    }
}

/// A table for a plugin that is not there is most likely misspelt, and then nobody reads its cookie.
fn warn_of_strangers(config: &Config, known: &[String]) {
    for name in config.plugin.keys().filter(|name| !known.contains(name)) {
        let hint = nearest(name, known).unwrap_or_else(|| String::from("there is no plugin at all"));
        tracing::warn!(hint, "`[plugin.{name}]` is the table of no plugin that is there");
    }
}

/// Where plugins are: what the user named, else the config's, else beside the program, else in a checkout's target
/// folder, else in the data directory.
fn plugin_dirs(named: &[PathBuf], config: &Config, data: Option<&Path>) -> Vec<PathBuf> {
    if !named.is_empty() {
        return named.to_vec();
    }
    if !config.plugins.dirs.is_empty() {
        return config.plugins.dirs.clone();
    }
    let program = std::env::current_exe().ok();
    let folder = program.as_deref().and_then(Path::parent);
    let beside = folder.map(|folder| folder.join("plugins"));
    // `target/debug/lyrebird` has its plugins in `target/plugins`.
    let checkout = folder.and_then(Path::parent).filter(|target| target.join("CACHEDIR.TAG").is_file());
    let checkout = checkout.map(|target| target.join("plugins"));
    let found = beside.into_iter().chain(checkout).find(|dir| dir.is_dir());
    found.or_else(|| data.map(|data| data.join("plugins"))).into_iter().collect()
}
