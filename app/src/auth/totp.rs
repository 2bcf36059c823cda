//! App authentication: TOTP (RFC 6238), six digits, 30 seconds, one step to either side.

use maud::{Markup, PreEscaped};
use totp_rs::{Builder, Totp};

use super::token;
use crate::{Error, Result};

pub const SECRET_BYTES: usize = 20;

pub fn fresh_secret() -> [u8; SECRET_BYTES] {
    token::random()
}

fn totp(secret: &[u8], login_id: &str) -> Result<Totp> {
    Builder::new()
        .with_secret(secret.to_vec())
        .with_account_name(login_id)
        .with_issuer(Some("Renkei"))
        .build()
        .map_err(Error::internal)
}

/// The step that the code belongs to, if it is one of now. Whether the step is burnt already, the database knows.
pub fn check(secret: &[u8], code: &str, unix_seconds: u64) -> Result<Option<i64>> {
    let digits: String = code
        .chars()
        .filter_map(|c| c.to_digit(10).or_else(|| full_width_digit(c)))
        .map(|d| char::from(b'0' + d as u8))
        .collect();
    if digits.len() != 6 {
        return Ok(None);
    }
    let step = totp(secret, "check")?.check(&digits, unix_seconds);
    Ok(step.and_then(|step| i64::try_from(step).ok()))
}

/// The code that an authenticator shows at a time: for demos, benches and tests.
pub fn code_at(secret: &[u8], unix_seconds: u64) -> Result<String> {
    Ok(totp(secret, "code")?.generate(unix_seconds).to_string())
}

/// People type what their keyboard gives: full-width digits count.
fn full_width_digit(c: char) -> Option<u32> {
    let digit = u32::from(c).checked_sub(u32::from('０'))?;
    (digit < 10).then_some(digit)
}

/// What an authenticator app is shown, as a picture and as text.
#[derive(Debug)]
pub struct Enrolment {
    pub qr: Markup,
    /// Base32.
    pub key: String,
}

pub fn enrolment(secret: &[u8], login_id: &str) -> Result<Enrolment> {
    let totp = totp(secret, login_id)?;
    let url = totp.to_url().map_err(Error::internal)?;
    let code = qrcode::QrCode::new(url.as_bytes()).map_err(Error::internal)?;
    let svg =
        code.render::<qrcode::render::svg::Color<'_>>().min_dimensions(220, 220).quiet_zone(true).build();
    let body = svg.split_once("?>").map_or(svg.as_str(), |(_, body)| body).to_owned();
    Ok(Enrolment { qr: PreEscaped(body), key: base32(secret) })
}

pub fn base32(secret: &[u8]) -> String {
    data_encoding::BASE32_NOPAD.encode(secret)
}

pub const RECOVERY_CODES: usize = 10;

/// Recovery codes of 50 random bits, written `ab3d-ef7h-j2`.
pub fn fresh_recovery_codes() -> Vec<String> {
    (0..RECOVERY_CODES)
        .map(|_| {
            let text = data_encoding::BASE32_NOPAD.encode(&token::random::<7>()).to_lowercase();
            format!("{}-{}-{}", &text[..4], &text[4..8], &text[8..10])
        })
        .collect()
}

/// As stored: SHA-256 over account and the code without separators. 50 bits behind the sign-in throttle.
pub fn recovery_hash(account: uuid::Uuid, code: &str) -> [u8; 32] {
    let plain: String =
        code.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    token::sha256(format!("renkei/recovery/v1|{account}|{plain}").as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238 appendix B, SHA-1, cut to six digits.
    #[test]
    fn agrees_with_the_rfc() {
        let secret = b"12345678901234567890";
        for (time, code) in
            [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924"), (2_000_000_000, "279037")]
        {
            assert_eq!(check(secret, code, time).unwrap(), Some(time as i64 / 30), "{time}");
            assert_eq!(check(secret, code, time + 30).unwrap(), Some(time as i64 / 30), "one step late");
            assert_eq!(check(secret, code, time + 90).unwrap(), None, "three steps late");
        }
        assert_eq!(check(secret, "２８７０８２", 59).unwrap(), Some(1));
        assert_eq!(check(secret, "28708", 59).unwrap(), None);
    }

    #[test]
    fn recovery_codes_are_many_and_different() {
        let codes = fresh_recovery_codes();
        let mut unique = codes.clone();
        unique.sort();
        unique.dedup();
        assert_eq!(unique.len(), RECOVERY_CODES);
        let account = uuid::Uuid::now_v7();
        assert_eq!(
            recovery_hash(account, &codes[0]),
            recovery_hash(account, &codes[0].to_uppercase().replace('-', " "))
        );
        assert_ne!(recovery_hash(account, &codes[0]), recovery_hash(account, &codes[1]));
    }
}
