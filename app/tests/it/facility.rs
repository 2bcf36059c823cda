//! The facility's administration: staff, suspension, access log.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::world::{Facility, Person, World};

struct Clinic {
    w: World,
    clinic: Facility,
    admin: Person,
    nurse: Person,
    /// Administrates another facility.
    outsider: Person,
}

async fn clinic() -> Clinic {
    let w = World::new().await;
    let (clinic, other) =
        (w.facility("clinic", "試験クリニック").await, w.facility("pharmacy", "よその薬局").await);
    Clinic {
        admin: w.admin(clinic, "kanri", "clerk").await,
        nurse: w.staff(clinic, "igarashi", "nurse").await,
        outsider: w.admin(other, "yoso", "pharmacist").await,
        clinic,
        w,
    }
}

fn log_path(facility: Facility, query: &str) -> String {
    format!("/api/v1/facilities/{}/access-log{query}", facility.id)
}

async fn log(c: &Clinic, query: &str) -> Vec<Value> {
    let answer = c.w.as_(&c.admin).get(&log_path(c.clinic, query)).await.expect(200).json();
    answer["items"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_staff_list_is_for_the_admin_and_finds_people_however_they_are_typed() {
    let c = clinic().await;
    let page = c.w.as_(&c.admin).get("/facility").await.expect(200).text();
    assert!(page.contains("igarashi 試子") && page.contains("kanri 試子") && !page.contains("yoso"));
    let found = c.w.as_(&c.admin).get("/facility?q=%EF%BC%A9garashi").await.expect(200).text();
    assert!(found.contains("igarashi 試子") && !found.contains("kanri 試子"));
    c.w.as_(&c.nurse).get("/facility").await.expect(403);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspension_ends_the_sessions_of_that_tie_at_once_and_can_be_taken_back() {
    let c = clinic().await;
    let path = format!("/facility/staff/{}/suspension", c.nurse.id);
    c.w.as_(&c.nurse).get("/api/v1/me").await.expect(200);
    c.w.as_(&c.nurse).form(&path, &[("suspend", "yes")]).await.expect(403);
    c.w.as_(&c.outsider).form(&path, &[("suspend", "yes")]).await.expect(404);
    c.w.as_(&c.outsider).get(&path).await.expect(404);
    c.w.as_(&c.nurse).get("/api/v1/me").await.expect(200);

    assert!(c.w.as_(&c.admin).get(&path).await.expect(200).text().contains("1台の端末からサインアウト"));
    c.w.as_(&c.admin).form(&path, &[("suspend", "yes")]).await.expect(303);
    c.w.as_(&c.nurse).get("/api/v1/me").await.expect_code(401, "not_signed_in");
    let body =
        json!({"login_id": "igarashi", "password": crate::world::PASSWORD, "totp": c.w.totp_now(&c.nurse)});
    c.w.nobody().call("POST", "/api/v1/session", body.clone()).await.expect_code(401, "wrong_credentials");
    assert!(c.w.as_(&c.admin).get("/facility").await.expect(200).text().contains("停止中"));

    c.w.as_(&c.admin).form(&path, &[("suspend", "no")]).await.expect(303);
    c.w.nobody().call("POST", "/api/v1/session", body).await.expect(200);
    let own = format!("/facility/staff/{}/suspension", c.admin.id);
    c.w.as_(&c.admin).form(&own, &[("suspend", "yes")]).await.expect(409);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_the_admins_own_and_a_refusal_stands_in_it() {
    let c = clinic().await;
    let patient = c.w.patient(&c.admin, "試験 太郎").await;
    let items = log(&c, &format!("?patient={patient}")).await;
    let acts: Vec<&str> = items.iter().map(|e| e["act"].as_str().unwrap()).collect();
    assert_eq!(acts, ["viewed_access_log", "registered_patient"], "newest first, the reading itself too");
    assert_eq!(items[1]["account"], json!({"id": c.admin.id, "name": "kanri 試子", "profession": "clerk"}));
    assert_eq!(items[1]["patient_id"], json!(patient));
    assert_eq!(items[1]["facility_id"], json!(c.clinic.id));
    assert!(items[1]["device"].is_string());

    let path = log_path(c.clinic, "");
    c.w.as_(&c.nurse).get(&path).await.expect_code(403, "facility_admin_only");
    c.w.as_(&c.outsider).get(&path).await.expect_code(404, "not_found");
    c.w.nobody().get(&path).await.expect_code(401, "not_signed_in");
    c.w.as_(&c.nurse).get("/facility/access-log").await.expect(403);
    let refused = log(&c, &format!("?account={}", c.nurse.id)).await;
    assert_eq!(refused.iter().filter(|e| e["outcome"] == "refused").count(), 2, "{refused:?}");
    let theirs = c.w.as_(&c.outsider).get(&log_path(c.outsider.facility, "")).await.expect(200).json();
    let theirs = theirs["items"].as_array().unwrap();
    let own = |e: &Value| e["facility_id"].is_null() || e["facility_id"] == json!(c.outsider.facility.id);
    assert!(theirs.iter().all(own) && theirs.iter().all(|e| e["patient_id"].is_null()), "{theirs:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_pages_without_a_gap_and_keeps_to_the_period() {
    let c = clinic().await;
    for _ in 0..205 {
        let who = renkei::auth::Actor::from_token(&c.nurse.token);
        let tx = c.w.app.db.acting(&who).await.unwrap();
        tx.query_and_commit("SELECT act.viewed('viewed_members', NULL, NULL, NULL)", &[]).await.unwrap();
    }
    let query = format!("?account={}", c.nurse.id);
    let first = c.w.as_(&c.admin).get(&log_path(c.clinic, &query)).await.expect(200).json();
    assert_eq!(first["items"].as_array().unwrap().len(), 200);
    let next = format!("{query}&cursor={}", first["next"].as_str().unwrap());
    let second = c.w.as_(&c.admin).get(&log_path(c.clinic, &next)).await.expect(200).json();
    let all =
        [first["items"].as_array().unwrap().clone(), second["items"].as_array().unwrap().clone()].concat();
    let views = all.iter().filter(|e| e["act"] == "viewed_members").count();
    assert_eq!((views, &second["next"]), (205, &json!(null)));
    // As instants: the text of a time drops zeros at its end.
    let times: Vec<jiff::Timestamp> =
        all.iter().map(|e| e["at"].as_str().unwrap().parse().unwrap()).collect();
    assert!(times.windows(2).all(|pair| pair[0] >= pair[1]), "in time order");
    assert!(log(&c, "?from=2001-01-01&to=2001-02-01").await.is_empty());
    c.w.as_(&c.admin).get(&log_path(c.clinic, "?from=yesterday")).await.expect_code(422, "invalid");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_names_patients_counts_and_saves_without_formulas() {
    let c = clinic().await;
    let patient = c.w.patient(&c.admin, "=HYPERLINK(\"x\") 太郎").await;
    let page = c.w.as_(&c.admin).get("/facility/access-log").await.expect(200).text();
    assert!(page.contains("患者さんを登録しました") && page.contains("HYPERLINK"), "{page}");
    assert!(page.contains("患者さんごとの件数") && page.contains(&format!("patient={patient}")));
    c.w.as_(&c.admin).get("/facility/access-log?from=x").await.expect(422);

    let csv = c.w.as_(&c.admin).get(&format!("/facility/access-log.csv?patient={patient}")).await.expect(200);
    assert_eq!(csv.headers["content-type"], "text/csv; charset=utf-8");
    let text = csv.text();
    assert!(text.starts_with('\u{feff}'));
    assert!(text.contains("\"'=HYPERLINK(\"\"x\"\") 太郎\""), "{text}");
    c.w.as_(&c.nurse).get("/facility/access-log.csv").await.expect(403);
    let seen = log(&c, "").await;
    assert!(seen.iter().any(|e| e["act"] == "downloaded_access_log" && e["outcome"] == "done"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_opening_shows_how_long_the_page_stayed_open() {
    let c = clinic().await;
    let superuser = c.w.superuser().await;
    let (session, group) = (Uuid::now_v7(), Uuid::now_v7());
    let insert = "INSERT INTO care.access_event (id, at, act, account_id, session_id, facility_id, group_id, seconds, leaf)
      SELECT gen_random_uuid(), now() - make_interval(secs => x.ago), x.act, $1, $2, $3, $4, x.seconds, decode(repeat('00', 32), 'hex')
      FROM (VALUES (600, 'viewed_timeline', NULL), (540, 'viewing_timeline', 58), (480, 'viewing_timeline', 110), (30, 'viewed_timeline', NULL)) x(ago, act, seconds)";
    superuser.execute(insert, &[&c.nurse.id, &session, &c.clinic.id, &group]).await.unwrap();
    let items = log(&c, &format!("?account={}", c.nurse.id)).await;
    let lengths: Vec<&Value> =
        items.iter().filter(|e| e["group_id"] == json!(group)).map(|e| &e["seconds"]).collect();
    assert_eq!(lengths, [&json!(null), &json!(110)], "one row for each opening");
}
