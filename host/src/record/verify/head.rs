//! What a file's `onMetaData` says, against what its tags say. Pure.

use bytes::Bytes;
use lyrebird_flv::script::{Script, Value};
use lyrebird_flv::{Segment, TAG_HEADER, Tag, Track};

use super::State;
use super::index::{Index, float};

/// Other writers count the last frame's length in, or do not; so much is no lie.
const OTHERS_SECONDS: f64 = 1.0;

/// The fields that say something of the file, and how exact other writers are about them.
const FIELDS: [(&str, f64); 8] = [
    ("duration", OTHERS_SECONDS),
    ("lasttimestamp", OTHERS_SECONDS),
    ("width", 0.0),
    ("height", 0.0),
    ("framerate", f64::INFINITY),
    ("videocodecid", 0.0),
    ("audiocodecid", 0.0),
    ("hasKeyframes", f64::INFINITY),
];

/// A field that does not say what it should.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldFault {
    /// Its name.
    pub field: String,
    /// What it says; none where it is missing.
    pub is: Option<String>,
    /// What it should say.
    pub should: Option<String>,
}

/// The metadata, once it has come.
#[derive(Debug, Default)]
pub(super) struct Head {
    payload: Option<Bytes>,
    is_over: bool,
}

impl Head {
    /// The next tag; true when it is the metadata. What comes behind media is not what players read first.
    pub(super) fn hear(&mut self, tag: &Tag) -> bool {
        if self.is_over {
            return false;
        }
        let is_it =
            tag.track == Track::Script && Script::read(&tag.payload).is_ok_and(|script| script.name == b"onMetaData");
        if is_it {
            self.payload = Some(Bytes::copy_from_slice(&tag.payload));
        }
        self.is_over = is_it || tag.track != Track::Script;
        is_it
    }

    /// The index in it.
    pub(super) fn index(&self) -> Option<Index> {
        let script = Script::read(self.payload.as_ref()?).ok()?;
        let keyframes = script.values.first()?.field("keyframes")?;
        let numbers = |name| match keyframes.field(name) {
            Some(Value::StrictArray(values)) => values.iter().filter_map(Value::number).collect(),
            _ => Vec::new(),
        };
        Some(Index::new(&numbers("times"), &numbers("filepositions")))
    }

    /// Judges it by what the engine has seen. `is_one`: the engine makes one file of it, so that its length is known;
    /// `is_ours`: laid out as by the engine, so that everything must be exact.
    pub(super) fn judge(&self, layout: &Segment, read: u64, is_one: bool, is_ours: bool) -> State<Vec<FieldFault>> {
        let Some(payload) = &self.payload else { return State::Absent };
        let mut faults = Vec::new();
        let mut fault = |field: &str, is: Option<String>, should: Option<String>| {
            faults.push(FieldFault { field: field.to_owned(), is, should });
        };
        let head = layout.head();
        let (Ok(is), Some(Ok(should))) =
            (Script::read(payload), head.get(super::METADATA_AT + TAG_HEADER..).map(Script::read))
        else {
            return State::Absent;
        };
        if !is.whole {
            fault("onMetaData", Some(String::from("broken off")), None);
        }
        let field = |script: &Script<'_>, name: &str| script.values.first().and_then(|value| said(value.field(name)?));
        for (name, tolerance) in FIELDS {
            if !is_one && matches!(name, "duration" | "lasttimestamp") {
                continue;
            }
            let (is, should) = (field(&is, name), field(&should, name));
            let tolerance = if is_ours { 0.0 } else { tolerance };
            let missing_matters = is_ours || name == "duration";
            let is_right = match (is, should) {
                (Some(is), Some(should)) => is == should || (is - should).abs() <= tolerance,
                (None, Some(_)) => !missing_matters,
                // Nobody knows better.
                (Some(_), None) => !is_ours,
                (None, None) => true,
            };
            if !is_right {
                fault(name, is.map(|is| is.to_string()), should.map(|should| should.to_string()));
            }
        }
        if let Some(is) = field(&is, "filesize").filter(|is| *is != float(read)) {
            fault("filesize", Some(is.to_string()), Some(read.to_string()));
        }
        if faults.is_empty() { State::Right } else { State::Wrong(faults) }
    }
}

/// A number, or a truth as 0 or 1.
fn said(value: &Value<'_>) -> Option<f64> {
    match value {
        Value::Number(number) => Some(*number),
        Value::Boolean(truth) => Some(f64::from(u8::from(*truth))),
        _ => None,
    }
}
