//! Who may, and what is written down of it.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{scene, step_up};
use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn making_one_is_the_admin_s_and_asks_again_who_it_is() {
    let s = scene().await;
    let body = s.wanting(&["post.created"]);
    let made = s.w.as_(&s.admin).call("POST", &s.path(), body.clone()).await.expect(201).json();
    let again = s.w.as_(&s.admin).call("POST", &s.path(), body.clone()).await.expect(200).json();
    assert_eq!((again["id"].clone(), again["secret"].clone()), (made["id"].clone(), Value::Null));
    let mut other = body;
    other["kinds"] = json!(["task.changed"]);
    s.w.as_(&s.admin).call("POST", &s.path(), other).await.expect_code(409, "client_id_used_before");
    s.w.as_(&s.doctor).call("POST", &s.path(), s.wanting(&["post.created"])).await.expect(403);
    s.w.as_(&s.doctor).get(&s.path()).await.expect(403);
    let hook: Uuid = made["id"].as_str().expect("an id").parse().expect("a UUID");
    let stale = "UPDATE sec.session SET stepped_up_at = NULL WHERE account_id = $1";
    s.w.superuser().await.execute(stale, &[&s.admin.id]).await.expect("time passes");
    let late = s.w.as_(&s.admin).call("POST", &s.path(), s.wanting(&["post.created"])).await;
    late.expect_code(403, "step_up_required");
    let fresh = json!({"client_id": Uuid::new_v4()});
    s.act(hook, "rotation", fresh).await.expect_code(403, "step_up_required");
    // Stopping is never made hard; going on is.
    s.act(hook, "stop", Value::Null).await.expect(204);
    s.act(hook, "resumption", Value::Null).await.expect_code(403, "step_up_required");
    step_up(&s.w, &s.admin).await;
    s.act(hook, "resumption", Value::Null).await.expect(204);
    for _ in 0..4 {
        s.make(&["post.created"]).await;
    }
    let sixth = s.w.as_(&s.admin).call("POST", &s.path(), s.wanting(&["post.created"])).await;
    sixth.expect_code(409, "too_many_webhooks");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_facility_s_admin_finds_nothing() {
    let s = scene().await;
    let (hook, _) = s.make(&["post.created"]).await;
    s.act(hook, "test", Value::Null).await.expect(202);
    let station = s.w.facility("visiting_nurse_station", "試験訪問看護").await;
    let other = s.w.admin(station, "betsu", "nurse").await;
    step_up(&s.w, &other).await;
    s.w.as_(&other).get(&s.path()).await.expect(404);
    let own = format!("/api/v1/facilities/{}/webhooks", station.id);
    assert_eq!(s.w.as_(&other).get(&own).await.expect(200).json()["items"], json!([]));
    for act in ["test", "stop", "resumption"] {
        let path = format!("{own}/{hook}/{act}");
        s.w.as_(&other).call("POST", &path, Value::Null).await.expect(404);
    }
    let body = json!({"client_id": Uuid::new_v4()});
    s.w.as_(&other).call("POST", &format!("{own}/{hook}/rotation"), body).await.expect(404);
    s.w.as_(&other).call("DELETE", &format!("{own}/{hook}"), Value::Null).await.expect(404);
    assert!(s.state().await["off_at"].is_null());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_act_stands_in_the_access_log() {
    let s = scene().await;
    let (hook, _) = s.make(&["post.created"]).await;
    s.act(hook, "test", Value::Null).await.expect(202);
    s.act(hook, "rotation", json!({"client_id": Uuid::new_v4()})).await.expect(201);
    s.act(hook, "stop", Value::Null).await.expect(204);
    s.act(hook, "resumption", Value::Null).await.expect(204);
    s.list().await;
    s.w.as_(&s.admin).call("DELETE", &format!("{}/{hook}", s.path()), Value::Null).await.expect(204);
    s.w.as_(&s.doctor).get(&s.path()).await.expect(403);
    let log = "SELECT act || ' ' || outcome FROM care.access_event WHERE act LIKE '%webhook%' ORDER BY at";
    let rows = s.w.superuser().await.query(log, &[]).await.expect("the log");
    let acts: Vec<String> = rows.iter().map(|r| r.get(0)).collect();
    let wanted = [
        "made_webhook done",
        "tested_webhook done",
        "rotated_webhook done",
        "stopped_webhook done",
        "resumed_webhook done",
        "viewed_webhooks done",
        "ended_webhook done",
        "viewed_webhooks refused",
    ];
    assert_eq!(acts, wanted);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_operator_lists_no_host_the_page_explains_itself_and_nothing_can_be_named() {
    let w = World::new().await;
    assert!(!w.app.config.webhooks.is_on());
    let clinic = w.facility("clinic", "試験クリニック").await;
    let admin = w.admin(clinic, "kanri", "clerk").await;
    step_up(&w, &admin).await;
    let page = w.as_(&admin).get("/facility/webhooks").await.expect(200).text();
    assert!(page.contains("いまはWebhookを使えません") && !page.contains("新しく登録する"));
    let url = "https://hook.example.jp/";
    let body = json!({"client_id": Uuid::new_v4(), "url": url, "kinds": ["post.created"]});
    w.as_(&admin).call("POST", &format!("/api/v1/facilities/{}/webhooks", clinic.id), body).await.expect(422);
}
