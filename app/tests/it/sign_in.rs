//! Signing in through the API and the pages.

use serde_json::json;

use crate::world::{PASSWORD, World, browser, browser_on, device_of};

#[tokio::test(flavor = "multi_thread")]
async fn password_and_code_open_a_session_and_a_code_works_once() {
    let w = World::new().await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    let nurse = w.staff(clinic, "igarashi", "nurse").await;
    let body = |totp: Option<&str>, password: &str| json!({"login_id": "Igarashi ", "password": password, "totp": totp});
    let code = w.totp_now(&nurse);

    w.nobody()
        .call("POST", "/api/v1/session", body(None, PASSWORD))
        .await
        .expect_code(401, "second_factor_required");
    let opened =
        w.nobody().call("POST", "/api/v1/session", body(Some(&code), PASSWORD)).await.expect(200).json();
    assert_eq!(opened["account"]["profession"], "nurse");
    let mut again = nurse.clone();
    again.token = opened["token"].as_str().unwrap().to_owned();
    let me = w.as_(&again).get("/api/v1/me").await.expect(200).json();
    assert_eq!(me["factors"], json!(["know", "have"]));

    w.nobody()
        .call("POST", "/api/v1/session", body(Some(&code), PASSWORD))
        .await
        .expect_code(401, "wrong_credentials");
    w.as_(&again).call("DELETE", "/api/v1/session", json!(null)).await.expect(204);
    w.as_(&again).get("/api/v1/me").await.expect_code(401, "not_signed_in");
}

#[tokio::test(flavor = "multi_thread")]
async fn known_and_unknown_accounts_answer_alike_and_guessing_slows_down() {
    let w = World::new().await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    w.staff(clinic, "igarashi", "nurse").await;
    let mut texts = Vec::new();
    for login in ["igarashi", "nobody-here"] {
        let body = json!({"login_id": login, "password": "wrong-wrong-wrong"});
        for _ in 0..5 {
            let answer = w
                .nobody()
                .call("POST", "/api/v1/session", body.clone())
                .await
                .expect_code(401, "wrong_credentials");
            let mut text = answer.json();
            text["request_id"] = json!(null);
            texts.push(text);
        }
        let wait = w.nobody().call("POST", "/api/v1/session", body).await.expect_code(429, "too_many");
        assert!(wait.headers["retry-after"].to_str().unwrap().parse::<u32>().unwrap() <= 60);
    }
    texts.dedup();
    assert_eq!(texts.len(), 1, "one message for all");
}

/// The key that the enrolment page shows as text.
pub fn shown_key(page: &str) -> Vec<u8> {
    let block = page
        .split("class=\"key\"")
        .nth(1)
        .and_then(|rest| rest.split("</p>").next())
        .expect("the key as text");
    let text: String = block.split('>').filter_map(|part| part.split('<').next()).collect();
    let key: String = text.chars().filter(|c| c.is_ascii_uppercase() || c.is_ascii_digit()).collect();
    data_encoding::BASE32_NOPAD.decode(key.as_bytes()).expect("Base32")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_sign_in_sets_up_the_app_and_recovery_codes_work_once() {
    let w = World::new().await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    let known = w.staff(clinic, "known", "nurse").await;
    let superuser = w.superuser().await;
    let forget =
        "UPDATE sec.credential SET totp_secret = NULL, totp_confirmed_at = NULL WHERE account_id = $1";
    assert_eq!(superuser.execute(forget, &[&known.id]).await.expect("no factor yet"), 1);
    let fields = [("login_id", "known"), ("password", PASSWORD), ("next", "/groups")];
    let first = w.nobody().form("/sign-in", &fields).await.expect(303);
    assert_eq!(first.headers["location"], "/enrol");
    let mut person = known.clone();
    person.token = browser(&first);
    let half = w.as_(&person);
    // Somebody else who knows the first password stands at the same door.
    let mut other = known.clone();
    other.token = browser(&w.nobody().form("/sign-in", &fields).await.expect(303));
    w.as_(&other).get("/enrol").await.expect(200);
    half.get("/api/v1/me").await.expect_code(403, "must_enrol");
    assert_eq!(half.get("/groups").await.expect(303).headers["location"], "/enrol");

    let key = shown_key(&half.get("/enrol").await.expect(200).text());
    assert_eq!(key, shown_key(&half.get("/enrol").await.expect(200).text()), "a reload shows the same key");
    half.form("/enrol", &[("code", "000000")]).await.expect(422);
    let code = renkei::auth::totp::code_at(&key, w.app.unix_seconds()).expect("a code");
    let enrolled = half.form("/enrol", &[("code", &code)]).await.expect(200);
    let codes = enrolled.text();
    // Whoever knew the token of before has nothing: the session has a new one.
    half.get("/api/v1/me").await.expect_code(401, "not_signed_in");
    person.token = browser_on(&enrolled, device_of(&person.token));
    w.as_(&person).get("/api/v1/me").await.expect(200);
    assert_eq!(w.as_(&other).get("/enrol").await.expect(303).headers["location"], "/sign-in?next=/enrol");
    let recovery: Vec<&str> =
        codes.split("<code>").skip(1).filter_map(|part| part.split('<').next()).collect();
    assert_eq!(recovery.len(), 10);

    let with = |code: &str| json!({"login_id": "known", "password": PASSWORD, "totp": code});
    w.nobody().call("POST", "/api/v1/session", with(recovery[3])).await.expect(200);
    w.nobody().call("POST", "/api/v1/session", with(recovery[3])).await.expect_code(401, "wrong_credentials");
    w.nobody().call("POST", "/api/v1/session", with(recovery[4])).await.expect(200);
}
