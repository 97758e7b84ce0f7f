use super::*;

/// Feeds so many bytes every so many ms; when is it called dead, in ms of a stall limit of 8 s?
async fn dies_at(bytes: usize, every_ms: u64) -> Option<u128> {
    let start = tokio::time::Instant::now();
    let mut pulse = Pulse::new(Duration::from_secs(8));
    let mut feed = tokio::time::interval(Duration::from_millis(every_ms));
    while start.elapsed() < Duration::from_secs(120) {
        tokio::select! {
            () = pulse.stopped() => return Some(start.elapsed().as_millis()),
            _ = feed.tick() => pulse.beat(bytes),
        }
    }
    None
}

#[tokio::test(start_paused = true)]
async fn silence() {
    assert_eq!(dies_at(0, 1000).await.map(|at| at / 100), Some(80));
}

#[tokio::test(start_paused = true)]
async fn drops_only() {
    assert_eq!(dies_at(1, 1000).await.map(|at| at / 100), Some(160));
    assert_eq!(dies_at(100, 500).await.map(|at| at / 100), Some(160));
}

#[tokio::test(start_paused = true)]
async fn slow_but_alive() {
    assert_eq!(dies_at(300, 1000).await, None);
    assert_eq!(dies_at(8000, 7000).await, None);
}

#[tokio::test(start_paused = true)]
async fn a_busy_reader_is_no_stall() {
    let mut pulse = Pulse::new(Duration::from_secs(8));
    for _ in 0..20 {
        tokio::time::advance(Duration::from_secs(60)).await;
        pulse.beat(100_000);
        let waited = tokio::time::timeout(Duration::from_millis(1), pulse.stopped()).await;
        assert!(waited.is_err());
    }
}
