use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use aws_lc_rs::digest;
use futures_util::TryStreamExt;
use proptest::{prelude::*, sample::Index};
use tempfile::TempDir;

use super::{
    Store,
    format::{CHUNK, HEADER, SEALED},
};
use crate::Error;

const KEY: [u8; 32] = [7; 32];
const AAD: &[u8] = b"file 1, original";

struct World {
    dir: TempDir,
    store: Store,
}

fn world() -> World {
    let dir = TempDir::new().unwrap();
    let store = Store::open(&dir.path().join("blobs")).unwrap();
    World { dir, store }
}

impl World {
    fn file(&self, key: &str) -> PathBuf {
        self.dir.path().join("blobs").join(key)
    }
}

/// Bytes that differ from chunk to chunk.
fn sample(length: usize) -> Vec<u8> {
    (0..length).map(|i| (i % 251) as u8 ^ (i / CHUNK) as u8).collect()
}

fn files_below(dir: &Path) -> usize {
    let entries = fs::read_dir(dir).unwrap().map(|e| e.unwrap().path());
    entries.map(|path| if path.is_dir() { files_below(&path) } else { 1 }).sum()
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

#[tokio::test]
async fn what_is_put_is_got_around_every_border() {
    let w = world();
    for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 1, 20 * CHUNK + 5] {
        let (key, plain) = (format!("ab/{length}"), sample(length));
        let stored = w.store.put(&key, &KEY, AAD, &plain).await.unwrap();
        assert!(w.store.get(&key, &KEY, AAD).await.unwrap() == plain, "{length}");
        let on_disk = fs::read(w.file(&key)).unwrap();
        assert_eq!(stored.bytes, length as u64);
        assert_eq!(stored.sha256_plain, digest::digest(&digest::SHA256, &plain).as_ref());
        assert_eq!(stored.sha256_stored, digest::digest(&digest::SHA256, &on_disk).as_ref());
        assert_eq!(w.store.digest(&key).await.unwrap(), stored.sha256_stored);
        let chunks = length.div_ceil(CHUNK).max(1);
        assert_eq!(on_disk.len(), HEADER + length + 16 * chunks);
        let pieces = w.store.reader(&key, &KEY, AAD).await.unwrap().stream(0..length as u64).unwrap();
        let streamed: Vec<_> = pieces.try_collect().await.unwrap();
        assert!(streamed.concat() == plain, "{length}");
    }
}

#[tokio::test]
async fn nothing_of_the_plaintext_is_on_disk() {
    let w = world();
    let text = "飲み忘れが三日続いています".repeat(100);
    w.store.put("a", &KEY, AAD, text.as_bytes()).await.unwrap();
    let on_disk = fs::read(w.file("a")).unwrap();
    assert!(on_disk.starts_with(b"renkei-blob/1\n"));
    assert!(memchr::memmem::find(&on_disk, "飲み忘れ".as_bytes()).is_none());
    w.store.put("b", &KEY, AAD, text.as_bytes()).await.unwrap();
    assert_ne!(on_disk[HEADER..], fs::read(w.file("b")).unwrap()[HEADER..], "a fresh nonce every time");
}

#[tokio::test]
async fn tampering_is_refused() {
    let w = world();
    let plain = sample(3 * CHUNK + 100);
    w.store.put("good", &KEY, AAD, &plain).await.unwrap();
    w.store.put("twin", &KEY, b"file 2, original", &plain).await.unwrap();
    let good = fs::read(w.file("good")).unwrap();
    let chunk = |n: usize| &good[HEADER + n * SEALED..good.len().min(HEADER + (n + 1) * SEALED)];
    let head = &good[..HEADER];
    let other_version = [b"renkei-blob/2\n", &good[14..]].concat();
    let damaged: [(&str, Vec<u8>); 10] = [
        ("cut inside a chunk", good[..good.len() - 1].to_vec()),
        ("cut at a border", good[..HEADER + 2 * SEALED].to_vec()),
        ("cut to the header", head.to_vec()),
        ("cut inside the header", good[..5].to_vec()),
        ("empty", Vec::new()),
        ("longer", [&good[..], b"x"].concat()),
        ("reordered", [head, chunk(1), chunk(0), chunk(2), chunk(3)].concat()),
        ("a chunk left out", [head, chunk(0), chunk(2), chunk(3)].concat()),
        ("another version", other_version),
        ("another file's bytes", fs::read(w.file("twin")).unwrap()),
    ];
    for (what, bytes) in damaged {
        fs::write(w.file("bad"), bytes).unwrap();
        assert_eq!(w.store.get("bad", &KEY, AAD).await, Err(Error::Damaged), "{what}");
    }
    assert!(w.store.get("good", &KEY, AAD).await.unwrap() == plain);
    assert_eq!(w.store.get("good", &[8; 32], AAD).await, Err(Error::Damaged));
    assert_eq!(w.store.get("good", &KEY, b"file 1, thumbnail").await, Err(Error::Damaged));
}

