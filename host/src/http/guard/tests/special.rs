use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::is_public;

/// A family's bits, so that ranges of both can be compared as numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Family {
    V4,
    V6,
}

impl Family {
    fn bits(self) -> u32 {
        if self == Family::V4 { 32 } else { 128 }
    }

    fn address(self, number: u128) -> IpAddr {
        match self {
            Family::V4 => Ipv4Addr::from_bits(u32::try_from(number).unwrap()).into(),
            Family::V6 => Ipv6Addr::from_bits(number).into(),
        }
    }
}

/// First and last address of each range of IANA's registries. Made of text, with no mask in sight: it shall not share a
/// mistake with what it judges.
fn ranges() -> Vec<(Family, u128, u128)> {
    let lines = include_str!("special.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let range = |line: &str| {
        let (net, length) = line.split_whitespace().next().unwrap().split_once('/').unwrap();
        let (family, first) = match net.parse().unwrap() {
            IpAddr::V4(net) => (Family::V4, u128::from(net.to_bits())),
            IpAddr::V6(net) => (Family::V6, net.to_bits()),
        };
        let free = family.bits() - length.parse::<u32>().unwrap();
        let size = 2_u128.pow(free);
        assert_eq!(first % size, 0, "{line}: the net has bits behind its length");
        (family, first, first + (size - 1))
    };
    lines.map(range).collect()
}

#[test]
fn every_special_range_is_refused_from_its_first_to_its_last_address() {
    let ranges = ranges();
    assert!(ranges.len() > 60, "where are the registries?");
    let special =
        |family, number| ranges.iter().any(|&(its, first, last)| its == family && (first..=last).contains(&number));
    let mut public = 0;
    for &(family, first, last) in &ranges {
        for number in [first, first + (last - first) / 2, last] {
            let address = family.address(number);
            assert!(!is_public(address), "{address} is special");
        }
        let most = if family == Family::V4 { u128::from(u32::MAX) } else { u128::MAX };
        let neighbours = [first.checked_sub(1), last.checked_add(1).filter(|next| *next <= most)];
        for number in neighbours.into_iter().flatten() {
            let address = family.address(number);
            assert_eq!(is_public(address), !special(family, number), "{address}, beside a special range");
            public += usize::from(is_public(address));
        }
    }
    // 10, 100.64 and so on have the internet on both sides.
    assert!(public > 30, "only {public} neighbours are public");
}
