//! A picker that does harm on demand. A room's id is its *deed*; test writers need no more than this page.
//!
//! Inputs are `https://misbehaving.test/DEED`, or `misbehaving.test/DEED`, with the options of the table as room options
//! (`--option url=…`) or in the query (`?url=…`, percent-encoded; a name may be repeated). The room's id is the path with
//! the query.
//!
//! | path | `resolve` | `check` | `streams` |
//! |---|---|---|---|
//! | `DEED` | answers | does it | a candidate for every `media`; `offline` and `upcoming` have none |
//! | `resolve/DEED` | does it | live | the same |
//! | `streams/DEED` | answers | live | does it; the outcome is the label and the `extra` of one more candidate, `https://allowed.test/told.flv` |
//!
//! A batch does the deeds of its rooms in order, so one room that traps takes the others along.
//!
//! *Harm*
//!
//! | deed | does | options |
//! |---|---|---|
//! | `loop` | spins for ever | |
//! | `sleep` | sleeps by WASI's clock | `ms` (3600000) |
//! | `memory` | takes memory until it gets no more, then traps | |
//! | `recursion` | calls itself until the stack ends | |
//! | `panic` | panics with "the guest panics as asked" | `text` |
//! | `unreachable` | the plain trap, without a word | |
//! | `exit` | ends the process through WASI | `code` (1) |
//! | `out-of-bounds` | reads far outside its memory | |
//! | `stderr` | writes lines to stderr, then traps | `bytes` (1048576) |
//! | `stdout` | writes lines to stdout, then goes on well | `bytes` (1048576) |
//! | `huge-string` | answers one string of so many bytes in its own memory | `bytes` (1073741824) |
//! | `huge-list` | answers so many pairs in its own memory | `count` (67108864) |
//! | `huge-alias` | answers one string a thousand times over: 1 GiB for the host, 1 MiB for the guest | `count` (1024), `bytes` (1048576) |
//! | `bad-utf8` | answers a string that is not UTF-8 | |
//! | `huge-argument` | hands the host so many bytes to digest | `bytes` (33554432) |
//! | `fewer`, `none`, `more` | the whole answer of `check` has one verdict less, none, one more (in `check` only) | |
//!
//! *Host functions*: the outcome stands in the broadcast's title (for `fetch` as `status 200 https://final/url truncated=false bytes=2 body=ok`
//! with at most 900 letters of it, and the answer's headers in `extra`); what fails is the failure `other` with `denied: …`,
//! `invalid-request: …`, `timeout`, `dns: …`, `connect: …`, `tls: …`, `io: …` (of `store`: `too-large`, `quota`, `io: …`).
//!
//! | deed | does | options |
//! |---|---|---|
//! | `fetch` | one request | `url`, `method` (get), `header` (`N: V`, repeated; `\n` is a line break), `body`, `follow` (5) or `manual`, `timeout` (ms), `max` (bytes) |
//! | `header-break` | `fetch` of `url` (`https://allowed.test/`) with a line break in a header | |
//! | `http-flood` | so many requests, one after the other; title `answered=A denied=D failed=F` | `url`, `count` (1000) |
//! | `http-loop` | the same for ever | `url` |
//! | `send-all` | so many requests at once; title as `http-flood` | `url`, `count` (100) |
//! | `log-flood` | so many log lines; title `logged` | `count` (10000), `bytes` (20) |
//! | `log` | a line of each level, "a line of level info"; with `text`: that line at `info` | `text` |
//! | `config` | the setting's value; title `value=…` or `none` | `key` |
//! | `secrets` | tells the secret setting `key` in title, log, stderr and then fails with it | |
//! | `store-set` | sets a value | `key` (k), `value` (v), `ttl` (s), `bytes` (length instead of value), `keylength` |
//! | `store-get` | title `value=…` or `none` | `key` (k) |
//! | `store-delete` | deletes it | `key` (k) |
//! | `store-fill` | sets 64 KiB values until refused; title `set=N then quota` | |
//! | `store-count` | counts its own calls in the store; title `calls=N` | |
//! | `digest` | title `md5 sha1 sha256 hmac` of `abc` with key `key`, in hex | |
//! | `decode` | title = bytes D6 B1 B2 A5 in a charset, or `none` | `charset` (gbk) |
//! | `wasi` | tries file, directory, environment, arguments, socket, name look-up; title `file=denied …` for each | |
//! | `clock` | title = Unix seconds of WASI's clock and 8 random bytes | |
//! | `state` | counts in a static; title `calls=1` while every call has a fresh instance | |
//!
//! *Good manners*
//!
//! | deed | answers | options |
//! |---|---|---|
//! | `ok` | live; a candidate for every `media` | `media` (URL, repeated), `transport` (flv, hls, unknown, raw:EXT, other:NAME), `header` (`N: V`), `title`, `streamer`, `broadcast` (id), `started` (Unix seconds), `expires`, `quality` (key), `codec`, `cdn`, `extra` (`N: V`) |
//! | `offline`, `upcoming`, `replay` | that status | as `ok` |
//! | `fail/KIND` | that failure, by its name in the contract | `text`, `after` (s, for `rate-limited`) |
//! | `careless` | asks `url`: live (with the room's `started`) where the body says `"live"`, else offline, whatever happened; `streams`: a candidate, else none | `url`, `media` |
//! | `echo` | live; title = the room as the guest got it, with its options; `streams`: a candidate that carries the wish in `extra` | |

