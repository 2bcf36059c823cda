//! RFC 8291 §3.4: the key from both sides' points and the subscriber's secret; RFC 8188 §2: one record, the last one.

use aws_lc_rs::{
    aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    agreement::PrivateKey,
    hkdf::{HKDF_SHA256, KeyType, Salt},
    rand,
};

use crate::{Error, POINT, Subscriber, agree, fresh, public_of};

/// Size of the one record, as its header says. A push service takes 4096 bytes at least (RFC 8030 §7.2).
const RECORD: u32 = 4096;
const HEADER: usize = 16 + 4 + 1 + POINT;
/// Bytes of text that fit: what is left beside the header, the delimiter and the tag.
pub const LONGEST: usize = RECORD as usize - HEADER - 1 - 16;

/// The body of a push request, `Content-Encoding: aes128gcm`. Key and salt are fresh each time.
pub fn encrypt(to: &Subscriber, text: &[u8]) -> Result<Vec<u8>, Error> {
    let mut salt = [0; 16];
    rand::fill(&mut salt).map_err(|_| Error::Crypto)?;
    encrypt_with(to, text, &fresh()?, salt)
}

fn encrypt_with(to: &Subscriber, text: &[u8], own: &PrivateKey, salt: [u8; 16]) -> Result<Vec<u8>, Error> {
    if text.len() > LONGEST {
        return Err(Error::TooLong);
    }
    let own_point = public_of(own)?;
    let shared = agree(own, &to.public)?;
    let input: [u8; 32] = derive(&to.auth, &shared, &[b"WebPush: info\0", &to.public, &own_point])?;
    let key: [u8; 16] = derive(&salt, &input, &[b"Content-Encoding: aes128gcm\0"])?;
    let nonce: [u8; 12] = derive(&salt, &input, &[b"Content-Encoding: nonce\0"])?;

    // The delimiter of the last record; no padding: all our messages are of one length.
    let mut sealed = [text, &[2]].concat();
    let key = UnboundKey::new(&AES_128_GCM, &key).map_err(|_| Error::Crypto)?;
    LessSafeKey::new(key)
        .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut sealed)
        .map_err(|_| Error::Crypto)?;
    Ok([&salt[..], &RECORD.to_be_bytes(), &[POINT as u8], &own_point, &sealed].concat())
}

/// HKDF-SHA-256: extract, then expand to `N` bytes.
fn derive<const N: usize>(salt: &[u8], input: &[u8], info: &[&[u8]]) -> Result<[u8; N], Error> {
    struct Bytes(usize);
    impl KeyType for Bytes {
        fn len(&self) -> usize {
            self.0
        }
    }
    let mut out = [0; N];
    let secret = Salt::new(HKDF_SHA256, salt).extract(input);
    secret.expand(info, Bytes(N)).and_then(|okm| okm.fill(&mut out)).map_err(|_| Error::Crypto)?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::agreement::ECDH_P256;
    use data_encoding::BASE64URL_NOPAD;

    use super::*;

    fn bytes(text: &str) -> Vec<u8> {
        BASE64URL_NOPAD.decode(text.as_bytes()).expect("base64url")
    }

    const RECEIVER: &str =
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
    const AUTH: &str = "BTBZMqHH6r4Tts7J_aSIgg";

    /// RFC 8291, section 5 and appendix A.
    #[test]
    fn the_example_of_the_standard() {
        let to = Subscriber::parse(&bytes(RECEIVER), &bytes(AUTH)).expect("keys");
        let own = bytes("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw");
        let own = PrivateKey::from_private_key(&ECDH_P256, &own).expect("a key");
        let salt = bytes("DGv6ra1nlYgDCS1FRnbzlw").try_into().expect("16 bytes");
        let body =
            encrypt_with(&to, b"When I grow up, I want to be a watermelon", &own, salt).expect("a body");
        let wanted = "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN";
        assert_eq!(BASE64URL_NOPAD.encode(&body), wanted);
    }

    #[test]
    fn no_two_bodies_are_alike_and_one_record_is_the_limit() {
        let to = Subscriber::parse(&bytes(RECEIVER), &bytes(AUTH)).expect("keys");
        let (one, two) = (encrypt(&to, b"x").expect("a body"), encrypt(&to, b"x").expect("a body"));
        assert!(one[..16] != two[..16] && one[21..HEADER] != two[21..HEADER]);
        assert_eq!(encrypt(&to, &[0; LONGEST]).expect("it fits").len(), RECORD as usize);
        assert_eq!(encrypt(&to, &[0; LONGEST + 1]), Err(Error::TooLong));
    }

    #[test]
    fn keys_that_are_none_are_refused() {
        assert!(Subscriber::parse(&bytes(RECEIVER), &bytes(AUTH)).is_ok(), "good ones pass");
        let mut off_the_curve = bytes(RECEIVER);
        off_the_curve[64] ^= 1;
        let compressed = [&[2][..], &bytes(RECEIVER)[1..33]].concat();
        for (point, auth) in [
            (off_the_curve, bytes(AUTH)),
            (compressed, bytes(AUTH)),
            (vec![4; 64], bytes(AUTH)),
            (bytes(RECEIVER), vec![0; 15]),
            (Vec::new(), Vec::new()),
        ] {
            assert_eq!(Subscriber::parse(&point, &auth), Err(Error::Keys));
        }
    }
}
