//! Keys and sealed records. The database gets commitment, fingerprint and ciphertext; salt and text stay inside.
//!
//! master key -> facility key -> data key of a stream. Unwrapped data keys are kept in memory while the process runs;
//! whether a caller may see a row is decided by the database, not by who has a key.

use std::{collections::HashMap, sync::Arc};

use envelope::{Aad, Context, DataKey, FacilityKey, MasterKey, Secret, unwrap_under, wrap_under};
use parking_lot::RwLock;
use record::{Content, Kind, Salt};
use uuid::Uuid;

use crate::{Error, Result, db::Tx};

pub struct Keys {
    master: Arc<dyn MasterKey>,
    facilities: RwLock<HashMap<(Uuid, i32), Arc<FacilityKey>>>,
    streams: RwLock<HashMap<Uuid, Arc<DataKey>>>,
    groups: RwLock<HashMap<Uuid, Arc<GroupStreams>>>,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys(…)")
    }
}

/// The streams of a group and who manages it. Never changes while a group lives.
#[derive(Debug, Clone, Copy)]
pub struct GroupStreams {
    pub team: Uuid,
    /// Patients' groups alone have one.
    pub family: Option<Uuid>,
    pub membership: Uuid,
    pub receipts: Uuid,
    pub facility_id: Uuid,
    pub patient_id: Option<Uuid>,
}

/// A record ready for the database.
#[derive(Debug, Clone)]
pub struct Sealed {
    pub id: Uuid,
    pub client_id: Uuid,
    pub fingerprint: Vec<u8>,
    pub commitment: Vec<u8>,
    pub envelope: Vec<u8>,
}

const STREAMS: &str = "SELECT g.facility_id, g.patient_id, t.id, f.id, m.id, r.id FROM care.groups g
  JOIN care.stream t ON t.group_id = g.id AND t.kind = 'team' LEFT JOIN care.stream f ON f.group_id = g.id AND f.kind = 'family'
  JOIN care.stream m ON m.group_id = g.id AND m.kind = 'membership' JOIN care.stream r ON r.group_id = g.id AND r.kind = 'receipts'
  WHERE g.id = $1";
const DATA_KEY: &str = "SELECT k.wrapped, k.facility_id, k.facility_key_version, f.wrapped FROM care.data_key k
  JOIN care.facility_key f ON f.facility_id = k.facility_id AND f.version = k.facility_key_version WHERE k.stream_id = $1";
const DATA_KEYS: &str = "SELECT k.stream_id, k.wrapped, k.facility_id, k.facility_key_version, f.wrapped FROM care.data_key k
  JOIN care.facility_key f ON f.facility_id = k.facility_id AND f.version = k.facility_key_version WHERE k.stream_id = ANY ($1)";
const FACILITY_KEY: &str = "SELECT k.facility_id, k.version, k.wrapped FROM act.facility_key() k";

impl Keys {
    pub fn new(master: Arc<dyn MasterKey>) -> Self {
        Self { master, facilities: RwLock::default(), streams: RwLock::default(), groups: RwLock::default() }
    }

    /// A new facility key: the id of the master key that wraps it, and the wrapped bytes.
    pub async fn new_facility_key(&self, facility: Uuid) -> Result<(String, Vec<u8>)> {
        let wrapped = FacilityKey::random()
            .wrapped_by(self.master.as_ref(), facility)
            .await
            .map_err(Error::internal)?;
        Ok((self.master.id().to_owned(), wrapped))
    }

    /// The acting facility's newest key.
    pub async fn acting_facility_key(&self, tx: &mut Tx) -> Result<(Uuid, i32, Arc<FacilityKey>)> {
        let row = tx.one(FACILITY_KEY, &[]).await?;
        let (facility, version) = (row.get(0), row.get(1));
        Ok((facility, version, self.facility_key(facility, version, row.get(2)).await?))
    }

    pub async fn facility_key(
        &self,
        facility: Uuid,
        version: i32,
        wrapped: &[u8],
    ) -> Result<Arc<FacilityKey>> {
        let known = self.facilities.read().get(&(facility, version)).cloned();
        if let Some(key) = known {
            return Ok(key);
        }
        let key = FacilityKey::unwrapped_by(self.master.as_ref(), facility, wrapped)
            .await
            .map_err(Error::internal)?;
        let key = Arc::new(key);
        self.facilities.write().insert((facility, version), key.clone());
        Ok(key)
    }

    /// A key for a stream that is about to be made.
    pub fn new_data_key(
        &self,
        facility: Uuid,
        facility_key: &FacilityKey,
        stream: Uuid,
    ) -> (DataKey, Vec<u8>) {
        let key = DataKey::random();
        let wrapped = wrap_under(facility_key, &key, &Context::stream(facility, stream));
        (key, wrapped)
    }

    pub async fn data_key(&self, tx: &mut Tx, stream: Uuid) -> Result<Arc<DataKey>> {
        if let Some(key) = self.cached_data_key(stream) {
            return Ok(key);
        }
        let row = tx.one(DATA_KEY, &[&stream]).await?;
        self.unwrap_data_key(stream, row.get(0), row.get(1), row.get(2), row.get(3)).await
    }

