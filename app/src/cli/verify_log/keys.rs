//! With which keys the log's signatures are checked, and how much that says.

use std::path::Path;

use tlog::note::{NotSigned, Note, Signer, VerifyKey};
use uuid::Uuid;

use crate::{config::Config, log, log::origin};

/// Where the keys come from. One that lies beside the tiles was put there by whoever could change the tiles.
#[derive(Debug)]
pub struct Keys {
    deployment: Uuid,
    /// By whoever asked: `--key`, once for each log that began anew. Then no other is believed.
    given: Vec<VerifyKey>,
    /// The sealer's own, which this user may read.
    own: Option<[u8; 32]>,
    /// That of this log and of those before it.
    beside: Vec<VerifyKey>,
}

impl Keys {
    pub fn new(config: &Config, given: &[VerifyKey], deployment: Uuid) -> Self {
        let own = log::open_or_create(&config.log.key_file, false).ok();
        let beside = if config.log.is_on() { beside(&config.log.folder) } else { Vec::new() };
        Self { deployment, given: given.to_vec(), own, beside }
    }

    pub fn are_given(&self) -> bool {
        !self.given.is_empty()
    }

    /// Those of log number `epoch`: a log that began anew may have had a key that is lost, and an imported one another.
    fn all(&self, epoch: i32) -> Vec<VerifyKey> {
        let name = origin(self.deployment, epoch);
        let own =
            self.own.and_then(|seed| Signer::from_seed(&name, &seed).ok()).map(|s| s.verify_key().clone());
        let known = if self.are_given() { &self.given } else { &self.beside };
        let beside = known.iter().filter(|key| key.name() == name).cloned();
        own.filter(|_| !self.are_given()).into_iter().chain(beside).collect()
    }

    /// The one that signed this note, as its lines claim. Of the log that is signed now (`newest`) one must have; of one before it perhaps none is here.
    pub fn of(&self, epoch: i32, newest: i32, note: &str) -> Option<VerifyKey> {
        let all = self.all(epoch);
        let Ok(note) = Note::parse(note.as_bytes()) else { return all.into_iter().next() };
        let claims =
            |key: &&VerifyKey| note.verify(std::slice::from_ref(*key)).err() != Some(NotSigned::Unknown);
        let signed = all.iter().find(claims).cloned();
        signed.or_else(|| all.into_iter().next().filter(|_| epoch == newest))
    }

    /// For whoever reads the result.
    pub fn said(&self) -> Option<String> {
        if self.are_given() {
            return None;
        }
        let first = self.beside.first();
        Some(match (self.own, first) {
            (Some(_), _) => "signatures of the log: by the key in log.key_file".into(),
            (None, Some(key)) => format!(
                "signatures of the log: by the key that lies beside the tiles, {key}; whoever changes them can change it too, so compare it with one that you kept, or give that with --key"
            ),
            (None, None) => return None,
        })
    }
}

fn beside(folder: &Path) -> Vec<VerifyKey> {
    let before = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let before =
        before.filter(|path| path.file_name().is_some_and(|n| n.to_string_lossy().starts_with("before-")));
    let key =
        |path: std::path::PathBuf| std::fs::read_to_string(path.join("key")).ok()?.trim_end().parse().ok();
    std::iter::once(folder.to_owned()).chain(before).filter_map(key).collect()
}
