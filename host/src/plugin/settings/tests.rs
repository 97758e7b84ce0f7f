use super::*;
use crate::plugin::manifest;

fn plugin() -> Manifest {
    manifest::parse(
        r#"
        name = "example"
        version = "1.0.0"
        settings = [
            { name = "api", type = "url", default = "https://api.example.com" },
            { name = "key", secret = true },
            { name = "pages", type = "number", default = 2 },
        ]"#,
    )
    .unwrap()
}

fn layer(pairs: &[(&str, &str)]) -> BTreeMap<String, Text> {
    pairs.iter().map(|(name, text)| ((*name).to_owned(), Text::Literal(Secret::new(*text)))).collect()
}

#[test]
fn later_layers_win_over_the_plugins_and_the_manifests() {
    let plugin = plugin();
    let settings =
        Settings::of(&plugin, &[&layer(&[("pages", "3"), ("key", "abcd")]), &layer(&[("pages", "4")])]).unwrap();
    assert_eq!((settings.get("pages"), settings.get("key")), (Some("4"), Some("abcd")));
    assert_eq!((settings.get("api"), settings.by_user("api")), (Some("https://api.example.com"), None));
    assert_eq!(settings.get("other"), None);
}

#[test]
fn mistakes_are_named_and_secrets_are_not_shown() {
    let error = |pairs: &[(&str, &str)]| Settings::of(&plugin(), &[&layer(pairs)]).unwrap_err();
    assert_eq!(error(&[("kye", "x")]), "plugin `example` has no setting `kye`, it knows api, key, pages");
    assert_eq!(error(&[("pages", "many")]), "setting `pages` of plugin `example`: `many` is not a number");
    let missing = BTreeMap::from([("key".to_owned(), Text::Env("LYREBIRD_NO_SUCH_VARIABLE".to_owned()))]);
    assert!(Settings::of(&plugin(), &[&missing]).unwrap_err().contains("LYREBIRD_NO_SUCH_VARIABLE"));
}

#[test]
fn what_a_guest_writes_is_scrubbed() {
    let settings = Settings::of(&plugin(), &[&layer(&[("key", "s3cret")])]).unwrap();
    let said = "key s3cret, GET https://me:pw@example.com/a?sign=1&t=2#x failed (http://example.com/b)";
    assert_eq!(
        settings.scrub(said, 1_000),
        "key ***, GET https://example.com/a?sign=…&t=… failed (http://example.com/b)"
    );
    assert_eq!(settings.scrub("äöü", 3), "ä…");
    assert!(!format!("{settings:?}").contains("s3cret"));
}
