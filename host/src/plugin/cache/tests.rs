use super::*;

/// A component without anything in it.
const EMPTY: &[u8] = b"\0asm\x0d\0\x01\0";

struct Place(PathBuf);

impl Place {
    fn new() -> Place {
        let place = std::env::temp_dir().join(format!("lyrebird-cache-{}", crate::event::new_id()));
        fs::create_dir(&place).unwrap();
        Place(place)
    }

    fn files(&self) -> Vec<PathBuf> {
        let mut files: Vec<_> = fs::read_dir(&self.0).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn what_was_compiled_is_kept_for_this_user_alone_and_used_again() {
    let (place, engine) = (Place::new(), Engine::default());
    let cache = Cache::open(&place.0);
    assert_eq!(fs::metadata(&place.0).unwrap().mode() & 0o777, 0o700);
    cache.component(&engine, "abc", EMPTY).unwrap();
    let [file] = place.files().try_into().unwrap();
    assert_eq!(fs::metadata(&file).unwrap().mode() & 0o777, 0o600);
    // Not compiled again: these bytes are no component.
    cache.component(&engine, "abc", b"nonsense").unwrap();
    assert!(cache.component(&engine, "other", b"nonsense").is_err());
    assert_eq!(place.files(), [file]);
}

#[test]
fn a_damaged_file_is_discarded_and_compiled_again() {
    let (place, engine) = (Place::new(), Engine::default());
    let cache = Cache::open(&place.0);
    cache.component(&engine, "abc", EMPTY).unwrap();
    let [file] = place.files().try_into().unwrap();
    for damage in [&b""[..], b"short", &vec![0; 4096][..]] {
        // As a failing disk does it; the cache itself never writes over a file.
        fs::write(&file, damage).unwrap();
        cache.component(&engine, "abc", EMPTY).unwrap();
        assert_eq!(place.files(), std::slice::from_ref(&file));
        assert!(fs::metadata(&file).unwrap().len() > 4096);
    }
    fs::set_permissions(&file, Permissions::from_mode(0o666)).unwrap();
    cache.component(&engine, "abc", EMPTY).unwrap();
    assert_eq!(fs::metadata(&file).unwrap().mode() & 0o777, 0o600, "others could have written it");
}

#[test]
fn the_least_recently_used_go_first_and_foreign_files_stay() {
    let place = Place::new();
    let used = |name: &str, seconds: u64| {
        let path = place.0.join(name);
        fs::write(&path, [0; 100]).unwrap();
        let time = SystemTime::now() - std::time::Duration::from_secs(seconds);
        File::options().write(true).open(&path).unwrap().set_modified(time).unwrap();
    };
    used("old.cwasm", 3_000);
    used("older.cwasm", 5_000);
    used("new.cwasm", 10);
    used("left.tmp", 7_200);
    used("growing.tmp", 1);
    used("notes.txt", 90_000);
    trim(&place.0, 200).unwrap();
    let names: Vec<_> = place.files().iter().map(|file| file.file_name().unwrap().to_owned()).collect();
    assert_eq!(names, ["growing.tmp", "new.cwasm", "notes.txt", "old.cwasm"]);
}

#[test]
fn who_only_tries_keeps_in_a_folder_of_its_own_and_changes_nothing_else() {
    let (place, engine) = (Place::new(), Engine::default());
    Cache::look(&place.0).component(&engine, "tried", EMPTY).unwrap();
    let [tried] = place.files().try_into().unwrap();
    assert_eq!((tried.clone(), fs::metadata(&tried).unwrap().mode() & 0o777), (place.0.join(TRIED), 0o700));
    // Whoever comes next uses it: these bytes are no component.
    for next in [Cache::look(&place.0), Cache::open(&place.0)] {
        next.component(&engine, "tried", b"nonsense").unwrap();
    }
    assert_eq!(fs::read_dir(&tried).unwrap().count(), 1);
    fs::remove_dir_all(&tried).unwrap();
    Cache::open(&place.0).component(&engine, "abc", EMPTY).unwrap();
    let [file] = place.files().try_into().unwrap();
    let used = fs::metadata(&file).unwrap().modified().unwrap();
    // What lies there is used: these bytes are no component.
    Cache::look(&place.0).component(&engine, "abc", b"nonsense").unwrap();
    assert_eq!(fs::metadata(&file).unwrap().modified().unwrap(), used);
    assert_eq!(place.files(), std::slice::from_ref(&file));
    fs::write(&file, b"damaged").unwrap();
    Cache::look(&place.0).component(&engine, "abc", EMPTY).unwrap();
    assert_eq!(fs::read(&file).unwrap(), b"damaged");
    fs::set_permissions(&place.0, Permissions::from_mode(0o777)).unwrap();
    assert!(matches!(Cache::look(&place.0), Cache::Nowhere), "others could have written there");
    assert!(matches!(Cache::look(Path::new("/proc/nowhere")), Cache::Nowhere));
}

#[test]
fn without_a_directory_it_compiles_each_time() {
    let cache = Cache::open(Path::new("/proc/nowhere"));
    cache.component(&Engine::default(), "abc", EMPTY).unwrap();
}
