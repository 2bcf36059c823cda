//! Attacks on the door: learning who has an account, trying stolen passwords from everywhere, planting a session.

use std::{
    net::{IpAddr, SocketAddr},
    time::{Duration, Instant},
};

use axum::{body::Body, extract::ConnectInfo, http::Request};
use renkei::{auth::totp, features::recovery, jobs};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::world::{Answer, PASSWORD, Person, World, browser, id_of};

const WRONG: &str = "not-the-password";

/// What a stranger sees of an answer: status, headers and bytes, without what differs in every answer.
fn seen(answer: &Answer, typed: &str) -> String {
    let mut headers: Vec<String> = answer
        .headers
        .iter()
        .filter(|(name, _)| !["x-request-id", "content-security-policy", "date"].contains(&name.as_str()))
        .map(|(name, value)| format!("{name}: {}", value.to_str().expect("text")))
        .collect();
    headers.sort();
    let mut body = answer.text().replace(&format!("value=\"{typed}\""), "value=\"…\"");
    for mark in ["nonce=\"", "\"request_id\":\"", "<code>"] {
        let cut = |part: &str| part.split_once(['"', '<']).map_or(String::new(), |(_, rest)| rest.to_owned());
        let mut parts = body.split(mark);
        let first = parts.next().unwrap_or_default().to_owned();
        body = parts.fold(first, |text, part| text + mark + "…" + &cut(part));
    }
    format!("{}\n{}\n{body}", answer.status, headers.join("\n"))
}

/// One answer for all; else where the first two begin to differ.
#[track_caller]
fn alike(what: &str, found: &[String]) {
    for other in &found[1..] {
        let at = found[0].bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
        let around = |text: &str| {
            String::from_utf8_lossy(text.as_bytes().get(at.saturating_sub(40)..).unwrap_or_default())
                .chars()
                .take(120)
                .collect::<String>()
        };
        assert!(found[0] == *other, "{what}:\n{}\n{}", around(&found[0]), around(other));
    }
}

struct Door {
    w: World,
    nurse: Person,
}

/// Everybody whom the door must not tell apart, with the password that they would give. A page gives the ID back: all are as long.
const STRANGERS: [(&str, &str); 5] = [
    ("nurse-one", WRONG),
    ("nobody-88", WRONG),
    ("nobody-88", PASSWORD),
    ("suspended", PASSWORD),
    ("departed1", PASSWORD),
];

async fn door() -> Door {
    let w = World::new().await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    let admin = w.admin(clinic, "kanri", "clerk").await;
    let nurse = w.staff(clinic, "nurse-one", "nurse").await;
    let suspended = w.staff(clinic, "suspended", "nurse").await;
    let departed = w.staff(clinic, "departed1", "nurse").await;
    // Both could sign in before.
    for person in [&nurse, &suspended, &departed] {
        let totp = w.totp_now(person);
        let body = json!({"login_id": person.login_id, "password": PASSWORD, "totp": totp});
        w.nobody().call("POST", "/api/v1/session", body).await.expect(200);
    }
    let path = format!("/facility/staff/{}/suspension", suspended.id);
    w.as_(&admin).form(&path, &[("suspend", "yes")]).await.expect(303);
    let path = format!("/api/v1/facilities/{}/staff/{}/departure", clinic.id, departed.id);
    id_of(&w.as_(&admin).call("POST", &path, json!({"client_id": Uuid::new_v4()})).await.expect(200).json());
    Door { w, nurse }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_door_answers_byte_for_byte_alike_to_whoever_may_not_in() {
    let Door { w, .. } = door().await;
    // The comparison sees a difference where there is one: the right password is answered otherwise.
    let right = w.nobody().form("/sign-in", &[("login_id", "nurse-one"), ("password", PASSWORD)]).await;
    let wrong = w.nobody().form("/sign-in", &[("login_id", "nurse-one"), ("password", WRONG)]).await;
    assert_ne!(seen(&right, "nurse-one"), seen(&wrong, "nurse-one"));
    let (mut pages, mut answers, mut asked, mut asked_by_api) = (vec![], vec![], vec![], vec![]);
    for (login, password) in STRANGERS {
        let page = w.nobody().form("/sign-in", &[("login_id", login), ("password", password)]).await;
        pages.push(seen(&page.expect(401), login));
        let body = json!({"login_id": login, "password": password, "totp": "000000"});
        let answer = w.nobody().call("POST", "/api/v1/session", body).await;
        answers.push(seen(&answer.expect_code(401, "wrong_credentials"), login));
        let answer = w.nobody().form("/forgotten", &[("login_id", login)]).await.expect(303);
        asked.push(seen(&answer, login));
        let answer =
            w.nobody().call("POST", "/api/v1/forgotten", json!({"login_id": login})).await.expect(202);
        asked_by_api.push(seen(&answer, login));
    }
    for (what, found) in
        [("page", pages), ("API", answers), ("forgotten", asked), ("forgotten by API", asked_by_api)]
    {
        alike(what, &found);
    }
    // Having to wait tells nothing either.
    let mut held = vec![];
    for login in ["nurse-one", "nobody-99"] {
        for _ in 0..5 {
            w.nobody().form("/sign-in", &[("login_id", login), ("password", WRONG)]).await;
        }
        let answer =
            w.nobody().form("/sign-in", &[("login_id", login), ("password", WRONG)]).await.expect(429);
        held.push(seen(&answer, login));
    }
    alike("waiting", &held);
}

/// In how many of the rounds the first took longer: ½ where they cannot be told apart. Within one round both meet the same load.
fn longer(a: &[Duration], b: &[Duration]) -> f64 {
    let won: f64 = a.iter().zip(b).map(|(x, y)| if x > y { 1.0 } else { 0.0 }).sum();
    won / a.len() as f64
}

/// A loaded machine only ever adds time, so the quickest quarter tells of the work itself.
fn quick(samples: &[Duration]) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort();
    sorted[sorted.len() / 4].as_secs_f64()
}

