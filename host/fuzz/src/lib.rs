//! What the targets share: an input as fields of text, first inputs, the ranges that no request may reach, and small
//! components that are real.
//!
//! The first inputs of a target are kept by the target itself when it starts, with `LYREBIRD_SEEDS=DIR`: they need what
//! it is built with anyhow.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::{env, fs};

mod components;
mod special;

pub use components::components;
pub use special::special;

/// Between the fields of an input.
pub const FIELD: char = '\0';

/// The input as text, cut into fields; one that is missing is empty.
pub fn fields<const N: usize>(input: &[u8]) -> [String; N] {
    let text = String::from_utf8_lossy(input);
    let mut fields = text.split(FIELD);
    std::array::from_fn(|_| fields.next().unwrap_or_default().to_owned())
}

/// The fields as an input.
pub fn input(fields: &[&str]) -> Vec<u8> {
    fields.join(&FIELD.to_string()).into_bytes()
}

/// Keeps the first inputs of a target, if somebody asks for that.
pub fn keep(seeds: impl IntoIterator<Item = impl AsRef<[u8]>>) {
    let Some(folder) = env::var_os("LYREBIRD_SEEDS") else { return };
    for seed in seeds {
        let mut hasher = DefaultHasher::new();
        seed.as_ref().hash(&mut hasher);
        fs::write(Path::new(&folder).join(format!("{:016x}", hasher.finish())), seed).expect("a seed is kept");
    }
}
