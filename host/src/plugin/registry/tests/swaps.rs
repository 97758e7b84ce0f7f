//! Builds are swapped under load: no call fails for it, and none of them stays behind.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::*;
use crate::config::Text;
use crate::model::{Room, Secret, Status};
use crate::plugin::listing::State;
use crate::plugin::notifier::tests::{guests, notice};

/// A registry over a folder of its own, with one picker in it.
pub(super) struct Stage {
    root: PathBuf,
    pub(super) file: PathBuf,
    wasm: Vec<u8>,
    pub(super) registry: Registry,
    told: tokio::sync::mpsc::Receiver<event::Event>,
}

impl Stage {
    pub(super) async fn new() -> Option<Stage> {
        Stage::of("misbehaving").await
    }

    async fn of(guest: &str) -> Option<Stage> {
        let wasm = fs::read(guests()?.join(format!("{guest}.wasm"))).unwrap();
        let root = std::env::temp_dir().join(format!("lyrebird-swap-{}", event::new_id()));
        let plugins = root.join("plugins");
        fs::create_dir_all(&plugins).unwrap();
        let file = plugins.join(format!("{guest}.wasm"));
        fs::write(&file, &wasm).unwrap();
        let config = Arc::new(Config::default());
        let (events, told) = event::queue();
        let means = means(config, &root.join("data"), events);
        let registry = Registry::load(&[plugins], means).await.unwrap();
        registry.settled().await;
        Some(Stage { root, file, wasm, registry, told })
    }

    /// The plugin with another version, of as many letters.
    pub(super) fn build(&self, version: &str) -> Vec<u8> {
        let (old, new) = (b"version = \"0.1.0\"", format!("version = \"{version}\""));
        let mut wasm = self.wasm.clone();
        let is_there = |at: &usize| self.wasm[*at..].starts_with(old);
        for at in (0..self.wasm.len() - old.len()).filter(is_there) {
            wasm[at..at + new.len()].copy_from_slice(new.as_bytes());
        }
        wasm
    }

    /// Puts it in place, and has it taken.
    pub(super) async fn put(&self, wasm: &[u8]) {
        let draft = self.file.with_extension("draft");
        fs::write(&draft, wasm).unwrap();
        fs::rename(draft, &self.file).unwrap();
        self.registry.renew(at_once(true)).await;
        self.registry.settle().await;
    }

    pub(super) async fn picker(&self) -> Picker {
        self.registry.pick("x", Some("misbehaving")).await.unwrap()
    }

    pub(super) async fn close(self) {
        self.registry.shut_down().await;
        fs::remove_dir_all(self.root).unwrap();
    }
}

