use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;

/// Hex pairs and 'text' in quotes, apart by spaces; `#N` is a number.
fn bytes(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    for word in text.split_whitespace() {
        if let Some(text) = word.strip_prefix('\'') {
            out.extend(text.trim_end_matches('\'').bytes());
        } else if let Some(number) = word.strip_prefix('#') {
            write_value(&Value::Number(number.parse().unwrap()), &mut out);
        } else if let Some(name) = word.strip_suffix(':') {
            encode::write_name(name.as_bytes(), &mut out);
        } else {
            out.push(u8::from_str_radix(word, 16).unwrap());
        }
    }
    out
}

/// `onMetaData` and what stands behind it.
fn metadata(rest: &str) -> Vec<u8> {
    bytes(&format!("02 onMetaData: {rest}"))
}

fn show(value: &Value<'_>, out: &mut String) {
    let text = |text: &[u8]| String::from_utf8_lossy(text).into_owned();
    let fields = |open: &str, fields: &[Field<'_>], out: &mut String| {
        out.push_str(open);
        for (name, value) in fields {
            out.push_str(&format!(" {}=", text(name)));
            show(value, out);
        }
        out.push_str(" }");
    };
    match value {
        Value::Number(number) => out.push_str(&number.to_string()),
        Value::Boolean(boolean) => out.push_str(&boolean.to_string()),
        Value::String(string) => out.push_str(&format!("{:?}", text(string))),
        Value::Object(named) => fields("{", named, out),
        Value::EcmaArray(named) => fields("ecma{", named, out),
        Value::TypedObject(class, named) => fields(&format!("{}{{", text(class)), named, out),
        Value::StrictArray(values) => {
            out.push('[');
            for value in values {
                out.push(' ');
                show(value, out);
            }
            out.push_str(" ]");
        }
        other => out.push_str(&format!("{other:?}")),
    }
}

fn check(payload: &[u8], expected: Expect) {
    let shown = match Script::read(payload) {
        Err(err) => format!("error: {err}"),
        Ok(script) => {
            let mut out = String::from_utf8_lossy(script.name).into_owned();
            for value in &script.values {
                out.push(' ');
                show(value, &mut out);
            }
            out + if script.whole { "" } else { " BROKEN" }
        }
    };
    expected.assert_eq(&shown);
}

#[test]
fn every_type_is_read() {
    check(
        &bytes(
            "02 onAll: #1.5 01 01 02 00 01 'x' 03 a: #1 00 00 09 05 06 0d 07 00 02 08 00 00 00 01 b: 01 00 00 00 09 \
             0a 00 00 00 02 #1 05 0b 40 59 00 00 00 00 00 00 00 3c 0c 00 00 00 02 'yz' 0f 00 00 00 01 'q' \
             10 C: d: #4 00 00 09",
        ),
        expect![[
            r#"onAll 1.5 true "x" { a=1 } Null Undefined Undefined Reference(2) ecma{ b=false } [ 1 Null ] Date(100.0, 60) "yz" Xml([113]) C{ d=4 }"#
        ]],
    );
}

#[test]
fn a_length_of_four_billion_is_a_lie() {
    check(&metadata("08 ff ff ff ff a: #1 00 00 09"), expect!["onMetaData ecma{ a=1 }"]);
    check(&metadata("08 00 00 00 00 a: #1 b: #2 00 00 09"), expect!["onMetaData ecma{ a=1 b=2 }"]);
    check(&metadata("08 00 00 00 01 a: 0a ff ff ff ff #1 #2"), expect!["onMetaData ecma{ a=[ 1 2 ] } BROKEN"]);
    check(&metadata("08 00 00 00 01 a: 0c ff ff ff ff 'x'"), expect!["onMetaData ecma{ } BROKEN"]);
}

#[test]
fn ends_are_missing_or_too_many() {
    check(&metadata("08 00 00 00 01 a: #1"), expect!["onMetaData ecma{ a=1 }"]);
    check(&metadata("08 00 00 00 01 a: #1 00 00 09 00 00 09 00 00 09"), expect!["onMetaData ecma{ a=1 }"]);
    check(&metadata("03 a: #1 00 00 09 05"), expect!["onMetaData { a=1 } Null"]);
    check(&metadata("03 a: #1 00 00"), expect!["onMetaData { a=1 } BROKEN"]);
    check(&metadata(""), expect!["onMetaData"]);
}

#[test]
fn a_broken_tail_costs_the_tail_only() {
    check(&metadata("08 00 00 00 02 a: #1 b: 03 c: #2 d: 00 40"), expect!["onMetaData ecma{ a=1 b={ c=2 } } BROKEN"]);
    check(&metadata("08 00 00 00 02 a: #1 b: 11 00"), expect!["onMetaData ecma{ a=1 } BROKEN"]);
}

#[test]
fn depth_is_bounded() {
    let script = metadata(&"03 a: ".repeat(20));
    check(
        &script,
        expect![
            "onMetaData { a={ a={ a={ a={ a={ a={ a={ a={ a={ a={ a={ a={ a={ a={ a={ } } } } } } } } } } } } } } } } BROKEN"
        ],
    );
}

#[test]
fn a_server_command_is_skipped() {
    check(&bytes("02 @setDataFrame: 02 onMetaData: 03 a: #1 00 00 09"), expect!["onMetaData { a=1 }"]);
}

