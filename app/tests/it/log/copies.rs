//! Copies of checkpoints that have left the machine: made once a day, never replaced, missed when they fail, and held against the log.

use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use renkei::{
    cli::verify::{self, Report},
    config::Security,
    db::Tls,
    jobs,
    log::{after_restore, begin_anew, copies},
    mail,
};
use tlog::{
    Hash,
    checkpoint::{Checkpoint, Cosigner},
    note::{Note, Signer},
};

use super::{Scene, begins::in_another_life, published, scene_with};
use crate::world::smtp::Smtp;

impl Scene {
    /// A look at what is due, so long after now.
    pub async fn copied(&self, later: SignedDuration) -> &'static str {
        let done = copies::round(&self.w.app, Timestamp::now() + later).await.expect("a round");
        while jobs::round(&self.w.app, &[mail::KIND]).await.expect("letters") > 0 {}
        done.code
    }

    /// What came of it, of one place, oldest first.
    pub async fn outcomes(&self, place: &str) -> Vec<String> {
        let sql = "SELECT concat_ws(' ', outcome, nullif(code, '')) FROM care.checkpoint_copy WHERE place = $1 ORDER BY at";
        let rows = self.w.superuser().await.query(sql, &[&place]).await.expect("rows");
        rows.iter().map(|r| r.get(0)).collect()
    }

    pub async fn uncopied(&self) -> Vec<String> {
        let sql =
            "SELECT subject FROM act.watch_checkpoints() WHERE code = 'checkpoint_not_copied' ORDER BY 1";
        let rows = self.w.superuser().await.query(sql, &[]).await.expect("alarms");
        rows.iter().map(|r| r.get(0)).collect()
    }

    /// What a witness has signed under the newest checkpoint.
    async fn cosigned(&self) -> String {
        let (checkpoint, _) = published(&self.folder());
        let cosigner = Cosigner::from_seed("witness-a.test", &[5; 32]).expect("a witness");
        let signature = cosigner.cosign(&checkpoint, 1_800_000_000).expect("a time");
        let mut note = Note::new(checkpoint.to_string()).expect("a note");
        note.add_cosignature(&checkpoint, signature).expect("it is the same");
        let text = note.to_string();
        let line = text.lines().last().expect("a line");
        let size = i64::try_from(checkpoint.size()).expect("a size");
        let sql = "SELECT act.note_witness('witness-a.test', $1, 'cosigned', $2)";
        self.w.superuser().await.execute(sql, &[&size, &line]).await.expect("noted");
        line.to_owned()
    }

    pub async fn against(&self, kept: &[PathBuf]) -> Report {
        let access = crate::world::cluster().await.config("renkei_verify", &self.w.database);
        verify::check_against(&access, &self.w.app.config, None, (&[], kept)).await.expect("it runs")
    }
}

const NOW: SignedDuration = SignedDuration::ZERO;
const TOMORROW: SignedDuration = SignedDuration::from_hours(25);

