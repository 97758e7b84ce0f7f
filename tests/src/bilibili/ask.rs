//! One request taken apart: who is asked for what, with which parameters, headers and cookies.

use crate::origin::Request;

/// A request, parsed.
#[derive(Clone, Debug, Default)]
pub(super) struct Ask {
    pub(super) method: String,
    /// From the `Host` header: lower case, without a port.
    pub(super) host: String,
    pub(super) path: String,
    /// As it came.
    pub(super) query: String,
    /// The query, decoded, in its order.
    pub(super) parameters: Vec<(String, String)>,
    /// Names in lower case.
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Ask {
    pub(super) fn read(request: &Request) -> Self {
        let (path, query) = request.target().split_once('?').unwrap_or((request.target(), ""));
        let headers = request.head.iter().skip(1).filter_map(|line| line.split_once(':'));
        let mut ask = Ask {
            method: request.method().to_owned(),
            host: String::new(),
            path: path.to_owned(),
            query: query.to_owned(),
            parameters: pairs(query),
            headers: headers.map(|(name, value)| (name.to_lowercase(), value.trim().to_owned())).collect(),
            body: request.body.clone(),
        };
        let host = ask.header("host").unwrap_or_default().to_lowercase();
        ask.host = host.split(':').next().unwrap_or_default().to_owned();
        ask
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The value of a cookie, as it stands.
    pub(super) fn cookie(&self, name: &str) -> Option<&str> {
        let cookies = self.header("cookie")?.split(';').filter_map(|pair| pair.trim().split_once('='));
        cookies.into_iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// Every value of a parameter that may come more than once.
    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.parameters.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// A parameter that is a number.
    pub(super) fn number(&self, name: &str) -> Option<u64> {
        self.parameter(name)?.parse().ok()
    }

    /// The body as JSON, if it says that it is.
    pub(super) fn json(&self) -> Option<serde_json::Value> {
        let kind = self.header("content-type")?.split(';').next()?.trim();
        kind.eq_ignore_ascii_case("application/json").then(|| serde_json::from_slice(&self.body).ok())?
    }

    /// Path and query.
    pub(super) fn target(&self) -> String {
        if self.query.is_empty() { self.path.clone() } else { format!("{}?{}", self.path, self.query) }
    }
}

fn pairs(query: &str) -> Vec<(String, String)> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (plain(name), plain(value)))
        .collect()
}

/// Undoes percent-encoding, and the `+` of forms.
pub(super) fn plain(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        let digits = after.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        let code = digits.filter(|_| *first == b'%').and_then(|two| u8::from_str_radix(two, 16).ok());
        match code {
            Some(code) => {
                bytes.push(code);
                rest = &after[2..];
            }
            None => bytes.push(if *first == b'+' { b' ' } else { *first }),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