    /// Keys of many streams with one statement at most.
    pub async fn data_keys(&self, tx: &mut Tx, streams: &[Uuid]) -> Result<()> {
        let missing: Vec<Uuid> = {
            let known = self.streams.read();
            streams.iter().filter(|s| !known.contains_key(s)).copied().collect()
        };
        if !missing.is_empty() {
            for row in tx.query(DATA_KEYS, &[&missing]).await? {
                self.unwrap_data_key(row.get(0), row.get(1), row.get(2), row.get(3), row.get(4)).await?;
            }
        }
        Ok(())
    }

    pub fn cached_data_key(&self, stream: Uuid) -> Option<Arc<DataKey>> {
        self.streams.read().get(&stream).cloned()
    }

    pub async fn unwrap_data_key(
        &self,
        stream: Uuid,
        wrapped: &[u8],
        facility: Uuid,
        version: i32,
        facility_wrapped: &[u8],
    ) -> Result<Arc<DataKey>> {
        let facility_key = self.facility_key(facility, version, facility_wrapped).await?;
        let key = unwrap_under(&facility_key, wrapped, &Context::stream(facility, stream))
            .map_err(Error::internal)?;
        let key = Arc::new(key);
        self.streams.write().insert(stream, key.clone());
        Ok(key)
    }

    /// The streams of a group that the caller may know of; `NotFound` otherwise. What is cached was once seen by
    /// somebody: every act and every read still asks the database about this caller.
    pub async fn group_streams(&self, tx: &mut Tx, group: Uuid) -> Result<Arc<GroupStreams>> {
        if let Some(streams) = self.cached_group(group) {
            return Ok(streams);
        }
        let r = tx.one(STREAMS, &[&group]).await?;
        let streams = Arc::new(GroupStreams {
            facility_id: r.get(0),
            patient_id: r.get(1),
            team: r.get(2),
            family: r.get(3),
            membership: r.get(4),
            receipts: r.get(5),
        });
        self.groups.write().insert(group, streams.clone());
        Ok(streams)
    }

    /// Seals what is said about a post for the receipts of its group; `client_id` and `request` as of [`seal`].
    pub async fn seal_receipt(
        &self,
        tx: &mut Tx,
        group: Uuid,
        client_id: Uuid,
        content: &Content,
        request: &[u8],
    ) -> Result<Sealed> {
        let stream = self.group_streams(tx, group).await?.receipts;
        let key = self.data_key(tx, stream).await?;
        let place = Aad { table: "receipt", stream, row: Uuid::now_v7() };
        Ok(seal(&key, place, client_id, content, request))
    }

    pub fn cached_group(&self, group: Uuid) -> Option<Arc<GroupStreams>> {
        self.groups.read().get(&group).cloned()
    }

    /// The id of the master key that wraps new keys.
    pub fn master_id(&self) -> &str {
        self.master.id()
    }

    /// Seals a short secret of an account (an authenticator's) under the master key itself.
    pub async fn seal_secret(&self, secret: [u8; 32], context: &[u8]) -> Result<Vec<u8>> {
        self.master.wrap(&Secret::from(secret), context).await.map_err(Error::internal)
    }

    pub async fn open_secret(&self, sealed: &[u8], context: &[u8]) -> Result<Secret> {
        self.master.unwrap(sealed, context).await.map_err(Error::internal)
    }
}

/// Seals a record's content for the row `id` of `table` in `stream`. `request` is what the client sent, without what
/// the server adds: the same client id with the same request is recognised as a retry.
pub fn seal(key: &DataKey, place: Aad, client_id: Uuid, content: &Content, request: &[u8]) -> Sealed {
    let bytes = content.to_bytes();
    let salt = Salt::random();
    Sealed {
        id: place.row,
        client_id,
        fingerprint: envelope::fingerprint(key, client_id, request).to_vec(),
        commitment: record::commitment(&salt, &bytes).as_bytes().to_vec(),
        envelope: envelope::seal(key, &place, &salt, &bytes),
    }
}

/// Opens a record's content.
pub fn open(key: &DataKey, place: Aad, kind: Kind, sealed: &[u8]) -> Result<Content> {
    let (_, content) = envelope::open(key, &place, sealed).map_err(Error::internal)?;
    Content::from_bytes(kind, &content).map_err(Error::internal)
}

/// Words that are no record of a chain (tasks, the calendar): sealed as JSON, with the fingerprint of their request.
pub fn seal_words<T: serde::Serialize>(
    key: &DataKey,
    place: Aad,
    client_id: Uuid,
    words: &T,
) -> Result<(Vec<u8>, Vec<u8>)> {
    let bytes = record::jcs(words).map_err(Error::internal)?;
    let fingerprint = envelope::fingerprint(key, client_id, &bytes).to_vec();
    Ok((envelope::seal(key, &place, &Salt::random(), &bytes), fingerprint))
}

/// The same the other way.
pub fn open_words<T: serde::de::DeserializeOwned>(key: &DataKey, place: Aad, sealed: &[u8]) -> Result<T> {
    let (_, bytes) = envelope::open(key, &place, sealed).map_err(Error::internal)?;
    serde_json::from_slice(&bytes).map_err(Error::internal)
}
