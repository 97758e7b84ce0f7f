//! Plugins written as text, down to single instructions: what no compiler would make. A component is put together from
//! the contract's types, which stand in `component/*.wat`, and the words of a test.
//!
//! Knows of the host what the contract says, and nothing more.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

const TYPES: &str = include_str!("component/types.wat");
const LIBRARY: &str = include_str!("component/library.wat");
const PICKER: &str = include_str!("component/picker.wat");
const NOTIFIER: &str = include_str!("component/notifier.wat");

/// One plugin. Whatever a test leaves out is well-behaved: a room `x` that is live and has no candidate, an event that
/// is announced with a receipt, found, and taken back.
#[derive(Clone, Debug, Default)]
pub struct Guest {
    /// Its name, its platform, and the host of its rooms: `NAME.test`.
    pub name: String,
    /// More lines of its manifest.
    pub manifest: String,
    /// Whether it is a notifier instead of a picker.
    pub is_notifier: bool,
    /// Text of the component before its own module: imports, types, more modules.
    pub before: String,
    /// What of that the module gets, as exports of a core instance `host`.
    pub given: String,
    /// More items of the module.
    pub items: String,
    /// Instructions of the start function, which has the locals `$a` and `$b`.
    pub start: String,
    /// Instructions in front of the answer of an export, by its name; the same locals.
    pub deeds: Vec<(String, String)>,
    /// Whether it brings code along that takes a compiler many seconds.
    pub is_slow_to_compile: bool,
}

impl Guest {
    /// A picker that does no harm yet.
    pub fn picker(name: &str) -> Guest {
        Guest { name: name.to_owned(), ..Guest::default() }
    }

    /// A notifier that does no harm yet.
    pub fn notifier(name: &str) -> Guest {
        Guest { is_notifier: true, ..Guest::picker(name) }
    }

    /// One of whose exports does something first.
    pub fn does(mut self, export: &str, code: &str) -> Guest {
        self.deeds.push((export.to_owned(), code.to_owned()));
        self
    }

    /// Whose module does something when it is instantiated.
    pub fn starts(mut self, code: &str) -> Guest {
        code.clone_into(&mut self.start);
        self
    }

    /// With text in front of its module, of which the module gets something.
    pub fn with(mut self, before: &str, given: &str) -> Guest {
        before.clone_into(&mut self.before);
        given.clone_into(&mut self.given);
        self
    }

    /// With more items in its module.
    pub fn having(mut self, items: &str) -> Guest {
        items.clone_into(&mut self.items);
        self
    }

    /// With more lines in its manifest.
    pub fn declares(mut self, manifest: &str) -> Guest {
        manifest.clone_into(&mut self.manifest);
        self
    }

    /// With code that takes a compiler about as long as a large language runtime does, and that nobody calls.
    pub fn slow_to_compile(mut self) -> Guest {
        self.is_slow_to_compile = true;
        self
    }

    /// A room of it.
    pub fn room(&self) -> String {
        format!("https://{}.test/x", self.name)
    }

    /// The component alone, as a language's tools make it.
    pub fn bare(&self) -> Vec<u8> {
        wat::parse_str(self.text()).unwrap_or_else(|error| panic!("{}: {error}", self.name))
    }

