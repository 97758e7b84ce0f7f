//! The user's settings for this plugin, as its manifest declares them.

use std::str::FromStr;

use crate::{Failure, imports};

/// A setting, or the manifest's default; none where there is neither.
pub fn get(key: &str) -> Option<String> {
    imports::setting(key)
}

/// A setting as a number, a flag or anything else that parses from text; a failure that names it where it does not.
pub fn parse<T: FromStr>(key: &str) -> Result<Option<T>, Failure> {
    let Some(text) = imports::setting(key) else { return Ok(None) };
    match text.trim().parse() {
        Ok(value) => Ok(Some(value)),
        // The value may be a secret: only its name is told.
        Err(_) => Err(Failure::Other(format!("the setting `{key}` does not have the form that this plugin expects"))),
    }
}

/// A setting without which the plugin cannot work; a failure that names it where it is missing or empty.
pub fn require(key: &str) -> Result<String, Failure> {
    imports::setting(key)
        .filter(|value| !value.trim().is_empty())
        .ok_or_else(|| Failure::Other(format!("the setting `{key}` is missing\nhint: set it in the configuration")))
}
