//! Fixtures as files: with `LYREBIRD_SEEDS=DIR` the tests leave the bytes of every stream that they describe there, for
//! fuzzing to begin with.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::{env, fs};

/// Fixtures that are larger prove something of size and are no seeds.
const LARGEST: usize = 16 << 10;

/// Keeps a stream, if somebody asks for that.
pub(crate) fn keep(stream: &[u8]) {
    let Some(folder) = env::var_os("LYREBIRD_SEEDS").filter(|_| stream.len() <= LARGEST) else { return };
    let mut hasher = DefaultHasher::new();
    stream.hash(&mut hasher);
    fs::write(std::path::Path::new(&folder).join(format!("{:016x}", hasher.finish())), stream).expect("a seed is kept");
}
