//! Visit records as posts, the next date in the calendar with one tap, and the page before a visit.

use jiff::ToSpan;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::world::{Person, World, id_of};

struct Scene {
    w: World,
    host: Person,
    nurse: Person,
    stranger: Person,
    group: Uuid,
    patient: Uuid,
}

async fn scene() -> Scene {
    let w = World::new().await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    let station = w.facility("visiting_nurse_station", "試験訪問看護").await;
    let admin = w.admin(clinic, "kanri", "clerk").await;
    let host = w.staff(clinic, "shujii", "doctor").await;
    let nurse = w.staff(station, "kango", "nurse").await;
    let stranger = w.staff(station, "tanin", "nurse").await;
    let patient = w.patient(&admin, "試験 太郎").await;
    let group = w.team(&admin, patient, &[&host, &nurse]).await;
    Scene { w, host, nurse, stranger, group, patient }
}

fn day(from_today: i32) -> String {
    let today = jiff::Timestamp::now().to_zoned(renkei::japan::zone()).date();
    today.checked_add(from_today.days()).expect("a day").to_string()
}

fn record() -> Value {
    json!({"client_id": Uuid::new_v4(), "kind": "nursing", "date": day(0), "time": "10:05", "did": "清拭、褥瘡の処置", "plan_changed": true,
        "plan": "処置を毎日から隔日に", "cautions": "右の踵を浮かせてください", "next_date": day(3), "next_time": "10:00"})
}

fn with(mut body: Value, more: Value) -> Value {
    body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    body
}

impl Scene {
    async fn record(&self, by: &Person, body: Value) -> crate::world::Answer {
        self.w.as_(by).call("POST", &format!("/api/v1/groups/{}/visit-records", self.group), body).await
    }