const SAMPLES: usize = 40;
/// Under no difference at all the share of 40 rounds strays by 0.08; this is four times as much.
const ALIKE: std::ops::Range<f64> = 0.18..0.82;

#[tokio::test(flavor = "multi_thread")]
async fn the_time_of_an_answer_tells_nothing_and_an_answer_without_the_hash_would() {
    let Door { w, .. } = door().await;
    let superuser = w.superuser().await;
    let body = |login: &str| json!({"login_id": login, "password": WRONG});
    let timed = async |body: Value, status: u16| {
        let began = Instant::now();
        w.nobody().call("POST", "/api/v1/session", body).await.expect(status);
        began.elapsed()
    };
    // The deliberately early answer is one that the door has: whoever must wait is answered before any hash.
    let held = "INSERT INTO sec.attempt (id, at, login_hash, address_block)
        SELECT gen_random_uuid(), clock_timestamp(), sha256('renkei/login/v1|held-back'), 'x' FROM generate_series(1, 5)";
    let (mut known, mut unknown, mut suspended, mut early) = (vec![], vec![], vec![], vec![]);
    for round in 0..=SAMPLES {
        superuser.batch_execute("DELETE FROM sec.attempt").await.expect("nobody waits");
        superuser.batch_execute(held).await.expect("one waits");
        // Whoever comes first finds the machine colder: each is first in turn.
        let mut order = ["nurse-one", "nobody-88", "suspended"];
        order.rotate_left(round % 3);
        let mut took = std::collections::BTreeMap::new();
        for login in order {
            took.insert(login, timed(body(login), 401).await);
        }
        let d = timed(body("held-back"), 429).await;
        // The first round opens connections and prepares statements.
        if round > 0 {
            known.push(took["nurse-one"]);
            unknown.push(took["nobody-88"]);
            suspended.push(took["suspended"]);
            early.push(d);
        }
    }
    for (what, other) in [("unknown", &unknown), ("suspended", &suspended)] {
        let (rank, ratio) = (longer(&known, other), quick(&known) / quick(other));
        assert!(ALIKE.contains(&rank), "{what}: {rank}");
        assert!((0.67..1.5).contains(&ratio), "{what}: {ratio}");
    }
    let ratio = quick(&known) / quick(&early);
    assert!(ratio > 1.5, "an early answer would stand out: {ratio}");
}

