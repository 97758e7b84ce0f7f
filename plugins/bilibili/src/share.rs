//! Share links: followed by hand, so that no foreign host is ever asked, whatever a link leads to.

use std::time::Duration;

use lyrebird_plugin::{Failure, Link, Request};

use crate::address::{self, Address, Number};
use crate::api;

/// Redirects from link to link.
const MOST: usize = 8;
/// All of them have to fit into a question's 5 s.
const PATIENCE: Duration = Duration::from_secs(4);
/// Of a body that tells of nothing but an error.
const MOST_BYTES: u32 = 4096;

/// The code for a link that was never made.
const NO_LINK: i64 = -404;

/// The room that a share link leads to.
pub(crate) fn follow(url: &str) -> Result<Number, Failure> {
    let mut url = url.to_owned();
    for _ in 0..MOST {
        let request = Request::get(&url).header("User-Agent", api::BROWSER);
        let answer = request.timeout(PATIENCE).max_body(MOST_BYTES).manual().send()?;
        let Some(target) = answer.location() else {
            return Err(match api::open(answer)? {
                told if told.code == NO_LINK => Failure::InvalidRoom(format!("Bilibili has no share link {url}")),
                _ => nowhere(&url, "leads to no other page"),
            });
        };
        match address::read(&target) {
            Ok(Address::Share(next)) => url = next,
            Ok(Address::Room(number)) => return Ok(number),
            Err(_) => {
                let place =
                    Link::parse(&target).map_or_else(|| "an unreadable address".to_owned(), |link| link.place());
                return Err(Failure::InvalidRoom(format!("{url} leads to {place}, which is no live room")));
            }
        }
    }
    Err(nowhere(&url, &format!("leads nowhere in {MOST} redirects")))
}

fn nowhere(url: &str, what: &str) -> Failure {
    Failure::unexpected(format!("{url} {what}"))
}
