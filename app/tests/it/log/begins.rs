//! Where a sealer begins: after a crash, another disk, another life of the database.

use tlog::{
    Frontier, Hash,
    checkpoint::Checkpoint,
    note::{Note, Signer},
    tiles::Folder,
};

use super::{Scene, altered::at_the_next_start, published};

#[tokio::test(flavor = "multi_thread")]
async fn tiles_that_were_never_signed_give_way() {
    let (s, sealer) = Scene::well().await;
    drop(sealer);
    s.nobody_seals().await;
    // Written before a crash, for leaves that got other numbers when the database came back.
    let (checkpoint, _) = published(&s.folder());
    let folder = Folder::open(s.folder()).expect("the log");
    let tree = folder.frontier(checkpoint.size(), &checkpoint.root()).expect("its tiles");
    let stray: Vec<Hash> = (0..3_u64).map(|n| Hash::leaf(&n.to_be_bytes())).collect();
    let grown = folder.append(&tree, &stray).expect("written");
    let tile = s.folder().join(format!("tile/0/000.p/{}", grown.size()));
    assert!(grown.size() < 256 && tile.exists());
    s.w.as_(&s.nurse).post(s.group, "あとの投稿です").await.expect(201);
    let mut next = s.sealer().await;
    assert!(s.sealed(&mut next).await > checkpoint.size());
    let bad = s.verified().await.bad;
    assert!(bad.is_empty(), "{bad:?}");
}

/// As if the last checkpoint had been signed in another life of the database.
pub async fn in_another_life(s: &Scene) {
    let (checkpoint, key) = published(&s.folder());
    let seed = renkei::log::open_or_create(&s.w.app.config.log.key_file, false).expect("the key");
    let signer = Signer::from_seed(key.name(), &seed).expect("a signer");
    let lines = vec!["timeline 77".to_owned()];
    let other = Checkpoint::with_extensions(key.name(), checkpoint.size(), checkpoint.root(), lines);
    let note = other.expect("a checkpoint").sign(&signer).to_string();
    s.alter(&format!(
        "UPDATE care.checkpoint SET note = $note${note}$note$ WHERE size = {}",
        checkpoint.size()
    ))
    .await;
    let folder = Folder::open(s.folder()).expect("the log");
    folder.publish(&Note::parse(note.as_bytes()).expect("a note")).expect("published");
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_failover_the_log_goes_on_where_its_disk_has_what_was_signed_and_nowhere_else() {
    let (s, sealer) = Scene::well().await;
    drop(sealer);
    s.nobody_seals().await;
    in_another_life(&s).await;
    s.w.as_(&s.nurse).post(s.group, "切りかえのあと").await.expect(201);
    let mut next = s.sealer().await;
    s.sealed(&mut next).await;
    assert!(published(&s.folder()).0.extensions().iter().any(|line| line.starts_with("timeline ")));
    assert!(s.found().await.is_empty());

    // On a node that did not hold the log, nobody knows what the database lost.
    let (s, sealer) = Scene::well().await;
    drop(sealer);
    s.nobody_seals().await;
    in_another_life(&s).await;
    std::fs::remove_dir_all(s.folder().join("tile")).expect("another disk");
    let next = s.sealer().await;
    assert_eq!(at_the_next_start(&s, next).await, ["older"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checkpoint_without_the_logs_signature_stops_it() {
    let (s, sealer) = Scene::well().await;
    let (checkpoint, key) = published(&s.folder());
    let forger = Signer::from_seed(key.name(), &[9; 32]).expect("a signer");
    let forged = Checkpoint::new(key.name(), checkpoint.size(), checkpoint.root())
        .expect("a checkpoint")
        .sign(&forger);
    std::fs::write(s.folder().join("checkpoint"), forged.to_string()).expect("forged");
    assert_eq!(at_the_next_start(&s, sealer).await, ["unsigned"]);
    assert!(s.verified().await.bad.iter().any(|b| b.starts_with("the published checkpoint")));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_published_never_shrinks() {
    let (s, mut sealer) = Scene::well().await;
    let folder = Folder::open(s.folder()).expect("the log");
    let earlier = Note::parse(&folder.checkpoint().expect("read").expect("published")).expect("a note");
    s.w.as_(&s.nurse).post(s.group, "つぎの投稿").await.expect(201);
    let size = s.sealed(&mut sealer).await;
    assert!(folder.publish(&earlier).is_err(), "a sealer that was asleep");
    assert!(!folder.cosign(&earlier).expect("read"), "a witness that was slow");
    assert_eq!(published(&s.folder()).0.size(), size);
    assert!(Frontier::new().size() < size);
}

#[tokio::test(flavor = "multi_thread")]
async fn verify_believes_the_key_that_whoever_asks_has_kept() {
    let (s, _sealer) = Scene::well().await;
    let (checkpoint, key) = published(&s.folder());
    let access = crate::world::cluster().await.config("renkei_verify", &s.w.database);
    let with = async |keys: &[tlog::note::VerifyKey]| {
        renkei::cli::verify::check_with(&access, &s.w.app.config, None, keys).await.expect("it runs")
    };
    assert!(with(std::slice::from_ref(&key)).await.bad.is_empty());
    let other = Signer::from_seed(key.name(), &[9; 32]).expect("a signer").verify_key().clone();
    assert!(!with(&[other]).await.bad.is_empty(), "another key of the same name");
    let stranger = Signer::from_seed("renkei/elsewhere", &[9; 32]).expect("a signer").verify_key().clone();
    let bad = with(&[stranger]).await.bad;
    assert!(bad.iter().any(|b| b.contains("--key")), "{bad:?}");

    // A lost key file: the one beside the tiles is not believed in silence.
    std::fs::remove_file(&s.w.app.config.log.key_file).expect("lost");
    let report = with(&[]).await;
    assert!(report.bad.is_empty() && report.said.iter().any(|said| said.contains("beside the tiles")));
    // Every checkpoint gone from the database, and from the disk.
    s.alter("DELETE FROM care.checkpoint").await;
    assert!(
        with(std::slice::from_ref(&key)).await.bad.iter().any(|b| b.contains("older than what was signed"))
    );
    std::fs::remove_file(s.folder().join("checkpoint")).expect("gone");
    s.alter("UPDATE care.log_entry SET at = at - interval '1 hour' WHERE idx = 0").await;
    let bad = with(&[key]).await.bad;
    assert_eq!(bad, [format!("none of {} leaves is signed for", checkpoint.size())]);
}
