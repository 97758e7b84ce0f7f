//! The time, and the ways in which platforms write it.

use crate::imports;

/// Seconds since the Unix epoch.
pub fn now() -> u32 {
    u32::try_from(imports::now_ms() / 1000).unwrap_or(u32::MAX)
}

/// Milliseconds since the Unix epoch, for signatures that want them.
pub fn now_ms() -> u64 {
    imports::now_ms()
}

/// Unix seconds of `2026-01-31 18:00:00`, `2026/1/31T18:00` and the like: year, month, day, hour, minute and, where
/// given, second, parted by anything; what follows the seconds is passed over. The text's zone is `offset_minutes`
/// east of UTC. None for anything else, also for the `0000-00-00 00:00:00` of databases.
pub fn parse(text: &str, offset_minutes: i32) -> Option<u32> {
    let mut numbers = text.split(|letter: char| !letter.is_ascii_digit()).filter(|part| !part.is_empty());
    let mut next = || numbers.next()?.parse::<u32>().ok();
    let (year, month, day, hour, minute) = (next()?, next()?, next()?, next()?, next()?);
    let seconds = utc(year, month, day, hour, minute, next().unwrap_or(0))?;
    u32::try_from(i64::from(seconds) - i64::from(offset_minutes) * 60).ok()
}

/// Unix seconds of an HTTP date (RFC 9110, 5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`.
pub fn parse_http_date(text: &str) -> Option<u32> {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (_, date) = text.trim().split_once(", ")?;
    let mut parts = date.split([' ', ':']);
    let day = parts.next()?.parse().ok()?;
    let name = parts.next()?;
    let month = (1..).zip(MONTHS).find(|(_, known)| *known == name)?.0;
    let mut next = || parts.next()?.parse::<u32>().ok();
    let (year, hour, minute, second) = (next()?, next()?, next()?, next()?);
    utc(year, month, day, hour, minute, second)
}

/// Unix seconds of a moment in UTC; none outside 1970 to 2106 or where there is no such day or minute. A leap second
/// counts as the one before it.
pub fn utc(year: u32, month: u32, day: u32, hour: u32, minute: u32, second: u32) -> Option<u32> {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let longest = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        _ => return None,
    };
    if !(1970..=2106).contains(&year) || day < 1 || day > longest || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    // Days since 0000-03-01 (Howard Hinnant's `days_from_civil`): the leap day is a year's last.
    let (y, m) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = y * 365 + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719_468;
    let seconds = u64::from(days) * 86_400 + u64::from(hour * 3600 + minute * 60 + second.min(59));
    u32::try_from(seconds).ok()
}

#[cfg(test)]
mod tests;
