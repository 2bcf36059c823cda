//! How leaves get their numbers: what was there before the log, very many at once, and what somebody does to those that wait.

use renkei::log::{Pace, Round};

use super::{Scene, scene};

const EVERYTHING: &str = "SELECT (SELECT count(*) FROM care.post) + (SELECT count(*) FROM care.receipt) + (SELECT count(*) FROM care.membership_event)
  + (SELECT count(*) FROM care.face_sheet_version) + (SELECT count(*) FROM care.observation) + (SELECT count(*) FROM care.access_event)
  + (SELECT count(*) FROM care.operator_event)";

#[tokio::test(flavor = "multi_thread")]
async fn what_was_there_before_the_log_gets_its_leaves_once() {
    let s = scene().await;
    // As the migration leaves a deployment that had no log: nothing waits. Some acts come in before the sealer begins.
    assert!(s.count("SELECT count(*) FROM care.leaf_queue").await > 0);
    s.w.superuser().await.batch_execute("DELETE FROM care.leaf_queue").await.expect("emptied");
    s.w.as_(&s.nurse).post(s.group, "そのあいだの投稿").await.expect(201);
    assert_eq!(
        s.count("SELECT count(*) FROM care.log_backfill").await,
        7,
        "every kind has to be gone through"
    );
    assert!(s.verified().await.said.iter().any(|said| said.contains("still being put into it")));
    let small = Pace { leaves: 5, earlier: 3, step: 2, ..Pace::default() };
    let mut sealer = s.sealer().await.at(small);
    let size = s.sealed(&mut sealer).await;
    assert_eq!(size as i64, s.count(EVERYTHING).await);
    for _ in 0..5 {
        sealer.round().await.expect("a quiet round");
    }
    assert_eq!(s.found().await, [] as [&str; 0]);
    let bad = s.verified().await.bad;
    assert!(bad.is_empty(), "{bad:?}");
    drop(sealer);
    s.nobody_seals().await;
    // The newest leaves are looked at each time, whatever the turn is at.
    let newest = "(SELECT e.place FROM care.log_entry e WHERE e.kind = 10 ORDER BY e.idx DESC LIMIT 1)";
    let behind = s
        .count("SELECT (SELECT max(idx) FROM care.log_entry) - max(idx) FROM care.log_entry WHERE kind = 10")
        .await;
    s.alter(&format!("DELETE FROM care.access_event WHERE id = {newest}")).await;
    let pace =
        Pace { step: u32::try_from(behind).expect("few") + 1, patrol: std::time::Duration::ZERO, ..small };
    let mut sealer = s.sealer().await.at(pace);
    sealer.round().await.expect("a round");
    assert_eq!(s.found().await, ["gone"]);
    let again = "INSERT INTO care.log_backfill VALUES (1, gen_random_uuid(), 0)";
    assert!(s.w.superuser().await.batch_execute(again).await.is_err(), "once and for all");
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_one_round_takes_is_sealed_in_several_and_looked_at_part_by_part() {
    let (s, mut sealer) = Scene::well().await;
    let before = s.count("SELECT count(*) FROM care.log_entry").await;
    let many = "INSERT INTO care.leaf_queue (kind, place, number, hash) SELECT 1, gen_random_uuid(), i, sha256(i::text::bytea) FROM generate_series(1, 70000) i";
    s.w.superuser().await.batch_execute(many).await.expect("queued");
    let mut first = sealer.round().await.expect("a round");
    while first == Round::Quiet {
        first = sealer.round().await.expect("an older transaction was open somewhere");
    }
    assert_eq!(first, Round::Growing((before + 65_536) as u64));
    assert!(s.sealed(&mut sealer).await as i64 >= before + 70_000);
    // Nothing stands behind these leaves, and that is said; but they make up what was signed, however many parts it takes to see.
    for _ in 0..15 {
        sealer.round().await.expect("a round");
    }
    let found = s.found().await;
    assert!(found.iter().all(|what| what == "gone"), "{found:?}");
    s.alter("UPDATE care.log_entry SET hash = sha256('another') WHERE idx = 30000").await;
    for _ in 0..60 {
        if sealer.round().await.is_err() {
            break;
        }
    }
    assert!(s.found().await.contains(&"fork".to_owned()));
    s.nobody_seals().await;
    assert!(sealer.round().await.is_err(), "nothing is signed any more");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leaf_that_is_made_to_wait_or_to_say_something_else_is_found() {
    let (s, mut sealer) = Scene::well().await;
    s.w.as_(&s.nurse).post(s.group, "待たされる投稿").await.expect(201);
    s.w.superuser()
        .await
        .batch_execute("UPDATE care.leaf_queue SET xid = '999999999999' WHERE kind = 1")
        .await
        .expect("held up");
    sealer.round().await.expect("a round");
    assert_eq!(s.found().await, ["unlogged"]);
    assert!(s.verified().await.bad.iter().any(|b| b.contains("no leaf of the log stands for it")));

    let (s, mut sealer) = Scene::well().await;
    s.w.as_(&s.nurse).post(s.group, "書きかえられる投稿").await.expect(201);
    s.w.superuser()
        .await
        .batch_execute("UPDATE care.leaf_queue SET hash = sha256('another') WHERE kind = 1")
        .await
        .expect("altered");
    s.sealed(&mut sealer).await;
    sealer.round().await.expect("a round");
    let found = s.found().await;
    // Seen while it waited, too, if it had to.
    assert!(found.contains(&"changed".to_owned()), "{found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_too_long_is_an_alarm_with_or_without_a_checkpoint_and_a_quiet_night_is_none() {
    let s = scene().await;
    let missing = "SELECT count(*) FROM act.watch_checkpoints() WHERE code = 'checkpoint_missing'";
    let older = "UPDATE care.leaf_queue SET at = at - interval '10 minutes'";
    assert_eq!(s.count(missing).await, 0);
    s.w.superuser().await.batch_execute(older).await.expect("older");
    assert_eq!(s.count(missing).await, 1, "nobody has ever sealed");
    let mut sealer = s.sealer().await;
    s.sealed(&mut sealer).await;
    assert_eq!(s.count(missing).await, 0);
    s.alter("UPDATE care.checkpoint SET at = at - interval '1 hour'").await;
    assert_eq!(s.count(missing).await, 0, "nothing has happened since");
    s.w.as_(&s.nurse).post(s.group, "朝の投稿").await.expect(201);
    assert_eq!(s.count(missing).await, 0, "it came just now");
    s.w.superuser().await.batch_execute(older).await.expect("older");
    assert_eq!(s.count(missing).await, 1);
}
