//! The same by JSON: the two people, the person concerned, the operator, and a forgotten password.

use super::*;
use crate::world::id_of;
use serde_json::Value;

impl Scene {
    fn of_clinic(&self, what: &str) -> String {
        format!("/api/v1/facilities/{}/{what}", self.clinic.id)
    }

    fn starts(&self, about: &Person) -> String {
        self.of_clinic(&format!("staff/{}/recovery", about.id))
    }

    async fn post(&self, by: &Person, path: &str, body: Value) -> Answer {
        self.w.as_(by).call("POST", path, body).await
    }

    async fn public(&self, path: &str, body: Value) -> Answer {
        self.w.nobody().call("POST", path, body).await
    }

    async fn delete(&self, by: &Person, path: &str) -> Answer {
        self.w.as_(by).call("DELETE", path, Value::Null).await
    }

    /// What the access log holds of somebody: act, outcome, and what it was about.
    async fn logged(&self, who: &Person) -> Vec<String> {
        let sql = "SELECT concat_ws(' ', act, outcome, ref) FROM care.access_event WHERE account_id = $1 AND act LIKE '%recovery%' ORDER BY at, id";
        let rows = self.w.superuser().await.query(sql, &[&who.id]).await.expect("the log");
        rows.iter().map(|r| r.get(0)).collect()
    }
}

fn lost() -> Value {
    json!({"client_id": Uuid::new_v4(), "reason": "lost", "identified": "in_person"})
}

