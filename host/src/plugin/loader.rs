//! From a file's bytes to a build that can be called: compiled, linked, started once under the limits, tried on its
//! own samples with the network closed.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tracing::info;
use wasmtime::component::{Component, InstancePre, Linker};

use super::anatomy::{Anatomy, Kind};
use super::bindings::notifier::NotifierPluginPre;
use super::bindings::picker::PickerPluginPre;
use super::cache::Cache;
use super::engine::Guests;
use super::error::{CallError, LoadError};
use super::imports::{self, Facts, Host, Network, Shelf};
use super::instance;
use super::listing::Description;
use super::picker;
use super::settings::cut;
use super::version::Version;
use crate::config;
use crate::http::host::Overrides;

/// Bytes of what a compiler or linker says.
const MOST_WORDS: usize = 1 << 10;

/// What loads builds, the same for all plugins.
pub(super) struct Loader {
    pub(super) guests: Arc<Guests>,
    pub(super) cache: Cache,
    linker: Linker<Host>,
    /// Held by the one that is tried. Its samples have the time of a call each, which a whole directory of plugins that
    /// are tried at once would take from one another.
    trying: Semaphore,
}

/// What the compiler made of a file.
pub(super) type Compiled = Result<Component, LoadError>;

/// A file that may become a build.
pub(super) struct Candidate {
    pub(super) wasm: Arc<[u8]>,
    /// What the compiler made of it, where it was asked before.
    pub(super) code: Option<Compiled>,
    pub(super) anatomy: Anatomy,
    pub(super) description: Arc<Description>,
    pub(super) facts: Facts,
    pub(super) table: config::Plugin,
    pub(super) overrides: Overrides,
}

impl Loader {
    pub(super) fn new(guests: Arc<Guests>, cache: Cache) -> anyhow::Result<Loader> {
        let mut linker = Linker::new(&guests.engine);
        imports::offer(&mut linker)?;
        Ok(Loader { guests, cache, linker, trying: Semaphore::new(1) })
    }

    /// Loads a file. What was loaded before is not touched.
    pub(super) async fn load(&self, candidate: Candidate) -> Result<Version, LoadError> {
        let Candidate { wasm, code, anatomy, description, facts, table, overrides } = candidate;
        let component = match code {
            Some(code) => code?,
            None => self.compile(&anatomy, wasm).await?,
        };
        let linked = self.linker.instantiate_pre(&component).map_err(|error| unlinked(&error))?;
        let typed = |kind: Kind| anatomy.kinds.contains(&kind).then(|| linked.clone());
        let version = Version {
            picker: typed(Kind::Picker).map(as_picker).transpose()?,
            notifier: typed(Kind::Notifier).map(as_notifier).transpose()?,
            table: table.settings,
            leases: Default::default(),
            anatomy,
            description,
            facts,
            overrides,
        };
        // Never closed; and without its turn it would only be slower.
        let _turn = self.trying.acquire().await.ok();
        self.start(&version).await?;
        self.try_samples(&version).await?;
        Ok(version)
    }

    /// Takes a file's code from the cache, else compiles it when it is its turn.
    pub(super) async fn compile(&self, anatomy: &Anatomy, wasm: Arc<[u8]>) -> Compiled {
        let means = || (self.cache.clone(), self.guests.engine.clone(), anatomy.sha256.clone());
        let (cache, engine, sought) = means();
        let found = tokio::task::spawn_blocking(move || cache.cached(&engine, &sought)).await;
        if let Ok(Some(component)) = found {
            return Ok(component);
        }
        let (cache, engine, sought) = means();
        let compiling = self.guests.compiler.run(wasm.len(), move || cache.component(&engine, &sought, &wasm));
        let compiled = told_if_long(&anatomy.manifest.label(), compiling).await;
        let compiled = compiled.ok_or_else(gave_up)?;
        compiled.map_err(|error| {
            let text = cut(format!("{error:#}"), MOST_WORDS);
            // How wasmparser speaks of a proposal that is off.
            match ["not enabled", "must be enabled", "is disabled", "unsupported"]
                .iter()
                .any(|word| text.contains(word))
            {
                true => LoadError::Unsupported(text),
                false => LoadError::Compile(text),
            }
        })
    }

