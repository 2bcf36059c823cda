//! The Android app of this deployment, if it has one in a store: a Trusted Web Activity (decision 0034).

use serde::Deserialize;

use crate::{Error, Result};

pub const EXAMPLE: &str = r#"
[android]
# The application id under which this deployment's app stands in the store, and the SHA-256 fingerprints of the certificates it
# is signed with ("AB:CD:…"). With them the app opens without a browser's address line. Empty: there is no app.
package = ""
certificates = []
"#;

/// Which app may speak for this deployment's address.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Android {
    /// The application id, e.g. `jp.example.renkei`.
    pub package: String,
    /// SHA-256 of each signing certificate, as the store shows it: 32 bytes in upper-case hexadecimal, parted by colons.
    pub certificates: Vec<String>,
}

impl Android {
    pub fn check(&self) -> Result<()> {
        if self.package.is_empty() != self.certificates.is_empty() {
            return Err(Error::Internal("[android] needs both package and certificates, or neither".into()));
        }
        if !self.package.is_empty() && !is_application_id(&self.package) {
            return Err(Error::Internal(format!(
                "[android] package: {:?} is no application id",
                self.package
            )));
        }
        match self.certificates.iter().find(|c| !is_fingerprint(c)) {
            None => Ok(()),
            Some(other) => {
                Err(Error::Internal(format!("[android] certificates: {other:?} is no SHA-256 fingerprint")))
            }
        }
    }
}

fn is_application_id(text: &str) -> bool {
    let part = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphabetic())
            && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    text.contains('.') && text.split('.').all(part)
}

fn is_fingerprint(text: &str) -> bool {
    let byte = |byte: &str| byte.len() == 2 && byte.chars().all(|c| matches!(c, '0'..='9' | 'A'..='F'));
    text.split(':').count() == 32 && text.split(':').all(byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_app_is_named_with_its_certificates_or_not_at_all() {
        let fingerprint = ["AB"; 32].join(":");
        let app = |package: &str, certificates: &[&str]| Android {
            package: package.into(),
            certificates: certificates.iter().map(|&c| c.into()).collect(),
        };
        assert!(Android::default().check().is_ok());
        assert!(app("jp.example.renkei", &[&fingerprint]).check().is_ok());
        for (package, certificates) in [
            ("jp.example.renkei", &[][..]),
            ("", &[fingerprint.as_str()]),
            ("renkei", &[fingerprint.as_str()]),
            ("jp.example.1renkei", &[fingerprint.as_str()]),
            ("jp.example.renkei", &[&fingerprint[3..]]),
            ("jp.example.renkei", &[&fingerprint.to_lowercase()]),
        ] {
            assert!(app(package, certificates).check().is_err(), "{package} {certificates:?}");
        }
    }
}
