//! The pages, the counts, and what makes the product installable.

use serde_json::{Value, json};

use super::{Scene, phone::Phone};

#[tokio::test(flavor = "multi_thread")]
async fn settings_are_kept_and_bad_input_keeps_what_was_typed() {
    let s = Scene::new().await;
    let nurse = s.w.as_(&s.nurse);
    let fields =
        [("mail", "off"), ("digest_at", "07:30"), ("quiet", "own"), ("from0", "20:00"), ("to0", "07:00")];
    nurse.form("/menu/notifications", &fields).await.expect(303);
    let kept = nurse.get("/api/v1/me/notification-settings").await.expect(200).json();
    assert_eq!(kept["digest_at"], "07:30");
    assert_eq!(kept["quiet_hours"][0], json!({"from": "20:00", "to": "07:00"}));
    assert_eq!(kept["quiet_hours"][1], Value::Null);
    let bad = [("mail", "off"), ("digest_at", "朝"), ("quiet", "own"), ("from2", "21:00"), ("to2", "")];
    let page = nurse.form("/menu/notifications", &bad).await.expect(422).text();
    assert!(page.contains("水曜日の終わりも入れてください") && page.contains("value=\"21:00\""), "{page}");
    assert!(page.contains("まとめの時刻は"));
    let mail = [("mail", "immediate"), ("digest_at", "08:00"), ("quiet", "facility")];
    let page = nurse.form("/menu/notifications", &mail).await.expect(422).text();
    assert!(page.contains("確認が済んでいません"));
    let same = nurse.get("/api/v1/me/notification-settings").await.expect(200).json();
    assert_eq!(same, kept, "nothing has changed");
    nurse.form("/menu/notifications", &[("mail", "off"), ("nonsense", "1")]).await.expect(400);
    let seven = json!({"mail": "off", "digest_at": "08:00", "quiet_hours": [null]});
    nurse.call("PUT", "/api/v1/me/notification-settings", seven).await.expect_code(422, "invalid");
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_are_set_on_the_page_by_name_and_only_ones_own() {
    let s = Scene::new().await;
    let page = s.w.as_(&s.nurse).get("/menu/notifications").await.expect(200).text();
    assert!(page.contains("小野寺 ハル子") && page.contains(&format!("level-{}", s.group)));
    let field = format!("level-{}", s.group);
    s.w.as_(&s.nurse).form("/menu/notifications/groups", &[(&field, "mine")]).await.expect(303);
    assert_eq!(s.rows("SELECT level FROM care.notification_level").await, ["mine"]);
    let stranger = s.w.staff(s.clinic, "jimu", "clerk").await;
    s.w.as_(&stranger).form("/menu/notifications/groups", &[(&field, "none")]).await.expect(404);
    assert!(!s.w.as_(&stranger).get("/menu/notifications").await.expect(200).text().contains("小野寺"));
    assert_eq!(s.rows("SELECT level FROM care.notification_level").await, ["mine"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_shows_what_became_of_it() {
    let s = Scene::new().await;
    let page = async || s.w.as_(&s.nurse).get("/menu/notifications").await.expect(200).text();
    let test = async || s.w.as_(&s.nurse).form("/menu/notifications/test", &[("channel", "push")]).await;
    assert!(!page().await.contains("試しの結果"));
    test().await.expect(303);
    assert!(page().await.contains("試しの結果：送っています"));
    test().await.expect(303);
    assert_eq!(s.send().await, 1, "two taps are one push");
    assert!(page().await.contains("お知らせのサービスが受け取りました"));
    let token = s.phone.open(&s.service.pushes()[0])["t"].as_str().expect("a token").to_owned();
    s.w.nobody().call("POST", "/push/confirmations", json!({"token": token})).await.expect(204);
    assert!(page().await.contains("試しの結果：この端末に届きました"));
    assert!(s.rows("SELECT id::text FROM care.interruption").await.is_empty(), "nobody was interrupted");
    // Where the device is not reached, the page says what to do first.
    let other = s.w.as_(&s.doctor).form("/menu/notifications/test", &[("channel", "push")]).await.expect(422);
    assert!(other.text().contains("先に「この端末で受け取る」"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_admin_counts_rings_of_the_own_staff_and_no_more() {
    let s = Scene::new().await;
    let clerk = s.w.staff(s.station, "jimu", "clerk").await;
    s.post("血圧 182/110").await;
    s.look_after(2).await;
    s.send().await;
    let page = s.w.as_(&s.nurse).get("/facility/interruptions").await.expect(200).text();
    assert!(page.contains(&s.nurse.name) && page.contains("1回") && page.contains(&clerk.name));
    assert!(!page.contains("小野寺") && !page.contains("血圧"));
    let csv = s.w.as_(&s.nurse).get("/facility/interruptions.csv").await.expect(200).text();
    assert!(csv.contains(&format!("\"{}\",\"看護師\",\"1\",\"1\",\"0\",\"0\"", s.nurse.name)), "{csv}");
    let before = s.w.as_(&s.nurse).get("/facility/interruptions?week=2026-01-07").await.expect(200).text();
    assert!(before.contains("1月5日〜1月11日") && !before.contains("1回<"));
    for path in ["/facility/interruptions", "/facility/interruptions.csv"] {
        s.w.as_(&clerk).get(path).await.expect(403);
    }
    let other = s.w.as_(&s.doctor).get("/facility/interruptions").await.expect(200).text();
    assert!(!other.contains(&s.nurse.name), "the clinic has no staff by this name");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_without_push_says_so() {
    let s = Scene::with(|config| config.push.private = true).await;
    let without = s.w.node_without_push().await;
    let page = without.as_(&s.nurse).get("/menu/notifications").await.expect(200).text();
    assert!(page.contains("この連携では、端末へのお知らせを使えません"));
    Phone::new().subscribe(&without, &s.nurse, &s.service).await.expect_code(422, "invalid");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_app_is_installable_and_its_parts_are_the_same_for_everybody() {
    let s = Scene::new().await;
    let manifest = s.w.nobody().get("/manifest.webmanifest").await.expect(200);
    assert_eq!(manifest.headers["content-type"], "application/manifest+json");
    let manifest = manifest.json();
    assert_eq!((manifest["scope"].as_str(), manifest["start_url"].as_str()), (Some("/"), Some("/")));
    for icon in manifest["icons"].as_array().expect("icons") {
        let image = s.w.nobody().get(icon["src"].as_str().expect("an address")).await.expect(200);
        assert_eq!(image.headers["content-type"], "image/png");
    }
    let worker = s.w.nobody().get("/sw.js").await.expect(200).text();
    assert_eq!(worker, s.w.as_(&s.nurse).get("/sw.js").await.expect(200).text());
    let kept = worker.lines().find_map(|l| l.strip_prefix("const ASSETS = ")?.strip_suffix(';'));
    let kept: Vec<String> = serde_json::from_str(kept.expect("the list")).expect("JSON");
    assert!(kept.len() > 20 && kept.iter().all(|address| address.starts_with("/assets/")), "{kept:?}");
    let offline = s.w.as_(&s.nurse).get("/offline").await.expect(200).text();
    assert!(offline.contains("つながりません") && !offline.contains(&s.nurse.name));
    let home = s.w.as_(&s.nurse).get("/").await.expect(200).text();
    assert!(
        home.contains("rel=\"manifest\" href=\"/manifest.webmanifest\"") && home.contains("apple-touch-icon")
    );
}
