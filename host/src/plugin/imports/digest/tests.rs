use super::*;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// RFC 2202 and RFC 4231, test case 2.
#[test]
fn hmac_is_the_one_of_the_rfcs() {
    let signed = |bytes: wasmtime::Result<Vec<u8>>| hex(&bytes.unwrap());
    let data = b"what do ya want for nothing?";
    assert_eq!(signed(signed_by::<Hmac<Md5>>(data)), "750c783e6ab0b503eaa86e310a5db738");
    assert_eq!(signed(signed_by::<Hmac<Sha1>>(data)), "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
    assert_eq!(
        signed(signed_by::<Hmac<Sha256>>(data)),
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    );
}

fn signed_by<M: Mac + KeyInit>(data: &[u8]) -> wasmtime::Result<Vec<u8>> {
    signed::<M>(b"Jefe", data)
}
