//! Builds whose compile takes its time: whoever is not concerned notices nothing of it.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::Sender;

use super::*;
use crate::plugin::listing::State;
use crate::plugin::notifier::tests::guests;

/// More than a file of the small lane has.
const BIG: usize = 5 << 20;

/// A registry over a folder with a small picker in it, `misbehaving`, and a compiler that makes big ones wait for a word.
struct Scene {
    root: PathBuf,
    registry: Registry,
    release: Sender<()>,
}

/// A guest with another version, and with so many bytes that say nothing.
fn build(guest: &str, version: &str, padding: usize) -> Option<Vec<u8>> {
    let mut wasm = fs::read(guests()?.join(format!("{guest}.wasm"))).unwrap();
    let (old, new) = (b"version = \"0.1.0\"", format!("version = \"{version}\""));
    let is_there = |at: &usize| wasm[*at..].starts_with(old);
    let at: Vec<usize> = (0..wasm.len() - old.len()).filter(is_there).collect();
    at.iter().for_each(|at| wasm[*at..*at + new.len()].copy_from_slice(new.as_bytes()));
    assert!(!at.is_empty(), "{guest} has another version");
    if padding > 0 {
        // A custom section with a name of one letter; its size as LEB128 of five bytes.
        let size = u32::try_from(padding + 2).unwrap();
        let byte = |shift: u32| u8::try_from(size >> shift & 0x7f).unwrap();
        wasm.push(0);
        wasm.extend([byte(0) | 0x80, byte(7) | 0x80, byte(14) | 0x80, byte(21) | 0x80, byte(28)]);
        wasm.extend([1, b'p']);
        wasm.resize(wasm.len() + padding, 0);
    }
    Some(wasm)
}

impl Scene {
    /// With these files beside the small picker.
    async fn new(beside: &[(&str, Vec<u8>)]) -> Option<Scene> {
        let small = build("misbehaving", "0.1.0", 0)?;
        let root = std::env::temp_dir().join(format!("lyrebird-making-{}", event::new_id()));
        let plugins = root.join("plugins");
        fs::create_dir_all(&plugins).unwrap();
        for (name, wasm) in beside.iter().chain(&[("misbehaving", small)]) {
            fs::write(plugins.join(format!("{name}.wasm")), wasm).unwrap();
        }
        let guests = Arc::new(Guests::start().unwrap());
        let (release, held) = std::sync::mpsc::channel::<()>();
        let (tell, begun) = tokio::sync::oneshot::channel();
        let compiler = Arc::clone(&guests);
        let job = move || tell.send(()).is_ok() && held.recv().is_ok();
        tokio::spawn(async move { compiler.compiler.run(BIG, job).await });
        begun.await.unwrap();
        let config = Arc::new(Config::default());
        let means = means(config, &root.join("data"), event::queue().0);
        let registry = Registry::load_on(guests, &[plugins], means).await.unwrap();
        registry.pick("x", Some("misbehaving")).await.unwrap();
        Some(Scene { root, registry, release })
    }

    fn file(&self, name: &str) -> PathBuf {
        self.root.join("plugins").join(format!("{name}.wasm"))
    }

    /// Puts a file in place and looks, without waiting for a compile.
    async fn put(&self, name: &str, wasm: &[u8]) {
        let draft = self.file(name).with_extension("draft");
        fs::write(&draft, wasm).unwrap();
        fs::rename(draft, self.file(name)).unwrap();
        self.registry.renew(Look::default()).await;
    }

    /// Mends the small picker, which is taken at once.
    async fn mends(&self, version: &str) {
        fs::write(self.file("misbehaving"), build("misbehaving", version, 0).unwrap()).unwrap();
        self.registry.renew(at_once(false)).await;
        let picker = self.registry.pick_now("x", Some("misbehaving")).unwrap();
        assert_eq!(picker.label(), format!("misbehaving@{version}"));
    }

    /// Each plugin as `NAME VERSION STATE`.
    #[track_caller]
    fn shows(&self, expected: &[&str]) {
        let line = |one: Listing| {
            let version = one.description.version.unwrap();
            format!("{} {version} {}", one.description.name, one.state.word())
        };
        let shown: Vec<String> = self.registry.list_now().into_iter().map(line).collect();
        assert_eq!(shown, expected);
    }

