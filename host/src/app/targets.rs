//! From `[[notify]]` to targets: each with its notifier, or with the reason why it has none.

use crate::config::Config;
use crate::event::Kind;
use crate::monitor::ledger::Target;
use crate::plugin::Registry;

/// The config's targets, in its order.
pub(super) fn targets(config: &Config, registry: &Registry) -> Vec<Target> {
    let target = |notify: &crate::config::Notify| Target {
        name: notify.name.clone(),
        plugin: notify.plugin.clone(),
        notifier: registry.notifier(&notify.plugin),
        on: notify.on.iter().filter_map(|word| Kind::of(word)).collect(),
        template: notify.template.clone(),
        settings: notify.settings.clone(),
    };
    config.notify.iter().map(target).collect()
}
