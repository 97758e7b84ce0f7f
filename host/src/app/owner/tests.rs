use super::*;

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("lyrebird-owner-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn one_data_directory_has_one_run() {
    let folder = Folder::new("run");
    let first = Owner::run(&folder.0).unwrap();
    let second = Owner::run(&folder.0).unwrap_err();
    let me = std::process::id();
    assert!(second.to_string().starts_with(&format!("already running (pid {me})\nhint: ")), "{second}");
    assert!(!is_dead(&folder.0, first.name()));
    let living = alive(&folder.0);
    assert!(
        matches!(living.as_slice(), [Alive { is_run: true, pid, host: Some(_), since: Some(_) }] if *pid == Some(me))
    );
    drop(first);
    assert_eq!(alive(&folder.0), []);
    assert!(is_dead(&folder.0, RUN));
    Owner::run(&folder.0).unwrap();
}

#[test]
fn many_record_and_leave_nothing_behind() {
    let folder = Folder::new("record");
    let owners = [Owner::record(&folder.0), Owner::record(&folder.0)];
    assert_ne!(owners[0].name(), owners[1].name());
    assert_eq!(alive(&folder.0).iter().filter(|one| !one.is_run).count(), 2);
    assert!(owners.iter().all(|owner| !is_dead(&folder.0, owner.name()) && !is_run(owner.name())));
    let names = owners.each_ref().map(|owner| owner.name().to_owned());
    drop(owners);
    assert!(names.iter().all(|name| is_dead(&folder.0, name)));
    assert_eq!(std::fs::read_dir(folder.0.join(FOLDER)).unwrap().count(), 0);
}

#[test]
fn a_name_leads_nowhere_else() {
    assert!(is_dead(Path::new("/nonexistent"), "../../etc/passwd"));
}
