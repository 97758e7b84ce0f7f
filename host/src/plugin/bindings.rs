//! What `wit/` says, as Rust: made by a macro, used by this trade alone. Nothing above it sees a type of here.

// Generated code keeps no house rules.
#![allow(missing_docs, unreachable_pub, clippy::all, clippy::as_conversions, clippy::unwrap_used, clippy::expect_used)]
#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_possible_wrap)]
#![allow(clippy::indexing_slicing, clippy::panic, clippy::todo, clippy::unimplemented, clippy::too_many_lines)]

pub(super) mod picker {
    wasmtime::component::bindgen!({
        path: "../wit",
        world: "lyrebird:plugin/picker-plugin",
        imports: {
            "lyrebird:plugin/http": async | trappable,
            "lyrebird:plugin/store": async | trappable,
            default: trappable,
        },
        exports: { default: async },
    });
}

pub(super) mod notifier {
    wasmtime::component::bindgen!({
        path: "../wit",
        world: "lyrebird:plugin/notifier-plugin",
        with: {
            "lyrebird:plugin/types": super::picker::lyrebird::plugin::types,
            "lyrebird:plugin/log": super::picker::lyrebird::plugin::log,
            "lyrebird:plugin/http": super::picker::lyrebird::plugin::http,
            "lyrebird:plugin/store": super::picker::lyrebird::plugin::store,
            "lyrebird:plugin/config": super::picker::lyrebird::plugin::config,
            "lyrebird:plugin/text": super::picker::lyrebird::plugin::text,
            "lyrebird:plugin/digest": super::picker::lyrebird::plugin::digest,
        },
        exports: { default: async },
    });
}
