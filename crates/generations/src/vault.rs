//! The vault: another user or host pulls the repository, checks what it copied, and makes it immutable. The database's
//! host has no way in; what it damages or deletes later changes nothing here.
//!
//! ```text
//! vault/
//!   signer                       pinned at the first pull
//!   state.json                   what the last pull found
//!   database/ uploads/ generations/ heads/     as in the repository
//! ```
//!
//! A file that was copied is never replaced, except for the few that grow by nature (the engine's indexes, the newest
//! heads). Of these a copy is kept with each generation. Files go only with a generation, when its time is over and nothing
//! is wrong: then also the log and the uploads that only it needed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rustix::fs::{IFlags, ioctl_getflags, ioctl_setflags};
use serde::{Deserialize, Serialize};

use crate::error::At;
use crate::mirror::UPLOADS;
use crate::prune::prune;
use crate::{Error, Manifest, Store};

const STATE: &str = "state.json";
/// Seconds.
const DAY: i64 = 24 * 3600;

/// What a pull found; kept in the vault as `state.json`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// When the pull ended.
    pub pulled_at: Timestamp,
    /// Files that were new.
    pub copied: u64,
    /// Labels whose files are all as they were signed, oldest first.
    pub generations: Vec<String>,
    /// Whether every file of these generations refuses to be changed, even by its owner.
    pub immutable: bool,
    /// Everything that is not as it should be, in words.
    pub faults: Vec<String>,
    /// Generations whose time is over, but which stay because of what is in `faults`.
    #[serde(default)]
    pub held_back: Vec<String>,
    /// Files of the log and uploads that went, because nothing that is kept needs them.
    #[serde(default)]
    pub pruned: u64,
    /// When each generation came, by the vault's own clock: what the source says of its age is not believed.
    #[serde(default)]
    pub first_pulled: BTreeMap<String, Timestamp>,
}

impl State {
    /// What the last pull into this vault found.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Malformed`].
    pub fn read(vault: &Path) -> Result<Self, Error> {
        let path = vault.join(STATE);
        let text = fs::read(&path).at(&path)?;
        serde_json::from_slice(&text).map_err(|_| Error::Malformed(path.display().to_string()))
    }
}

/// One pull. `keep`: how many whole generations stay; older ones are let go, but none in a pull that finds a fault, and
/// none that has been here for less than `keep - 1` days. So a source that is taken over cannot crowd the vault out: what
/// it plants is not whole, or, if it has the key that signs, stands here for days before anything makes way for it.
///
/// # Errors
/// [`Error::Changed`] if the repository is signed by another key than the vault knows; [`Error::Io`].
pub async fn pull(from: &Path, vault: &Path, keep: usize) -> Result<State, Error> {
    fs::create_dir_all(vault).at(vault)?;
    let public = pinned(from, vault)?;
    let mut state = State { pulled_at: Timestamp::now(), ..State::default() };
    let finished: Vec<String> = Manifest::labels(&Store::folder(from)?).await?;
    copy_all(from, vault, Path::new(""), &finished, &mut state)?;
    let store = Store::folder(vault)?;
    let labels = Manifest::labels(&store).await?;
    state.first_pulled = arrivals(vault, &labels, state.pulled_at);
    let mut older = labels.as_slice();
    while let Some((label, rest)) = older.split_last()
        && state.generations.len() < keep
    {
        if !finished.contains(label) {
            state
                .faults
                .push(format!("the generation {label} is gone from the repository; the vault has it"));
        }
        judge(&store, label, &public, &mut state).await?;
        older = rest;
    }
    state.generations.reverse();
    state.immutable = !state.generations.is_empty() && make_immutable(vault, &state.generations)?;
    let over: Vec<&String> = older.iter().filter(|label| is_over(&state, label, keep)).collect();
    state.faults.extend(gone_uploads(from, vault, &labels, &store, &public, &state.faults).await?);
    if !state.faults.is_empty() {
        state.held_back = over.into_iter().cloned().collect();
    } else {
        for label in over {
            let_go(vault, label)?;
        }
        state.pruned = prune_unneeded(from, vault, &store, &public, &state).await?;
    }
    state.pulled_at = Timestamp::now();
    write_state(vault, &state)?;
    Ok(state)
}

