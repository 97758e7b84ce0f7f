//! What stands between a viewer and a room, as several answers tell it in the same words.

use lyrebird_plugin::{Failure, clock, lenient};
use serde::Deserialize;

const HOUR: u32 = 60 * 60;

/// The platform's flags; one that is missing is not set.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Walls {
    #[serde(default, deserialize_with = "lenient::maybe")]
    is_locked: Option<bool>,
    #[serde(default, deserialize_with = "lenient::maybe")]
    lock_till: Option<String>,
    #[serde(default, deserialize_with = "lenient::maybe")]
    is_hidden: Option<bool>,
    #[serde(default, deserialize_with = "lenient::maybe")]
    hidden_till: Option<String>,
    #[serde(default, deserialize_with = "lenient::maybe")]
    encrypted: Option<bool>,
    #[serde(default, deserialize_with = "lenient::maybe")]
    pwd_verified: Option<bool>,
}

impl Walls {
    /// Whether any of them keeps people out.
    pub(crate) fn stand(&self) -> bool {
        self.judge("").is_err()
    }

    /// A failure where nobody gets in. A lock is a punishment that ends some day: the room is not gone.
    pub(crate) fn judge(&self, id: &str) -> Result<(), Failure> {
        let set = |flag: Option<bool>| flag == Some(true);
        if set(self.is_locked) {
            return Err(Failure::Forbidden(format!(
                "room {id} is locked by the platform{}",
                rest(self.lock_till.as_deref())
            )));
        }
        if set(self.is_hidden) {
            return Err(Failure::Forbidden(format!(
                "room {id} is hidden by the platform{}",
                rest(self.hidden_till.as_deref())
            )));
        }
        if set(self.encrypted) && !set(self.pwd_verified) {
            return Err(Failure::Forbidden(format!(
                "room {id} asks for a password\nhint: give it in a browser, and its cookie to this plugin"
            )));
        }
        Ok(())
    }
}

/// How long a wall will stand; nothing where that is not told.
fn rest(till: Option<&str>) -> String {
    let seconds = till.and_then(super::moment).map_or(0, |till| till.saturating_sub(clock::now()));
    if seconds == 0 { String::new() } else { format!(" for another {} h", seconds.div_ceil(HOUR)) }
}
