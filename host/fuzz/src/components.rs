//! Components of a few KiB that every part of the loader takes: the contract's worlds, implemented by functions that trap.

use std::path::Path;

use wit_component::{ComponentEncoder, StringEncoding, dummy_module, embed_component_metadata};
use wit_parser::{ManglingAndAbi, Resolve};

const MANIFEST: &str = "name = \"small\"\nversion = \"0.1.0\"\nrooms = [\"small.test/*\"]\nhosts = [\"small.test\"]\n";

/// One a world of `wit/`, each with a manifest.
pub fn components() -> Vec<Vec<u8>> {
    ["picker-plugin", "notifier-plugin"].map(component).into()
}

fn component(world: &str) -> Vec<u8> {
    let mut resolve = Resolve::default();
    let contract = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit");
    let (package, _) = resolve.push_dir(contract).expect("the contract can be read");
    let world = resolve.select_world(&[package], Some(world)).expect("the contract has this world");
    let mut module = dummy_module(&resolve, world, ManglingAndAbi::Standard32);
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).expect("the module takes its type");
    let mut encoder = ComponentEncoder::default().module(&module).expect("the module is one of this world");
    let mut component = encoder.encode().expect("the module becomes a component");
    component.extend(section("lyrebird:manifest", MANIFEST.as_bytes()));
    component
}

/// A custom section: all its lengths are shorter than 16 KiB.
fn section(name: &str, data: &[u8]) -> Vec<u8> {
    let length = |bytes: usize| [(bytes & 0x7f) as u8 | 0x80, (bytes >> 7) as u8];
    let content = [&length(name.len())[..], name.as_bytes(), data].concat();
    [&[0][..], &length(content.len()), &content].concat()
}
