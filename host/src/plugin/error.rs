//! Why a plugin was not loaded, and why a call of one has no answer: an enum each, a variant for every path that the
//! caller takes, words that a person can act on.

mod call;
mod load;

pub use call::CallError;
pub use load::LoadError;

#[cfg(test)]
mod tests;
