//! `plugin` at the door: `list`, `inspect`, `build`, `approve` and `rollback` here.

use std::path::{Path, PathBuf};

use super::args::{Decided, Global, PluginBuild};
use super::exit::{Exit, Failed, WithExit};
use super::{config, data_dir, data_to_read, needed_data_dir, output};
use crate::app::{House, Wishes, plugins};
use crate::plugin::{self, BuildError, Description, Listing, LoadError, State};

pub(super) mod tapes;

pub(super) async fn list(global: &Global, file: Option<PathBuf>, json: bool) -> Result<Exit, Failed> {
    if let Some((run, listings)) = data_dir(global).and_then(|data| plugins::of_run(&data)) {
        return running(run.pid, listings, json);
    }
    let config = config(file.as_ref())?;
    let wishes = Wishes { config: config.into(), plugins: global.plugins.clone(), data: data_to_read(global) };
    let (house, keeper) = House::open(wishes).await.exit(Exit::Usage)?;
    let listings = house.registry.list().await;
    let unread = house.registry.unread().to_vec();
    for (dir, why) in &unread {
        output::error(format!("cannot read the plugins directory `{}`: {why}", dir.display()), global.color.into());
    }
    let is_read = |dir: &&PathBuf| !unread.iter().any(|(other, _)| other == *dir);
    let read: Vec<String> = house.plugin_dirs.iter().filter(is_read).map(|dir| dir.display().to_string()).collect();
    house.close(keeper).await;
    for listing in &listings {
        if json {
            output::json(listing)?;
        } else {
            print(listing);
        }
    }
    if listings.is_empty() && !read.is_empty() && !json {
        output::line(format!("no plugins in {}", read.join(", ")));
    }
    Ok(if unread.is_empty() { Exit::Done } else { Exit::Failed })
}

/// What a `run` has.
fn running(pid: Option<u32>, listings: Vec<Listing>, json: bool) -> Result<Exit, Failed> {
    for listing in &listings {
        if json {
            output::json(listing)?;
        } else {
            print(listing);
        }
    }
    if !json {
        let pid = pid.map(|pid| format!(" (pid {pid})")).unwrap_or_default();
        output::line(format!("as the running `lyrebird run`{pid} has them"));
    }
    Ok(Exit::Done)
}

/// What a running program takes up by itself.
const SEEN: &str = "a running program sees it within seconds";

pub(super) fn approve(global: &Global, Decided { name, config: file }: Decided) -> Result<Exit, Failed> {
    let (config, data) = (config(file.as_ref())?, needed_data_dir(global)?);
    let asks = plugins::approve(&config, &global.plugins, &data, &name).exit(Exit::Failed)?;
    let asks = if asks.is_empty() { String::from("nothing: it asks for nothing") } else { asks.join(", ") };
    output::line(output::safe(&format!("`{name}` is granted {asks}; {SEEN}")));
    Ok(Exit::Done)
}

pub(super) fn roll_back(global: &Global, Decided { name, config: file }: Decided) -> Result<Exit, Failed> {
    let (config, data) = (config(file.as_ref())?, needed_data_dir(global)?);
    let version = plugins::go_back(&config, &global.plugins, &data, &name).exit(Exit::Failed)?;
    let until = "until the file in the plugins directory is another one";
    output::line(output::safe(&format!("`{name}` {version} answers {until}; {SEEN}")));
    Ok(Exit::Done)
}

fn print(listing: &Listing) {
    let Listing { description, state, reason } = listing;
    let version = description.version.as_deref().unwrap_or("?");
    let name = format!("{}@{version}", description.name);
    let hosts = if description.hosts.is_empty() { String::from("calls nobody") } else { description.hosts.join(" ") };
    let line = format!("{name:24} {:15} {:10} {hosts}", state.word(), description.kinds.join("+"));
    output::line(output::safe(line.trim_end()));
    if *state != State::Active {
        output::line(format!("    {}", output::safe(&description.file.display().to_string())));
    }
    for line in reason.iter().flat_map(|reason| reason.lines()) {
        output::line(format!("    {}", output::safe(line)));
    }
}

pub(super) fn inspect(file: &Path, json: bool) -> Result<Exit, Failed> {
    let failed = |error: plugin::LoadError| {
        anyhow::Error::new(error).context(format!("cannot take `{}` as a plugin", file.display()))
    };
    let description = plugin::inspect(file).map_err(failed).exit(Exit::PluginFailed)?;
    if json {
        output::json(&description)?;
    } else {
        tell(&description);
    }
    Ok(Exit::Done)
}

pub(super) fn build(PluginBuild { component, manifest, output }: &PluginBuild) -> Result<Exit, Failed> {
    let beside = || component.with_file_name("plugin.toml");
    let built = plugin::build(component, &manifest.clone().unwrap_or_else(beside), output);
    tell(&built.map_err(unbuilt)?);
    Ok(Exit::Done)
}

fn unbuilt(error: BuildError) -> Failed {
    let exit = match error {
        BuildError::Component(_, LoadError::Io(_)) | BuildError::Manifest(..) => Exit::Usage,
        BuildError::Component(..) | BuildError::Carries(_) | BuildError::Plugin(_) => Exit::PluginFailed,
        BuildError::Output(..) => Exit::Disk,
    };
    let hint = match error {
        BuildError::Manifest(..) => "\nhint: `--manifest FILE` says where it is",
        _ => "",
    };
    Failed { exit, error: anyhow::anyhow!("{:#}{hint}", anyhow::Error::new(error)) }
}

fn tell(description: &Description) {
    let version = description.version.as_deref().unwrap_or("?");
    output::line(output::safe(&format!("{}@{version}", description.name)));
    let or_nothing = |words: &[String]| if words.is_empty() { String::from("nothing") } else { words.join(" ") };
    let rows = [
        ("is", description.description.clone().unwrap_or_default()),
        ("kinds", description.kinds.join(", ")),
        ("contract", description.contract.clone().unwrap_or_default()),
        ("platform", description.platform.clone().unwrap_or_default()),
        ("rooms", or_nothing(&description.rooms)),
        ("may call", or_nothing(&description.hosts)),
        ("cookie for", or_nothing(&description.cookies)),
        ("sha256", description.sha256.clone().unwrap_or_default()),
    ];
    for (name, value) in rows.iter().filter(|(_, value)| !value.is_empty()) {
        output::line(output::safe(&format!("  {name:11} {value}")));
    }
    for setting in &description.settings {
        let secret = if setting.secret { " (secret)" } else { "" };
        output::line(output::safe(&format!("  setting     {}{secret}: {}", setting.name, setting.help)));
    }
}
