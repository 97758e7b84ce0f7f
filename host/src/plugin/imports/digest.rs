//! `digest`: hashes that platforms sign their requests with.

use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::Host;
use super::wit::digest::{Algorithm, Host as Imports};

impl Imports for Host {
    fn hash(&mut self, algorithm: Algorithm, data: Vec<u8>) -> wasmtime::Result<Vec<u8>> {
        Ok(match algorithm {
            Algorithm::Md5 => Md5::digest(data).to_vec(),
            Algorithm::Sha1 => Sha1::digest(data).to_vec(),
            Algorithm::Sha256 => Sha256::digest(data).to_vec(),
        })
    }

    fn hmac(&mut self, algorithm: Algorithm, key: Vec<u8>, data: Vec<u8>) -> wasmtime::Result<Vec<u8>> {
        match algorithm {
            Algorithm::Md5 => signed::<Hmac<Md5>>(&key, &data),
            Algorithm::Sha1 => signed::<Hmac<Sha1>>(&key, &data),
            Algorithm::Sha256 => signed::<Hmac<Sha256>>(&key, &data),
        }
    }
}

fn signed<M: Mac + KeyInit>(key: &[u8], data: &[u8]) -> wasmtime::Result<Vec<u8>> {
    // An HMAC takes a key of any length; the type of the error has no other use.
    let mac = <M as KeyInit>::new_from_slice(key).map_err(|_| wasmtime::format_err!("hmac: a key it does not take"))?;
    Ok(mac.chain_update(data).finalize().into_bytes().to_vec())
}

#[cfg(test)]
mod tests;