    /// A changed type of an export shows only here.
    async fn start(&self, version: &Version) -> Result<(), LoadError> {
        let facts = closed(&version.facts);
        let wall = facts.limits.resolve;
        if let Some(pre) = version.picker.clone() {
            let started = instance::call(&self.guests, facts.clone(), wall, move |mut store| async move {
                pre.instantiate_async(&mut store).await.map(drop)
            });
            started.await.map_err(not_started)?;
        }
        if let Some(pre) = version.notifier.clone() {
            let started = instance::call(&self.guests, facts, wall, move |mut store| async move {
                pre.instantiate_async(&mut store).await.map(drop)
            });
            started.await.map_err(not_started)?;
        }
        Ok(())
    }

    async fn try_samples(&self, version: &Version) -> Result<(), LoadError> {
        let Some(pre) = &version.picker else { return Ok(()) };
        for sample in &version.anatomy.manifest.samples {
            let failed = |why, hint| LoadError::SelfTest { input: sample.input.clone(), why, hint };
            let answer = picker::resolve(&self.guests, closed(&version.facts), pre.clone(), sample.input.clone()).await;
            let id = answer.map_err(|error| failed(error.reason(), raised(&error)))?;
            if id != sample.id {
                return Err(failed(format!("it resolved to `{id}`, not `{}`", sample.id), None));
            }
        }
        Ok(())
    }
}

/// Whatever became of the compiler, there is no code.
pub(super) fn gave_up() -> LoadError {
    LoadError::Compile(String::from("the compiler gave up"))
}

/// Whoever sees nothing happen for so long wants to know why.
const LONG_COMPILE: Duration = Duration::from_secs(3);

/// A Python runtime takes ten seconds, a minute on a small machine, and another one may stand before it.
async fn told_if_long<T>(plugin: &str, compiling: impl Future<Output = T>) -> T {
    let mut compiling = std::pin::pin!(compiling);
    if let Ok(compiled) = tokio::time::timeout(LONG_COMPILE, &mut compiling).await {
        return compiled;
    }
    info!(plugin, "a new build of a plugin is being compiled, which takes a while");
    compiling.await
}

/// A plugin that is only tried reaches nothing and leaves nothing.
fn closed(facts: &Facts) -> Facts {
    Facts { network: Network::Closed, shelf: Shelf::Closed, ..facts.clone() }
}

fn as_picker(linked: InstancePre<Host>) -> Result<PickerPluginPre<Host>, LoadError> {
    PickerPluginPre::new(linked).map_err(|error| mismatch(&error))
}

fn as_notifier(linked: InstancePre<Host>) -> Result<NotifierPluginPre<Host>, LoadError> {
    NotifierPluginPre::new(linked).map_err(|error| mismatch(&error))
}

fn mismatch(error: &wasmtime::Error) -> LoadError {
    LoadError::ContractMismatch(cut(format!("{error:#}"), MOST_WORDS))
}

/// Why the linker did not take a component: something is missing, or has another type.
fn unlinked(error: &wasmtime::Error) -> LoadError {
    let text = format!("{error:#}");
    match text.contains("implementation is missing") {
        true => LoadError::MissingImport(missing_name(&text)),
        false => mismatch(error),
    }
}

/// The names that wasmtime quotes: interface, and function where only that is missing.
fn missing_name(text: &str) -> String {
    let names: Vec<&str> = text.split('`').skip(1).step_by(2).collect();
    match names.is_empty() {
        true => cut(text.to_owned(), MOST_WORDS),
        false => names.join("#"),
    }
}

fn not_started(error: CallError) -> LoadError {
    match error {
        CallError::Trap { kind, .. } if kind.contains("type mismatch") || kind.contains("failed to convert") => {
            LoadError::ContractMismatch(kind)
        }
        CallError::Trap { kind, stderr } => LoadError::StartTrap { why: kind, stderr, hint: None },
        other => LoadError::StartTrap { why: other.reason(), stderr: String::new(), hint: raised(&other) },
    }
}

/// What a start or a sample that met a limit needs: a large runtime may want more than is usual, and is not broken.
fn raised(error: &CallError) -> Option<&'static str> {
    match error {
        CallError::CpuBudget(_) | CallError::MemoryLimit { .. } => error.hint(),
        CallError::Timeout(_) => Some("`limits = { resolve = \"…\" }` in the plugin's table raises it"),
        _ => None,
    }
}
