//! Plugins.

mod bindings;