/// When each generation came. One that the last pull did not know, or of a state that cannot be read, came just now.
fn arrivals(vault: &Path, labels: &[String], now: Timestamp) -> BTreeMap<String, Timestamp> {
    let before = State::read(vault).unwrap_or_default().first_pulled;
    let came = |label: &String| before.get(label).copied().unwrap_or(now);
    labels.iter().map(|label| (label.clone(), came(label))).collect()
}

/// Whether it has stood here for its days.
fn is_over(state: &State, label: &str, keep: usize) -> bool {
    let days = i64::try_from(keep).unwrap_or(i64::MAX).saturating_sub(1);
    let stood = state.first_pulled.get(label).map(|came| state.pulled_at.as_second() - came.as_second());
    stood.is_some_and(|seconds| seconds >= days.saturating_mul(DAY))
}

/// A repository loses no upload by itself: one that any list here names and that is not there any more is said. The newest
/// list alone would forget one that was taken away just before it was made. A list that cannot be read is said too: what
/// it names must not be forgotten with it. `said`: what is known already.
async fn gone_uploads(
    from: &Path,
    vault: &Path,
    labels: &[String],
    store: &Store,
    public: &[u8; 32],
    said: &[String],
) -> Result<Vec<String>, Error> {
    let (mut names, mut faults) = (BTreeSet::new(), Vec::new());
    for label in labels {
        match Manifest::read(store, label, public).await {
            Ok(manifest) => names.extend(manifest.uploads.into_iter().map(|entry| entry.path)),
            Err(error @ (Error::Forged(_) | Error::Missing(_) | Error::Malformed(_))) => {
                let fault = format!("generation {label}: {error}");
                faults.extend((!said.contains(&fault)).then_some(fault));
            }
            Err(error) => return Err(error),
        }
    }
    for name in names {
        if !from.join(UPLOADS).join(&name).exists() && vault.join(UPLOADS).join(&name).exists() {
            faults.push(format!("{UPLOADS}/{name} is gone from the repository; the vault has it"));
        }
    }
    Ok(faults)
}

/// After a pull without a fault: every generation that is still here decides.
async fn prune_unneeded(
    from: &Path,
    vault: &Path,
    store: &Store,
    public: &[u8; 32],
    state: &State,
) -> Result<u64, Error> {
    let labels = Manifest::labels(store).await?;
    let mut held = Vec::new();
    for label in &labels {
        match Manifest::read(store, label, public).await {
            Ok(manifest) => held.push(manifest),
            // Beyond those that are looked at; what it needs is not known.
            Err(Error::Forged(_) | Error::Missing(_) | Error::Malformed(_)) => return Ok(0),
            Err(error) => return Err(error),
        }
    }
    let came = labels.iter().filter_map(|label| state.first_pulled.get(label)).min();
    came.map_or(Ok(0), |came| prune(from, vault, &held, *came))
}

/// Counts a generation as whole, or writes down what it lacks.
async fn judge(store: &Store, label: &str, public: &[u8; 32], state: &mut State) -> Result<(), Error> {
    let faults = check(store, label, public).await?;
    if faults.is_empty() {
        state.generations.push(label.to_owned());
    }
    state.faults.extend(faults.into_iter().map(|fault| format!("generation {label}: {fault}")));
    Ok(())
}

