//! What wit-bindgen makes of the contract. Plugins see it through the crate's other rooms and the export macros.
//!
//! The imports and the shared types are made once; each exporting world refers to them, so that one plugin may export
//! a picker and a notifier both.

// SAFETY: wit-bindgen's business: it passes values to the host and back by the canonical ABI.
#![allow(
    missing_docs,
    unreachable_pub,
    unsafe_code,
    clippy::all,
    clippy::restriction,
    reason = "generated code, which the house rules cannot bind"
)]

wit_bindgen::generate!({
    path: "../wit",
    world: "imports",
    generate_unused_types: true,
    additional_derives: [PartialEq],
    additional_type_attributes: {
        "lyrebird:plugin/types@0.1.0/broadcast": [#[derive(Default)]],
        "lyrebird:plugin/types@0.1.0/quality": [#[derive(Default)]],
        "lyrebird:plugin/types@0.1.0/wish": [#[derive(Default)]],
    },
    runtime_path: "::lyrebird_plugin::wit_bindgen::rt",
});

/// The `picker-plugin` world: what the export macro needs.
pub mod picker {
    wit_bindgen::generate!({
        path: "../wit",
        world: "picker-plugin",
        additional_derives: [PartialEq],
        pub_export_macro: true,
        runtime_path: "::lyrebird_plugin::wit_bindgen::rt",
        default_bindings_module: "::lyrebird_plugin::bindings::picker",
        with: {
            "lyrebird:plugin/types@0.1.0": crate::bindings::lyrebird::plugin::types,
            "lyrebird:plugin/log@0.1.0": crate::bindings::lyrebird::plugin::log,
            "lyrebird:plugin/http@0.1.0": crate::bindings::lyrebird::plugin::http,
            "lyrebird:plugin/store@0.1.0": crate::bindings::lyrebird::plugin::store,
            "lyrebird:plugin/config@0.1.0": crate::bindings::lyrebird::plugin::config,
            "lyrebird:plugin/text@0.1.0": crate::bindings::lyrebird::plugin::text,
            "lyrebird:plugin/digest@0.1.0": crate::bindings::lyrebird::plugin::digest,
        },
    });
}

/// The `notifier-plugin` world: what the export macro needs.
pub mod notifier {
    wit_bindgen::generate!({
        path: "../wit",
        world: "notifier-plugin",
        additional_derives: [PartialEq],
        additional_type_attributes: {
            "lyrebird:plugin/notifier@0.1.0/event": [#[derive(Default)]],
        },
        pub_export_macro: true,
        runtime_path: "::lyrebird_plugin::wit_bindgen::rt",
        default_bindings_module: "::lyrebird_plugin::bindings::notifier",
        with: {
            "lyrebird:plugin/types@0.1.0": crate::bindings::lyrebird::plugin::types,
            "lyrebird:plugin/log@0.1.0": crate::bindings::lyrebird::plugin::log,
            "lyrebird:plugin/http@0.1.0": crate::bindings::lyrebird::plugin::http,
            "lyrebird:plugin/store@0.1.0": crate::bindings::lyrebird::plugin::store,
            "lyrebird:plugin/config@0.1.0": crate::bindings::lyrebird::plugin::config,
            "lyrebird:plugin/text@0.1.0": crate::bindings::lyrebird::plugin::text,
            "lyrebird:plugin/digest@0.1.0": crate::bindings::lyrebird::plugin::digest,
        },
    });
}
