//! Failures: how they are made, and what of the imports' errors becomes which. The host decides by the case alone, so
//! the mapping here is the plugin's half of the contract.

use crate::bindings::lyrebird::plugin::store::Error as StoreError;
use crate::http::{Error, NoAnswer};
use crate::{Failure, Retry};

impl Failure {
    /// The platform asks us to slow down, for so many seconds where it says so.
    pub fn rate_limited(message: impl Into<String>, after_seconds: Option<u32>) -> Failure {
        Failure::RateLimited(Retry { message: message.into(), after_seconds })
    }

    /// The platform answered something that this plugin cannot read.
    pub fn unexpected(message: impl Into<String>) -> Failure {
        Failure::UnexpectedAnswer(message.into())
    }

    /// The case's name in the contract.
    pub fn kind(&self) -> &'static str {
        match self {
            Failure::InvalidRoom(_) => "invalid-room",
            Failure::Gone(_) => "gone",
            Failure::LoginRequired(_) => "login-required",
            Failure::Forbidden(_) => "forbidden",
            Failure::RateLimited(_) => "rate-limited",
            Failure::UnexpectedAnswer(_) => "unexpected-answer",
            Failure::Network(_) => "network",
            Failure::Other(_) => "other",
        }
    }

    /// The text for people.
    pub fn message(&self) -> &str {
        match self {
            Failure::InvalidRoom(text)
            | Failure::Gone(text)
            | Failure::LoginRequired(text)
            | Failure::Forbidden(text)
            | Failure::UnexpectedAnswer(text)
            | Failure::Network(text)
            | Failure::Other(text) => text,
            Failure::RateLimited(retry) => &retry.message,
        }
    }
}

/// What the plugin did wrong (`denied`, `invalid-request`) is `other`; what the net did is `network`.
impl From<NoAnswer> for Failure {
    fn from(none: NoAnswer) -> Failure {
        let text = none.to_string();
        match none.error {
            Error::Denied(_) | Error::InvalidRequest(_) => Failure::Other(text),
            Error::Timeout | Error::Dns(_) | Error::Connect(_) | Error::Tls(_) | Error::Io(_) => Failure::Network(text),
        }
    }
}

/// A store that fails is the host's trouble or the plugin's fault, never the platform's.
impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Failure {
        Failure::Other(match error {
            StoreError::TooLarge => "the store takes no value of this size".to_owned(),
            StoreError::Quota => "the plugin's store is full".to_owned(),
            StoreError::Io(text) => format!("the store failed: {text}"),
        })
    }
}
