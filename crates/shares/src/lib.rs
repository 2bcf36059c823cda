//! A secret split into printable shares (Shamir over GF(256)): any `needed` of them restore it, fewer tell nothing.
//!
//! A share is one line of Base32 in groups of five, which people can read out and type in:
//! `version (1) ‖ set (4) ‖ needed (1) ‖ share (number and bytes) ‖ checksum (4)`. The set is the beginning of a digest
//! of the secret with its own salt, the same in all shares of one splitting, so that shares of two splittings are never
//! mixed. The checksum finds a mistyped letter before anything is put together; a digest inside the secret finds the rest.

use aws_lc_rs::digest::{SHA256, digest};
use blahaj::{Share, Sharks};
use data_encoding::BASE32_NOPAD;
use zeroize::Zeroizing;

const VERSION: u8 = 1;
const SALT: usize = 16;
const CHECK: usize = 4;
const HEAD: usize = 6;
/// Letters in a group, groups in a line.
const GROUP: usize = 5;
const LINE: usize = 8;

/// Why shares do not give the secret back.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// Letters that no share has, or too few of them.
    #[error("share {0} is not a share: a letter is wrong or a line is missing")]
    NotAShare(usize),
    /// A share whose checksum does not fit.
    #[error("share {0} is damaged or mistyped: its checksum does not fit")]
    Damaged(usize),
    /// Fewer than are needed, counting each once.
    #[error("{needed} different shares are needed, {given} were given")]
    TooFew {
        /// How many restore the secret.
        needed: u8,
        /// How many different ones there are.
        given: usize,
    },
    /// Shares of different splittings.
    #[error("the shares do not belong together: they come from different splittings")]
    Mixed,
    /// They fit, but what they give is not what was split.
    #[error("the shares do not give the secret that was split")]
    Wrong,
    /// A number that makes no sense: at least 2 of at most 255.
    #[error("{needed} of {count} shares cannot be made")]
    BadNumber {
        /// How many should restore the secret.
        needed: u8,
        /// How many there should be.
        count: u8,
    },
}

/// Splits a secret into `count` printable shares of which `needed` restore it.
///
/// # Errors
/// [`Error::BadNumber`].
pub fn split(secret: &[u8], needed: u8, count: u8) -> Result<Vec<String>, Error> {
    if needed < 2 || count < needed {
        return Err(Error::BadNumber { needed, count });
    }
    let mut salt = [0; SALT];
    aws_lc_rs::rand::fill(&mut salt).expect("the system's generator answers, or no key may be made at all");
    let whole = Zeroizing::new([&salt, inner(&salt, secret).as_slice(), secret].concat());
    let set = &inner(&salt, secret)[..4];
    let shares = Sharks(needed).dealer(&whole).take(count.into());
    Ok(shares.map(|share| print(set, needed, &Vec::from(&share))).collect())
}

/// The secret of these shares. Spaces, line breaks and small letters do not matter.
///
/// # Errors
/// See [`Error`]; shares are counted from 1 as they were given.
pub fn join(texts: &[&str]) -> Result<Zeroizing<Vec<u8>>, Error> {
    let read: Vec<Zeroizing<Vec<u8>>> =
        texts.iter().enumerate().map(|(n, text)| read(n + 1, text)).collect::<Result<_, _>>()?;
    let Some(first) = read.first() else { return Err(Error::TooFew { needed: 2, given: 0 }) };
    if read.iter().any(|share| share[..HEAD] != first[..HEAD]) {
        return Err(Error::Mixed);
    }
    let needed = first[HEAD - 1];
    let mut numbers: Vec<u8> = read.iter().map(|share| share[HEAD]).collect();
    numbers.sort_unstable();
    numbers.dedup();
    if numbers.len() < needed.into() {
        return Err(Error::TooFew { needed, given: numbers.len() });
    }
    let parts: Vec<Share> = read
        .iter()
        .map(|share| Share::try_from(&share[HEAD..share.len() - CHECK]).map_err(|_| Error::Wrong))
        .collect::<Result<_, _>>()?;
    let whole = Zeroizing::new(Sharks(needed).recover(&parts).map_err(|_| Error::Wrong)?);
    let (salt, rest) = whole.split_at_checked(SALT).ok_or(Error::Wrong)?;
    let (proof, secret) = rest.split_at_checked(SALT).ok_or(Error::Wrong)?;
    if inner(salt, secret) != proof || first[1..HEAD - 1] != proof[..4] {
        return Err(Error::Wrong);
    }
    Ok(Zeroizing::new(secret.to_vec()))
}

