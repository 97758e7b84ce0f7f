//! Which picker is meant by what a person wrote. Pure: names and globs go in, a name comes out.

use std::fmt;

use super::glob::{Glob, Place};
use crate::model::redact_input;

/// One plugin that may be chosen.
pub(super) struct Choice<'a, T> {
    pub(super) name: &'a str,
    pub(super) rooms: &'a [Glob],
    /// What is chosen, or why it cannot be.
    pub(super) picker: Result<T, Unusable>,
}

/// Why a plugin of that name cannot be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unusable {
    NotAPicker,
    /// It is being compiled; its platform.
    NotYet(String),
    Refused(String),
}

/// Why no picker was chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PickError {
    /// No picker takes this URL.
    NoPicker {
        /// What the person wrote.
        input: String,
        /// The pickers there are.
        pickers: Vec<String>,
    },
    /// Two pickers take it equally well.
    Tie {
        /// What the person wrote.
        input: String,
        /// One.
        first: String,
        /// The other.
        second: String,
    },
    /// There is no plugin of that name.
    NoSuchPlugin {
        /// What was asked for.
        name: String,
        /// The pickers there are.
        pickers: Vec<String>,
    },
    /// The plugin is no picker.
    NotAPicker(String),
    /// The plugin that is meant is still being compiled.
    NotYet {
        /// Its name.
        name: String,
        /// Its platform.
        platform: String,
    },
    /// The plugin that is meant was not loaded.
    Unusable {
        /// Its name.
        name: String,
        /// Why, as its listing says.
        reason: String,
    },
}

impl fmt::Display for PickError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PickError::NoPicker { input, pickers } => {
                write!(out, "no picker takes `{}`", redact_input(input))?;
                match pickers.as_slice() {
                    [] => out.write_str("\nhint: there is no picker at all: `--plugins DIR` says where they are"),
                    [one] => write!(out, "\nhint: `--plugin {one}` asks that one all the same"),
                    many => write!(out, "\nhint: `--plugin NAME` decides; there are: {}", many.join(", ")),
                }
            }
            PickError::Tie { input, first, second } => write!(
                out,
                "pickers `{first}` and `{second}` both take `{}`\nhint: `--plugin NAME`, or `plugin` in its `[[room]]`, decides",
                redact_input(input)
            ),
            PickError::NoSuchPlugin { name, pickers } => {
                write!(out, "there is no plugin `{name}`")?;
                match pickers.is_empty() {
                    true => out.write_str("\nhint: there is no picker at all: `--plugins DIR` says where they are"),
                    false => write!(out, "\nhint: there are: {}", pickers.join(", ")),
                }
            }
            PickError::NotAPicker(name) => {
                write!(out, "plugin `{name}` is no picker\nhint: `lyrebird plugin list` shows what each is")
            }
            PickError::NotYet { name, .. } => write!(out, "plugin `{name}` is still being compiled"),
            PickError::Unusable { name, reason } => write!(out, "plugin `{name}` was not loaded: {reason}"),
        }
    }
}

impl std::error::Error for PickError {}

/// The one of that name.
pub(super) fn by_name<T>(name: &str, choices: Vec<Choice<'_, T>>) -> Result<T, PickError> {
    let pickers = names(&choices);
    match choices.into_iter().find(|choice| choice.name == name) {
        None => Err(PickError::NoSuchPlugin { name: name.to_owned(), pickers }),
        Some(choice) => usable(choice),
    }
}

/// The one whose pattern has most literal characters. One that was not loaded, or not yet, is not passed over in silence:
/// another picker would answer for a platform that it does not know.
pub(super) fn by_place<T>(input: &str, choices: Vec<Choice<'_, T>>) -> Result<T, PickError> {
    let place = Place::of(input);
    let pickers = names(&choices);
    let weight =
        |choice: &Choice<'_, T>| choice.rooms.iter().filter(|glob| glob.matches(&place)).map(Glob::literals).max();
    let mut fitting: Vec<(usize, Choice<'_, T>)> = choices
        .into_iter()
        .filter(|choice| choice.picker.as_ref().err() != Some(&Unusable::NotAPicker))
        .filter_map(|choice| weight(&choice).map(|weight| (weight, choice)))
        .collect();
    fitting.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
    let mut fitting = fitting.into_iter();
    let Some((most, first)) = fitting.next() else {
        return Err(PickError::NoPicker { input: input.to_owned(), pickers });
    };
    match fitting.next() {
        Some((weight, second)) if weight == most => Err(PickError::Tie {
            input: input.to_owned(),
            first: first.name.to_owned(),
            second: second.name.to_owned(),
        }),
        _ => usable(first),
    }
}

fn usable<T>(choice: Choice<'_, T>) -> Result<T, PickError> {
    let name = choice.name.to_owned();
    choice.picker.map_err(|why| match why {
        Unusable::NotAPicker => PickError::NotAPicker(name),
        Unusable::NotYet(platform) => PickError::NotYet { name, platform },
        Unusable::Refused(reason) => PickError::Unusable { name, reason },
    })
}

fn names<T>(choices: &[Choice<'_, T>]) -> Vec<String> {
    choices.iter().filter(|choice| choice.picker.is_ok()).map(|choice| choice.name.to_owned()).collect()
}

#[cfg(test)]
mod tests;
