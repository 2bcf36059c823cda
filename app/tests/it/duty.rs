//! Nobody misses it: whom a post asks, what waits for whom, reminders and who stands in, duty, 対応済 and calls.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use renkei::features::asks;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::world::{Answer, Facility, Person, World, id_of};

/// A doctor who hosts, two nurses of one station, a pharmacist.
struct Team {
    w: World,
    station: Facility,
    admin: Person,
    doctor: Person,
    ume: Person,
    sakura: Person,
    pharmacist: Person,
    group: Uuid,
}

async fn team() -> Team {
    let w = World::new().await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    let station = w.facility("visiting_nurse_station", "試験訪問看護").await;
    let pharmacy = w.facility("pharmacy", "試験薬局").await;
    let doctor = w.admin(clinic, "doctor", "doctor").await;
    let admin = w.admin(station, "kanri", "clerk").await;
    let ume = w.staff(station, "ume", "nurse").await;
    let sakura = w.staff(station, "sakura", "nurse").await;
    let pharmacist = w.staff(pharmacy, "yakuzai", "pharmacist").await;
    let group = w.group(&doctor, &doctor, "試験 太郎").await;
    for person in [&ume, &sakura, &pharmacist] {
        w.join(&doctor, group, person).await;
    }
    Team { w, station, admin, doctor, ume, sakura, pharmacist, group }
}

fn in_hours(hours: i64) -> Timestamp {
    Timestamp::now() + SignedDuration::from_hours(hours)
}

impl Team {
    /// A post with more fields than its text.
    async fn send(&self, by: &Person, text: &str, more: Value) -> Answer {
        let mut body = json!({"client_id": Uuid::new_v4(), "body": text});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.w.as_(by).call("POST", &format!("/api/v1/groups/{}/posts", self.group), body).await
    }

    async fn must(&self, text: &str, hours: i64) -> Uuid {
        let by = in_hours(hours).to_string();
        id_of(&self.send(&self.doctor, text, json!({"must_acknowledge_by": by})).await.expect(201).json())
    }

    async fn to(&self, text: &str, mentions: Value) -> Uuid {
        id_of(&self.send(&self.doctor, text, json!({"mentions": mentions})).await.expect(201).json())
    }

    /// Whose asking by a post is open, by login.
    async fn asked(&self, post: Uuid) -> Vec<String> {
        let sql = "SELECT x.login_id FROM care.asked a JOIN care.account x ON x.id = a.account_id WHERE a.post_id = $1 AND a.ended IS NULL ORDER BY 1";
        let rows = self.w.superuser().await.query(sql, &[&post]).await.expect("rows");
        rows.iter().map(|r| r.get(0)).collect()
    }

    async fn notices(&self, person: &Person) -> Vec<String> {
        let sql = "SELECT kind FROM care.ask_notice WHERE account_id = $1 ORDER BY kind";
        let rows = self.w.superuser().await.query(sql, &[&person.id]).await.expect("rows");
        rows.iter().map(|r| r.get(0)).collect()
    }

    async fn open(&self, person: &Person) -> Value {
        self.w.as_(person).get("/api/v1/me/open-items").await.expect(200).json()
    }

    async fn waits_for(&self, person: &Person) -> Vec<String> {
        let items = self.open(person).await["items"].as_array().unwrap().clone();
        items.iter().map(|i| i["excerpt"].as_str().unwrap().to_owned()).collect()
    }

    async fn acknowledge(&self, person: &Person, post: Uuid) {
        let path = format!("/api/v1/posts/{post}/acknowledgement");
        self.w.as_(person).call("PUT", &path, Value::Null).await.expect(204);
    }

    async fn read(&self, person: &Person, up_to: i64) {
        let path = format!("/api/v1/groups/{}/read", self.group);
        self.w.as_(person).call("POST", &path, json!({"up_to_seq": up_to})).await.expect(204);
    }

    async fn remind(&self, now: Timestamp) -> u64 {
        asks::acts::remind(&self.w.app, Some(now)).await.expect("a run")
    }

    async fn on_duty(&self, by: &Person, who: &Person) -> Answer {
        let body = json!({"client_id": Uuid::new_v4(), "account": who.id, "until": in_hours(12).to_string()});
        self.w.as_(by).call("PUT", &format!("/api/v1/facilities/{}/on-duty", self.station.id), body).await
    }

