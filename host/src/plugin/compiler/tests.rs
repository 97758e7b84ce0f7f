use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use tokio::time::timeout;

use super::*;

/// Words in their order: a number is a file of so many bytes that comes, `?` asks who is next.
fn check(words: &str, expected: &str) {
    let mut queue = Queue::default();
    let mut taken = Vec::new();
    for (at, word) in words.split_whitespace().enumerate() {
        match word {
            "?" => taken.push(queue.next(|_| true).map_or_else(|| String::from("nobody"), |(_, file)| file)),
            bytes => queue.push(bytes.parse().unwrap(), format!("{bytes}@{at}")),
        }
    }
    assert_eq!(taken.join(" "), expected, "{words}");
}

#[test]
fn the_smallest_comes_first_and_nobody_waits_for_ever() {
    check("?", "nobody");
    check("30 10 20 10 ? ? ? ? ?", "10@1 10@3 20@2 30@0 nobody");
    check("30 ? 10 20 ?", "30@0 10@2");
    // Overtaken by what came after it alone, and eight times at most.
    check("30 1 ? 1 ? 1 ? 1 ? 1 ? 1 ? 1 ? 1 ? 1 ? ?", "1@1 1@3 1@5 1@7 1@9 1@11 1@13 1@15 30@0 1@17");
    check("1 30 ? 1 ? 1 ? 1 ? 1 ? 1 ? 1 ? 1 ? 1 ? 1 ?", "1@0 1@3 1@5 1@7 1@9 1@11 1@13 1@15 1@17 30@1");
}

/// A job that ends when it is told to, and the word that tells it.
fn held(compiler: &Arc<Compiler>, bytes: usize) -> (oneshot::Receiver<()>, std::sync::mpsc::Sender<()>) {
    let (release, held) = std::sync::mpsc::channel();
    let (tell, begun) = oneshot::channel();
    let compiler = Arc::clone(compiler);
    tokio::spawn(async move { compiler.run(bytes, move || tell.send(()).is_ok() && held.recv().is_ok()).await });
    (begun, release)
}

#[tokio::test]
async fn a_small_one_never_waits_for_a_big_one_and_big_ones_for_each_other() {
    let compiler = Arc::new(Compiler::start().unwrap());
    let (begun, release) = held(&compiler, BIG);
    begun.await.unwrap();
    let (mut second, _release_second) = held(&compiler, BIG);
    assert_eq!(compiler.run(BIG - 1, || "small").await, Some("small"));
    assert!(second.try_recv().is_err(), "two big ones are compiled at once");
    // One that nobody waits for any more is not begun.
    let given_up = compiler.run(BIG, || panic!("nobody waits for it"));
    assert!(futures_util::FutureExt::now_or_never(given_up).is_none());
    release.send(()).unwrap();
    second.await.unwrap();
    assert_eq!(compiler.run(1, || -> () { panic!("a broken compiler") }).await, None);
    assert_eq!(compiler.run(1, || "goes on").await, Some("goes on"));
}

/// Files of so many bytes that come on so many cores, and are not done: which of them are being compiled.
async fn check_begun(cores: usize, files: &[usize], expected: &[bool]) {
    let compiler = Arc::new(Compiler::on(cores, SETTLED, give_back).unwrap());
    let (mut begun, mut all) = (Vec::new(), Vec::new());
    for (bytes, expected) in files.iter().zip(expected) {
        let (begins, release) = held(&compiler, *bytes);
        // Who begins does so at once; who does not would have had the time.
        let patience = Duration::from_millis(if *expected { 20_000 } else { 50 });
        begun.push(timeout(patience, begins).await.is_ok_and(|begun| begun.is_ok()));
        all.push(release);
    }
    assert_eq!(begun, expected, "{files:?} on {cores}");
}

#[tokio::test]
async fn small_ones_are_compiled_on_all_cores_in_the_memory_of_one() {
    check_begun(1, &[1, 1], &[true, false]).await;
    check_begun(2, &[1, 1, 1], &[true, true, false]).await;
    check_begun(4, &[1, 1, 1, 1, 1], &[true, true, true, true, false]).await;
    // All together are no larger than one may be.
    check_begun(4, &[BIG / 2, BIG / 2, 1], &[true, true, false]).await;
    check_begun(4, &[BIG - 1, BIG - 1], &[true, false]).await;
    // A big one has a core, too, and one of each kind is always compiled.
    check_begun(1, &[BIG, 1, 1], &[true, true, false]).await;
    check_begun(2, &[BIG, 1, 1], &[true, true, false]).await;
    check_begun(4, &[BIG, BIG, 1, 1, 1, 1], &[true, false, true, true, true, false]).await;
}

/// That of the thread which asks.
fn niceness() -> i32 {
    rustix::process::getpriority_process(None).unwrap()
}

/// What the compiler took goes back to the system with the thread that took it.
#[tokio::test]
async fn each_compile_has_a_thread_that_ends_with_it() {
    let compiler = Compiler::start().unwrap();
    let thread = || std::thread::current().id();
    assert_ne!(compiler.run(1, thread).await.unwrap(), compiler.run(1, thread).await.unwrap());
}

#[tokio::test]
async fn what_a_compile_took_is_given_back_once_when_all_is_quiet() {
    static GIVEN: AtomicUsize = AtomicUsize::new(0);
    let given = || GIVEN.load(Ordering::SeqCst);
    let count = || {
        GIVEN.fetch_add(1, Ordering::SeqCst);
    };
    let settled = Duration::from_millis(20);
    let compiler = Compiler::on(2, settled, count).unwrap();
    for compiles in 0..3 {
        tokio::time::sleep(settled * 5).await;
        assert_eq!(given(), compiles, "nothing is owed");
        compiler.run(1, || ()).await.unwrap();
        let until_given = async {
            while given() == compiles {
                tokio::time::sleep(settled).await;
            }
        };
        timeout(Duration::from_secs(20), until_given).await.unwrap();
    }
}

/// Rooms wait for what is compiled at the start; later a compile must take nothing from recordings.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_compile_yields_to_others_only_once_the_program_has_started() {
    let compiler = Compiler::start().unwrap();
    assert_eq!(compiler.run(1, niceness).await, Some(niceness()));
    compiler.have_started();
    assert_eq!(compiler.run(1, niceness).await, Some(NICENESS));
    assert_ne!(niceness(), NICENESS, "no other thread has become nice");
}
