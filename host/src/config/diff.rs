//! What has become of the wishes: two snapshots go in, what must be done about each goes out. Pure.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::sync::Arc;

use super::snapshot::file_of;
use super::{Plugin, RoomWish, Snapshot, Text};
use crate::model::redact_input;

/// What was changed. Rooms are told by URL and picker: one whose picker was changed is another room.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Diff {
    /// New ones.
    pub rooms_added: Vec<Arc<RoomWish>>,
    /// Those that are no longer wished for, as they were.
    pub rooms_removed: Vec<Arc<RoomWish>>,
    /// Those of which something else is wished now, also whether they are watched; as they are now.
    pub rooms_changed: Vec<Arc<RoomWish>>,
    /// `[[notify]]`, or a file that one of its settings is in.
    pub targets_changed: bool,
    /// Names whose `[plugin.NAME]` is another in anything but its interval.
    pub plugins_changed: Vec<String>,
    /// `[output]` or `[ffmpeg]`.
    pub output_changed: bool,
    /// `[check]`, or the interval of a `[plugin.NAME]`.
    pub check_changed: bool,
    /// Keys whose new values are taken by a restart alone.
    pub needs_restart: Vec<&'static str>,
}

impl Diff {
    /// Whether nothing was changed.
    pub fn is_empty(&self) -> bool {
        *self == Diff::default()
    }
}

/// What must be done to come from `old` to `new`.
pub fn diff(old: &Snapshot, new: &Snapshot) -> Diff {
    let both = Both { old, new };
    let (was, is) = (&old.config, &new.config);
    let restart = [
        ("output.sync", was.output.sync != is.output.sync),
        ("http", was.http != is.http || both.differ(was.http.proxy.as_ref(), is.http.proxy.as_ref())),
        ("plugins.dirs", was.plugins.dirs != is.plugins.dirs),
        ("plugins.approve", was.plugins.approve != is.plugins.approve),
        ("plugins.allow_private_hosts", was.plugins.allow_private_hosts != is.plugins.allow_private_hosts),
    ];
    let mut diff = Diff {
        targets_changed: both.targets(),
        output_changed: was.output != is.output || was.ffmpeg != is.ffmpeg,
        check_changed: was.check != is.check,
        needs_restart: restart.into_iter().filter(|(_, changed)| *changed).map(|(key, _)| key).collect(),
        ..Diff::default()
    };
    both.plugins(&mut diff);
    both.rooms(&mut diff);
    diff
}

struct Both<'a> {
    old: &'a Snapshot,
    new: &'a Snapshot,
}

impl<'a> Both<'a> {
    /// Whether a text is another one; in a file it is what that held.
    fn differ(&self, was: Option<&Text>, is: Option<&Text>) -> bool {
        let held = |snapshot: &Snapshot, text: Option<&Text>| {
            text.and_then(file_of).and_then(|path| snapshot.secrets.get(path).copied().flatten())
        };
        was != is || held(self.old, was) != held(self.new, is)
    }

    fn any_differ(&self, was: &BTreeMap<String, Text>, is: &BTreeMap<String, Text>) -> bool {
        was != is || was.values().zip(is.values()).any(|(was, is)| self.differ(Some(was), Some(is)))
    }

    fn targets(&self) -> bool {
        let (was, is) = (&self.old.config.notify, &self.new.config.notify);
        was != is || was.iter().zip(is).any(|(was, is)| self.any_differ(&was.settings, &is.settings))
    }

    fn plugins(&self, diff: &mut Diff) {
        let (was, is) = (&self.old.config.plugin, &self.new.config.plugin);
        let none = Plugin::default();
        let names: BTreeSet<&String> = was.keys().chain(is.keys()).collect();
        for name in names {
            let (was, is) = (was.get(name).unwrap_or(&none), is.get(name).unwrap_or(&none));
            diff.check_changed |= was.interval != is.interval;
            let but_interval = Plugin { interval: is.interval, ..was.clone() };
            let secrets =
                self.differ(was.cookie.as_ref(), is.cookie.as_ref()) || self.any_differ(&was.settings, &is.settings);
            if but_interval != *is || secrets {
                diff.plugins_changed.push(name.clone());
            }
        }
    }

    fn rooms(&self, diff: &mut Diff) {
        let known = |snapshot: &'a Snapshot| -> HashMap<_, &'a Arc<RoomWish>> {
            snapshot.rooms.iter().map(|(wish, _)| (wish.identity(), wish)).collect()
        };
        let (old, new) = (known(self.old), known(self.new));
        for (is, _) in &self.new.rooms {
            match old.get(&is.identity()) {
                None => diff.rooms_added.push(is.clone()),
                Some(was) if *was != is || self.any_differ(&was.options, &is.options) => {
                    diff.rooms_changed.push(is.clone());
                }
                Some(_) => {}
            }
        }
        let gone = |(was, _): &&(Arc<RoomWish>, _)| !new.contains_key(&was.identity());
        diff.rooms_removed = self.old.rooms.iter().filter(gone).map(|(was, _)| was.clone()).collect();
    }
}

/// For logs: what was changed, a line each.
impl fmt::Display for Diff {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lines = Vec::new();
        let mut rooms = |word: &str, wishes: &[Arc<RoomWish>]| {
            let paused = |wish: &RoomWish| if wish.enabled { "" } else { ", paused" };
            lines.extend(wishes.iter().map(|wish| format!("{word} {}{}", redact_input(&wish.url), paused(wish))));
        };
        rooms("room added:", &self.rooms_added);
        rooms("room removed:", &self.rooms_removed);
        rooms("room changed:", &self.rooms_changed);
        let told = [
            ("targets changed", self.targets_changed),
            ("output changed", self.output_changed),
            ("checks changed", self.check_changed),
        ];
        lines.extend(told.iter().filter(|(_, changed)| *changed).map(|(line, _)| (*line).to_owned()));
        lines.extend(self.plugins_changed.iter().map(|name| format!("plugin changed: {name}")));
        lines.extend(self.needs_restart.iter().map(|key| format!("taken by a restart alone: {key}")));
        out.write_str(&lines.join("\n"))
    }
}

#[cfg(test)]
mod tests;
