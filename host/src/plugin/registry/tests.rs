use std::fs;

use super::*;
use crate::plugin::anatomy::tests::component;

/// Files by name and content, and what becomes of each.
async fn check(config: &str, files: &[(&str, Vec<u8>)], expected: &str) {
    let root = std::env::temp_dir().join(format!("lyrebird-registry-{}", event::new_id()));
    let (plugins, data) = (root.join("plugins"), root.join("data"));
    fs::create_dir_all(&plugins).unwrap();
    for (name, bytes) in files {
        fs::write(plugins.join(name), bytes).unwrap();
    }
    let config = crate::config::parse(Path::new("lyrebird.toml"), config).unwrap();
    let (events, mut told) = event::queue();
    let means = Means {
        config: &config,
        data: &DataDir::Kept(data.clone()),
        http: Http::new(&config.http, &[]).unwrap(),
        store: Store::open(&data),
        clock: Clock::system(),
        events,
    };
    let registry = Registry::load(&[plugins], &means).await.unwrap();
    let lines = registry.list().into_iter().map(|listing| {
        let reason = listing.reason.unwrap_or_default();
        format!("{}: {}: {}", listing.description.name, listing.state.word(), reason.lines().next().unwrap_or_default())
    });
    let shown = lines.collect::<Vec<_>>().join("\n").replace(&format!("{}/", root.join("plugins").display()), "");
    assert_eq!(shown, expected);
    assert_eq!(told.try_recv().unwrap().kind, event::Kind::PluginRefused);
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
            ("half.wasm", made("name = \"x\";version = \"1.0.0\"")[..30].to_vec()),
            ("page.wasm", b"<html>".to_vec()),
            ("asks.wasm", made("name = \"asks\";version = \"1.0.0\";hosts = [\"a.example\"]")),
            ("set.wasm", made("name = \"set\";version = \"1.0.0\"")),
            ("hollow.wasm", made("name = \"hollow\";version = \"1.0.0\"")),
            ("hollow-1.wasm", made("name = \"hollow\";version = \"0.9.0\"")),
        ],
        "asks: needs-approval: needs approval: it asks for host a.example
half: refused: the file is incomplete
hollow: refused: does not fit the contract: instance export `lyrebird:plugin/picker@0.1.0` does not have export `resolve`
hollow: shadowed: `hollow.wasm` comes first
page: refused: not a WebAssembly component: it does not begin like WebAssembly
set: refused: bad settings: plugin `set` has no settings, `colour` is set",
    )
    .await;
}
