//! Calls: as many as there can be, or one after the other beside others that spin.

use std::process;
use std::time::{Duration, Instant};

use lyrebird::model::Room;
use lyrebird::plugin::{CallError, Picker};
use lyrebird_tests::measure::cpu_of_process;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::house::House;

/// Calls before it is measured.
const WARM_UP: usize = 200;

/// Between two good calls: often enough for some hundreds a round, seldom enough not to be a load.
const PAUSE: Duration = Duration::from_millis(5);

/// What came of calling as fast as it goes.
pub(crate) struct Pace {
    pub(crate) calls_a_second: f64,
    /// Of the whole process: guests, host, and the callers.
    pub(crate) cpu_us_a_call: f64,
}

impl Pace {
    /// So many callers for so long, each with one call after the other.
    pub(crate) async fn of(house: &House, guest: &str, callers: usize, time: Duration) -> Pace {
        let picker = house.picker(guest).await;
        for _ in 0..WARM_UP {
            check(&picker).await;
        }
        let (cpu, begin, mut made) = (cpu_of_process(process::id()).all(), Instant::now(), JoinSet::new());
        for _ in 0..callers {
            let picker = picker.clone();
            made.spawn(async move {
                let mut calls = 0_u32;
                while begin.elapsed() < time {
                    check(&picker).await;
                    calls += 1;
                }
                calls
            });
        }
        let calls = f64::from(made.join_all().await.iter().sum::<u32>());
        let (took, cpu) = (begin.elapsed(), cpu_of_process(process::id()).all() - cpu);
        Pace { calls_a_second: calls / took.as_secs_f64(), cpu_us_a_call: cpu.as_secs_f64() * 1e6 / calls }
    }
}

/// How long each good call took, in ms, while so many others spin.
pub(crate) async fn beside(house: &House, spinning: usize, time: Duration) -> Vec<f64> {
    let (good, bad) = (house.picker("direct").await, house.picker("misbehaving").await);
    for _ in 0..WARM_UP {
        check(&good).await;
    }
    let mut spinners = JoinSet::new();
    for _ in 0..spinning {
        let bad = bad.clone();
        spinners.spawn(async move {
            loop {
                let ended = bad.check(vec![room("loop", "https://misbehaving.test/loop")]).await;
                assert!(matches!(ended, Err(CallError::CpuBudget(_))), "{ended:?}");
            }
        });
    }
    // So that all of them are in their first long slice.
    sleep(Duration::from_millis(100)).await;
    let (begin, mut times) = (Instant::now(), Vec::new());
    while begin.elapsed() < time {
        let asked = Instant::now();
        check(&good).await;
        times.push(asked.elapsed().as_secs_f64() * 1e3);
        sleep(PAUSE).await;
    }
    spinners.abort_all();
    while let Some(ended) = spinners.join_next().await {
        assert!(ended.is_err_and(|error| error.is_cancelled()), "a guest that spins has stopped");
    }
    times
}

/// The value that such a share of them does not exceed.
pub(crate) fn percentile(times: &[f64], share: f64) -> f64 {
    let mut sorted = times.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted[((sorted.len() - 1) as f64 * share).round() as usize]
}

async fn check(picker: &Picker) {
    let url = "https://media.example.org/live/camera.flv";
    let answers = picker.check(vec![room(url, url)]).await.unwrap();
    assert!(matches!(answers.as_slice(), [Ok(_)]), "{answers:?}");
}

fn room(id: &str, input: &str) -> Room {
    Room { id: id.to_owned(), input: input.to_owned(), options: Vec::new() }
}
