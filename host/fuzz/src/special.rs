//! IANA's special-purpose addresses, read from the list that the unit tests have, and compared as numbers.

use std::net::IpAddr;
use std::sync::LazyLock;

const LIST: &str = include_str!("../../src/http/guard/tests/special.txt");

/// First and last of each range.
static RANGES: LazyLock<Vec<(IpAddr, IpAddr)>> = LazyLock::new(|| {
    let lines = LIST.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.filter_map(|line| range(line.split_whitespace().next()?)).collect()
});

/// Whether the address lies in one of the ranges.
pub fn special(address: IpAddr) -> bool {
    assert!(RANGES.len() > 60, "where are the registries?");
    // Addresses of one family are ordered as numbers, those of two by the family.
    RANGES.iter().any(|(first, last)| (first..=last).contains(&&address))
}

fn range(text: &str) -> Option<(IpAddr, IpAddr)> {
    let (net, length) = text.split_once('/')?;
    let length: u32 = length.parse().ok()?;
    match net.parse().ok()? {
        IpAddr::V4(net) => {
            let more = 2_u64.pow(32 - length) - 1;
            Some((net.into(), IpAddr::V4((net.to_bits() + u32::try_from(more).ok()?).into())))
        }
        IpAddr::V6(net) => Some((net.into(), IpAddr::V6((net.to_bits() + (2_u128.pow(128 - length) - 1)).into()))),
    }
}
