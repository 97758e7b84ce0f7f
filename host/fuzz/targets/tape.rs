//! Any text as a tape: reading never panics, what is taken is read again as it is written, and what is wrong has a line.
#![no_main]

use std::fs;
use std::path::Path;

use libfuzzer_sys::fuzz_target;
use lyrebird::plugin::fuzzing::tape;
use lyrebird_fuzz::keep;

/// The tapes of all plugins that are shipped.
fn tapes() -> Vec<String> {
    let plugins = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins");
    let folders = fs::read_dir(plugins).expect("the plugins").flatten().map(|plugin| plugin.path().join("tapes"));
    let files = folders.filter_map(|folder| fs::read_dir(folder).ok()).flatten().flatten();
    files.map(|file| fs::read_to_string(file.path()).expect("a tape")).collect()
}

fuzz_target!(
    init: keep(tapes()),
    |input: &[u8]| {
        match tape(&String::from_utf8_lossy(input)) {
            Ok(written) => assert_eq!(tape(&written).as_ref(), Ok(&written), "it is another when it is read again"),
            Err(why) => assert!(why.starts_with("line ") || why.starts_with("it has no line"), "{why}"),
        }
    }
);
