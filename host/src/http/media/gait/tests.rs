use super::*;

const SECOND: Duration = Duration::from_secs(1);

/// The bytes of one tick after the other, and whether the socket rests behind each.
fn check(gait: &mut Gait, ticks: &[u64], rests: &str) {
    let told: String = ticks
        .iter()
        .map(|bytes| {
            gait.tick(*bytes);
            if gait.rests() { 'r' } else { '.' }
        })
        .collect();
    assert_eq!(told, rests);
}

#[test]
fn rests_when_it_is_calm() {
    let mut gait = Gait::new(15 * SECOND);
    check(&mut gait, &[200_000; 7], "....rrr");
    check(&mut gait, &[HASTE_BYTES, HASTE_BYTES + 1, 0, 0, 0, 0, 0], "r.....r");
    gait.run();
    check(&mut gait, &[0; 10], "..........");
}

#[test]
fn never_where_silence_is_short() {
    check(&mut Gait::new(SECOND / 2), &[0; 10], "..........");
}
