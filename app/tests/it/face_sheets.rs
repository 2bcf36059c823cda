//! Face sheets: reading, saving, two savers at once, versions; through API and pages.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::world::{Answer, Client, Person, World};

const NAME: &str = "試験 太郎";

/// A patient of the clinic with a group: the clinic's nurse and a pharmacist of elsewhere are members.
struct Scene {
    w: World,
    admin: Person,
    nurse: Person,
    pharmacist: Person,
    stranger: Person,
    patient: Uuid,
    group: Uuid,
}

async fn scene() -> Scene {
    let w = World::new().await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    let pharmacy = w.facility("pharmacy", "試験薬局").await;
    let admin = w.admin(clinic, "doctor", "doctor").await;
    let nurse = w.staff(clinic, "nurse", "nurse").await;
    let pharmacist = w.staff(pharmacy, "pharmacist", "pharmacist").await;
    let stranger = w.admin(pharmacy, "stranger", "pharmacist").await;
    let patient = w.patient(&admin, NAME).await;
    let group = w.team(&admin, patient, &[&nurse, &pharmacist]).await;
    Scene { w, admin, nurse, pharmacist, stranger, patient, group }
}

impl Scene {
    fn api(&self) -> String {
        format!("/api/v1/patients/{}/face-sheet", self.patient)
    }

    fn page(&self) -> String {
        format!("/patients/{}/face-sheet", self.patient)
    }

    async fn put(&self, who: &Person, seen: i64, fields: Value) -> Answer {
        let body = json!({"client_id": Uuid::new_v4(), "fields": fields, "reason": "聞き取り"});
        put(&self.w.as_(who), &self.api(), seen, body).await
    }

    async fn sheet(&self, who: &Person) -> Value {
        self.w.as_(who).get(&self.api()).await.expect(200).json()
    }
}

