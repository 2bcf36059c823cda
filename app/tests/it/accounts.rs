//! One's own account: display, facility, devices, password, recovery codes.

use renkei::auth::totp;
use serde_json::json;

use crate::world::{PASSWORD, Person, World};

const NEW: &str = "tsuki-mado-9-hagi";

async fn world_with_nurse() -> (World, Person) {
    let w = World::new().await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    let nurse = w.staff(clinic, "igarashi", "nurse").await;
    (w, nurse)
}

/// The same person on another device.
async fn elsewhere(w: &World, person: &Person) -> Person {
    let token = w.session(person).await;
    Person { token, ..person.clone() }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_menu_shows_who_i_am_and_only_admins_the_facility() {
    let (w, nurse) = world_with_nurse().await;
    let admin = w.admin(nurse.facility, "kanri", "clerk").await;
    let mine = w.as_(&nurse).get("/menu").await.expect(200).text();
    assert!(mine.contains("igarashi 試子") && !mine.contains("アクセス記録"));
    assert!(w.as_(&admin).get("/menu").await.expect(200).text().contains("アクセス記録"));
    assert_ne!(w.nobody().get("/menu").await.status.as_u16(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_look_of_the_screen_is_kept_in_a_cookie() {
    let (w, nurse) = world_with_nurse().await;
    let fields = [("theme", "dark"), ("text", "large"), ("back", "/menu")];
    let answer = w.as_(&nurse).form("/menu/display", &fields).await.expect(303);
    let cookie = answer.headers["set-cookie"].to_str().unwrap();
    assert!(cookie.starts_with("__Host-renkei-display=dark.1.0; Path=/; Secure; HttpOnly"), "{cookie}");
    assert_eq!(answer.headers["location"], "/menu?done=display");
    let away = [("theme", "x"), ("text", "normal"), ("back", "https://elsewhere.example/")];
    let answer = w.as_(&nurse).form("/menu/display", &away).await.expect(303);
    assert!(answer.headers["set-cookie"].to_str().unwrap().starts_with("__Host-renkei-display=system.0"));
    assert_eq!(answer.headers["location"], "/");
    // A relative who uses the same browser keeps the readings that she chose.
    let browser = w.browser();
    browser.set("__Host-renkei-display", "light.0.1");
    browser.form("/menu/display", &fields).await.expect(303);
    assert_eq!(browser.cookie("__Host-renkei-display").as_deref(), Some("dark.1.1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_acts_for_one_of_her_own_facilities() {
    let (w, nurse) = world_with_nurse().await;
    let (second, third) = (w.facility("pharmacy", "第二薬局").await, w.facility("clinic", "第三医院").await);
    renkei::features::facilities::acts::add_staff(&w.app, second.id, nurse.id, false).await.unwrap();
    let choose = |id: uuid::Uuid| {
        let client = w.as_(&nurse);
        async move { client.form("/menu/acting-facility", &[("facility", &id.to_string())]).await }
    };
    choose(second.id).await.expect(303);
    let me = w.as_(&nurse).get("/api/v1/me").await.expect(200).json();
    assert_eq!(me["acting_facility"], json!(second.id));
    choose(third.id).await.expect(404);
    let me = w.as_(&nurse).get("/api/v1/me").await.expect(200).json();
    assert_eq!(me["acting_facility"], json!(second.id), "a refusal changes nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_can_be_signed_out_from_another_one_but_only_by_its_owner() {
    let (w, nurse) = world_with_nurse().await;
    let stranger = w.staff(nurse.facility, "stranger", "nurse").await;
    let phone = elsewhere(&w, &nurse).await;
    let devices = w.as_(&nurse).get("/api/v1/me/devices").await.expect(200).json();
    let items = devices["items"].as_array().unwrap();
    assert_eq!(items.len(), 2);
    let other = items.iter().find(|d| d["current"] == false).unwrap()["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/me/devices/{other}");

    w.as_(&stranger).call("DELETE", &path, json!(null)).await.expect_code(404, "not_found");
    w.as_(&phone).get("/api/v1/me").await.expect(200);
    w.as_(&nurse).call("DELETE", &path, json!(null)).await.expect(204);
    w.as_(&phone).get("/api/v1/me").await.expect_code(401, "not_signed_in");
    w.as_(&nurse).get("/api/v1/me").await.expect(200);
    w.as_(&nurse).call("DELETE", &path, json!(null)).await.expect_code(404, "not_found");
    let page = w.as_(&nurse).get("/menu/devices?done=device").await.expect(200).text();
    assert!(page.contains("この端末") && page.contains("端末をサインアウトしました"));
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_everywhere_ends_every_session() {
    let (w, nurse) = world_with_nurse().await;
    let (phone, other) = (elsewhere(&w, &nurse).await, w.staff(nurse.facility, "other", "nurse").await);
    let answer = w.as_(&nurse).form("/sign-out/everywhere", &[]).await.expect(303);
    assert_eq!(answer.headers["location"], "/signed-out?everywhere=1");
    for gone in [&nurse, &phone] {
        w.as_(gone).get("/api/v1/me").await.expect_code(401, "not_signed_in");
    }
    w.as_(&other).get("/api/v1/me").await.expect(200);
}

fn change<'a>(old: &'a str, new: &'a str, again: &'a str) -> [(&'static str, &'a str); 3] {
    [("password", old), ("new_password", new), ("new_password_again", again)]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_needs_the_old_one_and_ends_the_other_sessions() {
    let (w, nurse) = world_with_nurse().await;
    let phone = elsewhere(&w, &nurse).await;
    let refused = [
        (change(PASSWORD, NEW, "something-else"), "2回の入力が違います"),
        (change(PASSWORD, "igarashi-7-hagi-mado", "igarashi-7-hagi-mado"), "IDや名前"),
        (change(PASSWORD, "試験クリニックmado-7", "試験クリニックmado-7"), "IDや名前"),
        (change(PASSWORD, "password12", "password12"), "推測されやすい"),
        (change(PASSWORD, PASSWORD, PASSWORD), "別のもの"),
        (change("wrong-wrong-wrong", NEW, NEW), "いまのパスワードと違います"),
    ];
    for (fields, words) in &refused {
        let page = w.as_(&nurse).form("/menu/password", fields).await.expect(422).text();
        assert!(page.contains(words), "{words}");
        assert!(fields.iter().all(|(_, typed)| !page.contains(typed)), "no password comes back");
    }
    w.as_(&phone).get("/api/v1/me").await.expect(200);

    w.as_(&nurse).form("/menu/password", &change(PASSWORD, NEW, NEW)).await.expect(303);
    w.as_(&nurse).get("/api/v1/me").await.expect(200);
    w.as_(&phone).get("/api/v1/me").await.expect_code(401, "not_signed_in");
    let sign_in = |password: &'static str| {
        let body = json!({"login_id": "igarashi", "password": password, "totp": w.totp_now(&nurse)});
        let nobody = w.nobody();
        async move { nobody.call("POST", "/api/v1/session", body).await }
    };
    sign_in(PASSWORD).await.expect_code(401, "wrong_credentials");
    sign_in(NEW).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_the_old_password_runs_into_the_throttle_of_signing_in() {
    let (w, nurse) = world_with_nurse().await;
    for _ in 0..5 {
        w.as_(&nurse).form("/menu/password", &change("wrong-wrong-wrong", NEW, NEW)).await.expect(422);
    }
    let page = w.as_(&nurse).form("/menu/password", &change(PASSWORD, NEW, NEW)).await.expect(429).text();
    assert!(page.contains("待ってから"));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_fresh_proof_the_database_changes_no_password() {
    let (w, nurse) = world_with_nurse().await;
    let superuser = w.superuser().await;
    superuser
        .execute("UPDATE sec.session SET stepped_up_at = now() - interval '6 minutes'", &[])
        .await
        .unwrap();
    let who = renkei::auth::Actor::from_token(&nurse.token);
    let statements =
        ["SELECT act.set_password('$argon2id$x')", "SELECT act.renew_recovery_codes(ARRAY['\\x00'::bytea])"];
    for statement in statements {
        let refused = w.app.db.acting(&who).await.unwrap().query_and_commit(statement, &[]).await;
        assert!(matches!(refused, Err(renkei::Error::Forbidden(_))), "{refused:?}");
    }
    superuser.execute("UPDATE sec.session SET stepped_up_at = now()", &[]).await.unwrap();
    w.app
        .db
        .acting(&who)
        .await
        .unwrap()
        .query_and_commit(statements[0], &[])
        .await
        .expect("with a fresh proof");
}

#[tokio::test(flavor = "multi_thread")]
async fn new_recovery_codes_replace_the_old_ones() {
    let (w, nurse) = world_with_nurse().await;
    assert!(w.as_(&nurse).get("/menu/recovery-codes").await.expect(200).text().contains("新しい10個を作る"));
    let first = codes(&w.as_(&nurse).form("/menu/recovery-codes", &[]).await.expect(200).text());
    assert_eq!(first.len(), totp::RECOVERY_CODES);
    let second = codes(&w.as_(&nurse).form("/menu/recovery-codes", &[]).await.expect(200).text());
    assert!(second.iter().all(|c| !first.contains(c)));

    let sign_in = |code: &str| {
        let body = json!({"login_id": "igarashi", "password": PASSWORD, "totp": code});
        let nobody = w.nobody();
        async move { nobody.call("POST", "/api/v1/session", body).await }
    };
    sign_in(&first[0]).await.expect_code(401, "wrong_credentials");
    sign_in(&second[0]).await.expect(200);
    let page = w.as_(&nurse).get("/menu").await.expect(200).text();
    assert!(page.contains("使えるコード 9個"));
}

fn codes(page: &str) -> Vec<String> {
    let parts = page.split("<li><code>").skip(1);
    parts.filter_map(|rest| rest.split_once('<')).map(|(code, _)| code.to_owned()).collect()
}
