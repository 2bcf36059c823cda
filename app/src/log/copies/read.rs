//! Copies that can be reached, for whoever holds the log against them.

use std::{path::Path, time::Duration};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use generations::Store;

use super::keep::FOLDER;
use crate::{Error, Result, config};

/// Files that are read at a time.
const AT_A_TIME: usize = 8;
/// How long a bucket may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// Bytes of a file that may hold a copy.
const MOST: u64 = 2_000_000;

/// A copy, believed in nothing yet.
#[derive(Debug, Clone)]
pub struct Copied {
    /// Where it stands.
    pub from: String,
    /// The signed note.
    pub note: String,
}

/// What stands in the places of the settings, and, in words, which could not be read.
pub async fn kept(settings: &config::Copies) -> (Vec<Copied>, Vec<String>) {
    let (mut copies, mut silent) = (Vec::new(), Vec::new());
    let mut take = |name: &str, read: Result<Vec<Copied>>| match read {
        Ok(read) => copies.extend(read),
        Err(error) => silent.push(format!("the copies in {name} could not be read: {error}")),
    };
    if !settings.folder.as_os_str().is_empty() {
        let name = settings.folder.display().to_string();
        let there = settings.folder.is_dir();
        let store = there.then(|| Store::folder(&settings.folder).map_err(Error::internal));
        let read = match store {
            Some(Ok(store)) => all(&store, &name).await,
            Some(Err(error)) => Err(error),
            None => Err(Error::internal("there is no such folder")),
        };
        take(&name, read);
    }
    if let Some(s3) = &settings.s3 {
        let name = format!("the bucket {}", s3.bucket);
        let store = s3.bucket().and_then(|bucket| Store::bucket(&bucket).map_err(Error::internal));
        let read = match store {
            Ok(store) => tokio::time::timeout(PATIENCE, all(&store, &name))
                .await
                .unwrap_or_else(|_| Err(Error::internal("it does not answer"))),
            Err(error) => Err(error),
        };
        take(&name, read);
    }
    (copies, silent)
}

async fn all(store: &Store, place: &str) -> Result<Vec<Copied>> {
    let names = store.list(FOLDER).await.map_err(Error::internal)?;
    let texts = names.into_iter().filter(|(name, size)| name.ends_with(".txt") && *size <= MOST);
    let read = texts.map(|(name, _)| async move {
        let bytes = store.get(&name).await.map_err(Error::internal)?;
        let text = String::from_utf8_lossy(&bytes);
        let from = format!("{place}: {name}");
        Ok::<_, Error>(in_text(&text).into_iter().map(|note| Copied { from: from.clone(), note }).collect())
    });
    let read: Vec<Vec<Copied>> = stream::iter(read).buffered(AT_A_TIME).try_collect().await?;
    Ok(read.into_iter().flatten().collect())
}

impl Copied {
    /// A file that somebody has kept, such as a saved letter, or all files of a folder.
    ///
    /// # Errors
    /// It is not there, or holds no copy.
    pub fn given(path: &Path) -> Result<Vec<Self>> {
        let found = Self::below(path).map_err(|e| Error::Internal(format!("{}: {e}", path.display())))?;
        if found.is_empty() {
            return Err(Error::Internal(format!("{}: no copy of a checkpoint is in it", path.display())));
        }
        Ok(found)
    }

    fn below(path: &Path) -> std::io::Result<Vec<Self>> {
        if path.is_dir() {
            let mut names: Vec<_> = std::fs::read_dir(path)?.flatten().map(|entry| entry.path()).collect();
            names.sort();
            let read: Vec<_> = names.iter().map(|name| Self::below(name)).collect::<std::io::Result<_>>()?;
            return Ok(read.into_iter().flatten().collect());
        }
        if std::fs::metadata(path)?.len() > MOST {
            return Ok(Vec::new());
        }
        let text = std::fs::read(path)?;
        let from = path.display().to_string();
        let copy = |note| Self { from: from.clone(), note };
        Ok(in_text(&String::from_utf8_lossy(&text)).into_iter().map(copy).collect())
    }
}

/// Signed checkpoints of deployments in a text, whatever stands around them.
pub fn in_text(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().map(|line| line.trim_end_matches('\r')).collect();
    let begins = |n: &usize| lines[*n].starts_with("renkei/") && !lines[*n].contains(' ');
    let note = |begin: usize| {
        let empty = lines[begin..].iter().position(|line| line.is_empty())? + begin;
        let signed = lines[empty + 1..].iter().take_while(|line| line.starts_with("— ")).count();
        (signed > 0).then(|| lines[begin..=empty + signed].join("\n") + "\n")
    };
    (0..lines.len()).filter(begins).filter_map(note).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_found_in_a_saved_letter() {
        let note = "renkei/0190\n12\nAAAA\ntimeline 1\n\n— renkei/0190 AAAA\n— witness.example.jp BBBB\n";
        assert_eq!(in_text(note), [note]);
        let letter = format!(
            "Subject: x\r\n\r\n控えです。\r\n\r\n{}\r\n確かめるには…\r\n",
            note.replace('\n', "\r\n")
        );
        assert_eq!(in_text(&letter), [note]);
        assert!(in_text("renkei/0190\n12\nAAAA\n\nnot signed\n").is_empty());
        assert!(in_text("").is_empty());
    }
}
