//! Whoever is superuser can write anything. The sealer and `renkei verify` name it.

use std::path::Path;

use renkei::{
    db::Tls,
    log::{Sealer, begin_anew},
};

use tlog::note::{Signer, VerifyKey};

use super::{Scene, scene};

impl Scene {
    /// Past every guard.
    pub async fn alter(&self, sql: &str) {
        let superuser = self.w.superuser().await;
        let guarded = format!(
            "SELECT guard.open_window('10 minutes', 'attack'); SET session_replication_role = replica;
             DO $$ DECLARE t regclass; BEGIN FOR t IN SELECT unnest(ARRAY['care.post', 'care.log_entry', 'care.checkpoint', 'care.witness_answer', 'care.log_epoch', 'care.log_answer', 'care.checkpoint_copy', 'care.checkpoint_stamp']::regclass[])
               UNION ALL SELECT i.inhrelid::regclass FROM pg_inherits i WHERE i.inhparent = 'care.access_event'::regclass LOOP
               EXECUTE format('ALTER TABLE %s DISABLE TRIGGER USER', t); END LOOP; END $$;
             {sql};
             DO $$ DECLARE r record; BEGIN FOR r IN SELECT tgrelid::regclass AS t, tgname FROM pg_trigger WHERE tgenabled = 'D' AND NOT tgisinternal LOOP
               EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', r.t, r.tgname); END LOOP; END $$;
             RESET session_replication_role; SELECT guard.close_windows()"
        );
        superuser.batch_execute(&guarded).await.expect(sql);
    }

    pub async fn found(&self) -> Vec<String> {
        let rows = self
            .w
            .superuser()
            .await
            .query("SELECT what FROM care.log_finding ORDER BY at", &[])
            .await
            .expect("findings");
        rows.iter().map(|r| r.get(0)).collect()
    }

    async fn alarms(&self) -> Vec<String> {
        let rows = self
            .w
            .superuser()
            .await
            .query("SELECT subject FROM act.watch_checkpoints() WHERE code = 'record_altered'", &[])
            .await
            .expect("alarms");
        rows.iter().map(|r| r.get(0)).collect()
    }

    /// A sealed record with which everything is well.
    pub async fn well() -> (Self, Sealer) {
        let s = scene().await;
        let mut sealer = s.sealer().await;
        s.sealed(&mut sealer).await;
        sealer.round().await.expect("a quiet round");
        assert!(s.found().await.is_empty());
        assert!(s.verified().await.bad.is_empty());
        (s, sealer)
    }
}

const POST: &str = "(SELECT id FROM care.post ORDER BY at LIMIT 1)";

#[tokio::test(flavor = "multi_thread")]
async fn a_row_with_new_hashes_one_that_is_gone_and_one_that_came_by_itself_are_named_at_the_next_round() {
    for (sql, what, said) in [
        (format!("UPDATE care.post SET hash = sha256('another'), commitment = sha256('x') WHERE id = {POST}"), "changed", "not the one that was sealed"),
        (format!("DELETE FROM care.post WHERE id = {POST}"), "gone", "its row is gone"),
        (
            "INSERT INTO care.post SELECT (jsonb_populate_record(p, jsonb_build_object('seq', 900, 'id', gen_random_uuid(), 'client_id', gen_random_uuid()))).* FROM care.post p ORDER BY at LIMIT 1".to_owned(),
            "unlogged",
            "no leaf of the log stands for it",
        ),
        (
            "INSERT INTO care.access_event SELECT (jsonb_populate_record(e, jsonb_build_object('id', gen_random_uuid()))).* FROM care.access_event e ORDER BY at LIMIT 1".to_owned(),
            "unlogged",
            "no leaf of the log stands for it",
        ),
        (
            "UPDATE care.access_event SET account_id = gen_random_uuid() WHERE id = (SELECT id FROM care.access_event WHERE account_id IS NOT NULL ORDER BY at LIMIT 1)".to_owned(),
            "changed",
            "does not say what its leaf was made of",
        ),
        (
            format!("UPDATE care.post SET author = gen_random_uuid() WHERE id = {POST}"),
            "changed",
            "post, stream",
        ),
        ("DELETE FROM care.access_event WHERE id = (SELECT id FROM care.access_event ORDER BY at LIMIT 1)".to_owned(), "gone", "its row is gone"),
    ] {
        let (s, mut sealer) = Scene::well().await;
        s.alter(&sql).await;
        sealer.round().await.expect("it goes on, and says so");
        assert_eq!(s.found().await, [what], "{sql}");
        assert_eq!(s.alarms().await, [what]);
        // Told once, however often it is seen; and again where somebody has answered and it is still so.
        sealer.round().await.expect("a round");
        assert_eq!(s.found().await.len(), 1);
        s.w.superuser().await.execute("SELECT act.answer_findings('見ました。')", &[]).await.expect("answered");
        assert!(s.alarms().await.is_empty());
        sealer.round().await.expect("a round");
        assert_eq!(s.alarms().await, [what]);
        let bad = s.verified().await.bad;
        assert!(bad.iter().any(|b| b.contains(said)), "{sql}: {bad:?}");
    }
}

