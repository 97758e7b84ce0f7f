use super::*;

const TINY: &str = "name = \"tiny\"\nversion = \"1.2.3\"";

/// A section: its number, its size, its content. All of these are shorter than 128 bytes.
fn section(number: u8, content: &[u8]) -> Vec<u8> {
    [&[number, u8::try_from(content.len()).unwrap()], content].concat()
}

fn name(text: &str) -> Vec<u8> {
    [&[u8::try_from(text.len()).unwrap()], text.as_bytes()].concat()
}

fn manifest_section(text: &str) -> Vec<u8> {
    section(0, &[&name(SECTION)[..], text.as_bytes()].concat())
}

/// A component by hand, from the words that tests are written in: `import NAME`, `export NAME`, `manifest`,
/// `inner-manifest` (in a nested core module, as a linker leaves it).
pub(in crate::plugin) fn component(words: &str) -> Vec<u8> {
    let mut bytes = b"\0asm\x0d\0\x01\0".to_vec();
    for line in words.lines().map(str::trim).filter(|line| !line.is_empty()) {
        bytes.extend(match line.split_once(' ').unwrap_or((line, "")) {
            ("manifest", "") => manifest_section(TINY),
            ("manifest", text) => manifest_section(&text.replace(';', "\n")),
            ("inner-manifest", _) => section(1, &[b"\0asm\x01\0\0\0".to_vec(), manifest_section(TINY)].concat()),
            // An import of an instance of the first type, an instance without exports, an export of the first one.
            ("import", text) => section(10, &[&[1, 0][..], &name(text), &[5, 0]].concat()),
            ("instance", _) => section(5, &[1, 1, 0]),
            ("export", text) => section(11, &[&[1, 0][..], &name(text), &[5, 0, 0]].concat()),
            other => panic!("{other:?}"),
        });
    }
    bytes
}

/// What is said of a component.
fn check(words: &str, says: &str) {
    match read(&component(words)).1 {
        Ok(found) => {
            let kinds: Vec<&str> = found.kinds.iter().map(|kind| kind.word()).collect();
            assert_eq!(format!("{} {} {}", found.manifest.label(), kinds.join("+"), found.contract), says, "{words}");
        }
        Err(error) => assert_eq!(error.to_string().lines().next().unwrap(), says, "{words}"),
    }
}

#[test]
fn kinds_and_contract_come_from_the_rim_and_the_manifest_from_anywhere() {
    check("manifest\nexport lyrebird:plugin/picker@0.1.0", "tiny@1.2.3 picker 0.1.0");
    check("inner-manifest\nexport lyrebird:plugin/notifier@0.1.0", "tiny@1.2.3 notifier 0.1.0");
    check(
        "import lyrebird:plugin/http@0.1.0
         import wasi:io/streams@0.2.6
         export lyrebird:plugin/picker@0.1.0
         export lyrebird:plugin/notifier@0.1.0
         export somebody:else/thing@7.0.0
         manifest",
        "tiny@1.2.3 picker+notifier 0.1.0",
    );
}

#[test]
fn every_fault_has_its_own_words() {
    let picker = "manifest\nexport lyrebird:plugin/picker@0.1.0\n";
    check(
        "export lyrebird:plugin/picker@0.1.0",
        "bad manifest: the file carries none (custom section `lyrebird:manifest`)",
    );
    check("manifest name = \"x\"", "bad manifest: line 1: missing field `version`");
    check(&format!("{picker}manifest name = \"y\""), "bad manifest: the file carries 2 different ones");
    check(
        &format!("{picker}import lyrebird:plugin/http@0.2.0"),
        "built for `lyrebird:plugin/http@0.2.0`, this host speaks `0.1.0`",
    );
    check(
        &format!("{picker}import lyrebird:plugin/chat@0.1.1"),
        "built for `lyrebird:plugin/chat@0.1.1`, this host speaks `0.1.0`",
    );
    check(
        "manifest\nexport lyrebird:plugin/picker@0.2.0",
        "built for `lyrebird:plugin/picker@0.2.0`, this host speaks `0.1.0`",
    );
    for missing in ["lyrebird:plugin/chat@0.1.0", "wasi:http/outgoing-handler@0.2.6", "wasi:cli/stderr@0.3.0", "env"] {
        check(&format!("{picker}import {missing}"), &format!("imports `{missing}`, which this host does not offer"));
    }
    check(
        "manifest\nexport somebody:else/thing@1.0.0",
        "does not fit the contract: it exports neither `lyrebird:plugin/picker@0.1.0` nor `lyrebird:plugin/notifier@0.1.0`",
    );
}

