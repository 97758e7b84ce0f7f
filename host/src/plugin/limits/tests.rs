use super::*;

#[test]
fn memories_count_together_and_the_limit_has_a_name() {
    let mut ceiling = Ceiling::new(&Limits { memory_bytes: 100, table_elements: 10, ..Limits::default() });
    assert!(ceiling.memory_growing(0, 60, None).unwrap());
    assert!(ceiling.memory_growing(0, 40, None).unwrap());
    let error = ceiling.memory_growing(60, 61, None).unwrap_err();
    assert_eq!(error.downcast_ref::<Stop>(), Some(&Stop::Memory(100)));
    let error = ceiling.table_growing(0, 11, None).unwrap_err();
    assert_eq!(error.downcast_ref::<Stop>(), Some(&Stop::Tables(10)));
}

#[test]
fn what_the_user_sets_wins_over_the_usual() {
    let wishes =
        config::Limits { cpu: Some(config::Span(Duration::from_secs(3))), http: Some(5), ..Default::default() };
    let expected = Limits { cpu: Duration::from_secs(3), requests: 5, instances: 7, ..Limits::default() };
    assert_eq!(Limits::of(&wishes, 7), expected);
}
