use std::time::Duration;

use super::*;

/// Requests as `post 200`, `get 200`, `post lost`, `post unsent`, `post open`; the guest's last word; whether there is
/// doubt.
fn check(requests: &str, word: &str, doubt: bool) {
    let posts = Posts::default();
    for request in requests.split(", ").filter(|request| !request.is_empty()) {
        let (method, outcome) = request.split_once(' ').unwrap();
        let place = posts.begin(if method == "get" { Method::Get } else { Method::Post });
        let trace = Trace::default();
        let answer = match outcome {
            "open" => continue,
            "unsent" => Err(GuestError::Connect(String::new())),
            "lost" => {
                trace.set(true);
                Err(GuestError::Timeout)
            }
            status => Ok(GuestResponse {
                status: status.parse().unwrap(),
                url: String::new(),
                headers: vec![],
                body: vec![],
                truncated: false,
            }),
        };
        posts.end(place, &answer, &trace);
    }
    let said = |failure: fn(String) -> Failure| CallError::Failure(failure(String::new()));
    let error = match word {
        "network" => said(Failure::Network),
        "unexpected" => said(Failure::UnexpectedAnswer),
        "forbidden" => said(Failure::Forbidden),
        "other" => said(Failure::Other),
        "rate-limited" => CallError::Failure(Failure::RateLimited { message: String::new(), after: None }),
        "trap" => CallError::Trap { kind: String::new(), stderr: String::new() },
        "timeout" => CallError::Timeout(Duration::ZERO),
        "cpu" => CallError::CpuBudget(Duration::ZERO),
        "receipt" => CallError::BadAnswer(String::new()),
        "busy" => CallError::Busy(Duration::ZERO),
        other => panic!("no such word: {other}"),
    };
    assert_eq!(posts.leave_doubt(&error), doubt, "{requests}: {word}");
}

#[test]
fn nothing_went_out() {
    for word in ["network", "unexpected", "other", "trap", "timeout", "cpu", "busy"] {
        check("", word, false);
        check("get 200", word, false);
        check("post unsent", word, false);
        check("get lost, post unsent", word, false);
    }
}

#[test]
fn the_service_said_no() {
    check("post 403", "forbidden", false);
    check("post 429", "rate-limited", false);
    check("post 500", "network", false);
    check("post 404", "unexpected", false);
    check("post 200", "other", false);
}

#[test]
fn the_answer_was_lost() {
    for word in ["network", "other", "forbidden", "trap", "timeout"] {
        check("post lost", word, true);
        check("post open", word, true);
        check("post 200, post lost", word, true);
        check("post unsent, post lost", word, true);
    }
}

#[test]
fn the_service_took_it_and_the_guest_did_not_see_that() {
    check("post 200", "unexpected", true);
    check("post 204", "network", true);
    check("post 200, post 500", "network", true);
    check("post 302", "unexpected", false);
}

#[test]
fn the_guest_never_said_what_became_of_it() {
    for word in ["trap", "timeout", "cpu", "receipt"] {
        check("post 200", word, true);
        check("post 500", word, true);
        check("get 200, post 200", word, true);
    }
}
