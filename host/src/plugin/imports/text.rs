//! `text`: charsets that small guests lack.

use encoding_rs::Encoding;

use super::{Host, wit};

impl wit::text::Host for Host {
    fn decode(&mut self, bytes: Vec<u8>, charset: String) -> wasmtime::Result<Option<String>> {
        let encoding = Encoding::for_label(charset.as_bytes());
        Ok(encoding.map(|encoding| encoding.decode(&bytes).0.into_owned()))
    }
}
