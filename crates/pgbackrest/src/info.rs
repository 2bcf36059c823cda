//! What `pgbackrest info --output=json` says.

use jiff::Timestamp;
use serde::Deserialize;

use crate::Error;

/// The repository's contents.
#[derive(Debug, Clone, Default)]
pub struct Info {
    /// Oldest first.
    pub generations: Vec<Generation>,
    /// The log that is kept, one entry for each life of the cluster; the newest last.
    pub archives: Vec<Archive>,
}

/// One backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generation {
    /// pgBackRest's name for it, such as `20260401-020000F`.
    pub label: String,
    /// `full`, `diff` or `incr`.
    pub kind: String,
    /// When it began.
    pub started: Timestamp,
    /// From here on it can be restored.
    pub stopped: Timestamp,
    /// First segment of the log that it needs.
    pub first_segment: String,
    /// Last segment of the log without which it is not consistent.
    pub last_segment: String,
    /// Bytes of the database.
    pub bytes: u64,
    /// Bytes in the repository, encrypted and compressed.
    pub stored: u64,
    /// Pages whose checksum was wrong when they were read.
    pub damaged_pages: bool,
}

/// A kept stretch of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Archive {
    /// Folder of the repository, such as `15-1`.
    pub id: String,
    /// Oldest segment.
    pub first: String,
    /// Newest segment.
    pub last: String,
}

#[derive(Deserialize)]
struct Stanza {
    #[serde(default)]
    archive: Vec<RawArchive>,
    #[serde(default)]
    backup: Vec<RawBackup>,
}
#[derive(Deserialize)]
struct RawArchive {
    id: String,
    min: Option<String>,
    max: Option<String>,
}
#[derive(Deserialize)]
struct RawBackup {
    label: String,
    #[serde(rename = "type")]
    kind: String,
    timestamp: Span<i64>,
    archive: Span<Option<String>>,
    info: Sizes,
    error: Option<bool>,
}
#[derive(Deserialize)]
struct Span<T> {
    start: T,
    stop: T,
}
#[derive(Deserialize)]
struct Sizes {
    size: u64,
    repository: Stored,
}
#[derive(Deserialize)]
struct Stored {
    delta: u64,
}

impl Info {
    pub(crate) fn parse(json: &[u8]) -> Result<Self, Error> {
        let stanzas: Vec<Stanza> = serde_json::from_slice(json).map_err(|_| Error::Unreadable("info"))?;
        let Some(stanza) = stanzas.into_iter().next() else { return Ok(Self::default()) };
        let archives = stanza
            .archive
            .into_iter()
            .filter_map(|a| Some(Archive { id: a.id, first: a.min?, last: a.max? }));
        let generations = stanza.backup.into_iter().map(generation).collect::<Result<_, _>>()?;
        Ok(Self { generations, archives: archives.collect() })
    }

    /// The newest generation that could be restored when `at` was the time.
    pub fn before(&self, at: Timestamp) -> Option<&Generation> {
        self.generations.iter().rev().find(|generation| generation.stopped <= at)
    }
}

fn generation(raw: RawBackup) -> Result<Generation, Error> {
    let time = |seconds| Timestamp::from_second(seconds).map_err(|_| Error::Unreadable("info"));
    Ok(Generation {
        label: raw.label,
        kind: raw.kind,
        started: time(raw.timestamp.start)?,
        stopped: time(raw.timestamp.stop)?,
        first_segment: raw.archive.start.unwrap_or_default(),
        last_segment: raw.archive.stop.unwrap_or_default(),
        bytes: raw.info.size,
        stored: raw.info.repository.delta,
        damaged_pages: raw.error.unwrap_or(false),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = r#"[{"archive":[{"database":{"id":1,"repo-key":1},"id":"15-1","max":"000000010000000000000004","min":"000000010000000000000001"}],
      "backup":[{"archive":{"start":"000000010000000000000003","stop":"000000010000000000000004"},"backrest":{"format":5,"version":"2.45"},"database":{"id":1,"repo-key":1},
      "error":false,"info":{"delta":31000000,"repository":{"delta":4000000,"size":4000000},"size":31000000},"label":"20260401-020000F","lsn":{"start":"0/3000028","stop":"0/4000050"},
      "prior":null,"reference":null,"timestamp":{"start":1775000000,"stop":1775000004},"type":"full"}],
      "cipher":"aes-256-cbc","db":[],"name":"renkei","repo":[],"status":{"code":0,"lock":{"backup":{"held":false}},"message":"ok"}}]"#;

    #[test]
    fn the_list_is_read() {
        let info = Info::parse(SAMPLE.as_bytes()).unwrap();
        assert_eq!(info.archives[0].last, "000000010000000000000004");
        let generation = &info.generations[0];
        assert_eq!((generation.label.as_str(), generation.stored), ("20260401-020000F", 4_000_000));
        assert!(info.before(generation.stopped).is_some() && info.before(generation.started).is_none());
    }

    #[test]
    fn an_empty_repository_has_nothing_and_nonsense_is_refused() {
        assert!(Info::parse(b"[]").unwrap().generations.is_empty());
        assert!(matches!(Info::parse(b"{"), Err(Error::Unreadable(_))));
    }
}
