//! The whole way by JSON: the same rows and letters as by the pages.

use super::*;
use crate::world::id_of;

async fn count(w: &World, sql: &str) -> i64 {
    w.superuser().await.query_one(sql, &[]).await.expect(sql).get(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_be_chosen_is_told_to_everybody_and_whether_anybody_can_apply() {
    let smtp = Smtp::start(None).await;
    let w = open(&smtp).await;
    let kita = region(&w.operator("unei").await, "北地域").await;
    let form = w.nobody().get("/api/v1/facility-applications/form").await.expect(200).json();
    let has = |list: &str, key: &str, value: Value| {
        form[list].as_array().expect("a list").iter().any(|one| one[key] == value)
    };
    assert!(has("kinds", "code", json!("clinic")) && has("kinds", "label", json!("診療所")), "{form}");
    assert!(has("professions", "code", json!("doctor")) && has("regions", "id", json!(kita)), "{form}");
    assert_eq!((&form["open"], &form["pledge"]["version"]), (&json!(true), &json!(1)));
    assert!(form["pledge"]["body"].as_str().is_some_and(|text| text.contains("守ります。")), "{form}");
    let silent = World::new().await;
    let form = silent.nobody().get("/api/v1/facility-applications/form").await.expect(200).json();
    assert_eq!((&form["open"], &form["pledge"]), (&json!(false), &Value::Null), "no mail server, no pledge");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_goes_from_the_letter_to_the_first_admin_by_json() {
    let smtp = Smtp::start(None).await;
    let w = open(&smtp).await;
    let operator = w.operator("unei").await;
    let (kita, minami) = (region(&operator, "北地域").await, region(&operator, "南地域").await);
    let (office, elsewhere) = (w.secretariat(kita, "kita").await, w.secretariat(minami, "minami").await);
    let nobody = w.nobody();
    let sent = body(Some(kita), "aoba@example.jp");
    let taken = nobody.call("POST", "/api/v1/facility-applications", sent).await.expect(201).json();
    let one = format!("/api/v1/facility-applications/{}", id_of(&taken));
    // Nobody reviews what is not confirmed.
    office.get(&one).await.expect_code(404, "not_found");
    let own = format!("/api/v1{}", link(&letter(&w, &smtp, "aoba@example.jp").await));
    assert_eq!(nobody.get(&own).await.expect(200).json()["state"], "unconfirmed");
    for _ in 0..2 {
        let now = nobody.call("POST", &format!("{own}/confirmation"), Value::Null).await.expect(200).json();
        assert_eq!(now["state"], "waiting");
    }
    let invented = "/api/v1/facility-applications/status/invented";
    nobody.get(invented).await.expect_code(404, "not_found");
    nobody.call("POST", &format!("{invented}/confirmation"), Value::Null).await.expect_code(404, "not_found");

    let seen = office.get(&one).await.expect(200).json();
    assert_eq!(seen["application"]["responsible"]["name"], "青葉 一");
    assert_eq!((&seen["region"], &seen["mail"]), (&json!("北地域"), &json!("aoba@example.jp")));
    elsewhere.get(&one).await.expect_code(404, "not_found");
    nobody.get(&one).await.expect_code(401, "not_signed_in");

    asked_and_answered(&w, &smtp, [&office, &elsewhere], &one, &own).await;
    approved(&w, [&office, &elsewhere], &one).await;
    let old = format!("/api/v1{}", link(&letter(&w, &smtp, "aoba@example.jp").await));
    nobody.get(&old).await.expect(200);
    let renewal = format!("{one}/first-admin-link");
    elsewhere.call("POST", &renewal, Value::Null).await.expect_code(404, "not_found");
    let renewed = office.call("POST", &renewal, Value::Null).await.expect(200).json();
    assert!(renewed["link_until"].is_string() && renewed["first_admin"] == json!(false), "{renewed}");
    nobody.get(&old).await.expect_code(409, "used_or_expired");
    let new = format!("/api/v1{}", link(&letter(&w, &smtp, "aoba@example.jp").await));
    joined(&w, &new, renewed["facility_id"].as_str().expect("an id")).await;
    assert_eq!(office.get(&one).await.expect(200).json()["first_admin"], true);
    office.call("POST", &renewal, Value::Null).await.expect(409);
}

/// A note, a question and its answer. `own`: the applicant's.
async fn asked_and_answered(
    w: &World,
    smtp: &Smtp,
    [office, elsewhere]: [&Client<'_>; 2],
    one: &str,
    own: &str,
) {
    let nobody = w.nobody();
    let words = |text: &str| json!({"client_id": Uuid::new_v4(), "text": text});
    let (note, question) = (words("電話は夕方に"), words("番地を確かめてください"));
    for (path, body) in [("notes", &note), ("questions", &question)] {
        let path = format!("{one}/{path}");
        nobody.call("POST", &path, body.clone()).await.expect_code(401, "not_signed_in");
        elsewhere.call("POST", &path, body.clone()).await.expect_code(404, "not_found");
        let empty = office.call("POST", &path, words(" ")).await.expect_code(422, "invalid").json();
        assert_eq!(empty["errors"][0]["field"], "text");
        for _ in 0..2 {
            office.call("POST", &path, body.clone()).await.expect(200);
        }
    }
    assert!(!letter(w, smtp, "aoba@example.jp").await.contains("番地"), "a letter says nothing");
    assert_eq!(smtp.letters().len(), 2, "asked once");
    let sql = "SELECT count(*) FROM care.facility_application_entry WHERE kind IN ('note', 'question')";
    assert_eq!(count(w, sql).await, 2, "each once");
    let now = nobody.get(own).await.expect(200);
    assert!(now.text().contains("番地を確かめてください") && !now.text().contains("夕方"), "{}", now.text());
    let now = now.json();
    assert_eq!(now["state"], "asked");

    let path = format!("{own}/answer");
    let mut corrected = now["application"].clone();
    corrected["address"] = json!("ことり市1-3");
    let mut half = corrected.clone();
    half["postal_code"] = json!("12");
    half["responsible"]["kana"] = json!("");
    let wrong = json!({"client_id": Uuid::new_v4(), "answer": "3番地でした", "corrected": half});
    let wrong = nobody.call("POST", &path, wrong).await.expect_code(422, "invalid").json();
    let fields: Vec<_> =
        wrong["errors"].as_array().expect("errors").iter().map(|e| e["field"].clone()).collect();
    assert_eq!(fields, ["corrected.postal_code", "corrected.responsible.kana"]);
    let right = json!({"client_id": Uuid::new_v4(), "answer": "3番地でした", "corrected": corrected});
    for _ in 0..2 {
        let now = nobody.call("POST", &path, right.clone()).await.expect(200).json();
        assert_eq!(
            (&now["state"], &now["application"]["address"]),
            (&json!("waiting"), &json!("ことり市1-3"))
        );
    }
    let late = json!({"client_id": Uuid::new_v4(), "answer": "やはり4番地でした"});
    nobody.call("POST", &path, late).await.expect_code(409, "nothing_is_asked");
    let seen = office.get(one).await.expect(200).text();
    assert!(seen.contains("3番地でした") && seen.contains("所在地：ことり市1-2 → ことり市1-3"), "{seen}");
}

/// Everything is ticked, and approved.
async fn approved(w: &World, [office, elsewhere]: [&Client<'_>; 2], one: &str) {
    let decision = json!({"decision": "approve"});
    office
        .call("POST", &format!("{one}/approval"), decision.clone())
        .await
        .expect_code(409, "checklist_first");
    let checks = office.get(one).await.expect(200).json()["checks"].clone();
    for check in checks.as_array().expect("a list") {
        let path = format!("{one}/checks/{}", check["id"].as_str().expect("an id"));
        elsewhere.call("PUT", &path, json!({"ticked": true})).await.expect_code(404, "not_found");
        w.nobody().call("PUT", &path, json!({"ticked": true})).await.expect_code(401, "not_signed_in");
        for ticked in [true, false, true] {
            let now = office.call("PUT", &path, json!({"ticked": ticked})).await.expect(200).json();
            let found = now["checks"].as_array().expect("a list").iter().find(|c| c["id"] == check["id"]);
            let found = found.expect("the item");
            assert_eq!((&found["ticked"], &found["by"]), (&json!(ticked), &json!("試験 事務局")));
        }
    }
    let unknown = format!("{one}/checks/{}", Uuid::new_v4());
    office.call("PUT", &unknown, json!({"ticked": true})).await.expect_code(404, "not_found");
    office.call("POST", &format!("{one}/approval"), decision).await.expect(200);
}

/// The account is made once, and is the facility's admin; its second factor is set up on a page.
async fn joined(w: &World, path: &str, facility: &str) {
    let nobody = w.nobody();
    let seen = nobody.get(path).await.expect(200).json();
    assert_eq!((&seen["facility"], &seen["name"]), (&json!("あおば診療所"), &json!("青葉 一")));
    let admin = |field: &str, value: &str| {
        let mut body = json!({"login_id": "Aoba.Hajime", "name": "青葉 一", "kana": "あおば はじめ", "profession": "doctor",
            "phone": "090-1234-5678", "password": "kagami-nazo-8-fune"});
        body[field] = json!(value);
        body
    };
    let clinic = w.facility("clinic", "ほかの診療所").await;
    w.staff(clinic, "taken", "nurse").await;
    for (field, value) in [("password", "青葉 一12345"), ("login_id", "あ"), ("login_id", "taken")] {
        let wrong = nobody.call("POST", path, admin(field, value)).await.expect_code(422, "invalid").json();
        assert_eq!(wrong["errors"][0]["field"], field, "{wrong}");
    }
    let made = nobody.call("POST", path, admin("name", "青葉 一")).await.expect(201);
    assert!(!made.headers.contains_key("set-cookie"), "no session comes of it");
    assert_eq!(made.json()["login_id"], "aoba.hajime");
    nobody.call("POST", path, admin("login_id", "second")).await.expect_code(409, "used_or_expired");
    nobody.get(path).await.expect_code(409, "used_or_expired");
    nobody.get("/api/v1/first-admin/invented").await.expect_code(404, "not_found");
    nobody
        .call("POST", "/api/v1/first-admin/invented", admin("login_id", "third"))
        .await
        .expect_code(404, "not_found");
    let sql = "SELECT s.facility_id::text, s.admin, c.mail, c.mail_confirmed_at IS NOT NULL, c.phone FROM care.account a JOIN care.staff s ON s.account_id = a.id JOIN sec.contact c ON c.account_id = a.id
      WHERE a.login_id = 'aoba.hajime'";
    let row = w.superuser().await.query_one(sql, &[]).await.expect("the admin");
    let found: (String, bool, String, bool, String) =
        (row.get(0), row.get(1), row.get(2), row.get(3), row.get(4));
    assert_eq!(found, (facility.to_owned(), true, "aoba@example.jp".into(), true, "090-1234-5678".into()));
    let door = json!({"login_id": "aoba.hajime", "password": "kagami-nazo-8-fune"});
    nobody.call("POST", "/api/v1/session", door).await.expect_code(403, "must_enrol");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_an_account_becomes_the_admin_with_a_session_and_never_with_a_token() {
    let smtp = Smtp::start(None).await;
    let w = open(&smtp).await;
    let operator = w.operator("unei").await;
    let clinic = w.facility("clinic", "本院").await;
    let doctor = w.admin(clinic, "doctor", "doctor").await;
    let contact = "INSERT INTO sec.contact VALUES ($1, 'Isha@example.jp', now(), '', now())";
    w.superuser().await.execute(contact, &[&doctor.id]).await.expect("a contact");
    let token = json!({"client_id": Uuid::new_v4(), "name": "試験", "scope": "both", "days": 1});
    let token = w.as_(&doctor).call("POST", "/api/v1/me/tokens", token).await.expect(201).json();
    let token = w.with_token(token["token"].as_str().expect("shown this once"));
    let (id, _) = confirmed(&w, &smtp, None, "isha@example.jp").await;
    check_all(&w, &operator, id).await;
    decide(&operator, id, "approve", "").await.expect(200);
    let path = format!("/api/v1{}", link(&letter(&w, &smtp, "isha@example.jp").await));
    let body = json!({"login_id": "isha2", "name": "医師 一", "kana": "いし はじめ", "profession": "doctor", "phone": "03-1234-5678",
        "password": "kagami-nazo-8-fune"});
    w.nobody().call("POST", &path, body).await.expect_code(409, "mail_of_another_account");
    let tied = format!("{path}/account");
    w.nobody().call("POST", &tied, Value::Null).await.expect_code(401, "not_signed_in");
    token.call("POST", &tied, Value::Null).await.expect_code(403, "not_by_this_token");
    token.get(&path).await.expect_code(403, "not_by_this_token");
    w.as_(&doctor).call("POST", &tied, Value::Null).await.expect(204);
    w.as_(&doctor).call("POST", &tied, Value::Null).await.expect_code(404, "not_found");
    let ties = "SELECT count(*) FROM care.staff s JOIN care.account a ON a.id = s.account_id WHERE a.login_id = 'doctor' AND s.admin";
    assert_eq!(count(&w, ties).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_that_reviewers_go_through_is_the_operators() {
    let w = World::new().await;
    let operator = w.operator("unei").await;
    let office = w.secretariat(region(&operator, "北地域").await, "kita").await;
    let (list, item) = ("/api/v1/application-checklist", Uuid::new_v4());
    let path = format!("{list}/{item}");
    let body = |label: &str, active: bool| json!({"label": label, "place": 5, "active": active});
    operator.call("PUT", &path, body("登記を確かめた", true)).await.expect(204);
    let found = async || {
        let list = operator.get(list).await.expect(200).json();
        let mut items = list["items"].as_array().expect("a list").clone();
        items.retain(|i| i["id"] == json!(item));
        items.pop().expect("the item")
    };
    assert_eq!(found().await["label"], "登記を確かめた");
    operator.call("PUT", &path, body("べつの言葉", false)).await.expect(204);
    let now = found().await;
    assert_eq!((&now["label"], &now["active"]), (&json!("登記を確かめた"), &json!(false)), "its words stay");
    operator.call("PUT", &path, body(" ", true)).await.expect_code(422, "invalid");
    for (client, status, code) in [(&office, 404, "not_found"), (&w.nobody(), 401, "not_signed_in")] {
        client.get(list).await.expect_code(status, code);
        client.call("PUT", &path, body("登記を確かめた", true)).await.expect_code(status, code);
    }
    assert_eq!(found().await["active"], false);
}
