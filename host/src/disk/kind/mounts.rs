//! What the kernel lists of a volume: its file system's own name, and how it was mounted.

use rustix::fs;

/// A line of proc_pid_mountinfo(5).
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mount {
    pub(super) file_system: String,
    pub(super) without_barriers: bool,
}

/// The volume with this device number. None where the kernel lists none under it: a subvolume of btrfs has a number of
/// its own.
pub(super) fn of(device: u64) -> Option<Mount> {
    let list = std::fs::read_to_string("/proc/self/mountinfo").ok()?;
    find(&list, device)
}

fn find(list: &str, device: u64) -> Option<Mount> {
    let number = format!("{}:{}", fs::major(device), fs::minor(device));
    list.lines().find_map(|line| {
        let (mount, volume) = line.split_once(" - ")?;
        if mount.split(' ').nth(2) != Some(number.as_str()) {
            return None;
        }
        let mut words = volume.split(' ');
        let file_system = words.next()?.to_owned();
        let options = words.nth(1).unwrap_or_default();
        let without_barriers = options.split(',').any(|option| matches!(option, "nobarrier" | "barrier=0"));
        Some(Mount { file_system, without_barriers })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_volume_is_found_by_its_number() {
        let list = "27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,discard\n\
                    31 27 0:28 /a b /mnt/a\\040b rw - fuse.sshfs me@there:/x rw,user_id=0\n\
                    32 27 8:17 / /disk rw - ext4 /dev/sdb1 rw,nobarrier\n";
        let check = |major, minor, expected: Option<(&str, bool)>| {
            let found = find(list, fs::makedev(major, minor));
            assert_eq!(found.as_ref().map(|it| (it.file_system.as_str(), it.without_barriers)), expected);
        };
        check(254, 0, Some(("ext4", false)));
        check(0, 28, Some(("fuse.sshfs", false)));
        check(8, 17, Some(("ext4", true)));
        check(8, 1, None);
    }
}