#[tokio::test(flavor = "multi_thread")]
async fn asking_for_a_new_password_takes_the_same_time_and_a_letter_written_at_once_would_not() {
    let Door { w, nurse } = door().await;
    crate::recovery::reachable(&w, &nurse).await;
    let superuser = w.superuser().await;
    let ask = async |login: &str| w.nobody().form("/forgotten", &[("login_id", login)]).await.expect(303);
    let timed = async |login: &str| {
        let began = Instant::now();
        ask(login).await;
        began.elapsed()
    };
    let (mut known, mut unknown, mut at_once) = (vec![], vec![], vec![]);
    for round in 0..=SAMPLES {
        superuser.batch_execute("DELETE FROM sec.reset; DELETE FROM care.job").await.expect("forgotten");
        let first = if round % 2 == 0 { "nurse-one" } else { "nobody-88" };
        let second = if round % 2 == 0 { "nobody-88" } else { "nurse-one" };
        let (a, b) = (timed(first).await, timed(second).await);
        let (a, b) = if round % 2 == 0 { (a, b) } else { (b, a) };
        superuser.batch_execute("DELETE FROM sec.reset; DELETE FROM care.job").await.expect("forgotten");
        let began = Instant::now();
        ask("nurse-one").await;
        jobs::round(&w.app, &[recovery::LETTER]).await.expect("a round");
        if round > 0 {
            known.push(a);
            unknown.push(b);
            at_once.push(began.elapsed());
        }
    }
    let (rank, ratio) = (longer(&known, &unknown), quick(&known) / quick(&unknown));
    assert!(ALIKE.contains(&rank) && (0.67..1.5).contains(&ratio), "{rank}, {ratio}");
    let ratio = quick(&at_once) / quick(&unknown);
    assert!(ratio > 1.5, "work done at once would stand out: {ratio}");
}

/// A sign-in from an address, with the cookie of a device where the browser has one.
async fn knock(w: &World, from: IpAddr, device: Option<&str>, body: &Value) -> Answer {
    let mut request =
        Request::builder().method("POST").uri("/api/v1/session").header("host", "localhost:8080");
    request = request.header("content-type", "application/json");
    if let Some(device) = device {
        request = request.header("cookie", format!("__Host-renkei-device={device}"));
    }
    let request = request.extension(ConnectInfo(SocketAddr::from((from, 4000))));
    w.send(request.body(Body::from(body.to_string())).expect("a request")).await
}

/// The two pages of a sign-in, as one browser sends them with these cookies.
async fn by_pages(w: &World, cookies: &str, login: &str, code: &str) -> (Answer, Answer) {
    let form = |path: &str, cookies: String, fields: &[(&str, &str)]| {
        let request = Request::builder().method("POST").uri(path).header("host", "localhost:8080");
        let request = request
            .header("content-type", "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin")
            .header("cookie", cookies);
        request.body(Body::from(serde_urlencoded::to_string(fields).expect("a form"))).expect("a request")
    };
    let fields = [("login_id", login), ("password", PASSWORD)];
    let first = w.send(form("/sign-in", cookies.to_owned(), &fields)).await.expect(303);
    let pre = first.cookie("__Host-renkei-pre").expect("the way to the second page");
    let cookies = format!("{cookies}; __Host-renkei-pre={pre}");
    let second = w.send(form("/sign-in/code", cookies, &[("code", code)])).await;
    (first, second)
}

