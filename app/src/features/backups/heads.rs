//! The heads of all chains, published: what a restored database is held against. They hold digests and counts, no text.

use std::collections::BTreeMap;

use generations::{Signer, Store, read_signed, write_signed};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio_postgres::{Client, Config as PgConfig};
use uuid::Uuid;

use super::{Trouble, store};
use crate::{Error, cli::deployment};

const FORMAT: &str = "renkei/heads/v1";
/// Name of the newest ones, in the repository and in the second place.
pub const NEWEST: &str = "heads/newest.json";

/// The end of one chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    pub seq: i64,
    /// Hexadecimal.
    pub hash: String,
}

/// What the record amounted to at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Heads {
    pub format: String,
    pub deployment: Uuid,
    /// Everything that had been acknowledged by then is in them.
    pub taken_at: Timestamp,
    pub records: i64,
    pub last_post_at: Option<Timestamp>,
    pub streams: BTreeMap<Uuid, Head>,
    /// The generations that were kept then; one that is gone before its time is missed.
    pub generations: Vec<String>,
}

/// What the restored database lacks, or has otherwise.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Missing {
    pub records: i64,
    /// Streams that end earlier, with how many records are missing.
    pub behind: Vec<(Uuid, i64)>,
    /// Streams whose published record is another one: history was rewritten.
    pub rewritten: Vec<Uuid>,
    pub other_deployment: bool,
}

impl Missing {
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

/// Reads them as the verifier.
pub async fn take(verify: &PgConfig, generations: Vec<String>) -> Result<Heads, Trouble> {
    let client = deployment::connect(verify).await?;
    let taken_at = Timestamp::now();
    let rows = client.query(store::HEADS, &[]).await?;
    let deployment = rows.first().map(|row| row.get(0)).unwrap_or_default();
    let streams: BTreeMap<Uuid, Head> = rows
        .iter()
        .map(|row| (row.get(1), Head { seq: row.get(2), hash: hex::encode(row.get::<_, &[u8]>(3)) }))
        .collect();
    let last_post_at = client.query_one(store::LAST_POST, &[]).await?.get(0);
    let records = streams.values().map(|head| head.seq).sum();
    Ok(Heads { format: FORMAT.into(), deployment, taken_at, records, last_post_at, streams, generations })
}

impl Heads {
    pub async fn write(&self, store: &Store, name: &str, signer: &Signer) -> Result<(), Trouble> {
        let bytes = serde_json::to_vec(self).map_err(Error::internal)?;
        Ok(write_signed(store, name, bytes, signer).await?)
    }

    pub async fn read(store: &Store, name: &str, public: &[u8; 32]) -> Result<Self, Trouble> {
        let bytes = read_signed(store, name, public).await?;
        let heads: Self =
            serde_json::from_slice(&bytes).map_err(|_| generations::Error::Malformed(name.into()))?;
        Ok(heads)
    }

    /// What `client` (the verifier, in a restored database) lacks of these.
    pub async fn compare(&self, client: &Client) -> Result<Missing, Trouble> {
        let mut missing = Missing::default();
        let rows = client.query(store::HEADS, &[]).await?;
        missing.other_deployment = rows.first().is_some_and(|row| row.get::<_, Uuid>(0) != self.deployment);
        let there: BTreeMap<Uuid, i64> = rows.iter().map(|row| (row.get(1), row.get(2))).collect();
        for (&stream, head) in &self.streams {
            let found = there.get(&stream).copied().unwrap_or_default();
            if found < head.seq {
                missing.records += head.seq - found;
                missing.behind.push((stream, head.seq - found));
            } else if head.seq > 0 {
                let rows = client.query(store::HASH_AT, &[&stream, &head.seq]).await?;
                let same = rows.iter().any(|row| hex::encode(row.get::<_, &[u8]>(0)) == head.hash);
                if !same {
                    missing.rewritten.push(stream);
                }
            }
        }
        Ok(missing)
    }
}

/// The newest ones that can be found and believed, in the repository or in the second place; and what was found forged.
pub async fn newest(places: &[&Store], public: &[u8; 32]) -> (Option<Heads>, Vec<Trouble>) {
    let (mut newest, mut troubles): (Option<Heads>, _) = (None, Vec::new());
    for store in places {
        match Heads::read(store, NEWEST, public).await {
            Ok(heads) if newest.as_ref().is_none_or(|n| n.taken_at < heads.taken_at) => newest = Some(heads),
            Ok(_) | Err(Trouble::Generation(generations::Error::Missing(_))) => {}
            Err(trouble) => troubles.push(trouble),
        }
    }
    (newest, troubles)
}
