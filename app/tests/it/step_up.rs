//! Proving again who one is: before what reaches far, and on a locked session. Each refusal stands beside the case that works.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::world::{
    PASSWORD, Person, World,
    authenticator::Authenticator,
    browser::{Browser, DEVICE, SESSION},
};

async fn world() -> (World, Person, Person) {
    let w = World::new().await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    let admin = w.admin(clinic, "kanri", "clerk").await;
    w.admin(clinic, "second", "clerk").await;
    let nurse = w.staff(clinic, "igarashi", "nurse").await;
    (w, admin, nurse)
}

/// Six minutes later.
async fn later(w: &World) {
    let ago = "UPDATE sec.session SET stepped_up_at = stepped_up_at - interval '6 minutes'";
    w.superuser().await.execute(ago, &[]).await.expect("later");
}

async fn signed_in<'a>(w: &'a World, person: &Person, remember: bool) -> Browser<'a> {
    let browser = w.browser();
    sign_in(&browser, w, person, remember).await;
    browser
}

async fn sign_in(browser: &Browser<'_>, w: &World, person: &Person, remember: bool) {
    let fields = [("login_id", person.login_id.as_str()), ("password", PASSWORD)];
    browser.form("/sign-in", &fields).await.expect(303);
    let code = w.totp_now(person);
    let fields = [("code", code.as_str()), ("remember", "on")];
    browser.form("/sign-in/code", if remember { &fields } else { &fields[..1] }).await.expect(303);
}

