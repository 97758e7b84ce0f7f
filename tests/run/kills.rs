//! kill -9 at random moments: from a seed, two rooms go on and off air, connections break, the notifier fails, and the
//! program is killed and started again, until a last one brings it all to its end. Then everything is counted.
//!
//! `LYREBIRD_KILLS=17` tells the story of another seed, `LYREBIRD_KILLS=1..60` of many, one after the other.

use std::env;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::thread;

use lyrebird_tests::place::Place;

mod chance;
mod script;
mod stage;
mod verdict;

use script::Script;

/// Told in every run of the tests, at the same time.
const SEEDS: [u64; 3] = [1, 2, 3];
/// The seeds to tell instead: one, or `FROM..TO`.
const WANTED: &str = "LYREBIRD_KILLS";

#[test]
fn killed_at_random_moments() {
    let Ok(wanted) = env::var(WANTED) else {
        return thread::scope(|scope| {
            let told = SEEDS.map(|seed| scope.spawn(move || tell(seed)));
            for one in told {
                one.join().unwrap_or_else(|why| resume_unwind(why));
            }
        });
    };
    let (from, to) = wanted.split_once("..").unwrap_or((&wanted, &wanted));
    let [from, to] = [from, to].map(|seed| seed.parse::<u64>().unwrap_or_else(|_| panic!("{WANTED} is `{wanted}`")));
    let (mut kills, mut failed) = (0, Vec::new());
    for seed in from..=to {
        match catch_unwind(AssertUnwindSafe(|| tell(seed))) {
            Ok(count) => kills += count,
            Err(_) => failed.push(seed),
        }
    }
    println!("{kills} kills in the stories that ended well; those of these seeds did not: {failed:?}");
    assert!(failed.is_empty(), "seeds that failed: {failed:?}");
}

/// Tells the story of a seed; gives back how often the program was killed.
fn tell(seed: u64) -> usize {
    let told = catch_unwind(AssertUnwindSafe(|| {
        let script = Script::new(seed, Place::new(&format!("run-kills-{seed}")));
        let story = script.play();
        verdict::check(&story);
        story.lives.len() - 1
    }));
    // Why has been printed.
    told.unwrap_or_else(|_| panic!("it was the story of seed {seed}: {WANTED}={seed} tells it again"))
}
