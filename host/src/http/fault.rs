//! What went wrong below HTTP, told apart by kind. Texts carry no URL: it may be signed.

use std::error::Error;
use std::io;

/// A failed request or body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Timeout,
    Dns,
    Connect,
    Tls,
    /// The peer closed before the message was whole.
    Cut,
    Io,
}

/// Kind and words of an error of the client.
pub(super) fn describe(error: &reqwest::Error) -> (Kind, String) {
    let mut texts: Vec<String> = Vec::new();
    let mut kind = match (error.is_timeout(), error.is_connect()) {
        (true, _) => Kind::Timeout,
        (_, true) => Kind::Connect,
        _ => Kind::Io,
    };
    let mut next = error.source();
    while let Some(cause) = next {
        let text = cause.to_string();
        kind = refine(kind, cause, &text);
        // Many layers repeat the words of the one below; the client's own say nothing.
        let empty = text.starts_with("client error") || text.starts_with("error sending");
        if !empty && texts.last().is_none_or(|last| !last.contains(&text)) {
            texts.push(text);
        }
        next = cause.source();
    }
    if texts.is_empty() {
        texts.push(String::from(if kind == Kind::Timeout { "it took too long" } else { "the request failed" }));
    }
    (kind, texts.join(": "))
}

fn refine(kind: Kind, cause: &(dyn Error + 'static), text: &str) -> Kind {
    let Some(error) = cause.downcast_ref::<io::Error>() else {
        return match text {
            _ if cause.is::<rustls::Error>() => Kind::Tls,
            "dns error" => Kind::Dns,
            // hyper keeps its kinds to itself; these are its words for a peer that closed too early.
            _ if kind == Kind::Io && text.starts_with("connection closed before message") => Kind::Cut,
            _ if kind == Kind::Io && text.starts_with("end of file before message") => Kind::Cut,
            _ => kind,
        };
    };
    if error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>()) {
        return Kind::Tls;
    }
    match (kind, error.kind()) {
        (Kind::Io, io::ErrorKind::UnexpectedEof) => Kind::Cut,
        (_, io::ErrorKind::TimedOut) => Kind::Timeout,
        _ => kind,
    }
}
