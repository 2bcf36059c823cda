//! Three witnesses; a log that lies to them, one that forks, one that shrinks.

use std::{net::SocketAddr, path::PathBuf};

use renkei::{cli::witness, config, log::Sealer};
use tlog::{
    Hash, Tree,
    checkpoint::Checkpoint,
    note::{Note, Signer, VerifyKey},
    proof::prove_consistency,
    witness::AddCheckpoint,
};

use super::{Scene, published, scene};

struct Desk {
    key: VerifyKey,
    address: SocketAddr,
    folder: PathBuf,
    _kept: tempfile::TempDir,
    task: tokio::task::JoinHandle<()>,
}

impl Desk {
    async fn new(name: &str, log: &VerifyKey) -> Self {
        let kept = tempfile::tempdir().expect("a folder");
        let folder = kept.path().join("witness");
        let key = witness::new(&folder, name).expect("a witness").parse().expect("a key");
        assert!(witness::new(&folder, name).is_err(), "never twice in one place");
        let (address, task) = serve(&folder, name, log).await;
        Self { key, address, folder, _kept: kept, task }
    }

    fn setting(&self) -> config::Witness {
        config::Witness {
            url: format!("http://{}", self.address),
            key: self.key.to_string(),
            private: true,
            ca_file: PathBuf::new(),
        }
    }

