use std::time::Duration;

use super::*;
use crate::model::Failure;

#[test]
fn a_load_error_says_what_why_and_what_to_do() {
    let error = LoadError::ContractTooNew { asks: "lyrebird:plugin/picker@0.2.0".into(), speaks: "0.1.0".into() };
    assert_eq!(
        anyhow::Error::from(error)
            .context("cannot load plugin `example.wasm`")
            .chain()
            .map(ToString::to_string)
            .collect::<Vec<_>>(),
        [
            "cannot load plugin `example.wasm`",
            "built for `lyrebird:plugin/picker@0.2.0`, this host speaks `0.1.0`\nhint: fetch a newer host, or an older build of the plugin"
        ]
    );
    let error = LoadError::NeedsApproval {
        name: "example".into(),
        more: vec!["host a.example".into(), "cookie for b.example".into()],
    };
    assert_eq!(
        error.to_string(),
        "needs approval: it asks for host a.example, cookie for b.example\nhint: `lyrebird plugin approve example` grants what it asks"
    );
}

#[test]
fn a_start_that_met_a_limit_tells_which_key_raises_it() {
    let start = |hint| LoadError::StartTrap { why: String::from("x"), stderr: String::new(), hint };
    assert_eq!(start(None).to_string(), "does not start: x\nhint: this build is broken: tell its author");
    assert_eq!(start(Some("raise it")).to_string(), "does not start: x\nhint: raise it");
}

#[test]
fn the_guests_last_words_are_shown_and_only_the_last() {
    let stderr: String = (1..=20).map(|line| format!("line {line}\n\n")).collect();
    let shown = CallError::Trap { kind: "it exited with status 1".into(), stderr }.to_string();
    assert!(shown.starts_with("the plugin trapped: it exited with status 1; it wrote:\n  | line 9\n"), "{shown}");
    assert!(shown.contains("\n  | line 20\nhint: "), "{shown}");
}

#[test]
fn kinds_of_failures_go_through_and_only_the_plugins_own_faults_are_strikes() {
    let failure = CallError::Failure(Failure::Gone("deleted".into()));
    assert_eq!((failure.kind(), failure.reason().as_str(), failure.is_strike()), ("gone", "gone: deleted", false));
    let limit = CallError::CpuBudget(Duration::from_secs(1));
    assert_eq!((limit.kind(), limit.is_strike()), ("cpu-budget", true));
    assert!(limit.to_string().starts_with("the call used more than 1s of CPU time\nhint: "));
    assert!(!CallError::Busy(Duration::from_secs(5)).is_strike());
    assert!(CallError::WrongCount { asked: 2, got: 1 }.to_string().starts_with("1 answers to 2 questions"));
}