/// Reads everything in the vault anew. Returns what is not as it was signed, or can be changed.
///
/// # Errors
/// [`Error::Io`], [`Error::Store`].
pub async fn verify(vault: &Path) -> Result<State, Error> {
    let public = key_of(&vault.join("signer"))?;
    let store = Store::folder(vault)?;
    let mut state = State { pulled_at: State::read(vault)?.pulled_at, ..State::default() };
    for label in Manifest::labels(&store).await? {
        judge(&store, &label, &public, &mut state).await?;
    }
    let files =
        state.generations.iter().map(|label| files_of(vault, label)).collect::<Result<Vec<_>, _>>()?;
    let mut all = files.into_iter().flatten();
    state.immutable = !state.generations.is_empty() && all.all(|file| refuses_change(&file));
    Ok(state)
}

async fn check(store: &Store, label: &str, public: &[u8; 32]) -> Result<Vec<String>, Error> {
    match Manifest::read(store, label, public).await {
        Ok(manifest) => Ok(manifest.check(store).await?.iter().map(ToString::to_string).collect()),
        Err(error @ (Error::Forged(_) | Error::Missing(_) | Error::Malformed(_))) => {
            Ok(vec![error.to_string()])
        }
        Err(error) => Err(error),
    }
}

/// The key that signs this repository. It is believed once, at the first pull.
fn pinned(from: &Path, vault: &Path) -> Result<[u8; 32], Error> {
    let (theirs, ours) = (from.join("signer"), vault.join("signer"));
    let offered = key_of(&theirs)?;
    if !ours.exists() {
        fs::write(&ours, hex::encode(offered)).at(&ours)?;
    }
    let known = key_of(&ours)?;
    if known == offered { Ok(known) } else { Err(Error::Changed(theirs.display().to_string())) }
}

fn key_of(file: &Path) -> Result<[u8; 32], Error> {
    let text = fs::read_to_string(file).at(file)?;
    let mut key = [0; 32];
    hex::decode_to_slice(text.trim(), &mut key).map_err(|_| Error::Malformed(file.display().to_string()))?;
    Ok(key)
}

/// What a path in the repository is for the vault.
#[derive(Debug, PartialEq, Eq)]
enum Part {
    /// Never changes once it is there.
    Final,
    /// Grows by nature: the newest is taken.
    Living,
    /// Not complete yet, or none of the vault's business.
    Skip,
}

fn part(path: &Path, finished: &[String]) -> Part {
    let text = path.to_string_lossy();
    let mut parts = text.split('/');
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    if name.ends_with(".tmp") || name.contains('#') || name == "signer" {
        return Part::Skip;
    }
    match (parts.next(), parts.next(), parts.nth(1)) {
        (Some("uploads" | "generations"), _, _) => Part::Final,
        (Some("database"), Some("archive"), _) if !name.starts_with("archive.info") => Part::Final,
        (Some("database"), Some("backup"), Some(label)) if finished.iter().any(|known| known == label) => {
            Part::Final
        }
        (Some("database"), Some("backup"), Some("backup.info" | "backup.info.copy")) => Part::Living,
        (Some("database"), Some("archive"), _) | (Some("heads"), _, _) => Part::Living,
        _ => Part::Skip,
    }
}

fn copy_all(
    from: &Path,
    vault: &Path,
    below: &Path,
    finished: &[String],
    state: &mut State,
) -> Result<(), Error> {
    let folder = from.join(below);
    for entry in fs::read_dir(&folder).at(&folder)? {
        let entry = entry.at(&folder)?;
        let path = below.join(entry.file_name());
        let kind = entry.file_type().at(&folder)?;
        if kind.is_dir() {
            copy_all(from, vault, &path, finished, state)?;
        } else if kind.is_file() {
            copy_one(from, vault, &path, finished, state)?;
        }
    }
    Ok(())
}

