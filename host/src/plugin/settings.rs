//! What a plugin is set to: the user's values over the manifest's defaults, and what of them must never be shown.

use std::collections::BTreeMap;

use super::manifest::{Manifest, Setting};
use crate::config::Text;
use crate::model::{Secret, redact_url};

/// The settings of one plugin, or of one target of a notifier. Its text is nowhere but in [`Settings::get`].
#[derive(Clone, Debug, Default)]
pub(super) struct Settings {
    values: BTreeMap<String, Value>,
    /// Values of secret settings that the user gave.
    secrets: Vec<Secret>,
}

#[derive(Clone, Debug)]
struct Value {
    text: Secret,
    /// Written by the user, not the manifest's default.
    by_user: bool,
}

impl Settings {
    /// The defaults, with the user's words laid over them in order. The error is one sentence for the user.
    pub(super) fn of(manifest: &Manifest, layers: &[&BTreeMap<String, Text>]) -> Result<Settings, String> {
        let mut settings = Settings::default();
        for Setting { name, default, .. } in &manifest.settings {
            if let Some(default) = default {
                let value = Value { text: Secret::new(default), by_user: false };
                settings.values.insert(name.clone(), value);
            }
        }
        for (name, text) in layers.iter().flat_map(|layer| layer.iter()) {
            let Some(declared) = manifest.settings.iter().find(|declared| declared.name == *name) else {
                return Err(unknown(manifest, name));
            };
            let what = format!("setting `{name}` of plugin `{}`", manifest.name);
            let text = text.resolve(&what).map_err(|error| error.to_string())?;
            if !declared.kind.takes(text.reveal()) {
                let shown = if declared.secret { "its value" } else { text.reveal() };
                return Err(format!("{what}: `{shown}` is not {}", declared.kind.word()));
            }
            if declared.secret {
                settings.secrets.push(text.clone());
            }
            settings.values.insert(name.clone(), Value { text, by_user: true });
        }
        Ok(settings)
    }

    /// A setting's text; none when it is not declared or has none.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(|value| value.text.reveal())
    }

    /// The same, where the user wrote it himself.
    pub(super) fn by_user(&self, name: &str) -> Option<&str> {
        self.values.get(name).filter(|value| value.by_user).map(|value| value.text.reveal())
    }

    /// What a guest wrote, fit for logs and errors: without secret values, without what a URL may hide, in at most
    /// `most` bytes.
    pub(super) fn scrub(&self, text: &str, most: usize) -> String {
        cut(hide_urls(&self.without_secrets(text.to_owned())), most)
    }

    /// The text with `***` for every secret value.
    pub(super) fn without_secrets(&self, mut text: String) -> String {
        for secret in &self.secrets {
            // A value of two characters is everywhere, and no secret.
            if secret.reveal().len() >= 4 {
                text = text.replace(secret.reveal(), "***");
            }
        }
        text
    }
}

fn unknown(manifest: &Manifest, name: &str) -> String {
    let known: Vec<&str> = manifest.settings.iter().map(|setting| setting.name.as_str()).collect();
    match known.is_empty() {
        true => format!("plugin `{}` has no settings, `{name}` is set", manifest.name),
        false => format!("plugin `{}` has no setting `{name}`, it knows {}", manifest.name, known.join(", ")),
    }
}

/// Puts every URL in the text through [`redact_url`].
fn hide_urls(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = [rest.find("https://"), rest.find("http://")].into_iter().flatten().min() {
        let (before, url) = rest.split_at_checked(at).unwrap_or((rest, ""));
        let end = url.find(|c: char| c.is_whitespace() || c.is_control() || "\"'`<>()[]{}|\\".contains(c));
        let (url, after) = url.split_at_checked(end.unwrap_or(url.len())).unwrap_or((url, ""));
        shown.push_str(before);
        match url.contains(['?', '@', '#']) {
            true => shown.push_str(&redact_url(url)),
            false => shown.push_str(url),
        }
        rest = after;
    }
    shown + rest
}

/// At most so many bytes, at a character's border.
pub(super) fn cut(mut text: String, most: usize) -> String {
    if text.len() > most {
        let end = (0..=most).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(end);
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests;
