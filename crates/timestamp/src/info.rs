//! `TSTInfo`: what an authority says.

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

use crate::{
    Refused,
    der::{BOOLEAN, CONTEXT_1, GENERAL_TIME, INTEGER, OCTETS, OID, SEQUENCE, Tlv},
    signed::SHA256,
};

#[derive(Debug)]
pub struct Info<'a> {
    /// SHA-256.
    pub digest: &'a [u8],
    pub at: Timestamp,
    /// As an integer's bytes.
    pub nonce: Option<&'a [u8]>,
}

impl<'a> Info<'a> {
    /// `version, policy, messageImprint, serialNumber, genTime, accuracy?, ordering?, nonce?, [0] tsa?, [1] extensions?`
    pub fn read(bytes: &'a [u8]) -> Result<Self, Refused> {
        let parts = Tlv::only(bytes)?.inside(SEQUENCE)?;
        let [version, policy, imprint, serial, time, rest @ ..] = parts.as_slice() else {
            return Err(Refused::Malformed);
        };
        if version.of(INTEGER)? != [1] {
            return Err(Refused::Malformed);
        }
        policy.of(OID)?;
        serial.of(INTEGER)?;
        let imprint = imprint.inside(SEQUENCE)?;
        let [algorithm, digest] = imprint.as_slice() else { return Err(Refused::Malformed) };
        let algorithm = algorithm.inside(SEQUENCE)?;
        if algorithm.first().ok_or(Refused::Malformed)?.of(OID)? != SHA256 {
            return Err(Refused::WrongImprint);
        }
        let nonce = rest.iter().find(|part| part.tag == INTEGER).map(|part| part.value);
        if let Some(extensions) = rest.iter().find(|part| part.tag == CONTEXT_1) {
            // One that must be understood is not.
            for extension in extensions.inside(CONTEXT_1)? {
                let parts = extension.inside(SEQUENCE)?;
                if parts.iter().any(|part| part.tag == BOOLEAN && part.value != [0]) {
                    return Err(Refused::Malformed);
                }
            }
        }
        let at = time_of(time.of(GENERAL_TIME)?).ok_or(Refused::Malformed)?;
        Ok(Self { digest: digest.of(OCTETS)?, at, nonce })
    }
}

/// `YYYYMMDDhhmmss[.f]Z`; seconds may have a fraction.
fn time_of(bytes: &[u8]) -> Option<Timestamp> {
    let text = std::str::from_utf8(bytes).ok()?.strip_suffix('Z')?;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if whole.len() != 14 || !digits(whole) || !digits(fraction) || fraction.len() > 9 {
        return None;
    }
    let number = |from: usize, to: usize| whole.get(from..to)?.parse::<i8>().ok();
    let nanoseconds = format!("{fraction:0<9}").parse().ok()?;
    let at = DateTime::new(
        whole.get(..4)?.parse().ok()?,
        number(4, 6)?,
        number(6, 8)?,
        number(8, 10)?,
        number(10, 12)?,
        number(12, 14)?,
        nanoseconds,
    );
    Some(at.ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_to_the_fraction() {
        let read = |text: &str| time_of(text.as_bytes()).map(|at| at.to_string());
        assert_eq!(read("20261130051501Z").as_deref(), Some("2026-11-30T05:15:01Z"));
        assert_eq!(read("20261130051501.25Z").as_deref(), Some("2026-11-30T05:15:01.25Z"));
        for wrong in [
            "",
            "Z",
            "20261130051501",
            "2026113005150Z",
            "20261330051501Z",
            "20261130051501.Z",
            "20261130051501+0900",
            "2026-11-3005:15Z",
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
