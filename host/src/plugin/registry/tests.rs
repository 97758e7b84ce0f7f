use std::fs;

use super::*;
use crate::plugin::anatomy::tests::component;

mod cut;
mod making;
mod swaps;

/// What a registry works with, in a data directory of its test.
fn means(config: Arc<Config>, data: &Path, events: event::Sink) -> Means {
    Means {
        http: Http::new(&config.http, &[]).unwrap(),
        config,
        data: Arc::new(DataDir::Kept(data.to_path_buf())),
        // One of its own thread would still write to the folder while it is removed.
        store: Store::passing(None, Clock::system()),
        clock: Clock::system(),
        events,
    }
}

/// A look that lets nothing settle, and takes what is compiled meanwhile.
fn at_once(all: bool) -> Look {
    Look { all, patience: Duration::from_secs(60), ..Look::default() }
}

/// Files by name and content, and what becomes of each.
async fn check(config: &str, files: &[(&str, Vec<u8>)], expected: &str) {
    let root = std::env::temp_dir().join(format!("lyrebird-registry-{}", event::new_id()));
    let (plugins, data) = (root.join("plugins"), root.join("data"));
    fs::create_dir_all(&plugins).unwrap();
    for (name, bytes) in files {
        match name.strip_suffix('/') {
            Some(folder) => fs::create_dir(plugins.join(folder)).unwrap(),
            None => fs::write(plugins.join(name), bytes).unwrap(),
        }
    }
    let config = Arc::new(crate::config::parse(Path::new("lyrebird.toml"), config).unwrap());
    let (events, mut told) = event::queue();
    let means = means(Arc::clone(&config), &data, events);
    let registry = Registry::load(&[plugins], means.clone()).await.unwrap();
    let refused = expected.lines().filter(|line| !line.contains(": shadowed: ")).count();
    // However often they are looked at again, each is told once.
    for (times, news) in [refused, 0, 0].into_iter().enumerate() {
        let lines = registry.list().await.into_iter().map(|listing| {
            let (name, state, reason) =
                (listing.description.name, listing.state.word(), listing.reason.unwrap_or_default());
            format!("{name}: {state}: {}", reason.lines().next().unwrap_or_default())
        });
        let shown = lines.collect::<Vec<_>>().join("\n").replace(&format!("{}/", root.join("plugins").display()), "");
        assert_eq!(shown, expected, "looked at {times} times");
        let told = std::iter::from_fn(|| told.try_recv().ok());
        assert_eq!(told.filter(|event| event.kind == event::Kind::PluginRefused).count(), news);
        registry.renew(at_once(true)).await;
    }
    registry.shut_down().await;
    fs::remove_dir_all(root).unwrap();
}

#[tokio::test]
async fn every_file_is_listed_with_what_became_of_it() {
    let picker = "\ninstance\nexport lyrebird:plugin/picker@0.1.0";
    let made = |manifest: &str| component(&format!("manifest {manifest}{picker}"));
    check(
        "[plugins]\napprove = \"ask\"\n[plugin.set]\nsettings = { colour = \"red\" }",
        &[
            ("folder.wasm/", Vec::new()),
            ("half.wasm", made("name = \"x\";version = \"1.0.0\"")[..30].to_vec()),
            ("page.wasm", b"<html>".to_vec()),
            ("asks.wasm", made("name = \"asks\";version = \"1.0.0\";hosts = [\"a.example\"]")),
            ("set.wasm", made("name = \"set\";version = \"1.0.0\"")),
            ("hollow.wasm", made("name = \"hollow\";version = \"1.0.0\"")),
            ("hollow-1.wasm", made("name = \"hollow\";version = \"0.9.0\"")),
        ],
        "asks: needs-approval: needs approval: it asks for host a.example
folder: refused: the file cannot be read: it is a folder
half: refused: the file is incomplete
hollow: refused: does not fit the contract: instance export `lyrebird:plugin/picker@0.1.0` does not have export `resolve`
hollow: shadowed: `hollow.wasm` comes first
page: refused: not a WebAssembly component: it does not begin like WebAssembly
set: refused: bad settings: plugin `set` has no settings, `colour` is set",
    )
    .await;
}

/// One is compiled and takes its time: who was compiled before is there, and the other is waited for.
#[tokio::test]
async fn what_was_compiled_before_does_not_wait_behind_a_compile() {
    let root = std::env::temp_dir().join(format!("lyrebird-registry-{}", event::new_id()));
    let (plugins, data) = (root.join("plugins"), root.join("data"));
    fs::create_dir_all(&plugins).unwrap();
    let write = |name: &str| {
        let words = format!("manifest name = \"{name}\";version = \"1.0.0\"");
        let wasm = component(&format!("{words}\ninstance\nexport lyrebird:plugin/picker@0.1.0"));
        fs::write(plugins.join(format!("{name}.wasm")), wasm).unwrap();
    };
    let config = Arc::new(crate::config::Config::default());
    let means = means(Arc::clone(&config), &data, event::queue().0);
    write("warm");
    let first = Registry::load(std::slice::from_ref(&plugins), means.clone()).await.unwrap();
    assert_eq!(first.list().await.len(), 1);
    first.shut_down().await;

    write("cold");
    let guests = Arc::new(Guests::start().unwrap());
    let (release, held) = std::sync::mpsc::channel::<()>();
    let (tell, begun) = tokio::sync::oneshot::channel();
    let compiler = Arc::clone(&guests);
    let busy = tokio::spawn(async move {
        let job = move || tell.send(()).is_ok() && held.recv().is_ok();
        compiler.compiler.run(1, job).await
    });
    begun.await.unwrap();
    let registry = Registry::load_on(guests, &[plugins], means.clone()).await.unwrap();
    // Both are hollow, which shows only once they are linked.
    let hollow = |error: PickError| assert!(error.to_string().contains("does not fit the contract"), "{error}");
    hollow(registry.pick("x", Some("warm")).await.unwrap_err());
    assert!(futures_util::FutureExt::now_or_never(registry.pick("x", Some("cold"))).is_none());
    release.send(()).unwrap();
    assert_eq!(busy.await.unwrap(), Some(true));
    hollow(registry.pick("x", Some("cold")).await.unwrap_err());
    fs::remove_dir_all(root).unwrap();
}
