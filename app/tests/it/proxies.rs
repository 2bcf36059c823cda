//! Whose word about the caller's address is believed, and what the address block's count does and does not hold back.

use std::net::SocketAddr;

use axum::{
    body::Body,
    extract::ConnectInfo,
    http::{Request, header},
};
use renkei::config::{Config, ForwardedBy};
use serde_json::json;

use crate::world::{Answer, PASSWORD, Person, World};

const SECRET: &str = "0123456789abcdef0123456789abcdef";
const OLD_SECRET: &str = "fedcba9876543210fedcba9876543210";

async fn behind_a_front(header: ForwardedBy) -> (World, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("front.secret");
    std::fs::write(&file, format!("{SECRET}\n{OLD_SECRET}\n")).expect("a secret");
    let change = |c: &mut Config| {
        c.proxy.trusted = vec!["127.0.0.1/32".parse().unwrap(), "10.0.0.0/8".parse().unwrap()];
        c.proxy.secret_file = file;
        c.proxy.header = header;
    };
    (World::with(change).await, folder)
}

fn request(peer: &str, headers: &[(&str, &str)], path: &str, kind: &str, body: String) -> Request<Body> {
    let mut b = Request::builder().method("POST").uri(path).header("host", "localhost:8080");
    b = b.header(header::CONTENT_TYPE, kind).header("sec-fetch-site", "same-origin");
    for (name, value) in headers {
        b = b.header(*name, *value);
    }
    let peer: SocketAddr = format!("{peer}:40000").parse().expect("an address");
    b.extension(ConnectInfo(peer)).body(Body::from(body)).expect("a request")
}

