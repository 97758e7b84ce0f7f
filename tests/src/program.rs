//! The real program under a leash: started, listened to, waited for with a deadline, signalled, killed.

use std::env;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::process::{Pid, kill_process};

pub use rustix::process::Signal;

/// The program that the tests run.
pub fn binary() -> PathBuf {
    artefact("LYREBIRD_BIN")
}

/// The directory of the built plugins.
pub fn plugins() -> PathBuf {
    artefact("LYREBIRD_PLUGINS")
}

/// The directory of the built test guests.
pub fn guests() -> PathBuf {
    artefact("LYREBIRD_GUESTS")
}

fn artefact(variable: &str) -> PathBuf {
    let path = env::var_os(variable).map(PathBuf::from).filter(|path| path.exists());
    path.unwrap_or_else(|| {
        panic!(
            "{variable} names nothing: this test runs the real program with the real plugins; \
             run `cargo xtask test`, which builds them first"
        )
    })
}

/// What a run has printed.
#[derive(Debug, Default)]
struct Heard {
    stdout: String,
    stderr: String,
    /// Streams that have not ended yet.
    open: usize,
}

#[derive(Clone, Copy)]
enum Stream {
    Stdout,
    Stderr,
}

/// A running program; killed when dropped.
#[derive(Debug)]
pub struct Run {
    child: Child,
    line: String,
    heard: Arc<(Mutex<Heard>, Condvar)>,
    readers: Vec<JoinHandle<()>>,
}

/// A program that has ended.
#[derive(Clone, Debug)]
pub struct Finished {
    /// Exit code; 128 + signal for one that was killed.
    pub code: i32,
    /// All of it.
    pub stdout: String,
    /// All of it.
    pub stderr: String,
    /// The command line, for messages.
    pub line: String,
}

impl Run {
    /// Starts it. `echo` gets every line of stderr as it comes.
    pub fn start(mut command: Command, echo: Option<fn(&str)>) -> Self {
        let line = format!("{command:?}");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("cannot start {line}: {error}"));
        let heard = Arc::new((Mutex::new(Heard { open: 2, ..Heard::default() }), Condvar::new()));
        let readers = vec![
            listen(child.stdout.take().unwrap(), Stream::Stdout, &heard, None),
            listen(child.stderr.take().unwrap(), Stream::Stderr, &heard, echo),
        ];
        Run { child, line, heard, readers }
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until stdout or stderr holds the text.
    pub fn wait_for_text(&self, text: &str, limit: Duration) {
        let found = self.says(text, limit);
        let heard = self.heard.0.lock().unwrap();
        assert!(found, "{} never said `{text}` in {limit:?}; it said:\n{}{}", self.line, heard.stdout, heard.stderr);
    }

    /// Whether stdout or stderr holds the text before the time is over.
    pub fn says(&self, text: &str, limit: Duration) -> bool {
        let (heard, changed) = &*self.heard;
        let has = |heard: &Heard| heard.stderr.contains(text) || heard.stdout.contains(text);
        let absent = |heard: &mut Heard| heard.open > 0 && !has(heard);
        let (guard, _) = changed.wait_timeout_while(heard.lock().unwrap(), limit, absent).unwrap();
        has(&guard)
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
    }

    /// Whether it still runs.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// SIGKILL: no chance to tidy up.
    pub fn kill_9(mut self) -> Finished {
        self.child.kill().unwrap();
        self.finish(Duration::from_secs(5))
    }

    /// Waits for its end; one that takes longer is killed and fails the test.
    pub fn finish(mut self, limit: Duration) -> Finished {
        let deadline = Instant::now() + limit;
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            if Instant::now() > deadline {
                self.child.kill().ok();
                self.child.wait().ok();
                let heard = self.heard.0.lock().unwrap();
                panic!("{} did not end in {limit:?}; it said:\n{}{}", self.line, heard.stdout, heard.stderr);
            }
            thread::sleep(Duration::from_millis(10));
        };
        self.readers.drain(..).for_each(|reader| reader.join().unwrap());
        let heard = self.heard.0.lock().unwrap();
        Finished {
            code: exit_code(status),
            stdout: heard.stdout.clone(),
            stderr: heard.stderr.clone(),
            line: self.line.clone(),
        }
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.child.kill().ok();
            self.child.wait().ok();
        }
    }
}

impl Finished {
    /// Fails the test unless the exit code is this one.
    #[track_caller]
    pub fn expect_code(self, code: i32) -> Self {
        assert_eq!(self.code, code, "exit code of {}; it said:\n{}{}", self.line, self.stdout, self.stderr);
        self
    }

    /// Fails the test unless stderr holds the text.
    #[track_caller]
    pub fn expect_stderr(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "{} did not say `{text}` but:\n{}", self.line, self.stderr);
        self
    }

    /// stdout as one JSON document.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{}: stdout is no JSON: {error}\n{}{}", self.line, self.stdout, self.stderr))
    }

    /// stdout as JSON documents, one a line.
    #[track_caller]
    pub fn json_lines(&self) -> Vec<serde_json::Value> {
        let lines = self.stdout.lines().map(|line| {
            serde_json::from_str(line)
                .unwrap_or_else(|error| panic!("{}: a line is no JSON: {error}\n{line}\n{}", self.line, self.stderr))
        });
        lines.collect()
    }
}

fn listen(
    pipe: impl Read + Send + 'static,
    stream: Stream,
    heard: &Arc<(Mutex<Heard>, Condvar)>,
    echo: Option<fn(&str)>,
) -> JoinHandle<()> {
    let shared = Arc::clone(heard);
    thread::spawn(move || {
        let mut pipe = BufReader::new(pipe);
        let mut line = Vec::new();
        while pipe.read_until(b'\n', &mut line).is_ok_and(|got| got > 0) {
            let text = String::from_utf8_lossy(&line).into_owned();
            if let Some(echo) = echo {
                echo(text.trim_end());
            }
            let mut heard = shared.0.lock().unwrap();
            match stream {
                Stream::Stdout => heard.stdout.push_str(&text),
                Stream::Stderr => heard.stderr.push_str(&text),
            }
            drop(heard);
            shared.1.notify_all();
            line.clear();
        }
        shared.0.lock().unwrap().open -= 1;
        shared.1.notify_all();
    })
}

fn exit_code(status: ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt;
    status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0))
}
