//! Reading what platforms write loosely: numbers as strings, flags as 0 and 1, an empty array for an object.
//!
//! ```
//! # use lyrebird_plugin::{lenient, serde, serde_json};
//! #[derive(serde::Deserialize)]
//! # #[serde(crate = "lyrebird_plugin::serde")]
//! struct Data {
//!     #[serde(deserialize_with = "lenient::value")]
//!     live_status: u32,
//!     #[serde(default, deserialize_with = "lenient::maybe")]
//!     started: Option<u32>,
//! }
//! let data: Data = serde_json::from_str(r#"{"live_status": "1", "started": ""}"#)?;
//! assert_eq!((data.live_status, data.started), (1, None));
//! # Ok::<(), serde_json::Error>(())
//! ```

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, Expected, IgnoredAny, MapAccess, SeqAccess, Unexpected, Visitor};

/// A type that can be read from a number, a string or a flag, whichever the platform chose today.
pub trait Lenient: Sized {
    /// From a string; blanks around it are passed over.
    fn from_text(text: &str) -> Option<Self>;
    /// From a number without sign.
    fn from_unsigned(value: u64) -> Option<Self>;
    /// From a negative number.
    fn from_signed(value: i64) -> Option<Self>;
    /// From a number with a fraction.
    fn from_fraction(_value: f64) -> Option<Self> {
        None
    }
}

macro_rules! whole_numbers {
    ($($number:ty),*) => { $(
        impl Lenient for $number {
            fn from_text(text: &str) -> Option<Self> {
                text.trim().parse().ok()
            }
            fn from_unsigned(value: u64) -> Option<Self> {
                Self::try_from(value).ok()
            }
            fn from_signed(value: i64) -> Option<Self> {
                Self::try_from(value).ok()
            }
        }
    )* };
}
whole_numbers!(u8, u16, u32, u64, i8, i16, i32, i64);

impl Lenient for f64 {
    fn from_text(text: &str) -> Option<f64> {
        text.trim().parse().ok()
    }

    #[allow(clippy::as_conversions, reason = "the nearest f64 is meant; there is no `From`")]
    fn from_unsigned(value: u64) -> Option<f64> {
        Some(value as f64)
    }

    #[allow(clippy::as_conversions, reason = "the nearest f64 is meant; there is no `From`")]
    fn from_signed(value: i64) -> Option<f64> {
        Some(value as f64)
    }

    fn from_fraction(value: f64) -> Option<f64> {
        Some(value)
    }
}

impl Lenient for bool {
    fn from_text(text: &str) -> Option<bool> {
        match text.trim() {
            "0" | "false" | "" => Some(false),
            "1" | "true" => Some(true),
            _ => None,
        }
    }

    fn from_unsigned(value: u64) -> Option<bool> {
        match value {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }

    fn from_signed(_: i64) -> Option<bool> {
        None
    }
}

impl Lenient for String {
    fn from_text(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    fn from_unsigned(value: u64) -> Option<String> {
        Some(value.to_string())
    }

    fn from_signed(value: i64) -> Option<String> {
        Some(value.to_string())
    }

    fn from_fraction(value: f64) -> Option<String> {
        Some(value.to_string())
    }
}

/// For `#[serde(deserialize_with = "lenient::value")]`: `123`, `"123"`, and for flags `true`, `1`, `"1"`.
pub fn value<'de, T: Lenient, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    deserializer.deserialize_any(Loose(PhantomData))
}

/// For `#[serde(default, deserialize_with = "lenient::maybe")]`: as [`value`]; null, a blank string, and the empty array
/// or object that some platforms write for nothing, are none.
pub fn maybe<'de, T: Lenient, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    deserializer.deserialize_any(MaybeLoose(PhantomData))
}

/// For `#[serde(default, deserialize_with = "lenient::object")]`: an object; an empty array, as PHP writes an empty
/// object, and null are the default.
pub fn object<'de, T: Deserialize<'de> + Default, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    deserializer.deserialize_any(ObjectOrNothing(PhantomData))
}

/// For `#[serde(default, deserialize_with = "lenient::list")]`: an array; null and an empty object are an empty one.
pub fn list<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    deserializer.deserialize_any(ListOrNothing(PhantomData))
}

struct Loose<T>(PhantomData<T>);

impl<T: Lenient> Visitor<'_> for Loose<T> {
    type Value = T;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a number, or a string with one")
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<T, E> {
        T::from_unsigned(value).ok_or_else(|| E::invalid_value(Unexpected::Unsigned(value), &self))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<T, E> {
        T::from_signed(value).ok_or_else(|| E::invalid_value(Unexpected::Signed(value), &self))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<T, E> {
        T::from_fraction(value).ok_or_else(|| E::invalid_value(Unexpected::Float(value), &self))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<T, E> {
        let text = if value { "true" } else { "false" };
        T::from_text(text)
            .or_else(|| T::from_unsigned(u64::from(value)))
            .ok_or_else(|| E::invalid_type(Unexpected::Bool(value), &self))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        T::from_text(text).ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
    }
}

struct MaybeLoose<T>(PhantomData<T>);

impl<'de, T: Lenient> Visitor<'de> for MaybeLoose<T> {
    type Value = Option<T>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a number, a string with one, or nothing")
    }

    fn visit_unit<E: Error>(self) -> Result<Option<T>, E> {
        Ok(None)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Option<T>, E> {
        Loose(PhantomData).visit_u64(value).map(Some)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Option<T>, E> {
        Loose(PhantomData).visit_i64(value).map(Some)
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Option<T>, E> {
        Loose(PhantomData).visit_f64(value).map(Some)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Option<T>, E> {
        Loose(PhantomData).visit_bool(value).map(Some)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Option<T>, E> {
        if text.trim().is_empty() { Ok(None) } else { Loose(PhantomData).visit_str(text).map(Some) }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Option<T>, A::Error> {
        empty_seq(items, &self).map(|()| None)
    }

    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<Option<T>, A::Error> {
        empty_map(entries, &self).map(|()| None)
    }
}

struct ListOrNothing<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ListOrNothing<T> {
    type Value = Vec<T>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an array or nothing")
    }

    fn visit_unit<E: Error>(self) -> Result<Vec<T>, E> {
        Ok(Vec::new())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Vec<T>, A::Error> {
        Vec::deserialize(serde::de::value::SeqAccessDeserializer::new(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<Vec<T>, A::Error> {
        empty_map(entries, &self).map(|()| Vec::new())
    }
}

struct ObjectOrNothing<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de> + Default> Visitor<'de> for ObjectOrNothing<T> {
    type Value = T;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object or an empty array")
    }

    fn visit_unit<E: Error>(self) -> Result<T, E> {
        Ok(T::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<T, A::Error> {
        empty_seq(items, &self).map(|()| T::default())
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::deserialize(serde::de::value::MapAccessDeserializer::new(map))
    }
}

fn empty_seq<'de, A: SeqAccess<'de>>(mut items: A, wanted: &dyn Expected) -> Result<(), A::Error> {
    let first: Option<IgnoredAny> = items.next_element()?;
    first.map_or(Ok(()), |_| Err(A::Error::invalid_type(Unexpected::Seq, wanted)))
}

fn empty_map<'de, A: MapAccess<'de>>(mut entries: A, wanted: &dyn Expected) -> Result<(), A::Error> {
    let first: Option<(IgnoredAny, IgnoredAny)> = entries.next_entry()?;
    first.map_or(Ok(()), |_| Err(A::Error::invalid_type(Unexpected::Map, wanted)))
}

#[cfg(test)]
mod tests;
