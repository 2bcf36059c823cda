//! The signed list of what belongs to a generation.

use std::collections::HashMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::mirror::{UPLOADS, digest_of};
use crate::{Error, Mirror, Signer, Store, signed};

const FORMAT: &str = "renkei/backup-manifest/v1";

/// One file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Below its folder.
    pub path: String,
    /// Its size.
    pub bytes: u64,
    /// Hexadecimal.
    pub sha256: String,
}

/// One generation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// `renkei/backup-manifest/v1`.
    pub format: String,
    /// The database engine's name of the generation.
    pub label: String,
    /// When the database's backup began.
    pub started: Timestamp,
    /// When it was consistent.
    pub stopped: Timestamp,
    /// Version of the program that made it.
    pub program: String,
    /// First segment of the database's log that it needs; earlier versions did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_segment: Option<String>,
    /// The database engine's files of this generation, below `database/`.
    pub database: Vec<Entry>,
    /// Uploads, below `uploads/`: at least every file that the database names, because they were listed later.
    pub uploads: Vec<Entry>,
}

/// Something that is not as the manifest says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The file in the repository.
    pub path: String,
    /// `missing` or `changed`.
    pub what: &'static str,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.what {
            "missing" => write!(f, "{} is missing", self.path),
            _ => write!(f, "{} is not what was written", self.path),
        }
    }
}

impl Manifest {
    /// Lists a generation that has just been made. `database` is the folder of its files in the repository; `before`
    /// the manifest of an earlier generation.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn take(
        store: &Store,
        label: &str,
        span: (Timestamp, Timestamp),
        program: &str,
        database: &str,
        before: Option<&Self>,
    ) -> Result<Self, Error> {
        let mut files = Vec::new();
        for (path, bytes) in store.list(database).await? {
            files.push(Entry { sha256: digest_of(store, &path).await?, path, bytes });
        }
        let uploads = Mirror::entries(store, before.map_or(&[], |m| m.uploads.as_slice())).await?;
        let (format, label, program) = (FORMAT.to_owned(), label.to_owned(), program.to_owned());
        let (started, stopped) = span;
        Ok(Self { format, label, started, stopped, program, first_segment: None, database: files, uploads })
    }

    /// Signs it into the repository.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn write(&self, store: &Store, signer: &Signer) -> Result<(), Error> {
        let bytes = serde_json::to_vec_pretty(self).map_err(|_| Error::Malformed(name(&self.label)))?;
        signed::write(store, &name(&self.label), bytes, signer).await
    }

    /// Reads and checks the signature.
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::Forged`], [`Error::Malformed`], [`Error::Store`].
    pub async fn read(store: &Store, label: &str, public: &[u8; 32]) -> Result<Self, Error> {
        let name = name(label);
        let bytes = signed::read(store, &name, public).await?;
        let manifest: Self = serde_json::from_slice(&bytes).map_err(|_| Error::Malformed(name.clone()))?;
        if manifest.format != FORMAT || manifest.label != label {
            return Err(Error::Malformed(name));
        }
        Ok(manifest)
    }

    /// Labels of all generations with a manifest, oldest first.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn labels(store: &Store) -> Result<Vec<String>, Error> {
        let names = store.list("generations").await?;
        let label = |(name, _): (String, u64)| {
            name.strip_prefix("generations/")?.strip_suffix("/manifest.json").map(str::to_owned)
        };
        Ok(names.into_iter().filter_map(label).collect())
    }

    /// Reads every file of the generation and names those that are not as they were written.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn check(&self, store: &Store) -> Result<Vec<Fault>, Error> {
        let database = self.database.iter().map(|e| (e.path.clone(), e));
        let uploads = self.uploads.iter().map(|e| (format!("{UPLOADS}/{}", e.path), e));
        let mut faults = Vec::new();
        for (path, entry) in database.chain(uploads) {
            match digest_of(store, &path).await {
                Ok(found) if found == entry.sha256 => {}
                Ok(_) => faults.push(Fault { path, what: "changed" }),
                Err(Error::Missing(_)) => faults.push(Fault { path, what: "missing" }),
                Err(error) => return Err(error),
            }
        }
        Ok(faults)
    }

    /// Names and sizes of everything that a generation may consist of: for looking at several at once.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn listing(store: &Store) -> Result<HashMap<String, u64>, Error> {
        let mut there = HashMap::new();
        for folder in ["database/backup", UPLOADS] {
            there.extend(store.list(folder).await?);
        }
        Ok(there)
    }

    /// Names files that are not there or have another size; reads none.
    pub fn look(&self, there: &HashMap<String, u64>) -> Vec<Fault> {
        let uploads = self.uploads.iter().map(|e| (format!("{UPLOADS}/{}", e.path), e.bytes));
        let all = self.database.iter().map(|e| (e.path.clone(), e.bytes)).chain(uploads);
        all.filter_map(|(path, bytes)| match there.get(&path) {
            None => Some(Fault { path, what: "missing" }),
            Some(&found) if found != bytes => Some(Fault { path, what: "changed" }),
            Some(_) => None,
        })
        .collect()
    }

    /// Bytes of the generation, uploads included.
    pub fn bytes(&self) -> u64 {
        self.database.iter().chain(&self.uploads).map(|e| e.bytes).sum()
    }
}

fn name(label: &str) -> String {
    format!("generations/{label}/manifest.json")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Key;

    #[tokio::test]
    async fn a_whole_generation_has_no_fault_and_each_damage_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let signer = Key::open_or_create(&folder.path().join("key")).unwrap().signer();
        let store = Store::folder(&folder.path().join("store")).unwrap();
        for (name, text) in
            [("database/backup/x/F/1", "a"), ("database/backup/x/F/2", "b"), ("uploads/7f/u", "c")]
        {
            store.put(name, text.into()).await.unwrap();
        }
        let now = Timestamp::UNIX_EPOCH;
        let manifest =
            Manifest::take(&store, "F", (now, now), "test", "database/backup/x/F", None).await.unwrap();
        manifest.write(&store, &signer).await.unwrap();
        assert_eq!((manifest.database.len(), manifest.uploads.len(), manifest.bytes()), (2, 1, 3));
        assert_eq!(Manifest::labels(&store).await.unwrap(), ["F"]);
        let read = Manifest::read(&store, "F", &signer.public()).await.unwrap();
        assert_eq!(read.check(&store).await.unwrap(), []);
        assert_eq!(read.look(&Manifest::listing(&store).await.unwrap()), []);
        store.remove("uploads/7f/u").await.unwrap();
        let there = Manifest::listing(&store).await.unwrap();
        assert_eq!(read.look(&there)[0].to_string(), "uploads/7f/u is missing");
        store.put("uploads/7f/u", b"d".to_vec()).await.unwrap();
        store.remove("database/backup/x/F/2").await.unwrap();
        let faults: Vec<String> = read.check(&store).await.unwrap().iter().map(ToString::to_string).collect();
        assert_eq!(faults, ["database/backup/x/F/2 is missing", "uploads/7f/u is not what was written"]);
        assert!(Manifest::read(&store, "G", &signer.public()).await.is_err());
    }
}