#[test]
fn no_name_is_an_error() {
    check(&[], expect!["error: script data is empty"]);
    check(&bytes("08 00 00"), expect!["error: script data begins with marker 0x08, not with a name"]);
    check(&bytes("02 00 0a 'onMeta'"), expect!["error: script data ends within its name"]);
}

/// The fields that are kept, as they are written.
fn check_kept(payload: &[u8], expected: Expect) {
    let shown = match Metadata::parse(payload) {
        Err(err) => format!("error: {err}"),
        Ok(None) => "another script".to_owned(),
        Ok(Some(metadata)) => {
            let again = rewritten(&metadata);
            let script = Script::read(&again).unwrap();
            let mut out = String::new();
            show(&script.values[0], &mut out);
            out + if metadata.is_whole() { "" } else { " BROKEN" }
        }
    };
    expected.assert_eq(&shown);
}

fn rewritten(metadata: &Metadata) -> Vec<u8> {
    let mut out = bytes("02 onMetaData: 08 00 00 00 00");
    metadata.write(&mut out);
    out.extend([0, 0, 9]);
    out
}

#[test]
fn scalars_about_the_encoder_are_kept_in_order() {
    check_kept(
        &metadata(
            "08 00 00 00 09 stereo: 01 01 duration: #0 encoder: 02 00 07 'obs-x30' width: #1280 fileSize: #7 \
             audiodatarate: #160 keyframes: 03 times: 0a 00 00 00 01 #0 00 00 09 list: 03 00 00 09 none: 05 \
             encoder: 02 00 01 'z' 00 00 09",
        ),
        expect![[r#"ecma{ audiodatarate=160 encoder="z" stereo=true }"#]],
    );
    check_kept(&metadata("0a 00 00 00 01 03 encoder: 02 00 01 'x' 00 00 09"), expect![[r#"ecma{ encoder="x" }"#]]);
    check_kept(&metadata("03 b: #1 a: 02 00 09 'x'"), expect!["ecma{ b=1 } BROKEN"]);
    check_kept(&bytes("02 onTextData: 03 00 00 09"), expect!["another script"]);
}

#[test]
fn what_is_kept_is_bounded() {
    let many: String = (0..100).map(|n| format!("n{n:03}: #{n} ")).collect();
    let kept = Metadata::parse(&metadata(&format!("03 {many}"))).unwrap().unwrap();
    assert_eq!(kept.len(), 32);
    let long: String = (0..100).map(|n| format!("n{n:03}: 02 01 00 {} ", "41 ".repeat(256))).collect();
    let kept = Metadata::parse(&metadata(&format!("03 {long}"))).unwrap().unwrap();
    assert_eq!(kept.len(), 4096 / (2 + 4 + 3 + 256));
    assert!(rewritten(&kept).len() < 4096 + 32);
}

fn any_text() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..12),
        prop::sample::select(vec!["encoder", "duration", "stereo", "width", "keyframes"])
            .prop_map(|text| text.as_bytes().to_vec()),
    ]
}

fn any_field() -> impl Strategy<Value = (Vec<u8>, Vec<u8>)> {
    let value = prop_oneof![
        any::<u64>().prop_map(|bits| [vec![0], bits.to_be_bytes().to_vec()].concat()),
        any::<bool>().prop_map(|boolean| vec![1, u8::from(boolean)]),
        any_text().prop_map(|text| {
            let mut out = Vec::new();
            write_value(&Value::String(&text), &mut out);
            out
        }),
        Just(vec![5]),
    ];
    (any_text(), value)
}

proptest! {
    #[test]
    fn whatever_comes_is_read_without_panic(payload in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = Metadata::parse(&payload);
        let _ = Metadata::parse(&[bytes("02 onMetaData: 08 00 00 00 00"), payload].concat());
    }

    #[test]
    fn a_cut_off_or_damaged_script_is_read_without_panic(
        fields in prop::collection::vec(any_field(), 0..12),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        end in any::<prop::sample::Index>(),
    ) {
        let mut payload = bytes("02 onMetaData: 08 00 00 00 00");
        for (name, value) in &fields {
            encode::write_name(name, &mut payload);
            payload.extend(value);
        }
        for (place, byte) in damage {
            let place = place.index(payload.len());
            payload[place] = byte;
        }
        payload.truncate(end.index(payload.len() + 1));
        let _ = Metadata::parse(&payload);
    }

    #[test]
    fn what_is_kept_is_a_fixed_point(fields in prop::collection::vec(any_field(), 0..80)) {
        let mut payload = bytes("02 onMetaData: 08 00 00 00 00");
        for (name, value) in &fields {
            encode::write_name(name, &mut payload);
            payload.extend(value);
        }
        let once = Metadata::parse(&payload).unwrap().unwrap();
        let again = Metadata::parse(&rewritten(&once)).unwrap().unwrap();
        prop_assert_eq!(rewritten(&again), rewritten(&once));
        prop_assert!(again.is_whole());
    }

    #[test]
    fn what_is_written_is_read(fields in prop::collection::vec(any_field(), 0..12)) {
        let mut payload = bytes("02 x: 03");
        for (name, value) in fields.iter().filter(|(name, _)| !name.is_empty()) {
            encode::write_name(name, &mut payload);
            payload.extend(value);
        }
        payload.extend([0, 0, 9]);
        let script = Script::read(&payload).unwrap();
        prop_assert!(script.whole);
        let mut again = bytes("02 x:");
        for value in &script.values {
            write_value(value, &mut again);
        }
        prop_assert_eq!(again, payload);
    }
}
