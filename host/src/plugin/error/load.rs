//! Why a file is no plugin of this host.

use std::fmt;

/// Why a file in a plugins directory was not taken. What it says ends with a hint where the user can mend it.
#[derive(Debug)]
pub enum LoadError {
    /// The file could not be read.
    Io(std::io::Error),
    /// The file is larger than any plugin needs to be.
    TooLarge {
        /// Its size.
        bytes: u64,
        /// The most that is taken.
        limit: u64,
    },
    /// The file ends too early: a copy that is not finished, or was cut off.
    Incomplete,
    /// The file is something else; the text says what.
    NotAComponent(String),
    /// The manifest is missing or wrong; the text says where and how.
    BadManifest(String),
    /// The plugin speaks a newer contract than this host.
    ContractTooNew {
        /// The interface that it asks for, with its version.
        asks: String,
        /// The version that this host speaks.
        speaks: String,
    },
    /// The plugin uses a feature of WebAssembly that this host leaves off; the text names it.
    Unsupported(String),
    /// The plugin imports something that this host does not offer; the text names it.
    MissingImport(String),
    /// An import or export has another type than the contract's; the text names it.
    ContractMismatch(String),
    /// The plugin asks for more than it was granted.
    NeedsApproval {
        /// The plugin.
        name: String,
        /// What more it asks for, as people read it.
        more: Vec<String>,
    },
    /// This very build failed its probation before, or somebody rolled it back; the text says what it did.
    Quarantined(String),
    /// The user's settings for the plugin do not fit its manifest, or cannot be read.
    Settings(String),
    /// The component could not be compiled.
    Compile(String),
    /// The component could not be instantiated under the limits.
    StartTrap {
        /// What stopped it.
        why: String,
        /// What it wrote to stderr, the end of it.
        stderr: String,
        /// What the user can do about it, where it is not the build that is broken.
        hint: Option<&'static str>,
    },
    /// A sample of the manifest was not resolved as the manifest says.
    SelfTest {
        /// The sample.
        input: String,
        /// What came instead.
        why: String,
        /// What the user can do about it, where it is not the build that is broken.
        hint: Option<&'static str>,
    },
}