async fn put(client: &Client<'_>, path: &str, seen: i64, body: Value) -> Answer {
    let tag = format!("\"{seen}\"");
    client.call_with("PUT", path, body, &[("if-match", &tag)]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn members_and_the_managing_admin_read_and_save_and_nobody_else() {
    let s = scene().await;
    let answer = s.w.as_(&s.nurse).get(&s.api()).await.expect(200);
    assert_eq!(answer.headers["etag"], "\"1\"");
    let sheet = answer.json();
    assert_eq!((&sheet["version"], &sheet["fields"]["name"]), (&json!(1), &json!(NAME)));
    assert_eq!(sheet["changed_by"]["name"], s.admin.name);
    assert_eq!(sheet["changed_by"]["facility"], "試験クリニック");

    for (seen, who) in [(1, &s.nurse), (2, &s.pharmacist), (3, &s.admin)] {
        let fields = json!({"name": NAME, "allergies": format!("卵({seen})")});
        let answer = s.put(who, seen, fields).await.expect(200);
        assert_eq!(answer.headers["etag"].to_str().unwrap(), format!("\"{}\"", seen + 1));
        let saved = answer.json();
        assert_eq!(saved["version"], seen + 1);
        assert_eq!(saved["changed_by"]["id"], json!(who.id));
        assert_eq!(s.sheet(&s.nurse).await, saved);
    }
    let fields = json!({"name": NAME, "allergies": "なし"});
    s.w.as_(&s.stranger).get(&s.api()).await.expect_code(404, "not_found");
    s.put(&s.stranger, 4, fields.clone()).await.expect_code(404, "not_found");
    s.w.nobody().get(&s.api()).await.expect_code(401, "not_signed_in");
    s.w.end_membership(&s.nurse, s.group, &s.pharmacist).await;
    s.w.as_(&s.pharmacist).get(&s.api()).await.expect_code(404, "not_found");
    s.put(&s.pharmacist, 4, fields).await.expect_code(404, "not_found");
    for page in ["", "/edit", "/versions", "/versions/1"] {
        let path = format!("{}{page}", s.page());
        s.w.as_(&s.nurse).get(&path).await.expect(200);
        s.w.as_(&s.pharmacist).get(&path).await.expect(404);
    }
    assert_eq!(s.sheet(&s.nurse).await["version"], 4, "nothing was written by those who may not");

    let log = s.w.log_of(s.patient).await;
    let count = |act: &str, outcome: &str| log.iter().filter(|(a, o)| a == act && o == outcome).count();
    assert_eq!(count("changed_face_sheet", "done"), 3);
    assert_eq!(count("changed_face_sheet", "refused"), 2);
    assert_eq!(count("viewed_face_sheet", "done"), 1 + 3 + 1 + 2);
    assert_eq!(count("viewed_face_sheet", "refused"), 2 + 2);
    assert_eq!(count("viewed_face_sheet_versions", "done"), 2);
    assert_eq!(count("viewed_face_sheet_versions", "refused"), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_save_names_the_version_it_saw_and_a_stale_one_loses_nothing() {
    let s = scene().await;
    let client = s.w.as_(&s.nurse);
    let mine = json!({"name": NAME, "diet": "きざみ"});
    let body = json!({"fields": mine, "reason": "むせ"});
    client.call("PUT", &s.api(), body.clone()).await.expect_code(428, "precondition_required");
    for (tag, status, code) in [
        ("*", 428, "precondition_required"),
        ("1", 400, "unreadable_if_match"),
        ("\"\"", 400, "unreadable_if_match"),
    ] {
        client.call_with("PUT", &s.api(), body.clone(), &[("if-match", tag)]).await.expect_code(status, code);
    }
    s.put(&s.pharmacist, 1, json!({"name": NAME, "medications": "鉄剤 朝1回"})).await.expect(200);

    let stale = put(&client, &s.api(), 1, body.clone()).await.expect_code(412, "stale");
    assert_eq!(stale.headers["content-type"], "application/problem+json");
    let problem = stale.json();
    assert_eq!((&problem["version"], &problem["mine"]), (&json!(2), &mine));
    assert_eq!(problem["theirs"], json!({"name": NAME, "medications": "鉄剤 朝1回"}));
    assert_eq!(s.sheet(&s.nurse).await["fields"], problem["theirs"], "theirs stands");

    let joined = json!({"name": NAME, "medications": "鉄剤 朝1回", "diet": "きざみ"});
    let weak = [("if-match", "W/\"2\"")];
    let body = json!({"fields": joined, "reason": "むせ"});
    assert_eq!(client.call_with("PUT", &s.api(), body, &weak).await.expect(200).json()["fields"], joined);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_savers_at_once_exactly_one_wins() {
    let s = scene().await;
    let saves = (0..10).map(|n| {
        let who = if n % 2 == 0 { &s.nurse } else { &s.pharmacist };
        s.put(who, 1, json!({"name": NAME, "note": format!("{n} の文")}))
    });
    let answers = futures_util::future::join_all(saves).await;
    let won: Vec<&Answer> = answers.iter().filter(|a| a.status == 200).collect();
    assert_eq!(won.len(), 1);
    assert_eq!(answers.iter().filter(|a| a.status == 412).count(), 9);
    assert_eq!(s.sheet(&s.nurse).await, won[0].json());
    for stale in answers.iter().filter(|a| a.status == 412) {
        assert_eq!(stale.json()["theirs"], won[0].json()["fields"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_client_id_is_saved_once() {
    let s = scene().await;
    let client = s.w.as_(&s.nurse);
    let body =
        json!({"client_id": Uuid::new_v4(), "fields": {"name": NAME, "sleep": "よい"}, "reason": "観察"});
    let path = s.api();
    let sends = (0..8).map(|_| put(&client, &path, 1, body.clone()));
    for answer in futures_util::future::join_all(sends).await {
        assert_eq!(answer.expect(200).json()["version"], 2);
    }
    // Later, too, and when others have saved since.
    s.put(&s.pharmacist, 2, json!({"name": NAME, "sleep": "浅い"})).await.expect(200);
    let first = put(&client, &path, 1, body.clone()).await.expect(200).json();
    assert_eq!((&first["version"], &first["fields"]["sleep"]), (&json!(2), &json!("よい")));
    let mut other = body.clone();
    other["reason"] = json!("別の理由");
    put(&client, &path, 3, other).await.expect_code(409, "client_id_used_for_something_else");
    assert_eq!(s.sheet(&s.nurse).await["version"], 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_fields_are_told_one_by_one() {
    let s = scene().await;
    s.put(&s.nurse, 1, json!({"name": NAME, "diet": "a\tb\nc"})).await.expect(200);
    let long = "あ".repeat(4000);
    let whole = json!({"name": NAME, "diagnoses": long, "pastHistory": long, "medications": long, "advanceCarePlan": long, "note": long});
    for (fields, field, code) in [
        (json!({"name": NAME, "shoeSize": "24"}), "shoeSize", "unknown_field"),
        (json!({"name": NAME, "diet": "あ".repeat(1001)}), "diet", "too_long"),
        (json!({"name": NAME, "diet": "a\u{0}b"}), "diet", "forbidden_character"),
        (json!({"name": NAME, "careLevel": "要介護9"}), "careLevel", "choice"),
        (json!({"diet": "x"}), "name", "required"),
        (whole, "pastHistory", "too_long_together"),
    ] {
        let problem = s.put(&s.nurse, 2, fields).await.expect_code(422, "invalid").json();
        assert_eq!(
            (&problem["errors"][0]["field"], &problem["errors"][0]["code"]),
            (&json!(field), &json!(code))
        );
    }
    let client = s.w.as_(&s.nurse);
    for reason in ["", " \n", "二\n行", &"あ".repeat(201)] {
        let body = json!({"fields": {"name": NAME}, "reason": reason});
        let problem = put(&client, &s.api(), 2, body).await.expect_code(422, "invalid").json();
        assert_eq!(problem["errors"][0]["field"], "reason", "{reason}");
    }
    for body in [
        json!({"fields": {"name": NAME}, "reason": "x", "version": 3}),
        json!({"fields": {"name": NAME}}),
        json!({"fields": {"name": ["x"]}, "reason": "x"}),
    ] {
        put(&client, &s.api(), 2, body).await.expect_code(400, "unreadable_json");
    }
    assert_eq!(s.sheet(&s.nurse).await["version"], 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_tell_who_when_why_and_what() {
    let s = scene().await;
    s.put(&s.nurse, 1, json!({"name": NAME, "diet": "並", "sleep": "よい"})).await.expect(200);
    s.put(&s.pharmacist, 2, json!({"name": NAME, "diet": "きざみ"})).await.expect(200);
    let list = s.w.as_(&s.nurse).get(&format!("{}/versions", s.api())).await.expect(200).json();
    let items = list["items"].as_array().unwrap();
    let numbers: Vec<&Value> = items.iter().map(|item| &item["version"]).collect();
    assert_eq!(numbers, [3, 2, 1]);
    assert_eq!(items[0]["changed"], json!(["diet", "sleep"]));
    assert_eq!(
        (&items[0]["reason"], &items[0]["changed_by"]["profession"]),
        (&json!("聞き取り"), &json!("pharmacist"))
    );
    assert_eq!(items[2]["changed"], json!(["name", "kana"]));
    assert_eq!(list["next"], json!(null));

    let first = s.w.as_(&s.nurse).get(&format!("{}/versions?limit=2", s.api())).await.expect(200).json();
    assert_eq!(first["items"], json!(items[..2]), "the last line of a page has its difference too");
    let next = first["next"].as_str().unwrap();
    let rest =
        s.w.as_(&s.nurse)
            .get(&format!("{}/versions?limit=2&cursor={next}", s.api()))
            .await
            .expect(200)
            .json();
    assert_eq!((&rest["items"], &rest["next"]), (&json!(items[2..]), &json!(null)));
    s.w.as_(&s.nurse).get(&format!("{}/versions?cursor=x", s.api())).await.expect_code(400, "unknown_cursor");

    let one = s.w.as_(&s.nurse).get(&format!("{}/versions/3", s.api())).await.expect(200).json();
    assert_eq!(one["fields"], json!({"name": NAME, "diet": "きざみ"}));
    let sleep = json!({"field": "sleep", "before": "よい", "after": null});
    assert_eq!(one["changes"], json!([{"field": "diet", "before": "並", "after": "きざみ"}, sleep]));
    s.w.as_(&s.nurse).get(&format!("{}/versions/4", s.api())).await.expect_code(404, "not_found");
    let page = s.w.as_(&s.nurse).get(&format!("{}/versions/2", s.page())).await.expect(200).text();
    assert!(
        page.contains("<ins>並</ins>") && page.contains("/versions/1\"") && page.contains("/versions/3\"")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archived_sheet_is_read_and_not_written() {
    let s = scene().await;
    let fields = json!({"name": NAME, "note": "x"});
    s.put(&s.nurse, 1, fields.clone()).await.expect(200);
    s.w.archive(&s.nurse, s.group).await;
    let refused = s.put(&s.nurse, 2, fields).await.expect_code(409, "archived").json();
    assert!(refused["detail"].as_str().unwrap().contains("アーカイブ"));
    let page = s.w.as_(&s.nurse).get(&s.page()).await.expect(200).text();
    assert!(!page.contains("/edit"), "no way to a form that cannot be saved");
    s.w.as_(&s.nurse).get(&format!("{}/edit", s.page())).await.expect(409);
}

/// The hidden values and the texts of the form on a page.
fn form_of(page: &str) -> Vec<(String, String)> {
    let hidden = page.split("<input type=\"hidden\" name=\"").skip(1).map(|rest| {
        let (name, rest) = rest.split_once("\" value=\"").expect("a hidden value");
        (name.to_owned(), plain(rest.split('"').next().unwrap()))
    });
    hidden.collect()
}

fn plain(html: &str) -> String {
    html.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

async fn send(s: &Scene, who: &Person, form: &[(String, String)], more: &[(&str, &str)]) -> Answer {
    let own = form.iter().map(|(name, text)| (name.as_str(), text.as_str()));
    let fields: Vec<(&str, &str)> = own.chain(more.iter().copied()).collect();
    s.w.as_(who).form(&format!("{}/edit", s.page()), &fields).await
}

async fn open_form(s: &Scene, who: &Person, section: &str) -> Vec<(String, String)> {
    let path = format!("{}/edit?section={section}", s.page());
    form_of(&s.w.as_(who).get(&path).await.expect(200).text())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_section_is_edited_on_a_page_and_what_was_typed_stays() {
    let s = scene().await;
    s.put(&s.nurse, 1, json!({"name": NAME, "birthDate": "1934-03-03", "fallRisk": "転倒"}))
        .await
        .expect(200);
    let sheet = s.w.as_(&s.nurse).get(&s.page()).await.expect(200).text();
    assert!(sheet.contains("1934年(昭和9年)3月3日") && sheet.contains("歳"), "era and age");

    let form = open_form(&s, &s.nurse, "care").await;
    let page =
        send(&s, &s.nurse, &form, &[("diet", "<きざみ>\u{1b}"), ("reason", "")]).await.expect(422).text();
    assert!(
        page.contains("&lt;きざみ&gt;")
            && page.contains("href=\"#diet\"")
            && page.contains("href=\"#reason\"")
    );
    assert_eq!(form_of(&page), form, "the same form again");

    let typed = [("diet", "きざみ"), ("reason", "むせたため")];
    for _ in 0..2 {
        let done = send(&s, &s.nurse, &form, &typed).await.expect(303);
        let to = format!("{}?done=saved&sent=", s.page());
        assert!(done.headers["location"].to_str().unwrap().starts_with(&to), "the draft has done its work");
    }
    let sheet = s.sheet(&s.nurse).await;
    assert_eq!(sheet["version"], 3, "a double click makes one version");
    // The form held the section alone: its empty fields are emptied, other sections stay.
    assert_eq!(sheet["fields"], json!({"name": NAME, "birthDate": "1934-03-03", "diet": "きざみ"}));
    for unknown in [("zzz", "x"), ("mine.zzz", "x"), ("section", "living")] {
        send(&s, &s.nurse, &form, &[("reason", "x"), unknown]).await.expect(400);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_people_on_different_fields_are_joined() {
    let s = scene().await;
    let mine = open_form(&s, &s.nurse, "care").await;
    s.put(&s.pharmacist, 1, json!({"name": NAME, "kana": "テスト", "medications": "鉄剤"})).await.expect(200);
    for _ in 0..2 {
        let done = send(&s, &s.nurse, &mine, &[("diet", "きざみ"), ("reason", "むせ")]).await.expect(303);
        assert!(done.headers["location"].to_str().unwrap().contains("done="));
    }
    let sheet = s.sheet(&s.nurse).await;
    assert_eq!(sheet["version"], 3);
    assert_eq!(
        sheet["fields"],
        json!({"name": NAME, "kana": "テスト", "medications": "鉄剤", "diet": "きざみ"})
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn two_people_on_one_field_choose_and_lose_nothing() {
    let s = scene().await;
    let mine = open_form(&s, &s.nurse, "care").await;
    let theirs = json!({"name": NAME, "kana": "テスト", "diet": "並", "swallowing": "むせなし"});
    s.put(&s.pharmacist, 1, theirs.clone()).await.expect(200);
    let typed = [("diet", "きざみ & 刻み"), ("fluids", "1日 800 mL"), ("reason", "訪問で見て")];
    let clash = send(&s, &s.nurse, &mine, &typed).await.expect(409);
    for value in clash.headers.values() {
        assert!(!String::from_utf8_lossy(value.as_bytes()).contains("きざみ"));
    }
    let page = clash.text();
    for kept in ["きざみ &amp; 刻み", "並", "1日 800 mL", "訪問で見て", &s.pharmacist.name] {
        assert!(page.contains(kept), "{kept}");
    }
    assert_eq!(s.sheet(&s.nurse).await["fields"], theirs, "nothing is written before the choice");

    let choice = form_of(&page);
    let again = send(&s, &s.nurse, &choice, &[("reason", "訪問で見て")]).await.expect(422).text();
    assert!(again.contains("どちらの文を残すか") && again.contains("きざみ &amp; 刻み"));
    assert_eq!(form_of(&again), choice, "the same choice again");

    // A third saver in between is noticed too.
    let mut third = theirs.clone();
    third["sleep"] = json!("よい");
    s.put(&s.admin, 2, third).await.expect(200);
    let pick = [("pick.diet", "both"), ("reason", "訪問で見て")];
    let done = send(&s, &s.nurse, &choice, &pick).await.expect(303);
    assert!(done.headers["location"].to_str().unwrap().contains("?done=joined&sent="));
    let fields = s.sheet(&s.nurse).await["fields"].clone();
    let expected = json!({"name": NAME, "kana": "テスト", "diet": "並\nきざみ & 刻み", "fluids": "1日 800 mL", "swallowing": "むせなし", "sleep": "よい"});
    assert_eq!(fields, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_holds_no_readable_sheet() {
    let s = scene().await;
    s.put(&s.nurse, 1, json!({"name": NAME, "note": "カナリア漢字"})).await.expect(200);
    let rows = s.w.superuser().await;
    let rows = rows.query("SELECT v::text, envelope FROM care.face_sheet_version v", &[]).await.unwrap();
    assert_eq!(rows.len(), 2);
    for row in rows {
        let sealed: Vec<u8> = row.get(1);
        assert!(!row.get::<_, String>(0).contains("カナリア"));
        assert!(!sealed.windows(12).any(|bytes| bytes == "カナリア".as_bytes()));
    }
}
