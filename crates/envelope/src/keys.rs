use std::fmt;

use uuid::Uuid;
use zeroize::Zeroizing;

use crate::cipher::{Cipher, Form};
use crate::{Context, Error, MasterKey, place};

/// 32 secret bytes: wiped when dropped, never printed.
#[derive(Clone)]
pub struct Secret(Zeroizing<[u8; 32]>);

impl Secret {
    /// Fresh random bytes.
    pub fn random() -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        aws_lc_rs::rand::fill(&mut *bytes)
            .expect("the system's generator answers, or no key may be made at all");
        Self(bytes)
    }

    /// Takes a key out of opened bytes.
    pub(crate) fn from_opened(bytes: Vec<u8>) -> Result<Self, Error> {
        let bytes = Zeroizing::new(bytes);
        let key = <[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| Error::Malformed)?;
        Ok(Self(Zeroizing::new(key)))
    }

    /// The bytes, for an adapter that wraps them.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

impl From<[u8; 32]> for Secret {
    fn from(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The key of a managing facility. Wraps data keys and nothing else; hand-over of a patient wraps them anew.
pub struct FacilityKey(Secret, Cipher);

/// The key that seals contents and columns: one per stream, and one per facility for what is in no stream.
pub struct DataKey(Secret, Cipher);

impl FacilityKey {
    /// A fresh key for a facility.
    pub fn random() -> Self {
        Self::from(Secret::random())
    }

    /// This key, wrapped for storage.
    pub async fn wrapped_by(&self, master: &dyn MasterKey, facility: Uuid) -> Result<Vec<u8>, Error> {
        master.wrap(&self.0, &place::facility_key(facility)).await
    }

    pub(crate) fn secret(&self) -> &Secret {
        &self.0
    }

    /// The key that was wrapped for this facility.
    pub async fn unwrapped_by(master: &dyn MasterKey, facility: Uuid, wrapped: &[u8]) -> Result<Self, Error> {
        Ok(Self::from(master.unwrap(wrapped, &place::facility_key(facility)).await?))
    }
}

impl DataKey {
    /// A fresh key for a stream or a facility.
    pub fn random() -> Self {
        Self::from(Secret::random())
    }

    pub(crate) fn secret(&self) -> &Secret {
        &self.0
    }

    pub(crate) fn cipher(&self) -> &Cipher {
        &self.1
    }
}

/// A data key, wrapped for storage: `3 ‖ nonce ‖ AES-256-GCM(key) ‖ tag`, 61 bytes.
pub fn wrap_under(facility_key: &FacilityKey, data_key: &DataKey, context: &Context) -> Vec<u8> {
    facility_key.1.seal(Form::WrappedKey, &context.wrapped(), &[data_key.0.expose()])
}

/// The data key that was wrapped in this context, and in no other.
pub fn unwrap_under(facility_key: &FacilityKey, wrapped: &[u8], context: &Context) -> Result<DataKey, Error> {
    let opened = facility_key.1.open(Form::WrappedKey, &context.wrapped(), wrapped)?;
    Ok(DataKey::from(Secret::from_opened(opened)?))
}

/// The key of a fresh upload, wrapped under the uploader's facility: `3 ‖ nonce ‖ AES-256-GCM(key) ‖ tag`.
pub fn wrap_file_key(facility_key: &FacilityKey, file_key: &Secret, facility: Uuid, file: Uuid) -> Vec<u8> {
    facility_key.1.seal(Form::WrappedKey, &Context::file(facility, file).wrapped(), &[file_key.expose()])
}

/// The file key that was wrapped for this upload.
pub fn unwrap_file_key(
    facility_key: &FacilityKey,
    wrapped: &[u8],
    facility: Uuid,
    file: Uuid,
) -> Result<Secret, Error> {
    Secret::from_opened(facility_key.1.open(
        Form::WrappedKey,
        &Context::file(facility, file).wrapped(),
        wrapped,
    )?)
}

macro_rules! key {
    ($name:ident) => {
        impl From<Secret> for $name {
            fn from(secret: Secret) -> Self {
                let cipher = Cipher::new(secret.expose());
                Self(secret, cipher)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    };
}
key!(FacilityKey);
key!(DataKey);
