use std::fmt;

use super::{Checkpoint, NotACheckpoint};
use crate::note::{Algorithm, BadKey, Note, Signature, Signer, VerifyKey, cosigned};

/// A witness's key (signature type 0x04): says that, at a time, a checkpoint was the newest of its log that the witness knew to be consistent.
///
/// The signed bytes do not name the witness: one key, one witness.
pub struct Cosigner(Signer);

/// A time that no cosignature can carry: 0, or 2^63 and later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a cosignature's time is between 1 and 2^63-1 seconds")]
pub struct NoTime;

impl Cosigner {
    /// A key from its 32 secret bytes (RFC 8032).
    ///
    /// # Errors
    /// [`BadKey`] for a name that cannot be one.
    pub fn from_seed(name: &str, seed: &[u8; 32]) -> Result<Self, BadKey> {
        Signer::with(name, Algorithm::Cosignature, seed).map(Self)
    }

    /// The key to hand out.
    pub const fn verify_key(&self) -> &VerifyKey {
        self.0.verify_key()
    }

    /// The signature line for a checkpoint's text; `time` in seconds since 1970. Whether it deserves one is the witness's to know
    /// ([`crate::witness`]).
    ///
    /// # Errors
    /// [`NoTime`].
    pub fn cosign(&self, checkpoint: &Checkpoint, time: u64) -> Result<Signature, NoTime> {
        if time == 0 || i64::try_from(time).is_err() {
            return Err(NoTime);
        }
        let signature = self.0.sign(cosigned(time, &checkpoint.to_string()).as_bytes());
        Ok(Signature::by(self.verify_key(), &[&time.to_be_bytes()[..], &signature].concat()))
    }
}

impl Note {
    /// Adds a witness's signature to a note that is a checkpoint of the same text; one by the same key is replaced.
    ///
    /// # Errors
    /// [`NotACheckpoint`] for another text.
    pub fn add_cosignature(&mut self, of: &Checkpoint, signature: Signature) -> Result<(), NotACheckpoint> {
        if self.text() != of.to_string() {
            return Err(NotACheckpoint);
        }
        self.add(signature);
        Ok(())
    }
}

impl fmt::Debug for Cosigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cosigner({}, …)", self.verify_key())
    }
}
