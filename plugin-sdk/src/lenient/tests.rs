use std::collections::BTreeMap;

use serde::Deserialize;

#[derive(Deserialize, Debug, PartialEq, Default)]
struct Data {
    #[serde(deserialize_with = "super::value")]
    number: u32,
    #[serde(deserialize_with = "super::value")]
    flag: bool,
    #[serde(deserialize_with = "super::value")]
    name: String,
    #[serde(default, deserialize_with = "super::maybe")]
    started: Option<i64>,
    #[serde(default, deserialize_with = "super::object")]
    rooms: BTreeMap<String, u8>,
}

fn check(json: &str, expected: Result<(u32, bool, &str, Option<i64>), &str>) {
    let got = serde_json::from_str::<Data>(json).map(|data| (data.number, data.flag, data.name, data.started));
    let got = got.map_err(|error| error.to_string());
    match (&got, expected) {
        (Ok((number, flag, name, started)), Ok(expected)) => {
            assert_eq!((*number, *flag, name.as_str(), *started), expected, "{json}");
        }
        (Err(error), Err(expected)) => assert!(error.contains(expected), "{json}: {error}"),
        _ => panic!("{json}: {got:?}"),
    }
}

#[test]
fn numbers_flags_and_names_in_any_dress() {
    check(r#"{"number": 1, "flag": true, "name": "a", "started": 5}"#, Ok((1, true, "a", Some(5))));
    check(r#"{"number": " 1", "flag": 1, "name": 7, "started": "-5"}"#, Ok((1, true, "7", Some(-5))));
    check(r#"{"number": "1", "flag": "0", "name": true, "started": ""}"#, Ok((1, false, "true", None)));
    check(r#"{"number": 0, "flag": "", "name": "", "started": null}"#, Ok((0, false, "", None)));
    check(r#"{"number": 0, "flag": 0, "name": "", "started": []}"#, Ok((0, false, "", None)));
    check(r#"{"number": 0, "flag": 0, "name": "", "started": {}}"#, Ok((0, false, "", None)));
    check(r#"{"number": 0, "flag": 0, "name": "", "started": [1]}"#, Err("sequence"));
    check(r#"{"number": 0, "flag": 0, "name": "", "started": {"a": 1}}"#, Err("map"));
    check(r#"{"number": true, "flag": false, "name": ""}"#, Ok((1, false, "", None)));
    check(r#"{"number": "many", "flag": 1, "name": ""}"#, Err("many"));
    check(r#"{"number": -1, "flag": 1, "name": ""}"#, Err("-1"));
    check(r#"{"number": 1, "flag": 2, "name": ""}"#, Err("2"));
    check(r#"{"number": [], "flag": 1, "name": ""}"#, Err("sequence"));
}

#[test]
fn an_empty_array_is_an_empty_object() {
    let rooms = |json: &str| serde_json::from_str::<Data>(json).map(|data| data.rooms.len()).ok();
    assert_eq!(rooms(r#"{"number": 1, "flag": 1, "name": "", "rooms": []}"#), Some(0));
    assert_eq!(rooms(r#"{"number": 1, "flag": 1, "name": "", "rooms": {"a": 1}}"#), Some(1));
    assert_eq!(rooms(r#"{"number": 1, "flag": 1, "name": "", "rooms": [1]}"#), None);
}

#[test]
fn nothing_is_an_empty_list() {
    #[derive(Deserialize)]
    struct Listed {
        #[serde(default, deserialize_with = "super::list")]
        list: Vec<u8>,
    }
    let list = |json: &str| serde_json::from_str::<Listed>(json).map(|data| data.list).ok();
    assert_eq!(list(r#"{"list": [1, 2]}"#), Some(vec![1, 2]));
    for nothing in [r"{}", r#"{"list": null}"#, r#"{"list": {}}"#, r#"{"list": []}"#] {
        assert_eq!(list(nothing), Some(Vec::new()), "{nothing}");
    }
    assert_eq!(list(r#"{"list": {"0": 1}}"#), None);
    assert_eq!(list(r#"{"list": ["a"]}"#), None);
}
