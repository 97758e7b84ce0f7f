//! A URL taken to pieces, as a picker needs it to find a room's id. Judges nothing: the host does.

use std::fmt;

use crate::text;

/// An absolute URL with a host.
///
/// Prints as it is asked for: with credentials and query, without the fragment. Scheme and host are in lower case, a
/// port that is the scheme's own is left out, and an empty path is `/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// `https` and the like.
    pub scheme: String,
    /// What stands before `@`, as written.
    pub credentials: Option<String>,
    /// Name or address, in lower case; IPv6 with its brackets.
    pub host: String,
    /// The port, where it is not the scheme's own.
    pub port: Option<u16>,
    /// Begins with `/`; as written.
    pub path: String,
    /// What stands after `?`, as written.
    pub query: Option<String>,
}

impl Link {
    /// Takes an absolute URL to pieces; none where it is no URL with a host.
    pub fn parse(text: &str) -> Option<Link> {
        let text = text.trim();
        if text.contains(|letter: char| letter.is_whitespace() || letter.is_control() || letter == '\\') {
            return None;
        }
        let (scheme, rest) = text.split_once("://")?;
        let mut letters = scheme.chars();
        if !letters.next()?.is_ascii_alphabetic()
            || !letters.all(|letter| letter.is_ascii_alphanumeric() || "+-.".contains(letter))
        {
            return None;
        }
        let scheme = scheme.to_ascii_lowercase();
        let rest = rest.split('#').next()?;
        let (place, query) = part(rest, '?');
        let (authority, path) = match place.find('/') {
            Some(at) => place.split_at_checked(at)?,
            None => (place, "/"),
        };
        let (credentials, host) = match authority.rsplit_once('@') {
            Some((credentials, host)) => (Some(credentials.to_owned()), host),
            None => (None, authority),
        };
        let (host, port) = host_and_port(host)?;
        let port = port.filter(|&port| Some(port) != own_port(&scheme));
        Some(Link { scheme, credentials, host, port, path: path.to_owned(), query: query.map(str::to_owned) })
    }

    /// As [`Link::parse`], for what people type: without a scheme it is `https`.
    pub fn guess(text: &str) -> Option<Link> {
        let text = text.trim();
        if text.contains("://") { Link::parse(text) } else { Link::parse(&format!("https://{text}")) }
    }

    /// The parts of the path that are not empty, decoded: `/a//b%20c/` is `a`, `b c`.
    pub fn segments(&self) -> impl Iterator<Item = String> {
        self.path.split('/').filter(|segment| !segment.is_empty()).map(text::unpercent)
    }

    /// The first value of a name in the query, decoded.
    pub fn query(&self, name: &str) -> Option<String> {
        let pairs = text::unform(self.query.as_deref()?);
        pairs.into_iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// Where a reference on this page leads (RFC 3986, 5.2): a `Location` header, a relative URL of a playlist.
    pub fn join(&self, reference: &str) -> Option<Link> {
        let reference = reference.trim();
        if let Some(link) = Link::parse(reference) {
            return Some(link);
        }
        let origin = self.origin();
        let (before, query) = part(reference.split('#').next()?, '?');
        let target = if let Some(rest) = reference.strip_prefix("//") {
            format!("{}://{rest}", self.scheme)
        } else if before.is_empty() {
            let query = query.or(self.query.as_deref()).map(|query| format!("?{query}")).unwrap_or_default();
            format!("{origin}{}{query}", self.path)
        } else {
            let folder = self.path.rsplit_once('/').map_or("", |(folder, _)| folder);
            let path = if before.starts_with('/') { before.to_owned() } else { format!("{folder}/{before}") };
            let query = query.map(|query| format!("?{query}")).unwrap_or_default();
            format!("{origin}{}{query}", without_dots(&path))
        };
        Link::parse(&target)
    }

    /// `scheme://host:port`.
    pub fn origin(&self) -> String {
        let port = self.port.map(|port| format!(":{port}")).unwrap_or_default();
        format!("{}://{}{port}", self.scheme, self.host)
    }

    /// Scheme, host and path: what may stand in a message, for credentials and query may hold secrets.
    pub fn place(&self) -> String {
        format!("{}{}", self.origin(), self.path)
    }
}

impl fmt::Display for Link {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}://", self.scheme)?;
        if let Some(credentials) = &self.credentials {
            write!(out, "{credentials}@")?;
        }
        write!(out, "{}", self.host)?;
        if let Some(port) = self.port {
            write!(out, ":{port}")?;
        }
        write!(out, "{}", self.path)?;
        if let Some(query) = &self.query {
            write!(out, "?{query}")?;
        }
        Ok(())
    }
}

fn part(text: &str, mark: char) -> (&str, Option<&str>) {
    text.split_once(mark).map_or((text, None), |(before, after)| (before, Some(after)))
}

fn own_port(scheme: &str) -> Option<u16> {
    match scheme {
        "http" => Some(80),
        "https" => Some(443),
        _ => None,
    }
}

fn host_and_port(text: &str) -> Option<(String, Option<u16>)> {
    let (host, port) = if let Some(rest) = text.strip_prefix('[') {
        let (address, after) = rest.split_once(']')?;
        let port = if after.is_empty() { "" } else { after.strip_prefix(':')? };
        (format!("[{address}]"), port)
    } else {
        let (host, port) = part(text, ':');
        (host.to_owned(), port.unwrap_or(""))
    };
    if host.is_empty() || host == "[]" {
        return None;
    }
    // `https://host:/` is allowed (RFC 3986, 3.2.3); `parse` would take a sign.
    let port = match port {
        "" => None,
        digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => Some(digits.parse().ok()?),
        _ => return None,
    };
    Some((host.to_ascii_lowercase(), port))
}

/// RFC 3986, 5.2.4.
fn without_dots(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        if segment == ".." {
            kept.pop();
        } else if segment != "." {
            kept.push(segment);
            continue;
        }
        // A path that ends in dots names a folder.
        if segments.peek().is_none() {
            kept.push("");
        }
    }
    format!("/{}", kept.join("/"))
}

#[cfg(test)]
mod tests;
