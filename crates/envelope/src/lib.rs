//! Keys and encryption: what stands between the database and the words of a patient.
//!
//! ```text
//! master key      a key file, or a key store of the operator       behind the trait MasterKey
//!   └ FacilityKey   one per managing facility                      stored wrapped by the master key
//!       └ DataKey     one per stream, one per facility             stored wrapped by the facility key
//!           └ content   AES-256-GCM(salt ‖ content)                stored beside the record's commitment
//! ```
//!
//! Every ciphertext is `form ‖ nonce ‖ AES-256-GCM(…) ‖ tag`: one byte that says what it is, 12 random bytes, 16 bytes
//! of tag. Its *place* (form, table, column, stream, row; or kind, facility and owner of a wrapped key) is
//! authenticated with it, so that nothing opens anywhere but where it was put. With random nonces one key may seal up
//! to 2^32 messages (NIST SP 800-38D, 8.3); no stream comes near.
//!
//! A ciphertext hides everything but its length. Rotation wraps keys anew and leaves the ciphertexts alone.

mod cipher;
mod error;
mod key_file;
mod keys;
mod master;
mod place;
mod sealed;

pub use error::{Error, KeyFileError};
pub use key_file::LocalKeyFile;
pub use keys::{DataKey, FacilityKey, Secret, unwrap_file_key, unwrap_under, wrap_file_key, wrap_under};
pub use master::{Answer, MasterKey};
pub use place::{Aad, Context};
pub use sealed::{facility_fingerprint, fingerprint, open, open_key, open_text, seal, seal_key, seal_text};
