//! Files that are written once: the checkpoint, and its stamp beside it.

use std::{os::unix::fs::PermissionsExt as _, path::Path};

use generations::{Error, Store, lock};
use tlog::checkpoint::Checkpoint;

use super::Copy;
use crate::config;

/// Copies stand in this folder, those of a deployment in one of its own.
pub const FOLDER: &str = "checkpoints";
/// A name may be taken by half a file; so many are tried.
const NAMES: u32 = 9;

/// `checkpoints/DEPLOYMENT/2026-11-30-0-000000012345`: the day, which log, how many leaves.
fn name(copy: &Copy) -> String {
    format!("{FOLDER}/{}/{}-{}-{:012}", copy.deployment, copy.day, copy.epoch, copy.size)
}

/// The code: what is not as it should be, although it is kept.
pub async fn in_folder(folder: &Path, copy: &Copy) -> Result<&'static str, &'static str> {
    // Not made here: where the mount is missing, the disk below it would be written.
    if !folder.is_dir() {
        return Err("no_folder");
    }
    let store = Store::folder(folder).map_err(|_| "no_folder")?;
    for name in both(&store, copy).await? {
        // On many write-once mounts this is what keeps a file for good.
        let file = folder.join(name);
        if let Err(error) = std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o444)) {
            tracing::warn!(%error, "a copied checkpoint can still be written");
        }
    }
    Ok("")
}

pub async fn in_bucket(s3: &config::S3, copy: &Copy) -> Result<&'static str, &'static str> {
    let bucket = s3.bucket().map_err(|_| "no_secret")?;
    let store = Store::bucket(&bucket).map_err(|_| "no_bucket")?;
    both(&store, copy).await?;
    match lock::of(&bucket).await {
        Ok(Some(lock)) if lock.holds_for(1) => Ok(""),
        Ok(_) => Ok("bucket_not_locked"),
        Err(error) => {
            tracing::warn!(%error, "a bucket does not say whether it is locked");
            Ok("bucket_not_locked")
        }
    }
}

/// The names that they have.
async fn both(store: &Store, copy: &Copy) -> Result<Vec<String>, &'static str> {
    let text = copy.note.to_string();
    let checkpoint = Checkpoint::read(text.as_bytes()).map_err(|_| "no_checkpoint")?;
    let what = |there: &[u8]| match Checkpoint::read(there) {
        // A stamp is over these very bytes; without one, the lines of more witnesses or fewer make no difference.
        Ok(same) if same == checkpoint && (copy.token.is_none() || there == text.as_bytes()) => There::Same,
        Ok(same) if same == checkpoint => There::Useless,
        Ok(_) => There::Another,
        Err(_) => There::Useless,
    };
    let stem = name(copy);
    for n in 1..=NAMES {
        let stem = if n == 1 { stem.clone() } else { format!("{stem}-{n}") };
        let name = format!("{stem}.txt");
        match created(store, &name, text.as_bytes(), what).await? {
            There::Same => {}
            There::Another => return Err("differs"),
            There::Useless => continue,
        }
        let Some(token) = &copy.token else { return Ok(vec![name]) };
        let beside = format!("{stem}.tsr");
        let what = |there: &[u8]| if there == token.as_slice() { There::Same } else { There::Useless };
        if let There::Same = created(store, &beside, token, what).await? {
            return Ok(vec![name, beside]);
        }
    }
    Err("cannot_write")
}

/// What stands under a name.
enum There {
    Same,
    /// It contradicts what is to be written.
    Another,
    /// Half a file, or the same with other lines.
    Useless,
}

/// Writes, but never in the place of what is there.
async fn created(
    store: &Store,
    name: &str,
    bytes: &[u8],
    what: impl Fn(&[u8]) -> There,
) -> Result<There, &'static str> {
    let failed = |error: Error| {
        tracing::warn!(%error, "a copy of a checkpoint");
        "cannot_write"
    };
    if store.create(name, bytes.to_vec()).await.map_err(failed)? {
        return Ok(There::Same);
    }
    Ok(what(&store.get(name).await.map_err(failed)?))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use tlog::{Hash, note::Signer};
    use uuid::Uuid;

    use super::*;

    fn copy(size: u64, leaf: &[u8]) -> Copy {
        let signer = Signer::from_seed("renkei/test", &[7; 32]).expect("a signer");
        let checkpoint = Checkpoint::new("renkei/test", size, Hash::leaf(leaf)).expect("a checkpoint");
        Copy {
            deployment: Uuid::nil(),
            epoch: 0,
            size: i64::try_from(size).expect("small"),
            signed_at: Timestamp::UNIX_EPOCH,
            note: checkpoint.sign(&signer),
            token: Some(vec![1; 200]),
            day: jiff::civil::date(2026, 11, 30),
        }
    }

    #[tokio::test]
    async fn what_is_there_is_never_replaced() {
        let folder = tempfile::tempdir().expect("a folder");
        let missing = in_folder(&folder.path().join("mount"), &copy(9, b"a")).await;
        assert_eq!(missing, Err("no_folder"));
        assert_eq!(in_folder(folder.path(), &copy(9, b"a")).await, Ok(""));
        assert_eq!(in_folder(folder.path(), &copy(9, b"a")).await, Ok(""), "once more");
        let place = folder.path().join(FOLDER).join(Uuid::nil().to_string());
        let file = place.join("2026-11-30-0-000000000009.txt");
        let text = std::fs::read(&file).expect("kept");
        assert_eq!(text, copy(9, b"a").note.to_string().into_bytes());
        assert_eq!(std::fs::metadata(&file).expect("kept").permissions().mode() & 0o777, 0o444);
        assert_eq!(std::fs::read(file.with_extension("tsr")).expect("kept"), [1; 200]);
        assert_eq!(in_folder(folder.path(), &copy(9, b"b")).await, Err("differs"));
        assert_eq!(std::fs::read(&file).expect("kept"), text);
        // Cut off in the middle of a name.
        std::fs::write(place.join("2026-11-30-0-000000000010.txt"), "renkei/te").expect("half");
        assert_eq!(in_folder(folder.path(), &copy(10, b"a")).await, Ok(""));
        assert!(place.join("2026-11-30-0-000000000010-2.txt").exists());
        assert!(place.join("2026-11-30-0-000000000010-2.tsr").exists(), "a stamp stands beside its own text");
    }
}