#[tokio::test]
async fn a_range_of_a_cut_blob_is_refused_too() {
    let w = world();
    w.store.put("a", &KEY, AAD, &sample(3 * CHUNK)).await.unwrap();
    assert_eq!(w.store.reader("a", &KEY, AAD).await.unwrap().read_range(0..10).await.unwrap(), sample(10));
    let whole = fs::read(w.file("a")).unwrap();
    fs::write(w.file("a"), &whole[..HEADER + 2 * SEALED]).unwrap();
    assert_eq!(w.store.reader("a", &KEY, AAD).await.err(), Some(Error::Damaged));
}

#[tokio::test]
async fn ranges_outside_are_refused() {
    let w = world();
    w.store.put("a", &KEY, AAD, &sample(100)).await.unwrap();
    let reader = w.store.reader("a", &KEY, AAD).await.unwrap();
    assert_eq!((reader.len(), reader.is_empty()), (100, false));
    assert_eq!(reader.read_range(100..100).await.unwrap(), b"");
    #[expect(clippy::reversed_empty_ranges, reason = "the refused case")]
    for range in [0..101, 101..101, 60..50] {
        assert_eq!(reader.read_range(range).await, Err(Error::BadRange));
    }
}

#[tokio::test]
async fn keys_are_plain_and_used_once() {
    let w = world();
    w.store.put("ab/cd.thumb-1_x", &KEY, AAD, b"1").await.unwrap();
    assert_eq!(w.store.put("ab/cd.thumb-1_x", &KEY, AAD, b"2").await, Err(Error::Exists));
    assert_eq!(w.store.get("ab/cd.thumb-1_x", &KEY, AAD).await.unwrap(), b"1");
    for key in ["", "/a", "a/", "a//b", "..", "a/../b", "a#1", "a b", "薬", ".hidden"] {
        assert_eq!(w.store.put(key, &KEY, AAD, b"x").await, Err(Error::BadKey), "{key}");
    }
    assert_eq!(w.store.get("none", &KEY, AAD).await, Err(Error::NotFound));
    assert_eq!(w.store.digest("none").await, Err(Error::NotFound));
    w.store.delete("ab/cd.thumb-1_x").await.unwrap();
    assert_eq!(w.store.get("ab/cd.thumb-1_x", &KEY, AAD).await, Err(Error::NotFound));
}

#[tokio::test]
async fn a_dropped_writer_leaves_nothing() {
    let w = world();
    let mut writer = w.store.writer("a", &KEY, AAD).await.unwrap();
    writer.write(&sample(40 * CHUNK)).await.unwrap();
    assert_eq!(files_below(&w.file("")), 1, "only the staging file");
    assert_eq!(w.store.get("a", &KEY, AAD).await, Err(Error::NotFound));
    drop(writer);
    let removed = async {
        while files_below(&w.file("")) > 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), removed).await.expect("the staging file goes too");
}

#[tokio::test]
async fn only_old_staging_files_are_swept() {
    let w = world();
    w.store.put("ab/real", &KEY, AAD, b"x").await.unwrap();
    fs::write(w.file("ab/left#1"), b"half").unwrap();
    assert_eq!(w.store.sweep(Duration::from_secs(3600)).await.unwrap(), 0);
    let long_ago = std::time::SystemTime::now() - Duration::from_secs(7200);
    for name in ["ab/left#1", "ab/real"] {
        fs::File::options().write(true).open(w.file(name)).unwrap().set_modified(long_ago).unwrap();
    }
    assert_eq!(w.store.sweep(Duration::from_secs(3600)).await.unwrap(), 1);
    assert_eq!(w.store.get("ab/real", &KEY, AAD).await.unwrap(), b"x");
}

/// Runs this test program again for one test only, with a directory in the environment, below `words`.
fn again(test: &str, dir: &Path, words: &[&str]) -> Command {
    let program = std::env::current_exe().unwrap();
    let mut command = Command::new(words[0]);
    command.args(&words[1..]).arg(program).args(["--exact", test, "--nocapture"]).env("INTAKE_TEST_DIR", dir);
    command
}