/// Names of the component model are as long as the file.
#[test]
fn a_long_name_is_told_in_few_words() {
    let long = "x".repeat(20_000);
    let mut wasm = component("manifest\nexport lyrebird:plugin/picker@0.1.0");
    // Lengths of three bytes, seven bits each.
    let seven = |bits: usize| u8::try_from(bits & 0x7f).unwrap();
    let length = |bytes: usize| [seven(bytes) | 0x80, seven(bytes >> 7) | 0x80, seven(bytes >> 14)];
    let content = [&[1, 0][..], &length(long.len()), long.as_bytes(), &[5, 0]].concat();
    wasm.extend([&[10][..], &length(content.len()), &content].concat());
    let error = read(&wasm).1.unwrap_err();
    assert!(matches!(&error, LoadError::MissingImport(name) if name.len() < 250), "{error}");
}

#[test]
fn what_is_no_component_or_not_whole_is_told_apart() {
    let says = |bytes: &[u8]| read(bytes).1.unwrap_err().to_string().lines().next().unwrap().to_owned();
    assert_eq!(says(b"<!DOCTYPE html>"), "not a WebAssembly component: it does not begin like WebAssembly");
    assert_eq!(says(b"\0asm\x01\0\0\0"), "not a WebAssembly component: it is a core module");
    assert_eq!(says(b""), "the file is incomplete");
    let whole = component("inner-manifest\nexport lyrebird:plugin/picker@0.1.0");
    for length in 0..whole.len() {
        let error = read(&whole[..length]).1.unwrap_err();
        // Cut between two sections it is a whole file that says less.
        let fits = matches!(error, LoadError::Incomplete | LoadError::BadManifest(_) | LoadError::ContractMismatch(_));
        assert!(fits, "{length}: {error}");
    }
}

#[test]
fn the_contract_is_the_one_of_the_wit_folder() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit");
    let mut interfaces = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        assert!(text.contains(&format!("package {PACKAGE}@{CONTRACT};")));
        let declared = text.lines().filter_map(|line| line.strip_prefix("interface "));
        interfaces.extend(declared.map(|rest| rest.split_whitespace().next().unwrap().to_owned()));
    }
    for interface in interfaces {
        let known = OFFERED.contains(&&*interface) || ["picker", "notifier"].contains(&&*interface);
        assert!(known, "`{interface}` is in wit/ and unknown here");
    }
}

/// What the compiler keeps of components within components grows with the square of their number.
#[test]
fn a_file_has_so_many_parts_and_no_more() {
    let leb = |mut number: usize| {
        let mut bytes = Vec::new();
        while number > 0x7f {
            bytes.push(u8::try_from(number & 0x7f).unwrap() | 0x80);
            number >>= 7;
        }
        bytes.push(u8::try_from(number).unwrap());
        bytes
    };
    let within = |inner: Vec<u8>| [b"\0asm\x0d\0\x01\0\x04".to_vec(), leb(inner.len()), inner].concat();
    let deep = |levels: usize| (0..levels).fold(b"\0asm\x0d\0\x01\0".to_vec(), |inner, _| within(inner));
    let says = |bytes: &[u8]| read(bytes).1.unwrap_err().to_string().lines().next().unwrap().to_owned();
    let bare = "bad manifest: the file carries none (custom section `lyrebird:manifest`)";
    let refused = "not a WebAssembly component: more than 1000 parts, or nested more than 100 deep";
    assert_eq!(says(&deep(100)), bare);
    assert_eq!(says(&deep(101)), refused);
    assert_eq!(says(&deep(20_000)), refused);
    let wide = |parts: usize| [b"\0asm\x0d\0\x01\0".to_vec(), section(4, b"\0asm\x0d\0\x01\0").repeat(parts)].concat();
    assert_eq!(says(&wide(1_000)), bare);
    assert_eq!(says(&wide(1_001)), refused);
}

/// Names of imports and values of keys are the file's own words: on one line, and cut.
#[test]
fn what_a_file_says_is_told_on_one_line() {
    let picker = "manifest\nexport lyrebird:plugin/picker@0.1.0\n";
    check(&format!("{picker}import a\u{1b}[2Jb"), "imports `a\\u{1b}[2Jb`, which this host does not offer");
    check(
        "manifest name = \"\\u001b[2Ja\\nhint: b\";version = \"1.0.0\"",
        "bad manifest: `name = \"\\u{1b}[2Ja\\nhint: b\"`: it takes lower-case letters, digits and dashes, a letter first, \
         at most 40",
    );
    assert!(shown(&"a".repeat(100_000)).len() < 2_000);
}
