use super::*;
use crate::clock::from_unix;

fn kind(file_system: &str, keeping: Keeping, free_bytes: u64) -> VolumeKind {
    VolumeKind {
        file_system: file_system.to_owned(),
        keeping,
        device: 1,
        free_bytes,
        free_files: None,
        writable: true,
        read_only: false,
        without_barriers: false,
    }
}

#[test]
fn a_place_for_the_database_is_told_by_what_it_forgets() {
    let check = |is_there, kind: VolumeKind, expected: &[(Weight, &str)]| {
        let findings = of_kind("`data`", is_there, &kind);
        assert_eq!(findings.len(), expected.len(), "{findings:?}");
        for (one, (weight, text)) in findings.iter().zip(expected) {
            assert!(one.weight == *weight && one.text.contains(text), "{one:?}");
        }
    };
    let roomy = 10 << 30;
    check(true, kind("ext4", Keeping::Journal, roomy), &[(Weight::Fine, "`data` on ext4, 10.0 GiB free")]);
    check(false, kind("ext4", Keeping::Journal, roomy), &[(Weight::Fine, "it is not there yet")]);
    check(true, kind("ext4", Keeping::Journal, 1 << 20), &[(Weight::Care, "1 MiB free")]);
    check(true, kind("tmpfs", Keeping::Memory, roomy), &[(Weight::Fine, "tmpfs"), (Weight::Care, "is memory")]);
    check(true, kind("nfs", Keeping::Remote, roomy), &[(Weight::Fine, "nfs"), (Weight::Care, "across a network")]);
    let shut = || VolumeKind { writable: false, ..kind("ext4", Keeping::Journal, roomy) };
    check(true, shut(), &[(Weight::Care, "cannot be written to")]);
    check(false, shut(), &[(Weight::Bad, "is not there and may not be made")]);
}

#[test]
fn who_works_with_it_is_told_with_where_and_since_when() {
    assert_eq!(owners(&[]).first().map(|one| one.weight), Some(Weight::Fine));
    let run = Alive { is_run: true, pid: Some(12), host: Some(String::from("box")), since: Some(from_unix(0)) };
    let record = Alive { is_run: false, pid: None, host: None, since: None };
    let told: Vec<(Weight, String)> = owners(&[run, record]).into_iter().map(|one| (one.weight, one.text)).collect();
    let run = format!("`run` works with it: process 12 on box, since {}", rfc3339(from_unix(0)));
    let record = String::from("`record` works with it: process of unknown number");
    assert_eq!(told, [(Weight::Note, run), (Weight::Note, record)]);
}
