use lyrebird_plugin::testing::{Answer, Host};

use super::*;

#[test]
fn announced_found_and_taken_back() {
    let host = Host::new();
    host.setting("url", "http://127.0.0.1:9000/").setting("token", "secret");
    host.answer("http://127.0.0.1:9000/announce", Answer::body("receipt 1"));
    host.answer("http://127.0.0.1:9000/find", Answer::status(404));
    host.answer("http://127.0.0.1:9000/retract", Answer::status(204));
    let event = Event { id: "e 1".to_owned(), text: "live!".to_owned(), ..Event::default() };

    assert_eq!(Telltale::announce(&event), Ok(Some("receipt 1".to_owned())));
    assert_eq!(Telltale::find(&event), Ok(None));
    assert_eq!(Telltale::retract(&event, "receipt 1"), Ok(()));

    let sent = host.sent();
    assert_eq!(sent[1].url, "http://127.0.0.1:9000/find?event=e%201");
    assert!(
        sent.iter().all(|request| request.headers[0].1.contains("secret") || request.headers[1].1.contains("secret"))
    );
}

#[test]
fn a_missing_setting_is_told() {
    let _host = Host::new();
    let failure = Telltale::announce(&Event::default()).unwrap_err();
    assert_eq!(failure.message(), "the setting `url` is missing\nhint: set it in the configuration");
}
