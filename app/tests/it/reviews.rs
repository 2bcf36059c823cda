//! Reviews: who answers what, what ends by itself, and what proves the result.

use jiff::{SignedDuration, Timestamp, ToSpan, tz::TimeZone};
use renkei::{
    cli::verify,
    config::Security,
    features::reviews::{expiry, schedule},
    jobs, mail,
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::world::{Answer, Facility, Person, World, id_of, smtp::Smtp};

/// A clinic with two admins whose doctor hosts a group with a nurse from elsewhere.
struct Scene {
    w: World,
    clinic: Facility,
    admin: Person,
    second: Person,
    doctor: Person,
    clerk: Person,
    nurse: Person,
    station_admin: Person,
    group: Uuid,
}

async fn scene_on(w: World) -> Scene {
    let clinic = w.facility("clinic", "試験クリニック").await;
    let station = w.facility("visiting_nurse_station", "試験訪問看護").await;
    let admin = w.admin(clinic, "kanri", "clerk").await;
    let doctor = w.staff(clinic, "shujii", "doctor").await;
    let nurse = w.staff(station, "houmon", "nurse").await;
    let group = w.group(&admin, &doctor, "試験 太郎").await;
    w.join(&doctor, group, &nurse).await;
    Scene {
        second: w.admin(clinic, "fuku", "nurse").await,
        clerk: w.staff(clinic, "jimu", "clerk").await,
        station_admin: w.admin(station, "shocho", "nurse").await,
        w,
        clinic,
        admin,
        doctor,
        nurse,
        group,
    }
}

async fn scene() -> Scene {
    scene_on(World::new().await).await
}

impl Scene {
    fn reviews(&self) -> String {
        format!("/api/v1/facilities/{}/reviews", self.clinic.id)
    }

    async fn open(&self) -> Uuid {
        let body = json!({"client_id": Uuid::new_v4()});
        id_of(&self.w.as_(&self.admin).call("POST", &self.reviews(), body).await.expect(201).json())
    }

    async fn read(&self, review: Uuid) -> Value {
        self.w.as_(&self.admin).get(&format!("{}/{review}", self.reviews())).await.expect(200).json()
    }

    async fn answer(&self, by: &Person, item: Uuid, answer: &str) -> Answer {
        let body = json!({"client_id": Uuid::new_v4(), "answer": answer});
        self.w.as_(by).call("PUT", &format!("/api/v1/review-items/{item}/answer"), body).await
    }

    async fn state(&self, person: &Person) -> String {
        let sql = "SELECT state FROM care.staff WHERE account_id = $1 AND facility_id = $2";
        let row = self.w.superuser().await.query_one(sql, &[&person.id, &person.facility.id]).await;
        row.expect("a tie").get(0)
    }

    async fn verifies(&self) {
        let access = crate::world::cluster().await.config("renkei_verify", &self.w.database);
        let report = verify::check(&access, &self.w.app.config, None).await.expect("it runs");
        assert!(report.bad.is_empty() && report.records > 0, "{report:?}");
    }
}

/// The item about a person's account, or about the person as a member.
fn item(whole: &Value, kind: &str, person: &Person) -> Uuid {
    let fits = |i: &&Value| i["kind"] == kind && i["account_id"] == json!(person.id);
    id_of(whole["items"].as_array().unwrap().iter().find(fits).expect("in the list"))
}

fn outcome(whole: &Value, kind: &str, person: &Person) -> String {
    let id = json!(item(whole, kind, person));
    let one = whole["items"].as_array().unwrap().iter().find(|i| i["id"] == id).unwrap().clone();
    one["answer"].as_str().unwrap_or("").to_owned()
}

/// While the desk is open, early in the first quarter that begins at least so many days from now: whatever the day of the test,
/// what is due three weeks later is due in the same quarter.
fn desk_in_a_quarter(w: &World, days: i64) -> Timestamp {
    let japan = TimeZone::fixed(jiff::tz::Offset::constant(9));
    let then = (Timestamp::now() + SignedDuration::from_hours(24 * days)).to_zoned(japan.clone()).date();
    let to_next = 3 - i64::from((then.month() - 1) % 3);
    let quarter = then.first_of_month().checked_add(to_next.months()).expect("a month");
    let third = quarter.checked_add(2.days()).expect("a day").to_zoned(japan.clone()).expect("a time");
    let opening = w.app.config.support.next_opening(third.timestamp()).expect("the desk opens");
    opening.to_zoned(japan).unwrap().timestamp() + SignedDuration::from_mins(5)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_review_is_answered_by_those_whose_it_is_and_its_result_is_signed() {
    let s = scene().await;
    let review = s.open().await;
    let whole = s.read(review).await;
    assert_eq!(whole["review"]["items"], 5, "four accounts and one member: {whole}");
    assert_eq!(whole["proof"]["holds"], true);
    let (account, member) = (item(&whole, "account", &s.clerk), item(&whole, "membership", &s.nurse));
    // The admin answers for accounts, the host for members; others learn nothing.
    s.answer(&s.admin, account, "keep").await.expect(200);
    s.answer(&s.admin, account, "keep").await.expect(200);
    s.answer(&s.doctor, account, "keep").await.expect_code(403, "facility_admin_only");
    s.answer(&s.station_admin, account, "keep").await.expect_code(404, "not_found");
    s.answer(&s.admin, member, "keep").await.expect_code(403, "host_only");
    s.answer(&s.nurse, member, "keep").await.expect_code(404, "not_found");
    s.w.as_(&s.doctor).get(&s.reviews()).await.expect_code(403, "facility_admin_only");
    s.w.as_(&s.station_admin).get(&s.reviews()).await.expect_code(404, "not_found");
    s.answer(&s.admin, item(&whole, "account", &s.admin), "remove").await.expect_code(409, "not_oneself");
    let again = json!({"client_id": Uuid::new_v4()});
    s.w.as_(&s.second).call("POST", &s.reviews(), again).await.expect_code(409, "review_open_already");
    // A removed account is out at once; a removed member too, with the record that every removal leaves.
    s.w.as_(&s.second).get("/api/v1/me").await.expect(200);
    s.answer(&s.admin, item(&whole, "account", &s.second), "remove").await.expect(200);
    assert_eq!(s.state(&s.second).await, "suspended");
    s.w.as_(&s.second).get("/api/v1/me").await.expect_code(401, "not_signed_in");
    s.w.as_(&s.nurse).get(&format!("/api/v1/groups/{}/posts", s.group)).await.expect(200);
    let page = s.w.as_(&s.doctor).get("/reviews").await.expect(200).text();
    assert!(page.contains("試験 太郎") && page.contains(&s.nurse.name), "{page}");
    s.answer(&s.doctor, member, "remove").await.expect(200);
    s.answer(&s.doctor, member, "remove").await.expect(200);
    s.answer(&s.doctor, member, "keep").await.expect_code(409, "answered_already");
    s.w.as_(&s.nurse).get(&format!("/api/v1/groups/{}/posts", s.group)).await.expect(404);
    let last = "SELECT kind FROM care.membership_event WHERE group_id = $1 ORDER BY seq DESC LIMIT 1";
    let kind: String = s.w.superuser().await.query_one(last, &[&s.group]).await.unwrap().get(0);
    assert_eq!(kind, "removed");
    // The last answer ends it.
    s.answer(&s.admin, item(&whole, "account", &s.admin), "keep").await.expect(200);
    let end = s.answer(&s.admin, item(&whole, "account", &s.doctor), "keep").await.expect(200).json();
    assert_eq!(end["closed"], true);
    let whole = s.read(review).await;
    assert!(whole["proof"]["holds"] == true && whole["proof"]["signature"].is_string(), "{}", whole["proof"]);
    assert!(whole["review"]["closed_at"].is_string());
    let page = s.w.as_(&s.admin).get(&format!("/facility/reviews/{review}")).await.expect(200).text();
    assert!(page.contains("署名を確かめました") && page.contains("利用を止めた"), "{page}");
    let csv =
        s.w.as_(&s.admin).get(&format!("/facility/reviews/{review}/result.csv")).await.expect(200).text();
    assert!(
        csv.contains("グループから外した") && csv.contains(whole["proof"]["signature"].as_str().unwrap())
    );
    s.verifies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_that_was_changed_behind_the_products_back_is_shown_to_be() {
    let s = scene().await;
    let review = s.open().await;
    let whole = s.read(review).await;
    for i in whole["items"].as_array().unwrap() {
        let by = if i["kind"] == "account" { &s.admin } else { &s.doctor };
        s.answer(by, id_of(i), "keep").await.expect(200);
    }
    assert!(s.read(review).await["proof"]["signature"].is_string());
    let clerk = item(&whole, "account", &s.clerk);
    let superuser = s.w.superuser().await;
    superuser.batch_execute("SELECT guard.open_window('5 minutes', 'test')").await.expect("a window");
    for (table, change) in [
        ("review_answer", format!("answer = 'gone' WHERE item_id = '{clerk}'")),
        ("review_item", format!("role = 'admin' WHERE id = '{clerk}'")),
        ("review_item", format!("n = 99 WHERE id = '{clerk}'")),
        ("review", "due_at = due_at + interval '1 day'".to_owned()),
        ("review_state", "closed_at = closed_at + interval '1 day'".to_owned()),
        ("review_signature", "signature = decode(repeat('00', 64), 'hex')".to_owned()),
        ("review_key", "public = decode(repeat('01', 32), 'hex')".to_owned()),
    ] {
        assert_eq!(s.read(review).await["proof"]["holds"], true, "before {table} {change}");
        let keep = format!("CREATE TEMP TABLE kept AS SELECT * FROM care.{table}");
        let tamper =
            format!("ALTER TABLE care.{table} DISABLE TRIGGER USER; UPDATE care.{table} SET {change}");
        superuser.batch_execute(&format!("{keep}; {tamper}")).await.expect("a superuser can");
        assert_eq!(s.read(review).await["proof"]["holds"], false, "{table} {change}");
        let columns = "SELECT string_agg(quote_ident(attname) || ' = k.' || quote_ident(attname), ', ') FROM pg_attribute WHERE attrelid = 'pg_temp.kept'::regclass AND attnum > 0";
        let all: String = superuser.query_one(columns, &[]).await.unwrap().get(0);
        let key = match table {
            "review_item" | "review" => "id",
            "review_answer" => "item_id",
            "review_key" => "version",
            _ => "review_id",
        };
        let back = format!(
            "UPDATE care.{table} x SET {all} FROM pg_temp.kept k WHERE k.{key} = x.{key}; DROP TABLE pg_temp.kept"
        );
        superuser.batch_execute(&back).await.expect("put back");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_confirmed_is_suspended_after_a_notice_and_a_reminder() {
    let smtp = Smtp::start(None).await;
    let w = World::with(smtp.carries(Security::None)).await;
    let s = scene_on(w).await;
    let superuser = s.w.superuser().await;
    for person in [&s.admin, &s.doctor, &s.clerk] {
        let sql = "INSERT INTO sec.contact (account_id, mail, mail_confirmed_at, changed_at) VALUES ($1, $2, now(), now())";
        superuser
            .execute(sql, &[&person.id, &format!("{}@example.jp", person.login_id)])
            .await
            .expect("a contact");
    }
    let letters = async || {
        while jobs::round(&s.w.app, &[mail::KIND]).await.expect("a round") > 0 {}
        smtp.letters().len()
    };
    // Both facilities were there when that quarter began.
    let start = desk_in_a_quarter(&s.w, 100);
    let done = schedule::run(&s.w.app, start).await.expect("a run");
    assert_eq!((done.opened, done.reminded, done.closed), (2, 0, 0));
    let done = schedule::run(&s.w.app, start).await.expect("a run");
    assert_eq!((done.opened, done.reminded, done.closed), (0, 0, 0), "once");
    assert_eq!(letters().await, 2, "the admin and the host");
    let all = s.w.as_(&s.admin).get(&s.reviews()).await.expect(200).json();
    let review = id_of(&all["items"][0]);
    assert!(all["items"][0]["opened_by"].is_null());
    let due: Timestamp = all["items"][0]["due_at"].as_str().unwrap().parse().unwrap();
    for (person, words) in [(&s.admin, "スタッフ4人"), (&s.doctor, "メンバー1人")] {
        let page = s.w.as_(person).get("/notices").await.expect(200).text();
        assert!(page.contains(words), "{page}");
    }
    assert!(!s.w.as_(&s.clerk).get("/notices").await.expect(200).text().contains("棚卸"));
    // One account is confirmed; a week before the end the others are reminded of.
    let whole = s.read(review).await;
    s.answer(&s.admin, item(&whole, "account", &s.admin), "keep").await.expect(200);
    let reminder = due - SignedDuration::from_hours(7 * 24);
    let early = schedule::run(&s.w.app, reminder - SignedDuration::from_secs(1)).await.expect("a run");
    assert_eq!((early.reminded, early.closed), (0, 0));
    let done = schedule::run(&s.w.app, desk_after(&s.w, reminder)).await.expect("a run");
    assert_eq!((done.reminded, done.closed), (2, 0));
    assert_eq!(letters().await, 4);
    let early = schedule::run(&s.w.app, due - SignedDuration::from_secs(1)).await.expect("a run");
    assert_eq!((early.reminded, early.closed), (0, 0), "not a second before it is due");
    assert_eq!(s.state(&s.clerk).await, "active");
    s.w.as_(&s.clerk).get("/api/v1/me").await.expect(200);
    // The end.
    let done = schedule::run(&s.w.app, due).await.expect("a run");
    assert_eq!((done.closed, done.signed), (2, 2));
    assert_eq!(schedule::run(&s.w.app, due).await.expect("a run").closed, 0, "once");
    let states = [&s.admin, &s.second, &s.doctor, &s.clerk];
    let states = [
        s.state(states[0]).await,
        s.state(states[1]).await,
        s.state(states[2]).await,
        s.state(states[3]).await,
    ];
    assert_eq!(
        states,
        ["active", "suspended", "suspended", "suspended"],
        "an admin was confirmed, so the other one is not spared"
    );
    s.w.as_(&s.clerk).get("/api/v1/me").await.expect_code(401, "not_signed_in");
    let whole = s.read(review).await;
    assert_eq!(outcome(&whole, "account", &s.clerk), "suspended");
    assert_eq!(outcome(&whole, "membership", &s.nurse), "unanswered");
    assert_eq!(whole["proof"]["holds"], true);
    let still =
        "SELECT count(*) FROM care.membership WHERE group_id = $1 AND account_id = $2 AND ended_at IS NULL";
    let still: i64 = superuser.query_one(still, &[&s.group, &s.nurse.id]).await.unwrap().get(0);
    assert_eq!(still, 1, "no machine takes anybody out of a patient's team");
    assert_eq!(letters().await, 7, "the admin, and the two who were suspended and have an address");
    assert!(smtp.letters().iter().all(|l| !l.text().contains("試験")), "no letter names anybody");
    s.answer(&s.admin, item(&whole, "account", &s.clerk), "keep").await.expect_code(409, "answered_already");
    // It is undone with one tap.
    let back = format!("/facility/staff/{}/suspension", s.clerk.id);
    s.w.as_(&s.admin).form(&back, &[("suspend", "no")]).await.expect(303);
    assert_eq!(s.state(&s.clerk).await, "active");
    // The other facility's only admin is spared although nobody answered.
    assert_eq!(
        (s.state(&s.station_admin).await, s.state(&s.nurse).await),
        ("active".into(), "suspended".into())
    );
}

/// A moment of the desk's hours at or after this one.
fn desk_after(w: &World, at: Timestamp) -> Timestamp {
    if renkei::features::reviews::rules::is_time(at, &w.app.config.support) {
        return at;
    }
    let opening = w.app.config.support.next_opening(at).expect("the desk opens");
    opening.to_zoned(TimeZone::fixed(jiff::tz::Offset::constant(9))).unwrap().timestamp()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_begins_or_ends_while_the_desk_is_closed_and_no_facility_loses_its_last_admin() {
    let s = scene().await;
    let start = desk_in_a_quarter(&s.w, 100);
    let night = start + SignedDuration::from_hours(12);
    assert_eq!(schedule::run(&s.w.app, night).await.expect("a run").opened, 0);
    assert_eq!(schedule::run(&s.w.app, start).await.expect("a run").opened, 2);
    let all = s.w.as_(&s.admin).get(&s.reviews()).await.expect(200).json();
    let due: Timestamp = all["items"][0]["due_at"].as_str().unwrap().parse().unwrap();
    assert_eq!(schedule::run(&s.w.app, due + SignedDuration::from_hours(12)).await.expect("a run").closed, 0);
    schedule::run(&s.w.app, desk_after(&s.w, due)).await.expect("a run");
    let whole = s.read(id_of(&all["items"][0])).await;
    let outcomes = [&s.admin, &s.second, &s.doctor].map(|p| outcome(&whole, "account", p));
    assert_eq!(outcomes, ["spared", "spared", "suspended"]);
    assert_eq!((s.state(&s.admin).await, s.state(&s.second).await), ("active".into(), "active".into()));
    let page = s.w.as_(&s.admin).get(&format!("/facility/reviews/{}", id_of(&all["items"][0]))).await;
    assert!(page.expect(200).text().contains("管理者がだれも確かめられていません"));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_admins_at_once_leave_one_answer_and_at_least_one_admin() {
    let s = scene().await;
    let whole = s.read(s.open().await).await;
    let of = |p: &Person| item(&whole, "account", p);
    // The same answer twice is one answer; two different ones are one answer and one refusal.
    let (a, b) =
        tokio::join!(s.answer(&s.admin, of(&s.clerk), "keep"), s.answer(&s.second, of(&s.clerk), "keep"));
    assert_eq!((a.status.as_u16(), b.status.as_u16()), (200, 200));
    let (a, b) =
        tokio::join!(s.answer(&s.admin, of(&s.doctor), "keep"), s.answer(&s.second, of(&s.doctor), "remove"));
    let mut both = [a.status.as_u16(), b.status.as_u16()];
    both.sort_unstable();
    assert_eq!(both, [200, 409]);
    let expected = if a.status.as_u16() == 200 { "active" } else { "suspended" };
    assert_eq!(s.state(&s.doctor).await, expected, "the refused one did nothing");
    // Each removes the other: one of them is first.
    let (a, b) = tokio::join!(
        s.answer(&s.admin, of(&s.second), "remove"),
        s.answer(&s.second, of(&s.admin), "remove")
    );
    let mut both = [a.status.as_u16(), b.status.as_u16()];
    both.sort_unstable();
    assert_eq!(both, [200, 401]);
    let mut states = [s.state(&s.admin).await, s.state(&s.second).await];
    states.sort();
    assert_eq!(states, ["active", "suspended"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_ends_by_the_date_on_the_record_once_over_all_nodes() {
    let s = scene().await;
    let guest = s.w.staff(s.station_admin.facility, "kyaku", "doctor").await;
    let until = Timestamp::now() + SignedDuration::from_hours(48);
    let body = json!({"client_id": Uuid::new_v4(), "account_id": guest.id, "facility_id": guest.facility.id, "role": "guest", "until": until.to_string()});
    let path = format!("/api/v1/groups/{}/invitations", s.group);
    let invitation = id_of(&s.w.as_(&s.doctor).call("POST", &path, body).await.expect(201).json());
    let accept = json!({"client_id": Uuid::new_v4(), "decision": "accept"});
    s.w.as_(&guest)
        .call("POST", &format!("/api/v1/invitations/{invitation}/acceptance"), accept)
        .await
        .expect(200);
    let posts = format!("/api/v1/groups/{}/posts", s.group);
    s.w.as_(&guest).get(&posts).await.expect(200);
    let page = s.w.as_(&s.doctor).get("/notices").await.expect(200).text();
    assert!(
        page.contains("まもなく終わります") && page.contains(&guest.name),
        "the host is told before: {page}"
    );
    assert_eq!(expiry::run(&s.w.app).await.expect("a run"), 0, "not before its date");
    let past = "UPDATE care.membership SET until = now() - interval '1 minute' WHERE account_id = $1";
    assert_eq!(s.w.superuser().await.execute(past, &[&guest.id]).await.expect("time passes"), 1);
    s.w.as_(&guest).get(&posts).await.expect(404);
    let other = s.w.another_node(|_| {}).await;
    let (one, two) = tokio::join!(expiry::run(&s.w.app), expiry::run(&other));
    assert_eq!(one.expect("a run") + two.expect("a run"), 1);
    assert_eq!(expiry::run(&s.w.app).await.expect("a run"), 0);
    let sql = "SELECT count(*), (SELECT count(*) FROM care.event WHERE kind = 'membership.ended' AND account_id = $2) FROM care.membership_event WHERE group_id = $1 AND kind = 'expired' AND subject_id = $2";
    let row = s.w.superuser().await.query_one(sql, &[&s.group, &guest.id]).await.unwrap();
    assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1)), (1, 1), "one record, and open pages hear of it");
    s.verifies().await;
    let notices = s.w.as_(&guest).get("/notices").await.expect(200).text();
    assert_eq!(notices.matches("一時参加の期限が終わり").count(), 1, "{notices}");
    let page = s.w.as_(&s.doctor).get(&format!("/groups/{}", s.group)).await.expect(200).text();
    assert!(page.contains(&format!("{}さんの一時参加の期限が終わりました", guest.name)), "{page}");
    let why = format!("/api/v1/accounts/{}/access?group={}", guest.id, s.group);
    let why = s.w.as_(&s.doctor).get(&why).await.expect(200).json();
    assert_eq!(
        (&why["allowed"], &why["facts"].as_array().unwrap().last().unwrap()["code"]),
        (&json!(false), &json!("until"))
    );
    let log = s.w.as_(&s.admin).get("/facility/access-log").await.expect(200).text();
    assert!(log.contains("一時参加の期限が終わりました"));
    // Taken in again, he is a guest again.
    s.w.join(&s.doctor, s.group, &guest).await;
    s.w.as_(&guest).get(&posts).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_has_used_for_ninety_days_is_listed_and_ended_with_one_tap() {
    let s = scene().await;
    let path = format!("/api/v1/facilities/{}/unused", s.clinic.id);
    let list =
        async || s.w.as_(&s.admin).get(&path).await.expect(200).json()["items"].as_array().unwrap().clone();
    assert_eq!(list().await, Vec::<Value>::new());
    let superuser = s.w.superuser().await;
    let aged = async |days: i32, person: &Person| {
        for sql in [
            "UPDATE sec.session SET last_seen = now() - make_interval(days => $2) WHERE account_id = $1",
            "UPDATE sec.device SET last_seen = now() - make_interval(days => $2) WHERE account_id = $1",
        ] {
            superuser.execute(sql, &[&person.id, &days]).await.expect("time passes");
        }
    };
    aged(89, &s.doctor).await;
    assert_eq!(list().await, Vec::<Value>::new());
    aged(91, &s.clerk).await;
    aged(91, &s.nurse).await;
    let found = list().await;
    assert_eq!(found.len(), 2, "the account and its device, of the own staff alone: {found:?}");
    assert!(found.iter().all(|u| u["account_id"] == json!(s.clerk.id)));
    let device = found.iter().find_map(|u| u["device_id"].as_str()).expect("a device").to_owned();
    let page = s.w.as_(&s.admin).get("/facility/unused").await.expect(200).text();
    assert!(page.contains(&s.clerk.name) && page.contains("91日前"), "{page}");
    let doctor = Person { token: s.w.session(&s.doctor).await, ..s.doctor.clone() };
    for (by, status) in [(&doctor, 403), (&s.station_admin, 404)] {
        s.w.as_(by).get(&path).await.expect(status);
        let forget = format!("/facility/unused/devices/{device}");
        s.w.as_(by).form(&forget, &[]).await.expect(status);
    }
    s.w.as_(&s.admin).form(&format!("/facility/unused/devices/{device}"), &[]).await.expect(303);
    s.w.as_(&s.admin).form(&format!("/facility/unused/devices/{device}"), &[]).await.expect(303);
    assert_eq!(list().await.len(), 1);
    let suspend = format!("/facility/staff/{}/suspension", s.clerk.id);
    s.w.as_(&s.admin).form(&suspend, &[("suspend", "yes")]).await.expect(303);
    assert_eq!(list().await, Vec::<Value>::new());
}
