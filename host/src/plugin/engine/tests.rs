use super::*;

/// That of the thread which asks.
fn niceness() -> i32 {
    rustix::process::getpriority_process(None).unwrap()
}

/// What the compiler took goes back to the system with the thread that took it.
#[tokio::test]
async fn each_compile_has_a_thread_that_ends_with_it() {
    let guests = Guests::start().unwrap();
    let thread = || std::thread::current().id();
    assert_ne!(guests.compile(thread).await.unwrap(), guests.compile(thread).await.unwrap());
    assert_eq!(guests.compile(|| -> u8 { panic!("the compiler has a fault") }).await, None);
    assert_eq!(guests.compile(|| 7).await, Some(7), "the next one is compiled all the same");
}

/// Rooms wait for what is compiled at the start; later a compile must take nothing from recordings.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_compile_yields_to_others_only_once_the_program_has_started() {
    let guests = Guests::start().unwrap();
    assert_eq!(guests.compile(niceness).await, Some(niceness()));
    guests.have_started();
    assert_eq!(guests.compile(niceness).await, Some(COMPILE_NICENESS));
    assert_ne!(niceness(), COMPILE_NICENESS, "no other thread has become nice");
}
