use std::fs;

use super::*;

#[test]
fn a_machine_has_what_is_available_and_what_can_be_swapped() {
    let machine = |text| of_machine(text).map(|memory| (memory.left, memory.limit));
    let text = "MemTotal:  1024 kB\nMemAvailable:    512 kB\nSwapFree: 8 kB\n";
    assert_eq!(machine(text), Some((520 << 10, 1 << 20)));
    assert_eq!(machine("MemTotal:  10 kB\n"), None);
}

/// Files below the place where control groups are, and what is left of which limit.
fn check(own: &str, files: &[(&str, &str)], expected: Option<(u64, u64)>) {
    let mounted = std::env::temp_dir().join(format!("lyrebird-groups-{}", crate::event::new_id()));
    fs::create_dir_all(&mounted).unwrap();
    for (name, text) in files {
        let file = mounted.join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
    let found = of_groups(own, &mounted).map(|memory| (memory.left, memory.limit));
    assert_eq!(found, expected, "{own}: {files:?}");
    fs::remove_dir_all(mounted).unwrap();
}

#[test]
fn what_the_kernel_keeps_of_files_is_no_use_of_memory() {
    let own = "12:cpu,cpuacct:/x\n5:memory:/a/b\n0::/";
    let stat = "total_inactive_file 400\ntotal_active_file 100\ntotal_dirty 50\ntotal_writeback 10\ninactive_file 7\n";
    let files = [
        ("memory/a/b/memory.limit_in_bytes", "1000\n"),
        ("memory/a/b/memory.usage_in_bytes", "900\n"),
        ("memory/a/b/memory.stat", stat),
        ("memory/memory.limit_in_bytes", "9223372036854771712\n"),
    ];
    check(own, &files, Some((540, 1000)));
    let files = [
        ("s/memory.max", "max\n"),
        ("s/memory.high", "2000\n"),
        ("s/memory.current", "1500\n"),
        ("s/memory.stat", "anon 1\ninactive_file 300\nactive_file 0\nfile_dirty 100\nfile_writeback 0\n"),
    ];
    check("0::/s", &files, Some((700, 2000)));
}

#[test]
fn the_group_around_ours_may_have_less() {
    let files = [
        ("a/memory.max", "1000"),
        ("a/memory.current", "990"),
        ("a/b/memory.max", "500"),
        ("a/b/memory.current", "100"),
    ];
    check("0::/a/b", &files, Some((10, 1000)));
    // The path is the one outside of the container.
    check("0::/outside/c", &[("memory.max", "70"), ("memory.current", "30")], Some((40, 70)));
    check("0::/", &[("memory.stat", "anon 1")], None);
    check("", &[], None);
}
