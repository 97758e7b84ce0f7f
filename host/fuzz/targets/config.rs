//! Any text as `lyrebird.toml`: reading never panics, and an error names a place that is in the text.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use lyrebird::config::{ConfigError, DEFAULT_TEXT, Rate, Size, Span, parse};
use lyrebird_fuzz::keep;

const SEEDS: [&str; 4] = [
    DEFAULT_TEXT,
    "[output]\ndir = 'a'\nname = '{{ title }}'\nsplit = { size = '2GiB', duration = '1h30m', title = true }\n\
     [check]\ninterval = 30\njitter = 0.5\nrate = '2/s'\n[http]\nproxy = 'http://u:p@h:1'\nip = '4'",
    "[plugin.a]\ncookie = { env = 'C' }\nsettings = { k = 1, l = true }\nlimits = { cpu = '1s', memory = '64MiB' }\n\
     hosts = { 'a.test' = 'http://127.0.0.1:1' }\n[[notify]]\nname = 'n'\nplugin = 'a'\non = ['session_started']",
    "[[room]]\nurl = 'https://a.test/1'\nquality = ['source']\nnotify = []\n[rooms]\nfile = 'rooms.txt'\n\
     [plugins]\nallow_private_hosts = ['10.0.0.0/8']\napprove = 'ask'",
];

fuzz_target!(
    init: keep(SEEDS),
    |input: &[u8]| {
        let text = String::from_utf8_lossy(input);
        let _ = (text.parse::<Span>(), text.parse::<Size>(), text.parse::<Rate>());
        if let Err(error) = parse(Path::new("lyrebird.toml"), &text) {
            assert!(!error.to_string().is_empty());
            is_in(&text, &error);
        }
    }
);

fn is_in(text: &str, error: &ConfigError) {
    match error {
        ConfigError::Wrong { line, column, message, .. } => {
            // TOML ends lines with `\n` alone; an error may stand behind the last one.
            let lines: Vec<&str> = text.split('\n').collect();
            assert!(*line <= lines.len(), "line {line} of {}: {message}", lines.len());
            let letters = line.checked_sub(1).map(|index| lines[index].chars().count());
            assert!(letters.is_none_or(|letters| (1..=letters + 1).contains(column)), "{line}:{column}: {message}");
        }
        ConfigError::Several(errors) => errors.iter().for_each(|error| is_in(text, error)),
        ConfigError::Io(..) | ConfigError::Secret(..) | ConfigError::Cookie(..) => {
            panic!("a text alone was read: {error}")
        }
    }
}
