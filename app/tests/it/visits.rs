//! The calendar of visits: several facilities, series with exceptions, hints, and who may change what.

use jiff::{ToSpan, civil::Date};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::world::{Person, World, id_of};

struct Scene {
    w: World,
    admin: Person,
    host: Person,
    nurse: Person,
    colleague: Person,
    helper: Person,
    stranger: Person,
    group: Uuid,
}

async fn scene() -> Scene {
    let w = World::new().await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    let station = w.facility("visiting_nurse_station", "試験訪問看護").await;
    let care = w.facility("care_provider", "試験ヘルパー").await;
    let admin = w.admin(clinic, "kanri", "clerk").await;
    let host = w.staff(clinic, "shujii", "doctor").await;
    let nurse = w.staff(station, "kango", "nurse").await;
    let colleague = w.staff(station, "douryo", "nurse").await;
    let helper = w.staff(care, "kaigo", "helper").await;
    let stranger = w.staff(care, "tanin", "helper").await;
    let group = w.group(&admin, &host, "試験 太郎").await;
    for person in [&nurse, &colleague, &helper] {
        w.join(&host, group, person).await;
    }
    Scene { w, admin, host, nurse, colleague, helper, stranger, group }
}

fn today() -> Date {
    jiff::Timestamp::now().to_zoned(renkei::japan::zone()).date()
}

fn day(from_today: i32) -> String {
    today().checked_add(from_today.days()).expect("a day").to_string()
}

fn visit(kind: &str, date: &str, start: &str, end: &str) -> Value {
    json!({"client_id": Uuid::new_v4(), "kind": kind, "date": date, "start": start, "end": end})
}

fn with(mut body: Value, more: Value) -> Value {
    body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    body
}

impl Scene {
    async fn plan(&self, by: &Person, body: Value) -> Uuid {
        let path = format!("/api/v1/groups/{}/visits", self.group);
        id_of(&self.w.as_(by).call("POST", &path, body).await.expect(201).json())
    }

    async fn shown(&self, by: &Person, from: i32, to: i32) -> Vec<Value> {
        let path = format!("/api/v1/groups/{}/visits?from={}&to={}", self.group, day(from), day(to));
        self.w.as_(by).get(&path).await.expect(200).json()["items"].as_array().expect("a list").clone()
    }

    async fn change(&self, by: &Person, visit: Uuid, body: Value) -> crate::world::Answer {
        let body = with(json!({"client_id": Uuid::new_v4()}), body);
        self.w.as_(by).call("PUT", &format!("/api/v1/visits/{visit}"), body).await
    }

    async fn calendar(&self, by: &Person) -> String {
        let path = format!("/groups/{}/schedule?week={}", self.group, day(7));
        self.w.as_(by).get(&path).await.expect(200).text()
    }
}

fn days(all: &[Value]) -> Vec<String> {
    all.iter().map(|v| v["start"].as_str().expect("a time")[..10].to_owned()).collect()
}

