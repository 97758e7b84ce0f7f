use super::*;

const START: Duration = Duration::from_secs(100);

fn answer(room: &str) -> Mark {
    Mark::Answer(Some(room.into()))
}

fn unread(room: &str) -> Mark {
    Mark::Unread(room.into(), String::from("unexpected answer: no `data`"))
}

fn trap() -> Mark {
    Mark::Strike("it trapped".into())
}

/// A build that read rooms `a`, `b`, `c`.
fn well() -> Health {
    let mut health = Health::default();
    health.hear(&["a", "b", "c"].map(answer));
    health
}

/// One letter a call: answer, unread room `a`, unread room `z` that nobody could read, trap, no word.
fn calls(letters: &str, before: Option<&Health>) -> Vec<Ruling> {
    let mut probation = Probation::begin(START);
    let said = |letter| match letter {
        '.' => answer("a"),
        'u' => unread("a"),
        'z' => unread("z"),
        't' => trap(),
        _ => Mark::Nothing,
    };
    letters.chars().map(|letter| probation.hear("check", &[said(letter)], before, START)).collect()
}

fn last(letters: &str, before: Option<&Health>) -> Ruling {
    calls(letters, before).pop().unwrap()
}

#[test]
fn ten_answers_are_enough_and_silence_is_none() {
    let rulings = calls("..........", Some(&well()));
    assert_eq!(rulings.iter().filter(|ruling| **ruling == Ruling::Open).count(), 9);
    assert_eq!(rulings.last(), Some(&Ruling::Passed));
    assert_eq!(last("------------", Some(&well())), Ruling::Open);
}

#[test]
fn three_strikes_in_a_row_end_it() {
    let failed = |why: &str| Ruling::Failed(format!("3 strikes in a row: {why}"));
    assert_eq!(last("ttt", Some(&well())), failed("it trapped"));
    assert_eq!(last(".uuu", Some(&well())), failed("unexpected answer: no `data`"));
    assert_eq!(last("tut", Some(&well())), failed("it trapped; unexpected answer: no `data`"));
    // What says nothing parts no row, an answer does.
    assert_eq!(last("t-t-t", Some(&well())), failed("it trapped"));
    assert_eq!(last("tt.tt.", Some(&well())), Ruling::Open);
}

/// `batches` one after the other, each room by room: what the last one is ruled.
fn batches(batches: &[&[Mark]]) -> Ruling {
    let mut probation = Probation::begin(START);
    let rulings: Vec<_> = batches.iter().map(|batch| probation.hear("check", batch, Some(&well()), START)).collect();
    rulings.last().unwrap().clone()
}

#[test]
fn a_batch_is_one_call_however_many_rooms_it_is_about() {
    let (blind, clear) = (["a", "b", "c"].map(unread), ["a", "b", "c"].map(answer));
    assert_eq!(batches(&[&blind, &blind]), Ruling::Open, "one page that is no answer is one strike");
    assert_eq!(batches(&[&blind, &blind, &clear, &blind]), Ruling::Open);
    assert!(matches!(batches(&[&blind, &blind, &blind]), Ruling::Failed(_)));
    assert_eq!(batches(&[clear.as_slice(); 9]), Ruling::Open);
    assert_eq!(batches(&[clear.as_slice(); 10]), Ruling::Passed);
}

#[test]
fn a_room_that_is_lost_counts_wherever_it_stands_in_its_batch() {
    for mut batch in [[unread("a"), answer("b"), answer("c")], [answer("b"), answer("c"), unread("a")]] {
        assert!(matches!(batches(&[&batch, &batch, &batch]), Ruling::Failed(_)), "{batch:?}");
        let mut health = well();
        health.hear(&batch);
        assert!(health.is_well(), "a build that answers for others is well");
        batch.iter_mut().filter(|said| **said == unread("a")).for_each(|said| *said = unread("z"));
        assert_eq!(batches(&[&batch, &batch, &batch]), Ruling::Open, "nobody could read that one");
    }
}

#[test]
fn what_could_be_read_is_known_to_the_next_run() {
    let next = Health::remembered(well().rooms());
    assert!(matches!(last("uuu", Some(&next)), Ruling::Failed(_)));
    assert_eq!(last("zzz", Some(&next)), Ruling::Open);
    let mut ill = well();
    ill.hear(&[trap()]);
    assert_eq!(last("uuu", Some(&Health::remembered(ill.rooms()))), Ruling::Open, "it was failing");
}

#[test]
fn nothing_is_lost_by_a_build_that_fails_as_the_one_before_did() {
    assert_eq!(last("zzzz", Some(&well())), Ruling::Open, "the old one could not read it either");
    let mut ill = well();
    ill.hear(&[unread("a")]);
    assert!(!ill.is_well());
    assert_eq!(last("tttt", Some(&ill)), Ruling::Open, "the old one was failing");
    assert_eq!(last("tttt", None), Ruling::Open, "there is none");
    ill.hear(&[answer("b")]);
    assert_eq!(last("uuuu", Some(&ill)), Ruling::Open, "it could not read that room any more");
}

#[test]
fn ten_minutes_are_enough_unless_it_has_begun_to_fail() {
    let later = START + TIME;
    let mut probation = Probation::begin(START);
    assert_eq!(probation.look(later - Duration::from_secs(1)), Ruling::Open);
    assert_eq!(probation.look(later), Ruling::Passed);
    assert_eq!(probation.hear("check", &[trap()], Some(&well()), later), Ruling::Open);
    assert_eq!(probation.hear("check", &[answer("a")], Some(&well()), later), Ruling::Passed);
}

/// One letter a call, all in one moment: `c` and `s`, `check` and `streams` that fail; in capitals they answer.
fn exports(probation: &mut Probation, letters: &str, now: Duration) -> Ruling {
    let said = |letter: char| match letter {
        'c' | 's' => [trap()],
        _ => [answer("a")],
    };
    let export = |letter: char| if letter.eq_ignore_ascii_case(&'c') { "check" } else { "streams" };
    let hear = |letter| probation.hear(export(letter), &said(letter), Some(&well()), now);
    letters.chars().map(hear).last().unwrap()
}

#[test]
fn what_one_export_answers_takes_no_strike_of_another_back() {
    let begun = || Probation::begin(START);
    assert!(matches!(exports(&mut begun(), "cSScSc", START), Ruling::Failed(_)));
    assert_eq!(exports(&mut begun(), "ccSCcc", START), Ruling::Open);
    assert_eq!(exports(&mut begun(), "cscs", START), Ruling::Open, "two in a row of each");
    // It is kept when both are well, or one has not been heard of for so long.
    let mut probation = begun();
    assert_eq!(exports(&mut probation, "cSSSSSSSSSSSS", START), Ruling::Open);
    assert_eq!(exports(&mut probation.clone(), "C", START), Ruling::Passed);
    assert_eq!(exports(&mut probation, "S", START + TIME), Ruling::Passed);
}