#[tokio::test(flavor = "multi_thread")]
async fn two_admins_give_a_code_by_json_and_leave_what_the_pages_leave() {
    let s = scene().await;
    let body = lost();
    let started = s.post(&s.first, &s.starts(&s.nurse), body.clone()).await.expect(201).json();
    assert_eq!((&started["state"], &started["lost"]), (&json!("started"), &json!("factor")));
    assert_eq!((&started["account_id"], &started["number"].is_i64()), (&json!(s.nurse.id), &true));
    let again = s.post(&s.first, &s.starts(&s.nurse), body).await.expect(200).json();
    assert_eq!(again, started);
    s.post(&s.second, &s.starts(&s.nurse), lost()).await.expect_code(409, "recovery_open_already");
    let listed = s.w.as_(&s.second).get(&s.of_clinic("recoveries")).await.expect(200).json();
    assert_eq!(listed["items"], json!([started]));
    assert_eq!(s.said("recovery_started").await, 1);

    let one = s.of_clinic(&format!("recoveries/{}", id_of(&started)));
    let (confirmation, code) = (format!("{one}/confirmation"), format!("{one}/code"));
    s.post(&s.first, &confirmation, Value::Null).await.expect_code(403, "a_second_person");
    s.post(&s.first, &code, Value::Null).await.expect_code(409, "recovery_not_confirmed");
    s.post(&s.second, &confirmation, Value::Null).await.expect(204);
    s.post(&s.second, &confirmation, Value::Null).await.expect_code(409, "recovery_not_waiting");
    let made = s.post(&s.first, &code, Value::Null).await.expect(200).json();
    let shown = made["code"].as_str().expect("a code");
    let typed = shown.replace('-', "");
    assert_eq!(made["link"], format!("http://localhost:8080/recovery/{typed}"));
    let stands_for = s.public("/api/v1/recovery", json!({"code": shown.to_uppercase()})).await;
    assert_eq!(stands_for.expect(200).json(), json!({"lost": "factor", "code": typed}));
    s.public("/api/v1/recovery", json!({"code": "abcd-efgh"})).await.expect_code(422, "invalid");
    // It is a way to a new factor on its page, and to no password.
    let password = json!({"code": s.w.totp_now(&s.nurse), "new_password": NEW});
    s.public(&format!("/api/v1/forgotten/{typed}"), password).await.expect_code(404, "not_found");
    s.redeem(&typed, "igarashi", PASSWORD).await.expect(303);

    // The same by the pages, for somebody else.
    let (first, second) = (s.logged(&s.first).await, s.logged(&s.second).await);
    let colleague = s.w.staff(s.clinic, "dousou", "nurse").await;
    s.start(&s.first, &colleague, &LOST).await.expect(303);
    let recovery = s.of(&colleague).await;
    s.act(&s.first, recovery, "confirmation").await.expect(403);
    s.act(&s.first, recovery, "code").await.expect(409);
    s.act(&s.second, recovery, "confirmation").await.expect(303);
    s.act(&s.second, recovery, "confirmation").await.expect(409);
    s.act(&s.first, recovery, "code").await.expect(200);
    let about = |lines: &[String], person: &Person, recovery: Uuid| -> Vec<String> {
        let name =
            |l: &String| l.replace(&person.id.to_string(), "person").replace(&recovery.to_string(), "it");
        lines.iter().map(name).collect()
    };
    for (who, by_json) in [(&s.first, first), (&s.second, second)] {
        let all = s.logged(who).await;
        let by_page = about(&all[by_json.len()..], &colleague, recovery);
        assert_eq!(about(&by_json, &s.nurse, id_of(&started)), by_page);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_starts_confirms_or_stops_one_by_json() {
    let s = scene().await;
    let elsewhere = s.w.facility("pharmacy", "試験薬局").await;
    let stranger = s.w.admin(elsewhere, "yakkyoku", "pharmacist").await;
    let path = s.starts(&s.nurse);
    let started = s.post(&s.first, &path, lost()).await.expect(201).json();
    let one = s.of_clinic(&format!("recoveries/{}", id_of(&started)));

    s.post(&s.first, &s.starts(&s.first), lost()).await.expect_code(403, "not_for_oneself");
    s.post(&s.nurse, &s.starts(&s.second), lost()).await.expect_code(403, "facility_admin_only");
    s.post(&stranger, &s.starts(&s.second), lost()).await.expect_code(404, "not_found");
    s.public(&path, lost()).await.expect_code(401, "not_signed_in");
    let theirs = format!("/api/v1/facilities/{}/staff/{}/recovery", elsewhere.id, s.second.id);
    s.post(&stranger, &theirs, lost()).await.expect_code(404, "not_found");
    let half = s.post(&s.first, &s.starts(&s.second), json!({"client_id": Uuid::new_v4()})).await;
    let half = half.expect_code(422, "invalid").json();
    assert_eq!(
        (&half["errors"][0]["field"], &half["errors"][1]["field"]),
        (&json!("reason"), &json!("identified"))
    );
    let list = s.of_clinic("recoveries");
    s.w.as_(&s.nurse).get(&list).await.expect_code(403, "facility_admin_only");
    s.w.as_(&stranger).get(&list).await.expect_code(404, "not_found");
    s.post(&s.nurse, &format!("{one}/confirmation"), Value::Null)
        .await
        .expect_code(403, "facility_admin_only");
    for what in ["confirmation", "code"] {
        s.post(&stranger, &format!("{one}/{what}"), Value::Null).await.expect_code(404, "not_found");
        let by_own = format!("/api/v1/facilities/{}/recoveries/{}/{what}", elsewhere.id, id_of(&started));
        s.post(&stranger, &by_own, Value::Null).await.expect_code(404, "not_found");
    }
    s.delete(&stranger, &one).await.expect_code(404, "not_found");

    // A token never does; nor a session that has long not proven who it is.
    let token = json!({"client_id": Uuid::new_v4(), "name": "試験", "scope": "both", "days": 1});
    let token = s.post(&s.second, "/api/v1/me/tokens", token).await.expect(201).json();
    let token = s.w.with_token(token["token"].as_str().expect("shown this once"));
    let confirmation = format!("{one}/confirmation");
    token.call("POST", &confirmation, Value::Null).await.expect_code(403, "not_by_this_token");
    let late = "UPDATE sec.session SET stepped_up_at = now() - interval '1 hour' WHERE account_id = $1";
    s.w.superuser().await.execute(late, &[&s.second.id]).await.expect("long ago");
    s.post(&s.second, &confirmation, Value::Null).await.expect_code(403, "step_up_required");
    let fresh = "UPDATE sec.session SET stepped_up_at = now() WHERE account_id = $1";
    s.w.superuser().await.execute(fresh, &[&s.second.id]).await.expect("just now");
    s.post(&s.second, &confirmation, Value::Null).await.expect(204);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_person_sees_it_and_stops_it_by_json() {
    let s = scene().await;
    let stranger = s.w.staff(s.clinic, "other", "nurse").await;
    let recovery = s.confirmed(&LOST).await;
    let code = s.code(recovery).await;
    let own = s.w.as_(&s.nurse).get("/api/v1/me/recoveries").await.expect(200).json();
    let own = &own["items"][0];
    assert_eq!((&own["id"], &own["state"]), (&json!(recovery), &json!("confirmed")));
    assert_eq!((&own["facility"], &own["started_name"]), (&json!("試験クリニック"), &json!(s.first.name)));
    let none = s.w.as_(&stranger).get("/api/v1/me/recoveries").await.expect(200).json();
    assert_eq!(none["items"], json!([]));
    let path = format!("/api/v1/me/recoveries/{recovery}");
    s.delete(&stranger, &path).await.expect_code(404, "not_found");
    s.delete(&s.nurse, &path).await.expect(204);
    s.delete(&s.nurse, &path).await.expect_code(409, "recovery_over");
    s.redeem(&code, "igarashi", PASSWORD).await.expect(401);
    // Or one of the admins.
    let recovery = s.confirmed(&LOST).await;
    s.delete(&s.second, &s.of_clinic(&format!("recoveries/{recovery}"))).await.expect(204);
    assert_eq!(s.said("recovery_cancelled").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_is_the_second_person_by_json() {
    let s = scene().await;
    let alone = s.w.facility("visiting_nurse_station", "試験訪問看護").await;
    let admin = s.w.admin(alone, "hitori", "nurse").await;
    let helper = s.w.staff(alone, "tetsudai", "helper").await;
    let path = format!("/api/v1/facilities/{}/staff/{}/recovery", alone.id, helper.id);
    let recovery = id_of(&s.post(&admin, &path, lost()).await.expect(201).json());
    let operator = s.w.operator("unei").await;
    let listed = operator.get("/api/v1/recoveries").await.expect(200);
    for name in ["tetsudai", "hitori", "試子", &helper.id.to_string()] {
        assert!(!listed.text().contains(name), "{name}");
    }
    let first = listed.json()["items"][0].clone();
    assert_eq!((&first["facility"], &first["admins"]), (&json!("試験訪問看護"), &json!(1)));
    let path = format!("/api/v1/recoveries/{recovery}/confirmation");
    let call = async |called: bool| operator.call("POST", &path, json!({"called": called})).await;
    assert_eq!(call(false).await.expect_code(422, "invalid").json()["errors"][0]["field"], "called");
    for person in [&admin, &s.first] {
        s.w.as_(person).get("/api/v1/recoveries").await.expect_code(401, "not_signed_in");
        s.post(person, &path, json!({"called": true})).await.expect_code(401, "not_signed_in");
    }
    call(true).await.expect(204);
    call(true).await.expect_code(409, "recovery_not_waiting");
    let code = format!("/api/v1/facilities/{}/recoveries/{recovery}/code", alone.id);
    s.post(&admin, &code, Value::Null).await.expect(200);
    assert!(operator.get("/operator/log").await.expect(200).text().contains("サインインの回復を確認した"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_takes_the_link_and_the_factor_by_json() {
    let s = scene().await;
    reachable(&s.w, &s.nurse).await;
    s.public("/api/v1/forgotten", json!({"login_id": "Igarashi"})).await.expect(202);
    work(&s.w).await;
    let path = format!("/api/v1{}", link(&s.smtp));
    let send =
        async |code: &str, new: &str| s.public(&path, json!({"code": code, "new_password": new})).await;
    let code = s.w.totp_now(&s.nurse);
    let weak = send(&code, "igarashi-7-hagi-mado").await.expect_code(422, "invalid").json();
    assert_eq!(
        (&weak["errors"][0]["field"], &weak["errors"][0]["code"]),
        (&json!("new_password"), &json!("weak"))
    );
    send("000000", NEW).await.expect_code(401, "wrong_credentials");
    // What was used before is told only behind the factor.
    send("000000", PASSWORD).await.expect_code(401, "wrong_credentials");
    assert_eq!(
        send(&code, PASSWORD).await.expect_code(422, "invalid").json()["errors"][0]["code"],
        "used_before"
    );
    send(&code, NEW).await.expect(204);
    send(&code, "yama-kaze-8-fude").await.expect_code(404, "not_found");
    s.w.as_(&s.nurse).get("/api/v1/me").await.expect(401);
    assert_eq!(s.said("password_reset").await, 1);
    let unburnt = "UPDATE sec.credential SET totp_last_step = 0 WHERE account_id = $1";
    s.w.superuser().await.execute(unburnt, &[&s.nurse.id]).await.expect("unburnt");
    assert_eq!(s.sign_in(NEW, Some(&code)).await, 200);

    // Two people do the same where no letter arrives.
    let recovery = s.confirmed(&[("reason", "forgotten"), ("identified", "video")]).await;
    let code = s.code(recovery).await;
    let stands_for = s.public("/api/v1/recovery", json!({"code": code})).await.expect(200).json();
    assert_eq!(stands_for["lost"], "password");
    s.w.superuser().await.execute(unburnt, &[&s.nurse.id]).await.expect("unburnt");
    let new = json!({"code": s.w.totp_now(&s.nurse), "new_password": "yama-kaze-8-fude"});
    s.public(&format!("/api/v1/forgotten/{code}"), new).await.expect(204);
    assert_eq!(s.said("password_reset").await, 2);
}