fn copy_one(
    from: &Path,
    vault: &Path,
    path: &Path,
    finished: &[String],
    state: &mut State,
) -> Result<(), Error> {
    let (source, target) = (from.join(path), vault.join(path));
    let part = part(path, finished);
    if part == Part::Skip {
        return Ok(());
    }
    if part == Part::Final && target.exists() {
        let sizes = (fs::metadata(&source), fs::metadata(&target));
        if let (Ok(theirs), Ok(ours)) = sizes
            && theirs.len() != ours.len()
        {
            state.faults.push(Error::Changed(path.display().to_string()).to_string());
        }
        return Ok(());
    }
    if let Some(folder) = target.parent() {
        fs::create_dir_all(folder).at(folder)?;
    }
    let fresh = target.with_extension("pulled.tmp");
    match fs::copy(&source, &fresh) {
        Ok(_) => {}
        // Expired while we looked.
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error).at(&source),
    }
    fs::File::open(&fresh).and_then(|file| file.sync_all()).at(&fresh)?;
    fs::rename(&fresh, &target).at(&target)?;
    state.copied += u64::from(part == Part::Final);
    Ok(())
}

/// Files of a generation, its uploads and the log included.
fn files_of(vault: &Path, label: &str) -> Result<Vec<PathBuf>, Error> {
    let mut files = Vec::new();
    let mut todo =
        vec![vault.join("generations").join(label), vault.join("uploads"), vault.join("database/archive")];
    let backups = vault.join("database/backup");
    for stanza in fs::read_dir(&backups).at(&backups)?.flatten() {
        todo.push(stanza.path().join(label));
    }
    while let Some(folder) = todo.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            let path = entry.path();
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => todo.push(path),
                Ok(kind) if kind.is_file() && !living(&path) => files.push(path),
                _ => {}
            }
        }
    }
    Ok(files)
}

fn living(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("archive.info"))
}

/// Whether every file is immutable now. Needs a file system that knows the flag, and the right to set it.
fn make_immutable(vault: &Path, labels: &[String]) -> Result<bool, Error> {
    let mut all = true;
    for label in labels {
        for file in files_of(vault, label)? {
            if !refuses_change(&file) && set_immutable(&file, true).is_err() {
                all = false;
            }
        }
    }
    Ok(all && labels.iter().all(|label| manifest_refuses(vault, label)))
}

fn manifest_refuses(vault: &Path, label: &str) -> bool {
    refuses_change(&vault.join("generations").join(label).join("manifest.json"))
}

/// Asked of the file itself: the flag is there, and opening it for writing is refused even to root.
fn refuses_change(file: &Path) -> bool {
    let flagged = fs::File::open(file)
        .ok()
        .and_then(|open| ioctl_getflags(&open).ok())
        .is_some_and(|flags| flags.contains(IFlags::IMMUTABLE));
    flagged && fs::OpenOptions::new().append(true).open(file).is_err()
}

fn set_immutable(file: &Path, on: bool) -> Result<(), Error> {
    let open = fs::File::open(file).at(file)?;
    let mut flags = ioctl_getflags(&open).at(file)?;
    flags.set(IFlags::IMMUTABLE, on);
    ioctl_setflags(&open, flags).at(file)
}

/// A generation beyond those that are kept: its own files.
fn let_go(vault: &Path, label: &str) -> Result<(), Error> {
    let mut folders = vec![vault.join("generations").join(label)];
    let backups = vault.join("database/backup");
    for stanza in fs::read_dir(&backups).at(&backups)?.flatten() {
        folders.push(stanza.path().join(label));
    }
    for folder in folders.into_iter().filter(|folder| folder.is_dir()) {
        release(&folder)?;
        fs::remove_dir_all(&folder).at(&folder)?;
    }
    Ok(())
}

/// What is in a folder; nothing where there is none.
pub(crate) fn entries(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    match fs::read_dir(folder) {
        Ok(entries) => Ok(entries.flatten().map(|entry| entry.path()).collect()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error).at(folder),
    }
}

/// Takes the flag off one file, and the file away.
pub(crate) fn remove(file: &Path) -> Result<(), Error> {
    // A file system without the flag has nothing to take off.
    let _ = set_immutable(file, false);
    fs::remove_file(file).at(file)
}