/// The start of a visit in Japan.
fn start(v: &Value) -> String {
    let at: jiff::Timestamp = v["start"].as_str().expect("a time").parse().expect("RFC 3339");
    at.to_zoned(renkei::japan::zone()).datetime().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn three_facilities_stand_in_one_calendar_and_what_meets_is_hinted_at() {
    let s = scene().await;
    let body = visit("nursing", &day(7), "10:00", "10:45");
    let path = format!("/api/v1/groups/{}/visits", s.group);
    let made = s.w.as_(&s.nurse).call("POST", &path, body.clone()).await.expect(201).json();
    assert_eq!(made["next"]["facility"], "試験訪問看護");
    assert_eq!(
        s.w.as_(&s.nurse).call("POST", &path, body.clone()).await.expect(200).json()["id"],
        made["id"]
    );
    let other = with(body, json!({"start": "9:00"}));
    s.w.as_(&s.nurse).call("POST", &path, other).await.expect_code(409, "client_id_used_for_something_else");
    s.plan(&s.helper, visit("care", &day(7), "13:00", "14:00")).await;
    assert!(s.shown(&s.host, 7, 7).await.iter().all(|v| v["conflict"] == json!(false)));
    assert!(!s.calendar(&s.nurse).await.contains("重なり"));
    // Less than a quarter of an hour after the nurse: both say so.
    s.plan(&s.host, visit("medical", &day(7), "10:55", "11:15")).await;
    let shown = s.shown(&s.helper, 7, 7).await;
    let hints: Vec<_> =
        shown.iter().map(|v| (v["kind"].as_str().unwrap(), v["conflict"].as_bool().unwrap())).collect();
    assert_eq!(hints, [("nursing", true), ("medical", true), ("care", false)]);
    let page = s.calendar(&s.nurse).await;
    assert!(page.contains("重なり") && page.contains("間が15分ない") && page.contains("訪問介護"), "{page}");
    let of = format!("/visits/{}?day={}", made["id"].as_str().unwrap(), day(7));
    assert!(
        s.w.as_(&s.helper).get(&of).await.expect(200).text().contains("重なるか"),
        "the page of the visit says it too"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn one_visit_of_a_series_is_moved_or_called_off_with_a_reason() {
    let s = scene().await;
    let first = today().checked_add(1.day()).expect("a day");
    let weekly = json!({"repeat": {"every_weeks": 1, "weekdays": [first.weekday().to_monday_one_offset()], "until": day(60)}});
    let id = s.plan(&s.nurse, with(visit("nursing", &day(1), "10:00", "10:30"), weekly)).await;
    assert_eq!(s.shown(&s.nurse, 0, 60).await.len(), 9);
    let moved = json!({"change": "move", "day": day(8), "date": day(9), "start": "14:00", "end": "15:00", "reason": "祝日のため"});
    s.change(&s.nurse, id, moved).await.expect(200);
    s.change(&s.nurse, id, json!({"change": "cancel", "day": day(15), "reason": "入院のため"}))
        .await
        .expect(200);
    let all = s.shown(&s.host, 0, 22).await;
    assert_eq!(all.len(), 4, "{all:?}");
    assert_eq!(start(&all[1]), format!("{}T14:00:00", day(9)));
    assert_eq!((&all[1]["moved"], &all[1]["reason"]), (&json!(true), &json!("祝日のため")));
    assert_eq!((&all[2]["cancelled"], &all[2]["reason"]), (&json!(true), &json!("入院のため")));
    s.change(&s.nurse, id, json!({"change": "cancel", "day": day(16), "reason": "x"})).await.expect(422);
    s.change(&s.nurse, id, json!({"change": "cancel", "day": day(22)})).await.expect(422);
    s.change(&s.nurse, id, json!({"change": "restore", "day": day(15)})).await.expect(200);
    assert_eq!(s.shown(&s.host, 15, 15).await[0]["cancelled"], json!(false));
    // Other times from a day on: what was before stays.
    let version = s.shown(&s.host, 0, 1).await[0]["version"].clone();
    let later = json!({"change": "plan", "version": version, "date": day(29), "start": "11:00", "end": "11:30",
        "repeat": {"every_weeks": 2, "weekdays": [first.weekday().to_monday_one_offset()]}});
    s.change(&s.nurse, id, with(later.clone(), json!({"version": 1}))).await.expect_code(412, "stale");
    // On the page what was typed stays, goes over theirs next, and the draft on the device stays one of the version on which it began.
    let (client_id, party) = (Uuid::new_v4().to_string(), s.nurse.facility.id.to_string());
    let (date, now) = (day(29), version.to_string());
    let typed = |version| {
        let ids = [("client_id", client_id.as_str()), ("change", "plan"), ("version", version)];
        let plan =
            [("kind", "nursing"), ("party", &party), ("date", &date), ("start", "11:00"), ("end", "11:30")];
        [&ids[..], &plan, &[("note", "玄関から"), ("repeat", "once"), ("until", "")]].concat()
    };
    let path = format!("/visits/{id}/change");
    let page = s.w.as_(&s.nurse).form(&path, &typed("1")).await.expect(422).text();
    assert!(page.contains("玄関から") && page.contains("ほかの人が変えました"), "{page}");
    let theirs = format!("name=\"version\" value=\"{now}\"");
    assert!(page.contains("data-began=\"1\"") && page.contains(&theirs), "{page}");
    s.change(&s.nurse, id, later).await.expect(200);
    let all = s.shown(&s.host, 0, 60).await;
    let starts: Vec<String> = all.iter().map(start).collect();
    let at = |n, clock| format!("{}T{clock}:00", day(n));
    assert_eq!(
        starts,
        [
            at(1, "10:00"),
            at(9, "14:00"),
            at(15, "10:00"),
            at(22, "10:00"),
            at(29, "11:00"),
            at(43, "11:00"),
            at(57, "11:00")
        ]
    );
    s.change(&s.nurse, id, json!({"change": "end", "day": day(30), "reason": "担当の交代"}))
        .await
        .expect(200);
    assert_eq!(days(&s.shown(&s.host, 23, 300).await).len(), 1);
    let sql = "SELECT kind FROM care.visit_event WHERE visit_id = $1 ORDER BY version";
    let rows = s.w.superuser().await.query(sql, &[&id]).await.unwrap();
    let kinds: Vec<String> = rows.iter().map(|r| r.get(0)).collect();
    assert_eq!(kinds, ["made", "moved", "cancelled", "restored", "changed", "ended"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visit_is_changed_by_its_facility_by_who_planned_it_and_by_the_host() {
    let s = scene().await;
    // The helper enters it for the nurses; none of the clinic has to do with it but the host.
    let for_nurses = json!({"facility_id": s.nurse.facility.id, "account_id": s.nurse.id});
    let id = s.plan(&s.helper, with(visit("nursing", &day(3), "10:00", "10:30"), for_nurses)).await;
    let cancel = || json!({"change": "cancel", "day": day(3), "reason": "試験"});
    let restore = || json!({"change": "restore", "day": day(3)});
    for person in [&s.helper, &s.nurse, &s.colleague, &s.host] {
        s.change(person, id, cancel()).await.expect(200);
        s.change(person, id, restore()).await.expect(200);
    }
    let doctors = s.plan(&s.host, visit("medical", &day(4), "10:00", "10:30")).await;
    s.change(&s.helper, doctors, json!({"change": "cancel", "day": day(4), "reason": "x"}))
        .await
        .expect_code(403, "not_your_visit");
    let page = s.w.as_(&s.helper).get(&format!("/visits/{doctors}")).await.expect(200).text();
    assert!(page.contains("変えられるのは") && !page.contains("この日の訪問を動かす"), "{page}");
    // A person who is not there for that facility, a facility that is not in the team.
    let wrong = json!({"facility_id": s.host.facility.id, "account_id": s.nurse.id});
    let path = format!("/api/v1/groups/{}/visits", s.group);
    s.w.as_(&s.host)
        .call("POST", &path, with(visit("other", &day(3), "9:00", "9:30"), wrong))
        .await
        .expect(422);
    for other in [&s.stranger, &s.admin] {
        s.w.as_(other).get(&format!("/groups/{}/schedule", s.group)).await.expect(404);
        s.w.as_(other).get(&format!("/visits/{id}")).await.expect(404);
        s.w.as_(other).get(&path).await.expect(404);
        s.change(other, id, cancel()).await.expect(404);
        s.w.as_(other).call("POST", &path, visit("other", &day(3), "9:00", "9:30")).await.expect(404);
    }
    s.w.archive(&s.host, s.group).await;
    s.change(&s.nurse, id, cancel()).await.expect_code(409, "archived");
    assert!(
        s.w.as_(&s.nurse)
            .get(&format!("/groups/{}/schedule", s.group))
            .await
            .expect(200)
            .text()
            .contains("予定")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_forms_keep_what_was_typed_and_say_what_is_wrong() {
    let s = scene().await;
    let party = format!("{}.{}", s.nurse.facility.id, s.nurse.id);
    let client = Uuid::new_v4().to_string();
    let date = day(10);
    let fields = |start: &'static str| {
        vec![
            ("client_id", client.clone()),
            ("kind", "nursing".into()),
            ("party", party.clone()),
            ("date", date.clone()),
            ("start", start.to_owned()),
            ("end", "10:30".into()),
            ("note", "駐車は裏へ".into()),
            ("repeat", "monthly".into()),
            ("every", "1".into()),
            ("nth", "1".into()),
            ("nth", "3".into()),
            ("until", String::new()),
        ]
    };
    let send = async |path: &str, fields: Vec<(&str, String)>| {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
        s.w.as_(&s.nurse).form(path, &fields).await
    };
    let path = format!("/groups/{}/visits", s.group);
    let page = send(&path, fields("10:30")).await.expect(422).text();
    assert!(page.contains("駐車は裏へ") && page.contains("終わりは、始まりより後"), "{page}");
    assert!(s.shown(&s.nurse, 0, 300).await.is_empty());
    send(&path, fields("10:00")).await.expect(303);
    let all = s.shown(&s.nurse, 0, 100).await;
    assert!(all.len() >= 5, "the first and the third of the weekday of {date}: {all:?}");
    let (id, first) = (id_of(&json!({"id": all[0]["visit_id"]})), all[0]["day"].as_str().unwrap().to_owned());
    let page = s.w.as_(&s.nurse).get(&format!("/visits/{id}?day={first}")).await.expect(200).text();
    assert!(page.contains("毎月 第1・第3") && page.contains("駐車は裏へ"), "{page}");
    let change = format!("/visits/{id}/change");
    let of = |kind: &str, reason: &str| {
        vec![
            ("client_id", Uuid::new_v4().to_string()),
            ("change", kind.to_owned()),
            ("day", first.clone()),
            ("cancel-reason", reason.to_owned()),
        ]
    };
    let page = send(&change, of("cancel", "")).await.expect(422).text();
    assert!(page.contains("入力してください。"), "{page}");
    send(&change, of("cancel", "入院のため")).await.expect(303);
    let page =
        s.w.as_(&s.nurse).get(&format!("/visits/{id}?day={first}&done=cancelled")).await.expect(200).text();
    assert!(
        page.contains("お休み") && page.contains("入院のため") && page.contains("もとの予定に戻す"),
        "{page}"
    );
    for bad in ["?month=2026-13", "?week=x", "?month=2026-12&week=2026-12-01"] {
        s.w.as_(&s.nurse).get(&format!("/groups/{}/schedule{bad}", s.group)).await.expect(404);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_patient_has_two_hundred_visits_to_come_at_most_and_what_meets_is_found_fast() {
    let s = scene().await;
    for _ in 0..200 {
        s.plan(&s.nurse, visit("nursing", &day(1), "09:00", "09:30")).await;
    }
    let path = format!("/api/v1/groups/{}/visits", s.group);
    let more = visit("nursing", &day(2), "09:00", "09:30");
    s.w.as_(&s.nurse).call("POST", &path, more).await.expect_code(409, "too_many_visits");
    let shown = s.shown(&s.nurse, 0, 9).await;
    assert_eq!(shown.len(), 200);
    assert!(shown.iter().all(|v| v["conflict"] == json!(true)));
    let free = json!({"client_id": Uuid::new_v4(), "kind": "free", "title": "勉強会"});
    let free = id_of(&s.w.as_(&s.nurse).call("POST", "/api/v1/groups", free).await.expect(201).json());
    let path = format!("/api/v1/groups/{free}/visits");
    s.w.as_(&s.nurse).call("POST", &path, visit("nursing", &day(1), "09:00", "09:30")).await.expect(422);
}
