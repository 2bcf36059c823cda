//! Devices: what a session is bound to, what a facility demands, who is let in, what a lost one ends.

mod certificates;
mod copies;
mod lost;
mod managed;
mod policy;

use axum::{body::Body, http::header};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::world::{Answer, Facility, PASSWORD, Person, World, browser_on, device_of};

/// Signs in through the pages with both factors, in a browser with this device cookie ("" for a fresh one).
async fn sign_in(w: &World, person: &Person, device: &str) -> Answer {
    sign_in_by(w, person, device, None).await
}

async fn sign_in_by(w: &World, person: &Person, device: &str, certificate: Option<&str>) -> Answer {
    // The code of this half minute may be burnt by an earlier sign-in of the test.
    let again = "UPDATE sec.credential SET totp_last_step = 0 WHERE account_id = $1";
    w.superuser().await.execute(again, &[&person.id]).await.expect("a fresh code");
    let first = post(
        w,
        "/sign-in",
        &[("login_id", &person.login_id), ("password", PASSWORD)],
        "",
        device,
        certificate,
    )
    .await;
    let location = first.headers.get("location").and_then(|l| l.to_str().ok()).unwrap_or_default();
    if !location.starts_with("/sign-in/code") {
        return first;
    }
    let pre = first.cookie("__Host-renkei-pre").unwrap_or_default();
    post(w, "/sign-in/code", &[("code", &w.totp_now(person))], &pre, device, certificate).await
}

async fn post(
    w: &World,
    path: &str,
    fields: &[(&str, &str)],
    pre: &str,
    device: &str,
    certificate: Option<&str>,
) -> Answer {
    let body = serde_urlencoded::to_string(fields).expect("a form");
    let client = match certificate {
        Some(fingerprint) => w.nobody().certified(fingerprint),
        None => w.nobody(),
    };
    let build = |b: axum::http::request::Builder| {
        b.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin")
            .header(header::USER_AGENT, "Mozilla/5.0 (Linux; Android 15) Mobile Chrome/130.0")
            .header(header::COOKIE, format!("__Host-renkei-pre={pre}; __Host-renkei-device={device}"))
            .body(Body::from(body))
            .expect("a request")
    };
    client.raw(build, "POST", path).await
}

/// The same person at a browser of their own.
async fn at_browser(w: &World, person: &Person, device: &str) -> Person {
    let answer = sign_in(w, person, device).await.expect(303);
    Person { token: browser_on(&answer, device), ..person.clone() }
}

/// The tie with another facility.
async fn also_at(w: &World, person: &Person, facility: Facility, admin: bool) {
    renkei::features::facilities::acts::add_staff(&w.app, facility.id, person.id, admin)
        .await
        .expect("a tie");
}

fn policy(managed: bool, idle: i64, hours: Value) -> Value {
    json!({"second_factor": "required", "managed_devices_only": managed, "idle_minutes": idle, "sign_in_hours": hours})
}

async fn set_policy(w: &World, admin: &Person, body: Value) -> Value {
    let path = format!("/api/v1/facilities/{}/sign-in-policy", admin.facility.id);
    w.as_(admin).call("PUT", &path, body).await.expect(200).json()
}

async fn devices(w: &World, admin: &Person) -> Vec<Value> {
    let path = format!("/api/v1/facilities/{}/devices", admin.facility.id);
    w.as_(admin).get(&path).await.expect(200).json()["items"].as_array().expect("items").clone()
}

/// The device of this person that the admin sees and that is in this state.
async fn device(w: &World, admin: &Person, person: &Person, state: &str) -> Uuid {
    let all = devices(w, admin).await;
    let found = all.iter().find(|d| d["account"]["id"] == person.id.to_string() && d["state"] == state);
    found.unwrap_or_else(|| panic!("no {state} device in {all:?}"))["id"]
        .as_str()
        .unwrap()
        .parse()
        .expect("an id")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_cookie_on_another_device_is_nothing() {
    let w = World::new().await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    let nurse = w.staff(clinic, "igarashi", "nurse").await;
    let at = at_browser(&w, &nurse, "").await;
    w.as_(&at).get("/api/v1/me").await.expect(200);
    w.as_(&at).get("/patients").await.expect(200);
    let (session, own) = at.token.split_once('~').expect("two cookies");
    let other = at_browser(&w, &nurse, "").await;
    assert_ne!(device_of(&other.token), own, "another browser, another device");
    for device in ["", "unknown", device_of(&other.token)] {
        let thief = Person { token: format!("{session}~{device}"), ..nurse.clone() };
        w.as_(&thief).get("/api/v1/me").await.expect_code(401, "not_signed_in");
        assert!(
            w.as_(&thief).get("/patients").await.expect(303).headers["location"]
                .to_str()
                .unwrap()
                .starts_with("/sign-in")
        );
    }
    // Nor does it pass for a bearer token.
    let bearer = Person { token: session.to_owned(), ..nurse.clone() };
    w.as_(&bearer).get("/api/v1/me").await.expect_code(401, "not_signed_in");
    w.as_(&at).get("/api/v1/me").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_people_at_one_pc_keep_its_device_and_not_each_others_sessions() {
    let w = World::new().await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    let (one, two) = (w.staff(clinic, "one", "nurse").await, w.staff(clinic, "two", "nurse").await);
    let first = at_browser(&w, &one, "").await;
    let pc = device_of(&first.token).to_owned();
    let second = at_browser(&w, &two, &pc).await;
    assert_eq!(device_of(&second.token), pc, "the browser keeps its token");
    let again = at_browser(&w, &one, &pc).await;
    assert_eq!(device_of(&again.token), pc);
    assert_eq!(w.as_(&again).get("/api/v1/me").await.expect(200).json()["id"], one.id.to_string());
    assert_eq!(w.as_(&second).get("/api/v1/me").await.expect(200).json()["id"], two.id.to_string());
    let own = w.as_(&again).get("/api/v1/me/devices").await.expect(200).json();
    let browsers = own["items"].as_array().unwrap().iter().filter(|d| d["kind"] == "phone").count();
    assert_eq!(browsers, 1, "one row for one browser: {own}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_has_a_name_of_its_owners_choice() {
    let w = World::new().await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    let (nurse, other) =
        (w.staff(clinic, "igarashi", "nurse").await, w.staff(clinic, "other", "nurse").await);
    let at = at_browser(&w, &nurse, "").await;
    let list = w.as_(&at).get("/api/v1/me/devices").await.expect(200).json();
    let current = list["items"].as_array().unwrap().iter().find(|d| d["current"] == true).expect("this one");
    assert_eq!((&current["kind"], &current["place"]), (&json!("phone"), &json!("試験クリニック")));
    let path = format!("/api/v1/me/devices/{}", current["id"].as_str().unwrap());
    w.as_(&at).call("PUT", &path, json!({"name": "わたしの電話"})).await.expect(204);
    assert!(w.as_(&at).get("/menu/devices").await.expect(200).text().contains("わたしの電話"));
    w.as_(&at).call("PUT", &path, json!({"name": " "})).await.expect_code(422, "invalid");
    w.as_(&at).call("PUT", &path, json!({"name": "x", "account_id": other.id})).await.expect(400);
    w.as_(&other).call("PUT", &path, json!({"name": "x"})).await.expect(404);
    let page = format!("/menu/devices/{}/name", current["id"].as_str().unwrap());
    let kept = w.as_(&at).form(&page, &[("name", "")]).await.expect(422).text();
    assert!(kept.contains("入力してください"), "{kept}");
}
