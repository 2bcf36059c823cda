//! A real disk that fills up: files are refused with a clear word, everything else goes on, and the ballast gives room.

use renkei::{features::alarms, watch};

use super::open;
use crate::{files::surroundings::again_on_a_small_disk, world::World};

const DISK: &str = "RENKEI_TEST_WATCHED_DISK";
const NAME: &str = "alarms::small_disk::a_full_disk_refuses_files_and_takes_posts";

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_files_and_takes_posts() {
    let Some(folder) = std::env::var_os(DISK) else {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(again_on_a_small_disk(NAME, folder.path(), DISK), "on the small disk");
        return;
    };
    let disk = std::path::PathBuf::from(folder);
    let w = World::with(|config| {
        config.blobs = disk.join("blobs");
        config.watch.ballast = disk.join("ballast");
        config.watch.ballast_mebibytes = 1;
        config.watch.refuse_uploads_percent = 90;
    })
    .await;
    let clinic = w.facility("clinic", "試験医院").await;
    let admin = w.admin(clinic, "kanri", "doctor").await;
    let group = w.group(&admin, &admin, "試験 一").await;
    let send = async || {
        let fields = [("class", None, b"other".to_vec()), ("file", Some("a.txt"), b"plain words".to_vec())];
        w.as_(&admin).multipart("/api/v1/files", &fields).await
    };
    let ballast = w.app.config.watch.ballast.clone();
    assert!(watch::make_ballast(&ballast, 1).expect("made"), "half of the disk");
    let first = send().await;
    assert!(first.status.is_success(), "{}", first.text());
    std::fs::write(disk.join("rubbish"), vec![1; 900_000]).expect("it fits");
    let refused = send().await.expect_code(507, "disk_full");
    assert!(refused.json()["detail"].as_str().is_some_and(|d| d.contains("文章の投稿はできます")));
    w.as_(&admin).post(group, "書けます").await.expect(201);
    w.as_(&admin).get(&format!("/api/v1/groups/{group}/posts")).await.expect(200);
    w.nobody().get("/readyz").await.expect(200);
    watch::report(&w.app, "unknown", false).await.expect("a word");
    alarms::watch(&w.app).await.expect("a round");
    assert!(open(&w).await.contains(&"disk_full".to_owned()));
    assert_eq!(watch::free_ballast(&ballast).expect("freed"), 1 << 20);
    assert!(send().await.status.is_success(), "there is room again");
}
