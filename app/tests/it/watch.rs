//! `/metrics`, readiness, the access line's source, and the monitoring files that name our metrics.

use std::collections::BTreeSet;

use axum::{body::Body, http::Request};
use http_body_util::BodyExt;
use renkei::watch;
use tower::ServiceExt;

use crate::world::World;

async fn metrics(w: &World, token: Option<&str>) -> (u16, String) {
    let mut request = Request::get("/metrics");
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let answer = watch::router(w.app.clone()).oneshot(request.body(Body::empty()).expect("a request")).await;
    let answer = answer.expect("the router is infallible");
    let status = answer.status().as_u16();
    let body = answer.into_body().collect().await.expect("a body").to_bytes();
    (status, String::from_utf8(body.to_vec()).expect("UTF-8"))
}

/// A node that has answered, failed, posted, and looked around once.
async fn busy() -> World {
    let w = World::new().await;
    let clinic = w.facility("clinic", "試験医院").await;
    let admin = w.admin(clinic, "kanri", "doctor").await;
    let group = w.group(&admin, &admin, "試験 一").await;
    w.as_(&admin).post(group, "ことば").await.expect(201);
    w.as_(&admin).get(&format!("/groups/{group}?before=x&secret=himitsu")).await;
    w.nobody().get("/nowhere/himitsu").await.expect(404);
    w.app.watch.certificate("app", jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24 * 30));
    let sql = "SELECT act.know_schedules(ARRAY['test']); SELECT act.schedule_started('test'); SELECT act.schedule_finished('test', 'done', true);
      SELECT act.enqueue('test', '{}', interval '1 hour', 1)";
    w.role("renkei_job").await.batch_execute(sql).await.expect("noted");
    watch::report(&w.app, "unknown", true).await.expect("a word");
    watch::sample(&w.app).await.expect("a sample");
    w
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_count_by_template_and_hold_no_id_no_name_and_no_query() {
    let w = busy().await;
    let (status, text) = metrics(&w, None).await;
    assert_eq!(status, 200);
    let counted = r#"renkei_requests_total{route="/api/v1/groups/{id}/posts",method="POST",status="2xx"} 1"#;
    assert!(
        text.contains(counted) && text.contains("renkei_posts_total 1") && text.ends_with("# EOF\n"),
        "{text}"
    );
    assert!(text.contains(r#"route="other""#));
    for private in ["試験", "kanri", "himitsu"] {
        assert!(!text.contains(private), "{private}: {text}");
    }
    let id = |word: &str| word.len() == 36 && word.bytes().filter(|b| *b == b'-').count() == 4;
    let words = text.split(|c: char| !(c.is_ascii_hexdigit() || c == '-'));
    assert_eq!(words.filter(|w| id(w)).collect::<Vec<_>>(), Vec::<&str>::new());
    // Never on the public door.
    w.nobody().get("/metrics").await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_ask_for_their_token() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("token");
    std::fs::write(&file, "a long token\n").expect("a file");
    let path = file.clone();
    let w = World::with(|config| config.watch.metrics_token_file = path).await;
    assert_eq!(metrics(&w, Some("a long token")).await.0, 200);
    assert_eq!(metrics(&w, Some("a long toke")).await.0, 401);
    assert_eq!(metrics(&w, None).await.0, 401);
    std::fs::write(&file, "").expect("a file");
    assert_eq!(metrics(&w, Some("")).await.0, 401, "an empty file lets nobody in");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_stops_is_not_ready_but_alive() {
    let w = World::new().await;
    w.nobody().get("/readyz").await.expect(200);
    w.app.watch.stop();
    w.nobody().get("/readyz").await.expect(503);
    w.nobody().get("/healthz").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_whose_folder_for_files_is_gone_is_not_ready() {
    let w = World::new().await;
    w.nobody().get("/readyz").await.expect(200);
    std::fs::remove_dir_all(&w.app.config.blobs).expect("gone");
    w.nobody().get("/readyz").await.expect(503);
}

/// Names as the exposition has them, with the endings of counters and histograms.
fn names(text: &str) -> BTreeSet<&str> {
    text.lines().filter(|l| !l.starts_with('#')).filter_map(|l| l.split(['{', ' ']).next()).collect()
}

/// Every `renkei_…` word of a file.
fn mentioned(text: &str) -> BTreeSet<&str> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    words.filter(|w| w.starts_with("renkei_")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_metric_of_the_dashboard_and_of_the_rules_is_there() {
    let w = busy().await;
    // Drills and backups are figures of a deployment that has had some.
    w.app.watch.metrics.deployment(
        [
            ("backup_age", "", 1.0),
            ("drill_age", "", 1.0),
            ("jobs_dead", "mail", 1.0),
            ("jobs_waiting", "mail", 1.0),
        ]
        .into_iter(),
    );
    let text = metrics(&w, None).await.1;
    let there = names(&text);
    assert!(there.contains("renkei_requests_total"), "{there:?}");
    for file in [
        include_str!("../../../deploy/monitoring/dashboard.json"),
        include_str!("../../../deploy/monitoring/rules.yml"),
    ] {
        let wanted = mentioned(file);
        assert!(wanted.len() > 8, "{wanted:?}");
        let missing: Vec<_> = wanted.difference(&there).collect();
        assert!(missing.is_empty(), "{missing:?} are not in {there:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_metrics_listener_answers_on_its_own_port() {
    let w = World::with(|config| config.watch.metrics_listen = "127.0.0.1:0".into()).await;
    let (address, task) = watch::serve(&w.app).await.expect("it listens").expect("it is wanted");
    assert!(address.ip().is_loopback());
    let stream = tokio::net::TcpStream::connect(address).await.expect("it answers");
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(hyper_util::rt::TokioIo::new(stream)).await.expect("HTTP");
    let driver = tokio::spawn(connection);
    let request =
        Request::get("/metrics").header("host", "localhost").body(Body::empty()).expect("a request");
    assert_eq!(sender.send_request(request).await.expect("an answer").status(), 200);
    driver.abort();
    task.abort();
}
