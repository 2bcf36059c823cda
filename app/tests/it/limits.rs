//! What the server takes and what not: each limit with the case that is allowed, first.

use std::{convert::Infallible, net::SocketAddr};

use axum::{
    body::{Body, Bytes},
    extract::ConnectInfo,
    http::{Request, header},
};
use futures_util::{StreamExt, stream};
use serde_json::json;
use uuid::Uuid;

use crate::world::{Answer, Client, Person, World};

async fn doctor(w: &World) -> Person {
    let clinic = w.facility("clinic", "試験クリニック").await;
    w.admin(clinic, "doctor", "doctor").await
}

async fn send(client: &Client<'_>, method: &str, path: &str, headers: &[(&str, &str)], body: Body) -> Answer {
    let build = |mut b: axum::http::request::Builder| {
        for (name, value) in headers {
            b = b.header(*name, *value);
        }
        b.header("sec-fetch-site", "same-origin").body(body).expect("a request")
    };
    client.raw(build, method, path).await
}

fn retry_after(answer: &Answer) -> u32 {
    answer.headers["retry-after"].to_str().expect("text").parse().expect("seconds")
}

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// Arrives in pieces, and then ends or never does.
fn pieces(parts: &'static [&'static str], ends: bool) -> Body {
    let came = stream::iter(parts).map(|part| Ok::<_, Infallible>(Bytes::from_static(part.as_bytes())));
    Body::from_stream(if ends { came.boxed() } else { came.chain(stream::pending()).boxed() })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_is_as_long_as_a_browsers_and_not_longer() {
    let w = World::new().await;
    let doctor = doctor(&w).await;
    let me = w.as_(&doctor);
    me.get("/api/v1/me?a=1").await.expect(200);
    me.get(&format!("/api/v1/me?{}", "a".repeat(4_000))).await.expect(200);
    me.get(&format!("/api/v1/me?{}", "a".repeat(5_000))).await.expect_code(414, "address_too_long");
    me.get(&format!("/api/v1/me?{}", "a&".repeat(70))).await.expect_code(414, "address_too_long");
    me.get(&format!("/api/v1/{}", "a".repeat(1_100))).await.expect_code(414, "address_too_long");

    let long = |bytes: usize| "x".repeat(bytes);
    for (bytes, status) in [(8_000, 200), (17_000, 431)] {
        let note = long(bytes);
        send(&me, "GET", "/api/v1/me", &[("x-note", note.as_str())], Body::empty()).await.expect(status);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_are_counted() {
    let w = World::new().await;
    let doctor = doctor(&w).await;
    let many = |count: usize| {
        let doctor = doctor.clone();
        let w = &w;
        async move {
            let build = |mut b: axum::http::request::Builder| {
                for i in 0..count {
                    b = b.header(format!("x-note-{i}"), "1");
                }
                b.body(Body::empty()).expect("a request")
            };
            w.as_(&doctor).raw(build, "GET", "/api/v1/me").await
        }
    };
    many(40).await.expect(200);
    many(70).await.expect_code(431, "headers_too_large");
}

#[tokio::test(flavor = "multi_thread")]
async fn deep_or_many_membered_bodies_are_refused_before_they_are_parsed() {
    let w = World::new().await;
    let doctor = doctor(&w).await;
    let group = w.group(&doctor, &doctor, "試験 太郎").await;
    let me = w.as_(&doctor);
    let path = format!("/api/v1/groups/{group}/posts");
    me.post(group, "[[[[[[[[[[[[[[[[[[[[ ふつうの文、,,,, {{{{").await.expect(201);
    let raw = |text: String| {
        let (me, path) = (me.clone(), path.clone());
        async move { send(&me, "POST", &path, &[("content-type", "application/json")], text.into()).await }
    };
    let nested = format!("{{\"body\":{}{}}}", "[".repeat(20), "]".repeat(20));
    raw(nested).await.expect_code(400, "too_deep_or_too_many");
    raw(format!("[{}1]", "1,".repeat(2_000))).await.expect_code(400, "too_deep_or_too_many");

    let fields = |count: usize| format!("body={}{}", "x", "&a=1".repeat(count));
    let form = |text: String| {
        let me = me.clone();
        async move { send(&me, "POST", "/lock", &[FORM], text.into()).await }
    };
    assert_ne!(form(fields(3)).await.status, 400);
    form(fields(2_000)).await.expect(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_is_as_large_as_the_largest_form_and_not_larger() {
    let w = World::new().await;
    let doctor = doctor(&w).await;
    let group = w.group(&doctor, &doctor, "試験 太郎").await;
    let me = w.as_(&doctor);
    let path = format!("/api/v1/groups/{group}/posts");
    let json = |bytes: usize| json!({"client_id": Uuid::new_v4(), "body": "a".repeat(bytes)});
    me.call("POST", &path, json(7_000)).await.expect(201);
    me.call("POST", &path, json(300_000)).await.expect_code(413, "too_large");
    me.call("POST", &path, json(900_000)).await.expect_code(413, "too_large");
    let declared = [("content-type", "application/json"), ("content-length", "900000")];
    send(&me, "POST", &path, &declared, pieces(&["{"], false)).await.expect_code(413, "too_large");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_stalls_is_cut_off_and_holds_nothing() {
    // No grace: a stream that has nothing ready stalls at once.
    let w = World::with(|c| {
        c.limits.body_grace_seconds = 0;
        c.limits.body_bytes_per_second = 1_000_000;
    })
    .await;
    let doctor = doctor(&w).await;
    let group = w.group(&doctor, &doctor, "試験 太郎").await;
    let me = w.as_(&doctor);
    let path = format!("/api/v1/groups/{group}/posts");
    let kind = [("content-type", "application/json")];
    let whole =
        pieces(&["{\"client_id\":\"0192d1c0-0000-7000-8000-000000000001\",", "\"body\":\"届いた\"}"], true);
    send(&me, "POST", &path, &kind, whole).await.expect(201);
    let cut = pieces(&["{\"client_id\":\"0192d1c0-0000-7000-8000-000000000002\",", "\"body\":\"と"], false);
    send(&me, "POST", &path, &kind, cut).await.expect_code(408, "too_slow");

    let form = send(&me, "POST", "/lock", &[FORM], pieces(&["next=", "%2F"], false)).await.expect(408);
    assert!(form.text().contains("時間がかかりすぎた"), "{}", form.text());

    let upload = [("content-type", "multipart/form-data; boundary=cut")];
    let head = "--cut\r\nContent-Disposition: form-data; name=\"class\"\r\n\r\nother\r\n--cut\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\n";
    let whole: &'static [&'static str] = Vec::leak(vec![head, "memo", "\r\n--cut--\r\n"]);
    let cut: &'static [&'static str] = Vec::leak(vec![head, "memo"]);
    send(&me, "POST", "/api/v1/files", &upload, pieces(whole, true)).await.expect(201);
    send(&me, "POST", "/api/v1/files", &upload, pieces(cut, false)).await.expect_code(408, "too_slow");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_asks_too_fast_waits_and_nobody_else_does() {
    let w = World::with(|c| (c.limits.session_per_second, c.limits.session_burst) = (1, 20)).await;
    let doctor = doctor(&w).await;
    let nurse = w.staff(doctor.facility, "nurse", "nurse").await;
    let me = w.as_(&doctor);
    let mut passed = 0;
    let refused = loop {
        let answer = me.get("/api/v1/me").await;
        if answer.status != 200 {
            break answer.expect_code(429, "too_many");
        }
        passed += 1;
        assert!(passed < 1_000, "a loop without a limit");
    };
    assert!(passed >= 20, "the burst passes: {passed}");
    assert!((1..=2).contains(&retry_after(&refused)));
    w.as_(&nurse).get("/api/v1/me").await.expect(200);
    // What was typed is shown again, on a page in plain words.
    let typed = loop {
        let fields = [("client_id", "x"), ("body", "打った文"), ("password", "himitsu")];
        let answer = me.form("/posts/x/correction", &fields).await;
        if answer.status == 429 {
            break answer;
        }
    };
    let page = typed.text();
    assert!(
        page.contains("少しお待ちください") && page.contains("打った文") && !page.contains("himitsu"),
        "{page}"
    );
    // Health checks are not counted, and who wants out gets out.
    me.get("/healthz").await.expect(200);
    me.call("DELETE", "/api/v1/session", json!(null)).await.expect(204);
}

/// A request as it comes over a connection from `peer`.
fn from(peer: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Request<Body> {
    let mut b = Request::builder().method(if body.is_empty() { "GET" } else { "POST" }).uri(path);
    b = b.header("host", "localhost:8080").header(header::CONTENT_TYPE, "application/json");
    for (name, value) in headers {
        b = b.header(*name, *value);
    }
    let peer: SocketAddr = format!("{peer}:40000").parse().expect("an address");
    b.extension(ConnectInfo(peer)).body(Body::from(body.to_owned())).expect("a request")
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_of_one_address_block_share_a_rate() {
    let w = World::with(|c| (c.limits.stranger_per_second, c.limits.stranger_burst) = (1, 10)).await;
    let mut passed = 0;
    while w.send(from("198.51.100.7", "/sign-in", &[], "")).await.status == 200 {
        passed += 1;
        assert!(passed < 1_000, "a loop without a limit");
    }
    assert!(passed >= 10, "{passed}");
    while w.send(from("198.51.100.8", "/sign-in", &[], "")).await.status == 200 {
        passed += 1;
        assert!(passed < 1_000, "a neighbour shares the block");
    }
    w.send(from("203.0.113.8", "/sign-in", &[], "")).await.expect(200);
    let doctor = doctor(&w).await;
    let token = format!("Bearer {}", doctor.token);
    w.send(from("198.51.100.7", "/api/v1/me", &[("authorization", &token)], "")).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relative_has_a_rate_of_her_own_and_gets_out() {
    let w = World::with(|c| (c.limits.stranger_per_second, c.limits.stranger_burst) = (1, 10)).await;
    let doctor = doctor(&w).await;
    let group = w.group(&doctor, &doctor, "試験 太郎").await;
    let kin = w.kin(&doctor, group, "mika", "family", "試験 美香").await;
    let cookie = format!("__Host-renkei-family={}", kin.token);
    let hers = [("cookie", cookie.as_str()), ("sec-fetch-site", "same-origin")];
    let page = format!("/family/{group}");
    w.send(from("198.51.100.7", &page, &hers, "")).await.expect(200);
    while w.send(from("198.51.100.7", "/sign-in", &[], "")).await.status == 200 {}
    // The strangers of her block have asked too fast, she has not.
    w.send(from("198.51.100.7", &page, &hers, "")).await.expect(200);
    let stranger = [("sec-fetch-site", "same-origin")];
    for _ in 0..5 {
        let out = w.send(from("198.51.100.7", "/family/sign-out", &stranger, "{}")).await;
        assert_ne!(out.status, 429, "a way out");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_bodies_of_one_address_fill_its_own_share_of_memory_and_others_still_get_in() {
    let w = World::with(|c| (c.limits.block_per_second, c.limits.block_burst) = (500, 5_000)).await;
    let json = r#"{"login_id":"nobody","password":"x"}"#;
    let slow = || {
        let begun = stream::iter([Ok::<_, Infallible>(Bytes::from_static(b"{"))]).chain(stream::pending());
        let (parts, _) = from("198.51.100.7", "/api/v1/session", &[], json).into_parts();
        w.send(Request::from_parts(parts, Body::from_stream(begun)))
    };
    w.send(from("198.51.100.7", "/api/v1/session", &[], json)).await.expect(401);
    let mut slow: futures_util::stream::FuturesUnordered<_> = (0..200).map(|_| slow()).collect();
    // Those that hold memory never end; the first one that is answered got none.
    slow.next().await.expect("one is refused").expect_code(503, "busy");
    w.send(from("198.51.100.8", "/api/v1/session", &[], json)).await.expect_code(503, "busy");
    w.send(from("203.0.113.8", "/api/v1/session", &[], json)).await.expect(401);
    drop(slow);
    w.send(from("198.51.100.8", "/api/v1/session", &[], json)).await.expect(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn ways_out_have_a_rate_of_their_own() {
    let w = World::with(|c| {
        (c.limits.stranger_per_second, c.limits.stranger_burst) = (1, 5);
        (c.limits.block_per_second, c.limits.block_burst) = (1, 40);
    })
    .await;
    while w.send(from("198.51.100.7", "/sign-in", &[], "")).await.status == 200 {}
    // Whoever has asked too fast still gets out, but not without end.
    let invented = [("authorization", "Bearer invented"), ("sec-fetch-site", "same-origin")];
    let mut passed = 0;
    let refused = loop {
        let answer = w.send(from("198.51.100.7", "/lock", &invented, "{}")).await;
        if answer.status == 429 {
            break answer;
        }
        passed += 1;
        assert!(passed < 1_000, "a loop without a limit");
    };
    assert!(passed >= 60, "{passed}");
    assert!(retry_after(&refused) >= 1);
    assert_ne!(w.send(from("203.0.113.8", "/lock", &invented, "{}")).await.status, 429);
}

#[tokio::test(flavor = "multi_thread")]
async fn too_much_work_is_refused_at_once_and_what_was_begun_is_finished() {
    let w = World::with(|c| (c.limits.in_work, c.limits.queue_millis) = (1, 0)).await;
    let doctor = doctor(&w).await;
    let nurse = w.staff(doctor.facility, "nurse", "nurse").await;
    let group = w.group(&doctor, &doctor, "試験 太郎").await;
    w.as_(&doctor).get("/api/v1/me").await.expect(200);

    let blocker = w.superuser().await;
    blocker.batch_execute("BEGIN; LOCK TABLE care.post IN EXCLUSIVE MODE").await.expect("a lock");
    let me = w.as_(&doctor);
    let begun = me.post(group, "待つ文");
    let others = async {
        let look = w.superuser().await;
        let waits =
            "SELECT count(*) FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_database d ON d.oid = l.database
            WHERE NOT l.granted AND d.datname = pg_catalog.current_database()";
        while look.query_one(waits, &[]).await.expect("a count").get::<_, i64>(0) == 0 {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        let refused = me.get("/api/v1/me").await.expect_code(503, "busy");
        assert!(retry_after(&refused) >= 1);
        let page = me.get("/groups").await.expect(503);
        assert!(page.text().contains("ただいま混み合っています"), "{}", page.text());
        me.get("/healthz").await.expect(200);
        me.get("/readyz").await.expect(200);
        w.as_(&nurse).call("DELETE", "/api/v1/session", json!(null)).await.expect(204);
        blocker.batch_execute("ROLLBACK").await.expect("the lock is gone");
    };
    let (posted, ()) = tokio::join!(begun, others);
    posted.expect(201);
    me.get("/api/v1/me").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_has_so_many_streams_and_a_closed_one_makes_room() {
    let w = World::with(|c| c.limits.streams_per_session = 2).await;
    let doctor = doctor(&w).await;
    let nurse = w.staff(doctor.facility, "nurse", "nurse").await;
    let open = async |who: &Person| w.listen(who, None).await;
    let (first, second) = (open(&doctor).await, open(&doctor).await);
    assert_eq!((first.status().as_u16(), second.status().as_u16()), (200, 200));
    let third = open(&doctor).await;
    assert_eq!(third.status().as_u16(), 429);
    assert_eq!(third.headers()["retry-after"], "30");
    assert_eq!(open(&nurse).await.status().as_u16(), 200);
    drop(first);
    assert_eq!(open(&doctor).await.status().as_u16(), 200);
}
