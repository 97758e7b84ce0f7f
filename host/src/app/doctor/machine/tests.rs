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
    let raise = "LimitNOFILE=6192 in the unit, or raise the hard limit of 4096";
    check(Some(1_024), Some(4_096), 1_000, Weight::Care, Some(raise));
    check(Some(32), None, 0, Weight::Bad, Some("`ulimit -n 4096`, or LimitNOFILE=4096 in the unit"));
}

#[test]
fn memory_is_told_with_whose_it_is() {
    let check = |left, limit, whose, weight, text: &str| {
        let found = of_memory(Some(Memory { left, limit, whose }));
        assert_eq!((found.weight, found.text.as_str()), (weight, text));
    };
    check(4 << 30, 8 << 30, Whose::Machine, Weight::Fine, "4.0 GiB available");
    check(100 << 20, 8 << 30, Whose::Machine, Weight::Care, "100 MiB available");
    let group = "128 MiB left of the 512 MiB that this program may have";
    check(128 << 20, 512 << 20, Whose::Group, Weight::Care, group);
    assert_eq!(of_memory(None).weight, Weight::Note);
}