    /// Lets the big ones be compiled, and takes what comes.
    async fn released(&self, is_there: impl Fn(&Registry) -> bool) {
        self.release.send(()).unwrap();
        while !is_there(&self.registry) {
            self.registry.ruled().await;
            self.registry.renew(Look::default()).await;
        }
    }

    async fn close(self) {
        self.registry.shut_down().await;
        fs::remove_dir_all(self.root).unwrap();
    }
}

fn answers(registry: &Registry, label: &str) -> bool {
    let (name, _) = label.split_once('@').unwrap();
    registry.pick_now("x", Some(name)).is_ok_and(|picker| picker.label() == label)
}

#[tokio::test]
async fn what_is_compiled_at_the_start_holds_up_nobody_else() {
    let Some(big) = build("lantern", "0.1.0", BIG) else { return };
    let Some(scene) = Scene::new(&[("lantern", big)]).await else { return };
    scene.shows(&["lantern 0.1.0 compiling", "misbehaving 0.1.0 active"]);
    let not_yet = PickError::NotYet { name: String::from("lantern"), platform: String::from("lantern") };
    let room = "https://www.lantern.test/room/1";
    assert_eq!(scene.registry.pick_now(room, None).map(|_| ()), Err(not_yet));
    scene.mends("0.2.0").await;
    // It is the plugin's file that is loaded, whatever lies beside it by now.
    scene.put("lantern-2", &build("lantern", "0.1.0", 0).unwrap()).await;
    scene.shows(&["lantern 0.1.0 compiling", "lantern 0.1.0 shadowed", "misbehaving 0.2.0 active"]);
    fs::remove_file(scene.file("lantern-2")).unwrap();

    let mut changes = scene.registry.changes();
    scene.release.send(()).unwrap();
    changes.changed().await.unwrap();
    assert_eq!(scene.registry.pick_now(room, None).unwrap().label(), "lantern@0.1.0");
    scene.registry.renew(at_once(false)).await;
    scene.shows(&["lantern 0.1.0 active", "misbehaving 0.2.0 active"]);
    scene.close().await;
}

#[tokio::test]
async fn what_is_compiled_later_holds_up_nobody_else_and_the_old_build_answers() {
    let Some(scene) = Scene::new(&[("lantern", build("lantern", "0.1.0", 0).unwrap_or_default())]).await else {
        return;
    };
    scene.registry.settled().await;
    scene.put("lantern", &build("lantern", "0.2.0", BIG).unwrap()).await;
    scene.shows(&["lantern 0.1.0 active", "lantern 0.2.0 compiling", "misbehaving 0.1.0 active"]);
    scene.mends("0.2.0").await;
    // What comes in its place is compiled in its place; what is to come behind that waits for it.
    scene.put("lantern", &build("lantern", "0.3.0", BIG).unwrap()).await;
    scene.put("newer", &build("lantern", "0.4.0", BIG).unwrap()).await;
    scene.shows(&[
        "lantern 0.1.0 active",
        "lantern 0.3.0 compiling",
        "lantern 0.4.0 shadowed",
        "misbehaving 0.2.0 active",
    ]);
    fs::remove_file(scene.file("newer")).unwrap();
    scene.registry.renew(Look::default()).await;
    scene.shows(&["lantern 0.1.0 active", "lantern 0.3.0 compiling", "misbehaving 0.2.0 active"]);
    scene.released(|registry| answers(registry, "lantern@0.3.0")).await;
    let states = scene.registry.list_now().into_iter().map(|one| one.state);
    assert!(states.into_iter().all(|state| state == State::Active));
    scene.mends("0.3.0").await;
    scene.close().await;
}

#[tokio::test]
async fn a_better_picker_that_is_compiled_leaves_the_room_to_nobody_else() {
    let Some(scene) = Scene::new(&[]).await else { return };
    let wasm = build("lantern", "0.1.0", BIG).unwrap();
    let (room, mut changes) = ("https://www.lantern.test/room/1", scene.registry.changes());
    assert!(matches!(scene.registry.pick_now(room, None), Err(PickError::NoPicker { .. })));
    scene.put("lantern", &wasm).await;
    assert!(changes.has_changed().unwrap(), "rooms hear of it");
    changes.mark_unchanged();
    assert!(matches!(scene.registry.pick_now(room, None), Err(PickError::NotYet { .. })));
    scene.released(|registry| answers(registry, "lantern@0.1.0")).await;
    assert!(changes.has_changed().unwrap());
    scene.close().await;
}