/// Files of a kind that are kept below a folder.
pub fn kept(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(kept(&path, ending));
        } else if path.extension().is_some_and(|e| e == ending) {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn said(report: &Report, what: &str) -> bool {
    report.said.iter().any(|said| said.contains(what))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_leaves_by_mail_and_into_a_folder_once_a_day() {
    let smtp = Smtp::start(None).await;
    let folder = tempfile::tempdir().expect("a folder");
    let s = scene_with(|config| {
        smtp.carries(Security::None)(config);
        config.log.copies.mail_to = "kansa@example.jp, ishikai@example.jp".into();
        config.log.copies.folder = folder.path().to_owned();
    })
    .await;
    assert_eq!(s.copied(NOW).await, "nothing_yet", "nothing is signed");
    let mut sealer = s.sealer().await;
    s.sealed(&mut sealer).await;
    let line = s.cosigned().await;
    assert_eq!(s.copied(NOW).await, "done");
    let letters = smtp.letters();
    let to: Vec<&str> = letters.iter().map(|letter| letter.to.as_str()).collect();
    assert!(
        to.len() == 2 && to.contains(&"kansa@example.jp") && to.contains(&"ishikai@example.jp"),
        "{to:?}"
    );
    let (checkpoint, key) = published(&s.folder());
    let text = letters[0].text();
    assert!(!text.contains("花子") && !text.contains("試験"), "{text}");
    let saved = folder.path().join("letter");
    std::fs::write(&saved, &text).expect("saved");
    let copied = copies::Copied::given(&saved).expect("a copy is in it");
    let keys = [key];
    let opened = Checkpoint::open(copied[0].note.as_bytes(), checkpoint.origin(), &keys).expect("signed");
    assert_eq!((copied.len(), opened.checkpoint), (1, checkpoint.clone()));
    assert!(copied[0].note.contains(&line), "with what witnesses have signed: {}", copied[0].note);
    let files = kept(folder.path(), "txt");
    assert_eq!(files.len(), 1);
    let name = format!("-0-{:012}.txt", checkpoint.size());
    assert!(files[0].to_string_lossy().ends_with(&name), "{files:?}");
    assert_eq!(std::fs::read_to_string(&files[0]).expect("kept"), copied[0].note);
    let report = s.against(&[saved]).await;
    assert!(report.bad.is_empty() && said(&report, "the log contains 2"), "{report:?}");

    // Once a day, and only where something is new.
    assert_eq!(s.copied(TOMORROW).await, "nothing_yet", "nothing is new");
    s.w.as_(&s.nurse).post(s.group, "夕方の分です").await.expect(201);
    s.sealed(&mut sealer).await;
    assert_eq!(s.copied(NOW).await, "nothing_yet", "today's is there");
    assert_eq!(s.copied(TOMORROW).await, "done");
    assert_eq!((smtp.letters().len(), kept(folder.path(), "txt").len()), (4, 2));
    assert!(s.against(&[]).await.bad.is_empty());
    assert_eq!(s.outcomes("mail").await, ["set", "copied", "copied"]);
    assert!(s.uncopied().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_that_fails_is_tried_again_alone_and_missed_after_an_hour() {
    let smtp = Smtp::start(None).await;
    let disk = tempfile::tempdir().expect("a folder");
    let mount = disk.path().join("mount");
    let s = scene_with(|config| {
        smtp.carries(Security::None)(config);
        config.log.copies.mail_to = "kansa@example.jp".into();
        config.log.copies.folder = mount.clone();
    })
    .await;
    let mut sealer = s.sealer().await;
    s.sealed(&mut sealer).await;
    assert_eq!(s.copied(NOW).await, "failed");
    assert!(!mount.exists(), "a mount that is missing is not made");
    assert_eq!(s.copied(NOW).await, "nothing_yet", "it waits");
    s.w.as_(&s.nurse).post(s.group, "夕方の分です").await.expect(201);
    s.sealed(&mut sealer).await;
    assert_eq!(s.copied(SignedDuration::from_mins(16)).await, "failed");
    assert_eq!(s.outcomes("folder").await, ["set", "failed no_folder", "failed no_folder"]);
    assert_eq!(smtp.letters().len(), 1, "nobody gets a letter twice");
    assert!(s.uncopied().await.is_empty(), "not at once");
    s.alter("UPDATE care.checkpoint_copy SET at = at - interval '2 hours' WHERE place = 'folder'").await;
    assert_eq!(s.uncopied().await, ["folder"]);
    let silent = s.against(&[]).await;
    assert!(silent.bad.is_empty() && said(&silent, "could not be read"), "{silent:?}");

    std::fs::create_dir(&mount).expect("mounted");
    assert_eq!(s.copied(NOW).await, "done");
    assert!(s.uncopied().await.is_empty());
    // What was signed a day ago is in no copy: nobody copies any more.
    s.w.as_(&s.nurse).post(s.group, "つぎの日の分です").await.expect(201);
    s.sealed(&mut sealer).await;
    s.alter("UPDATE care.checkpoint_copy SET at = at - interval '3 days'; UPDATE care.checkpoint SET at = at - interval '27 hours'").await;
    assert_eq!(s.uncopied().await, ["folder", "mail"]);
    // Taken out of the settings.
    let other = s.w.another_node(|config| config.log.copies.mail_to = String::new()).await;
    copies::round(&other, Timestamp::now()).await.expect("a round");
    assert_eq!(s.outcomes("mail").await.last().map(String::as_str), Some("left"));
    assert!(s.uncopied().await.is_empty());
}

/// A checkpoint as somebody may have put it where copies are.
fn plant(folder: &Path, name: &str, note: &Note) -> PathBuf {
    let file = folder.join(name);
    std::fs::write(&file, note.to_string()).expect("planted");
    file
}

#[tokio::test(flavor = "multi_thread")]
async fn verify_says_when_the_log_does_not_contain_what_was_copied() {
    let folder = tempfile::tempdir().expect("a folder");
    let s = scene_with(|_| {}).await;
    let mut sealer = s.sealer().await;
    s.sealed(&mut sealer).await;
    let (checkpoint, key) = published(&s.folder());
    let seed = renkei::log::open_or_create(&s.w.app.config.log.key_file, false).expect("the key");
    let signer = Signer::from_seed(key.name(), &seed).expect("a signer");
    let other = |size: u64, root: Hash| {
        let state = Checkpoint::new(key.name(), size, root).expect("a checkpoint");
        state.sign(&signer)
    };
    let against = async |name: &str, note: &Note| s.against(&[plant(folder.path(), name, note)]).await;

    let true_one = against("true", &other(checkpoint.size(), checkpoint.root())).await;
    assert!(true_one.bad.is_empty() && said(&true_one, "the log contains 1"), "{true_one:?}");
    let fork = against("fork", &other(checkpoint.size() - 1, Hash::leaf(b"another record"))).await;
    assert!(fork.bad.len() == 1 && fork.bad[0].contains("lead to another root"), "{:?}", fork.bad);
    let ahead = against("ahead", &other(checkpoint.size() + 5, Hash::leaf(b"more"))).await;
    assert!(ahead.bad.len() == 1 && ahead.bad[0].contains("older than what was copied"), "{:?}", ahead.bad);
    let forger = Signer::from_seed(key.name(), &[9; 32]).expect("a signer");
    let forged = against("forged", &checkpoint.sign(&forger)).await;
    assert!(forged.bad.len() == 1 && forged.bad[0].contains("forged"), "{:?}", forged.bad);
    let later = format!("{}/3", key.name());
    let later = Checkpoint::new(later, 4, Hash::leaf(b"x")).expect("a checkpoint").sign(&signer);
    let later = against("later", &later).await;
    assert!(later.bad.len() == 1 && later.bad[0].contains("knows of no log 3"), "{:?}", later.bad);
    let strange = Signer::from_seed("renkei/elsewhere", &[9; 32]).expect("a signer");
    let strange =
        Checkpoint::new("renkei/elsewhere", 4, Hash::leaf(b"x")).expect("a checkpoint").sign(&strange);
    let strange = against("strange", &strange).await;
    assert!(strange.bad.is_empty() && said(&strange, "of other deployments"), "{strange:?}");
    let access = crate::world::cluster().await.config("renkei_verify", &s.w.database);
    let nothing = folder.path().join("nothing");
    std::fs::write(&nothing, "no copy").expect("written");
    let kept = [nothing];
    let asked = verify::check_against(&access, &s.w.app.config, None, (&[], &kept));
    assert!(asked.await.is_err(), "a file that was named holds no copy");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_of_what_a_restore_lost_is_said_and_more_than_that_is_not_believed() {
    let folder = tempfile::tempdir().expect("a folder");
    let (s, mut sealer) = Scene::well().await;
    let (early, key) = published(&s.folder());
    s.w.as_(&s.nurse).post(s.group, "復元で失われる投稿です").await.expect(201);
    s.sealed(&mut sealer).await;
    let (lost, _) = published(&s.folder());
    let text = std::fs::read(s.folder().join("checkpoint")).expect("published");
    let kept = plant(folder.path(), "kept", &Note::parse(&text).expect("a note"));
    let seed = renkei::log::open_or_create(&s.w.app.config.log.key_file, false).expect("the key");
    let signer = Signer::from_seed(key.name(), &seed).expect("a signer");
    drop(sealer);
    s.nobody_seals().await;
    // As a restore leaves it; what comes after takes another order.
    s.alter(&format!(
        "INSERT INTO care.leaf_queue (kind, place, number, hash) SELECT kind, place, number, hash FROM care.log_entry WHERE idx >= {0} ORDER BY idx DESC;
         DELETE FROM care.log_entry WHERE idx >= {0}; DELETE FROM care.checkpoint WHERE size > {0}",
        early.size()
    ))
    .await;
    let bad = s.against(std::slice::from_ref(&kept)).await.bad;
    assert!(bad.iter().any(|b| b.contains("older than what was copied")), "{bad:?}");
    let database = crate::world::cluster().await.config("renkei_sealer", &s.w.database);
    begin_anew(&s.w.app.config.log, &database, &Tls::default(), ("復元のあと", None))
        .await
        .expect("another log");
    let mut next = s.sealer().await;
    s.sealed(&mut next).await;
    let report = s.against(std::slice::from_ref(&kept)).await;
    assert!(report.bad.is_empty() && said(&report, "1 copies are of states that were lost"), "{report:?}");
    let more = Checkpoint::new(key.name(), lost.size() + 1, Hash::leaf(b"more")).expect("a checkpoint");
    let more = plant(folder.path(), "more", &more.sign(&signer));
    let bad = s.against(&[more]).await.bad;
    assert!(bad.iter().any(|b| b.contains("was given up at")), "{bad:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_machine_knows_the_end_of_the_log_before_by_its_copies() {
    let folder = tempfile::tempdir().expect("a folder");
    let s = scene_with(|config| config.log.copies.folder = folder.path().to_owned()).await;
    let mut sealer = s.sealer().await;
    s.sealed(&mut sealer).await;
    drop(sealer);
    s.nobody_seals().await;
    in_another_life(&s).await;
    let (early, _) = published(&s.folder());
    s.w.as_(&s.nurse).post(s.group, "復元で失われる投稿です").await.expect(201);
    let mut sealer = s.sealer().await;
    s.sealed(&mut sealer).await;
    assert_eq!(s.copied(NOW).await, "done");
    let (lost, _) = published(&s.folder());
    drop(sealer);
    s.nobody_seals().await;
    // Yesterday's database, and nothing of the log's folder.
    s.alter(&format!(
        "INSERT INTO care.leaf_queue (kind, place, number, hash) SELECT kind, place, number, hash FROM care.log_entry WHERE idx >= {0} ORDER BY idx DESC;
         DELETE FROM care.log_entry WHERE idx >= {0}; DELETE FROM care.checkpoint WHERE size > {0}",
        early.size()
    ))
    .await;
    std::fs::remove_dir_all(s.folder()).expect("another disk");
    // Somebody else's word is not taken for it.
    let place = kept(folder.path(), "txt")[0].parent().expect("a folder").to_owned();
    let forger = Signer::from_seed(lost.origin(), &[9; 32]).expect("a signer");
    let forged = Checkpoint::new(lost.origin(), lost.size() + 9, Hash::leaf(b"x")).expect("a checkpoint");
    let forged = plant(&place, "forged.txt", &forged.sign(&forger));
    let database = crate::world::cluster().await.config("renkei_sealer", &s.w.database);
    begin_anew(&s.w.app.config.log, &database, &Tls::default(), ("復元のあと", None))
        .await
        .expect("another log");
    std::fs::remove_file(forged).expect("gone");
    let mut next = s.sealer().await;
    s.sealed(&mut next).await;
    let after = format!("after {} {} {}", lost.origin(), lost.size(), lost.root());
    let (begun, _) = published(&s.folder());
    assert!(begun.extensions().contains(&after), "{:?}", begun.extensions());
    let report = s.against(&[]).await;
    assert!(report.bad.is_empty() && said(&report, "1 copies are of states that were lost"), "{report:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_from_before_its_log_begins_another_one_where_copies_tell_of_the_first() {
    let folder = tempfile::tempdir().expect("a folder");
    let s = scene_with(|config| config.log.copies.folder = folder.path().to_owned()).await;
    let database = crate::world::cluster().await.config("renkei_sealer", &s.w.database);
    let restored = async || {
        after_restore(&s.w.app.config.log, &database, &Tls::default(), "復元のあと").await.expect("it runs")
    };
    assert_eq!(restored().await, None, "nothing was ever signed");
    s.nobody_seals().await;
    let mut sealer = s.sealer().await;
    s.sealed(&mut sealer).await;
    assert_eq!(s.copied(NOW).await, "done");
    drop(sealer);
    s.nobody_seals().await;
    assert_eq!(restored().await, None, "it is all there");
    let (lost, _) = published(&s.folder());
    s.alter(
        "INSERT INTO care.leaf_queue (kind, place, number, hash) SELECT kind, place, number, hash FROM care.log_entry ORDER BY idx DESC;
         DELETE FROM care.log_entry; DELETE FROM care.checkpoint",
    )
    .await;
    std::fs::remove_dir_all(s.folder()).expect("another disk");
    assert_eq!(restored().await, Some(1));
    let mut next = s.sealer().await;
    s.sealed(&mut next).await;
    let (begun, _) = published(&s.folder());
    assert!(begun.extensions().iter().any(|line| line.starts_with(&format!(
        "after {} {} ",
        lost.origin(),
        lost.size()
    ))));
    let report = s.against(&[]).await;
    assert!(report.bad.is_empty() && said(&report, "1 copies are of states that were lost"), "{report:?}");
}