fn block(n: u8) -> IpAddr {
    IpAddr::from([10, 200, n, 7])
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_addresses_get_no_more_tries_at_one_account_and_keep_nobody_out() {
    let Door { w, nurse } = door().await;
    let superuser = w.superuser().await;
    superuser
        .batch_execute("DELETE FROM sec.attempt; UPDATE sec.credential SET totp_last_step = 0")
        .await
        .unwrap();
    let (_, second) = by_pages(&w, "a=b", "nurse-one", &w.totp_now(&nurse)).await;
    let device = second.expect(303).cookie("__Host-renkei-device").expect("a device of her own");

    let guess = json!({"login_id": "nurse-one", "password": WRONG});
    let mut checked = 0;
    for tens in 0..20 {
        let tries = (0..10).map(|n| knock(&w, block(tens * 10 + n), None, &guess));
        for answer in futures_util::future::join_all(tries).await {
            match answer.status.as_u16() {
                401 => checked += 1,
                429 => {}
                other => panic!("{other}"),
            }
        }
    }
    assert_eq!(checked, 5, "one count for the account, wherever they come from");
    // They wait as long as they are told to, for a whole hour: ten tries, whatever they do.
    let pass = "UPDATE sec.attempt SET at = at - interval '15 minutes' - interval '1 second'";
    for quarter in 0..3_u8 {
        superuser.batch_execute(pass).await.unwrap();
        for n in 0..50 {
            let status = knock(&w, block(quarter * 50 + n), None, &guess).await.status.as_u16();
            checked += u32::from(status == 401);
        }
    }
    assert!((8..=10).contains(&checked), "{checked} tries in the hour");
    // The person's own device was never in that queue, and keeps a count of its own.
    superuser.batch_execute("UPDATE sec.credential SET totp_last_step = 0").await.unwrap();
    let right = json!({"login_id": "nurse-one", "password": PASSWORD, "totp": w.totp_now(&nurse)});
    knock(&w, block(7), None, &right).await.expect(429);
    knock(&w, block(7), Some(&device), &right).await.expect(200);
    for _ in 0..5 {
        knock(&w, block(7), Some(&device), &guess).await.expect(401);
    }
    let held = knock(&w, block(7), Some(&device), &right).await.expect(429);
    let wait: u32 = held.headers["retry-after"].to_str().unwrap().parse().expect("seconds");
    assert!((30..=60).contains(&wait), "its first minute: {wait}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_address_block_gets_thirty_tries_a_minute_over_all_accounts() {
    let Door { w, nurse } = door().await;
    w.superuser().await.batch_execute("DELETE FROM sec.attempt").await.unwrap();
    let of = |n: u32| json!({"login_id": format!("stolen-{n}"), "password": WRONG});
    let mut checked = 0;
    for n in 0..45_u8 {
        // All from one /24.
        let from = IpAddr::from([10, 201, 0, n]);
        checked += u32::from(knock(&w, from, None, &of(n.into())).await.status.as_u16() == 401);
    }
    assert_eq!(checked, 30);
    let (inside, outside) = (IpAddr::from([10, 201, 0, 99]), IpAddr::from([10, 202, 0, 99]));
    let right = json!({"login_id": "nurse-one", "password": PASSWORD, "totp": totp::code_at(&nurse.secret, w.app.unix_seconds() + 30).unwrap()});
    knock(&w, inside, None, &right).await.expect(429);
    knock(&w, outside, None, &right).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_planted_cookie_never_becomes_the_session() {
    let Door { w, nurse } = door().await;
    let attacker = w.staff(nurse.facility, "attacker", "nurse").await;
    let me = async |token: &str| {
        let person = Person { token: token.to_owned(), ..nurse.clone() };
        w.as_(&person).get("/api/v1/me").await
    };
    let unburn = "DELETE FROM sec.attempt; UPDATE sec.credential SET totp_last_step = 0";
    for planted in ["A".repeat(43), attacker.token.clone()] {
        w.superuser().await.batch_execute(unburn).await.unwrap();
        let before = me(&planted).await.status;
        let cookies = format!("__Host-renkei={planted}");
        let (first, second) = by_pages(&w, &cookies, "nurse-one", &w.totp_now(&nurse)).await;
        assert_eq!(first.cookie("__Host-renkei"), None, "half a sign-in is no session");
        let second = second.expect(303);
        assert_ne!(second.cookie("__Host-renkei").expect("a session"), planted);
        let opened = browser(&second);
        assert_eq!(me(&opened).await.expect(200).json()["id"], json!(nurse.id));
        // The planted value is what it was: nothing, or the attacker's own.
        let after = me(&planted).await;
        assert_eq!(after.status, before);
        if after.status.as_u16() == 200 {
            assert_eq!(after.json()["id"], json!(attacker.id));
        }
    }
    // Nor does a planted first half: the victim's code does not complete the attacker's sign-in.
    w.superuser().await.batch_execute(unburn).await.unwrap();
    let fields = [("login_id", "attacker"), ("password", PASSWORD)];
    let half = w.nobody().form("/sign-in", &fields).await.expect(303);
    let pre = half.cookie("__Host-renkei-pre").expect("the way to the second page");
    let second = async |code: String| {
        let request = Request::builder().method("POST").uri("/sign-in/code").header("host", "localhost:8080");
        let request = request
            .header("content-type", "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin")
            .header("cookie", format!("__Host-renkei-pre={pre}"));
        w.send(request.body(Body::from(format!("code={code}"))).expect("a request")).await
    };
    second(w.totp_now(&nurse)).await.expect(401);
    let opened = second(w.totp_now(&attacker)).await.expect(303);
    assert_eq!(me(&browser(&opened)).await.expect(200).json()["id"], json!(attacker.id));
}
