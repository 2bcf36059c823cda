//! Passwords: Argon2id (RFC 9106), and what may be chosen as one.

use std::sync::LazyLock;

use argon2::{
    Algorithm, Argon2, Params, PasswordHash, PasswordHasher, PasswordVerifier, Version,
    password_hash::SaltString,
};

use super::token;
use crate::words::t;
use crate::{Error, Result};

/// 13 characters, or 8 when a second factor protects the account (guideline v6, Ops 14).
pub const MIN_ALONE: usize = 13;
pub const MIN_WITH_SECOND_FACTOR: usize = 8;
const MAX: usize = 256;

/// 19 MiB, two passes: the least of the OWASP cheat sheet; bounded memory when many sign in at once.
fn argon2() -> Argon2<'static> {
    let params = Params::new(19 * 1024, 2, 1, None).expect("these parameters are within Argon2's bounds");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// A hash of nothing anybody knows: checking against it takes as long as checking a real one.
static NOBODY: LazyLock<String> =
    LazyLock::new(|| hash_now(&token::fresh()).expect("hashing a short text works"));

fn hash_now(password: &str) -> Result<String> {
    let salt = SaltString::encode_b64(&token::random::<16>()).map_err(Error::internal)?;
    Ok(argon2().hash_password(password.as_bytes(), &salt).map_err(Error::internal)?.to_string())
}

pub async fn hash(password: String) -> Result<String> {
    tokio::task::spawn_blocking(move || hash_now(&password)).await.map_err(Error::internal)?
}

/// Whether the password belongs to the hash. `None`, an unknown account, costs the same and is false.
pub async fn verify(password: String, stored: Option<String>) -> Result<bool> {
    tokio::task::spawn_blocking(move || {
        let known = stored.is_some();
        let stored = stored.unwrap_or_else(|| NOBODY.clone());
        let parsed = PasswordHash::new(&stored).map_err(Error::internal)?;
        Ok(argon2().verify_password(password.as_bytes(), &parsed).is_ok() && known)
    })
    .await
    .map_err(Error::internal)?
}

/// Whether the password belongs to one of the hashes: that of now, and those before it.
pub async fn is_one_of(password: String, hashes: Vec<String>) -> Result<bool> {
    tokio::task::spawn_blocking(move || {
        for stored in &hashes {
            let parsed = PasswordHash::new(stored).map_err(Error::internal)?;
            if argon2().verify_password(password.as_bytes(), &parsed).is_ok() {
                return Ok(true);
            }
        }
        Ok(false)
    })
    .await
    .map_err(Error::internal)?
}

/// What somebody who knows the person would try first: ID, names and facilities, whole and in parts.
pub fn words_about<'a>(whole: impl Iterator<Item = &'a str>) -> Vec<String> {
    let parts = |text: &'a str| {
        let parts = text.split(|c: char| c.is_whitespace() || ".-_・".contains(c)).map(str::to_owned);
        parts.chain([text.to_owned()]).collect::<Vec<_>>()
    };
    whole.flat_map(parts).filter(|word| !word.is_empty()).collect()
}

/// Why a new password is not good enough, in the person's words; `None` if it is.
pub fn refusal(password: &str, second_factor: bool, about: &[&str]) -> Option<&'static str> {
    let length = password.chars().count();
    if length < MIN_WITH_SECOND_FACTOR || (!second_factor && length < MIN_ALONE) {
        return Some(if second_factor {
            t("8文字以上にしてください。")
        } else {
            t("13文字以上にしてください。")
        });
    }
    if length > MAX {
        return Some(t("256文字までにしてください。"));
    }
    let lower = password.to_lowercase();
    if about.iter().any(|word| word.chars().count() >= 3 && lower.contains(&word.to_lowercase())) {
        return Some(t("IDや名前、施設名を含まないパスワードにしてください。"));
    }
    // The dictionary of well-known passwords and patterns; 3 of 4 means "safely unguessable" for online guessing.
    let score = u8::from(zxcvbn::zxcvbn(password, about).score());
    (score < 3)
        .then_some(t("推測されやすいパスワードです。つながりのない言葉をいくつか並べると強くなります。"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_depends_on_the_second_factor() {
        let good = "kiri-sagi7-uzu";
        assert_eq!(refusal(good, false, &[]), None);
        assert_eq!(refusal("kX9-vq2mz", true, &[]), None);
        assert!(refusal("kX9-vq2", true, &[]).is_some());
        assert!(refusal("kX9-vq2mzR4w", false, &[]).is_some());
        assert_eq!(refusal("kX9-vq2mzR4wT", false, &[]), None);
    }

    #[test]
    fn well_known_and_personal_words_are_refused() {
        assert_eq!(refusal("kagami-nazo-8-fune", false, &["igarashi"]), None);
        for bad in ["password12345", "qwertyuiop123", "igarashi-nazo-8-fune"] {
            assert!(refusal(bad, true, &["igarashi"]).is_some(), "{bad}");
        }
    }

    #[tokio::test]
    async fn verifies_its_own_hash_and_nothing_else() {
        let stored = hash("kagami-nazo-8-fune".into()).await.unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(verify("kagami-nazo-8-fune".into(), Some(stored.clone())).await.unwrap());
        assert!(!verify("kagami-nazo-8-funf".into(), Some(stored)).await.unwrap());
        assert!(!verify("kagami-nazo-8-fune".into(), None).await.unwrap());
    }
}
