use super::*;
use crate::disk::tests::Temp;

/// In a container every start has the same process number: what one left that was killed must not stop the next.
#[test]
fn what_a_killed_trial_left_goes_and_what_a_running_one_has_stays() {
    let temp = Temp::new();
    let name = |number: u32| format!("{TRIAL}{}-{number}", std::process::id());
    for left in [format!("{}.part", name(1)), name(2), String::from(".lyrebird-1")] {
        std::fs::write(temp.0.join(left), CONTENT).unwrap();
    }
    std::fs::write(temp.0.join(".lyrebird-notes"), "somebody's own, and longer").unwrap();
    let held = std::fs::File::create(temp.0.join(format!("{}.part", name(3)))).unwrap();
    held.lock().unwrap();
    trial(&temp.0).unwrap();
    let mut there = [String::from(".lyrebird-notes"), format!("{}.part", name(3))];
    there.sort();
    assert_eq!(temp.tree(), there.join("\n"));
    drop(held);
    trial(&temp.0).unwrap();
    assert_eq!(temp.tree(), ".lyrebird-notes");
}
