//! A name server that knows one name, and fails in each way that name servers have: by the name that it is asked for.

use std::net::{IpAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

const NXDOMAIN: u8 = 3;
const SERVFAIL: u8 = 2;

/// Answers until the test ends.
#[derive(Debug)]
pub struct Resolver {
    address: IpAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

/// The name that means 127.0.0.1.
pub const GOOD: &str = "good.lyrebird.test";
/// One that does not exist.
pub const NOWHERE: &str = "nowhere.lyrebird.test";
/// One whose server has failed.
pub const FAILS: &str = "fails.lyrebird.test";
/// One that nobody answers for.
pub const SILENT: &str = "silent.lyrebird.test";
/// One that means 127.77.0.1 when it is asked for first, and 127.0.0.1 from then on.
pub const REBINDS: &str = "rebinds.lyrebird.test";
/// One that means both.
pub const MIXED: &str = "mixed.lyrebird.test";

impl Resolver {
    /// Listens where every resolver does, on a loopback address of its own.
    pub fn start() -> Self {
        static COUNT: AtomicU8 = AtomicU8::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let address = IpAddr::from([127, 53, number, u8::try_from(std::process::id() % 250).unwrap() + 2]);
        let socket = UdpSocket::bind((address, 53)).unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&asked);
        thread::spawn(move || {
            let (mut question, mut rebound) = ([0; 512], false);
            while let Ok((length, from)) = socket.recv_from(&mut question) {
                let question = &question[..length];
                let Some((name, end)) = name(question) else { continue };
                noted.lock().unwrap().push(name.clone());
                if let Some(answer) = answer(question, &name, end, &mut rebound) {
                    socket.send_to(&answer, from).ok();
                }
            }
        });
        Resolver { address, asked }
    }

    /// How often a name was asked for.
    pub fn count(&self, name: &str) -> usize {
        self.asked.lock().unwrap().iter().filter(|asked| *asked == name).count()
    }

    /// The command, so that it asks this one alone. `draft` is a file of the test.
    pub fn give_to(&self, command: &Command, draft: &Path) -> Command {
        std::fs::write(draft, format!("nameserver {}\n", self.address)).unwrap();
        let mut asking = Command::new("unshare");
        let script = "mount --bind \"$0\" /etc/resolv.conf && exec \"$@\"";
        asking.args(["-m", "sh", "-c", script]).arg(PathBuf::from(draft));
        asking.arg(command.get_program()).args(command.get_args()).env_clear();
        asking.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.get_current_dir().map(|folder| asking.current_dir(folder));
        asking
    }
}

/// The name of a question (RFC 1035, 4.1.2), and where the question ends.
fn name(question: &[u8]) -> Option<(String, usize)> {
    let (mut labels, mut at) = (Vec::new(), 12);
    loop {
        let length = usize::from(*question.get(at)?);
        if length == 0 {
            return Some((labels.join("."), at + 5));
        }
        labels.push(String::from_utf8_lossy(question.get(at + 1..at + 1 + length)?).to_lowercase());
        at += 1 + length;
    }
}

/// What the name is worth; none where nobody answers.
fn answer(question: &[u8], name: &str, end: usize, rebound: &mut bool) -> Option<Vec<u8>> {
    const HOME: [u8; 4] = [127, 0, 0, 1];
    const AWAY: [u8; 4] = [127, 77, 0, 1];
    let is_ipv4 = question.get(end - 4..end - 2)? == [0, 1];
    let (code, addresses): (u8, &[[u8; 4]]) = match name {
        GOOD => (0, &[HOME]),
        REBINDS if is_ipv4 && !*rebound => (0, &[AWAY]),
        REBINDS => (0, &[HOME]),
        MIXED => (0, &[AWAY, HOME]),
        FAILS => (SERVFAIL, &[]),
        SILENT => return None,
        _ => (NXDOMAIN, &[]),
    };
    *rebound |= name == REBINDS && is_ipv4;
    let addresses = if is_ipv4 { addresses } else { &[] };
    let count = u8::try_from(addresses.len()).unwrap();
    let mut answer = question.get(..end)?.to_vec();
    // A response, recursion available; one question, some answers, nothing more.
    answer[2..12].copy_from_slice(&[0x81, 0x80 | code, 0, 1, 0, count, 0, 0, 0, 0]);
    for address in addresses {
        // The name is that of the question; A, IN, 0 s, four bytes.
        answer.extend_from_slice(&[0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4]);
        answer.extend_from_slice(address);
    }
    Some(answer)
}
