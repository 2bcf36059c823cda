//! Files, from the upload to whoever may open them.

pub(crate) mod made;
pub mod surroundings;

use std::{path::Path, time::Duration};

use axum::{
    body::Body,
    http::{Request, header},
};
use made::{docm, eicar, heic, holds, pdf, photo_with_a_place};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::world::{Answer, Client, Person, World, id_of};

const BOUNDARY: &str = "renkei-test-boundary";

/// A multipart body; a part with a file name is a file.
fn multipart(parts: &[(&str, Option<&str>, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, file, bytes) in parts {
        let file = file.map(|f| format!("; filename=\"{f}\"\r\nContent-Type: text/html")).unwrap_or_default();
        body.extend(
            format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n").bytes(),
        );
        body.extend(*bytes);
        body.extend(b"\r\n");
    }
    body.extend(format!("--{BOUNDARY}--\r\n").bytes());
    body
}

async fn send(client: &Client<'_>, path: &str, body: Vec<u8>) -> Answer {
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    let build = |b: axum::http::request::Builder| -> Request<Body> {
        let b = b.header(header::CONTENT_TYPE, kind).header("sec-fetch-site", "same-origin");
        b.body(Body::from(body)).expect("a request")
    };
    client.raw(build, "POST", path).await
}

async fn upload_as(client: &Client<'_>, id: Uuid, name: &str, bytes: &[u8]) -> Answer {
    let id = id.to_string();
    let parts = [
        ("client_id", None, id.as_bytes()),
        ("class", None, b"other".as_slice()),
        ("file", Some(name), bytes),
    ];
    send(client, "/api/v1/files", multipart(&parts)).await
}

async fn upload(client: &Client<'_>, name: &str, bytes: &[u8]) -> Answer {
    upload_as(client, Uuid::new_v4(), name, bytes).await
}

async fn get_with(client: &Client<'_>, path: &str, name: &str, value: &str) -> Answer {
    let build =
        |b: axum::http::request::Builder| b.header(name, value).body(Body::empty()).expect("a request");
    client.raw(build, "GET", path).await
}

fn header<'a>(answer: &'a Answer, name: &str) -> &'a str {
    answer.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default()
}

fn bytes_of(id: Uuid) -> String {
    format!("/api/v1/files/{id}")
}

/// Files below a folder.
fn blobs(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.path().is_dir() { all.extend(blobs(&entry.path())) } else { all.push(entry.path()) }
    }
    all
}

async fn rows(w: &World) -> i64 {
    w.superuser().await.query_one("SELECT count(*) FROM care.file", &[]).await.expect("a count").get(0)
}

struct Team {
    w: World,
    doctor: Person,
    nurse: Person,
    stranger: Person,
    group: Uuid,
}

async fn team() -> Team {
    team_in(World::new().await).await
}

async fn team_in(w: World) -> Team {
    let clinic = w.facility("clinic", "試験クリニック").await;
    let station = w.facility("visiting_nurse_station", "試験訪問看護").await;
    let doctor = w.admin(clinic, "doctor", "doctor").await;
    let nurse = w.staff(station, "nurse", "nurse").await;
    let stranger = w.staff(station, "stranger", "nurse").await;
    let group = w.group(&doctor, &doctor, "試験 太郎").await;
    w.join(&doctor, group, &nurse).await;
    Team { w, doctor, nurse, stranger, group }
}

async fn alone() -> (World, Person) {
    let w = World::new().await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    let doctor = w.admin(clinic, "doctor", "doctor").await;
    (w, doctor)
}

