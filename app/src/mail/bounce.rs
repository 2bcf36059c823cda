//! The envelope's sender: one for each try to send a letter, so that a delivery status notification, which goes there (RFC 5321, 3.6.3
//! and 4.4), names its letter without a word about whose it is. `From:` stays the deployment's address.

use data_encoding::BASE32_NOPAD;
use lettre::Address;

use crate::auth::token;

/// 128 random bits in Base32. A mail server may change the case of an address on its way, so case says nothing here.
const LENGTH: usize = 26;
/// What RFC 5321 allows before the `@`, without `+` and the token.
pub const LONGEST_LOCAL_PART: usize = 64 - 1 - LENGTH;

pub(super) fn fresh() -> String {
    BASE32_NOPAD.encode(&token::random::<16>()).to_ascii_lowercase()
}

/// `bounces@example.jp` with its token: `bounces+k3m…@example.jp`.
pub(super) fn address(bounces: &str, token: &str) -> Option<Address> {
    let (local, domain) = bounces.rsplit_once('@')?;
    Address::new(format!("{local}+{token}"), domain).ok()
}

/// The token of the first such address in a text.
pub(super) fn token_in(text: &str) -> Option<String> {
    text.match_indices('@').find_map(|(end, _)| {
        let token = text.get(end.checked_sub(LENGTH)?..end)?;
        let marked = text.get(..end - LENGTH)?.ends_with('+');
        let token = token.to_ascii_lowercase();
        (marked && token.bytes().all(|b| matches!(b, b'a'..=b'z' | b'2'..=b'7'))).then_some(token)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_carries_a_token_there_and_back() {
        let token = fresh();
        let address = address("bounces@example.jp", &token).expect("an address");
        assert_eq!(token_in(&format!("<{}>", address.to_string().to_uppercase())), Some(token.clone()));
        assert_eq!(token_in(&format!("renkei@example.jp, \"x\" <{address}>")), Some(token.clone()));
        let longest = format!("{}@example.jp", "b".repeat(LONGEST_LOCAL_PART));
        assert!(super::address(&longest, &token).is_some());
        assert_ne!(fresh(), token);
    }

    #[test]
    fn other_texts_hold_none() {
        for text in [
            "",
            "@",
            "bounces@example.jp",
            "bounces+short@example.jp",
            "bounces-aaaaaaaaaaaaaaaaaaaaaaaaaa@example.jp",
            "bounces+aaaaaaaaaaaaaaaaaaaaaaaaa1@example.jp",
            "bounces+ああああああああああああああああああああああああああ@example.jp",
            "あ@bounces+aaaaaaaaaaaaaaaaaaaaaaaaaa",
        ] {
            assert_eq!(token_in(text), None, "{text}");
        }
    }
}
