use super::*;

#[test]
fn the_end_is_kept() {
    let tail = Tail::default();
    tail.push(&vec![b'a'; KEPT]);
    tail.push(b"the last words");
    let text = tail.text();
    assert_eq!(text.len(), KEPT);
    assert!(text.ends_with("aathe last words"));
    tail.push(&vec![b'b'; 10 * KEPT]);
    assert_eq!(tail.text(), "b".repeat(KEPT));
}
