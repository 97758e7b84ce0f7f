//! Any bytes as a plugin's file: read, compiled, linked, started and asked, as far as they go. Whatever comes is told in
//! few words; it never panics, and neither time nor memory is without bound.
#![no_main]

use std::sync::LazyLock;
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use lyrebird::config::{Limits, Size, Span};
use lyrebird::plugin::fuzzing::Trial;
use lyrebird_fuzz::{components, keep};
use tokio::runtime::{Builder, Runtime};

/// The longest that is said about a file.
const MOST_WORDS: usize = 4 << 10;

/// Less than a plugin has, so that many are tried.
fn limits() -> Limits {
    let span = |ms| Some(Span(Duration::from_millis(ms)));
    Limits { cpu: span(50), resolve: span(1_000), memory: Some(Size(16 << 20)), ..Limits::default() }
}

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_current_thread().enable_time().build().expect("a runtime"));
static TRIAL: LazyLock<Trial> = LazyLock::new(|| Trial::new(limits()).expect("the engine starts"));

fuzz_target!(
    init: {
        let whole = components();
        // Without a sample, what is whole is taken: else the target would never come so far.
        whole.iter().for_each(|wasm| load(wasm).expect("a small component is a plugin"));
        keep(whole.iter().flat_map(|wasm| [wasm.clone(), wasm[..wasm.len() / 2].to_vec()]));
    },
    |input: &[u8]| {
        if let Err(why) = load(input) {
            assert!(!why.is_empty() && why.len() <= MOST_WORDS, "{} bytes are said", why.len());
        }
    }
);

fn load(wasm: &[u8]) -> Result<(), String> {
    RUNTIME.block_on(TRIAL.load(wasm.to_vec())).map_err(|error| error.to_string())
}
