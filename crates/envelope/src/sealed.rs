use aws_lc_rs::{hkdf, hmac};
use record::Salt;
use uuid::Uuid;

use crate::cipher::Form;
use crate::{Aad, DataKey, Error, FacilityKey, Secret};

const SALT_LEN: usize = 32;

/// Seals the content of a record together with the salt of its commitment, which is stored nowhere else.
pub fn seal(key: &DataKey, aad: &Aad, salt: &Salt, content: &[u8]) -> Vec<u8> {
    key.cipher().seal(Form::Record, &aad.record(), &[salt.as_bytes(), content])
}

/// The salt and content that were sealed for this place.
pub fn open(key: &DataKey, aad: &Aad, sealed: &[u8]) -> Result<(Salt, Vec<u8>), Error> {
    let mut plain = key.cipher().open(Form::Record, &aad.record(), sealed)?;
    let salt: [u8; SALT_LEN] = *plain.first_chunk().ok_or(Error::Malformed)?;
    plain.drain(..SALT_LEN);
    Ok((Salt::from(salt), plain))
}

/// Seals the text of one column that is not a record: a name, a title, a reason. The column is part of the place, so
/// that a name and its reading cannot be exchanged within a row. An older text of the same column still opens.
pub fn seal_text(key: &DataKey, aad: &Aad, column: &'static str, text: &str) -> Vec<u8> {
    key.cipher().seal(Form::Text, &aad.column(column), &[text.as_bytes()])
}

/// The text that was sealed for this place.
pub fn open_text(key: &DataKey, aad: &Aad, column: &'static str, sealed: &[u8]) -> Result<String, Error> {
    let plain = key.cipher().open(Form::Text, &aad.column(column), sealed)?;
    String::from_utf8(plain).map_err(|_| Error::Malformed)
}

/// Seals the key of one file, so that whoever may read the row's stream may open the file.
pub fn seal_key(key: &DataKey, aad: &Aad, file_key: &Secret) -> Vec<u8> {
    key.cipher().seal(Form::FileKey, &aad.key(), &[file_key.expose()])
}

/// The file key that was sealed for this place.
pub fn open_key(key: &DataKey, aad: &Aad, sealed: &[u8]) -> Result<Secret, Error> {
    Secret::from_opened(key.cipher().open(Form::FileKey, &aad.key(), sealed)?)
}

/// Recognises a retry: the same client id with the same request gives the same 32 bytes, with another request others.
///
/// HMAC-SHA-256(HKDF-SHA-256(data key), client id ‖ request). Without the data key nobody can try texts against it, and
/// because of the client id nobody sees that two posts say the same. `request` is what the client sent, before the
/// server adds ids or times that a retry would not repeat. Compare in any manner: it is no password.
pub fn fingerprint(key: &DataKey, client_id: Uuid, request: &[u8]) -> [u8; 32] {
    keyed(key.secret(), client_id, request)
}

/// The same for a request that makes a stream, whose own key a retry would not have: under the facility's key.
pub fn facility_fingerprint(key: &FacilityKey, client_id: Uuid, request: &[u8]) -> [u8; 32] {
    keyed(key.secret(), client_id, request)
}

fn keyed(secret: &Secret, client_id: Uuid, request: &[u8]) -> [u8; 32] {
    let pseudorandom = hkdf::Salt::new(hkdf::HKDF_SHA256, &[]).extract(secret.expose());
    let info = [b"renkei/fingerprint/v1".as_slice()];
    let derived = pseudorandom.expand(&info, hmac::HMAC_SHA256).expect("one block is within HKDF's limit");
    let mut context = hmac::Context::with_key(&hmac::Key::from(derived));
    context.update(client_id.as_bytes());
    context.update(request);
    let mut bytes = [0; 32];
    bytes.copy_from_slice(context.sign().as_ref());
    bytes
}
