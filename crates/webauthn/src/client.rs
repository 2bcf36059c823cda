//! What the browser says that it was asked (§5.8.1).

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::BASE64URL_NOPAD;
use serde::Deserialize;

use crate::Refused;

/// What is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ceremony {
    /// A registration.
    Create,
    /// An assertion.
    Get,
}

/// The client data as it came, and what it says.
#[derive(Debug, Clone)]
pub struct ClientData {
    bytes: Vec<u8>,
    said: Said,
    challenge: Vec<u8>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Said {
    r#type: String,
    challenge: String,
    origin: String,
    #[serde(default)]
    cross_origin: bool,
    top_origin: Option<String>,
}

impl ClientData {
    /// Reads `clientDataJSON`. Members that are not known are left alone, as §5.8.1 demands.
    pub fn read(bytes: Vec<u8>) -> Result<Self, Refused> {
        let said: Said = serde_json::from_slice(&bytes).map_err(|_| Refused::ClientData)?;
        let challenge = BASE64URL_NOPAD.decode(said.challenge.as_bytes()).map_err(|_| Refused::ClientData)?;
        Ok(Self { bytes, said, challenge })
    }

    /// The challenge that was answered; whether it is one of the caller's, the caller knows.
    pub fn challenge(&self) -> &[u8] {
        &self.challenge
    }

    /// Asked by this very origin for this, and not from inside another site.
    pub(crate) fn answers(&self, ceremony: Ceremony, origin: &str) -> Result<(), Refused> {
        let wanted = match ceremony {
            Ceremony::Create => "webauthn.create",
            Ceremony::Get => "webauthn.get",
        };
        if self.said.r#type != wanted {
            return Err(Refused::Ceremony);
        }
        if self.said.origin != origin || self.said.cross_origin || self.said.top_origin.is_some() {
            return Err(Refused::Origin);
        }
        Ok(())
    }

    pub(crate) fn hash(&self) -> [u8; 32] {
        digest(&SHA256, &self.bytes).as_ref().try_into().expect("SHA-256 has 32 bytes")
    }
}
