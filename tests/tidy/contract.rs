//! Rules of the plugin contract: no 64-bit integers, no `async`, every item documented.

use super::{Text, none, texts, without_comment};

fn contract() -> Vec<Text> {
    let files: Vec<Text> =
        texts().into_iter().filter(|file| file.is_below("wit/") && file.path.ends_with(".wit")).collect();
    assert!(!files.is_empty(), "where is the contract?");
    files
}

/// Of the two JavaScript engines one wants BigInt, the other Number, and a wrong guess traps.
#[test]
fn no_64_bit_integers() {
    let mut found = Vec::new();
    for file in contract() {
        for (number, line) in file.code() {
            let words = line.split(|one: char| !one.is_alphanumeric());
            found.extend(
                words
                    .filter(|word| ["s64", "u64", "f64"].contains(word))
                    .map(|word| format!("{}:{number}: {word}", file.path)),
            );
        }
    }
    none(found, "numbers that guests disagree about");
}

#[test]
fn nothing_is_async() {
    let strange = ["async", "future<", "stream<", "future", "stream"];
    let mut found = Vec::new();
    for file in contract() {
        for (number, line) in file.code() {
            let words: Vec<&str> = line.split(|one: char| !one.is_alphanumeric() && one != '-' && one != '<').collect();
            if words.iter().any(|word| strange.contains(word)) {
                found.push(format!("{}:{number}: {line}", file.path));
            }
        }
    }
    none(found, "several answers at once are `http.send-all`'s");
}

/// Lines of WIT that declare nothing: brackets, attributes, uses, exports.
fn declares(line: &str) -> bool {
    let silent = ["}", "@", "use ", "import ", "export ", "include ", "package ", "//", ")"];
    !line.is_empty() && !silent.iter().any(|start| line.starts_with(start))
}

/// Every interface, world, type, function, field and case has a `///` above it (attributes may stand between).
fn undocumented(file: &Text) -> Vec<String> {
    let mut found = Vec::new();
    let mut is_documented = false;
    let mut in_list = false;
    for (number, line) in file.lines() {
        let line = line.trim();
        if line.starts_with("///") {
            is_documented = true;
            continue;
        }
        if !in_list && declares(line) && !is_documented {
            found.push(format!("{}:{number}: {line}", file.path));
        }
        // A function's parameters may go on over lines; they belong to the function.
        in_list = (in_list || line.contains("func(")) && !line.ends_with(';');
        if !line.starts_with('@') {
            is_documented = false;
        }
        found.extend(one_line_cases(line).map(|what| format!("{}:{number}: {what}", file.path)));
    }
    found
}

/// `enum level { trace, debug }` on one line documents none of its cases.
fn one_line_cases(line: &str) -> Option<String> {
    let code = without_comment(line);
    let opens = ["enum ", "variant ", "record ", "flags "].iter().any(|word| code.starts_with(word));
    (opens && code.contains('}')).then(|| code.to_owned())
}

#[test]
fn every_item_is_documented() {
    none(contract().iter().flat_map(undocumented).collect(), "items of the contract without a `///`");
}

#[test]
fn the_document_test_can_read() {
    let check = |text: &str| undocumented(&Text { path: String::from("x.wit"), text: text.to_owned() }).len();
    assert_eq!(
        check(
            "/// A.\n@since(version = 0.1.0)\ninterface a {\n    use b.{c};\n    /// F.\n    f: func(\n        a: u32,\n    );\n}"
        ),
        0
    );
    assert_eq!(check("/// A.\ninterface a {\n    record r {\n        f: u32,\n    }\n}"), 2);
    assert_eq!(check("/// A.\nenum e { a, b }"), 1);
}
