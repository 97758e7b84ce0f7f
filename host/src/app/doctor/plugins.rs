//! Plugins: which there are, and which of them answer.

use std::path::PathBuf;

use super::{Finding, Weight, finding};
use crate::plugin::{Listing, State};

const TOPIC: &str = "plugins";

/// What the list of plugins in these directories comes to.
pub(super) fn judge(listings: &[Listing], dirs: &[PathBuf]) -> Vec<Finding> {
    let places: Vec<String> = dirs.iter().map(|dir| dir.display().to_string()).collect();
    let places = places.join(", ");
    if listings.is_empty() {
        let hint = "put `.wasm` files there, or name another directory with `--plugins DIR`";
        return vec![finding(TOPIC, Weight::Bad, format!("none in {places}"), Some(hint))];
    }
    let mut findings: Vec<Finding> = listings.iter().map(tell).collect();
    let answers = |listing: &Listing| {
        listing.state == State::Active && listing.description.kinds.iter().any(|kind| kind == "picker")
    };
    if !listings.iter().any(answers) {
        let text = format!("no picker in {places} answers: no room can be watched");
        findings.push(finding(TOPIC, Weight::Bad, text, Some("`lyrebird plugin list` says what became of each")));
    }
    findings
}

fn tell(listing: &Listing) -> Finding {
    let version = listing.description.version.as_deref().unwrap_or("?");
    let text = format!("{}@{version} ({})", listing.description.name, listing.state.word());
    let weight = match listing.state {
        State::Active => Weight::Fine,
        State::Draining | State::Compiling | State::Shadowed => Weight::Note,
        State::Refused | State::NeedsApproval | State::Quarantined => Weight::Care,
    };
    match &listing.reason {
        None => finding(TOPIC, weight, text, None),
        Some(reason) => {
            let (reason, hint) = match reason.split_once("\nhint: ") {
                Some((reason, hint)) => (reason, Some(hint)),
                None => (reason.as_str(), None),
            };
            // An active plugin with a reason is one whose newer file was not taken.
            finding(TOPIC, weight.max(Weight::Note), format!("{text}: {reason}"), hint)
        }
    }
}
