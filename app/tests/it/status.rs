//! The status: a real user through a real port, figures that survive the database, and work that is announced in time.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use renkei::{db::Access, features::status, web::ui::time};
use serde_json::json;
use uuid::Uuid;

use crate::world::World;

/// Waits for something that a task of the product does, and fails when it does not.
async fn until(what: &str, mut there: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !there().await {
        assert!(began.elapsed() < Duration::from_secs(60), "not within a minute: {what}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn number(w: &World, sql: &str) -> i64 {
    w.superuser().await.query_one(sql, &[]).await.expect("a number").get(0)
}

/// Minutes of the same slots, from `from` on.
async fn tell(w: &World, from: Timestamp, minutes: i32, reads: &str, writes: &str) {
    let sql = "INSERT INTO care.probe_minute SELECT m, 'test', $3, $4 FROM generate_series($1::timestamptz, $1::timestamptz + make_interval(mins => $2 - 1), '1 minute') m";
    let client = w.superuser().await;
    client.execute(sql, &[&from, &minutes, &reads, &writes]).await.expect("minutes");
}

const FULL: &str = "111111111111";

#[tokio::test(flavor = "multi_thread")]
async fn the_synthetic_user_comes_in_through_the_port_and_its_ticket_opens_nothing_else() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("its number").port();
    let w = World::with(|config| config.base_url = format!("http://localhost:{port}")).await;
    let service = renkei::router::router(w.app.clone());
    let server = tokio::spawn(async move { axum::serve(listener, service).await });
    let user = tokio::spawn(status::set_out(w.app.clone()));
    until("a read and a write were told", async || {
        status::last_words(&w.app).await.expect("told");
        number(&w, "SELECT count(*) FROM care.probe_minute WHERE reads ~ '1' AND writes ~ '1'").await > 0
    })
    .await;
    let page = w.nobody().get("/status").await.expect(200).text();
    assert!(page.contains("いま、使えています"), "{page}");
    assert_eq!(w.nobody().get("/api/v1/status").await.expect(200).json()["now"], "working");
    assert!(number(&w, "SELECT count(*) FROM care.synthetic_beat").await > 0);
    server.abort();
    until("the door is shut", async || {
        w.nobody().get("/api/v1/status").await.expect(200).json()["now"] == "down"
    })
    .await;
    user.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_beat_is_written_once_and_only_for_its_ticket() {
    let w = World::new().await;
    let ticket = "the-ticket-of-a-test";
    let hash = renkei::auth::token::hash(ticket);
    let node = Uuid::new_v4();
    let register = "SELECT act.register_synthetic($1, $2)";
    w.role("renkei_job").await.query(register, &[&node, &hash.as_slice()]).await.expect("registered");
    let call = async |method: &str, ticket: &str, body: serde_json::Value| {
        let bearer = format!("Bearer {ticket}");
        w.nobody().call_with(method, "/api/v1/synthetic", body, &[("authorization", &bearer)]).await
    };
    let beat = Uuid::now_v7();
    for _ in 0..2 {
        call("POST", ticket, json!({"client_id": beat})).await.expect(204);
    }
    let there = call("GET", ticket, serde_json::Value::Null).await.expect(200).json();
    assert_eq!(there, json!([beat]));
    // To everybody else nothing is there.
    call("POST", "another", json!({"client_id": Uuid::now_v7()})).await.expect(404);
    call("GET", "another", serde_json::Value::Null).await.expect(404);
    w.nobody().get("/api/v1/synthetic").await.expect(404);
    assert_eq!(number(&w, "SELECT count(*) FROM care.synthetic_beat").await, 1);
    // The ticket is no session.
    let bearer = format!("Bearer {ticket}");
    w.nobody()
        .call_with("GET", "/api/v1/groups", serde_json::Value::Null, &[("authorization", &bearer)])
        .await
        .expect(401);
    // The service mode holds for it as for people.
    let mode = async |mode: &str| {
        let sql = "SELECT act.set_mode(NULL, $1, '試験', NULL)";
        w.role("renkei_job").await.query(sql, &[&mode]).await.expect("a mode");
    };
    mode("read_only").await;
    call("GET", ticket, serde_json::Value::Null).await.expect(200);
    call("POST", ticket, json!({"client_id": Uuid::now_v7()})).await.expect(503);
    mode("stopped").await;
    call("GET", ticket, serde_json::Value::Null).await.expect(503);
    mode("normal").await;
    call("POST", ticket, json!({"client_id": Uuid::now_v7()})).await.expect(204);
    // And so does a clock in doubt.
    let machine = w.role("renkei_job").await;
    let vouch = "SELECT act.mark_clock('m', 1000); SELECT pg_advisory_lock(2022, hashtext('m'))";
    machine.batch_execute(vouch).await.expect("a mark");
    let doubt = "UPDATE sec.clock_mark SET at = at - interval '1 hour'";
    w.superuser().await.batch_execute(doubt).await.expect("doubt");
    call("POST", ticket, json!({"client_id": Uuid::now_v7()})).await.expect(503);
    call("GET", ticket, serde_json::Value::Null).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn days_that_are_over_are_closed_once_from_what_was_told() {
    let w = World::new().await;
    // Between two days, some weeks ago.
    let first = time::day_of(Timestamp::now() - SignedDuration::from_hours(24 * 18));
    let midnight = time::end_of_day(first).expect("a day ends");
    let (first, second) = (first.to_string(), time::day_of(midnight).to_string());
    // Ten minutes on the first evening, one of them without writing; the next day nobody set out at all.
    tell(&w, midnight - SignedDuration::from_mins(10), 9, FULL, FULL).await;
    tell(&w, midnight - SignedDuration::from_mins(1), 1, FULL, "xxxxxxxxxxxx").await;
    let now = midnight + SignedDuration::from_hours(30);
    // Not while the database's clock is in doubt.
    let machine = w.role("renkei_job").await;
    let vouch = "SELECT act.mark_clock('m', 1000); SELECT pg_advisory_lock(2022, hashtext('m'))";
    machine.batch_execute(vouch).await.expect("a mark");
    let doubt = "UPDATE sec.clock_mark SET at = at - interval '1 hour'";
    w.superuser().await.batch_execute(doubt).await.expect("doubt");
    assert!(status::close_days(&w.app, now).await.is_err());
    w.superuser().await.batch_execute("DELETE FROM sec.clock_mark").await.expect("no doubt");
    assert_eq!(status::close_days(&w.app, now).await.expect("closed"), 2);
    let row = async |day: &str, kind: &str| -> (i64, i64, i64) {
        let sql = "SELECT asked, at_once, longest_seconds::bigint FROM care.availability_day WHERE day = $1::text::date AND kind = $2";
        let r = w.superuser().await.query_one(sql, &[&day, &kind]).await.expect("a day");
        (r.get(0), r.get(1), r.get(2))
    };
    assert_eq!(row(&first, "read").await, (120, 120, 0));
    assert_eq!(row(&first, "write").await, (120, 108, 60));
    // A day of silence is a day of outage: 17,280 slots.
    assert_eq!(row(&second, "read").await, (17_280, 0, 86_400));
    // What was closed stays as it is, whatever is told afterwards.
    tell(&w, midnight, 1, FULL, FULL).await;
    assert_eq!(status::close_days(&w.app, now).await.expect("again"), 0);
    assert_eq!(row(&second, "read").await, (17_280, 0, 86_400));
    // A day that is not over by the database's clock is not closed, whatever the node's clock says.
    let ahead = Timestamp::now() + SignedDuration::from_hours(24 * 5);
    assert!(status::close_days(&w.app, ahead).await.is_err());
    let superuser = w.superuser().await;
    let change =
        superuser.execute("UPDATE care.availability_day SET within = asked, at_once = asked", &[]).await;
    assert!(change.is_err(), "nobody makes a closed day better");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_status_answers_without_a_database_and_after_a_start_without_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let copy = folder.path().join("status");
    let w = World::with(|config| config.status.copy = copy.clone()).await;
    let now = Timestamp::now();
    tell(&w, now - SignedDuration::from_mins(30), 20, "11111111111x", FULL).await;
    let keeper = tokio::spawn(status::keep_board(w.app.clone()));
    until("the copy is there", async || {
        copy.join("index.html").exists() && copy.join("status.json").exists()
    })
    .await;
    keeper.abort();
    let page = w.nobody().get("/status").await.expect(200).text();
    let (year, month) = (
        now.to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::offset(9))).year(),
        now.to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::offset(9))).month(),
    );
    let named = format!("{year}年{month}月");
    assert!(page.contains(&named), "{page}");
    // Another node, started while there is no database at all.
    let nowhere = || "host=/nonexistent dbname=none user=nobody".parse().expect("a URL");
    let access = Access {
        app: nowhere(),
        auth: nowhere(),
        job: nowhere(),
        operator: None,
        family: None,
        sealer: None,
        connections: 2,
        tls: renkei::db::Tls::default(),
    };
    let dark = w.node_with(|_| {}, access).await;
    dark.nobody().get("/readyz").await.expect(503);
    let page = dark.nobody().get("/status").await.expect(200).text();
    assert!(page.contains(&named) && page.contains("いまの様子を確かめています"), "{page}");
    let body = dark.nobody().get("/api/v1/status").await.expect(200).json();
    assert_eq!((body["now"].as_str(), body["months"].as_array().map(Vec::len)), (Some("unknown"), Some(1)));
    let kept = std::fs::read_to_string(copy.join("index.html")).expect("the copy");
    assert!(kept.contains(&named) && kept.contains("サーバーが答えていません"));
}

