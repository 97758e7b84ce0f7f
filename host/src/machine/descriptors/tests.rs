use super::*;

/// The first error is one of a want of descriptors: with a reserve there is another try, without one there is none.
#[test]
fn who_must_not_fail_gets_one_of_the_reserve() {
    let fails_once = || {
        let mut tries = 0;
        spared(move || {
            tries += 1;
            if tries == 1 { Err(Errno::MFILE) } else { Ok(tries) }
        })
    };
    assert_eq!(fails_once(), Err(Errno::MFILE));
    keep_reserve();
    let before = held().free.len();
    assert_eq!(fails_once(), Ok(2));
    assert_eq!(held().free.len(), before - 1);
    assert_eq!(spared(|| Err::<(), _>(Errno::NOENT)), Err(Errno::NOENT));
    assert_eq!(held().free.len(), before - 1);
    // There are some left: whatever failed, it was not for want of one.
    assert!(!are_spared(4));
    assert!(left() > 0);
    assert_eq!(held().free.len(), before, "filled again");
}