    /// The file's bytes.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.bare();
        if self.is_slow_to_compile {
            bytes.extend(part(1, &bulk()));
        }
        bytes.extend(section("lyrebird:manifest", self.whole_manifest().as_bytes()));
        bytes
    }

    /// Puts the file into a plugins directory.
    pub fn put(&self, shelf: &Path) -> PathBuf {
        let file = shelf.join(format!("{}.wasm", self.name));
        fs::write(&file, self.bytes()).unwrap();
        file
    }

    /// The text of its manifest.
    pub fn whole_manifest(&self) -> String {
        let name = &self.name;
        format!("name = \"{name}\"\nversion = \"1.0.0\"\nrooms = [\"{name}.test/*\"]\n{}", self.manifest)
    }

    fn text(&self) -> String {
        let mut module = String::from("(core module $guest\n(import \"library\" \"memory\" (memory 1))\n");
        module.push_str(&self.items);
        let locals = "(local $a i32) (local $b i32)";
        if !self.start.is_empty() {
            write!(module, "(func $start {locals}\n{}\n)\n(start $start)\n", self.start).unwrap();
        }
        for (export, parameters, answer) in if self.is_notifier { &NOTIFIER_EXPORTS } else { &PICKER_EXPORTS } {
            let deeds = self.deeds.iter().filter(|(name, _)| name == export).map(|(_, code)| code.as_str());
            let parameters = "i32 ".repeat(*parameters);
            let code: String = deeds.collect();
            let head = format!("(func (export \"{export}\") (param {parameters}) (result i32) {locals}");
            write!(module, "{head}\n{code}\n(i32.const {answer}))\n").unwrap();
        }
        module.push(')');
        let exports = if self.is_notifier { NOTIFIER } else { PICKER };
        let (before, given) = (&self.before, &self.given);
        let host = format!("(core instance $host {given})");
        let made = "(core instance $i (instantiate $guest (with \"library\" (instance $library)) (with \"host\" (instance $host))))";
        format!("(component\n{TYPES}\n{LIBRARY}\n{before}\n{module}\n{host}\n{made}\n{exports}\n)")
    }
}

/// Exports, the number of their flat parameters, and where the library keeps the answer.
const PICKER_EXPORTS: [(&str, usize, u32); 3] = [("resolve", 2, 1024), ("check", 2, 1056), ("streams", 12, 1088)];
const NOTIFIER_EXPORTS: [(&str, usize, u32); 3] = [("announce", 1, 1120), ("find", 1, 1120), ("retract", 1, 1088)];

/// A custom section of this name.
pub fn section(name: &str, data: &[u8]) -> Vec<u8> {
    part(0, &[leb(name.len()), name.as_bytes().to_vec(), data.to_vec()].concat())
}

/// A section with this number.
fn part(number: u8, content: &[u8]) -> Vec<u8> {
    [vec![number], leb(content.len()), content.to_vec()].concat()
}

/// A core module of many large functions, each of which hashes its parameters for a while.
fn bulk() -> Vec<u8> {
    const FUNCTIONS: usize = 500;
    const STEPS: usize = 500;
    const I64: u8 = 0x7e;
    const LOCALS: u8 = 8;
    let body = |function: usize| {
        // No locals but the parameters, which no compiler can know.
        let mut code = vec![0];
        for step in 0..STEPS {
            let local = |offset: usize| u8::try_from((step * 3 + offset) % usize::from(LOCALS)).unwrap();
            let number = 64 + u8::try_from((function + step) % 60).unwrap();
            // Where the first is greater than a number, the third becomes their product, mixed with itself.
            code.extend([0x20, local(0), 0x42, number | 0x80, 1, 0x56, 0x04, 0x40]);
            code.extend([0x20, local(0), 0x20, local(1), 0x7e, 0x20, local(2), 0x85, 0x21, local(2), 0x0b]);
        }
        code.extend([0x20, 0, 0x0b]);
        [leb(code.len()), code].concat()
    };
    let bodies: Vec<u8> = (0..FUNCTIONS).flat_map(body).collect();
    let types = [vec![1, 0x60, LOCALS], vec![I64; usize::from(LOCALS)], vec![1, I64]].concat();
    let functions = [leb(FUNCTIONS), vec![0; FUNCTIONS]].concat();
    let code = [leb(FUNCTIONS), bodies].concat();
    [b"\0asm\x01\0\0\0".to_vec(), part(1, &types), part(3, &functions), part(10, &code)].concat()
}

/// A number as WebAssembly writes it (LEB128).
pub fn leb(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = u8::try_from(number & 0x7f).unwrap();
        number >>= 7;
        if number == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}
