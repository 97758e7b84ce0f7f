use super::*;

#[test]
fn a_clock_is_told_with_who_keeps_it() {
    let check = |seconds, kept, weight, text: &str| {
        let found = of_clock("now", seconds, kept);
        assert_eq!((found.weight, found.text.as_str()), (weight, text));
    };
    let set = SET_CLOCK + 1;
    check(set, Kept::Synchronised, Weight::Fine, "now, synchronised by systemd-timesyncd");
    check(set, Kept::By("chronyd"), Weight::Fine, "now, kept by chronyd");
    check(set, Kept::NotYet, Weight::Care, "now, not synchronised");
    check(set, Kept::Unknown, Weight::Note, "now, kept right by nobody that is known here");
    check(0, Kept::Synchronised, Weight::Care, "now");
}

#[test]
fn open_files_are_counted_for_the_rooms() {
    let check = |soft, hard, rooms, weight, hint: Option<&str>| {
        let found = of_limit(soft, hard, rooms);
        assert_eq!((found.weight, found.hint.as_deref()), (weight, hint), "{}", found.text);
    };
    check(None, None, 10_000, Weight::Fine, None);
    check(Some(1_024), Some(524_288), 100, Weight::Fine, None);
    check(Some(1_024), Some(524_288), 200, Weight::Care, Some("`ulimit -n 4096`, or LimitNOFILE=4096 in the unit"));
    let raise = "LimitNOFILE=6128 in the unit, or raise the hard limit of 4096";
    check(Some(1_024), Some(4_096), 1_000, Weight::Care, Some(raise));
    check(Some(32), None, 0, Weight::Bad, Some("`ulimit -n 4096`, or LimitNOFILE=4096 in the unit"));
}

#[test]
fn memory_is_the_less_of_the_machine_s_and_the_group_s() {
    assert_eq!(available("MemTotal:  10 kB\nMemAvailable:    512 kB\n"), Some(512 << 10));
    assert_eq!(available("MemTotal:  10 kB\n"), None);
    let check = |free, group, weight, text: &str| {
        let found = of_memory(free, group);
        assert_eq!((found.weight, found.text.as_str()), (weight, text));
    };
    check(Some(4 << 30), None, Weight::Fine, "4.0 GiB available");
    check(Some(100 << 20), None, Weight::Care, "100 MiB available");
    check(None, None, Weight::Note, "how much is left is not known here");
    let group = "128 MiB left of the 512 MiB that this program may have";
    check(Some(4 << 30), Some((128 << 20, 512 << 20)), Weight::Care, group);
    check(Some(4 << 30), Some((8 << 30, 16 << 30)), Weight::Fine, "4.0 GiB available");
}
