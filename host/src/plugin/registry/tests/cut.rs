//! A file that is copied in place by somebody who pauses for long, and closes it meanwhile: what is there of it is tried,
//! whatever it may be.

use std::fs;
use std::ops::Range;

use super::swaps::{Stage, room};
use super::*;
use crate::plugin::anatomy::SECTION;

/// The sections of a component, each with its number.
fn sections(wasm: &[u8]) -> Vec<(u8, Range<usize>)> {
    let mut found = Vec::new();
    let mut at = 8;
    while at < wasm.len() {
        let (begin, number) = (at, wasm[at]);
        let (mut size, mut shift) = (0_usize, 0);
        loop {
            at += 1;
            size |= usize::from(wasm[at] & 0x7f) << shift;
            shift += 7;
            if wasm[at] < 0x80 {
                break;
            }
        }
        at += 1 + size;
        found.push((number, begin..at));
    }
    found
}

/// The same plugin with its manifest behind all else, as `plugin build` puts it.
fn manifest_last(mut wasm: Vec<u8>) -> Vec<u8> {
    let (_, anatomy) = crate::plugin::anatomy::read(&wasm);
    let [text] = crate::plugin::anatomy::manifests(&wasm).unwrap().try_into().unwrap();
    assert!(anatomy.is_ok());
    let name = SECTION.as_bytes();
    let at = wasm.windows(name.len()).position(|bytes| bytes == name).unwrap();
    wasm[at..at + name.len()].reverse();
    crate::plugin::carry::carrying(wasm, &text)
}

/// Whether it is all that the plugin needs, but for what nobody reads.
fn is_enough(wasm: &[u8], cut: usize) -> bool {
    const CUSTOM: u8 = 0;
    let rest = sections(wasm).into_iter().filter(|(_, place)| place.end > cut);
    rest.into_iter().all(|(number, place)| {
        let is_manifest = wasm[place.clone()].windows(SECTION.len()).any(|bytes| bytes == SECTION.as_bytes());
        number == CUSTOM && place.start >= cut && !is_manifest
    })
}

/// Whether what was there of it was taken.
async fn check(stage: &Stage, old: &[u8], new: &[u8], cut: usize) -> bool {
    stage.put(old).await;
    let picker = stage.picker().await;
    let before = picker.label();
    // In place, as `rsync --inplace` does.
    fs::write(&stage.file, &new[..cut]).unwrap();
    for _ in 0..8 {
        stage.registry.renew(at_once(true)).await;
        picker.check(vec![room("state")]).await.unwrap().remove(0).unwrap();
    }
    let is_taken = picker.label() != before;
    assert_eq!(is_taken, is_enough(new, cut), "{cut} of {} bytes", new.len());
    let states: Vec<_> = stage.registry.list_now().into_iter().map(|one| (one.state.word(), one.reason)).collect();
    let shown: Vec<&str> = states.iter().map(|(state, _)| *state).collect();
    match is_taken {
        true => assert_eq!(shown, ["active"], "{cut}: {states:?}"),
        false => assert!(shown == ["active", "refused"] && states[1].1.is_some(), "{cut}: {states:?}"),
    }
    let mut file = fs::OpenOptions::new().append(true).open(&stage.file).unwrap();
    std::io::Write::write_all(&mut file, &new[cut..]).unwrap();
    drop(file);
    stage.registry.renew(at_once(false)).await;
    assert_ne!(picker.label(), before, "{cut}: what is whole is taken");
    picker.check(vec![room("state")]).await.unwrap().remove(0).unwrap();
    let states: Vec<_> = stage.registry.list_now().into_iter().map(|one| one.state.word()).collect();
    assert_eq!(states, ["active"], "{cut}");
    is_taken
}

#[tokio::test]
async fn a_file_cut_off_anywhere_is_refused_and_taken_when_it_is_whole() {
    let Some(stage) = Stage::new().await else { return };
    let mut versions = 0_u32;
    let mut next = |is_last: bool| {
        versions += 1;
        let wasm = stage.build(&format!("0.{}.{}", versions / 10 + 2, versions % 10));
        if is_last { manifest_last(wasm) } else { wasm }
    };
    let mut taken = Vec::new();
    for is_last in [false, true] {
        let mut old = next(is_last);
        let ends: Vec<usize> = sections(&old).into_iter().map(|(_, place)| place.end).collect();
        // Where the last sections end the rest is a component, whatever it lacks.
        let cuts = ends.iter().rev().skip(1).take(3).copied();
        let cuts: Vec<usize> = cuts.chain([8, old.len() / 2, old.len() - 1]).collect();
        for cut in cuts {
            let new = next(is_last);
            taken.push(check(&stage, &old, &new, cut).await);
            old = new;
        }
    }
    assert!(taken.contains(&true) && taken.contains(&false), "{taken:?}");
    stage.close().await;
}

/// One that nothing answers for yet.
#[tokio::test]
async fn a_new_file_cut_off_anywhere_is_refused_and_taken_when_it_is_whole() {
    let Some(stage) = Stage::new().await else { return };
    let wasm = manifest_last(fs::read(crate::plugin::notifier::tests::guests().unwrap().join("lantern.wasm")).unwrap());
    let file = stage.file.with_file_name("lantern.wasm");
    let last = sections(&wasm).pop().unwrap().1.start;
    for cut in [last, last - 1, wasm.len() / 2] {
        fs::write(&file, &wasm[..cut]).unwrap();
        for _ in 0..8 {
            stage.registry.renew(at_once(true)).await;
        }
        let states: Vec<_> = stage.registry.list_now().into_iter().map(|one| one.state.word()).collect();
        assert_eq!(states, ["refused", "active"], "{cut}");
        fs::write(&file, &wasm).unwrap();
        stage.registry.renew(at_once(false)).await;
        assert!(stage.registry.has("lantern"), "{cut}");
        fs::remove_file(&file).unwrap();
        stage.registry.renew(at_once(false)).await;
        assert!(!stage.registry.has("lantern"));
    }
    stage.close().await;
}