impl LoadError {
    /// The word for logs and JSON.
    pub fn kind(&self) -> &'static str {
        match self {
            LoadError::Io(_) => "io",
            LoadError::TooLarge { .. } => "too-large",
            LoadError::Incomplete => "incomplete",
            LoadError::NotAComponent(_) => "not-a-component",
            LoadError::BadManifest(_) => "bad-manifest",
            LoadError::ContractTooNew { .. } => "contract-too-new",
            LoadError::Unsupported(_) => "unsupported",
            LoadError::MissingImport(_) => "missing-import",
            LoadError::ContractMismatch(_) => "contract-mismatch",
            LoadError::NeedsApproval { .. } => "needs-approval",
            LoadError::Quarantined(_) => "quarantined",
            LoadError::Settings(_) => "settings",
            LoadError::Compile(_) => "compile",
            LoadError::StartTrap { .. } => "start-trap",
            LoadError::SelfTest { .. } => "self-test",
        }
    }

    /// What it says, with its cause: for listings and events, which have one sentence for it.
    pub(in crate::plugin) fn told(&self) -> String {
        match self {
            LoadError::Io(cause) => format!("{self}: {cause}"),
            _ => self.to_string(),
        }
    }

    /// Whether the file may be in the middle of being written.
    pub(in crate::plugin) fn may_pass(&self) -> bool {
        match self {
            LoadError::Io(_) | LoadError::Incomplete | LoadError::NotAComponent(_) | LoadError::BadManifest(_) => true,
            LoadError::TooLarge { .. }
            | LoadError::ContractTooNew { .. }
            | LoadError::Unsupported(_)
            | LoadError::MissingImport(_)
            | LoadError::ContractMismatch(_)
            | LoadError::NeedsApproval { .. }
            | LoadError::Quarantined(_)
            | LoadError::Settings(_)
            | LoadError::Compile(_)
            | LoadError::StartTrap { .. }
            | LoadError::SelfTest { .. } => false,
        }
    }

    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            LoadError::Io(_) => return None,
            LoadError::TooLarge { .. } => "leave debug information out of the build (`cargo build --release`)",
            LoadError::Incomplete => {
                "copy the file again; write to another name and rename it, so that it appears whole"
            }
            LoadError::NotAComponent(_) => {
                "a plugin is a WebAssembly component: `cargo build --release --target wasm32-wasip2` makes one, and \
                 docs/plugin-languages.md says what does in other languages"
            }
            LoadError::BadManifest(_) => {
                "the manifest is the `plugin.toml` that is carried in the file: mend it, build again; for other languages \
                 than Rust `lyrebird plugin build` puts it in"
            }
            LoadError::ContractTooNew { .. } => "fetch a newer host, or an older build of the plugin",
            LoadError::Unsupported(_) => "build the plugin without this feature",
            LoadError::MissingImport(name) if name.contains("wasi:http") => {
                "plugins reach the network by `lyrebird:plugin/http` alone"
            }
            LoadError::MissingImport(_) => "a plugin may import the interfaces of `wit/` and WASI 0.2",
            LoadError::ContractMismatch(_) => "build the plugin against the `wit/` of this host",
            LoadError::NeedsApproval { name, .. } => {
                return Some(format!("`lyrebird plugin approve {name}` grants what it asks"));
            }
            LoadError::Quarantined(_) => {
                "put another build in its place; `lyrebird plugin approve NAME` lets this one try again"
            }
            LoadError::Settings(_) => "the plugin's table in lyrebird.toml has the settings",
            LoadError::Compile(_) => "the file may be damaged: build or copy it again",
            LoadError::StartTrap { hint, .. } | LoadError::SelfTest { hint, .. } => {
                hint.unwrap_or("this build is broken: tell its author")
            }
        };
        Some(hint.to_owned())
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LoadError::Io(_) => out.write_str("the file cannot be read"),
            LoadError::TooLarge { bytes, limit } => {
                write!(out, "the file has {bytes} bytes, at most {limit} are taken")
            }
            LoadError::Incomplete => out.write_str("the file is incomplete"),
            LoadError::NotAComponent(what) => write!(out, "not a WebAssembly component: {what}"),
            LoadError::BadManifest(why) => write!(out, "bad manifest: {why}"),
            LoadError::ContractTooNew { asks, speaks } => {
                write!(out, "built for `{asks}`, this host speaks `{speaks}`")
            }
            LoadError::Unsupported(what) => write!(out, "uses what this host leaves off: {what}"),
            LoadError::MissingImport(name) => write!(out, "imports `{name}`, which this host does not offer"),
            LoadError::ContractMismatch(what) => write!(out, "does not fit the contract: {what}"),
            LoadError::NeedsApproval { more, .. } => write!(out, "needs approval: it asks for {}", more.join(", ")),
            LoadError::Quarantined(why) => write!(out, "quarantined: {why}"),
            LoadError::Settings(why) => write!(out, "bad settings: {why}"),
            LoadError::Compile(why) => write!(out, "cannot be compiled: {why}"),
            LoadError::StartTrap { why, stderr, .. } => {
                write!(out, "does not start: {why}")?;
                said(out, stderr)
            }
            LoadError::SelfTest { input, why, .. } => write!(out, "fails its own sample `{input}`: {why}"),
        }?;
        self.hint().map_or(Ok(()), |hint| write!(out, "\nhint: {hint}"))
    }
}

/// Adds the last lines of what a guest wrote to stderr.
pub(super) fn said(out: &mut fmt::Formatter<'_>, stderr: &str) -> fmt::Result {
    /// More than a screen helps nobody; the whole of it is in the value.
    const LINES: usize = 12;
    let lines: Vec<&str> = stderr.lines().filter(|line| !line.trim().is_empty()).collect();
    let skipped = lines.len().saturating_sub(LINES);
    if !lines.is_empty() {
        out.write_str("; it wrote:")?;
    }
    lines.iter().skip(skipped).try_for_each(|line| write!(out, "\n  | {line}"))
}

impl std::error::Error for LoadError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            LoadError::Io(source) => Some(source),
            _ => None,
        }
    }
}
