use std::fmt;

use serde::Serialize;

use crate::Digest;

/// The value has a part that RFC 8785 cannot write: a map whose keys are not text, a number that is not finite.
#[derive(Debug, thiserror::Error)]
#[error("the value has no canonical JSON form: {0}")]
pub struct NoJsonForm(#[from] serde_json::Error);

/// The canonical JSON of a value (RFC 8785, JCS): keys sorted by UTF-16 code units, no spaces, one spelling of every
/// string. Keep whole numbers below 2^53; JCS writes every number as a double.
pub fn jcs(value: &impl Serialize) -> Result<Vec<u8>, NoJsonForm> {
    Ok(serde_json_canonicalizer::to_vec(value)?)
}

/// The canonical JSON of one of this crate's own types.
pub(crate) fn own_jcs(value: &impl Serialize) -> Vec<u8> {
    jcs(value).expect("headers and contents hold text, whole numbers and maps keyed by text only")
}

/// 32 random bytes that keep a commitment from being guessed.
///
/// It lives only beside the content inside the encrypted envelope. Whoever has salt and commitment can try short texts
/// until one fits; whoever has the commitment alone cannot.
#[derive(Clone, PartialEq, Eq)]
pub struct Salt([u8; 32]);

impl Salt {
    /// A fresh salt for one record.
    pub fn random() -> Self {
        let mut bytes = [0; 32];
        aws_lc_rs::rand::fill(&mut bytes)
            .expect("the system's generator answers, or nothing may be written at all");
        Self(bytes)
    }

    /// The bytes, to be sealed with the content and stored nowhere else.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl From<[u8; 32]> for Salt {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl fmt::Debug for Salt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Salt(…)")
    }
}

/// SHA-256(salt ‖ content): what the header says about a content that its reader may not see.
pub fn commitment(salt: &Salt, content: &[u8]) -> Digest {
    Digest::of(&[salt.as_bytes(), content])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn salts_differ_and_do_not_print() {
        let (one, two) = (Salt::random(), Salt::random());
        assert_ne!(one, two);
        assert_eq!(format!("{one:?}"), "Salt(…)");
        assert_ne!(commitment(&one, b"same"), commitment(&two, b"same"));
    }

    #[test]
    fn jcs_refuses_what_json_cannot_say() {
        assert_eq!(jcs(&serde_json::json!({"b": 1, "a": "\u{1f}"})).unwrap(), br#"{"a":"\u001f","b":1}"#);
        assert!(jcs(&f64::NAN).is_err());
    }
}