pub(super) fn room(deed: &str) -> Room {
    Room { id: deed.to_owned(), input: format!("https://misbehaving.test/{deed}"), options: Vec::new() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_callers_do_not_notice_a_hundred_swaps() {
    let Some(stage) = Stage::new().await else { return };
    let picker = stage.picker().await;
    let (stop, calls) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let callers: Vec<_> = (0..50)
        .map(|_| {
            let (picker, stop, calls) = (picker.clone(), Arc::clone(&stop), Arc::clone(&calls));
            tokio::spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    let answer = picker.check(vec![room("state")]).await.unwrap();
                    let Ok(Status::Live(broadcast)) = &answer[0] else { panic!("{answer:?}") };
                    assert_eq!(broadcast.title, "calls=1", "an instance was used twice");
                    calls.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();

    let good: Vec<Vec<u8>> = (0..3).map(|number| stage.build(&format!("1.0.{number}"))).collect();
    let trapping = fs::read(guests().unwrap().join("start-trap.wasm")).unwrap();
    let mut seen = BTreeSet::new();
    for number in 0..50_usize {
        let build = &good[number % good.len()];
        match number % 3 {
            0 => stage.put(b"not a plugin").await,
            1 => stage.put(&build[..build.len() / 3]).await,
            _ => stage.put(&trapping).await,
        }
        let before = calls.load(Ordering::Relaxed);
        stage.put(build).await;
        assert_eq!(picker.label(), format!("misbehaving@1.0.{}", number % good.len()));
        seen.insert(picker.label());
        while calls.load(Ordering::Relaxed) == before {
            tokio::task::yield_now().await;
        }
    }
    stop.store(true, Ordering::Relaxed);
    for caller in callers {
        caller.await.unwrap();
    }
    assert_eq!(seen.len(), good.len());
    let builds = stage.registry.shared.slot("misbehaving").unwrap().builds();
    assert!(builds.len() <= 2, "{} builds are held: the one that answers, and the one before it", builds.len());
    let kept = fs::read_dir(stage.root.join("data/builds")).unwrap().count();
    assert!(kept <= 3, "{kept} builds are kept on the disk");
    drop(picker);
    stage.close().await;
}

#[tokio::test]
async fn three_traps_bring_the_build_before_back() {
    let Some(stage) = Stage::new().await else { return };
    let picker = stage.picker().await;
    picker.check(vec![room("state")]).await.unwrap().remove(0).unwrap();
    stage.put(&stage.build("2.0.0")).await;
    for strike in 1..=3 {
        assert_eq!(picker.label(), "misbehaving@2.0.0", "before strike {strike}");
        picker.check(vec![room("unreachable")]).await.unwrap_err();
    }
    assert_eq!(picker.label(), "misbehaving@0.1.0");
    assert!(stage.registry.settle().await);
    stage.registry.renew(at_once(true)).await;
    let listed = stage.registry.list().await;
    let shown: Vec<_> = listed.iter().map(|one| (one.state, one.description.version.as_deref().unwrap())).collect();
    assert_eq!(shown, [(State::Active, "0.1.0"), (State::Quarantined, "2.0.0")]);
    // The same bytes again are refused, others are not.
    stage.put(&stage.build("2.0.0")).await;
    assert_eq!(picker.label(), "misbehaving@0.1.0");
    stage.put(&stage.build("2.0.1")).await;
    assert_eq!(picker.label(), "misbehaving@2.0.1");
    drop(picker);
    stage.close().await;
}

#[tokio::test]
async fn a_build_drains_until_its_last_call_is_over() {
    let Some(stage) = Stage::new().await else { return };
    let picker = stage.picker().await;
    // Compiled before, so that it does not come when the call is over.
    stage.put(&stage.build("3.0.0")).await;
    stage.put(&stage.wasm).await;
    let slow = Room { options: vec![(String::from("ms"), String::from("15000"))], ..room("sleep") };
    let call = tokio::spawn({
        let picker = picker.clone();
        async move { picker.check(vec![slow]).await }
    });
    let slot = stage.registry.shared.slot("misbehaving").unwrap();
    while slot.current().leases.held() == 0 {
        tokio::task::yield_now().await;
    }
    stage.put(&stage.build("3.0.0")).await;
    let listed = stage.registry.list().await;
    let shown: Vec<_> = listed.iter().map(|one| (one.state, one.description.version.as_deref().unwrap())).collect();
    assert_eq!(shown, [(State::Active, "3.0.0"), (State::Draining, "0.1.0")]);
    call.abort();
    call.await.unwrap_err();
    while stage.registry.list().await.len() > 1 {
        tokio::task::yield_now().await;
    }
    drop((picker, slot));
    stage.close().await;
}

#[tokio::test]
async fn a_higher_version_beside_it_shadows_a_file_until_it_is_gone() {
    let Some(stage) = Stage::new().await else { return };
    let picker = stage.picker().await;
    let beside = stage.root.join("plugins/other-name.wasm");
    fs::write(&beside, stage.build("0.9.0")).unwrap();
    stage.registry.renew(at_once(true)).await;
    assert_eq!(picker.label(), "misbehaving@0.9.0");
    let shown = |list: Vec<Listing>| {
        let each = list.into_iter().map(|one| (one.state, one.description.version.unwrap_or_default()));
        each.collect::<Vec<_>>()
    };
    let both = [(State::Active, String::from("0.9.0")), (State::Shadowed, String::from("0.1.0"))];
    assert_eq!(shown(stage.registry.list().await), both);
    fs::remove_file(&beside).unwrap();
    stage.registry.renew(at_once(true)).await;
    assert_eq!(picker.label(), "misbehaving@0.1.0");
    // The only file is gone: who holds on to the picker is answered, and nobody else finds it.
    fs::remove_file(&stage.file).unwrap();
    stage.registry.renew(at_once(true)).await;
    assert!(!stage.registry.has("misbehaving") && stage.registry.pick("x", Some("misbehaving")).await.is_err());
    picker.check(vec![room("state")]).await.unwrap().remove(0).unwrap();
    stage.put(&stage.build("0.1.1")).await;
    assert_eq!(picker.label(), "misbehaving@0.1.1", "it is the same plugin when it comes back");
    drop(picker);
    stage.close().await;
}

#[tokio::test]
async fn a_file_that_is_being_written_keeps_its_place() {
    let Some(stage) = Stage::new().await else { return };
    let picker = stage.picker().await;
    let beside = stage.root.join("plugins/other-name.wasm");
    fs::write(&beside, stage.build("0.9.0")).unwrap();
    stage.registry.renew(at_once(true)).await;
    let patient = || Look { all: true, settle: crate::config::SETTLE, ..at_once(true) };
    // Neither the one that it comes before answers meanwhile, nor what is there of it; nor is it gone.
    for (bytes, label) in [(Some(stage.build("0.9.1")), "0.9.1"), (None, "0.1.0")] {
        match bytes {
            Some(bytes) => fs::write(&beside, bytes).unwrap(),
            None => fs::remove_file(&beside).unwrap(),
        }
        let before = picker.label();
        let again_at = stage.registry.renew(patient()).await.unwrap();
        assert_eq!(picker.label(), before);
        assert!(stage.registry.has("misbehaving"));
        stage.registry.clock().sleep_until(again_at).await;
        stage.registry.renew(Look { all: false, ..patient() }).await;
        assert_eq!(picker.label(), format!("misbehaving@{label}"));
    }
    drop(picker);
    stage.close().await;
}

/// One of two files that change places is read before the other one may be.
#[tokio::test]
async fn plugins_that_change_places_are_never_gone() {
    let Some(mut stage) = Stage::new().await else { return };
    let (one, other) = (stage.file.clone(), stage.root.join("plugins/telltale.wasm"));
    fs::copy(guests().unwrap().join("telltale.wasm"), &other).unwrap();
    stage.registry.renew(at_once(true)).await;
    for late in [&one, &other] {
        let aside = stage.root.join("aside");
        fs::rename(&one, &aside).unwrap();
        fs::rename(&other, &one).unwrap();
        fs::rename(&aside, &other).unwrap();
        stage.registry.renew(Look { written: BTreeSet::from([late.clone()]), ..at_once(false) }).await;
        assert!(stage.registry.has("misbehaving") && stage.registry.has("telltale"));
        stage.registry.renew(at_once(false)).await;
        assert!(stage.registry.has("misbehaving") && stage.registry.has("telltale"));
    }
    // One of them is gone, and is so only when nobody writes to the other one any more.
    fs::remove_file(&one).unwrap();
    fs::write(&other, "half").unwrap();
    stage.registry.renew(Look { written: BTreeSet::from([other.clone()]), ..at_once(false) }).await;
    assert!(stage.registry.has("misbehaving"));
    let told = |stage: &mut Stage| std::iter::from_fn(|| stage.told.try_recv().ok()).map(|event| event.kind).collect();
    let kinds: Vec<event::Kind> = told(&mut stage);
    assert!(!kinds.contains(&event::Kind::PluginRemoved), "{kinds:?}");
    stage.registry.renew(at_once(false)).await;
    assert!(!stage.registry.has("misbehaving") && stage.registry.has("telltale"));
    let kinds: Vec<event::Kind> = told(&mut stage);
    assert_eq!(kinds, [event::Kind::PluginRemoved]);
    stage.close().await;
}

/// What a copy is in the middle of is tried again by itself; the fault is told once, when it stays.
#[tokio::test]
async fn a_file_that_is_being_written_is_tried_again_before_its_fault_is_told() {
    let Some(mut stage) = Stage::new().await else { return };
    stage.picker().await;
    fs::write(&stage.file, &stage.wasm[..1_000]).unwrap();
    let mut tries = 0;
    while let Some(again_at) = stage.registry.renew(at_once(false)).await {
        tries += 1;
        stage.registry.clock().sleep_until(again_at).await;
        if tries == 2 {
            fs::write(&stage.file, stage.build("0.3.0")).unwrap();
        }
    }
    assert_eq!((tries, stage.picker().await.label().as_str()), (2, "misbehaving@0.3.0"));
    let mut refused = 0;
    while let Ok(event) = stage.told.try_recv() {
        refused += usize::from(event.kind == event::Kind::PluginRefused);
    }
    assert_eq!(refused, 0, "nothing was wrong");
    stage.close().await;
}

#[tokio::test]
async fn a_notifier_is_replaced_like_a_picker() {
    let Some(stage) = Stage::of("telltale").await else { return };
    stage.registry.settled().await;
    let notifier = stage.registry.notifier("telltale").unwrap();
    let version = || notifier.manifest().version.to_string();
    stage.put(&stage.wasm[..2_000]).await;
    assert_eq!(version(), "0.1.0");
    stage.put(&stage.build("0.2.0")).await;
    assert_eq!(version(), "0.2.0");
    let url = Text::Literal(Secret::new("http://127.0.0.1:1"));
    let target = BTreeMap::from([(String::from("url"), url)]);
    let error = notifier.announce(&target, notice()).await.unwrap_err().error;
    assert_eq!(error.kind(), "network", "the new build is asked");
    drop(notifier);
    stage.close().await;
}
