//! What the HTTP clients resolve names with: the addresses that have just been judged, and no others.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// The judged addresses of names, for as long as requests to them are under way.
#[derive(Clone)]
pub(super) struct Book(Arc<Inner>);

struct Inner {
    shared: Sharing,
    pages: Mutex<Pages>,
}

#[derive(Default)]
struct Pages {
    next: u64,
    names: HashMap<String, Vec<(u64, Vec<IpAddr>)>>,
}

/// What is handed out when several requests have judged one name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sharing {
    /// The latest judgement: all of them are public, and big names answer differently each time.
    Latest,
    /// Only what every one of them was permitted.
    Common,
}

/// Keeps one judgement in the book.
pub(super) struct Pin {
    book: Book,
    name: String,
    id: u64,
}

impl Book {
    /// For public addresses.
    pub(super) fn public() -> Book {
        Book::new(Sharing::Latest)
    }

    /// For addresses that this or that asker is permitted.
    pub(super) fn private() -> Book {
        Book::new(Sharing::Common)
    }

    fn new(shared: Sharing) -> Book {
        Book(Arc::new(Inner { shared, pages: Mutex::default() }))
    }

    /// Notes what a name was found to mean; `name` as the URL has it.
    pub(super) fn pin(&self, name: &str, addresses: Vec<IpAddr>) -> Pin {
        let mut pages = self.0.pages.lock().unwrap_or_else(PoisonError::into_inner);
        let id = pages.next;
        pages.next += 1;
        pages.names.entry(name.to_owned()).or_default().push((id, addresses));
        Pin { book: self.clone(), name: name.to_owned(), id }
    }

    fn look_up(&self, name: &str) -> Vec<IpAddr> {
        let pages = self.0.pages.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((latest, earlier)) = pages.names.get(name).and_then(|notes| notes.split_last()) else {
            return Vec::new();
        };
        let mut addresses = latest.1.clone();
        if self.0.shared == Sharing::Common {
            addresses.retain(|address| earlier.iter().all(|(_, others)| others.contains(address)));
        }
        addresses
    }
}

impl Drop for Pin {
    fn drop(&mut self) {
        let mut pages = self.book.0.pages.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(notes) = pages.names.get_mut(&self.name) {
            notes.retain(|(id, _)| *id != self.id);
            if notes.is_empty() {
                pages.names.remove(&self.name);
            }
        }
    }
}

impl Resolve for Book {
    fn resolve(&self, name: Name) -> Resolving {
        let addresses = self.look_up(name.as_str());
        if addresses.is_empty() {
            return Box::pin(std::future::ready(Err("no judged address is left for this name".into())));
        }
        // Port 0 = the URL's own.
        let addresses: Addrs = Box::new(addresses.into_iter().map(|address| SocketAddr::new(address, 0)));
        Box::pin(std::future::ready(Ok(addresses)))
    }
}

/// Behind a proxy: the proxy's own name is the only one that is ever resolved here, by the system.
pub(super) struct ProxyName(pub(super) String);

impl Resolve for ProxyName {
    fn resolve(&self, name: Name) -> Resolving {
        let host = (name.as_str() == self.0).then(|| self.0.clone());
        Box::pin(async move {
            let host = host.ok_or("only the proxy's own name is resolved")?;
            let addresses: Vec<SocketAddr> = tokio::net::lookup_host((host.as_str(), 0)).await?.collect();
            let addresses: Addrs = Box::new(addresses.into_iter());
            Ok(addresses)
        })
    }
}

#[cfg(test)]
mod tests;
