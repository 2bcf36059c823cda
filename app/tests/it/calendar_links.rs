//! The feed behind a secret link: times and kinds, never a patient's name or word, and no longer than its owner may.

use jiff::ToSpan;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::world::{Answer, Facility, Person, World};

const NAME: &str = "鵜飼橋 カナリア郎";
const NOTE: &str = "canaryhitokoto";

struct Scene {
    w: World,
    clinic: Facility,
    admin: Person,
    host: Person,
    nurse: Person,
    group: Uuid,
}

async fn scene() -> Scene {
    let w = World::new().await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    let station = w.facility("visiting_nurse_station", "試験訪問看護").await;
    let admin = w.admin(clinic, "kanri", "clerk").await;
    let host = w.staff(clinic, "shujii", "doctor").await;
    let nurse = w.staff(station, "kango", "nurse").await;
    let body = json!({"client_id": Uuid::new_v4(), "number": "K-0815", "fields": {"name": NAME, "kana": "カナリア"}});
    let made = w.as_(&admin).call("POST", "/api/v1/patients", body).await.expect(201).json();
    let group = w.team(&admin, crate::world::id_of(&made), &[&host, &nurse]).await;
    Scene { w, clinic, admin, host, nurse, group }
}

fn day(from_today: i32) -> String {
    let today = jiff::Timestamp::now().to_zoned(renkei::japan::zone()).date();
    today.checked_add(from_today.days()).expect("a day").to_string()
}

fn visit(kind: &str, from_today: i32) -> Value {
    json!({"client_id": Uuid::new_v4(), "kind": kind, "date": day(from_today), "start": "10:00", "end": "10:30", "note": NOTE})
}

impl Scene {
    async fn plan(&self, by: &Person, body: Value) {
        self.w.as_(by).call("POST", &format!("/api/v1/groups/{}/visits", self.group), body).await.expect(201);
    }

    /// Makes a link and gives its path.
    async fn link(&self, by: &Person, fields: &[(&str, &str)]) -> String {
        let page = self.w.as_(by).form("/menu/calendar", fields).await.expect(200).text();
        let from = page.find("/calendar/").expect("the link stands on the page");
        page[from..].split(".ics").next().expect("a path").to_owned() + ".ics"
    }

