//! A network of a program's own, joined to the test's by one cable that can be pulled, throttled, and lose packets.

use std::io::Write;
use std::net::{IpAddr, Ipv4Addr};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// A network namespace with a pair of interfaces; gone with the test.
#[derive(Debug)]
pub struct Network {
    name: String,
    subnet: u32,
}

impl Network {
    /// The cable is plugged in.
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        // Four addresses each of 198.18.0.0/15, which is for tests of networks (RFC 2544); other runs may go on beside us.
        let subnet = (std::process::id() * 8 + COUNT.fetch_add(1, Ordering::Relaxed)) % (1 << 15);
        let network = Network { name: format!("lyre{subnet}"), subnet };
        let [outside, inside, name] = [network.outside(), network.inside(), network.name.clone()];
        ip(&format!("netns add {name}"));
        ip(&format!("link add {outside} type veth peer name {inside} netns {name}"));
        ip(&format!("addr add {}/30 dev {outside}", network.at(1)));
        ip(&format!("link set {outside} up"));
        ip(&format!("-n {name} addr add {}/30 dev {inside}", network.at(2)));
        ip(&format!("-n {name} link set {inside} up"));
        ip(&format!("-n {name} link set lo up"));
        network
    }

    /// Where the test is, as the program sees it.
    pub fn address(&self) -> IpAddr {
        IpAddr::V4(self.at(1))
    }

    /// The command, to be run inside.
    pub fn put(&self, command: &Command) -> Command {
        let mut inside = Command::new("ip");
        inside.args(["netns", "exec", &self.name]).arg(command.get_program()).args(command.get_args());
        inside.env_clear();
        inside.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.get_current_dir().map(|folder| inside.current_dir(folder));
        inside
    }

    /// Pulls the cable.
    pub fn pull(&self) {
        ip(&format!("link set {} down", self.outside()));
    }

    /// Plugs it in again.
    pub fn plug(&self) {
        ip(&format!("link set {} up", self.outside()));
    }

    /// So many of a hundred packets are lost in each direction.
    pub fn loses(&self, percent: u32) {
        let lost = format!("numgen random mod 100 < {percent} drop");
        let chain = |hook: &str| format!("chain {hook} {{\ntype filter hook {hook} priority 0;\n{lost}\n}}\n");
        let rules = format!("table inet loss {{\n{}{}}}\n", chain("input"), chain("output"));
        let mut nft = Command::new("ip");
        nft.args(["netns", "exec", &self.name, "nft", "-f", "-"]).stdin(Stdio::piped());
        let mut nft = nft.spawn().unwrap();
        nft.stdin.take().unwrap().write_all(rules.as_bytes()).unwrap();
        assert!(nft.wait().unwrap().success(), "nft refused:\n{rules}");
    }

    /// So many kbit a second come through to the program.
    pub fn narrows(&self, kbit: u32) {
        let line = format!("qdisc add dev {} root tbf rate {kbit}kbit burst 16kb latency 400ms", self.outside());
        let output = Command::new("tc").args(line.split(' ')).output().unwrap();
        assert!(output.status.success(), "tc {line}: {}", String::from_utf8_lossy(&output.stderr));
    }

    fn outside(&self) -> String {
        format!("{}a", self.name)
    }

    fn inside(&self) -> String {
        format!("{}b", self.name)
    }

    fn at(&self, host: u32) -> Ipv4Addr {
        Ipv4Addr::from(u32::from(Ipv4Addr::new(198, 18, 0, 0)) + self.subnet * 4 + host)
    }
}

impl Default for Network {
    fn default() -> Self {
        Network::new()
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        // The pair goes with its end inside, but not before the last process there is gone.
        for line in [format!("link del {}", self.outside()), format!("netns del {}", self.name)] {
            Command::new("ip").args(line.split(' ')).stderr(Stdio::null()).status().ok();
        }
    }
}

#[track_caller]
fn ip(line: &str) {
    let output = Command::new("ip").args(line.split(' ')).output().unwrap();
    assert!(output.status.success(), "ip {line}: {}", String::from_utf8_lossy(&output.stderr));
}
