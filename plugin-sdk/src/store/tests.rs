use super::*;
use crate::testing::Host;

#[test]
fn values_live_as_long_as_they_should() {
    let host = Host::new();
    host.now(1000);
    set("key", &7_u32, Some(Duration::from_millis(1500))).unwrap();
    assert_eq!(get("key"), Ok(Some(7_u32)));
    host.now(1001);
    assert_eq!(get("key"), Ok(Some(7_u32)));
    host.now(1002);
    assert_eq!(get::<u32>("key"), Ok(None));
    set("key", &8_u32, None).unwrap();
    assert_eq!(get::<String>("key"), Ok(None), "what another build wrote is none");
    delete("key").unwrap();
    assert_eq!(bytes("key"), Ok(None));
}

#[test]
fn limits_are_told() {
    let _host = Host::new();
    assert_eq!(set_bytes("key", &[0; 65_537], None), Err(Error::TooLarge));
    for number in 0..16 {
        set_bytes(&format!("key{number}"), &[0; 65_536], None).unwrap();
    }
    assert_eq!(set_bytes("key", &[0], None), Err(Error::Quota));
    assert_eq!(cached("key", Duration::from_secs(1), || Ok(5_u8)), Ok(5), "a full store costs a fetch, no more");
}

#[test]
fn cached_fetches_once() {
    let _host = Host::new();
    let mut fetched = 0;
    for _ in 0..3 {
        let value = cached("key", Duration::from_secs(60), || {
            fetched += 1;
            Ok("value".to_owned())
        });
        assert_eq!(value.as_deref(), Ok("value"));
    }
    assert_eq!(fetched, 1);
}
