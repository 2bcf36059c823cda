use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::commitment::own_jcs;
use crate::{Digest, Kind, StreamKind, moment};

/// Which definition of the hashed bytes a header follows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Format {
    /// The only one so far.
    #[default]
    #[serde(rename = "renkei/record/v1")]
    V1,
}

/// What the hash of a record covers. It holds no words of a patient and may be shown to whoever checks the log.
///
/// People and places are *versions*: the name, profession and facility as they were at the time of writing, so that a
/// later marriage or move changes nothing that was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// The definition these bytes follow.
    pub format: Format,
    /// The installation: a record of one cannot be passed off as a record of another.
    pub deployment: Uuid,
    /// The stream: the unit of order, chain, key and right.
    pub stream: Uuid,
    /// The place in the stream: 1, 2, 3 … without a gap, below 2^53.
    pub seq: u64,
    /// What kind of record, and so the shape of its content.
    pub kind: Kind,
    /// The account version of the person who answers for the record.
    pub author: Uuid,
    /// Who typed it: the author's own account version, or, of a proxy entry, the system outside that sent it.
    pub entered_by: Uuid,
    /// The version of the facility for which the author acted.
    pub facility: Uuid,
    /// When the server took the record. Never earlier than the record before it in the stream.
    #[serde(with = "moment")]
    pub at: Timestamp,
    /// The id that the client made, under which a retry finds the first result.
    pub client_id: Uuid,
    /// SHA-256 of each attached blob *as stored*, that is encrypted, in the order of the record. The digest of the
    /// readable bytes is inside the content; here it would let anyone confirm a guessed file.
    pub files: Vec<Digest>,
    /// The hash of the record before this one, or the [`stream_root`].
    pub prev: Digest,
    /// SHA-256(salt ‖ content), see [`crate::commitment`].
    pub commitment: Digest,
}

impl Header {
    /// The canonical JSON that is hashed.
    pub fn to_bytes(&self) -> Vec<u8> {
        own_jcs(self)
    }

    /// The hash of the record: the next record's `prev`, and the leaf of the log.
    pub fn hash(&self) -> Digest {
        Digest::of(&[b"renkei/record/v1\0", &self.to_bytes()])
    }
}

/// What the first record of a stream names as the record before it.
pub fn stream_root(deployment: Uuid, stream: Uuid, kind: StreamKind) -> Digest {
    #[derive(Serialize)]
    struct Root {
        deployment: Uuid,
        stream: Uuid,
        kind: StreamKind,
    }
    Digest::of(&[b"renkei/stream/v1\0", &own_jcs(&Root { deployment, stream, kind })])
}
