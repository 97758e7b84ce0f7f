use std::time::Duration;

use super::*;
use crate::plugin::anatomy::tests::component;

fn write(dir: &Path, name: &str, manifest: &str, age: u64) {
    fs::create_dir_all(dir).unwrap();
    let bytes = component(&format!("manifest {manifest}\nexport lyrebird:plugin/picker@0.1.0"));
    let file = dir.join(name);
    fs::write(&file, bytes).unwrap();
    let time = SystemTime::now() - Duration::from_secs(age);
    fs::File::options().write(true).open(file).unwrap().set_modified(time).unwrap();
}

#[test]
fn the_first_directory_then_the_version_then_the_change() {
    let root = std::env::temp_dir().join(format!("lyrebird-scan-{}", crate::event::new_id()));
    let (first, second) = (root.join("first"), root.join("second"));
    write(&first, "a-old.wasm", "name = \"a\";version = \"1.9.0\"", 10);
    write(&first, "a-new.wasm", "name = \"a\";version = \"1.10.0\"", 900);
    write(&second, "a-newest.wasm", "name = \"a\";version = \"2.0.0\"", 1);
    write(&second, "b-1.wasm", "name = \"b\";version = \"1.0.0\"", 500);
    write(&second, "b-2.wasm", "name = \"b\";version = \"1.0.0\"", 5);
    write(&second, ".b-draft.wasm", "name = \"b\";version = \"9.0.0\"", 5);
    fs::write(second.join("broken.wasm"), "nonsense").unwrap();
    fs::write(second.join("notes.txt"), "").unwrap();
    let (fates, unread) = scan(&[first, second, root.join("nowhere")]);
    let stem = |file: &Path| file.file_stem().unwrap().to_string_lossy().into_owned();
    let mut lines: Vec<String> = fates
        .iter()
        .map(|fate| match fate {
            Fate::Load(found) => format!("{} loads", stem(&found.file)),
            Fate::Shadowed(found, first) => format!("{} is shadowed by {}", stem(&found.file), stem(first)),
        })
        .collect();
    lines.sort();
    assert_eq!(
        lines,
        [
            "a-new loads",
            "a-newest is shadowed by a-new",
            "a-old is shadowed by a-new",
            "b-1 is shadowed by b-2",
            "b-2 loads",
            "broken loads",
        ]
    );
    assert_eq!(unread.len(), 1);
    fs::remove_dir_all(root).unwrap();
}
