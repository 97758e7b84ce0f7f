//! Digests, computed by the host: raw bytes from [`md5()`], [`sha1()`], [`sha256()`] and their HMACs; with
//! [`text::hex`](crate::text::hex) they become the text that signatures are made of.

use crate::bindings::lyrebird::plugin::digest::Algorithm;
use crate::imports;

/// MD5, 16 bytes.
pub fn md5(data: impl AsRef<[u8]>) -> Vec<u8> {
    imports::hash(Algorithm::Md5, data.as_ref())
}

/// SHA-1, 20 bytes.
pub fn sha1(data: impl AsRef<[u8]>) -> Vec<u8> {
    imports::hash(Algorithm::Sha1, data.as_ref())
}

/// SHA-256, 32 bytes.
pub fn sha256(data: impl AsRef<[u8]>) -> Vec<u8> {
    imports::hash(Algorithm::Sha256, data.as_ref())
}

/// HMAC with MD5.
pub fn hmac_md5(key: impl AsRef<[u8]>, data: impl AsRef<[u8]>) -> Vec<u8> {
    imports::hmac(Algorithm::Md5, key.as_ref(), data.as_ref())
}

/// HMAC with SHA-1.
pub fn hmac_sha1(key: impl AsRef<[u8]>, data: impl AsRef<[u8]>) -> Vec<u8> {
    imports::hmac(Algorithm::Sha1, key.as_ref(), data.as_ref())
}

/// HMAC with SHA-256.
pub fn hmac_sha256(key: impl AsRef<[u8]>, data: impl AsRef<[u8]>) -> Vec<u8> {
    imports::hmac(Algorithm::Sha256, key.as_ref(), data.as_ref())
}

/// MD5 as lower-case hexadecimal: the commonest signature of all.
pub fn md5_hex(data: impl AsRef<[u8]>) -> String {
    crate::text::hex(md5(data))
}

#[cfg(test)]
mod tests;