#[tokio::test(flavor = "multi_thread")]
async fn work_counts_apart_only_when_it_was_announced_a_day_before() {
    let w = World::new().await;
    let operator = w.operator("unei").await;
    let local = |at: Timestamp| {
        at.to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::offset(9))).strftime("%Y-%m-%dT%H:%M").to_string()
    };
    let (soon, later) = (
        Timestamp::now() + SignedDuration::from_hours(25),
        Timestamp::now() + SignedDuration::from_hours(26),
    );
    let plan = async |id: &str, from: Timestamp, to: Timestamp, what: &str| {
        let (from, to) = (local(from), local(to));
        operator.form("/operator/works", &[("id", id), ("from", &from), ("to", &to), ("what", what)]).await
    };
    let id = Uuid::now_v7().to_string();
    plan(&id, soon, later, "システムの更新").await.expect(303);
    // Pressed twice it is one; another text under the same id is refused, and stays on the page.
    plan(&id, soon, later, "システムの更新").await.expect(303);
    let refused = plan(&id, soon, later, "別の作業").await.expect(422).text();
    assert!(refused.contains("別の作業"), "what was typed stays");
    assert_eq!(number(&w, "SELECT count(*) FROM care.planned_work").await, 1);
    let past = plan(
        &Uuid::now_v7().to_string(),
        Timestamp::now() + SignedDuration::from_hours(20),
        later,
        "あとから",
    )
    .await
    .expect(422)
    .text();
    assert!(past.contains("24時間より先") && past.contains("あとから"));
    // Past the page, too.
    let sql =
        "SELECT op.plan_work(gen_random_uuid(), now() + interval '1 minute', now() + interval '1 hour', 'x')";
    assert!(w.role("renkei_operator").await.execute(sql, &[]).await.is_err());
    status_page_names(&w, "システムの更新", true).await;
    operator.form(&format!("/operator/works/{id}/end"), &[]).await.expect(303);
    status_page_names(&w, "システムの更新", false).await;
    let log = operator.get("/operator/log").await.expect(200).text();
    assert!(log.contains("作業の予定を知らせた") && log.contains("取りやめた"));
}

async fn status_page_names(w: &World, what: &str, there: bool) {
    let known = status::gather(&w.app, Timestamp::now()).await.expect("gathered");
    assert_eq!(known.works.iter().any(|work| work.what == what), there);
}
