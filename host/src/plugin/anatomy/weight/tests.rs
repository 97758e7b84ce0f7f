use wasmparser::Parser;

use super::*;

/// A module with so many mutable globals.
fn module(globals: u32) -> Vec<u8> {
    let leb = |mut number: u32| {
        let mut bytes = Vec::new();
        while number > 0x7f {
            bytes.push(u8::try_from(number & 0x7f).unwrap() | 0x80);
            number >>= 7;
        }
        bytes.push(u8::try_from(number).unwrap());
        bytes
    };
    // `(global (mut i32) (i32.const 0))`.
    let content = [leb(globals), [0x7f, 1, 0x41, 0, 0x0b].repeat(usize::try_from(globals).unwrap())].concat();
    let size = leb(u32::try_from(content.len()).unwrap());
    [b"\0asm\x01\0\0\0".to_vec(), vec![6], size, content].concat()
}

fn check(globals: u32, instances: usize) {
    let (bytes, mut weight) = (module(globals), Weight::default());
    for payload in Parser::new(0).parse_all(&bytes) {
        weight.add(&payload.unwrap()).unwrap();
    }
    assert_eq!(weight.instances(), instances, "{globals} globals");
}

#[test]
fn the_heavier_a_module_the_fewer_instances() {
    check(1, 1_000);
    check(1_000, 1_000);
    check(100_000, 27);
    check(1_000_000, 2);
}
