//! Where a ciphertext belongs, as bytes that are authenticated with it.

use uuid::Uuid;

use crate::cipher::Form;

/// The place of a ciphertext in the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Aad {
    /// The table.
    pub table: &'static str,
    /// The stream; for a row outside any stream the facility whose data key seals it.
    pub stream: Uuid,
    /// The row's id. It must be known before sealing, so it is the id and not the seq.
    pub row: Uuid,
}

/// Whose key it is, for keys that are stored wrapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Context {
    kind: &'static str,
    facility: Uuid,
    owner: Uuid,
}

impl Aad {
    pub(crate) fn record(&self) -> Vec<u8> {
        encode(Form::Record, &[self.table], &[self.stream, self.row])
    }

    pub(crate) fn key(&self) -> Vec<u8> {
        encode(Form::FileKey, &[self.table], &[self.stream, self.row])
    }

    pub(crate) fn column(&self, column: &str) -> Vec<u8> {
        encode(Form::Text, &[self.table, column], &[self.stream, self.row])
    }
}

impl Context {
    /// The data key of a stream, under the key of its managing facility.
    pub const fn stream(facility: Uuid, stream: Uuid) -> Self {
        Self { kind: "stream", facility, owner: stream }
    }

    /// The data key of a facility, for what belongs to no stream.
    pub const fn facility_data(facility: Uuid) -> Self {
        Self { kind: "facility_data", facility, owner: facility }
    }

    /// The key of an uploaded file, until posts hand it on.
    pub const fn file(facility: Uuid, file: Uuid) -> Self {
        Self { kind: "file", facility, owner: file }
    }

    pub(crate) fn wrapped(&self) -> Vec<u8> {
        encode(Form::WrappedKey, &[self.kind], &[self.facility, self.owner])
    }
}

/// The context in which a master key wraps a facility's key.
pub(crate) fn facility_key(facility: Uuid) -> Vec<u8> {
    encode(Form::MasterWrapped, &["facility"], &[facility])
}

/// Everything with its length before it, so that no two places share an encoding.
fn encode(form: Form, names: &[&str], ids: &[Uuid]) -> Vec<u8> {
    let mut bytes = b"renkei/envelope/v1\0".to_vec();
    bytes.push(form as u8);
    bytes.extend((names.len() as u64).to_be_bytes());
    for name in names {
        bytes.extend((name.len() as u64).to_be_bytes());
        bytes.extend(name.as_bytes());
    }
    for id in ids {
        bytes.extend(id.as_bytes());
    }
    bytes
}
