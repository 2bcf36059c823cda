//! Receivers that are down, slow, gone or rude, and nodes that die.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use renkei::features::webhooks::send;
use serde_json::Value;

use super::{Scene, scene};

const OK: &str = "HTTP/1.1 200 OK\r\n";
const BROKEN: &str = "HTTP/1.1 503 Service Unavailable\r\n";

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_arrive_is_tried_again_under_its_id_and_arrives_once_the_receiver_is_up() {
    let s = scene().await;
    s.make(&["post.created"]).await;
    s.receiver.says(BROKEN);
    for _ in 0..3 {
        s.post().await;
    }
    assert_eq!(s.look().await, 3);
    assert_eq!(s.round_in(0).await, 1);
    assert_eq!(s.round_in(0).await, 0, "one that is down is asked once, not for every call that waits");
    let state = s.state().await;
    assert_eq!((state["failures"].as_i64(), state["waiting"].as_i64()), (Some(1), Some(3)));
    assert!(state["failing_since"].is_string() && state["held_until"].is_string());
    assert_eq!(s.round_in(6).await, 1, "after five seconds again");
    assert_eq!(s.round_in(12).await, 0, "then after 25");
    s.receiver.says(OK);
    let mut seconds = 40;
    while s.state().await["waiting"].as_i64() != Some(0) {
        s.round_in(seconds).await;
        seconds += 10;
        assert!(seconds < 400, "all arrive");
    }
    let mut ids: Vec<String> = s.receiver.got().iter().map(|g| g.header("webhook-id").to_owned()).collect();
    assert_eq!(ids.len(), 5, "two in vain, three that arrived");
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 3, "what is repeated keeps its id");
    let state = s.state().await;
    assert_eq!((state["failures"].as_i64(), state["failing_since"].as_str()), (Some(0), None));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_dies_with_a_call_in_hand_leaves_it_to_be_made_again_under_its_id() {
    let s = scene().await;
    s.make(&["post.created"]).await;
    s.receiver.says_after(OK, Duration::from_secs(60));
    s.post().await;
    s.look().await;
    let app = s.w.app.clone();
    let dying = tokio::spawn(async move { send::round(&app, Timestamp::now()).await });
    while s.receiver.count() == 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // The receiver has it, and nobody will ever note what it answers.
    dying.abort();
    dying.await.expect_err("it is dead");
    s.receiver.says(OK);
    assert_eq!(s.round_in(30).await, 0, "perhaps it is only slow");
    assert_eq!(s.state().await["calls"][0]["state"], "waiting");
    assert_eq!(s.round_in(61).await, 1);
    let got = s.receiver.got();
    assert_eq!(got.len(), 2, "at least once");
    assert_eq!(got[0].header("webhook-id"), got[1].header("webhook-id"));
    let state = s.state().await;
    assert_eq!(
        (state["calls"][0]["state"].as_str(), state["calls"][0]["tries"].as_i64()),
        (Some("delivered"), Some(2))
    );
    assert_eq!(state["calls"].as_array().expect("calls").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_takes_too_long_is_cut_off_and_keeps_nobody_waiting() {
    let s = scene().await;
    s.make(&["post.created"]).await;
    s.receiver.says_after(OK, Duration::from_secs(30));
    let began = std::time::Instant::now();
    s.happens().await;
    assert!(began.elapsed() < Duration::from_secs(10), "cut off after two seconds");
    let call = s.state().await["calls"][0].clone();
    assert_eq!((call["state"].as_str(), call["code"].as_str()), (Some("waiting"), Some("timed_out")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_is_gone_ends_it_and_the_admin_is_told() {
    let s = scene().await;
    let (hook, _) = s.make(&["post.created"]).await;
    s.happens().await;
    assert_eq!(s.receiver.count(), 1);
    let before = s.w.as_(&s.admin).get("/notices").await.expect(200).text();
    assert!(!before.contains("施設のWebhookが止まりました"));
    s.receiver.says("HTTP/1.1 410 Gone\r\n");
    s.post().await;
    s.post().await;
    s.look().await;
    s.round_in(0).await;
    let state = s.state().await;
    assert_eq!((state["off_why"].as_str(), state["waiting"].as_i64()), (Some("gone"), Some(0)));
    assert_eq!(s.round_in(3600).await, 0);
    s.post().await;
    assert_eq!(s.look().await, 0, "called no more");
    s.act(hook, "test", Value::Null).await.expect_code(409, "webhook_off");
    told(&s).await;
    s.receiver.says(OK);
    s.act(hook, "resumption", Value::Null).await.expect(204);
    let after = s.w.as_(&s.admin).get("/notices").await.expect(200).text();
    assert!(!after.contains("施設のWebhookが止まりました"));
    let count = s.receiver.count();
    assert_eq!(s.happens().await, 1);
    assert_eq!(s.receiver.count(), count + 1, "what happened meanwhile is not sent");
}

/// The admin has a notice and a live event of it; nobody else has.
async fn told(s: &Scene) {
    let page = s.w.as_(&s.admin).get("/notices").await.expect(200).text();
    assert!(page.contains("施設のWebhookが止まりました"));
    let other = s.w.as_(&s.doctor).get("/notices").await.expect(200).text();
    assert!(!other.contains("Webhook"));
    let told = "SELECT count(*) FROM care.event WHERE kind = 'notice' AND account_id = $1";
    let count: i64 = s.w.superuser().await.query_one(told, &[&s.admin.id]).await.expect("a count").get(0);
    assert!(count >= 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_five_days_without_one_arrival_it_stops_by_itself_and_a_call_is_given_up_after_three() {
    let s = scene().await;
    let (hook, _) = s.make(&["post.created"]).await;
    s.receiver.says(BROKEN);
    s.happens().await;
    let at = |hours| Timestamp::now() + SignedDuration::from_hours(hours);
    assert_eq!(send::round(&s.w.app, at(3 * 24 + 1)).await.expect("a round"), 1);
    let state = s.state().await;
    assert_eq!((state["calls"][0]["state"].as_str(), state["off_at"].as_str()), (Some("failed"), None));
    let page = s.w.as_(&s.admin).get("/facility/webhooks").await.expect(200).text();
    assert!(page.contains("届きませんでした") && page.contains("もう一度送る"));
    s.post().await;
    s.look().await;
    assert_eq!(send::round(&s.w.app, at(5 * 24 + 1)).await.expect("a round"), 1);
    assert_eq!(s.state().await["off_why"], "failing");
    told(&s).await;
    // By hand after it was resumed: the same call under the same id.
    s.act(hook, "resumption", Value::Null).await.expect(204);
    s.receiver.says(OK);
    let call = s.state().await["calls"][1]["id"].as_str().expect("an id").to_owned();
    s.act(hook, &format!("calls/{call}/resending"), Value::Null).await.expect(202);
    assert_eq!(s.round_in(0).await, 1);
    assert_eq!(s.receiver.last().header("webhook-id"), format!("msg_{call}"));
    s.act(hook, &format!("calls/{call}/resending"), Value::Null).await.expect_code(409, "not_failed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_is_followed_nowhere_a_refusal_is_final_and_what_a_receiver_says_is_kept_nowhere() {
    let s = scene().await;
    let (hook, _) = s.make(&["post.created"]).await;
    s.happens().await;
    assert_eq!(s.receiver.count(), 1, "the receiver works");
    for (head, code, state) in [
        ("HTTP/1.1 302 Found\r\nlocation: https://localhost/elsewhere\r\n", "redirected", "failed"),
        ("HTTP/1.1 401 Unauthorized\r\n", "refused_by_receiver", "failed"),
        ("HTTP/1.1 429 Too Many Requests\r\nretry-after: 600\r\n", "receiver_says_later", "waiting"),
    ] {
        s.receiver.says(head);
        let count = s.receiver.count();
        s.act(hook, "test", Value::Null).await.expect(202);
        assert_eq!(s.round_in(0).await, 1);
        let call = s.state().await["calls"][0].clone();
        assert_eq!((call["code"].as_str(), call["state"].as_str()), (Some(code), Some(state)));
        assert_eq!(s.receiver.count(), count + 1);
    }
    assert_eq!(s.round_in(500).await, 0, "it asked for ten minutes");
    assert_eq!(s.round_in(3700).await, 1);
    let db = s.w.superuser().await;
    let kept = "SELECT count(*) FROM sec.webhook_call x WHERE x::text LIKE '%BODY-OF%'";
    assert_eq!(db.query_one(kept, &[]).await.expect("a count").get::<_, i64>(0), 0);
    for path in ["/facility/webhooks", &s.path()] {
        let seen = s.w.as_(&s.admin).get(path).await.expect(200).text();
        assert!(!seen.contains("BODY-OF"), "{path}");
    }
}
