use super::*;

fn addresses(texts: &[&str]) -> Vec<IpAddr> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

#[test]
fn only_what_is_pinned() {
    let book = Book::public();
    assert_eq!(book.look_up("a"), addresses(&[]));
    let first = book.pin("a", addresses(&["1.1.1.1"]));
    let second = book.pin("a", addresses(&["2.2.2.2"]));
    assert_eq!(book.look_up("a"), addresses(&["2.2.2.2"]));
    drop(second);
    assert_eq!(book.look_up("a"), addresses(&["1.1.1.1"]));
    drop(first);
    assert!(book.0.pages.lock().unwrap().names.is_empty());
}

#[test]
fn one_permission_is_not_the_next_ones() {
    let book = Book::private();
    let _first = book.pin("a", addresses(&["10.0.0.1", "10.0.0.2"]));
    let _second = book.pin("a", addresses(&["10.0.0.2", "10.0.0.3"]));
    assert_eq!(book.look_up("a"), addresses(&["10.0.0.2"]));
}