mod answers;
mod deeds;
mod host;
mod words;

use lyrebird_plugin::{Candidate, Failure, Link, Picker, Room, Status, Verdict, Wish, export_picker};

use words::{Deed, Phase};

/// The picker.
#[derive(Debug)]
pub struct Misbehaving;

impl Picker for Misbehaving {
    fn resolve(input: &str) -> Result<String, Failure> {
        let invalid = || Failure::InvalidRoom(format!("`{input}` is no room of misbehaving.test"));
        let link = Link::guess(input).filter(|link| link.host == "misbehaving.test").ok_or_else(invalid)?;
        let path = link.segments().collect::<Vec<_>>().join("/");
        let id = link.query.as_ref().map(|query| format!("{path}?{query}")).unwrap_or(path);
        let deed = Deed::of(&Room::new(&id, input));
        if deed.phase == Phase::Resolve {
            deeds::act(&deed)?;
        }
        Ok(id)
    }

    fn check(rooms: &[Room]) -> Result<Vec<Verdict>, Failure> {
        let mut verdicts: Vec<Verdict> = rooms.iter().map(check).collect();
        for room in rooms {
            match Deed::of(room).name.as_str() {
                "fewer" => drop(verdicts.pop()),
                "none" => verdicts.clear(),
                "more" => verdicts.push(Ok(Status::OFFLINE)),
                _ => {}
            }
        }
        Ok(verdicts)
    }

    fn streams(room: &Room, wish: &Wish) -> Result<Vec<Candidate>, Failure> {
        let deed = Deed::of(room);
        if deed.name == "careless" && !host::is_told_live(&deed)? {
            return Ok(Vec::new());
        }
        let mut candidates = answers::candidates(&deed, room, wish)?;
        if deed.phase == Phase::Streams {
            candidates.push(answers::told(deeds::act(&deed)?));
        }
        Ok(candidates)
    }
}

export_picker!(Misbehaving);

fn check(room: &Room) -> Verdict {
    let deed = Deed::of(room);
    match deed.phase {
        Phase::Check if answers::is_status(&deed) => Ok(answers::status(&deed)),
        Phase::Check if deed.name == "careless" => match host::is_told_live(&deed)? {
            true => Ok(answers::live(&deed, String::from("careless"), Vec::new())),
            false => Ok(Status::OFFLINE),
        },
        Phase::Check if deed.name == "echo" => Ok(answers::live(&deed, format!("{room:?}"), Vec::new())),
        Phase::Check => {
            let told = deeds::act(&deed)?;
            Ok(answers::live(&deed, told.title, told.extra))
        }
        Phase::Resolve | Phase::Streams => Ok(answers::live(&deed, String::from("quiet"), Vec::new())),
    }
}