/// Salted, so that the four bytes on every share say nothing about the secret.
fn inner(salt: &[u8], secret: &[u8]) -> Vec<u8> {
    digest(&SHA256, &[b"renkei/shares/v1".as_slice(), salt, secret].concat()).as_ref()[..SALT].to_vec()
}

fn print(set: &[u8], needed: u8, share: &[u8]) -> String {
    let mut bytes = Zeroizing::new([&[VERSION], set, &[needed], share].concat());
    let check = digest(&SHA256, &bytes);
    bytes.extend_from_slice(&check.as_ref()[..CHECK]);
    let letters = Zeroizing::new(BASE32_NOPAD.encode(&bytes));
    let groups: Vec<&str> =
        (0..letters.len()).step_by(GROUP).map(|at| &letters[at..(at + GROUP).min(letters.len())]).collect();
    groups.chunks(LINE).map(|line| line.join(" ")).collect::<Vec<_>>().join("\n")
}

fn read(number: usize, text: &str) -> Result<Zeroizing<Vec<u8>>, Error> {
    let letters: Zeroizing<String> =
        Zeroizing::new(text.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_uppercase());
    let bytes = BASE32_NOPAD.decode(letters.as_bytes()).map_err(|_| Error::NotAShare(number))?;
    let bytes = Zeroizing::new(bytes);
    if bytes.len() < HEAD + 2 + CHECK || bytes[0] != VERSION {
        return Err(Error::NotAShare(number));
    }
    let (body, check) = bytes.split_at(bytes.len() - CHECK);
    if digest(&SHA256, body).as_ref()[..CHECK] != *check {
        return Err(Error::Damaged(number));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"master key and backup key, 64 bytes or more of them, as text lines\n";

    #[test]
    fn any_two_of_three_restore_and_one_does_not() {
        let shares = split(SECRET, 2, 3).unwrap();
        for (a, b) in [(0, 1), (0, 2), (1, 2), (2, 0)] {
            assert_eq!(*join(&[&shares[a], &shares[b]]).unwrap(), SECRET, "{a} and {b}");
        }
        assert_eq!(*join(&[&shares[0], &shares[1], &shares[2]]).unwrap(), SECRET);
        for share in &shares {
            assert_eq!(join(&[share]), Err(Error::TooFew { needed: 2, given: 1 }));
            assert_eq!(join(&[share, share]), Err(Error::TooFew { needed: 2, given: 1 }));
        }
    }

    #[test]
    fn a_damaged_share_is_named_whatever_letter_is_wrong() {
        let shares = split(SECRET, 2, 3).unwrap();
        let small = shares[1].to_lowercase().replace(' ', "");
        assert_eq!(*join(&[&shares[0], &small]).unwrap(), SECRET, "typed otherwise, still the same");
        for at in (0..shares[1].len()).filter(|at| shares[1].as_bytes()[*at].is_ascii_alphanumeric()) {
            let mut letters = shares[1].clone().into_bytes();
            letters[at] = if letters[at] == b'A' { b'B' } else { b'A' };
            let wrong = String::from_utf8(letters).unwrap();
            let refused = join(&[&shares[0], &wrong]).unwrap_err();
            assert!(matches!(refused, Error::Damaged(2) | Error::NotAShare(2)), "{at}: {refused:?}");
        }
        let cut = &shares[1][..shares[1].len() - 6];
        assert!(join(&[&shares[0], cut]).is_err());
    }

    #[test]
    fn shares_of_two_splittings_are_not_mixed() {
        let (one, two) = (split(SECRET, 2, 3).unwrap(), split(SECRET, 2, 3).unwrap());
        assert_eq!(join(&[&one[0], &two[1]]), Err(Error::Mixed));
        assert_eq!(*join(&[&two[0], &two[1]]).unwrap(), SECRET);
    }

    #[test]
    fn numbers_that_protect_nothing_are_refused() {
        assert!(split(SECRET, 2, 2).is_ok());
        for (needed, count) in [(0, 3), (1, 3), (3, 2)] {
            assert_eq!(split(SECRET, needed, count), Err(Error::BadNumber { needed, count }));
        }
    }
}