async fn post_with(client: &Client<'_>, group: Uuid, file: Uuid) -> Value {
    let body = json!({"client_id": Uuid::new_v4(), "body": "写真です", "files": [file]});
    client.call("POST", &format!("/api/v1/groups/{group}/posts"), body).await.expect(201).json()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_loses_its_place_and_gets_a_thumbnail() {
    let (w, doctor) = alone().await;
    let photo = photo_with_a_place();
    assert!(holds(&photo, b"GPS-PLANTED-PLACE"));
    let answer = upload(&w.as_(&doctor), "訪問先の写真.jpg", &photo).await.expect(201).json();
    assert_eq!(answer["name"], "訪問先の写真.jpg");
    assert_eq!(answer["media_type"], "image/jpeg");
    assert_eq!(answer["state"], "unscanned");
    assert_eq!(answer["warnings"], json!([]));
    let id = id_of(&answer);
    let served = w.as_(&doctor).get(&bytes_of(id)).await.expect(200);
    assert_eq!(header(&served, "content-type"), "image/jpeg");
    assert_eq!(served.body.len() as u64, answer["bytes"].as_u64().unwrap());
    assert!(!holds(&served.body, b"GPS-PLANTED-PLACE") && !holds(&served.body, b"Exif"));
    let page = w.as_(&doctor).get(&format!("/files/{id}")).await.expect(200);
    assert!(header(&page, "content-disposition").starts_with("inline; "));
    assert!(header(&page, "content-security-policy").starts_with("sandbox; default-src 'none'"));
    assert_eq!(header(&page, "x-content-type-options"), "nosniff");
    assert_eq!(header(&page, "cross-origin-resource-policy"), "same-origin");
    assert_eq!(header(&page, "cache-control"), "private, no-store");
    let small = w.as_(&doctor).get(&format!("/files/{id}/thumbnail")).await.expect(200);
    assert_eq!(header(&small, "content-type"), "image/jpeg");
    assert!(small.body.starts_with(&[0xff, 0xd8]) && !holds(&small.body, b"GPS-PLANTED-PLACE"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pdf_has_a_first_page_and_parts_of_it_can_be_asked_for() {
    let (w, doctor) = alone().await;
    let whole = pdf();
    let id = id_of(&upload(&w.as_(&doctor), "検査.pdf", &whole).await.expect(201).json());
    w.as_(&doctor).get(&format!("/files/{id}/thumbnail")).await.expect(200);
    let page = w.as_(&doctor).get(&format!("/files/{id}")).await.expect(200);
    assert_eq!(page.body, whole);
    let name = "filename=\"__.pdf\"; filename*=UTF-8''%E6%A4%9C%E6%9F%BB.pdf";
    assert_eq!(header(&page, "content-disposition"), format!("attachment; {name}"));
    let page = w.as_(&doctor).get(&format!("/files/{id}?view=1")).await.expect(200);
    assert_eq!(header(&page, "content-disposition"), format!("inline; {name}"));
    let part = get_with(&w.as_(&doctor), &bytes_of(id), "range", "bytes=3-9").await.expect(206);
    assert_eq!(part.body, whole[3..10]);
    assert_eq!(header(&part, "content-range"), format!("bytes 3-9/{}", whole.len()));
    get_with(&w.as_(&doctor), &bytes_of(id), "range", "bytes=99999999-").await.expect(416);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_heic_is_served_as_a_jpeg() {
    let (w, doctor) = alone().await;
    let answer = upload(&w.as_(&doctor), "IMG_1.HEIC", &heic()).await.expect(201).json();
    assert_eq!(answer["media_type"], "image/jpeg");
    let page = w.as_(&doctor).get(&format!("/files/{}", id_of(&answer))).await.expect(200);
    assert!(header(&page, "content-disposition").contains("filename=\"IMG_1.HEIC.jpg\""));
    assert!(page.body.starts_with(&[0xff, 0xd8]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_run_asks_first_and_is_never_shown_inline() {
    let (w, doctor) = alone().await;
    let svg = b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>".to_vec();
    let html = b"<!doctype html><html><body><script>alert(1)</script></body></html>".to_vec();
    let cases = [
        ("請求書.docm", docm(), "macros"),
        ("絵.svg", svg, "active_content"),
        ("案内.html", html, "active_content"),
        ("setup.exe", b"MZ\x90\0planted".to_vec(), "executable"),
    ];
    for (name, bytes, warning) in cases {
        let answer = upload(&w.as_(&doctor), name, &bytes).await.expect(201).json();
        assert!(answer["warnings"].as_array().unwrap().contains(&json!(warning)), "{name}: {answer}");
        let id = id_of(&answer);
        let asked = w.as_(&doctor).get(&format!("/files/{id}?view=1")).await.expect(303);
        assert_eq!(header(&asked, "location"), format!("/files/{id}/warning"));
        let page = w.as_(&doctor).get(&format!("/files/{id}/warning")).await.expect(200);
        assert!(page.text().contains("?confirmed=1"), "{}", page.text());
        for path in [format!("/files/{id}?confirmed=1&view=1"), bytes_of(id)] {
            let served = w.as_(&doctor).get(&path).await.expect(200);
            assert!(header(&served, "content-disposition").starts_with("attachment; "), "{name}");
            assert!(header(&served, "content-security-policy").starts_with("sandbox; "), "{name}");
            assert_eq!(served.body, bytes);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_broken_changes_nothing() {
    let w = World::with(|c| c.limits.file_bytes = 300_000).await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    let doctor = w.admin(clinic, "doctor", "doctor").await;
    let client = w.as_(&doctor);
    let photo = photo_with_a_place();
    let cut = upload(&client, "写真.jpg", &photo[..photo.len() / 2]).await.expect_code(422, "invalid").json();
    assert_eq!(cut["errors"][0]["field"], "file");
    assert!(cut["errors"][0]["message"].as_str().unwrap().contains("途中で切れている"), "{cut}");
    let empty = upload(&client, "空.txt", b"").await.expect_code(422, "invalid").json();
    assert_eq!(empty["errors"][0]["code"], "empty");
    // Beyond the limit of a file, and beyond that of the body.
    for length in [300_001, 3_000_000] {
        let answer = upload(&client, "大.bin", &vec![7; length]).await.expect_code(413, "too_large").json();
        assert!(answer["detail"].as_str().unwrap().contains("300 KBまで"), "{answer}");
    }
    let whole = multipart(&[("class", None, b"other"), ("file", Some("a.txt"), &[b'a'; 5000])]);
    send(&client, "/api/v1/files", whole[..whole.len() - 1000].to_vec())
        .await
        .expect_code(400, "body_cut_off");
    let other = multipart(&[("class", None, b"secret"), ("file", Some("a.txt"), b"a")]);
    send(&client, "/api/v1/files", other).await.expect_code(422, "invalid");
    let more = multipart(&[("class", None, b"other"), ("admin", None, b"1"), ("file", Some("a.txt"), b"a")]);
    send(&client, "/api/v1/files", more).await.expect_code(400, "unknown_field");
    upload(&w.nobody(), "a.txt", b"a").await.expect_code(401, "not_signed_in");
    assert_eq!((rows(&w).await, blobs(&w.app.config.blobs).len()), (0, 0));
    upload(&client, "写真.jpg", &photo).await.expect(201);
    assert_eq!((rows(&w).await, blobs(&w.app.config.blobs).len()), (1, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_client_id_is_one_file_however_often_it_is_sent() {
    let (w, doctor) = alone().await;
    let (client, id) = (w.as_(&doctor), Uuid::new_v4());
    let sends =
        futures_util::future::join_all((0..8).map(|_| upload_as(&client, id, "予定.txt", b"10:00 bath")))
            .await;
    assert_eq!(sends.iter().filter(|a| a.status == 201).count(), 1);
    assert!(sends.iter().all(|a| a.status == 201 || a.status == 200));
    assert!(sends.iter().all(|a| a.json() == sends[0].json()), "the same answer");
    assert_eq!((rows(&w).await, blobs(&w.app.config.blobs).len()), (1, 1));
    upload_as(&client, id, "予定.txt", b"11:00 bath")
        .await
        .expect_code(409, "client_id_used_for_something_else");
    assert_eq!(blobs(&w.app.config.blobs).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_uploader_first_then_the_team_and_nobody_else() {
    let t = team().await;
    let (doctor, nurse, stranger) = (t.w.as_(&t.doctor), t.w.as_(&t.nurse), t.w.as_(&t.stranger));
    let id = id_of(&upload(&doctor, "創部.jpg", &photo_with_a_place()).await.expect(201).json());
    let (api, page, small) = (bytes_of(id), format!("/files/{id}"), format!("/files/{id}/thumbnail"));
    doctor.get(&api).await.expect(200);
    nurse.get(&api).await.expect_code(404, "not_found");
    let post = post_with(&doctor, t.group, id).await;
    assert_eq!(post["files"][0]["state"], "unscanned");
    assert_eq!(post["files"][0]["has_thumbnail"], true);
    for path in [&api, &page, &small] {
        doctor.get(path).await.expect(200);
        nurse.get(path).await.expect(200);
        stranger.get(path).await.expect(404);
    }
    t.w.nobody().get(&api).await.expect_code(401, "not_signed_in");
    let listed = nurse.get(&format!("/api/v1/groups/{}/files", t.group)).await.expect(200).json();
    assert_eq!(listed["items"][0]["id"], json!(id));
    assert_eq!(listed["items"][0]["name"], "創部.jpg");
    assert_eq!(listed["items"][0]["post_id"], post["id"]);
    assert_eq!(listed["next"], json!(null));
    let shown = nurse.get(&format!("/groups/{}/files", t.group)).await.expect(200);
    assert!(shown.text().contains("創部.jpg") && shown.text().contains(&small));
    for path in [format!("/api/v1/groups/{}/files", t.group), format!("/groups/{}/files", t.group)] {
        stranger.get(&path).await.expect(404);
    }
    // Somebody else's file cannot be attached, not even by a member who sees it.
    let body = json!({"client_id": Uuid::new_v4(), "body": "x", "files": [id]});
    nurse.call("POST", &format!("/api/v1/groups/{}/posts", t.group), body).await.expect_code(422, "invalid");

    let body = json!({"client_id": Uuid::new_v4(), "reason": "担当の交代"});
    let removed =
        doctor.call("DELETE", &format!("/api/v1/groups/{}/members/{}", t.group, t.nurse.id), body).await;
    assert!(removed.status.is_success(), "{}", removed.text());
    for path in [&api, &page, &small] {
        nurse.get(path).await.expect(404);
        doctor.get(path).await.expect(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_wrote_and_left_no_longer_opens_what_the_post_carries() {
    let t = team().await;
    let (doctor, nurse) = (t.w.as_(&t.doctor), t.w.as_(&t.nurse));
    let id = id_of(&upload(&nurse, "記録.txt", b"BP 128/76").await.expect(201).json());
    post_with(&nurse, t.group, id).await;
    nurse.get(&bytes_of(id)).await.expect(200);
    let body = json!({"client_id": Uuid::new_v4(), "reason": "担当の交代"});
    doctor.call("DELETE", &format!("/api/v1/groups/{}/members/{}", t.group, t.nurse.id), body).await;
    nurse.get(&bytes_of(id)).await.expect_code(404, "not_found");
    doctor.get(&bytes_of(id)).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn files_of_a_withdrawn_post_stay_readable_for_the_team() {
    let t = team().await;
    let (doctor, nurse) = (t.w.as_(&t.doctor), t.w.as_(&t.nurse));
    let id = id_of(&upload(&doctor, "メモ.txt", b"note").await.expect(201).json());
    let post = post_with(&doctor, t.group, id).await;
    let body = json!({"client_id": Uuid::new_v4(), "reason": "別の患者さんの内容でした"});
    let path = format!("/api/v1/posts/{}/withdrawal", post["id"].as_str().unwrap());
    doctor.call("POST", &path, body).await.expect(201);
    nurse.get(&bytes_of(id)).await.expect(200);
    let listed = nurse.get(&format!("/api/v1/groups/{}/files", t.group)).await.expect(200).json();
    assert_eq!(listed["items"][0]["withdrawn"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_goes_on_page_by_page() {
    let t = team().await;
    let doctor = t.w.as_(&t.doctor);
    let mut all = Vec::new();
    for n in 0..2 {
        let mut ids = Vec::new();
        for m in 0..2 {
            ids.push(id_of(&upload(&doctor, &format!("{n}{m}.txt"), b"x").await.expect(201).json()));
        }
        let body = json!({"client_id": Uuid::new_v4(), "body": "", "files": ids});
        doctor.call("POST", &format!("/api/v1/groups/{}/posts", t.group), body).await.expect(201);
        all.insert(0, ids);
    }
    let all: Vec<Value> = all.into_iter().flatten().map(|id| json!(id)).collect();
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("/api/v1/groups/{}/files?limit=1{cursor}", t.group);
        let page = doctor.get(&path).await.expect(200).json();
        seen.extend(page["items"].as_array().unwrap().iter().map(|i| i["id"].clone()));
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(seen, all, "newest post first, its files in their own order");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_opening_and_every_refusal_stands_in_the_access_log() {
    let t = team().await;
    let id = id_of(&upload(&t.w.as_(&t.doctor), "メモ.txt", b"note").await.expect(201).json());
    post_with(&t.w.as_(&t.doctor), t.group, id).await;
    t.w.as_(&t.nurse).get(&bytes_of(id)).await.expect(200);
    t.w.as_(&t.stranger).get(&bytes_of(id)).await.expect(404);
    const LOG: &str = "SELECT outcome, group_id FROM care.access_event WHERE act = 'viewed_file' AND ref = $1 AND account_id = $2";
    let root = t.w.superuser().await;
    let row = root.query_one(LOG, &[&id, &t.nurse.id]).await.expect("one row");
    assert_eq!((row.get::<_, &str>(0), row.get::<_, Option<Uuid>>(1)), ("done", Some(t.group)));
    let row = root.query_one(LOG, &[&id, &t.stranger.id]).await.expect("one row");
    assert_eq!((row.get::<_, &str>(0), row.get::<_, Option<Uuid>>(1)), ("refused", None));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_readable_lies_on_the_disk_and_the_digest_can_be_checked() {
    let (w, doctor) = alone().await;
    let text = "血圧 128/76 PLANTED-TEXT\n".repeat(40_000);
    let id = id_of(&upload(&w.as_(&doctor), "PLANTED-NAME.txt", text.as_bytes()).await.expect(201).json());
    let all = blobs(&w.app.config.blobs);
    assert_eq!(all.len(), 1);
    let bytes = std::fs::read(&all[0]).expect("a blob");
    assert!(bytes.len() > text.len() && !holds(&bytes, b"PLANTED"));
    assert!(!all[0].to_string_lossy().contains("PLANTED"));
    let row = w
        .superuser()
        .await
        .query_one("SELECT sha256, name, sealed_sha256 FROM care.file", &[])
        .await
        .expect("a row");
    assert!(!holds(row.get(1), b"PLANTED"));
    let digest = renkei::features::files::digest_of(&w.app, &renkei::features::files::blob_key(id)).await;
    assert_eq!(digest.expect("a digest").as_slice(), row.get::<_, &[u8]>(0));
    let served = w.as_(&doctor).get(&bytes_of(id)).await.expect(200);
    assert_eq!(served.body, text.as_bytes());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_without_scripts_carries_files_too() {
    let t = team().await;
    let form = Uuid::new_v4().to_string();
    let body = multipart(&[
        ("client_id", None, form.as_bytes()),
        ("body", None, "写真を付けました".as_bytes()),
        ("file_class", None, b"examination"),
        ("files", Some(""), b""),
        ("files", Some("採血.txt"), &[b'x'; 400_000]),
    ]);
    let path = format!("/groups/{}/posts", t.group);
    for _ in 0..2 {
        send(&t.w.as_(&t.doctor), &path, body.clone()).await.expect(303);
    }
    let page = t.w.as_(&t.nurse).get(&format!("/api/v1/groups/{}/posts", t.group)).await.expect(200).json();
    assert_eq!(page["items"].as_array().unwrap().len(), 1, "sent twice, written once");
    assert_eq!(page["items"][0]["files"][0]["name"], "採血.txt");
    assert_eq!(page["items"][0]["files"][0]["class"], "examination");
    assert_eq!(rows(&t.w).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_opens_a_file_before_its_scan_or_after_a_refusal() {
    let clamd = surroundings::Clamd::start().await;
    let t = team_in(World::with(|c| c.clamd = clamd.setting()).await).await;
    let (doctor, nurse) = (t.w.as_(&t.doctor), t.w.as_(&t.nurse));
    // The scan has not begun: the task of this world is started only below.
    let mut ids = Vec::new();
    for (name, bytes) in
        [("良.txt", b"fine".to_vec()), ("悪.txt", eicar()), ("写真.jpg", photo_with_a_place())]
    {
        let answer = upload(&doctor, name, &bytes).await.expect(201).json();
        assert_eq!(answer["state"], "scanning");
        post_with(&doctor, t.group, id_of(&answer)).await;
        ids.push(id_of(&answer));
    }
    for id in &ids {
        for client in [&doctor, &nurse] {
            client.get(&bytes_of(*id)).await.expect_code(409, "file_scanning");
            client.get(&format!("/files/{id}/thumbnail")).await.expect(409);
        }
    }
    assert_eq!(blobs(&t.w.app.config.blobs.join("incoming")).len(), 1, "the photo as it came");

    // What a restarted server does: it finds them by their state.
    let task = tokio::spawn(renkei::features::files::scan::run(t.w.app.clone()));
    let done = async {
        while doctor.get(&bytes_of(ids[0])).await.status != 200
            || doctor.get(&bytes_of(ids[2])).await.status != 200
        {
            tokio::task::yield_now().await;
        }
        while doctor.get(&bytes_of(ids[1])).await.status == 409 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), done).await.expect("verdicts");
    for client in [&doctor, &nurse] {
        client.get(&bytes_of(ids[0])).await.expect(200);
        client.get(&bytes_of(ids[1])).await.expect_code(403, "file_refused");
        client.get(&bytes_of(ids[2])).await.expect(200);
    }
    let events: i64 =
        t.w.superuser()
            .await
            .query_one(
                "SELECT count(*) FROM care.event WHERE kind = 'file.scanned' AND group_id = $1",
                &[&t.group],
            )
            .await
            .expect("a count")
            .get(0);
    assert_eq!(events, 3);
    let gone = async {
        while !blobs(&t.w.app.config.blobs.join("incoming")).is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), gone)
        .await
        .expect("the upload is forgotten after its verdict");
    // A refused file cannot be attached any more.
    let body = json!({"client_id": Uuid::new_v4(), "body": "x", "files": [ids[1]]});
    let answer = doctor.call("POST", &format!("/api/v1/groups/{}/posts", t.group), body).await;
    assert_eq!(answer.status, 422, "{}", answer.text());
    task.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scanner_that_is_away_keeps_files_closed() {
    let folder = tempfile::tempdir().expect("a folder");
    let gone = format!("unix:{}", folder.path().join("none.socket").display());
    let w = World::with(|c| c.clamd = gone).await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    let doctor = w.admin(clinic, "doctor", "doctor").await;
    let task = tokio::spawn(renkei::features::files::scan::run(w.app.clone()));
    let id = id_of(&upload(&w.as_(&doctor), "a.txt", b"fine").await.expect(201).json());
    for _ in 0..5 {
        w.as_(&doctor).get(&bytes_of(id)).await.expect_code(409, "file_scanning");
    }
    task.abort();
}

/// The test starts itself again where the blobs stand on a disk of two megabytes.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_unavailable_and_stores_nothing() {
    const DISK: &str = "RENKEI_TEST_DISK";
    let Some(disk) = std::env::var_os(DISK) else {
        let folder = tempfile::tempdir().expect("a folder");
        let test = "files::a_full_disk_is_unavailable_and_stores_nothing";
        assert!(surroundings::again_on_a_small_disk(test, folder.path(), DISK));
        return;
    };
    let w = World::with(|c| c.blobs = Path::new(&disk).join("blobs")).await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    let doctor = w.admin(clinic, "doctor", "doctor").await;
    upload(&w.as_(&doctor), "小.bin", &[7; 100_000]).await.expect(201);
    for length in [3 << 20, 12 << 20] {
        upload(&w.as_(&doctor), "大.bin", &vec![7; length]).await.expect_code(503, "unavailable");
        assert_eq!((rows(&w).await, blobs(&w.app.config.blobs).len()), (1, 1));
    }
    upload(&w.as_(&doctor), "小.bin", &[7; 100_000]).await.expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sound_is_played_in_parts_and_its_view_stands_once_in_the_log() {
    let t = team().await;
    let mut sound = b"ID3\x03\x00\x00\x00\x00\x00\x00".to_vec();
    sound.resize(5_000, 7);
    let id = id_of(&upload(&t.w.as_(&t.doctor), "申し送り.mp3", &sound).await.expect(201).json());
    post_with(&t.w.as_(&t.doctor), t.group, id).await;
    let page = t.w.as_(&t.nurse).get(&format!("/groups/{}", t.group)).await.expect(200).text();
    let path = format!("/files/{id}");
    let ready = page.contains("<audio");
    assert!(page.contains(&path), "{page}");
    const LOG: &str = "SELECT count(*) FROM care.access_event WHERE act = 'viewed_file' AND ref = $1 AND account_id = $2 AND outcome = 'done'";
    let root = t.w.superuser().await;
    let views = async || root.query_one(LOG, &[&id, &t.nurse.id]).await.expect("counted").get::<_, i64>(0);
    assert_eq!(views().await, 0, "the page around it is no view of the file");
    let nurse = t.w.as_(&t.nurse);
    let part = async |range: &'static str| {
        nurse
            .raw(
                |b| b.header("range", range).body(axum::body::Body::empty()).expect("a request"),
                "GET",
                &path,
            )
            .await
    };
    // Also when the first part that is asked for is not the beginning.
    let answer = part("bytes=1000-1999").await.expect(206);
    assert_eq!(answer.body, &sound[1000..2000]);
    assert_eq!(answer.headers["content-range"], "bytes 1000-1999/5000");
    part("bytes=2000-").await.expect(206);
    part("bytes=0-").await.expect(206);
    assert_eq!(views().await, 1);
    nurse.get(&path).await.expect(200);
    assert_eq!(views().await, 2, "saving it is a view of its own");
    let stranger = t.w.as_(&t.stranger);
    let whole = |b: axum::http::request::Builder| {
        b.header("range", "bytes=0-").body(axum::body::Body::empty()).expect("a request")
    };
    stranger.raw(whole, "GET", &path).await.expect(404);
    assert!(ready || page.contains("安全"), "played, or said to be unscanned");
}
