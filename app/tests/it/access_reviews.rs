//! The monthly review of the access log: it waits, its figures are exact, it is signed for good, and who forgets it is reminded.

use jiff::{SignedDuration, Timestamp, ToSpan};
use renkei::{features::access_reviews::schedule, japan};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::world::{Facility, Person, World, team::Clinic};

struct Scene {
    w: World,
    clinic: Facility,
    admin: Person,
    second: Person,
    doctor: Person,
    clerk: Person,
    nurse: Person,
    station_admin: Person,
    patient: Uuid,
    group: Uuid,
}

async fn scene() -> Scene {
    let w = World::new().await;
    let Clinic { clinic, station, admin, doctor, nurse, patient, group } = w.clinic().await;
    Scene {
        second: w.admin(clinic, "fuku", "nurse").await,
        clerk: w.staff(clinic, "jimu", "clerk").await,
        station_admin: w.admin(station, "shocho", "nurse").await,
        w,
        clinic,
        admin,
        doctor,
        nurse,
        patient,
        group,
    }
}

/// The code of this month: the one that is looked at as if it were over.
fn month() -> String {
    let today = Timestamp::now().to_zoned(japan::zone()).date();
    format!("{:04}-{:02}", today.year(), today.month())
}

/// The first time in the next month at which the desk is open.
fn next_month(w: &World) -> Timestamp {
    let first = Timestamp::now().to_zoned(japan::zone()).date().first_of_month() + 1.month();
    let begins = first.to_zoned(japan::zone()).expect("a time").timestamp() + 1.minute();
    w.app
        .config
        .support
        .next_opening(begins)
        .map_or(begins, |at| at.to_zoned(japan::zone()).expect("a time").timestamp() + 1.minute())
}

impl Scene {
    fn reviews(&self, rest: &str) -> String {
        format!("/api/v1/facilities/{}/access-reviews{rest}", self.clinic.id)
    }

    async fn opened(&self) -> Timestamp {
        let now = next_month(&self.w);
        let done = schedule::run(&self.w.app, now).await.expect("it runs");
        assert_eq!((done.opened, done.reminded), (2, 0));
        now
    }

    async fn figures(&self) -> Value {
        let path = self.reviews(&format!("/{}", month()));
        self.w.as_(&self.admin).get(&path).await.expect(200).json()["figures"].clone()
    }

    async fn sign(&self, who: &Person, id: Uuid, note: &str) -> crate::world::Answer {
        let body = json!({"client_id": id, "note": note});
        self.w.as_(who).call("POST", &self.reviews(&format!("/{}/signatures", month())), body).await
    }

    async fn notices(&self, who: &Person) -> usize {
        let all = self.w.as_(who).get("/api/v1/me/notices").await.expect(200).json();
        all["items"].as_array().unwrap().iter().filter(|n| n["kind"] == "access_review").count()
    }

