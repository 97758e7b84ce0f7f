//! Spans, sizes and rates as people write them: `"30s"`, `"2GiB"`, `"2/s"`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Deserializer, de::Error as _};

/// A span of time: a number with `ms`, `s`, `m`, `h` or `d`, several of them in a row (`1h30m`), or a bare number of
/// seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(pub Duration);

/// A size in bytes: a number with `B`, `KB`, `MB`, `GB`, `TB` (thousands) or `KiB`, `MiB`, `GiB`, `TiB` (1,024), or a
/// bare number of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size(pub u64);

/// Bytes and media time below which a file would hold less than a group of any stream.
pub const LEAST_SIZE: Size = Size(100_000);
/// The same as a span.
pub const LEAST_SPAN: Span = Span(Duration::from_secs(1));

/// So many a time: `2/s`, `30/m`, `100/h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How many.
    pub count: u32,
    /// In what time.
    pub per: Duration,
}

/// `[output] sync`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Syncs {
    /// What has come is synced once in so long, which is more than nothing; all of it at a file's end.
    Each(Duration),
    /// The system writes media when it likes.
    Off,
}

impl Syncs {
    /// How often; none for never.
    pub fn each(self) -> Option<Duration> {
        match self {
            Syncs::Each(span) => Some(span),
            Syncs::Off => None,
        }
    }
}

/// Text that is no span, size or rate; says what is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitError(String);

impl fmt::Display for UnitError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl std::error::Error for UnitError {}

/// Splits off a leading decimal number; none if there is none or it is out of range.
fn number(text: &str) -> Option<(f64, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (digits, rest) = text.split_at_checked(end)?;
    digits.parse().ok().filter(|value: &f64| value.is_finite()).map(|value| (value, rest))
}

impl FromStr for Span {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let wrong = || UnitError(format!("`{text}` is no span of time, write it as `30s`, `500ms`, `1h30m` or `2d`"));
        let mut rest = text.trim();
        let mut seconds = 0.0;
        if rest.is_empty() {
            return Err(wrong());
        }
        while !rest.is_empty() {
            let (value, tail) = number(rest).ok_or_else(wrong)?;
            let end = tail.find(|c: char| c.is_ascii_digit()).unwrap_or(tail.len());
            let (unit, tail) = tail.split_at_checked(end).ok_or_else(wrong)?;
            seconds += value
                * match unit.trim() {
                    "ms" => 0.001,
                    "" | "s" => 1.0,
                    "m" | "min" => 60.0,
                    "h" => 3_600.0,
                    "d" => 86_400.0,
                    _ => return Err(wrong()),
                };
            rest = tail;
        }
        Duration::try_from_secs_f64(seconds).map(Span).map_err(|_| wrong())
    }
}

impl FromStr for Syncs {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        if text.trim() == "off" {
            return Ok(Syncs::Off);
        }
        let wrong = |_| UnitError(format!("`{text}` is no span of time, write it as `5s` or `1m`, or `off`"));
        text.parse().map(|Span(each)| Syncs::Each(each)).map_err(wrong)
    }
}

impl FromStr for Size {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let wrong = || UnitError(format!("`{text}` is no size, write it as `8GiB`, `500MB` or `1048576`"));
        let (value, unit) = number(text.trim()).ok_or_else(wrong)?;
        let factor: f64 = match unit.trim().to_ascii_lowercase().as_str() {
            "" | "b" => 1.0,
            "k" | "kb" => 1e3,
            "m" | "mb" => 1e6,
            "g" | "gb" => 1e9,
            "t" | "tb" => 1e12,
            "kib" => 1024.0,
            "mib" => 1_048_576.0,
            "gib" => 1_073_741_824.0,
            "tib" => 1_099_511_627_776.0,
            _ => return Err(wrong()),
        };
        // Through seconds: the standard library has no checked way from `f64` to `u64`.
        let whole = Duration::try_from_secs_f64((value * factor).floor()).map_err(|_| wrong())?;
        Ok(Size(whole.as_secs()))
    }
}

impl FromStr for Rate {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let wrong = || UnitError(format!("`{text}` is no rate, write it as `2/s`, `30/m` or `100/h`"));
        let (count, unit) = text.trim().split_once('/').ok_or_else(wrong)?;
        let count = count.trim().parse().ok().filter(|count| *count > 0).ok_or_else(wrong)?;
        let per = match unit.trim() {
            "s" => 1,
            "m" | "min" => 60,
            "h" => 3_600,
            _ => return Err(wrong()),
        };
        Ok(Rate { count, per: Duration::from_secs(per) })
    }
}

/// Takes what TOML has: a string by `FromStr`, a number as its text.
fn from_toml<'de, D: Deserializer<'de>, T: FromStr<Err = UnitError>>(deserializer: D) -> Result<T, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Text(String),
        Whole(u64),
    }
    let text = match Written::deserialize(deserializer)? {
        Written::Text(text) => text,
        Written::Whole(number) => number.to_string(),
    };
    text.parse().map_err(D::Error::custom)
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_toml(deserializer)
    }
}

impl<'de> Deserialize<'de> for Syncs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_toml(deserializer)
    }
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_toml(deserializer)
    }
}

impl<'de> Deserialize<'de> for Rate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_toml(deserializer)
    }
}
