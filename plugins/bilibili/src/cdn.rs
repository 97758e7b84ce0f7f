//! Delivery networks: what their hosts are called, and which are the better ones by the experience of recorders.

use lyrebird_plugin::Link;

/// The platform's own network by the number in its names, best first.
const OWN: [&str; 5] = ["04", "09", "08", "05", "07"];

/// The name, from a URL's host: what follows the dashes in `d1--cn-gotcha04.bilivideo.com`, else its first part.
pub(crate) fn name(link: &Link) -> String {
    let first = link.host.split('.').next().unwrap_or_default();
    let name = first.rsplit_once("--").map_or(first, |(_, name)| name);
    if is_box(link) { format!("mcdn {name}") } else { name.to_owned() }
}

/// The place among all networks; lower is better.
pub(crate) fn rank(link: &Link) -> usize {
    let name = name(link);
    if is_box(link) {
        return OWN.len() + 3;
    }
    match name.split_once("gotcha") {
        Some((_, after)) => {
            let number: String = after.chars().take_while(char::is_ascii_digit).collect();
            OWN.iter().position(|own| *own == number).unwrap_or(OWN.len())
        }
        None if name.starts_with("cn-") => OWN.len() + 1,
        None => OWN.len() + 2,
    }
}

/// Boxes in people's homes, on odd ports: they come and go.
fn is_box(link: &Link) -> bool {
    link.host.split('.').any(|part| part == "mcdn")
}

#[cfg(test)]
mod tests;
