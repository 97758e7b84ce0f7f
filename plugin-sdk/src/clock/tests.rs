use super::*;

#[test]
fn platforms_times() {
    assert_eq!(utc(1970, 1, 1, 0, 0, 0), Some(0));
    assert_eq!(utc(2000, 2, 29, 12, 0, 0), Some(951_825_600));
    assert_eq!(utc(2100, 2, 29, 12, 0, 0), None);
    assert_eq!(utc(2106, 2, 7, 6, 28, 15), Some(u32::MAX));
    assert_eq!(utc(2106, 2, 7, 6, 28, 16), None);
    assert_eq!(parse("2026-01-31 18:00:00", 480), Some(1_769_853_600));
    assert_eq!(parse("2026-01-31T10:00:00Z", 0), Some(1_769_853_600));
    assert_eq!(parse("2026/1/31 10:00", 0), Some(1_769_853_600));
    assert_eq!(parse("0000-00-00 00:00:00", 480), None);
    assert_eq!(parse("1970-01-01 00:00:00", 480), None);
    assert_eq!(parse("soon", 0), None);
    assert_eq!(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777));
    assert_eq!(parse_http_date("tomorrow"), None);
}
