//! The relying party's side of [WebAuthn Level 3](https://www.w3.org/TR/webauthn-3/) for passkeys: what a registration (§7.1)
//! and an assertion (§7.2) must be, with the person verified by the authenticator (UV) each time.
//!
//! No attestation: who made an authenticator is not asked for (`attestation: "none"`) and not believed. Challenges are the
//! caller's: [`ClientData::challenge`] says which one was answered; it must be one of the caller's own, of now, used once, and
//! made for this person or this browser. So must the signature counter, which comes out of here as it went in.
//!
//! Keys: ES256, EdDSA (Ed25519) and RS256, as COSE keys (RFC 9052, RFC 8152). Signatures are checked by aws-lc-rs.

mod authenticator;
mod client;
mod key;

use aws_lc_rs::digest::{SHA256, digest};

pub use authenticator::Flags;
pub use client::{Ceremony, ClientData};
pub use key::{ALGORITHMS, PublicKey};

/// Why an answer is not accepted. For logs: the person is told one thing for all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// Client data that is not JSON of the expected shape.
    #[error("the client data cannot be read")]
    ClientData,
    /// An answer to another ceremony: a registration is not an assertion.
    #[error("the answer is to another ceremony")]
    Ceremony,
    /// A page of another site asked, or ours inside one.
    #[error("another origin asked")]
    Origin,
    /// Authenticator data, attestation object or key that are cut off, too long, or of another shape.
    #[error("the authenticator's data cannot be read")]
    Malformed,
    /// The authenticator answered for another relying party.
    #[error("the answer is for another relying party")]
    RelyingParty,
    /// Nobody touched the authenticator, or it did not verify the person by PIN or biometrics.
    #[error("the person was not verified")]
    NotVerified,
    /// An algorithm that was not asked for, or a key that is none.
    #[error("the key's algorithm is not one of those asked for")]
    Algorithm,
    /// The signature is not this key's over these bytes.
    #[error("the signature does not fit")]
    Signature,
}

/// Who asks: the site under whose name passkeys are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelyingParty {
    /// A host name: `renkei.example.jp`, or `localhost`.
    pub id: String,
    /// The pages that may ask: `https://renkei.example.jp`, with the port where it is not the scheme's own.
    pub origin: String,
}

/// A new passkey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registered {
    /// 16 to 1023 bytes.
    pub credential_id: Vec<u8>,
    /// The COSE key as it came.
    pub public_key: Vec<u8>,
    /// The model of the authenticator; zero where it does not say.
    pub aaguid: [u8; 16],
    pub counter: u32,
    pub flags: Flags,
}

/// A passkey that was used. The caller compares the counter with the last one (§6.1.1): it grows, or both are 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asserted {
    pub counter: u32,
    pub flags: Flags,
}

impl RelyingParty {
    /// Checks the answer to `navigator.credentials.create` (§7.1, without attestation).
    pub fn registered(&self, client: &ClientData, attestation_object: &[u8]) -> Result<Registered, Refused> {
        client.answers(Ceremony::Create, &self.origin)?;
        let bytes = authenticator::out_of(attestation_object)?;
        let data = authenticator::Data::read(&bytes)?;
        self.vouched(&data)?;
        let credential = data.credential.ok_or(Refused::Malformed)?;
        if !(16..=1023).contains(&credential.id.len()) {
            return Err(Refused::Malformed);
        }
        PublicKey::read(credential.key)?;
        Ok(Registered {
            credential_id: credential.id.to_vec(),
            public_key: credential.key.to_vec(),
            aaguid: credential.aaguid,
            counter: data.counter,
            flags: data.flags,
        })
    }

    /// Checks the answer to `navigator.credentials.get` (§7.2) against the key that was registered.
    pub fn asserted(
        &self,
        client: &ClientData,
        authenticator_data: &[u8],
        signature: &[u8],
        key: &PublicKey,
    ) -> Result<Asserted, Refused> {
        client.answers(Ceremony::Get, &self.origin)?;
        let data = authenticator::Data::read(authenticator_data)?;
        self.vouched(&data)?;
        let signed = [authenticator_data, client.hash().as_slice()].concat();
        key.verify(&signed, signature)?;
        Ok(Asserted { counter: data.counter, flags: data.flags })
    }

    fn vouched(&self, data: &authenticator::Data<'_>) -> Result<(), Refused> {
        if data.relying_party != digest(&SHA256, self.id.as_bytes()).as_ref() {
            return Err(Refused::RelyingParty);
        }
        if !(data.flags.present && data.flags.verified) {
            return Err(Refused::NotVerified);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