/// The address block under which a try to sign in was counted.
async fn counted(w: &World, peer: &str, headers: &[(&str, &str)]) -> String {
    let body = json!({"login_id": "nobody-here", "password": "wrong-wrong"}).to_string();
    let superuser = w.superuser().await;
    superuser.batch_execute("DELETE FROM sec.attempt").await.expect("no tries");
    let answer = w.send(request(peer, headers, "/api/v1/session", "application/json", body)).await;
    answer.expect_code(401, "wrong_credentials");
    let sql = "SELECT address_block FROM sec.attempt";
    superuser.query_one(sql, &[]).await.expect("one try").get(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_front_that_proves_itself_names_the_caller() {
    let (w, _folder) = behind_a_front(ForwardedBy::XForwardedFor).await;
    let proved = ("x-renkei-front", SECRET);
    let named = ("x-forwarded-for", "198.51.100.7");
    assert_eq!(counted(&w, "127.0.0.1", &[proved, named]).await, "198.51.100.0/24");
    assert_eq!(counted(&w, "127.0.0.1", &[("x-renkei-front", OLD_SECRET), named]).await, "198.51.100.0/24");
    let forged = ("x-forwarded-for", "192.0.2.66, 198.51.100.7, 10.1.1.1");
    assert_eq!(counted(&w, "127.0.0.1", &[proved, forged]).await, "198.51.100.0/24");
    let two_lines = [proved, ("x-forwarded-for", "192.0.2.66"), ("x-forwarded-for", "198.51.100.7")];
    assert_eq!(counted(&w, "127.0.0.1", &two_lines).await, "198.51.100.0/24");
    assert_eq!(counted(&w, "127.0.0.1", &[proved]).await, "127.0.0.0/24");
    let other = ("forwarded", "for=192.0.2.66");
    assert_eq!(
        counted(&w, "127.0.0.1", &[proved, named, other]).await,
        "198.51.100.0/24",
        "one header is read"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_are_believed_nothing() {
    let (w, _folder) = behind_a_front(ForwardedBy::XForwardedFor).await;
    let named = ("x-forwarded-for", "198.51.100.7");
    assert_eq!(counted(&w, "127.0.0.1", &[("x-renkei-front", SECRET), named]).await, "198.51.100.0/24");
    assert_eq!(counted(&w, "127.0.0.1", &[named]).await, "127.0.0.0/24", "no secret");
    let wrong = ("x-renkei-front", "0123456789abcdef0123456789abcdeF");
    assert_eq!(counted(&w, "127.0.0.1", &[wrong, named]).await, "127.0.0.0/24", "a wrong secret");
    let elsewhere = counted(&w, "203.0.113.9", &[("x-renkei-front", SECRET), named]).await;
    assert_eq!(elsewhere, "203.0.113.0/24", "the secret from another network");

    let plain = World::new().await;
    assert_eq!(counted(&plain, "127.0.0.1", &[("x-renkei-front", SECRET), named]).await, "127.0.0.0/24");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_standard_header_is_read_where_it_is_chosen() {
    let (w, _folder) = behind_a_front(ForwardedBy::Forwarded).await;
    let proved = ("x-renkei-front", SECRET);
    let named = ("forwarded", "for=192.0.2.66, for=\"[2001:db8:7:1::5]:4711\";proto=https");
    assert_eq!(counted(&w, "10.0.0.3", &[proved, named]).await, "2001:db8:7::/48");
    let old = ("x-forwarded-for", "198.51.100.7");
    assert_eq!(counted(&w, "10.0.0.3", &[proved, old]).await, "10.0.0.0/24");
}

// ---- The count of the block ----------------------------------------------------------------------------

const HERE: &str = "198.51.100.7";
const ELSEWHERE: &str = "203.0.113.9";

async fn form(w: &World, peer: &str, cookies: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
    let body = serde_urlencoded::to_string(fields).expect("a form");
    w.send(request(peer, &[("cookie", cookies)], path, "application/x-www-form-urlencoded", body)).await
}

async fn first(w: &World, peer: &str, cookies: &str, person: &Person) -> Answer {
    form(w, peer, cookies, "/sign-in", &[("login_id", &person.login_id), ("password", PASSWORD)]).await
}

async fn second(w: &World, peer: &str, cookies: &str, person: &Person) -> Answer {
    form(w, peer, cookies, "/sign-in/code", &[("code", &w.totp_now(person))]).await
}

fn cookie(answer: &Answer, name: &str) -> String {
    let lines = answer.headers.get_all("set-cookie").iter().filter_map(|v| v.to_str().ok());
    let found = lines.filter_map(|v| v.split(';').next()).find(|v| v.starts_with(&format!("{name}=")));
    found.expect("a cookie").to_owned()
}

/// Thirty wrong tries of strangers at the same address block.
async fn strangers_guess(w: &World) {
    let sql = "INSERT INTO sec.attempt (id, at, login_hash, address_block)
        SELECT pg_catalog.gen_random_uuid(), pg_catalog.clock_timestamp(), pg_catalog.decode(pg_catalog.md5(n::text), 'hex'), '198.51.100.0/24'
        FROM pg_catalog.generate_series(1, 30) n";
    assert_eq!(w.superuser().await.execute(sql, &[]).await.expect("tries"), 30);
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_from_one_block_hold_back_its_strangers_alone() {
    let w = World::new().await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    let (known, half, new) = (
        w.staff(clinic, "known", "nurse").await,
        w.staff(clinic, "half", "nurse").await,
        w.staff(clinic, "new", "nurse").await,
    );
    // Before: everybody gets in from here, and a device becomes known.
    let pre = cookie(&first(&w, HERE, "", &known).await.expect(303), "__Host-renkei-pre");
    let device = cookie(&second(&w, HERE, &pre, &known).await.expect(303), "__Host-renkei-device");
    let pre = cookie(&first(&w, HERE, "", &half).await.expect(303), "__Host-renkei-pre");

    strangers_guess(&w).await;
    first(&w, HERE, "", &new).await.expect(429);
    first(&w, ELSEWHERE, "", &new).await.expect(303);
    first(&w, HERE, &device, &known).await.expect(303);
    second(&w, HERE, &pre, &half).await.expect(303);
    first(&w, HERE, &device, &new).await.expect(429);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ward_that_signs_in_at_the_same_minute_does_not_hold_itself_back() {
    let w = World::new().await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    let late = w.staff(clinic, "late", "nurse").await;
    let one = w.staff(clinic, "one", "nurse").await;
    first(&w, HERE, "", &one).await.expect(303);
    // Thirty more with the right password, who are looking for their phones.
    strangers_guess(&w).await;
    first(&w, HERE, "", &late).await.expect(429);
    let halves = "INSERT INTO sec.pre_sign_in (token_hash, account_id, attempt_id, expires_at)
        SELECT pg_catalog.decode(pg_catalog.md5(a.id::text), 'hex'), $1, a.id, pg_catalog.clock_timestamp() + interval '5 minutes'
        FROM sec.attempt a WHERE NOT a.ok AND NOT EXISTS (SELECT 1 FROM sec.pre_sign_in p WHERE p.attempt_id = a.id)";
    assert_eq!(w.superuser().await.execute(halves, &[&one.id]).await.expect("halves"), 30);
    first(&w, HERE, "", &late).await.expect(303);
}
