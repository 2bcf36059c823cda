//! The facility's questions to its access log: who opened which chart when and how often, whose records somebody was shown, what goes out as
//! FHIR; and what the browser says of a page.

use std::collections::BTreeSet;

use jiff::Timestamp;
use renkei::features::access_log::{
    kinds::{Kind, opens_chart},
    words,
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::world::{Facility, Person, World, team::Clinic};

struct Scene {
    w: World,
    clinic: Facility,
    admin: Person,
    doctor: Person,
    nurse: Person,
    nurse_admin: Person,
    patient: Uuid,
    group: Uuid,
}

async fn scene() -> Scene {
    let w = World::new().await;
    let Clinic { clinic, station, admin, doctor, nurse, patient, group } = w.clinic().await;
    Scene {
        nurse_admin: w.admin(station, "shocho", "nurse").await,
        w,
        clinic,
        admin,
        doctor,
        nurse,
        patient,
        group,
    }
}

impl Scene {
    fn log(&self, rest: &str) -> String {
        format!("/api/v1/facilities/{}/access-log{rest}", self.clinic.id)
    }

    async fn ask(&self, rest: &str) -> Value {
        self.w.as_(&self.admin).get(&self.log(rest)).await.expect(200).json()
    }

    /// With a session that has opened nothing yet.
    async fn again(&self, person: &Person) -> Person {
        Person { token: self.w.session(person).await, ..person.clone() }
    }

    async fn opens(&self, person: &Person) -> Person {
        let person = self.again(person).await;
        self.w.as_(&person).get(&format!("/api/v1/groups/{}/posts", self.group)).await.expect(200);
        person
    }

    async fn sheet(&self, person: &Person) {
        let path = format!("/api/v1/patients/{}/face-sheet", self.patient);
        self.w.as_(person).get(&path).await.expect(200);
    }

    /// The newest event of an act: id, time, session.
    async fn newest(&self, act: &str) -> (Uuid, Timestamp, Option<Uuid>) {
        let sql = "SELECT id, at, session_id FROM care.access_event WHERE act = $1 ORDER BY at DESC LIMIT 1";
        let row = self.w.superuser().await.query_one(sql, &[&act]).await.expect("an event");
        (row.get(0), row.get(1), row.get(2))
    }
}

fn items(answer: &Value) -> &Vec<Value> {
    answer["items"].as_array().expect("a list")
}

#[tokio::test(flavor = "multi_thread")]
async fn who_opened_this_chart_how_often_first_last_and_how_long() {
    let s = scene().await;
    s.opens(&s.doctor).await;
    let (opening, _, session) = s.newest("viewed_timeline").await;
    s.opens(&s.doctor).await;
    s.sheet(&s.doctor).await;
    s.opens(&s.nurse).await;
    // Three minutes and twelve seconds, as the node notes it every minute.
    let go_on = "SELECT act.openings_continued($1, $2, $3, $4)";
    for seconds in [60, 120, 192] {
        let one = (vec![Some(opening)], vec![session.expect("a session")], vec![s.group], vec![seconds]);
        s.w.app.db.job(go_on, &[&one.0, &one.1, &one.2, &one.3]).await.expect("noted");
    }
    let charts = s.ask("/charts").await;
    assert_eq!((&charts["openings"], &charts["charts"]), (&json!(4), &json!(1)), "{charts}");
    assert_eq!(items(&charts)[0]["patient_id"], json!(s.patient));
    assert_eq!((&items(&charts)[0]["openings"], &items(&charts)[0]["people"]), (&json!(4), &json!(2)));
    let people = s.ask(&format!("/charts/{}", s.patient)).await;
    let [doctor, nurse] = items(&people).as_slice() else { panic!("two people: {people}") };
    assert_eq!(
        (&doctor["account_id"], &doctor["openings"], &doctor["seconds"]),
        (&json!(s.doctor.id), &json!(3), &json!(192))
    );
    assert_eq!(
        (&nurse["account_id"], &nurse["openings"], &nurse["seconds"]),
        (&json!(s.nurse.id), &json!(1), &json!(0))
    );
    assert_eq!((&nurse["name"], &nurse["facility"]), (&json!(s.nurse.name), &json!("試験訪問看護")));
    let time = |v: &Value| v.as_str().unwrap().parse::<Timestamp>().unwrap();
    assert!(time(&doctor["first_at"]) < time(&doctor["last_at"]) && nurse["first_at"] == nurse["last_at"]);
    // In the log the length stands with its opening alone, also where the same session opened more.
    let log = s.ask(&format!("?account={}&kind=view", s.doctor.id)).await;
    let lengths: Vec<&Value> =
        items(&log).iter().filter(|e| e["act"] == "viewed_timeline").map(|e| &e["seconds"]).collect();
    assert_eq!(lengths, [&json!(null), &json!(192)]);
    // The pages say the same, with the patient's name.
    let page = s.w.as_(&s.admin).get("/facility/access-log/charts").await.expect(200).text();
    assert!(page.contains("試験 太郎") && page.contains("1人の記録が、4回開かれました"), "{page}");
    let page =
        s.w.as_(&s.admin).get(&format!("/facility/access-log/charts/{}", s.patient)).await.expect(200).text();
    assert!(page.contains(&s.nurse.name) && page.contains("3分12秒"), "{page}");
    let csv = s.w.as_(&s.admin).get("/facility/access-log/charts.csv").await.expect(200).text();
    assert!(csv.contains(&format!("\"{}\"", s.doctor.name)) && csv.contains("\"192\""), "{csv}");
    // Outside of the period there is nothing.
    assert_eq!(s.ask("/charts?from=2001-01-01&to=2001-02-01").await["openings"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_counts_are_the_admins_and_other_facilities_see_their_own() {
    let s = scene().await;
    s.opens(&s.nurse).await;
    for rest in
        ["/charts".to_owned(), format!("/charts/{}", s.patient), format!("/shown?account={}", s.nurse.id)]
    {
        s.ask(&rest).await;
        s.w.as_(&s.doctor).get(&s.log(&rest)).await.expect_code(403, "facility_admin_only");
        s.w.as_(&s.nurse_admin).get(&s.log(&rest)).await.expect_code(404, "not_found");
        s.w.nobody().get(&s.log(&rest)).await.expect_code(401, "not_signed_in");
    }
    for page in [
        "/facility/access-log/charts",
        "/facility/access-log/shown",
        "/facility/access-log/audit-events.ndjson",
    ] {
        s.w.as_(&s.admin).get(page).await.expect(200);
        s.w.as_(&s.doctor).get(page).await.expect(403);
    }
    // The nurse's own facility sees what its nurse did, and no name of the other's patient.
    let path = format!("/api/v1/facilities/{}/access-log/charts", s.nurse.facility.id);
    let theirs = s.w.as_(&s.nurse_admin).get(&path).await.expect(200).json();
    assert_eq!((&theirs["openings"], &theirs["charts"]), (&json!(1), &json!(1)));
    let page = s.w.as_(&s.nurse_admin).get("/facility/access-log/charts").await.expect(200).text();
    assert!(page.contains("ほかの施設の患者さん") && !page.contains("試験 太郎"));
    // A patient that nothing stands about does not exist there.
    let unknown = format!("/facility/access-log/charts/{}", Uuid::new_v4());
    s.w.as_(&s.nurse_admin).get(&unknown).await.expect(404);
    let mine = s.ask("?kind=refused").await;
    assert!(
        items(&mine)
            .iter()
            .any(|e| e["act"] == "viewed_chart_counts" && e["account"]["id"] == json!(s.doctor.id))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_asks_for_a_kind_a_device_and_what_was_refused() {
    let s = scene().await;
    let doctor = s.opens(&s.doctor).await;
    s.w.as_(&doctor).post(s.group, "記録").await.expect(201);
    s.w.as_(&doctor).get("/facility/access-log").await.expect(403);
    let acts = async |query: String| -> BTreeSet<String> {
        let found = s.ask(&query).await;
        items(&found).iter().map(|e| e["act"].as_str().unwrap().to_owned()).collect()
    };
    let who = s.doctor.id;
    assert!(acts(format!("?account={who}&kind=view")).await.contains("viewed_timeline"));
    assert!(!acts(format!("?account={who}&kind=view")).await.contains("post"));
    assert_eq!(
        acts(format!("?account={who}&kind=refused")).await,
        BTreeSet::from(["viewed_access_log".to_owned()])
    );
    assert!(acts(format!("?account={who}&kind=change")).await.contains("post"));
    let all = s.ask(&format!("?account={who}")).await;
    let device = items(&all).iter().find(|e| e["act"] == "post").expect("the post")["device_id"].clone();
    let device = device.as_str().expect("a device").to_owned();
    assert!(acts(format!("?device={device}")).await.contains("post"));
    assert!(acts(format!("?device={}", Uuid::new_v4())).await.is_empty());
    s.w.as_(&s.admin).get(&s.log("?kind=everything")).await.expect_code(422, "invalid");
    s.w.as_(&s.admin).get("/facility/access-log?kind=everything").await.expect(422);
    let page =
        s.w.as_(&s.admin)
            .get(&format!("/facility/access-log?kind=refused&device={device}"))
            .await
            .expect(200);
    assert!(page.text().contains("アクセス記録を見ようとしました"));
}

/// A phone was lost: three patients of whom one was opened, one stood on a list, and one was never near it.
#[tokio::test(flavor = "multi_thread")]
async fn after_a_suspicion_the_list_of_patients_is_exact() {
    let s = scene().await;
    let (listed, far) = (s.w.patient(&s.admin, "試験 次郎").await, s.w.patient(&s.admin, "試験 三郎").await);
    let other = s.w.staff(s.clinic, "betsu", "nurse").await;
    s.w.team(&s.admin, listed, &[&s.doctor]).await;
    let far_group = s.w.team(&s.admin, far, &[&other]).await;
    s.w.as_(&other).get(&format!("/api/v1/groups/{far_group}/posts")).await.expect(200);
    let before = s.ask(&format!("/shown?account={}", s.doctor.id)).await;
    let opened_before: Vec<&Value> = items(&before).iter().map(|p| &p["opened"]).collect();
    let stolen = s.opens(&s.doctor).await;
    s.w.as_(&stolen).get("/api/v1/groups").await.expect(200);
    let (_, _, session) = s.newest("viewed_timeline").await;
    let shown = s.ask(&format!("/shown?session={}", session.expect("a session"))).await;
    let rows: Vec<(Value, Value)> =
        items(&shown).iter().map(|p| (p["patient_id"].clone(), p["opened"].clone())).collect();
    assert_eq!(
        rows,
        [(json!(s.patient), json!(true)), (json!(listed), json!(false))],
        "{shown} {opened_before:?}"
    );
    assert_eq!(items(&shown)[0]["acts"], json!(["viewed_groups", "viewed_timeline"]));
    assert!(items(&shown).iter().all(|p| p["mine"] == true));
    // By account the same people and what she did in other sessions; by a device that nobody has, nothing.
    let by_account = s.ask(&format!("/shown?account={}", s.doctor.id)).await;
    let patients: BTreeSet<&str> =
        items(&by_account).iter().map(|p| p["patient_id"].as_str().unwrap()).collect();
    assert!(!patients.contains(far.to_string().as_str()) && patients.contains(listed.to_string().as_str()));
    assert!(items(&s.ask(&format!("/shown?device={}", Uuid::new_v4())).await).is_empty());
    s.w.as_(&s.admin).get(&s.log("/shown")).await.expect_code(422, "invalid");
    // Somebody of another facility: only own patients are told.
    s.opens(&s.nurse).await;
    let theirs = s.ask(&format!("/shown?account={}", s.nurse.id)).await;
    assert_eq!(items(&theirs)[0]["patient_id"], json!(s.patient));
    let query = format!("?account={}", s.doctor.id);
    let page = s.w.as_(&s.admin).get(&format!("/facility/access-log/shown{query}")).await.expect(200).text();
    assert!(
        page.contains("試験 太郎") && page.contains("試験 次郎") && !page.contains("試験 三郎"),
        "{page}"
    );
    let csv =
        s.w.as_(&s.admin).get(&format!("/facility/access-log/shown.csv{query}")).await.expect(200).text();
    assert!(csv.contains("試験 次郎") && csv.contains("一覧に名前"), "{csv}");
    s.w.as_(&s.admin).get("/facility/access-log/shown.csv").await.expect(422);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_goes_out_as_audit_events_after_a_second_look_at_who_asks() {
    let s = scene().await;
    s.opens(&s.nurse).await;
    let path = format!("/facility/access-log/audit-events.ndjson?patient={}", s.patient);
    let answer = s.w.as_(&s.admin).get(&path).await.expect(200);
    assert_eq!(answer.headers["content-type"], "application/fhir+ndjson; charset=utf-8");
    let lines: Vec<Value> = answer.text().lines().map(|l| serde_json::from_str(l).expect("JSON")).collect();
    let all = s.ask(&format!("?patient={}", s.patient)).await;
    // The two looks at the log themselves: one before, one after the file.
    assert_eq!(lines.len(), items(&all).len() - 1);
    let view = lines.iter().find(|l| l["subtype"][1]["code"] == "viewed_timeline").expect("the opening");
    assert_eq!(
        (&view["resourceType"], &view["action"], &view["outcome"]),
        (&json!("AuditEvent"), &json!("R"), &json!("0"))
    );
    assert_eq!(view["agent"][0]["who"]["identifier"]["value"], json!(s.nurse.id));
    assert_eq!(view["agent"][0]["location"]["display"], "試験訪問看護");
    assert_eq!(view["entity"][0]["what"]["display"], "試験 太郎");
    let ids: BTreeSet<&str> = lines.iter().map(|l| l["id"].as_str().unwrap()).collect();
    assert!(
        items(&all)
            .iter()
            .filter(|e| e["act"] != "viewed_access_log")
            .all(|e| ids.contains(e["id"].as_str().unwrap()))
    );
    let exported = s.ask("?kind=export").await;
    assert_eq!(items(&exported)[0]["act"], "exported_audit_events");
    let age = "UPDATE sec.session SET stepped_up_at = now() - interval '6 minutes' WHERE account_id = $1";
    s.w.superuser().await.execute(age, &[&s.admin.id]).await.expect("older");
    assert_eq!(s.w.as_(&s.admin).get(&path).await.status, 303, "to show again who she is");
}

/// The word of an HTML page for its row in the log.
fn view_of(page: &str) -> String {
    let at = page.find("data-view=\"").expect("the page is a view") + "data-view=\"".len();
    page[at..].split('"').next().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_says_how_long_it_was_seen_and_that_it_was_printed_and_only_its_own_session_may() {
    let s = scene().await;
    let doctor = s.again(&s.doctor).await;
    let page = s.w.as_(&doctor).get(&format!("/patients/{}/face-sheet", s.patient)).await.expect(200).text();
    let view = view_of(&page);
    // A list is nobody's page.
    assert!(!s.w.as_(&doctor).get("/groups").await.expect(200).text().contains("data-view"));
    let told = |what: &str| format!("/api/v1/me/views/{view}/{what}");
    let sign = json!({"seconds": 100_000});
    // More than since it was opened cannot be: a whole second has passed when it is said again.
    s.w.as_(&doctor).call("POST", &told("stay"), sign.clone()).await.expect(204);
    s.w.as_(&doctor).call("POST", &told("print"), json!({})).await.expect(204);
    let printed = s.ask("?kind=print").await;
    assert_eq!(items(&printed)[0]["patient_id"], json!(s.patient), "{printed}");
    let longest = "SELECT coalesce(max(seconds), 0) FROM care.access_event WHERE act = 'viewing_page'";
    let seconds: i32 = s.w.superuser().await.query_one(longest, &[]).await.expect("a number").get(0);
    assert!(seconds < 600, "{seconds}");
    // Another session of the same person, somebody else, and an invented view.
    let again = s.again(&s.doctor).await;
    for who in [&again, &s.nurse] {
        s.w.as_(who).call("POST", &told("stay"), sign.clone()).await.expect_code(404, "not_found");
        s.w.as_(who).call("POST", &told("print"), json!({})).await.expect_code(404, "not_found");
    }
    let invented = format!("/api/v1/me/views/1.{}/print", Uuid::nil());
    s.w.as_(&doctor).call("POST", &invented, json!({})).await.expect_code(404, "not_found");
    s.w.as_(&doctor).call("POST", "/api/v1/me/views/x/print", json!({})).await.expect_code(404, "not_found");
    // The timeline's page carries its opening, also when it goes on with one.
    let first = view_of(&s.w.as_(&doctor).get(&format!("/groups/{}", s.group)).await.expect(200).text());
    let second = view_of(&s.w.as_(&doctor).get(&format!("/groups/{}", s.group)).await.expect(200).text());
    assert_eq!(first, second);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_and_the_program_agree_what_kind_an_act_is() {
    let w = World::new().await;
    let superuser = w.superuser().await;
    for code in words::codes() {
        let kind: String =
            superuser.query_one("SELECT sec.act_kind($1)", &[&code]).await.expect("a kind").get(0);
        assert_eq!(kind, Kind::of(code).code(), "{code}");
        let opens: bool =
            superuser.query_one("SELECT sec.opens_chart($1)", &[&code]).await.expect("yes or no").get(0);
        assert_eq!(opens, opens_chart(code), "{code}");
    }
}

/// Ten thousand openings of sixty charts: every page of the counts is there, and none twice.
#[tokio::test(flavor = "multi_thread")]
async fn thousands_of_rows_are_counted_and_paged() {
    let s = scene().await;
    let insert = "INSERT INTO care.access_event (id, at, act, account_id, account, facility_id, owner_facility_id, patient_id, leaf)
      SELECT gen_random_uuid(), now() - make_interval(secs => n), 'viewed_timeline', $1, (SELECT version FROM care.person_now WHERE account_id = $1), $2, $2,
        ('00000000-0000-4000-8000-' || lpad((n % 60)::text, 12, '0'))::uuid, sha256(n::text::bytea) FROM generate_series(1, 10000) n";
    s.w.superuser().await.execute(insert, &[&s.doctor.id, &s.clinic.id]).await.expect("ten thousand");
    let charts = s.ask("/charts").await;
    assert_eq!((&charts["openings"], &charts["charts"]), (&json!(10_000), &json!(60)));
    assert_eq!(items(&charts).iter().map(|c| c["openings"].as_i64().unwrap()).sum::<i64>(), 10_000);
    let admin = s.w.as_(&s.admin);
    let page = admin.get("/facility/access-log/charts").await.expect(200).text();
    assert_eq!(page.matches("/facility/access-log/charts/0000").count(), 50);
    assert!(page.contains("skip=50"));
    let more = admin.get("/facility/access-log/charts?skip=50").await.expect(200).text();
    assert_eq!(more.matches("/facility/access-log/charts/0000").count(), 10);
    admin.get("/facility/access-log/charts.csv").await.expect(200);
}
