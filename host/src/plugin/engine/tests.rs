use super::*;

/// That of the thread which asks.
fn niceness() -> i32 {
    rustix::process::getpriority_process(None).unwrap()
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
