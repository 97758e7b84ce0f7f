use super::*;
use crate::Status;

struct OneByOne;

impl Picker for OneByOne {
    fn resolve(input: &str) -> Result<String, Failure> {
        Ok(input.to_owned())
    }

    fn check_one(room: &Room) -> Verdict {
        if room.id == "gone" { Err(Failure::Gone("gone".to_owned())) } else { Ok(Status::OFFLINE) }
    }

    fn streams(_room: &Room, _wish: &Wish) -> Result<Vec<Candidate>, Failure> {
        Ok(Vec::new())
    }
}

struct AllAtOnce;

impl Picker for AllAtOnce {
    fn resolve(input: &str) -> Result<String, Failure> {
        Ok(input.to_owned())
    }

    fn check(_rooms: &[Room]) -> Result<Vec<Verdict>, Failure> {
        Err(Failure::Network("down".to_owned()))
    }

    fn streams(_room: &Room, _wish: &Wish) -> Result<Vec<Candidate>, Failure> {
        Ok(Vec::new())
    }
}

crate::export_picker!(OneByOne);

fn kinds<P: Picker>(ids: &[&str]) -> Vec<&'static str> {
    let rooms = ids.iter().map(|id| Room::new(*id, *id)).collect();
    let verdicts = <Exported<P> as PickerGuest>::check(rooms);
    verdicts.iter().map(|verdict| verdict.as_ref().map_or_else(Failure::kind, |_| "offline")).collect()
}

#[test]
fn as_many_verdicts_as_rooms() {
    assert_eq!(kinds::<OneByOne>(&["a", "gone", "b"]), ["offline", "gone", "offline"]);
    assert_eq!(kinds::<AllAtOnce>(&["a", "b"]), ["network", "network"]);
    assert_eq!(kinds::<OneByOne>(&[]), [""; 0]);
}
