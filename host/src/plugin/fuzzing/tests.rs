use super::*;
use crate::plugin::anatomy::tests::component;

/// The door leads where the registry's files go.
#[tokio::test]
async fn a_file_goes_as_far_as_it_goes() {
    let trial = Trial::new(config::Limits::default()).unwrap();
    let said = |words: &str| {
        let loaded = trial.load(component(words));
        async { loaded.await.unwrap_err().kind() }
    };
    assert_eq!(said("").await, "bad-manifest");
    assert_eq!(said("manifest\nexport lyrebird:plugin/picker@0.1.0").await, "compile");
    assert_eq!(said("manifest\ninstance\nexport lyrebird:plugin/picker@0.1.0").await, "contract-mismatch");
}

#[test]
fn rooms_of_a_manifest_are_asked() {
    let manifest = manifest("name = \"x\"\nversion = \"1.0.0\"\nrooms = [\"a.test/*\"]").unwrap();
    assert!(takes(&manifest, "https://a.test/1") && !takes(&manifest, "https://b.test/1"));
}

#[test]
fn a_tape_is_written_as_it_was_read() {
    let text = include_str!("../../../../plugins/direct/tapes/live.tape.jsonl");
    let written = tape(text).unwrap();
    assert_eq!(tape(&written), Ok(written.clone()));
    assert!(tape("{}").unwrap_err().starts_with("line 1: "));
}
