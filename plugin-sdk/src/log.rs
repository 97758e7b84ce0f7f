//! Log lines: [`trace!`](crate::trace), [`debug!`](crate::debug), [`info!`](crate::info), [`warn!`](crate::warn),
//! [`error!`](crate::error), with the arguments of `format!`. Never put a cookie or a signed URL into one: the host
//! takes out what it knows to be secret, but it does not know all.

pub use crate::bindings::lyrebird::plugin::log::Level;

/// Writes one line; the macros are more comfortable.
pub fn write(level: Level, message: &str) {
    crate::imports::write(level, message);
}

/// Every step; for the plugin's author.
#[macro_export]
macro_rules! trace {
    ($($argument:tt)*) => { $crate::log::write($crate::log::Level::Trace, &::std::format!($($argument)*)) };
}

/// What a call found out.
#[macro_export]
macro_rules! debug {
    ($($argument:tt)*) => { $crate::log::write($crate::log::Level::Debug, &::std::format!($($argument)*)) };
}

/// Worth knowing for the user, once in a while.
#[macro_export]
macro_rules! info {
    ($($argument:tt)*) => { $crate::log::write($crate::log::Level::Info, &::std::format!($($argument)*)) };
}

/// Something was lost or guessed, and the plugin went on.
#[macro_export]
macro_rules! warn {
    ($($argument:tt)*) => { $crate::log::write($crate::log::Level::Warn, &::std::format!($($argument)*)) };
}

/// The plugin cannot do its work.
#[macro_export]
macro_rules! error {
    ($($argument:tt)*) => { $crate::log::write($crate::log::Level::Error, &::std::format!($($argument)*)) };
}