    async fn fetch(&self, path: &str) -> Answer {
        self.w.nobody().get(path).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_feed_has_one_s_own_visits_and_nothing_of_whom() {
    let s = scene().await;
    s.plan(&s.nurse, visit("nursing", 1)).await;
    s.plan(&s.host, visit("medical", 2)).await;
    let others = json!({"facility_id": s.clinic.id, "account_id": s.host.id});
    let mut for_doctor = visit("other", 3);
    for_doctor.as_object_mut().unwrap().extend(others.as_object().unwrap().clone());
    s.plan(&s.nurse, for_doctor).await;
    let link = s.link(&s.nurse, &[]).await;
    let answer = s.fetch(&link).await.expect(200);
    assert_eq!(answer.headers["content-type"], "text/calendar; charset=utf-8");
    assert!(!answer.headers.contains_key("set-cookie"));
    let text = answer.text();
    assert_eq!(text.matches("BEGIN:VEVENT").count(), 1, "{text}");
    assert!(
        text.contains("SUMMARY:訪問(看護)\r\n")
            && text.contains(&format!("{}T100000", day(1).replace('-', ""))),
        "{text}"
    );
    let unfolded = text.replace("\r\n ", "");
    for word in [NAME, "鵜飼橋", "カナリア", NOTE, "K-0815", &s.nurse.name, "試験"] {
        assert!(!unfolded.contains(word), "{word} in {unfolded}");
    }
    // The doctor's, with the number that the clinic gave: still no name.
    let link = s.link(&s.host, &[("with_number", "on")]).await;
    let text = s.fetch(&link).await.expect(200).text().replace("\r\n ", "");
    assert_eq!(text.matches("SUMMARY:訪問(診療) K-0815").count(), 1, "{text}");
    assert!(
        text.contains("SUMMARY:訪問(その他) K-0815") && !text.contains("鵜飼橋") && !text.contains(NOTE),
        "{text}"
    );
    // The nurse's facility does not manage the patient: no number there, also where it is wanted.
    let link = s.link(&s.nurse, &[("with_number", "on")]).await;
    assert!(!s.fetch(&link).await.expect(200).text().contains("K-0815"));
    let log = "SELECT count(*) FROM care.access_event WHERE act = 'fetched_calendar' AND account_id = $1 AND session_id IS NULL AND group_id IS NULL";
    let count: i64 = s.w.superuser().await.query_one(log, &[&s.nurse.id]).await.unwrap().get(0);
    assert_eq!(count, 2);
    let stored = "SELECT count(*) FROM sec.calendar_link WHERE token_hash = $1";
    let token = link.trim_start_matches("/calendar/").trim_end_matches(".ics");
    let clear: i64 = s.w.superuser().await.query_one(stored, &[&token.as_bytes()]).await.unwrap().get(0);
    assert_eq!(clear, 0, "the token is stored as its hash alone");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_ends_when_it_is_renewed_ended_or_its_owner_goes() {
    let s = scene().await;
    s.plan(&s.nurse, visit("nursing", 1)).await;
    let first = s.link(&s.nurse, &[]).await;
    s.fetch(&first).await.expect(200);
    let second = s.link(&s.nurse, &[]).await;
    s.fetch(&first).await.expect(404);
    s.fetch(&second).await.expect(200);
    s.w.as_(&s.nurse).form("/menu/calendar/end", &[]).await.expect(303);
    s.fetch(&second).await.expect(404);
    for nonsense in ["/calendar/x.ics", "/calendar/", "/calendar/x"] {
        s.fetch(nonsense).await.expect(404);
    }
    // Out of the group: nothing of it any more.
    let third = s.link(&s.nurse, &[]).await;
    assert!(s.fetch(&third).await.expect(200).text().contains("VEVENT"));
    s.w.end_membership(&s.host, s.group, &s.nurse).await;
    assert!(!s.fetch(&third).await.expect(200).text().contains("VEVENT"));
    // Out of the facility: no link.
    let of_host = s.link(&s.host, &[]).await;
    s.fetch(&of_host).await.expect(200);
    let path = format!("/api/v1/facilities/{}/staff/{}/departure", s.clinic.id, s.host.id);
    s.w.as_(&s.admin).call("POST", &path, json!({"client_id": Uuid::new_v4()})).await.expect(200);
    s.fetch(&of_host).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_facility_of_managed_devices_has_no_links_and_a_greedy_program_waits() {
    let s = scene().await;
    let link = s.link(&s.host, &[]).await;
    for _ in 0..60 {
        s.fetch(&link).await.expect(200);
    }
    let refused = s.fetch(&link).await.expect(429);
    assert!(refused.headers.contains_key("retry-after"));
    let link = s.link(&s.admin, &[]).await;
    s.fetch(&link).await.expect(200);
    let policy =
        "INSERT INTO care.sign_in_policy VALUES ($1, 1, 'required', true, 15, NULL, NULL, $2, now())";
    let db = s.w.superuser().await;
    db.execute(policy, &[&s.clinic.id, &s.admin.id]).await.expect("a policy");
    s.fetch(&link).await.expect(404);
    let lifted =
        "INSERT INTO care.sign_in_policy VALUES ($1, 2, 'required', false, 15, NULL, NULL, $2, now())";
    db.execute(lifted, &[&s.clinic.id, &s.admin.id]).await.expect("any device");
    s.fetch(&link).await.expect(404);
    let link = s.link(&s.admin, &[]).await;
    s.fetch(&link).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_ends_with_what_throws_strangers_out_and_keeps_the_hours() {
    let s = scene().await;
    s.plan(&s.nurse, visit("nursing", 1)).await;
    let db = s.w.superuser().await;
    let told = "SELECT count(*) FROM sec.sign_in_notice WHERE account_id = $1 AND kind = 'calendar_link'";
    let link = s.link(&s.nurse, &[]).await;
    assert_eq!(db.query_one(told, &[&s.nurse.id]).await.unwrap().get::<_, i64>(0), 1);
    for _ in 0..2 {
        s.fetch(&link).await.expect(200);
    }
    let of_group = "SELECT count(*) FROM care.access_event WHERE act = 'fetched_calendar' AND group_id = $1 AND owner_facility_id = $2";
    let count: i64 = db.query_one(of_group, &[&s.group, &s.clinic.id]).await.unwrap().get(0);
    assert_eq!(count, 1, "once a day in the patient's log");
    db.execute("UPDATE sec.calendar_link SET ends_at = now() WHERE account_id = $1", &[&s.nurse.id])
        .await
        .unwrap();
    s.fetch(&link).await.expect(404);
    // Outside the hours of the facility, but for its admins.
    let (of_host, of_admin) = (s.link(&s.host, &[]).await, s.link(&s.admin, &[]).await);
    s.fetch(&of_host).await.expect(200);
    let hours = "INSERT INTO care.sign_in_policy VALUES ($1, 1, 'required', false, 15, (now() AT TIME ZONE 'Asia/Tokyo' + interval '2 hours')::time, (now() AT TIME ZONE 'Asia/Tokyo' + interval '3 hours')::time, $2, now())";
    db.execute(hours, &[&s.clinic.id, &s.admin.id]).await.expect("a policy");
    s.fetch(&of_host).await.expect(404);
    s.fetch(&of_admin).await.expect(200);
    let again = s.link(&s.nurse, &[]).await;
    s.fetch(&again).await.expect(200);
    s.w.as_(&s.nurse).form("/sign-out/everywhere", &[]).await.expect(303);
    s.fetch(&again).await.expect(404);
}