    /// What it says to a body, with its status.
    async fn ask(&self, body: String) -> (u16, String) {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let mut line = tokio::net::TcpStream::connect(self.address).await.expect("a witness");
        let request = format!(
            "POST /add-checkpoint HTTP/1.1\r\nhost: witness\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        line.write_all(request.as_bytes()).await.expect("sent");
        let mut answer = String::new();
        line.read_to_string(&mut answer).await.expect("an answer");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        (head.split(' ').nth(1).expect("a status").parse().expect("a number"), body.to_owned())
    }
}

async fn serve(
    folder: &std::path::Path,
    name: &str,
    log: &VerifyKey,
) -> (SocketAddr, tokio::task::JoinHandle<()>) {
    let router = witness::router(folder, name, &[log.to_string()]).expect("a witness");
    let port = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = port.local_addr().expect("an address");
    (address, tokio::spawn(async move { axum::serve(port, router).await.expect("it serves") }))
}

/// A scene whose log three witnesses look after.
async fn watched() -> (Scene, Vec<Desk>, Sealer) {
    let s = scene().await;
    let mut first = s.sealer().await;
    s.sealed(&mut first).await;
    let (_, log) = published(&s.folder());
    drop(first);
    s.nobody_seals().await;
    let mut desks = Vec::new();
    for name in ["witness-a.test", "witness-b.test", "witness-c.test"] {
        desks.push(Desk::new(name, &log).await);
    }
    let mut settings = s.w.app.config.log.clone();
    settings.witnesses = desks.iter().map(Desk::setting).collect();
    let sealer = s.sealer_with(settings).await;
    (s, desks, sealer)
}

/// Round by round: witnesses answer beside them.
async fn until(sealer: &mut Sealer, done: impl AsyncFn() -> bool) {
    for _ in 0..400 {
        sealer.round().await.expect("a round");
        if done().await {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("it did not come to that");
}

impl Scene {
    async fn alarmed(&self, code: &str) -> i64 {
        self.count(&format!("SELECT count(*) FROM act.watch_checkpoints() WHERE code = '{code}'")).await
    }

    async fn verified_with(&self, desks: &[Desk]) -> renkei::cli::verify::Report {
        let access = crate::world::cluster().await.config("renkei_verify", &self.w.database);
        let mut config = self.w.app.config.clone();
        config.log.witnesses = desks.iter().map(Desk::setting).collect();
        renkei::cli::verify::check(&access, &config, None).await.expect("it runs")
    }
}

fn cosigned(s: &Scene, desks: &[Desk]) -> usize {
    let note =
        Note::parse(&std::fs::read(s.folder().join("checkpoint")).expect("a checkpoint")).expect("a note");
    let keys: Vec<VerifyKey> = desks.iter().map(|d| d.key.clone()).collect();
    note.verify(&keys).map_or(0, |by| by.len())
}

#[tokio::test(flavor = "multi_thread")]
async fn three_witnesses_cosign_what_grows_and_one_that_was_away_comes_back() {
    let (s, mut desks, mut sealer) = watched().await;
    until(&mut sealer, async || cosigned(&s, &desks) == 3).await;
    let (before, _) = published(&s.folder());
    s.w.as_(&s.nurse).post(s.group, "つぎの投稿").await.expect(201);
    // With a proof from where they were.
    until(&mut sealer, async || published(&s.folder()).0.size() > before.size() && cosigned(&s, &desks) == 3)
        .await;
    let lines = "SELECT count(DISTINCT witness) FROM care.witness_answer WHERE outcome = 'cosigned'";
    until(&mut sealer, async || s.count(lines).await == 3).await;
    let report = s.verified_with(&desks).await;
    assert!(
        report.bad.is_empty()
            && report.said.iter().any(|said| said.contains("signatures of witnesses checked; 0")),
        "{report:?}"
    );
    // One goes away, and comes back on another port: the deployment's setting follows.
    desks[2].task.abort();
    s.w.as_(&s.nurse).post(s.group, "ひとつ留守のあいだ").await.expect(201);
    let away = "SELECT count(*) FROM care.witness_answer WHERE outcome = 'unreachable'";
    until(&mut sealer, async || cosigned(&s, &desks) == 2 && s.count(away).await == 1).await;
    for _ in 0..3 {
        sealer.round().await.expect("a round");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(s.count(away).await, 1, "written once");
    assert_eq!(s.alarmed("witness_silent").await, 0, "only just");
    s.alter("UPDATE care.witness_answer SET at = at - interval '11 minutes'").await;
    assert_eq!(s.alarmed("witness_silent").await, 1);
    let (address, task) = serve(&desks[2].folder, "witness-c.test", &published(&s.folder()).1).await;
    (desks[2].address, desks[2].task) = (address, task);
    drop(sealer);
    s.nobody_seals().await;
    let mut settings = s.w.app.config.log.clone();
    settings.witnesses = desks.iter().map(Desk::setting).collect();
    let mut sealer = s.sealer_with(settings).await;
    // It says itself where it was.
    until(&mut sealer, async || cosigned(&s, &desks) == 3 && s.alarmed("witness_silent").await == 0).await;
    assert_eq!(s.count("SELECT disagreeing FROM act.checkpoint_state()").await, 0);

    // Somebody puts another line in the place of a witness's.
    s.alter("UPDATE care.witness_answer SET line = (SELECT line FROM care.witness_answer WHERE witness = 'witness-b.test' AND line IS NOT NULL LIMIT 1) WHERE witness = 'witness-a.test' AND line IS NOT NULL").await;
    let bad = s.verified_with(&desks).await.bad;
    assert!(!bad.is_empty() && bad.iter().all(|b| b.contains("witness-a.test")), "{bad:?}");
    s.alter("UPDATE care.witness_answer SET size = 1 WHERE witness = 'witness-b.test' AND line IS NOT NULL")
        .await;
    let bad = s.verified_with(&desks).await.bad;
    assert!(bad.iter().any(|b| b.contains("witness-b.test")), "{bad:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_witness_that_hangs_holds_up_nothing_and_one_that_has_left_is_no_alarm() {
    let (s, desks, sealer) = watched().await;
    drop(sealer);
    s.nobody_seals().await;
    let port = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let mut settings = s.w.app.config.log.clone();
    settings.witnesses = desks[..2].iter().map(Desk::setting).collect();
    let mut hangs = desks[2].setting();
    hangs.url = format!("http://{}", port.local_addr().expect("an address"));
    settings.witnesses.insert(0, hangs);
    let mut sealer = s.sealer_with(settings.clone()).await;
    let began = std::time::Instant::now();
    for n in 0..3 {
        s.w.as_(&s.nurse).post(s.group, &format!("{n}つ目")).await.expect(201);
        s.sealed(&mut sealer).await;
    }
    until(&mut sealer, async || cosigned(&s, &desks) == 2).await;
    let silent = "SELECT count(*) FROM care.witness_answer WHERE outcome = 'unreachable'";
    assert!(s.count(silent).await == 0 || began.elapsed().as_secs() >= 5, "it was not waited for");
    until(&mut sealer, async || s.count(silent).await == 1).await;
    s.alter("UPDATE care.witness_answer SET at = at - interval '11 minutes'").await;
    assert_eq!(s.alarmed("witness_silent").await, 1);
    drop(sealer);
    s.nobody_seals().await;
    settings.witnesses.remove(0);
    let mut sealer = s.sealer_with(settings).await;
    sealer.round().await.expect("a round");
    assert_eq!(s.alarmed("witness_silent").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_lies_forks_or_shrinks_gets_no_signature_and_is_told() {
    let (s, desks, mut sealer) = watched().await;
    until(&mut sealer, async || cosigned(&s, &desks) == 3).await;
    let (checkpoint, key) = published(&s.folder());
    let seed = renkei::log::open_or_create(&s.w.app.config.log.key_file, false).expect("the key");
    let signer = Signer::from_seed(key.name(), &seed).expect("a signer");
    let sign =
        |size: u64, root: Hash| Checkpoint::new(key.name(), size, root).expect("a checkpoint").sign(&signer);
    let ask = async |old: u64, proof: Vec<Hash>, note: Note| {
        desks[0].ask(AddCheckpoint { old, proof, checkpoint: note }.to_string()).await
    };

    let (size, root) = (checkpoint.size(), checkpoint.root());
    // What is true is cosigned again.
    assert_eq!(ask(size, vec![], sign(size, root)).await.0, 200);
    // Another tree of the same size, and one that has grown out of another.
    let other: Tree = (0..size + 5).map(|n| Hash::leaf(&n.to_be_bytes())).collect();
    assert_eq!(ask(size, vec![], sign(size, other.root_at(size).unwrap())).await.0, 409);
    let proof = prove_consistency(&other, size, size + 5).expect("of its own tree");
    assert_eq!(ask(size, proof, sign(size + 5, other.root())).await.0, 422);
    // Fewer leaves than it has seen.
    let (status, body) = ask(size - 1, vec![], sign(size - 1, other.root_at(size - 1).unwrap())).await;
    assert_eq!((status, body.trim()), (409, size.to_string().as_str()));
    // Signed by somebody else, of another log, and no request at all.
    let stranger = Signer::from_seed(key.name(), &[9; 32]).expect("a signer");
    let forged = Checkpoint::new(key.name(), size, root).expect("a checkpoint").sign(&stranger);
    assert_eq!(ask(size, vec![], forged).await.0, 403);
    let elsewhere = Signer::from_seed("renkei/elsewhere", &[9; 32]).expect("a signer");
    let note = Checkpoint::new("renkei/elsewhere", 1, root).expect("a checkpoint").sign(&elsewhere);
    assert_eq!(ask(0, vec![], note).await.0, 404);
    assert_eq!(desks[0].ask("nonsense".into()).await.0, 400);

    // The whole deployment begins anew in secret, with the same key: the witnesses know better.
    drop(sealer);
    s.nobody_seals().await;
    std::fs::remove_dir_all(s.folder()).expect("the files");
    let begin = "SELECT guard.open_window('10 minutes', 'attack'); ALTER TABLE care.log_entry DISABLE TRIGGER USER; ALTER TABLE care.checkpoint DISABLE TRIGGER USER; DELETE FROM care.checkpoint;
      UPDATE care.log_entry SET hash = sha256(hash)";
    s.w.superuser().await.batch_execute(begin).await.expect("rewritten");
    let mut settings = s.w.app.config.log.clone();
    settings.witnesses = desks.iter().map(Desk::setting).collect();
    let mut anew = s.sealer_with(settings).await;
    s.w.as_(&s.nurse).post(s.group, "新しい歴史").await.expect(201);
    until(&mut anew, async || s.count("SELECT disagreeing FROM act.checkpoint_state()").await == 3).await;
    assert_eq!(cosigned(&s, &desks), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_witness_whose_memory_is_damaged_does_not_begin_anew() {
    let (s, desks, mut sealer) = watched().await;
    until(&mut sealer, async || cosigned(&s, &desks) == 3).await;
    let log = published(&s.folder()).1.to_string();
    let heads = desks[0].folder.join("heads");
    assert!(witness::router(&desks[0].folder, "witness-a.test", std::slice::from_ref(&log)).is_ok());
    let text = std::fs::read_to_string(&heads).expect("its memory");
    std::fs::write(&heads, text.replacen('1', "2", 1)).expect("damaged");
    assert!(witness::router(&desks[0].folder, "witness-a.test", std::slice::from_ref(&log)).is_err());
    std::fs::remove_file(&heads).expect("lost");
    assert!(witness::router(&desks[0].folder, "witness-a.test", &[log]).is_err());
}