    async fn page(&self, by: &Person, path: &str) -> String {
        self.w.as_(by).get(&format!("/groups/{}/{path}", self.group)).await.expect(200).text()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visit_record_is_a_post_that_everybody_can_read_and_a_row_for_lists() {
    let s = scene().await;
    let body = record();
    let made = s.record(&s.nurse, body.clone()).await.expect(201).json();
    let text = made["post"]["body"].as_str().expect("a body");
    for part in [
        "【訪問記録】訪問看護",
        "■行ったこと\n清拭、褥瘡の処置",
        "■計画の変更\nあり\n処置を毎日から隔日に",
        "■留意点",
        "■次回の訪問",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert_eq!((&made["next_date"], &made["next_time"]), (&json!(day(3)), &json!("10:00")));
    let again = s.record(&s.nurse, body.clone()).await.expect(200).json();
    assert_eq!(again["post"]["id"], made["post"]["id"]);
    let rows = s.w.superuser().await.query("SELECT 1 FROM care.visit_record", &[]).await.unwrap();
    assert_eq!(rows.len(), 1, "a retry writes no second row");
    s.record(&s.nurse, with(body, json!({"did": "別のこと"})))
        .await
        .expect_code(409, "client_id_used_for_something_else");
    let posts = s.w.as_(&s.host).get(&format!("/api/v1/groups/{}/posts", s.group)).await.expect(200).json();
    assert_eq!(posts["items"][0]["body"], made["post"]["body"]);
    let list = s.page(&s.host, "visit-records").await;
    assert!(list.contains("処置を毎日から隔日に") && list.contains("右の踵を浮かせてください"), "{list}");
    // What is withdrawn is in no list any more.
    let path = format!("/api/v1/posts/{}/withdrawal", id_of(&made["post"]));
    s.w.as_(&s.nurse)
        .call("POST", &path, json!({"client_id": Uuid::new_v4(), "reason": "別の方"}))
        .await
        .expect(201);
    assert!(!s.page(&s.host, "visit-records").await.contains("処置を毎日から隔日に"));
    s.record(&s.stranger, record()).await.expect(404);
    s.w.as_(&s.stranger).get(&format!("/groups/{}/visit-records", s.group)).await.expect(404);
    s.w.as_(&s.stranger).get(&format!("/groups/{}/before-visit", s.group)).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_contradicts_itself_is_refused_and_changes_nothing() {
    let s = scene().await;
    let bad = [
        json!({"plan": ""}),
        json!({"plan_changed": false}),
        json!({"did": " "}),
        json!({"date": day(1)}),
        json!({"next_date": day(-1)}),
        json!({"next_date": null}),
        json!({"time": "25:00"}),
    ];
    for change in bad {
        s.record(&s.nurse, with(record(), change.clone())).await.expect(422);
    }
    let fields = [
        ("client_id", &*Uuid::new_v4().to_string()),
        ("kind", "nursing"),
        ("date", &*day(0)),
        ("did", "書きかけ"),
        ("cautions", "踵"),
    ];
    let page =
        s.w.as_(&s.nurse)
            .form(&format!("/groups/{}/visit-records", s.group), &fields)
            .await
            .expect(422)
            .text();
    assert!(page.contains("書きかけ") && page.contains("「あり」か「なし」か"), "{page}");
    assert!(page.contains(&format!("data-keep=\"visit/{}\" data-came-back", s.group)), "{page}");
    let posts = s.w.as_(&s.host).get(&format!("/api/v1/groups/{}/posts", s.group)).await.expect(200).json();
    assert_eq!(posts["items"], json!([]));
    // The page after the form says which one has done its work.
    let id = Uuid::new_v4().to_string();
    let fields = [
        ("client_id", &*id),
        ("kind", "nursing"),
        ("date", &*day(0)),
        ("did", "清拭"),
        ("plan_changed", "no"),
    ];
    let sent =
        s.w.as_(&s.nurse).form(&format!("/groups/{}/visit-records", s.group), &fields).await.expect(303);
    let page = sent.headers["location"].to_str().unwrap();
    assert!(page.contains(&format!("&sent={id}")), "{page}");
    s.w.as_(&s.nurse).get(page).await.expect(200);
    s.record(&s.nurse, record()).await.expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_date_becomes_a_visit_with_one_tap_and_only_once() {
    let s = scene().await;
    let made = s.record(&s.nurse, record()).await.expect(201).json();
    let post = id_of(&made["post"]);
    let saved = s.page(&s.nurse, &format!("visit-records?saved={post}")).await;
    assert!(saved.contains("この日を予定に入れる"), "{saved}");
    let path = format!("/groups/{}/visit-records/{post}/next-visit", s.group);
    let first = s.w.as_(&s.nurse).form(&path, &[]).await.expect(303);
    let second = s.w.as_(&s.nurse).form(&path, &[]).await.expect(303);
    assert_eq!(first.headers["location"], second.headers["location"]);
    let visits = s.w.as_(&s.host).get(&format!("/api/v1/groups/{}/visits", s.group)).await.expect(200).json();
    let items = visits["items"].as_array().expect("a list");
    assert_eq!((items.len(), &items[0]["day"], &items[0]["kind"]), (1, &json!(day(3)), &json!("nursing")));
    assert_eq!(items[0]["account_id"], json!(s.nurse.id));
    assert!(s.page(&s.nurse, &format!("visit-records?saved={post}")).await.contains("もう予定にあります"));
    s.w.as_(&s.stranger).form(&path, &[]).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn before_a_visit_one_page_says_what_is_new_since_the_last_one() {
    let s = scene().await;
    s.w.as_(&s.host).post(s.group, "はじめの投稿").await.expect(201);
    let page = s.page(&s.nurse, "before-visit").await;
    assert!(page.contains("訪問の印がまだない") && page.contains("はじめの投稿"), "{page}");
    s.w.as_(&s.nurse)
        .form(&format!("/groups/{}/visit-marks", s.group), &[("client_id", &Uuid::new_v4().to_string())])
        .await
        .expect(303);
    let page = s.page(&s.nurse, "before-visit").await;
    assert!(page.contains("前回の訪問") && !page.contains("はじめの投稿"), "{page}");
    // Since then: a post of another, an own one, a task, a visit, a changed sheet, a doctor's record.
    s.w.as_(&s.host).post(s.group, "あたらしい投稿").await.expect(201);
    s.w.as_(&s.nurse).post(s.group, "自分の投稿").await.expect(201);
    let task =
        json!({"client_id": Uuid::new_v4(), "what": "残薬を数える", "due_date": day(0), "owner": s.nurse.id});
    s.w.as_(&s.host).call("POST", &format!("/api/v1/groups/{}/tasks", s.group), task).await.expect(201);
    let sheet = json!({"client_id": Uuid::new_v4(), "fields": {"name": "試験 太郎", "kana": "テスト", "cautions": "吸引が必要になりました"}, "reason": "変化"});
    let path = format!("/api/v1/patients/{}/face-sheet", s.patient);
    s.w.as_(&s.host).call_with("PUT", &path, sheet, &[("if-match", "\"1\"")]).await.expect(200);
    s.record(&s.host, with(record(), json!({"kind": "medical", "cautions": "水分は1日1リットルまで"})))
        .await
        .expect(201);
    let visit = json!({"client_id": Uuid::new_v4(), "kind": "medical", "date": day(2), "start": "13:00", "end": "13:30"});
    s.w.as_(&s.host).call("POST", &format!("/api/v1/groups/{}/visits", s.group), visit).await.expect(201);
    let page = s.page(&s.nurse, "before-visit").await;
    for word in
        ["あたらしい投稿", "残薬を数える", "吸引が必要になりました", "水分は1日1リットルまで", "13:00〜13:30"]
    {
        assert!(page.contains(word), "{word} in {page}");
    }
    assert!(!page.contains("自分の投稿") && !page.contains("はじめの投稿"), "{page}");
    let title = page.split("<title>").nth(1).and_then(|t| t.split("</title>").next()).expect("a title");
    assert!(!title.contains("試験"), "no patient in the title: {title}");
    let log = s.w.log_of(s.patient).await;
    assert!(log.contains(&("viewed_before_visit".into(), "done".into())), "{log:?}");
    // Her own record is a visit too.
    s.record(&s.nurse, record()).await.expect(201);
    assert!(!s.page(&s.nurse, "before-visit").await.contains("あたらしい投稿"));
}

#[tokio::test(flavor = "multi_thread")]
async fn before_a_visit_stand_the_values_since_the_last_one() {
    let s = scene().await;
    let path = format!("/api/v1/patients/{}/observations", s.patient);
    let measured = async |value: f64| {
        let body = json!({"client_id": Uuid::new_v4(), "code": "8310-5", "value": value});
        s.w.as_(&s.host).call("POST", &path, body).await.expect(201).json()
    };
    let none = s.page(&s.nurse, "before-visit").await;
    assert!(none.contains("新しい記録はありません"), "{none}");
    let range =
        json!({"client_id": Uuid::new_v4(), "code": "8310-5", "high": 37.5, "reason": "早く知るため"});
    let ranges = format!("/api/v1/patients/{}/reference-ranges", s.patient);
    s.w.as_(&s.host).call("PUT", &ranges, range).await.expect(200);
    measured(36.1).await;
    assert!(s.page(&s.nurse, "before-visit").await.contains("36.1"));
    let mark = [("client_id", &*Uuid::new_v4().to_string())];
    s.w.as_(&s.nurse).form(&format!("/groups/{}/visit-marks", s.group), &mark).await.expect(303);
    assert!(!s.page(&s.nurse, "before-visit").await.contains("36.1"), "it was there at the visit");
    let gone = id_of(&measured(39.9).await);
    let withdrawal = json!({"client_id": Uuid::new_v4(), "reason": "腋からずれていた"});
    let withdrawn = format!("{path}/{gone}/withdrawal");
    s.w.as_(&s.host).call("POST", &withdrawn, withdrawal).await.expect(201);
    measured(38.2).await;
    measured(36.8).await;
    let page = s.page(&s.nurse, "before-visit").await;
    assert!(page.contains("36.8") && page.contains("2回のうち1回"), "{page}");
    assert!(!page.contains("39.9") && page.contains(&format!("/patients/{}/vitals", s.patient)), "{page}");
    // Whoever joined from now on reads from then on.
    let late = s.w.staff(s.nurse.facility, "ato", "nurse").await;
    let body = json!({"client_id": Uuid::new_v4(), "account_id": late.id, "facility_id": late.facility.id, "role": "member", "from_now_on": true});
    let invitations = format!("/api/v1/groups/{}/invitations", s.group);
    let invited = s.w.as_(&s.host).call("POST", &invitations, body).await.expect(201).json();
    let accept = format!("/api/v1/invitations/{}/acceptance", id_of(&invited));
    let accepted = json!({"client_id": Uuid::new_v4(), "decision": "accept"});
    s.w.as_(&late).call("POST", &accept, accepted).await.expect(200);
    let hers = s.page(&late, "before-visit").await;
    assert!(hers.contains("新しい記録はありません") && !hers.contains("36.8"), "{hers}");
    measured(37.1).await;
    let hers = s.page(&late, "before-visit").await;
    assert!(hers.contains("37.1") && !hers.contains("2回"), "{hers}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mark_of_one_group_is_no_mark_of_another() {
    let s = scene().await;
    let free = json!({"client_id": Uuid::new_v4(), "kind": "free", "title": "勉強会"});
    let free = s.w.as_(&s.nurse).call("POST", "/api/v1/groups", free).await.expect(201).json();
    let free = crate::world::id_of(&free);
    let id = Uuid::new_v4().to_string();
    let mark = async |group: Uuid| {
        let path = format!("/groups/{group}/visit-marks");
        s.w.as_(&s.nurse).form(&path, &[("client_id", &id)]).await
    };
    for _ in 0..2 {
        mark(s.group).await.expect(303);
    }
    mark(free).await.expect(409);
}