/// The test starts itself again inside a mount namespace where its directory is a disk of two megabytes.
#[test]
fn a_full_disk_is_a_clear_error_and_leaves_no_half_file() {
    let Some(dir) = std::env::var_os("INTAKE_TEST_DIR") else {
        let dir = TempDir::new().unwrap();
        let mount = "mount -t tmpfs -o size=2m none \"$INTAKE_TEST_DIR\" && exec \"$@\"";
        let words = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", mount, "sh"];
        let test = "blob::tests::a_full_disk_is_a_clear_error_and_leaves_no_half_file";
        assert!(again(test, dir.path(), &words).status().unwrap().success());
        return;
    };
    let dir = PathBuf::from(dir);
    let store = Store::open(&dir).unwrap();
    block_on(async {
        store.put("fits", &KEY, AAD, &sample(CHUNK)).await.unwrap();
        // Once in one go, once in parts.
        for length in [3 << 20, 12 << 20] {
            assert_eq!(store.put("large", &KEY, AAD, &sample(length)).await, Err(Error::NoSpace));
            assert_eq!(files_below(&dir), 1, "no half file");
        }
        assert_eq!(store.get("large", &KEY, AAD).await, Err(Error::NotFound));
        assert!(store.get("fits", &KEY, AAD).await.is_ok());
    });
    block_on(store.put("small", &KEY, AAD, b"room again")).unwrap();
}

/// The test starts itself again as a writer that says which blobs are acknowledged, and kills it.
#[test]
fn acknowledged_blobs_survive_kill_9() {
    if let Some(dir) = std::env::var_os("INTAKE_TEST_DIR") {
        return write_for_ever(&Store::open(Path::new(&dir)).unwrap());
    }
    let dir = TempDir::new().unwrap();
    let mut command = again("blob::tests::acknowledged_blobs_survive_kill_9", dir.path(), &["env"]);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let acknowledged = |line: String| line.strip_prefix("acknowledged ").map(str::to_owned);
    let mut kept: Vec<String> = lines.by_ref().filter_map(acknowledged).take(20).collect();
    child.kill().unwrap();
    child.wait().unwrap();
    kept.extend(lines.filter_map(acknowledged));
    assert!(kept.len() >= 20);
    let store = Store::open(dir.path()).unwrap();
    for key in &kept {
        assert!(block_on(store.get(key, &KEY, AAD)).unwrap() == sample(CHUNK + 1), "{key}");
    }
    block_on(store.sweep(Duration::ZERO)).unwrap();
    let left = files_below(dir.path());
    assert!(left == kept.len() || left == kept.len() + 1, "at most one more was whole but not yet said");
}

fn write_for_ever(store: &Store) {
    use std::io::Write;
    for number in 0.. {
        let key = format!("{}/{number}", number % 3);
        block_on(store.put(&key, &KEY, AAD, &sample(CHUNK + 1))).unwrap();
        writeln!(std::io::stdout(), "acknowledged {key}").unwrap();
    }
}

/// Lengths around the borders of chunks.
fn lengths() -> impl Strategy<Value = usize> {
    (0usize..4, -3isize..=3).prop_map(|(chunks, more)| (chunks * CHUNK).saturating_add_signed(more))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// However an upload is cut into pieces, the blob is the same, and so is every range of it.
    #[test]
    fn pieces_and_ranges_do_not_matter(
        length in lengths(),
        cuts in proptest::collection::vec(any::<Index>(), 0..6),
        ends in any::<(Index, Index)>(),
    ) {
        let w = world();
        let plain = sample(length);
        let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(length + 1)).chain([0, length]).collect();
        cuts.sort_unstable();
        let (a, b) = (ends.0.index(length + 1), ends.1.index(length + 1));
        let range = a.min(b)..a.max(b);
        block_on(async {
            let mut writer = w.store.writer("a", &KEY, AAD).await.unwrap();
            for pair in cuts.windows(2) {
                writer.write(&plain[pair[0]..pair[1]]).await.unwrap();
            }
            prop_assert_eq!(writer.finish().await.unwrap().bytes, length as u64);
            let reader = w.store.reader("a", &KEY, AAD).await.unwrap();
            let got = reader.read_range(range.start as u64..range.end as u64).await.unwrap();
            prop_assert!(got == plain[range]);
            prop_assert!(w.store.get("a", &KEY, AAD).await.unwrap() == plain);
            Ok(())
        })?;
    }

    /// One flipped bit anywhere, or a cut anywhere, and the whole is refused.
    #[test]
    fn no_damage_goes_unseen(length in lengths(), at in any::<Index>(), bit in 0u8..8) {
        let w = world();
        block_on(async {
            w.store.put("a", &KEY, AAD, &sample(length)).await.unwrap();
            let good = fs::read(w.file("a")).unwrap();
            let at = at.index(good.len());
            let mut flipped = good.clone();
            flipped[at] ^= 1 << bit;
            for bad in [&flipped[..], &good[..at]] {
                fs::write(w.file("a"), bad).unwrap();
                prop_assert_eq!(w.store.get("a", &KEY, AAD).await, Err(Error::Damaged));
            }
            Ok(())
        })?;
    }
}
