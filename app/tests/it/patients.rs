//! Patients: registering, the list, the search; through API and pages.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::world::{Answer, Person, World, id_of};

const NAME: &str = "試験 花子";
const KANA: &str = "シケン ハナコ";

struct Scene {
    w: World,
    admin: Person,
    nurse: Person,
    elsewhere: Person,
}

async fn scene() -> Scene {
    let w = World::new().await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    let station = w.facility("visiting_nurse_station", "試験訪問看護").await;
    let admin = w.admin(clinic, "doctor", "doctor").await;
    let nurse = w.staff(clinic, "nurse", "nurse").await;
    let elsewhere = w.admin(station, "elsewhere", "nurse").await;
    Scene { w, admin, nurse, elsewhere }
}

fn body(fields: Value) -> Value {
    json!({"client_id": Uuid::new_v4(), "number": "S-0107", "fields": fields})
}

/// Nothing of a patient may stand where proxies and histories keep it.
fn no_patient_in_headers(answer: &Answer) {
    for (name, value) in &answer.headers {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        for text in ["試験", "シケン", "S-0107", "1934", &encoded("試験"), &encoded("シケン")] {
            assert!(!value.contains(text), "{name}: {value}");
        }
    }
}

fn encoded(text: &str) -> String {
    text.bytes().map(|b| format!("%{b:02X}")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_registers_and_only_who_may_know_finds_the_patient() {
    let Scene { w, admin, nurse, elsewhere } = scene().await;
    let fields = json!({"name": NAME, "kana": KANA, "birthDate": "1934-05"});
    let answer = w.as_(&admin).call("POST", "/api/v1/patients", body(fields.clone())).await.expect(201);
    no_patient_in_headers(&answer);
    let id = id_of(&answer.json());
    let path = format!("/api/v1/patients/{id}");

    let shown = w.as_(&admin).get(&path).await.expect(200).json();
    assert_eq!(
        (&shown["name"], &shown["kana"], &shown["birthDate"]),
        (&json!(NAME), &json!(KANA), &json!("1934-05"))
    );
    assert_eq!(shown["number"], "S-0107");
    assert_eq!((&shown["group_id"], &shown["gender"]), (&json!(null), &json!(null)));
    for person in [&nurse, &elsewhere] {
        w.as_(person).get(&path).await.expect_code(404, "not_found");
    }
    w.nobody().get(&path).await.expect_code(401, "not_signed_in");
    w.as_(&nurse)
        .call("POST", "/api/v1/patients", body(fields))
        .await
        .expect_code(403, "facility_admin_only");

    let group = w.team(&admin, id, &[&nurse, &elsewhere]).await;
    for person in [&nurse, &elsewhere] {
        let shown = w.as_(person).get(&path).await.expect(200).json();
        assert_eq!(shown["group_id"], json!(group));
        // The number is the managing facility's own.
        assert_eq!(shown["number"].is_null(), person.login_id == "elsewhere");
    }
    w.end_membership(&nurse, group, &elsewhere).await;
    w.as_(&elsewhere).get(&path).await.expect_code(404, "not_found");
    let log = w.log_of(id).await;
    let count = |act: &str, outcome: &str| log.iter().filter(|(a, o)| a == act && o == outcome).count();
    assert_eq!(count("registered_patient", "done"), 1);
    assert_eq!(count("viewed_patient", "done"), 3);
    assert_eq!(count("viewed_patient", "refused"), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_fields_are_told_one_by_one_and_unknown_members_are_refused() {
    let Scene { w, admin, .. } = scene().await;
    let client = w.as_(&admin);
    let post = |body: Value| client.call("POST", "/api/v1/patients", body);
    post(body(json!({"name": NAME}))).await.expect(201);
    for (fields, field, code) in [
        (json!({"kana": KANA}), "name", "required"),
        (json!({"name": "あ".repeat(81)}), "name", "too_long"),
        (json!({"name": "a\u{202e}b"}), "name", "forbidden_character"),
        (json!({"name": NAME, "birthDate": "昭和9年"}), "birthDate", "date"),
        (json!({"name": NAME, "shoeSize": "24"}), "shoeSize", "unknown_field"),
    ] {
        let problem = post(body(fields)).await.expect_code(422, "invalid").json();
        assert_eq!(problem["errors"][0]["field"], field);
        assert_eq!(problem["errors"][0]["code"], code);
    }
    let mut long_number = body(json!({"name": NAME}));
    long_number["number"] = json!("9".repeat(41));
    let problem = post(long_number).await.expect_code(422, "invalid").json();
    assert_eq!(problem["errors"][0]["field"], "number");
    let mut unknown = body(json!({"name": NAME}));
    unknown["facility"] = json!("x");
    post(unknown).await.expect_code(400, "unreadable_json");
    let mut wrong = body(json!({"name": 5}));
    wrong["client_id"] = json!("x");
    post(wrong).await.expect_code(400, "unreadable_json");
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_sends_of_one_client_id_make_one_patient() {
    let Scene { w, admin, .. } = scene().await;
    let client = w.as_(&admin);
    let one = body(json!({"name": NAME}));
    let sends = (0..10).map(|_| client.call("POST", "/api/v1/patients", one.clone()));
    let answers = futures_util::future::join_all(sends).await;
    assert_eq!(answers.iter().filter(|a| a.status == 201).count(), 1);
    let mut ids: Vec<Uuid> = answers.iter().map(|a| id_of(&a.clone().json())).collect();
    ids.dedup();
    assert_eq!(ids.len(), 1);
    let mut other = one.clone();
    other["fields"]["name"] = json!("別 の人");
    client
        .call("POST", "/api/v1/patients", other)
        .await
        .expect_code(409, "client_id_used_for_something_else");
    assert_eq!(client.get("/api/v1/patients").await.expect(200).json()["items"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_is_in_order_and_a_search_leaves_no_name_in_an_address() {
    let Scene { w, admin, nurse, elsewhere } = scene().await;
    for (name, kana) in
        [("渡辺 三郎", "わたなべ さぶろう"), (NAME, KANA), ("飯島 光", "イイジマ ヒカル"), ("かな なし", "")]
    {
        let fields = json!({"name": name, "kana": kana});
        w.as_(&admin).call("POST", "/api/v1/patients", body(fields)).await.expect(201);
    }
    let page = w.as_(&admin).get("/patients").await.expect(200).text();
    let at = |name: &str| page.find(name).unwrap_or_else(|| panic!("{name} is not on the page"));
    assert!(at("飯島 光") < at(NAME) && at(NAME) < at("渡辺 三郎") && at("渡辺 三郎") < at("かな なし"));
    assert!(page.contains("action=\"/patients/search\"") && page.contains("method=\"post\""));
    let title = page.split("<title>").nth(1).unwrap().split("</title>").next().unwrap();
    assert!(!title.contains("試験"), "{title}");

    let found = w.as_(&admin).form("/patients/search", &[("q", "しけん")]).await.expect(200);
    no_patient_in_headers(&found);
    assert!(found.text().contains(NAME) && !found.text().contains("飯島"), "only who was searched for");
    let none = w.as_(&admin).form("/patients/search", &[("q", "だれもいない")]).await.expect(200).text();
    assert!(none.contains("見つかりませんでした"));
    let back = w.as_(&admin).get("/patients/search").await.expect(303);
    assert_eq!(back.headers["location"], "/patients");

    for person in [&nurse, &elsewhere] {
        let page = w.as_(person).get("/patients").await.expect(200).text();
        assert!(!page.contains(NAME) && page.contains("まだ患者さんがいません"));
        let list = w.as_(person).get("/api/v1/patients").await.expect(200).json();
        assert_eq!(list, json!({"items": [], "next": null}));
    }
    let acts = "SELECT count(*) FROM care.access_event WHERE act = $1 AND account_id = $2";
    for (act, expected) in [("viewed_patients", 1_i64), ("searched_patients", 2)] {
        let row = w.superuser().await.query_one(acts, &[&act, &admin.id]).await.unwrap();
        assert_eq!(row.get::<_, i64>(0), expected, "{act}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_form_keeps_what_was_typed_and_leads_on() {
    let Scene { w, admin, nurse, .. } = scene().await;
    let form = w.as_(&admin).get("/patients/new").await.expect(200).text();
    let client_id = form.split("name=\"client_id\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    w.as_(&nurse).get("/patients/new").await.expect(403);

    let fields = |birth_date| {
        vec![
            ("client_id", client_id),
            ("name", NAME),
            ("kana", KANA),
            ("birth_date", birth_date),
            ("gender", "female"),
            ("number", "S-0107"),
        ]
    };
    let page = w.as_(&admin).form("/patients", &fields("昭和9年")).await.expect(422).text();
    for kept in [NAME, KANA, "S-0107", "昭和9年", client_id, "href=\"#birth_date\""] {
        assert!(page.contains(kept), "{kept}");
    }
    w.as_(&nurse).form("/patients", &fields("1934-05-12")).await.expect(403);

    let done = w.as_(&admin).form("/patients", &fields("1934-05-12")).await.expect(303);
    no_patient_in_headers(&done);
    let place = done.headers["location"].to_str().unwrap().to_owned();
    assert!(place.ends_with("/face-sheet?done=registered"), "{place}");
    let sheet = w.as_(&admin).get(&place).await.expect(200).text();
    assert!(sheet.contains("1934年(昭和9年)5月12日") && sheet.contains("患者さんを登録しました。"));

    let mut with_group = fields("1934-05-12");
    with_group.push(("open_group", "on"));
    let again = w.as_(&admin).form("/patients", &with_group).await.expect(303);
    let place = again.headers["location"].to_str().unwrap().to_owned();
    assert!(place.ends_with("/open-group"), "{place}");
    let list = w.as_(&admin).get("/api/v1/patients").await.expect(200).json();
    assert_eq!(list["items"].as_array().unwrap().len(), 1, "one form, one patient");

    let mut unknown = fields("1934-05-12");
    unknown.push(("admin", "on"));
    w.as_(&admin).form("/patients", &unknown).await.expect(400);
}