/// The next step's code: this one's may be burnt.
fn next_code(w: &World, person: &Person) -> String {
    renkei::auth::totp::code_at(&person.secret, w.app.unix_seconds() + 30).expect("a code")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_departure_asks_again_after_five_minutes_and_takes_password_or_code() {
    let (w, admin, nurse) = world().await;
    later(&w).await;
    let path = format!("/api/v1/facilities/{}/staff/{}/departure", admin.facility.id, nurse.id);
    let body = json!({"client_id": Uuid::new_v4()});
    w.as_(&admin).call("POST", &path, body.clone()).await.expect_code(403, "step_up_required");
    w.as_(&nurse).get("/api/v1/me").await.expect(200);

    let step_up = |body: Value| {
        let client = w.as_(&admin);
        async move { client.call("POST", "/api/v1/session/step-up", body).await }
    };
    step_up(json!({"password": "wrong-wrong-wrong"})).await.expect_code(401, "wrong_credentials");
    step_up(json!({"totp": "000000"})).await.expect_code(401, "wrong_credentials");
    step_up(json!({})).await.expect_code(400, "one_proof_please");
    step_up(json!({"password": PASSWORD, "totp": "000000"})).await.expect_code(400, "one_proof_please");
    w.as_(&admin).call("POST", &path, body.clone()).await.expect_code(403, "step_up_required");
    let stepped = step_up(json!({"password": PASSWORD})).await.expect(200);
    assert!(stepped.headers.get("set-cookie").is_none(), "a program's token stays");
    assert!(stepped.json()["fresh_until"].is_string());
    w.as_(&admin).call("POST", &path, body).await.expect(200);
    w.as_(&nurse).get("/api/v1/me").await.expect(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_that_reaches_far_asks_first_and_comes_back() {
    let (w, admin, nurse) = world().await;
    let pages = [
        format!("/facility/staff/{}/departure", nurse.id),
        "/facility/contact".into(),
        "/facility/access-log.csv".into(),
        format!("/facility/incidents/{}/patients.csv", Uuid::nil()),
        format!("/facility/departures/{}/report.csv", Uuid::nil()),
        "/menu/password".into(),
        "/menu/recovery-codes".into(),
        "/menu/passkeys/new".into(),
        "/menu/app-authentication/removal".into(),
    ];
    for page in &pages {
        let answer = w.as_(&admin).get(page).await;
        assert!([200, 404].contains(&answer.status.as_u16()), "{page}: {}", answer.status);
    }
    later(&w).await;
    for page in &pages {
        let answer = w.as_(&admin).get(page).await.expect(303);
        assert_eq!(answer.headers["location"], format!("/confirm?next={page}"), "{page}");
    }
    // Others are not asked: they do not get there at all.
    w.as_(&admin).get("/facility/access-log").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_whose_proof_ran_out_loses_nothing_that_was_typed() {
    let (w, admin, _) = world().await;
    let browser = signed_in(&w, &admin, false).await;
    let typed = [("person", "院長 <夜間>"), ("phone", "03-0000-0000"), ("mail", "")];
    browser.form("/facility/contact", &typed).await.expect(303);
    later(&w).await;
    let sent_on = browser.form("/facility/contact", &typed).await.expect(307);
    let to = sent_on.headers["location"].to_str().unwrap().to_owned();
    assert_eq!(to, "/confirm/first?next=/facility/contact");
    let page = browser.form(&to, &typed).await.expect(200).text();
    let held = page.split("name=\"held\" value=\"").nth(1).and_then(|t| t.split('"').next()).expect("held");
    let held = held.replace("&amp;", "&");

    let wrong = [("next", "/facility/contact"), ("held", &held), ("password", "wrong-wrong-wrong")];
    assert!(
        browser.form("/confirm", &wrong).await.expect(401).text().contains("name=\"held\""),
        "still there"
    );
    let empty = [("next", "/facility/contact"), ("held", &held), ("password", "")];
    assert!(
        browser.form("/confirm", &empty).await.expect(422).text().contains("name=\"held\""),
        "still there"
    );

    let before = browser.cookie(SESSION).unwrap();
    let right = [("next", "/facility/contact"), ("held", &held), ("password", PASSWORD)];
    let again = browser.form("/confirm", &right).await.expect(200).text();
    assert!(
        again.contains("action=\"/facility/contact\"") && again.contains("value=\"院長 &lt;夜間&gt;\""),
        "{again}"
    );
    let fixed = w.browser();
    fixed.set(SESSION, &before);
    fixed.get("/api/v1/me").await.expect_code(401, "not_signed_in");
    browser.form("/facility/contact", &typed).await.expect(303);

    // What held a password is not carried through a page.
    later(&w).await;
    let secret = [("password", PASSWORD), ("new_password", "x"), ("new_password_again", "x")];
    let to = browser.form("/menu/password", &secret).await.expect(307).headers["location"].clone();
    let page = browser.form(to.to_str().unwrap(), &secret).await.expect(200).text();
    assert!(!page.contains("name=\"held\"") && !page.contains(PASSWORD));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_offered_after_the_proof_and_no_way_leads_elsewhere() {
    let (w, admin, _) = world().await;
    let browser = signed_in(&w, &admin, false).await;
    later(&w).await;
    let next = "/facility/access-log.csv?from=2026-11-01";
    let asked = browser.get(next).await.expect(303).headers["location"].to_str().unwrap().to_owned();
    assert!(browser.get(&asked).await.expect(200).text().contains("ご本人の確認"));
    let page = browser.form("/confirm", &[("next", next), ("password", PASSWORD)]).await.expect(200).text();
    assert!(page.contains("href=\"/facility/access-log.csv?from=2026-11-01\""), "{page}");
    assert!(browser.get(next).await.expect(200).headers["content-type"].to_str().unwrap().contains("csv"));

    let away = [("next", "https://elsewhere.example/"), ("password", PASSWORD)];
    assert_eq!(browser.form("/confirm", &away).await.expect(303).headers["location"], "/");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_remembered_device_is_no_second_factor_for_what_reaches_far() {
    let (w, admin, _) = world().await;
    let browser = signed_in(&w, &admin, true).await;
    browser.get("/facility/access-log.csv").await.expect(200);
    browser.form("/sign-out", &[]).await.expect(303);
    let fields = [("login_id", "kanri"), ("password", PASSWORD), ("next", "/menu")];
    assert_eq!(
        browser.form("/sign-in", &fields).await.expect(303).headers["location"],
        "/menu",
        "remembered"
    );
    assert_eq!(browser.get("/api/v1/me").await.expect(200).json()["factors"], json!(["know", "have"]));

    // Signed in a second ago, and yet nothing but the password has been shown.
    browser.get("/facility/access-log.csv").await.expect(303);
    let page = browser.get("/confirm").await.expect(200).text();
    assert!(page.contains("name=\"code\"") && !page.contains("name=\"password\""));
    let password = json!({"password": PASSWORD});
    browser
        .call("POST", "/api/v1/session/step-up", &password)
        .await
        .expect_code(403, "code_or_passkey_please");
    browser.get("/facility/access-log.csv").await.expect(303);
    let code = next_code(&w, &admin);
    browser.form("/confirm", &[("next", "/menu"), ("code", &code)]).await.expect(303);
    browser.get("/facility/access-log.csv").await.expect(200);
    // From here on the second factor has been shown in this session: the password is enough to be fresh again.
    later(&w).await;
    browser.get("/facility/access-log.csv").await.expect(303);
    browser.call("POST", "/api/v1/session/step-up", &password).await.expect(200);
    browser.get("/facility/access-log.csv").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_session_opens_by_the_password_on_its_own_device_alone_or_by_a_passkey() {
    let (w, admin, _) = world().await;
    let browser = signed_in(&w, &admin, false).await;
    let mut key = Authenticator::new();
    let options =
        browser.call("POST", "/api/v1/me/passkeys/challenge", &Value::Null).await.expect(200).json();
    let body = json!({"client_id": Uuid::new_v4(), "name": "鍵", "passkey": key.create(&options)});
    browser.call("POST", "/api/v1/me/passkeys", &body).await.expect(201);

    browser.form("/lock", &[]).await.expect(303);
    browser.get("/api/v1/me").await.expect_code(401, "locked");
    // On another device the cookie is nothing; with the device cookie of somebody else's sign-in neither.
    let stolen = w.browser();
    stolen.set(SESSION, &browser.cookie(SESSION).unwrap());
    let password = json!({"password": PASSWORD});
    let other = signed_in(&w, &w.staff(admin.facility, "other", "nurse").await, false).await;
    for device in ["", other.cookie(DEVICE).unwrap().as_str()] {
        if !device.is_empty() {
            stolen.set(DEVICE, device);
        }
        stolen.get("/api/v1/me").await.expect_code(401, "not_signed_in");
        for act in ["unlock", "step-up"] {
            let path = format!("/api/v1/session/{act}");
            stolen.call("POST", &path, &password).await.expect_code(401, "not_signed_in");
        }
    }
    browser.get("/api/v1/me").await.expect_code(401, "locked");

    let before = browser.cookie(SESSION).unwrap();
    browser.form("/unlock", &[("password", "wrong-wrong-wrong")]).await.expect(401);
    browser.form("/unlock", &[("password", PASSWORD), ("next", "/menu")]).await.expect(303);
    browser.get("/api/v1/me").await.expect(200);
    assert_ne!(browser.cookie(SESSION).unwrap(), before, "a new token");
    stolen.get("/api/v1/me").await.expect_code(401, "not_signed_in");

    // By a passkey, also after the quiet minutes.
    let idle = "UPDATE sec.session SET last_seen = now() - interval '20 minutes' WHERE kind = 'browser'";
    w.superuser().await.execute(idle, &[]).await.expect("quiet");
    browser.get("/api/v1/me").await.expect_code(401, "locked");
    let asked = json!({"for": "unlock"});
    let options = browser.call("POST", "/api/v1/session/passkey/challenge", &asked).await.expect(200).json();
    let answer = json!({"passkey": key.get(&options)});
    browser.call("POST", "/api/v1/session/step-up", &answer).await.expect_code(401, "locked");
    browser.call("POST", "/api/v1/session/unlock", &answer).await.expect(204);
    browser.get("/api/v1/me").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_is_a_proof_as_well_and_only_ones_own() {
    let (w, admin, nurse) = world().await;
    let mut keys = Vec::new();
    for person in [&admin, &nurse] {
        let mut key = Authenticator::new();
        let client = w.as_(person);
        let options =
            client.call("POST", "/api/v1/me/passkeys/challenge", Value::Null).await.expect(200).json();
        let body = json!({"client_id": Uuid::new_v4(), "name": "鍵", "passkey": key.create(&options)});
        client.call("POST", "/api/v1/me/passkeys", body).await.expect(201);
        keys.push(key);
    }
    later(&w).await;
    w.as_(&admin)
        .call("POST", "/api/v1/me/passkeys/challenge", Value::Null)
        .await
        .expect_code(403, "step_up_required");
    let ask = || {
        let client = w.as_(&admin);
        async move {
            let asked = json!({"for": "confirm"});
            client.call("POST", "/api/v1/session/passkey/challenge", asked).await.expect(200).json()
        }
    };
    let step_up = |passkey: Value| {
        let client = w.as_(&admin);
        async move { client.call("POST", "/api/v1/session/step-up", json!({"passkey": passkey})).await }
    };
    let answer = keys[1].get(&ask().await);
    step_up(answer).await.expect_code(401, "wrong_credentials");
    let answer = keys[0].get(&ask().await);
    step_up(answer.clone()).await.expect(200);
    step_up(answer).await.expect_code(401, "wrong_credentials");
    w.as_(&admin).get("/facility/access-log.csv").await.expect(200);
}

/// What `renkei demo` does to its own tokens, and nobody who serves can do.
#[tokio::test(flavor = "multi_thread")]
async fn a_demo_token_stays_fresh_for_its_whole_life_by_the_superuser_alone() {
    const MARK: &str = "UPDATE sec.session SET stepped_up_at = 'infinity' WHERE kind = 'token'";
    let (w, admin, _) = world().await;
    for role in [
        "renkei_app",
        "renkei_auth",
        "renkei_job",
        "renkei_operator",
        "renkei_family",
        "renkei_bounce",
        "renkei_sealer",
    ] {
        let refused = w.role(role).await.execute(MARK, &[]).await.expect_err(role);
        assert_eq!(refused.code().map(|c| c.code()), Some("42501"), "{role}");
    }
    let functions = "SELECT count(*) FROM pg_proc WHERE prosrc ~ 'stepped_up_at' AND prosrc ~* 'infinity'";
    let superuser = w.superuser().await;
    assert_eq!(superuser.query_one(functions, &[]).await.unwrap().get::<_, i64>(0), 0, "no function either");

    superuser.execute(MARK, &[]).await.expect("the superuser");
    later(&w).await;
    w.as_(&admin).get("/facility/access-log.csv").await.expect(200);
    // Stepping up does not make it worth less.
    let password = json!({"password": PASSWORD});
    w.as_(&admin).call("POST", "/api/v1/session/step-up", password).await.expect(200);
    later(&w).await;
    w.as_(&admin).get("/facility/access-log.csv").await.expect(200);
}
