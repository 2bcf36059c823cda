//! Passkeys: enrolment, signing in, the second step, the list; and whatever a dishonest browser may send.

use futures_util::future::join_all;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::world::{
    Answer, PASSWORD, Person, World,
    authenticator::Authenticator,
    browser::{Browser, SESSION},
};

const CHALLENGE: &str = "/api/v1/session/passkey/challenge";

async fn world_with_nurse() -> (World, Person) {
    let w = World::new().await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    let nurse = w.staff(clinic, "igarashi", "nurse").await;
    (w, nurse)
}

async fn add(w: &World, person: &Person, name: &str) -> (Authenticator, Uuid) {
    let mut key = Authenticator::new();
    let options =
        w.as_(person).call("POST", "/api/v1/me/passkeys/challenge", Value::Null).await.expect(200).json();
    let id = Uuid::new_v4();
    let body = json!({"client_id": id, "name": name, "passkey": key.create(&options)});
    let added = w.as_(person).call("POST", "/api/v1/me/passkeys", body.clone()).await.expect(201).json();
    assert_eq!((&added["name"], &added["id"]), (&json!(name), &json!(id)));
    w.as_(person).call("POST", "/api/v1/me/passkeys", body).await.expect(200);
    (key, id)
}

async fn challenge(browser: &Browser<'_>, purpose: &str) -> Value {
    browser.call("POST", CHALLENGE, &json!({"for": purpose})).await.expect(200).json()
}

