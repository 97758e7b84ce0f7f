//! From the traits to the exports of a component, and the manifest into its file.

use std::marker::PhantomData;

use crate::bindings::notifier::exports::lyrebird::plugin::notifier::Guest as NotifierGuest;
use crate::bindings::picker::exports::lyrebird::plugin::picker::Guest as PickerGuest;
use crate::{Candidate, Event, Failure, Notifier, Picker, Room, Verdict, Wish};

/// Stands between the generated exports and a plugin's type.
#[doc(hidden)]
#[derive(Debug)]
pub struct Exported<T>(PhantomData<T>);

impl<T: Picker> PickerGuest for Exported<T> {
    fn resolve(input: String) -> Result<String, Failure> {
        T::resolve(&input)
    }

    fn check(rooms: Vec<Room>) -> Vec<Verdict> {
        T::check(&rooms).unwrap_or_else(|failure| rooms.iter().map(|_| Err(failure.clone())).collect())
    }

    fn streams(room: Room, wish: Wish) -> Result<Vec<Candidate>, Failure> {
        T::streams(&room, &wish)
    }
}

impl<T: Notifier> NotifierGuest for Exported<T> {
    fn announce(event: Event) -> Result<Option<String>, Failure> {
        T::announce(&event)
    }

    fn find(event: Event) -> Result<Option<String>, Failure> {
        T::find(&event)
    }

    fn retract(event: Event, receipt: String) -> Result<(), Failure> {
        T::retract(&event, &receipt)
    }
}

/// Makes this crate a component with the given [`Picker`], and carries the crate's `plugin.toml` in it.
///
/// Once a crate. Nothing but a check of the type remains where the target is not wasm.
#[macro_export]
macro_rules! export_picker {
    ($picker:ty) => {
        const _: () = {
            #[cfg(target_arch = "wasm32")]
            type LyrebirdPicker = $crate::Exported<$picker>;
            const fn is_a_picker<T: $crate::Picker>() {}
            is_a_picker::<$picker>();

            #[cfg(target_arch = "wasm32")]
    $crate::bindings::picker::export!(LyrebirdPicker with_types_in $crate::bindings::picker);
        };
        $crate::__carry_manifest!();
    };
}

/// Makes this crate a component with the given [`Notifier`], and carries the crate's `plugin.toml` in it.
///
/// Once a crate; for a plugin that is a picker too, write `export_notifier!(Type, beside picker)`: the manifest is in
/// the file only once.
#[macro_export]
macro_rules! export_notifier {
    ($notifier:ty) => {
        $crate::export_notifier!($notifier, beside picker);
        $crate::__carry_manifest!();
    };
    ($notifier:ty, beside picker) => {
        const _: () = {
            const fn is_a_notifier<T: $crate::Notifier>() {}
            is_a_notifier::<$notifier>();

            #[cfg(target_arch = "wasm32")]
            #[cfg(target_arch = "wasm32")]
            type LyrebirdNotifier = $crate::Exported<$notifier>;
            #[cfg(target_arch = "wasm32")]
            $crate::bindings::notifier::export!(LyrebirdNotifier with_types_in $crate::bindings::notifier);
        };
    };
}

/// The crate's `plugin.toml` as the custom section that the host reads before anything of the plugin runs.
#[doc(hidden)]
#[macro_export]
macro_rules! __carry_manifest {
    () => {
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            const MANIFEST: &[u8] = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/plugin.toml"));

            // SAFETY: a custom section is data beside the program: nothing refers to it and nothing can be overlaid.
            #[allow(unsafe_code, reason = "link_section is the only way to a custom section")]
            #[used]
            #[unsafe(link_section = "lyrebird:manifest")]
            static SECTION: [u8; MANIFEST.len()] = *MANIFEST.as_array().unwrap();
        };
    };
}

#[cfg(test)]
mod tests;
