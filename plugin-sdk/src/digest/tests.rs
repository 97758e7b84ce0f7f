use super::*;
use crate::text::hex;

#[test]
fn known_digests() {
    assert_eq!(md5_hex("abc"), "900150983cd24fb0d6963f7d28e17f72");
    assert_eq!(hex(sha1("abc")), "a9993e364706816aba3e25717850c26c9cd0d89d");
    assert_eq!(hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    // RFC 2202 and 4231, test case 2.
    let data = "what do ya want for nothing?";
    assert_eq!(hex(hmac_md5("Jefe", data)), "750c783e6ab0b503eaa86e310a5db738");
    assert_eq!(hex(hmac_sha1("Jefe", data)), "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
    assert_eq!(hex(hmac_sha256("Jefe", data)), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}