async fn send(browser: &Browser<'_>, purpose: &str, passkey: &Value) -> Answer {
    browser.call("POST", "/api/v1/session/passkey", &json!({"for": purpose, "passkey": passkey})).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_alone_signs_in_as_two_kinds_of_factor() {
    let (w, nurse) = world_with_nurse().await;
    let (mut key, id) = add(&w, &nurse, "自分のスマートフォン").await;
    let browser = w.browser();
    let options = challenge(&browser, "sign_in").await;
    assert_eq!(options["publicKey"]["allowCredentials"], json!([]), "nobody is known yet");
    let answer = key.get(&options);
    let opened = send(&browser, "sign_in", &answer).await.expect(200).json();
    assert_eq!(opened["account_id"], json!(nurse.id));
    let me = browser.get("/api/v1/me").await.expect(200).json();
    assert_eq!(me["factors"], json!(["have", "are"]));
    let mine = browser.get("/api/v1/me/passkeys").await.expect(200).json();
    assert!(mine["items"][0]["last_used_at"].is_string(), "{mine}");

    // By the form of the page too; and the list can be read and renamed.
    let page = w.browser();
    let answer = key.get(&challenge(&page, "sign_in").await).to_string();
    let there = page.form("/sign-in/passkey", &[("passkey", &answer), ("next", "/groups")]).await.expect(303);
    assert_eq!(there.headers["location"], "/groups");
    let path = format!("/api/v1/me/passkeys/{id}");
    page.call("PUT", &path, &json!({"name": "職場のタブレット"})).await.expect(204);
    assert!(page.get("/menu/passkeys").await.expect(200).text().contains("職場のタブレット"));
    page.call("PUT", &path, &json!({"name": "x".repeat(61)})).await.expect_code(422, "invalid");
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_wrong_the_answer_is_one() {
    let (w, nurse) = world_with_nurse().await;
    let other = w.staff(nurse.facility, "other", "nurse").await;
    let (mut key, _) = add(&w, &nurse, "一つめ").await;
    let (mut second, second_id) = add(&w, &nurse, "二つめ").await;
    let (mut others, _) = add(&w, &other, "ほかの人").await;

    let fine = w.browser();
    let answer = key.get(&challenge(&fine, "sign_in").await);
    let jar = fine.cookies.lock().unwrap().clone();
    send(&fine, "sign_in", &answer).await.expect(200);

    let mut texts = Vec::new();
    let superuser = w.superuser().await;
    let mut refused = async |browser: &Browser<'_>, answer: &Value, what: &str| {
        // The count of tries is another test's matter.
        superuser.execute("DELETE FROM sec.attempt", &[]).await.expect("a day later");
        let got = send(browser, "sign_in", answer).await;
        assert_eq!(got.status, 401, "{what}: {}", got.text());
        assert!(browser.cookie(SESSION).is_none(), "{what}");
        let mut text = got.json();
        text["request_id"] = Value::Null;
        texts.push(text);
    };
    let replay = w.browser();
    *replay.cookies.lock().unwrap() = jar;
    refused(&replay, &answer, "the same answer again").await;

    let (here, there) = (w.browser(), w.browser());
    let options = challenge(&here, "sign_in").await;
    challenge(&there, "sign_in").await;
    refused(&there, &key.get(&options), "a challenge of another browser").await;

    let browser = w.browser();
    let mut stranger = Authenticator::new();
    stranger.handle = nurse.id.as_bytes().to_vec();
    refused(&browser, &stranger.get(&challenge(&browser, "sign_in").await), "a passkey that nobody has")
        .await;
    stranger.id = key.id.clone();
    refused(&browser, &stranger.get(&challenge(&browser, "sign_in").await), "another key under its id").await;

    key.verifies = false;
    refused(&browser, &key.get(&challenge(&browser, "sign_in").await), "no finger, no PIN").await;
    key.verifies = true;
    key.origin = "http://localhost:8081".into();
    refused(&browser, &key.get(&challenge(&browser, "sign_in").await), "another origin").await;
    key.origin = "http://localhost:8080".into();
    key.handle = other.id.as_bytes().to_vec();
    refused(&browser, &key.get(&challenge(&browser, "sign_in").await), "says it is somebody else").await;

    others.counter = 7;
    let fine = w.browser();
    let answer = others.get(&challenge(&fine, "sign_in").await);
    send(&fine, "sign_in", &answer).await.expect(200);
    others.counter = 7;
    refused(&browser, &others.get(&challenge(&browser, "sign_in").await), "a counter that stands still")
        .await;

    w.as_(&nurse).call("DELETE", &format!("/api/v1/me/passkeys/{second_id}"), Value::Null).await.expect(204);
    refused(&browser, &second.get(&challenge(&browser, "sign_in").await), "taken away").await;
    texts.dedup();
    assert_eq!(texts.len(), 1, "{texts:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_at_a_passkey_are_counted_and_one_answer_gets_in_once() {
    let (w, nurse) = world_with_nurse().await;
    let (mut key, _) = add(&w, &nurse, "一つめ").await;
    let browser = w.browser();
    let mut forged = Authenticator::new();
    (forged.id, forged.handle) = (key.id.clone(), key.handle.clone());
    for _ in 0..5 {
        let answer = forged.get(&challenge(&browser, "sign_in").await);
        send(&browser, "sign_in", &answer).await.expect_code(401, "wrong_credentials");
    }
    let answer = forged.get(&challenge(&browser, "sign_in").await);
    let wait = send(&browser, "sign_in", &answer).await.expect_code(429, "too_many");
    assert!(wait.headers["retry-after"].to_str().unwrap().parse::<u32>().unwrap() <= 60);

    w.superuser().await.execute("DELETE FROM sec.attempt", &[]).await.expect("an hour later");
    let answer = key.get(&challenge(&browser, "sign_in").await);
    let statuses = join_all((0..50).map(|_| async {
        let again = w.browser();
        *again.cookies.lock().unwrap() = browser.cookies.lock().unwrap().clone();
        send(&again, "sign_in", &answer).await.status.as_u16()
    }))
    .await;
    assert_eq!(statuses.iter().filter(|s| **s == 200).count(), 1, "{statuses:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_password_a_passkey_of_ones_own_is_the_second_step() {
    let (w, nurse) = world_with_nurse().await;
    let other = w.staff(nurse.facility, "other", "nurse").await;
    let (mut key, _) = add(&w, &nurse, "一つめ").await;
    let (mut others, _) = add(&w, &other, "ほかの人").await;
    let browser = w.browser();
    let fields = [("login_id", "igarashi"), ("password", PASSWORD), ("next", "/groups")];
    let first = browser.form("/sign-in", &fields).await.expect(303);
    assert!(first.headers["location"].to_str().unwrap().starts_with("/sign-in/code"));
    assert!(browser.get("/sign-in/code").await.expect(200).text().contains("/sign-in/code/passkey"));

    let options = challenge(&browser, "second_step").await;
    assert_eq!(options["publicKey"]["allowCredentials"].as_array().unwrap().len(), 1);
    let answer = others.get(&options);
    send(&browser, "second_step", &answer).await.expect_code(401, "wrong_credentials");
    let answer = key.get(&challenge(&browser, "second_step").await).to_string();
    let there =
        browser.form("/sign-in/code/passkey", &[("passkey", &answer), ("next", "/groups")]).await.expect(303);
    assert_eq!(there.headers["location"], "/groups");
    let me = browser.get("/api/v1/me").await.expect(200).json();
    assert_eq!(me["factors"], json!(["know", "have", "are"]));
    // Without the password nobody gets a challenge of that kind.
    let nobody = w.browser();
    nobody.call("POST", CHALLENGE, &json!({"for": "second_step"})).await.expect_code(401, "not_signed_in");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_second_factor_may_be_a_passkey_and_the_session_gets_a_new_token() {
    let (w, nurse) = world_with_nurse().await;
    let forget =
        "UPDATE sec.credential SET totp_secret = NULL, totp_confirmed_at = NULL WHERE account_id = $1";
    w.superuser().await.execute(forget, &[&nurse.id]).await.expect("no factor yet");
    let (browser, other) = (w.browser(), w.browser());
    for b in [&browser, &other] {
        let fields = [("login_id", "igarashi"), ("password", PASSWORD)];
        assert_eq!(b.form("/sign-in", &fields).await.expect(303).headers["location"], "/enrol");
    }
    assert!(browser.get("/enrol").await.expect(200).text().contains("この端末のパスキーを登録する"));
    let mut key = Authenticator::new();
    key.verifies = false;
    let made = key.create(&challenge(&browser, "enrol").await).to_string();
    let fields = [("passkey", made.as_str()), ("name", "自分のスマートフォン")];
    let page = browser.form("/enrol/passkey", &fields).await.expect(422).text();
    assert!(page.contains("端末のロック") && page.contains("自分のスマートフォン"));
    browser.get("/api/v1/me").await.expect_code(403, "must_enrol");

    key.verifies = true;
    let before = browser.cookie(SESSION).unwrap();
    let made = key.create(&challenge(&browser, "enrol").await).to_string();
    let fields = [("passkey", made.as_str()), ("name", "自分のスマートフォン")];
    let codes = browser.form("/enrol/passkey", &fields).await.expect(200).text();
    assert_eq!(codes.matches("<li><code>").count(), 10);
    browser.get("/api/v1/me").await.expect(200);
    let (fixed, after) = (w.browser(), browser.cookie(SESSION).unwrap());
    assert_ne!(before, after);
    fixed.set(SESSION, &before);
    fixed.get("/api/v1/me").await.expect_code(401, "not_signed_in");
    other.get("/api/v1/me").await.expect_code(401, "not_signed_in");

    // Whoever has only passkeys: the password is not enough, a recovery code is the other way in.
    let with = |code: Option<&str>| json!({"login_id": "igarashi", "password": PASSWORD, "totp": code});
    w.nobody().call("POST", "/api/v1/session", with(None)).await.expect_code(401, "second_factor_required");
    w.nobody()
        .call("POST", "/api/v1/session", with(Some("123456")))
        .await
        .expect_code(401, "wrong_credentials");
    let code = codes.split("<li><code>").nth(1).and_then(|t| t.split('<').next()).unwrap();
    w.nobody().call("POST", "/api/v1/session", with(Some(code))).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_second_factor_stays() {
    let (w, nurse) = world_with_nurse().await;
    let other = w.staff(nurse.facility, "other", "nurse").await;
    let (_, first) = add(&w, &nurse, "一つめ").await;
    let (_, second) = add(&w, &nurse, "二つめ").await;
    let remove = |id: Uuid| {
        let client = w.as_(&nurse);
        async move { client.call("DELETE", &format!("/api/v1/me/passkeys/{id}"), Value::Null).await }
    };
    w.as_(&other).call("DELETE", &format!("/api/v1/me/passkeys/{first}"), Value::Null).await.expect(404);
    let asked = w.as_(&nurse).get("/menu/app-authentication/removal").await.expect(200).text();
    assert!(asked.contains("アプリ認証をやめますか"));
    w.as_(&nurse).form("/menu/app-authentication/removal", &[]).await.expect(303);
    w.as_(&nurse).form("/menu/app-authentication/removal", &[]).await.expect(404);
    w.as_(&nurse).get(&format!("/menu/passkeys/{first}/removal")).await.expect(200);
    w.as_(&nurse).form(&format!("/menu/passkeys/{first}/removal"), &[]).await.expect(303);
    remove(first).await.expect(404);
    remove(second).await.expect_code(409, "last_second_factor");
    let page = w.as_(&nurse).get("/menu/passkeys?done=removed").await.expect(200).text();
    assert!(
        page.contains("二つめ") && !page.contains("一つめ") && !page.contains("を外す\""),
        "no button for the last"
    );
    // App authentication can be set up again, by whoever has just shown who they are.
    assert!(w.as_(&nurse).get("/enrol").await.expect(200).text().contains("認証アプリで読み取る"));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_that_would_take_the_last_two_away_at_once_leave_one() {
    let (w, nurse) = world_with_nurse().await;
    let (_, first) = add(&w, &nurse, "一つめ").await;
    let (_, second) = add(&w, &nurse, "二つめ").await;
    w.as_(&nurse).form("/menu/app-authentication/removal", &[]).await.expect(303);
    let statuses = join_all([first, second].map(|id| {
        let client = w.as_(&nurse);
        async move {
            client.call("DELETE", &format!("/api/v1/me/passkeys/{id}"), Value::Null).await.status.as_u16()
        }
    }))
    .await;
    let mut sorted = statuses.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, [204, 409]);
}
