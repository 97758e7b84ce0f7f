use std::fs;

use super::*;
use crate::plugin::anatomy::tests::component as of;

const PICKER: &str = "import lyrebird:plugin/http@0.1.0\ninstance\nexport lyrebird:plugin/picker@0.1.0";
const MANIFEST: &str = "name = \"tiny\"\nversion = \"1.2.3\"";

/// A folder of its own with a component, a manifest, and room for a plugin.
struct Place(PathBuf);

impl Place {
    fn new(component: &[u8], manifest: &str) -> Place {
        let dir = std::env::temp_dir().join(format!("lyrebird-carry-{}", crate::event::new_id()));
        fs::create_dir(&dir).unwrap();
        let place = Place(dir);
        fs::write(place.file("component"), component).unwrap();
        fs::write(place.file("plugin.toml"), manifest).unwrap();
        place
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn build(&self, component: &str) -> Result<Description, String> {
        let (component, manifest, output) = (self.file(component), self.file("plugin.toml"), self.file("out.wasm"));
        build(&component, &manifest, &output).map_err(|error| format!("{:#}", anyhow::Error::new(error)))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

#[test]
fn a_component_and_its_manifest_become_a_plugin_that_replaces_the_one_before() {
    let place = Place::new(&of(PICKER), MANIFEST);
    fs::write(place.file("out.wasm"), "the one before").unwrap();
    let built = place.build("component").unwrap();
    assert_eq!((built.name.as_str(), built.version.as_deref()), ("tiny", Some("1.2.3")));
    assert_eq!(built.kinds, ["picker"]);
    let found = listing::inspect(&place.file("out.wasm")).unwrap();
    assert_eq!(found.sha256, built.sha256, "what is told is what was written");
    assert_eq!(fs::read_dir(&place.0).unwrap().count(), 3, "no draft is left");

    let once = fs::read(place.file("out.wasm")).unwrap();
    place.build("out.wasm").unwrap();
    assert_eq!(fs::read(place.file("out.wasm")).unwrap(), once, "what it carries already is not put in again");
    fs::write(place.file("plugin.toml"), MANIFEST.replace("1.2.3", "1.2.4")).unwrap();
    let error = place.build("out.wasm").unwrap_err();
    assert!(error.contains("carries another manifest already\nhint: "), "{error}");
    assert_eq!(fs::read(place.file("out.wasm")).unwrap(), once);
}

/// The sizes of a section are of one byte up to 127, of two up to 16,383.
#[test]
fn manifests_of_any_size_come_back_as_they_were() {
    for length in [100, 127, 128, 129, 16_383, 16_384, 65_000] {
        let place = Place::new(&of(PICKER), &format!("{MANIFEST}\n#{}", "x".repeat(length)));
        place.build("component").unwrap_or_else(|error| panic!("{length}: {error}"));
        let held = anatomy::manifests(&fs::read(place.file("out.wasm")).unwrap()).unwrap();
        assert_eq!(held, [fs::read(place.file("plugin.toml")).unwrap()], "{length}");
    }
}

#[test]
fn what_makes_no_plugin_is_told_and_leaves_what_was_there() {
    let whole = of(PICKER);
    let cut = whole.get(..whole.len() - 3).unwrap();
    let long = format!("{MANIFEST}\n#{}", "x".repeat(manifest::LONGEST));
    for (component, manifest, says) in [
        (&b"\0asm\x01\0\0\0"[..], MANIFEST, "it is a core module"),
        (cut, MANIFEST, "the file is incomplete"),
        (&whole, "name = \"tiny\"", "bad manifest: "),
        (&whole, &long, "bad manifest: "),
        (&of("instance\nexport somebody:else/thing@1.0.0"), MANIFEST, "it exports neither"),
    ] {
        let place = Place::new(component, manifest);
        fs::write(place.file("out.wasm"), "the one before").unwrap();
        let error = place.build("component").unwrap_err();
        assert!(error.contains(says), "{says}: {error}");
        assert_eq!(fs::read(place.file("out.wasm")).unwrap(), b"the one before");
        assert_eq!(fs::read_dir(&place.0).unwrap().count(), 3, "no draft is left");
    }
}
