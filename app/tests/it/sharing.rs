//! 共有: the page on which a group is chosen, and a share that no service worker has taken.

use serde_json::Value;

use crate::{family::room, spaces::town};

fn shared(secret: &str) -> [(&'static str, Option<&'static str>, Vec<u8>); 2] {
    [("text", None, secret.into()), ("files", Some("photo.jpg"), vec![7; 600_000])]
}

#[tokio::test(flavor = "multi_thread")]
async fn the_groups_stand_with_who_reads_there_and_only_ones_own_that_go_on() {
    let t = town().await;
    t.w.join(&t.host, t.patient_group, &t.nurse).await;
    let over = t.w.group(&t.admin, &t.host, "終了 太郎").await;
    t.w.archive(&t.host, over).await;
    let free = t.free(&t.host, "勉強会").await;
    let page = t.page(&t.host, "/share").await;
    for part in ["小野寺 ハル子 様", "ご家族には見えません。", "勉強会", "患者さんのことは書きません。"]
    {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(page.contains("<b>チーム 2人</b>が読みます。") && page.contains("<b>メンバー 1人</b>"), "{page}");
    for group in [t.patient_group, free] {
        assert!(page.contains(&format!("href=\"/groups/{group}?shared=1#compose\"")), "{page}");
    }
    assert!(!page.contains("終了 太郎"), "nobody writes there");
    let nurse = t.page(&t.nurse, "/share").await;
    assert!(nurse.contains("小野寺 ハル子 様") && !nurse.contains("勉強会"));
    let stranger = t.page(&t.stranger, "/share").await;
    assert!(stranger.contains("書けるグループがまだありません。") && !stranger.contains("小野寺"));
    let seen = "SELECT count(*) FROM care.access_event WHERE act = 'viewed_groups' AND outcome = 'done'";
    let seen: i64 = t.w.superuser().await.query_one(seen, &[]).await.expect("the log").get(0);
    assert_eq!(seen, 3);
    let away = t.w.nobody().get("/share").await.expect(303);
    assert_eq!(away.headers["location"], "/sign-in?next=/share", "and back to it");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_service_worker_takes_is_thrown_away_and_the_page_says_what_to_do() {
    let t = town().await;
    let secret = "血圧 182/110";
    for who in [t.w.nobody(), t.w.as_(&t.nurse)] {
        let answer = who.multipart("/share", &shared(secret)).await.expect(200);
        let page = answer.text();
        assert!(page.contains("もう一度、共有してください") && page.contains("連携を一度開き"), "{page}");
        assert!(
            !page.contains(secret)
                && !page.contains(&t.nurse.name)
                && !answer.headers.contains_key("set-cookie")
        );
        assert_eq!(answer.headers["cache-control"], "no-store");
        who.form("/share", &[("text", secret)]).await.expect(200);
    }
    // A phone may name another app as the sender; no other address lets that through.
    for (path, status) in [("/share", 200), ("/practice", 403)] {
        let from_elsewhere = |request: axum::http::request::Builder| {
            let request =
                request.header("sec-fetch-site", "cross-site").header("origin", "https://elsewhere.example");
            let request = request.header("content-type", "application/x-www-form-urlencoded");
            request.body(axum::body::Body::from("text=x")).expect("a request")
        };
        t.w.as_(&t.nurse).raw(from_elsewhere, "POST", path).await.expect(status);
    }
    let files: i64 =
        t.w.superuser().await.query_one("SELECT count(*) FROM care.file", &[]).await.expect("files").get(0);
    assert_eq!(files, 0, "nothing is kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_staffs_app_is_offered_for_sharing_and_the_familys_is_not() {
    let r = room().await;
    let manifest = |text: String| serde_json::from_str::<Value>(&text).expect("JSON");
    let staff = manifest(r.w.nobody().get("/manifest.webmanifest").await.expect(200).text());
    let target = &staff["share_target"];
    assert_eq!((target["action"].as_str(), target["method"].as_str()), (Some("/share"), Some("POST")));
    assert_eq!(target["enctype"], "multipart/form-data");
    let kinds = target["params"]["files"][0]["accept"].as_array().expect("kinds");
    assert!(kinds.iter().any(|kind| kind == "image/*") && kinds.iter().any(|kind| kind == "application/pdf"));
    let family = manifest(r.w.nobody().get("/family/manifest.webmanifest").await.expect(200).text());
    assert!(family["start_url"] == "/family" && family.get("share_target").is_none());
    let kin = r.w.kin(&r.host, r.group, "mika", "family", "試験 美香").await;
    let away = r.w.as_kin(&kin).get("/share").await.expect(303);
    assert_eq!(away.headers["location"], "/sign-in?next=/share", "her session is none at this door");
    let worker = r.w.nobody().get("/sw.js").await.expect(200).text();
    let largest = r.w.app.config.limits.file_bytes;
    assert!(worker.contains(&format!("const LARGEST = {largest};\nconst MOST = 20;\n")));
}
