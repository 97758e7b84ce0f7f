//! The program at a real pseudo-terminal, which `script` opens: words are typed, and everything that comes to the
//! screen is kept.

use std::io::{Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use lyrebird_tests::place::wait_until;

use super::stage::LIMIT;

/// The program at its terminal; killed when dropped.
pub(super) struct Terminal {
    child: Child,
    keys: Option<ChildStdin>,
    screen: Arc<Mutex<Vec<u8>>>,
    reader: Option<JoinHandle<()>>,
}

impl Terminal {
    /// Starts the command at a terminal that is so many columns wide.
    pub(super) fn start(command: &Command, columns: u16) -> Self {
        let words = std::iter::once(command.get_program()).chain(command.get_args());
        let quoted: Vec<String> = words.map(|word| format!("'{}'", word.to_str().unwrap())).collect();
        let line = format!("stty cols {columns} rows 24 -echo; exec {}", quoted.join(" "));
        let mut script = Command::new("script");
        script.args(["-q", "-e", "-f", "-c", &line, "/dev/null"]);
        script.env_clear().current_dir(command.get_current_dir().unwrap());
        script.envs(command.get_envs().filter_map(|(name, value)| value.map(|value| (name, value))));
        // What it takes to be asked for a width at all.
        script.env("TERM", "xterm-256color").env("SHELL", "/bin/sh");
        script.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = script.spawn().expect("`script` of util-linux opens the terminal");
        let screen = Arc::new(Mutex::new(Vec::new()));
        let (mut pipe, shared) = (child.stdout.take().unwrap(), Arc::clone(&screen));
        let reader = thread::spawn(move || {
            let mut some = [0; 4096];
            while let Ok(count @ 1..) = pipe.read(&mut some) {
                shared.lock().unwrap().extend_from_slice(&some[..count]);
            }
        });
        Terminal { keys: child.stdin.take(), child, screen, reader: Some(reader) }
    }

    /// Everything that has come to the screen, with its escapes.
    pub(super) fn bytes(&self) -> Vec<u8> {
        self.screen.lock().unwrap().clone()
    }

    /// The same as lines of text: escapes are left out, and what begins a line anew is a line of its own.
    pub(super) fn lines(&self) -> Vec<String> {
        let bytes = self.bytes();
        let plain = without_escapes(&String::from_utf8_lossy(&bytes));
        plain.split(['\n', '\r']).map(str::to_owned).filter(|line| !line.trim().is_empty()).collect()
    }

    /// Types a line, and gives back the lines that came after it, once one of them holds the text.
    #[track_caller]
    pub(super) fn say(&mut self, line: &str, text: &str) -> Vec<String> {
        let before = self.lines().len();
        self.type_line(line);
        self.wait_after(before, text)
    }

    /// Types a line.
    pub(super) fn type_line(&mut self, line: &str) {
        let keys = self.keys.as_mut().unwrap();
        keys.write_all(format!("{line}\n").as_bytes()).unwrap();
        keys.flush().unwrap();
    }

    /// Waits until the text has come to the screen.
    #[track_caller]
    pub(super) fn wait_for(&self, text: &str) {
        self.wait_after(0, text);
    }

    #[track_caller]
    fn wait_after(&self, before: usize, text: &str) -> Vec<String> {
        let later = || self.lines().split_off(before.min(self.lines().len()));
        let deadline = Instant::now() + LIMIT;
        loop {
            let lines = later();
            if lines.iter().any(|line| line.contains(text)) {
                return lines;
            }
            assert!(Instant::now() < deadline, "`{text}` never came to the screen, but:\n{}", lines.join("\n"));
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Waits for the program's end: its exit code, and all that was on the screen.
    #[track_caller]
    pub(super) fn finish(mut self) -> (i32, Vec<String>) {
        let mut code = None;
        wait_until("the program ends", LIMIT, || {
            code = self.child.try_wait().unwrap();
            code.is_some()
        });
        self.keys = None;
        self.reader.take().unwrap().join().unwrap();
        (code.and_then(|status| status.code()).unwrap_or(-1), self.lines())
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            // The terminal goes with it, and what runs there hears of it.
            self.child.kill().ok();
            self.child.wait().ok();
        }
    }
}

/// CSI sequences, and those of two characters.
fn without_escapes(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        if letter != '\u{1b}' {
            plain.push(letter);
        } else if letters.next() == Some('[') {
            let end = |letter: &char| ('\u{40}'..='\u{7e}').contains(letter);
            letters.by_ref().find(end);
        }
    }
    plain
}