    async fn page(&self, person: &Person, path: &str) -> String {
        self.w.as_(person).get(path).await.expect(200).text()
    }
}

fn names(all: &[&str]) -> Vec<String> {
    all.iter().map(|n| (*n).to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_post_asks_whom_it_names_and_nobody_else() {
    let t = team().await;
    let plain = id_of(&t.w.as_(&t.doctor).post(t.group, "だれにも頼まない").await.expect(201).json());
    assert!(t.asked(plain).await.is_empty());
    assert_eq!(t.asked(t.must("全員に", 4).await).await, names(&["sakura", "ume", "yakuzai"]));
    let station = t.station.id;
    for (mentions, whom) in [
        (json!([{"account": t.ume.id}]), vec!["ume"]),
        (json!([{"facility": station}]), vec!["sakura", "ume"]),
        (json!([{"profession": "pharmacist"}]), vec!["yakuzai"]),
        (
            json!([{"profession": "pharmacist"}, {"account": t.ume.id}, {"account": t.ume.id}]),
            vec!["ume", "yakuzai"],
        ),
        // Nobody is on duty: everybody of the facility.
        (json!([{"on_duty": station}]), vec!["sakura", "ume"]),
        (json!([{"account": t.doctor.id}, {"account": t.ume.id}]), vec!["ume"]),
    ] {
        assert_eq!(t.asked(t.to("宛先", mentions.clone()).await).await, whom, "{mentions}");
    }
    // With a deadline it asks those who are named, and they alone.
    let body = json!({"mentions": [{"account": t.ume.id}], "must_acknowledge_by": in_hours(3).to_string(), "urgent": true});
    let post = t.send(&t.doctor, "至急", body).await.expect(201).json();
    assert_eq!(post["urgent"], true);
    assert_eq!(post["mentions"], json!([{"account": t.ume.id}]));
    assert_eq!(t.asked(id_of(&post)).await, names(&["ume"]));
    let again = t.w.as_(&t.sakura).get(&format!("/api/v1/posts/{}", id_of(&post))).await.expect(200).json();
    assert_eq!((&again["urgent"], &again["mentions"]), (&json!(true), &json!([{"account": t.ume.id}])));

    // On duty: that person; somebody on duty who may not read it: the facility's people who may.
    t.on_duty(&t.admin, &t.ume).await.expect(200);
    let duty = json!([{"on_duty": station}]);
    assert_eq!(t.asked(t.to("当番へ", duty.clone()).await).await, names(&["ume"]));
    t.on_duty(&t.admin, &t.admin).await.expect(200);
    assert_eq!(t.asked(t.to("当番へ", duty).await).await, names(&["sakura", "ume"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mention_that_reaches_nobody_is_refused_and_changes_nothing() {
    let t = team().await;
    t.to("届く", json!([{"account": t.ume.id}])).await;
    let outsider = t.w.staff(t.station, "soto", "nurse").await;
    let count = async || {
        t.w.as_(&t.doctor).get(&format!("/api/v1/groups/{}/posts", t.group)).await.json()["items"]
            .as_array()
            .unwrap()
            .len()
    };
    let before = count().await;
    for mentions in [
        json!([{"account": outsider.id}]),
        json!([{"account": t.ume.id}, {"account": Uuid::new_v4()}]),
        json!([{"facility": Uuid::new_v4()}]),
        json!([{"profession": "dentist"}]),
        json!([{"account": t.doctor.id}]),
    ] {
        let refused = t.send(&t.doctor, "届かない", json!({"mentions": mentions})).await.expect(422).json();
        assert_eq!(refused["errors"][0]["field"], "mentions", "{refused}");
        assert!(refused["errors"][0]["message"].as_str().unwrap().contains("宛先"), "{refused}");
    }
    let family = json!({"mentions": [{"account": t.ume.id}], "timeline": "family"});
    assert_eq!(t.send(&t.doctor, "x", family).await.expect(422).json()["errors"][0]["code"], "team_only");
    t.send(&t.doctor, "x", json!({"mentions": [{"nobody": 1}]})).await.expect(400);
    // The form comes back with what was typed and chosen.
    let id = Uuid::new_v4().to_string();
    let gone = format!("account:{}", outsider.id);
    let fields: Vec<(&str, Option<&str>, Vec<u8>)> = vec![
        ("client_id", None, id.clone().into_bytes()),
        ("body", None, "書いた文".into()),
        ("urgent", None, b"on".to_vec()),
        ("to", None, format!("account:{}", t.ume.id).into_bytes()),
        ("to", None, gone.into_bytes()),
    ];
    let path = format!("/groups/{}/posts", t.group);
    let page = t.w.as_(&t.doctor).multipart(&path, &fields).await.expect(422).text();
    assert!(page.contains("書いた文") && page.contains("宛先に選んだ人が"), "{page}");
    assert!(page.contains(&format!("value=\"account:{}\" checked", t.ume.id)));
    assert!(page.contains("name=\"urgent\" value=\"on\" checked"));
    assert_eq!(count().await, before, "nothing was written");
    // The chooser: a page without scripts comes back with it, and nothing is sent.
    let mut choose = fields[..2].to_vec();
    choose.push(("choose", None, b"on".to_vec()));
    let page = t.w.as_(&t.doctor).multipart(&path, &choose).await.expect(200).text();
    assert!(page.contains("書いた文") && page.contains(&format!("value=\"account:{}\"", t.ume.id)));
    assert!(!page.contains(&format!("account:{}", t.doctor.id)), "not the writer");
    assert_eq!(count().await, before, "nothing was sent");
    let chooser = format!("/groups/{}/addressees", t.group);
    assert!(t.page(&t.ume, &chooser).await.contains("試験訪問看護の当番"));
    for person in [&t.admin, &outsider] {
        t.w.as_(person).get(&chooser).await.expect(404);
    }
    t.w.as_(&t.doctor).multipart(&path, &fields[..4]).await.expect(303);
    assert_eq!(count().await, before + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn guests_late_members_and_those_who_left_are_asked_as_what_they_are_now() {
    let t = team().await;
    let ward = t.w.facility("hospital", "試験病院").await;
    let (guest, late) =
        (t.w.staff(ward, "guest", "doctor").await, t.w.staff(ward, "late", "social_worker").await);
    let invite = async |person: &Person, more: Value| {
        let mut body = json!({"client_id": Uuid::new_v4(), "account_id": person.id, "facility_id": person.facility.id, "role": "member"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let path = format!("/api/v1/groups/{}/invitations", t.group);
        let id = id_of(&t.w.as_(&t.doctor).call("POST", &path, body).await.expect(201).json());
        let body = json!({"client_id": Uuid::new_v4(), "decision": "accept"});
        t.w.as_(person).call("POST", &format!("/api/v1/invitations/{id}/acceptance"), body).await.expect(200);
    };
    let first = t.must("はじめに", 4).await;
    invite(&guest, json!({"role": "guest", "until": in_hours(24).to_string()})).await;
    invite(&late, json!({"from_now_on": true})).await;
    assert_eq!(t.asked(first).await, names(&["sakura", "ume", "yakuzai"]), "who came later is not asked");
    assert!(t.waits_for(&late).await.is_empty());
    let second = t.must("つぎに", 4).await;
    assert_eq!(t.asked(second).await, names(&["guest", "late", "sakura", "ume", "yakuzai"]));
    assert_eq!(t.waits_for(&late).await, ["つぎに"]);
    let of_ward = t.to("病院へ", json!([{"facility": ward.id}])).await;
    assert_eq!(t.asked(of_ward).await, names(&["guest", "late"]));

    // A guest whose date has come is asked no more, and nothing waits for her or for her answer.
    let past = "UPDATE care.membership SET until = pg_catalog.clock_timestamp() - interval '1 second' WHERE account_id = $1";
    t.w.superuser().await.execute(past, &[&guest.id]).await.expect("a date");
    assert!(t.waits_for(&guest).await.is_empty());
    let third = t.must("三つめ", 4).await;
    assert_eq!(t.asked(third).await, names(&["late", "sakura", "ume", "yakuzai"]));
    t.w.end_membership(&t.doctor, t.group, &t.ume).await;
    assert!(t.waits_for(&t.ume).await.is_empty());
    let missing = t.open(&t.doctor).await["waiting"].clone();
    let of_second =
        missing.as_array().unwrap().iter().find(|w| w["post_id"] == json!(second)).unwrap().clone();
    let who: BTreeSet<&str> =
        of_second["missing"].as_array().unwrap().iter().map(|m| m["name"].as_str().unwrap()).collect();
    assert_eq!(
        who,
        BTreeSet::from(["late 試子", "sakura 試子", "yakuzai 試子"]),
        "neither the guest nor who left"
    );
    let page = t.page(&t.doctor, &format!("/groups/{}", t.group)).await;
    assert!(page.contains("0/3 人"), "those who are here now");
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_end_right_after_acknowledging_reading_withdrawing_and_correcting() {
    let t = team().await;
    let group_count = async |p: &Person| {
        t.w.as_(p).get("/api/v1/groups").await.json()["items"][0]["must_acknowledge"].clone()
    };
    let first = t.must("了解してください", 2).await;
    let mention = t.to("読むだけ", json!([{"account": t.ume.id}])).await;
    assert_eq!(t.waits_for(&t.ume).await, ["了解してください", "読むだけ"]);
    assert_eq!(t.waits_for(&t.sakura).await, ["了解してください"]);
    assert_eq!(group_count(&t.ume).await, 1);
    let home = t.page(&t.ume, "/").await;
    assert!(home.contains("あなた宛て") && home.contains("読むだけ"));
    assert!(t.page(&t.doctor, "/").await.contains("あなたが出した要了解のうち"));

    // Reading ends the mention, not what asks for 了解.
    t.read(&t.ume, 2).await;
    assert_eq!(t.waits_for(&t.ume).await, ["了解してください"]);
    t.acknowledge(&t.ume, first).await;
    assert!(t.waits_for(&t.ume).await.is_empty());
    assert_eq!(group_count(&t.ume).await, 0);
    assert!(t.page(&t.sakura, &format!("/groups/{}", t.group)).await.contains("1/3 人"));
    assert!(t.asked(mention).await.is_empty());

    // A correction asks everybody again who was asked or had read it, until a time that leaves room for it.
    t.read(&t.sakura, 2).await;
    let correction = json!({"client_id": Uuid::new_v4(), "body": "こちらが正しい"});
    let path = format!("/api/v1/posts/{first}/corrections");
    let corrected = t.w.as_(&t.doctor).call("POST", &path, correction.clone()).await.expect(201).json();
    let same = t.w.as_(&t.doctor).call("POST", &path, correction).await.expect(200).json();
    assert_eq!(corrected["id"], same["id"], "the same client id makes one correction");
    assert!(corrected["must_acknowledge_by"].is_string());
    assert_eq!(t.asked(first).await, Vec::<String>::new());
    assert_eq!(t.asked(id_of(&corrected)).await, names(&["sakura", "ume", "yakuzai"]));
    assert_eq!(
        t.waits_for(&t.ume).await,
        ["こちらが正しい"],
        "who acknowledged the wrong text is asked again"
    );
    let page = t.page(&t.ume, &format!("/groups/{}", t.group)).await;
    assert!(page.contains("訂正前を読んだ2人に、もう一度お知らせしました。"), "ume and sakura had read it");

    // A text that asked nobody: whoever had it on the screen is told.
    let plain = t.w.as_(&t.doctor).post(t.group, "ふつうの文").await.expect(201).json();
    t.read(&t.sakura, plain["seq"].as_i64().unwrap()).await;
    let path = format!("/api/v1/posts/{}/corrections", plain["id"].as_str().unwrap());
    let fixed = json!({"client_id": Uuid::new_v4(), "body": "直した文"});
    let fixed = t.w.as_(&t.doctor).call("POST", &path, fixed).await.expect(201).json();
    assert_eq!(t.asked(id_of(&fixed)).await, names(&["sakura"]));
    assert!(t.page(&t.sakura, "/").await.contains("読んだ投稿が訂正されました"));
    t.read(&t.sakura, fixed["seq"].as_i64().unwrap()).await;
    assert!(t.asked(id_of(&fixed)).await.is_empty());

    let reason = json!({"client_id": Uuid::new_v4(), "reason": "まちがい"});
    let path = format!("/api/v1/posts/{}/withdrawal", corrected["id"].as_str().unwrap());
    t.w.as_(&t.doctor).call("POST", &path, reason).await.expect(201);
    assert!(t.waits_for(&t.ume).await.is_empty());
    assert_eq!(t.open(&t.doctor).await["waiting"], json!([]));
    // An archived group waits for nobody.
    t.must("最後", 2).await;
    assert_eq!(t.waits_for(&t.ume).await, ["最後"]);
    t.w.archive(&t.doctor, t.group).await;
    assert!(t.waits_for(&t.ume).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_answer_is_reminded_once_half_way_and_once_at_the_end() {
    let t = team().await;
    let post = t.must("四時間以内に", 4).await;
    t.acknowledge(&t.sakura, post).await;
    assert_eq!(t.remind(in_hours(1)).await, 0, "not before half of the time");
    assert_eq!(t.remind(in_hours(2) + SignedDuration::from_mins(1)).await, 2);
    assert_eq!(t.remind(in_hours(3)).await, 0, "once");
    assert_eq!(t.notices(&t.ume).await, names(&["reminder"]));
    assert!(t.notices(&t.sakura).await.is_empty() && t.notices(&t.doctor).await.is_empty());
    assert!(t.page(&t.ume, "/notices").await.contains("期限が近づいています"));

    t.acknowledge(&t.pharmacist, post).await;
    assert_eq!(t.remind(in_hours(4) + SignedDuration::from_mins(1)).await, 1);
    assert_eq!(t.remind(in_hours(99)).await, 0, "it ends there");
    assert_eq!(t.notices(&t.ume).await, names(&["overdue", "reminder"]));
    assert_eq!(t.notices(&t.pharmacist).await, names(&["reminder"]));
    assert_eq!(t.notices(&t.doctor).await, names(&["unanswered"]), "author and host are one person here");
    let page = t.page(&t.doctor, &format!("/groups/{}", t.group)).await;
    assert!(
        page.contains("期限を過ぎました。")
            && page.contains("代理の人はいません。")
            && page.contains("2/3 人")
    );
    let notices = t.page(&t.doctor, "/notices").await;
    assert!(
        notices.contains("了解していない人がいます") && notices.contains(&format!("/posts/{post}/asked"))
    );
    // Nothing of this counts as read or acknowledged.
    let readers = t.w.as_(&t.doctor).get(&format!("/api/v1/posts/{post}/readers")).await.json();
    let ume = readers["items"].as_array().unwrap().iter().find(|r| r["name"] == "ume 試子").unwrap().clone();
    assert_eq!((&ume["displayed_at"], &ume["acknowledged_at"]), (&Value::Null, &Value::Null));
    assert_eq!(t.waits_for(&t.ume).await, ["四時間以内に"], "she is still asked");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_reminded_of_what_is_withdrawn_archived_or_no_longer_theirs() {
    let t = team().await;
    let (withdrawn, left) = (t.must("取り消す", 2).await, t.must("残る", 2).await);
    let reason = json!({"client_id": Uuid::new_v4(), "reason": "まちがい"});
    let path = format!("/api/v1/posts/{withdrawn}/withdrawal");
    t.w.as_(&t.doctor).call("POST", &path, reason).await.expect(201);
    t.w.end_membership(&t.doctor, t.group, &t.ume).await;
    t.remind(in_hours(1) + SignedDuration::from_mins(1)).await;
    assert_eq!(t.notices(&t.sakura).await, names(&["reminder"]), "the one that stands");
    assert!(t.notices(&t.ume).await.is_empty(), "she is gone");
    t.w.archive(&t.doctor, t.group).await;
    t.remind(in_hours(3)).await;
    assert_eq!(t.notices(&t.sakura).await, names(&["reminder"]));
    assert!(t.notices(&t.doctor).await.is_empty());
    assert!(!t.asked(left).await.is_empty(), "it would go on if the group were reopened");
}

#[tokio::test(flavor = "multi_thread")]
async fn at_the_deadline_the_substitute_is_asked_once_whatever_the_number_of_nodes() {
    let t = team().await;
    let of = |p: &Person| format!("/api/v1/facilities/{}/staff/{}/substitute", t.station.id, p.id);
    let set = async |by: &Person, of_whom: &Person, who: Value| {
        t.w.as_(by).call("PUT", &of(of_whom), json!({"substitute": who})).await
    };
    set(&t.ume, &t.ume, json!(t.sakura.id)).await.expect(204);
    set(&t.ume, &t.sakura, json!(t.ume.id)).await.expect_code(403, "facility_admin_only");
    set(&t.ume, &t.ume, json!(t.ume.id)).await.expect(422);
    set(&t.ume, &t.ume, json!(t.doctor.id)).await.expect(422);
    set(&t.doctor, &t.ume, json!(t.sakura.id)).await.expect(404);
    assert_eq!(t.w.as_(&t.admin).get(&of(&t.ume)).await.expect(200).json()["substitute"], json!(t.sakura.id));
    let host = t.w.staff(Facility { id: t.doctor.facility.id }, "shujin", "nurse").await;
    t.w.join(&t.doctor, t.group, &host).await;
    let body = json!({"client_id": Uuid::new_v4(), "account_id": host.id, "reason": "試験"});
    t.w.as_(&t.doctor).call("PUT", &format!("/api/v1/groups/{}/host", t.group), body).await.expect(200);

    let body = json!({"mentions": [{"account": t.ume.id}], "must_acknowledge_by": in_hours(1).to_string()});
    let post = id_of(&t.send(&t.doctor, "梅さんへ", body).await.expect(201).json());
    let other = t.w.another_node(|_| {}).await;
    let late = Some(in_hours(2));
    let runs = futures_util::future::join_all((0..8).map(|n| {
        let node = if n % 2 == 0 { t.w.app.clone() } else { other.clone() };
        async move { asks::acts::remind(&node, late).await.expect("a run") }
    }))
    .await;
    assert_eq!(runs.iter().sum::<u64>(), 1, "one node moved it: {runs:?}");
    assert_eq!(t.notices(&t.ume).await, names(&["overdue"]));
    assert_eq!(t.notices(&t.sakura).await, names(&["substitute"]));
    assert_eq!(t.notices(&t.doctor).await, names(&["unanswered"]), "who wrote it");
    assert_eq!(t.notices(&host).await, names(&["unanswered"]), "and the host");
    assert!(t.notices(&t.pharmacist).await.is_empty());
    let events = "SELECT count(*) FROM care.event WHERE kind = 'notice' AND account_id = $1 AND at > now() - interval '1 minute'";
    let rung: i64 = t.w.superuser().await.query_one(events, &[&t.sakura.id]).await.unwrap().get(0);
    assert!(rung >= 1, "the live page is told");
    assert_eq!(t.waits_for(&t.sakura).await, ["梅さんへ"]);
    assert!(t.page(&t.sakura, "/").await.contains("代理のお願い"));
    let page = t.page(&t.doctor, &format!("/groups/{}", t.group)).await;
    assert!(page.contains("代理のsakura 試子さんにもお知らせしました。"), "{page}");
    assert!(page.contains("0/1 人"), "she stands in, she is not counted");
    // Her 了解 ends her own asking and nobody else's.
    t.acknowledge(&t.sakura, post).await;
    assert!(t.waits_for(&t.sakura).await.is_empty());
    assert_eq!(t.waits_for(&t.ume).await, ["梅さんへ"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_somebody_who_may_read_it_stands_in() {
    let t = team().await;
    let outsider = t.w.staff(t.station, "soto", "nurse").await;
    let path = format!("/api/v1/facilities/{}/staff/{}/substitute", t.station.id, t.ume.id);
    t.w.as_(&t.admin).call("PUT", &path, json!({"substitute": outsider.id})).await.expect(204);
    let ask = async || {
        let body =
            json!({"mentions": [{"account": t.ume.id}], "must_acknowledge_by": in_hours(1).to_string()});
        id_of(&t.send(&t.doctor, "梅さんへ", body).await.expect(201).json())
    };
    let first = ask().await;
    t.remind(in_hours(2)).await;
    assert_eq!(
        t.asked(first).await,
        names(&["ume"]),
        "the substitute is not in the group, and nobody is on duty"
    );
    assert!(t.notices(&outsider).await.is_empty());
    // On duty and in the group: that person.
    t.on_duty(&t.sakura, &t.sakura).await.expect(200);
    let second = ask().await;
    t.remind(in_hours(2)).await;
    assert_eq!(t.asked(second).await, names(&["sakura", "ume"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn duty_is_handed_over_by_whoever_has_it_or_the_admin_and_stays_on_record() {
    let t = team().await;
    let path = format!("/api/v1/facilities/{}/on-duty", t.station.id);
    assert_eq!(t.w.as_(&t.doctor).get(&path).await.expect(200).json()["on_duty"], Value::Null);
    // Nobody has it: one may take it, not give it.
    t.on_duty(&t.ume, &t.sakura).await.expect_code(403, "on_duty_or_admin_only");
    assert_eq!(t.on_duty(&t.ume, &t.ume).await.expect(200).json()["on_duty"]["name"], "ume 試子");
    t.on_duty(&t.sakura, &t.sakura).await.expect_code(403, "on_duty_or_admin_only");
    assert_eq!(t.on_duty(&t.ume, &t.sakura).await.expect(200).json()["on_duty"]["name"], "sakura 試子");
    t.on_duty(&t.ume, &t.ume).await.expect(403);
    t.on_duty(&t.admin, &t.ume).await.expect(200);
    t.on_duty(&t.admin, &t.doctor).await.expect(422);
    t.on_duty(&t.doctor, &t.doctor).await.expect(403);
    t.w.as_(&t.doctor).get(&format!("/api/v1/facilities/{}/on-duty", Uuid::new_v4())).await.expect(404);
    for until in [in_hours(-1), in_hours(24 * 8)] {
        let body = json!({"client_id": Uuid::new_v4(), "account": t.sakura.id, "until": until.to_string()});
        let refused = t.w.as_(&t.ume).call("PUT", &path, body).await.expect(422).json();
        assert_eq!(refused["errors"][0]["field"], "until");
    }
    let body = json!({"client_id": Uuid::new_v4(), "account": t.sakura.id, "until": in_hours(5).to_string()});
    for _ in 0..2 {
        let duty = t.w.as_(&t.ume).call("PUT", &path, body.clone()).await.expect(200).json();
        assert_eq!(duty["on_duty"]["name"], "sakura 試子");
    }
    let versions: i64 =
        t.w.superuser().await.query_one("SELECT count(*) FROM care.duty", &[]).await.unwrap().get(0);
    assert_eq!(versions, 4, "every hand-over stands, a repeated one once");
    t.w.superuser().await.execute("DELETE FROM care.duty", &[]).await.expect_err("append-only");
    // The page: who has it hands it over with one form; who has not sees who has.
    let page = t.page(&t.sakura, "/duty").await;
    assert!(page.contains("当番を引き継ぐ") && page.contains("（あなた）"));
    assert!(!t.page(&t.ume, "/duty").await.contains("当番を引き継ぐ</button>"));
    // Whoever works there no more has it no more.
    let gone = "UPDATE care.staff SET state = 'suspended' WHERE account_id = $1";
    t.w.superuser().await.execute(gone, &[&t.sakura.id]).await.unwrap();
    assert_eq!(t.w.as_(&t.doctor).get(&path).await.json()["on_duty"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn handled_is_written_once_by_those_asked_or_the_author_and_read_by_the_team() {
    let t = team().await;
    let post = t.to("薬を減らしてください", json!([{"account": t.pharmacist.id}])).await;
    let path = format!("/api/v1/posts/{post}/handled");
    let body = |text: &str| json!({"client_id": Uuid::new_v4(), "result": text});
    t.w.as_(&t.ume).call("PUT", &path, body("わたしではない")).await.expect_code(403, "not_asked");
    t.w.as_(&t.admin).call("PUT", &path, body("見えない")).await.expect(404);
    t.w.as_(&t.pharmacist).call("PUT", &path, body("  ")).await.expect(422);
    let done = body("半分にして、ご家族に伝えました");
    for _ in 0..2 {
        t.w.as_(&t.pharmacist).call("PUT", &path, done.clone()).await.expect(204);
    }
    t.w.as_(&t.pharmacist).call("PUT", &path, body("ほかの文")).await.expect_code(409, "handled_already");
    let page = t.page(&t.ume, &format!("/groups/{}", t.group)).await;
    assert!(page.contains("対応済") && page.contains("半分にして、ご家族に伝えました"));
    let readers = t.page(&t.ume, &format!("/posts/{post}/readers")).await;
    assert!(
        readers.contains("対応済") && readers.contains("それぞれの意味") && readers.contains("表示された")
    );
    // What it says is sealed, chained and verified.
    let row = "SELECT encode(envelope, 'escape') LIKE '%半分%', count(*) OVER () FROM care.receipt WHERE kind = 'handled'";
    let row = t.w.superuser().await.query_one(row, &[]).await.unwrap();
    assert_eq!((row.get::<_, bool>(0), row.get::<_, i64>(1)), (false, 1));
    // On a post that asks nobody there is nothing to handle.
    let plain = id_of(&t.w.as_(&t.doctor).post(t.group, "お知らせ").await.expect(201).json());
    let path = format!("/api/v1/posts/{plain}/handled");
    t.w.as_(&t.doctor).call("PUT", &path, body("x")).await.expect_code(403, "not_asked");
    // The form: typed text comes back.
    let form = format!("/posts/{post}/handled");
    let id = Uuid::new_v4().to_string();
    t.w.as_(&t.doctor).form(&form, &[("client_id", &id), ("result", "")]).await.expect(422);
    t.w.as_(&t.doctor).form(&form, &[("client_id", &id), ("result", "確かめました")]).await.expect(303);
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_are_noted_on_the_post_and_telephones_shown_to_the_team_alone() {
    let t = team().await;
    let post = t.must("電話で確かめる", 1).await;
    t.w.as_(&t.ume).form("/duty/phone", &[("phone", "いつでも")]).await.expect(422);
    t.w.as_(&t.ume).form("/duty/phone", &[("phone", "090-1111-2222")]).await.expect(303);
    let asked = format!("/posts/{post}/asked");
    let page = t.page(&t.doctor, &asked).await;
    assert!(page.contains("href=\"tel:09011112222\""), "{page}");
    assert!(!t.page(&t.sakura, "/duty").await.contains("090-1111-2222"));
    t.w.as_(&t.admin).get(&asked).await.expect(404);

    let path = format!("/api/v1/posts/{post}/calls");
    let call = json!({"client_id": Uuid::new_v4(), "account": t.ume.id, "result": "no_answer", "note": "留守番電話へ"});
    t.w.as_(&t.doctor).call("POST", &path, call.clone()).await.expect(201);
    t.w.as_(&t.doctor).call("POST", &path, call.clone()).await.expect(200);
    for (field, value, status) in [
        ("result", json!("maybe"), 422),
        ("account", json!(t.doctor.id), 422),
        ("account", json!(Uuid::new_v4()), 422),
    ] {
        let mut wrong = call.clone();
        wrong["client_id"] = json!(Uuid::new_v4());
        wrong[field] = value;
        t.w.as_(&t.doctor).call("POST", &path, wrong).await.expect(status);
    }
    let mut other = call.clone();
    other["account"] = json!(t.sakura.id);
    t.w.as_(&t.doctor).call("POST", &path, other).await.expect_code(409, "client_id_used_for_something_else");
    t.w.as_(&t.admin).call("POST", &path, call).await.expect(404);
    let page = t.page(&t.sakura, &format!("/groups/{}", t.group)).await;
    assert!(page.contains("ume 試子さん・出ませんでした") && page.contains("留守番電話へ"), "{page}");
    // She has not acknowledged by having been called.
    assert_eq!(t.waits_for(&t.ume).await, ["電話で確かめる"]);
    let id = Uuid::new_v4().to_string();
    let ume = t.ume.id.to_string();
    let refused =
        t.w.as_(&t.sakura).form(&asked, &[("client_id", &id), ("account", &ume), ("note", "書いた")]).await;
    let refused = refused.expect(422).text();
    assert!(refused.contains("「出た」「出ない」「伝言」から") && refused.contains("value=\"書いた\""));
    t.w.as_(&t.sakura)
        .form(&asked, &[("client_id", &id), ("account", &ume), ("result", "answered"), ("note", "")])
        .await
        .expect(303);
    assert_eq!(t.page(&t.sakura, &asked).await.matches("話しました").count(), 1);
    // An empty number is shown to nobody.
    t.w.as_(&t.ume).form("/duty/phone", &[("phone", "")]).await.expect(303);
    assert!(!t.page(&t.doctor, &asked).await.contains("tel:09011112222"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_id_with_another_content_is_refused() {
    let t = team().await;
    let post = t.to("薬を減らしてください", json!([{"account": t.pharmacist.id}])).await;
    let path = format!("/api/v1/posts/{post}/handled");
    let id = Uuid::new_v4();
    let body = |text: &str| json!({"client_id": id, "result": text});
    for _ in 0..2 {
        t.w.as_(&t.pharmacist).call("PUT", &path, body("半分にしました")).await.expect(204);
    }
    t.w.as_(&t.pharmacist).call("PUT", &path, body("やめました")).await.expect(409);
    let path = format!("/api/v1/facilities/{}/on-duty", t.station.id);
    let until = in_hours(12).to_string();
    let duty = |until: &str| json!({"client_id": id, "account": t.ume.id, "until": until});
    for _ in 0..2 {
        t.w.as_(&t.ume).call("PUT", &path, duty(&until)).await.expect(200);
    }
    t.w.as_(&t.ume).call("PUT", &path, duty(&in_hours(13).to_string())).await.expect(409);
}