/// What the next start of a sealer finds, and what is signed then.
pub async fn at_the_next_start(s: &Scene, sealer: Sealer) -> Vec<String> {
    drop(sealer);
    s.nobody_seals().await;
    let before = std::fs::read(s.folder().join("checkpoint")).expect("a checkpoint");
    s.w.as_(&s.nurse).post(s.group, "あとの投稿です").await.expect(201);
    let mut next = s.sealer().await;
    for _ in 0..400 {
        if next.round().await.is_err() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    s.nobody_seals().await;
    assert!(next.round().await.is_err(), "nothing is signed any more");
    assert_eq!(std::fs::read(s.folder().join("checkpoint")).expect("a checkpoint"), before);
    s.found().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_is_rewritten_with_its_leaf_leads_to_another_root() {
    let (s, sealer) = Scene::well().await;
    s.alter(&format!("UPDATE care.post SET hash = sha256('another') WHERE id = {POST}; UPDATE care.log_entry SET hash = sha256('another') WHERE place = (SELECT stream_id FROM care.post WHERE id = {POST}) AND number = (SELECT seq FROM care.post WHERE id = {POST}) AND kind = 1")).await;
    let bad = s.verified().await.bad;
    assert!(bad.iter().any(|b| b.contains("lead to another root")), "{bad:?}");
    assert_eq!(at_the_next_start(&s, sealer).await, ["fork"]);
    assert_eq!(s.alarms().await, ["fork"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn yesterdays_database_is_older_than_what_was_signed() {
    let (s, mut sealer) = Scene::well().await;
    let (before, _) = super::published(&s.folder());
    s.w.as_(&s.nurse).post(s.group, "今日の投稿です").await.expect(201);
    s.sealed(&mut sealer).await;
    // As a restore to the moment before leaves it: what came after waits, and the disk of the log knows more.
    let sql = format!(
        "INSERT INTO care.leaf_queue (kind, place, number, hash) SELECT kind, place, number, hash FROM care.log_entry WHERE idx >= {0} ORDER BY idx;
         DELETE FROM care.log_entry WHERE idx >= {0}; DELETE FROM care.checkpoint WHERE size > {0}",
        before.size()
    );
    s.alter(&sql).await;
    let bad = s.verified().await.bad;
    assert!(bad.iter().any(|b| b.contains("older than what was signed")), "{bad:?}");
    let (lost, _) = super::published(&s.folder());
    assert_eq!(at_the_next_start(&s, sealer).await, ["older"]);

    // Somebody has written down what was lost: another log begins, and names what was signed last in the one before.
    let database = crate::world::cluster().await.config("renkei_sealer", &s.w.database);
    let begin =
        async || begin_anew(&s.w.app.config.log, &database, &Tls::default(), ("復元のあと", None)).await;
    let (number, aside) = begin().await.expect("another log");
    assert_eq!(number, 1);
    // Cut off while the files were moved: the next start moves the rest.
    std::fs::create_dir(&aside).expect("a folder");
    std::fs::rename(s.folder().join("tile"), aside.join("tile")).expect("moved");
    let mut next = s.sealer().await;
    s.sealed(&mut next).await;
    assert!(aside.join("checkpoint").exists() && aside.join("key").exists(), "what was signed is kept");
    let (checkpoint, key) = super::published(&s.folder());
    assert!(key.name().ends_with("/1"), "{key}");
    let after = format!("after {} {} {}", lost.origin(), lost.size(), lost.root());
    assert!(checkpoint.extensions().contains(&after), "{:?}", checkpoint.extensions());
    let bad = s.verified().await.bad;
    assert!(bad.is_empty(), "{bad:?}");
    drop(next);
    s.nobody_seals().await;

    // Restored once more, to before the other log began: that, too, is older, and a third log begins.
    s.alter("DELETE FROM care.log_epoch; DELETE FROM care.checkpoint WHERE epoch = 1; DELETE FROM care.log_answer").await;
    let mut again = s.sealer().await;
    assert!(again.round().await.is_err());
    assert_eq!(s.found().await.last().map(String::as_str), Some("older"));
    drop(again);
    s.nobody_seals().await;
    assert_eq!(begin().await.expect("another log").0, 2);
    let report = s.verified().await;
    assert!(
        report.bad.is_empty() && report.said.iter().any(|said| said.contains("another log begins")),
        "{report:?}"
    );
    let mut third = s.sealer().await;
    s.sealed(&mut third).await;
    assert!(super::published(&s.folder()).1.name().ends_with("/2"));
    let bad = s.verified().await.bad;
    assert!(bad.is_empty(), "{bad:?}");
    drop(third);
    s.nobody_seals().await;
    let why = begin().await.expect_err("a log that is in order is not begun anew").to_string();
    assert!(why.contains("in order"), "{why}");
    // Nor one that was altered: that is an incident, not a restore.
    s.alter("UPDATE care.log_entry SET hash = sha256('another') WHERE idx = 3").await;
    let why = begin().await.expect_err("altered").to_string();
    assert!(why.contains("fork"), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn tiles_that_were_altered_and_a_key_that_is_lost_stop_the_sealer() {
    let (s, sealer) = Scene::well().await;
    let (checkpoint, _) = super::published(&s.folder());
    let tile = s.folder().join(format!("tile/0/000.p/{}", checkpoint.size()));
    flip(&tile);
    let bad = s.verified().await.bad;
    assert!(bad.iter().any(|b| b.contains("the log's files")), "{bad:?}");
    assert_eq!(at_the_next_start(&s, sealer).await, ["tiles"]);

    let (s, sealer) = Scene::well().await;
    drop(sealer);
    std::fs::remove_file(&s.w.app.config.log.key_file).expect("the key");
    let mut next = s.sealer().await;
    for _ in 0..400 {
        if next.round().await.is_err() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    s.nobody_seals().await;
    assert!(next.round().await.is_err(), "no new key is made for an old log");
    assert!(!s.w.app.config.log.key_file.exists());
    drop(next);
    s.nobody_seals().await;

    // Its public part is there, so what it signed can be checked, and another log begins with another key.
    let database = crate::world::cluster().await.config("renkei_sealer", &s.w.database);
    let begin = async |lost: Option<&VerifyKey>| {
        begin_anew(&s.w.app.config.log, &database, &Tls::default(), ("鍵をなくした", lost)).await
    };
    let (_, key) = super::published(&s.folder());
    let other = Signer::from_seed(key.name(), &[9; 32]).expect("a signer").verify_key().clone();
    assert!(begin(None).await.is_err());
    s.nobody_seals().await;
    assert!(begin(Some(&other)).await.expect_err("another key").to_string().contains("unsigned"));
    s.nobody_seals().await;
    begin(Some(&key)).await.expect("another log");
    let mut next = s.sealer().await;
    s.sealed(&mut next).await;
    let report = s.verified().await;
    assert!(report.bad.is_empty(), "{report:?}");

    // A database from before the log, beside what was signed.
    s.alter("ALTER TABLE care.log_entry RENAME TO elsewhere").await;
    let bad = s.verified().await.bad;
    assert!(bad.iter().any(|b| b.contains("knows of no log")), "{bad:?}");
}

fn flip(file: &Path) {
    let mut bytes = std::fs::read(file).expect("a tile");
    bytes[40] ^= 1;
    std::fs::write(file, bytes).expect("altered");
}
