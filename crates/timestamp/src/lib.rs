//! Time stamps after RFC 3161 (with RFC 5816): somebody else's signature under a digest and a time.
//!
//! ```text
//! Question::new(digest, nonce) ─► application/timestamp-query ─► authority ─► Question::answered(reply) ─► Stamp
//! years later: check(token, digest, authorities)
//! ```
//!
//! An answer is believed when it was granted, is about this digest and this nonce, is signed by the certificate that it names in what it signs, and
//! that certificate is for stamping alone and leads, at the time of the stamp, to an authority that the caller trusts. Whether a certificate was
//! revoked is not asked. Signatures are checked by `rustls-webpki` with `aws-lc-rs`; no SHA-1 but as the name of a certificate (RFC 2634).

mod der;
mod info;
mod signed;

use jiff::{SignedDuration, Timestamp};
use rustls_pki_types::TrustAnchor;

use crate::der::{INTEGER, SEQUENCE, Tlv};

/// Bytes of an answer; real ones have a few thousand.
pub const MOST: usize = 100_000;
/// As an authority's clock and ours may differ.
const SKEW: SignedDuration = SignedDuration::from_mins(10);

/// Why a stamp is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// The authority did not grant it.
    #[error("the authority did not grant a stamp")]
    NotGranted,
    /// No DER, or not of the form that the standard gives it.
    #[error("it is no time stamp")]
    Malformed,
    /// Not about what was asked.
    #[error("it is about another digest")]
    WrongImprint,
    /// An answer to another question.
    #[error("it has another nonce")]
    WrongNonce,
    /// Its time is not about now.
    #[error("its time is not now")]
    WrongTime,
    /// The signature, or what it covers, does not fit.
    #[error("its signature does not fit")]
    BadSignature,
    /// Its certificate is not for stamping alone, or leads to no trusted authority.
    #[error("no trusted authority stands behind it")]
    Untrusted,
}

/// A stamp that was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// `TimeStampToken`, DER: what is kept.
    pub token: Vec<u8>,
    /// The authority's time.
    pub at: Timestamp,
}

/// What is asked once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Question {
    digest: [u8; 32],
    nonce: [u8; 8],
}

impl Question {
    /// For a SHA-256 digest; the nonce is random, used once.
    pub fn new(digest: [u8; 32], mut nonce: [u8; 8]) -> Self {
        // A positive integer in its shortest form.
        nonce[0] = nonce[0] & 0x3f | 0x40;
        Self { digest, nonce }
    }

    /// `TimeStampReq`, with the certificates asked for; sent as `application/timestamp-query`.
    pub fn to_der(self) -> Vec<u8> {
        let mut der = vec![SEQUENCE, 67, INTEGER, 1, 1, SEQUENCE, 49];
        der.extend([SEQUENCE, 13, 6, 9]);
        der.extend(signed::SHA256);
        der.extend([5, 0, 4, 32]);
        der.extend(self.digest);
        der.extend([INTEGER, 8]);
        der.extend(self.nonce);
        der.extend([1, 1, 0xff]);
        der
    }

    /// Reads a `TimeStampResp`. `now`: this machine's clock, which the stamp must be near to.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn answered(
        self,
        reply: &[u8],
        authorities: &[TrustAnchor<'_>],
        now: Timestamp,
    ) -> Result<Stamp, Refused> {
        let parts = Tlv::only(reply)?.inside(SEQUENCE)?;
        let status = parts.first().ok_or(Refused::Malformed)?.inside(SEQUENCE)?;
        match status.first().ok_or(Refused::Malformed)?.of(INTEGER)? {
            // Granted, or granted with changes: what matters is looked at below.
            [0 | 1] => {}
            _ => return Err(Refused::NotGranted),
        }
        let [_, token] = parts.as_slice() else { return Err(Refused::Malformed) };
        let (at, nonce) = read(token.raw, &self.digest, authorities)?;
        if nonce.as_deref() != Some(self.nonce.as_slice()) {
            return Err(Refused::WrongNonce);
        }
        if at.duration_since(now).abs() > SKEW {
            return Err(Refused::WrongTime);
        }
        Ok(Stamp { token: token.raw.to_vec(), at })
    }
}

/// Checks a kept token over a SHA-256 digest; its certificates must have been good at its time.
///
/// # Errors
/// [`Refused`].
pub fn check(token: &[u8], digest: &[u8; 32], authorities: &[TrustAnchor<'_>]) -> Result<Timestamp, Refused> {
    read(token, digest, authorities).map(|(at, _)| at)
}

fn read(
    token: &[u8],
    digest: &[u8; 32],
    authorities: &[TrustAnchor<'_>],
) -> Result<(Timestamp, Option<Vec<u8>>), Refused> {
    if token.len() > MOST {
        return Err(Refused::Malformed);
    }
    let signed = signed::Signed::read(token)?;
    let info = info::Info::read(signed.content)?;
    if info.digest != digest {
        return Err(Refused::WrongImprint);
    }
    let signer = signed.verify()?;
    signed.trusted(&signer, authorities, info.at)?;
    Ok((info.at, info.nonce.map(<[u8]>::to_vec)))
}