/// Takes the flag off everything below a folder.
///
/// # Errors
/// [`Error::Io`].
pub fn release(folder: &Path) -> Result<(), Error> {
    for entry in fs::read_dir(folder).at(folder)?.flatten() {
        let path = entry.path();
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => release(&path)?,
            Ok(kind) if kind.is_file() => drop(set_immutable(&path, false)),
            _ => {}
        }
    }
    Ok(())
}

fn write_state(vault: &Path, state: &State) -> Result<(), Error> {
    let (path, fresh) = (vault.join(STATE), vault.join("state.new"));
    let text = serde_json::to_vec_pretty(state).map_err(|_| Error::Malformed(STATE.into()))?;
    let mut file = fs::File::create(&fresh).at(&fresh)?;
    file.write_all(&text).and_then(|()| file.sync_all()).at(&fresh)?;
    fs::rename(&fresh, &path).at(&path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Key;

    #[test]
    fn what_is_final_is_told_from_what_grows() {
        let finished = ["20260401-020000F".to_owned()];
        for (path, expected) in [
            ("uploads/7f/a", Part::Final),
            ("generations/20260401-020000F/manifest.json", Part::Final),
            ("database/archive/renkei/15-1/0000000100000000/000000010000000000000003-aa.zst", Part::Final),
            ("database/archive/renkei/archive.info", Part::Living),
            ("database/backup/renkei/20260401-020000F/bundle/1", Part::Final),
            ("database/backup/renkei/20260402-020000F/bundle/1", Part::Skip),
            ("database/backup/renkei/backup.info", Part::Living),
            ("heads/newest.json", Part::Living),
            ("uploads/7f/a#1", Part::Skip),
        ] {
            assert_eq!(part(Path::new(path), &finished), expected, "{path}");
        }
    }

    /// A repository with signed generations, one file each.
    async fn repository(folder: &Path, labels: &[&str]) -> Store {
        let store = Store::folder(folder).unwrap();
        let signer = Key::open_or_create(&folder.with_extension("key")).unwrap().signer();
        store.put("signer", hex::encode(signer.public()).into_bytes()).await.unwrap();
        for label in labels {
            let database = format!("database/backup/renkei/{label}");
            store.put(&format!("{database}/bundle/1"), b"data".to_vec()).await.unwrap();
            let at = Timestamp::UNIX_EPOCH;
            let manifest = Manifest::take(&store, label, (at, at), "test", &database, None).await.unwrap();
            manifest.write(&store, &signer).await.unwrap();
        }
        store
    }

    /// As if everything had been pulled so many days earlier.
    fn age(vault: &Path, days: i64) {
        let mut state = State::read(vault).unwrap();
        for came in state.first_pulled.values_mut() {
            *came = Timestamp::from_second(came.as_second() - days * DAY).unwrap();
        }
        write_state(vault, &state).unwrap();
    }

    fn held(vault: &Path) -> Vec<String> {
        let entries = fs::read_dir(vault.join("generations")).unwrap().flatten();
        let mut names: Vec<_> = entries.map(|e| e.file_name().to_string_lossy().into_owned()).collect();
        names.sort_unstable();
        names
    }

    #[tokio::test]
    async fn an_old_generation_makes_way_for_a_whole_one_after_its_days_and_not_before() {
        let folder = tempfile::tempdir().unwrap();
        let (source, vault) = (folder.path().join("repository"), folder.path().join("vault"));
        repository(&source, &["A", "B"]).await;
        pull(&source, &vault, 2).await.unwrap();
        repository(&source, &["C"]).await;
        let state = pull(&source, &vault, 2).await.unwrap();
        assert_eq!(
            (state.generations.as_slice(), held(&vault).len()),
            (["B", "C"].map(String::from).as_slice(), 3)
        );
        age(&vault, 1);
        assert_eq!(pull(&source, &vault, 2).await.unwrap().faults, [""; 0]);
        assert_eq!(held(&vault), ["B", "C"]);
        release(&vault).unwrap();
    }

    /// Names below a folder of the vault.
    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = entries(folder)
            .unwrap()
            .iter()
            .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
            .collect();
        names.sort_unstable();
        names
    }

    /// One more generation that begins with a segment and has an upload of its own; the log goes on to the next one.
    async fn generation(store: &Store, signer: &crate::Signer, label: &str, segment: u64) {
        let database = format!("database/backup/renkei/{label}");
        store.put(&format!("{database}/bundle/1"), b"data".to_vec()).await.unwrap();
        store.put(&format!("uploads/7f/{label}"), b"file".to_vec()).await.unwrap();
        for at in [segment, segment + 1] {
            let name = format!("database/archive/renkei/15-1/0000000100000000/00000001{at:016X}-aa.zst");
            store.put(&name, b"log".to_vec()).await.unwrap();
        }
        let at = Timestamp::UNIX_EPOCH;
        let mut manifest = Manifest::take(store, label, (at, at), "test", &database, None).await.unwrap();
        manifest.first_segment = Some(format!("00000001{segment:016X}"));
        manifest.write(store, signer).await.unwrap();
    }

    /// All files of the vault as old as that.
    fn age_files(vault: &Path, days: u64) {
        let then = std::time::SystemTime::now() - std::time::Duration::from_secs(days * 24 * 3600);
        for file in entries(&vault.join("uploads/7f")).unwrap() {
            let _ = set_immutable(&file, false);
            fs::File::options().append(true).open(&file).unwrap().set_modified(then).unwrap();
        }
    }

    #[tokio::test]
    async fn log_and_uploads_go_with_the_generation_that_needed_them_and_not_before() {
        let folder = tempfile::tempdir().unwrap();
        let (source, vault) = (folder.path().join("repository"), folder.path().join("vault"));
        let store = Store::folder(&source).unwrap();
        let signer = Key::open_or_create(&folder.path().join("key")).unwrap().signer();
        store.put("signer", hex::encode(signer.public()).into_bytes()).await.unwrap();
        store.put("uploads/7f/never-named", b"junk".to_vec()).await.unwrap();
        pull(&source, &vault, 2).await.unwrap();
        store.remove("uploads/7f/never-named").await.unwrap();
        generation(&store, &signer, "A", 0xFE).await;
        generation(&store, &signer, "B", 0x1_0000_0002).await;
        age_files(&vault, 60);
        let (log, uploads) =
            (vault.join("database/archive/renkei/15-1/0000000100000000"), vault.join("uploads/7f"));
        assert_eq!(pull(&source, &vault, 2).await.unwrap().pruned, 1, "the file that nothing ever named");
        assert_eq!((names(&log).len(), names(&uploads)), (4, vec!["A".to_owned(), "B".to_owned()]));
        generation(&store, &signer, "C", 0x1_0000_0004).await;
        // The repository lets A go, and with it its log, and loses its file.
        let lost = source.join("uploads/7f/A");
        fs::remove_dir_all(source.join("generations/A")).unwrap();
        for at in [0xFE, 0xFF] {
            let name = format!("database/archive/renkei/15-1/0000000100000000/00000001{at:016X}-aa.zst");
            fs::remove_file(source.join(name)).unwrap();
        }
        fs::remove_file(&lost).unwrap();
        assert_eq!(
            pull(&source, &vault, 2).await.unwrap().faults,
            ["uploads/7f/A is gone from the repository; the vault has it"]
        );
        age(&vault, 30);
        let state = pull(&source, &vault, 2).await.unwrap();
        assert_eq!(
            (state.held_back.as_slice(), state.pruned),
            (["A".to_owned()].as_slice(), 0),
            "a fault keeps all"
        );
        assert_eq!((names(&log).len(), held(&vault).len()), (6, 3));
        // Put back as it says, A goes, and the log that only A needed; its file is in every later list.
        fs::copy(uploads.join("A"), &lost).unwrap();
        let state = pull(&source, &vault, 2).await.unwrap();
        assert_eq!((state.faults.len(), state.pruned), (0, 2), "{state:?}");
        assert_eq!(names(&log)[0], "000000010000000100000002-aa.zst");
        assert_eq!(
            (names(&log).len(), names(&uploads).len(), held(&vault)),
            (4, 3, vec!["B".to_owned(), "C".to_owned()])
        );
        let whole = verify(&vault).await.unwrap();
        assert_eq!((whole.generations, whole.faults.len()), (vec!["B".to_owned(), "C".to_owned()], 0));
        release(&vault).unwrap();
    }

    #[tokio::test]
    async fn an_upload_that_was_taken_away_just_before_a_list_was_made_is_missed_for_good() {
        let folder = tempfile::tempdir().unwrap();
        let (source, vault) = (folder.path().join("repository"), folder.path().join("vault"));
        let store = repository(&source, &[]).await;
        let signer = Key::open_or_create(&source.with_extension("key")).unwrap().signer();
        generation(&store, &signer, "A", 1).await;
        assert_eq!(pull(&source, &vault, 1).await.unwrap().faults, [""; 0]);
        store.remove("uploads/7f/A").await.unwrap();
        generation(&store, &signer, "B", 3).await;
        age(&vault, 30);
        age_files(&vault, 60);
        for _ in 0..2 {
            let state = pull(&source, &vault, 1).await.unwrap();
            assert_eq!(state.faults, ["uploads/7f/A is gone from the repository; the vault has it"]);
            assert_eq!((state.held_back.as_slice(), state.pruned), (["A".to_owned()].as_slice(), 0));
        }
        assert_eq!(names(&vault.join("uploads/7f")), ["A", "B"]);
        store.put("uploads/7f/A", b"file".to_vec()).await.unwrap();
        assert_eq!(pull(&source, &vault, 1).await.unwrap().faults, [""; 0]);
        assert_eq!((held(&vault), names(&vault.join("uploads/7f")).len()), (vec!["B".to_owned()], 2));
        release(&vault).unwrap();
    }

    #[tokio::test]
    async fn an_upload_that_came_shortly_before_the_oldest_generation_stays() {
        let folder = tempfile::tempdir().unwrap();
        let (source, vault) = (folder.path().join("repository"), folder.path().join("vault"));
        let store = repository(&source, &[]).await;
        let signer = Key::open_or_create(&source.with_extension("key")).unwrap().signer();
        store.put("uploads/7f/unlisted", b"file".to_vec()).await.unwrap();
        pull(&source, &vault, 2).await.unwrap();
        store.remove("uploads/7f/unlisted").await.unwrap();
        generation(&store, &signer, "A", 1).await;
        age_files(&vault, 1);
        assert_eq!(
            pull(&source, &vault, 2).await.unwrap().pruned,
            0,
            "after its list was made, before it came"
        );
        age_files(&vault, 3);
        assert_eq!(pull(&source, &vault, 2).await.unwrap().pruned, 1);
        release(&vault).unwrap();
    }

    #[tokio::test]
    async fn a_generation_that_does_not_say_where_it_begins_keeps_all_of_the_log() {
        let folder = tempfile::tempdir().unwrap();
        let (source, vault) = (folder.path().join("repository"), folder.path().join("vault"));
        let store = repository(&source, &["A"]).await;
        let signer = Key::open_or_create(&source.with_extension("key")).unwrap().signer();
        generation(&store, &signer, "B", 5).await;
        store
            .put(
                "database/archive/renkei/15-1/0000000100000000/000000010000000000000001-aa.zst",
                b"log".to_vec(),
            )
            .await
            .unwrap();
        assert_eq!(pull(&source, &vault, 2).await.unwrap().pruned, 0);
        age(&vault, 30);
        store
            .remove("database/archive/renkei/15-1/0000000100000000/000000010000000000000001-aa.zst")
            .await
            .unwrap();
        generation(&store, &signer, "C", 7).await;
        let state = pull(&source, &vault, 2).await.unwrap();
        assert_eq!((state.faults.len(), held(&vault).len(), state.pruned), (0, 2, 1), "{state:?}");
        release(&vault).unwrap();
    }

    #[tokio::test]
    async fn planted_generations_push_nothing_out_whether_they_are_junk_or_signed() {
        let folder = tempfile::tempdir().unwrap();
        let (source, vault) = (folder.path().join("repository"), folder.path().join("vault"));
        let store = repository(&source, &["A", "B"]).await;
        pull(&source, &vault, 2).await.unwrap();
        age(&vault, 30);
        for label in 0..8 {
            store.put(&format!("generations/X{label}/manifest.json"), b"{}".to_vec()).await.unwrap();
        }
        let state = pull(&source, &vault, 2).await.unwrap();
        assert_eq!(state.generations, ["A", "B"], "junk takes no place");
        assert_eq!(state.faults.len(), 8, "and each piece is named: {:?}", state.faults);
        assert_eq!(held(&vault).len(), 10);
        // With the key that signs: these are whole and count, but what came lately stays.
        for junk in held(&vault).iter().filter(|label| label.starts_with('X')) {
            fs::remove_dir_all(vault.join("generations").join(junk)).unwrap();
            fs::remove_dir_all(source.join("generations").join(junk)).unwrap();
        }
        age(&vault, -30);
        repository(&source, &["C", "Y1", "Y2"]).await;
        let state = pull(&source, &vault, 2).await.unwrap();
        assert_eq!((state.generations, state.faults.len()), (vec!["Y1".to_owned(), "Y2".to_owned()], 0));
        assert_eq!(held(&vault), ["A", "B", "C", "Y1", "Y2"], "nothing goes before its days");
        release(&vault).unwrap();
    }

    #[tokio::test]
    async fn a_pull_keeps_what_the_source_later_changes_or_deletes_and_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let (repository, vault) = (folder.path().join("repository"), folder.path().join("vault"));
        let store = Store::folder(&repository).unwrap();
        let signer = Key::open_or_create(&folder.path().join("key")).unwrap().signer();
        store.put("signer", hex::encode(signer.public()).into_bytes()).await.unwrap();
        store.put("database/backup/renkei/A/bundle/1", b"data".to_vec()).await.unwrap();
        store.put("uploads/7f/u", b"file".to_vec()).await.unwrap();
        let at = Timestamp::UNIX_EPOCH;
        let manifest =
            Manifest::take(&store, "A", (at, at), "test", "database/backup/renkei/A", None).await.unwrap();
        manifest.write(&store, &signer).await.unwrap();
        let state = pull(&repository, &vault, 8).await.unwrap();
        assert_eq!((state.generations.as_slice(), state.faults.len()), (["A".to_owned()].as_slice(), 0));
        assert_eq!(State::read(&vault).unwrap(), state);
        store.put("uploads/7f/u", b"other".to_vec()).await.unwrap();
        fs::remove_dir_all(repository.join("generations/A")).unwrap();
        let state = pull(&repository, &vault, 8).await.unwrap();
        assert_eq!(state.generations, ["A"], "the vault's copy is whole");
        assert!(state.faults.iter().any(|f| f.contains("uploads/7f/u differs")), "{:?}", state.faults);
        assert!(state.faults.iter().any(|f| f.contains("A is gone")), "{:?}", state.faults);
        fs::write(repository.join("signer"), hex::encode([1; 32])).unwrap();
        assert!(matches!(pull(&repository, &vault, 8).await, Err(Error::Changed(_))));
        release(&vault).unwrap();
    }
}