    async fn reminders(&self) -> i64 {
        let sql = "SELECT count(*) FROM care.access_review_reminder WHERE facility_id = $1";
        self.w.superuser().await.query_one(sql, &[&self.clinic.id]).await.expect("a number").get(0)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_figures_of_the_month_are_exact() {
    let s = scene().await;
    let timeline = format!("/api/v1/groups/{}/posts", s.group);
    let sheet = format!("/api/v1/patients/{}/face-sheet", s.patient);
    s.w.as_(&s.doctor).get(&timeline).await.expect(200);
    s.w.as_(&s.doctor).get(&sheet).await.expect(200);
    s.w.as_(&s.nurse).get(&timeline).await.expect(200);
    // The admin is not in the group; the clerk is neither, and is refused.
    s.w.as_(&s.admin).get(&sheet).await.expect(200);
    s.w.as_(&s.clerk).get(&sheet).await.expect(404);
    s.w.as_(&s.clerk).get("/facility/access-log").await.expect(403);
    s.w.as_(&s.admin).get("/facility/access-log.csv").await.expect(200);
    // Whoever was a member and is none any more counts as one for what she did then, not for what she does now.
    s.w.end_membership(&s.doctor, s.group, &s.nurse).await;
    // What a relative reads is not the staff's.
    let kin = s.w.kin(&s.doctor, s.group, "mika", "family", "試験 美香").await;
    s.w.as_kin(&kin).get(&format!("/family/{}", s.group)).await.expect(200);
    s.opened().await;
    let f = s.figures().await;
    for (name, number) in [
        ("views", 4),
        ("patients", 1),
        ("people", 3),
        ("exports", 1),
        ("prints", 0),
        ("not_in_group", 1),
        ("refused", 2),
    ] {
        assert_eq!(f[name], number, "{name} of {f}");
    }
    assert_eq!(f["top_patients"], json!([{"patient": s.patient, "views": 4, "people": 3}]));
    assert_eq!(
        (&f["outside_people"][0]["account"], &f["outside_people"][0]["n"]),
        (&json!(s.admin.id), &json!(1))
    );
    assert!(f["refused_people"].as_array().unwrap().iter().all(|p| p["account"] == json!(s.clerk.id)), "{f}");
    assert_eq!(f["taken_out"][0]["act"], "downloaded_access_log");
    assert_eq!((&f["opens"], &f["closes"]), (&json!("07:00"), &json!("21:00")));
    // Exactly those views that lie outside of the hours: all or none here, by the clock of this test.
    let late = f["outside_hours"].as_i64().unwrap();
    assert_eq!(
        late,
        f["late_people"].as_array().unwrap().iter().map(|p| p["n"].as_i64().unwrap()).sum::<i64>()
    );
    // The other facility counts its own: what its nurse did.
    let path = format!("/api/v1/facilities/{}/access-reviews/{}", s.nurse.facility.id, month());
    let theirs = s.w.as_(&s.station_admin).get(&path).await.expect(200).json();
    assert_eq!((&theirs["figures"]["views"], &theirs["figures"]["people"]), (&json!(1), &json!(1)));
}

#[tokio::test(flavor = "multi_thread")]
async fn it_waits_for_the_admins_is_signed_and_stays_as_it_was_signed() {
    let s = scene().await;
    assert_eq!(s.notices(&s.admin).await, 0);
    let now = s.opened().await;
    // Again is nothing new.
    let again = schedule::run(&s.w.app, now).await.expect("it runs");
    assert_eq!((again.opened, again.reminded), (0, 0));
    assert_eq!(
        (s.notices(&s.admin).await, s.notices(&s.second).await, s.notices(&s.doctor).await),
        (1, 1, 0)
    );
    let page = s.w.as_(&s.admin).get("/notices").await.expect(200).text();
    assert!(page.contains("のアクセス記録を点検してください"), "{page}");
    // Others of the facility, and other facilities.
    let path = s.reviews(&format!("/{}", month()));
    s.w.as_(&s.doctor).get(&path).await.expect_code(403, "facility_admin_only");
    s.w.as_(&s.station_admin).get(&path).await.expect_code(404, "not_found");
    s.sign(&s.doctor, Uuid::new_v4(), "").await.expect_code(403, "facility_admin_only");
    s.sign(&s.station_admin, Uuid::new_v4(), "").await.expect_code(404, "not_found");
    let never = s.reviews("/2001-01");
    s.w.as_(&s.admin).get(&never).await.expect_code(404, "not_found");
    s.w.as_(&s.admin).get(&s.reviews("/soon")).await.expect_code(404, "not_found");
    // Signed: with name, time, note and the figures of now.
    let (id, note) = (Uuid::new_v4(), "夜間の閲覧は当番のもの。canarynote");
    s.w.as_(&s.doctor).get(&format!("/api/v1/groups/{}/posts", s.group)).await.expect(200);
    s.sign(&s.admin, id, note).await.expect(201);
    s.sign(&s.admin, id, note).await.expect(201);
    s.sign(&s.admin, id, "ほかの言葉").await.expect_code(409, "client_id_used_for_something_else");
    s.sign(&s.admin, Uuid::new_v4(), &"あ".repeat(1001)).await.expect_code(422, "invalid");
    assert_eq!((s.notices(&s.admin).await, s.notices(&s.second).await), (0, 0));
    s.w.as_(&s.nurse).get(&format!("/api/v1/groups/{}/posts", s.group)).await.expect(200);
    let whole = s.w.as_(&s.second).get(&path).await.expect(200).json();
    let signatures = whole["signatures"].as_array().unwrap();
    assert_eq!(signatures.len(), 1, "{whole}");
    assert_eq!((&signatures[0]["by"]["name"], &signatures[0]["note"]), (&json!(s.admin.name), &json!(note)));
    assert_eq!((&signatures[0]["figures"]["views"], &whole["figures"]["views"]), (&json!(1), &json!(2)));
    // Whoever has more to say signs again; nothing that stands changes.
    s.sign(&s.second, Uuid::new_v4(), "もう一度見ました").await.expect(201);
    let superuser = s.w.superuser().await;
    for change in [
        "UPDATE care.access_review_signature SET note = note",
        "DELETE FROM care.access_review_signature",
        "DELETE FROM care.access_review",
    ] {
        assert!(superuser.batch_execute(change).await.is_err(), "{change}");
    }
    let kept = "SELECT encode(note, 'escape') || figures::text FROM care.access_review_signature";
    let kept: Vec<String> = superuser.query(kept, &[]).await.unwrap().iter().map(|r| r.get(0)).collect();
    assert!(kept.len() == 2 && !kept.concat().contains("canarynote"), "sealed");
    let page =
        s.w.as_(&s.admin).get(&format!("/facility/access-reviews/{}", month())).await.expect(200).text();
    assert!(
        page.contains("夜間の閲覧は当番のもの")
            && page.contains("もう一度見ました")
            && page.contains("多く見られた患者さん"),
        "{page}"
    );
    let list = s.w.as_(&s.admin).get("/facility/access-reviews").await.expect(200).text();
    assert!(list.contains("署名しました"), "{list}");
    // The form keeps what was typed when it is too long.
    let long = format!("canarytyped{}", "あ".repeat(1000));
    let fields =
        [("client_id", &*Uuid::new_v4().to_string()), ("note", &long)].map(|(k, v)| (k, v.to_owned()));
    let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
    let page =
        s.w.as_(&s.admin).form(&format!("/facility/access-reviews/{}", month()), &fields).await.expect(422);
    assert!(page.text().contains("canarytyped"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_overdue_one_is_reminded_of_every_week_until_it_is_signed() {
    let s = scene().await;
    let opened = s.opened().await;
    let run = async |after_days: i64| {
        // The hour of the opening: the desk is open then on a working day; one of the next ones.
        for more in 0..7 {
            let now = opened + SignedDuration::from_hours(24 * (after_days + more));
            let done = schedule::run(&s.w.app, now).await.expect("it runs");
            if done.reminded > 0 {
                return done.reminded;
            }
        }
        0
    };
    let early = schedule::run(&s.w.app, opened + SignedDuration::from_hours(24 * 7)).await.expect("it runs");
    assert_eq!(early.reminded, 0, "not due yet");
    assert_eq!(run(15).await, 2, "both facilities");
    assert_eq!(s.reminders().await, 1);
    s.sign(&s.admin, Uuid::new_v4(), "").await.expect(201);
    assert_eq!(run(40).await, 1, "the other one alone");
    assert_eq!(s.reminders().await, 1);
}
