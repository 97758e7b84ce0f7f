use std::collections::BTreeMap;

use super::*;
use crate::config::Text;
use crate::model::Secret;
use crate::plugin::manifest;

const PLUGIN: &str = r#"
    name = "example"
    version = "1.0.0"
    hosts = ["api.example.com", "setting:mirror", "setting:server"]
    cookies = ["*.example.com"]
    settings = [
        { name = "mirror", type = "url", default = "https://mirror.example.org:8443/x" },
        { name = "server" },
    ]"#;

fn granted(set: &[(&str, &str)]) -> Result<Grant, String> {
    let manifest = manifest::parse(PLUGIN).unwrap();
    let layer: BTreeMap<String, Text> =
        set.iter().map(|(name, text)| ((*name).to_owned(), Text::Literal(Secret::new(*text)))).collect();
    let settings = Settings::of(&manifest, &[&layer])?;
    grant(&manifest, &settings, &base("example", &config::Plugin::default())?)
}

#[test]
fn a_default_url_is_a_host_like_others_and_the_users_own_is_permitted() {
    let grant = granted(&[("server", "http://192.168.1.5:8080/api")]).unwrap();
    let hosts: Vec<String> = grant.hosts.iter().map(ToString::to_string).collect();
    assert_eq!(hosts, ["api.example.com", "mirror.example.org:8443"]);
    assert_eq!(grant.permitted, [HostPort::parse("192.168.1.5:8080").unwrap()]);
    let moved = granted(&[("mirror", "http://10.0.0.1")]).unwrap();
    assert_eq!(moved.permitted, [HostPort::parse("10.0.0.1:80").unwrap()]);
    assert_eq!(moved.hosts.len(), 1);
}

/// As a pattern its star would mean every host below: more than `setting:mirror` tells whoever grants it.
#[test]
fn a_default_url_is_no_pattern() {
    let starry = PLUGIN.replace("mirror.example.org:8443", "*.example.org");
    let manifest = manifest::parse(&starry).unwrap();
    let settings = Settings::of(&manifest, &[]).unwrap();
    let refused = grant(&manifest, &settings, &base("example", &config::Plugin::default()).unwrap()).unwrap_err();
    assert!(refused.contains("setting `mirror`"), "{refused}");
}

#[test]
fn what_is_no_url_is_named() {
    assert!(granted(&[("server", "ftp://example.com")]).unwrap_err().contains("setting `server`"));
}
