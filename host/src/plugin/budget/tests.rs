use super::*;

#[tokio::test]
async fn waiting_costs_no_cpu_time_and_work_does() {
    let meter = Meter::new(Duration::from_secs(1));
    let call = async {
        tokio::time::sleep(Duration::from_millis(30)).await;
        Ok(())
    };
    Metered::new(call, Arc::clone(&meter), Arc::new(Semaphore::new(1))).await.unwrap();
    let waited = meter.spent_ns.load(Ordering::Relaxed);
    assert!(waited < 20_000_000, "{waited} ns");
    let work = async {
        let start = thread_cpu_ns();
        while thread_cpu_ns() < start + 20_000_000 {}
        Ok(())
    };
    Metered::new(work, Arc::clone(&meter), Arc::new(Semaphore::new(1))).await.unwrap();
    assert!(meter.spent_ns.load(Ordering::Relaxed) - waited >= 20_000_000);
}

#[tokio::test]
async fn a_long_call_gives_its_slice_back_at_each_poll() {
    let meter = Meter::new(Duration::from_secs(1));
    meter.long.store(true, Ordering::Relaxed);
    let slices = Arc::new(Semaphore::new(1));
    let seen = Arc::clone(&slices);
    let call = async move {
        assert_eq!(seen.available_permits(), 0, "while it runs");
        tokio::task::yield_now().await;
        assert_eq!(seen.available_permits(), 0, "while it runs again");
        Ok(())
    };
    Metered::new(call, meter, Arc::clone(&slices)).await.unwrap();
    assert_eq!(slices.available_permits(), 1);
}
