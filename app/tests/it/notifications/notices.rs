//! Nobody misses it: what the schedule says of a post, and what somebody gives somebody else to do, rings like a post does.

use jiff::{SignedDuration, Timestamp};
use renkei::{
    features::{asks, notifications},
    jobs,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Phone, Scene};
use crate::world::{Person, id_of};

impl Scene {
    /// Asks the nurse alone, until in four hours.
    async fn must(&self, more: Value) -> Uuid {
        let by = (Timestamp::now() + SignedDuration::from_hours(4)).to_string();
        let mut body = json!({"client_id": Uuid::new_v4(), "body": "血圧 182/110", "must_acknowledge_by": by,
            "mentions": [{"account": self.nurse.id}]});
        body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        let path = format!("/api/v1/groups/{}/posts", self.group);
        id_of(&self.w.as_(&self.doctor).call("POST", &path, body).await.expect(201).json())
    }

    async fn half_of_the_time_is_over(&self) {
        self.run("UPDATE care.asked SET remind_at = now() - interval '1 second' WHERE ended IS NULL").await;
        asks::acts::remind(&self.w.app, None).await.expect("a run");
    }

    async fn the_time_is_over(&self) {
        let sql = "UPDATE care.asked SET by = now() - interval '1 second', remind_at = now() - interval '1 second' WHERE ended IS NULL";
        self.run(sql).await;
        asks::acts::remind(&self.w.app, None).await.expect("a run");
    }

    async fn acknowledge(&self, post: Uuid) {
        let path = format!("/api/v1/posts/{post}/acknowledgement");
        self.w.as_(&self.nurse).call("PUT", &path, Value::Null).await.expect(204);
    }

    async fn counts(&self, who: &Person) -> Value {
        self.w.as_(who).get("/api/v1/me/counts").await.expect(200).json()
    }

    /// What the last push opens.
    fn opens(&self, phone: &Phone) -> Value {
        phone.open(self.service.pushes().last().expect("a push"))["k"].clone()
    }

    /// Who was told of what else than posts, as `cause login`.
    async fn told(&self) -> Vec<String> {
        self.rows("SELECT n.cause || ' ' || a.login_id FROM care.notification n JOIN care.account a ON a.id = n.account_id WHERE n.cause <> 'post' AND n.state = 'told' ORDER BY 1").await
    }

    async fn task_for(&self, owner: &Person) -> Uuid {
        let day = Timestamp::now().to_zoned(renkei::japan::zone()).date().to_string();
        let body =
            json!({"client_id": Uuid::new_v4(), "what": "残薬を数える", "due_date": day, "owner": owner.id});
        let path = format!("/api/v1/groups/{}/tasks", self.group);
        id_of(&self.w.as_(&self.doctor).call("POST", &path, body).await.expect(201).json())
    }

    async fn change_task(&self, by: &Person, task: Uuid, change: Value) {
        let mut body = json!({"client_id": Uuid::new_v4()});
        body.as_object_mut().expect("an object").extend(change.as_object().expect("an object").clone());
        self.w.as_(by).call("PUT", &format!("/api/v1/tasks/{task}"), body).await.expect(200);
    }
}

const NEW: &str = "新着";

#[tokio::test(flavor = "multi_thread")]
async fn a_reminder_rings_though_the_post_has_rung_and_counts_until_it_was_on_the_screen() {
    let s = Scene::new().await;
    s.must(json!({})).await;
    assert_eq!(s.look_after(2).await, 1, "the post itself");
    assert_eq!((s.send().await, s.opens(&s.phone)), (1, json!("p")));
    assert_eq!(s.counts(&s.nurse).await["notices"], 0);

    s.half_of_the_time_is_over().await;
    assert_eq!(s.look_after(2).await, 1, "nobody is rung only once of what waits");
    assert_eq!((s.send().await, s.opens(&s.phone)), (1, json!("n")));
    assert_eq!(s.told().await, ["reminder kango"]);
    assert_eq!(s.look_after(2).await, 0, "and once");
    let counts = s.counts(&s.nurse).await;
    assert_eq!((&counts["notices"], &counts["unread"]), (&json!(1), &json!(1)));
    let frame = s.w.as_(&s.nurse).get("/menu").await.expect(200).text();
    assert!(frame.contains("件の新しいお知らせ"), "{frame}");

    // On the screen: new this once, and no number any more, not even on that page.
    let page = s.w.as_(&s.nurse).get("/notices").await.expect(200).text();
    assert!(page.contains(NEW) && page.contains("期限が近づいています"), "{page}");
    assert!(!page.contains("件の新しいお知らせ"), "{page}");
    assert_eq!(s.counts(&s.nurse).await["notices"], 0);
    assert!(!s.w.as_(&s.nurse).get("/notices").await.expect(200).text().contains(NEW));
    // The others' numbers are their own.
    assert_eq!(s.counts(&s.doctor).await["notices"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn at_the_deadline_author_substitute_and_whoever_has_not_answered_are_rung() {
    let s = Scene::new().await;
    let stand_in = s.w.staff(s.station, "daiko", "nurse").await;
    s.w.join(&s.doctor, s.group, &stand_in).await;
    for who in [&s.doctor, &stand_in] {
        Phone::new().subscribe(&s.w, who, &s.service).await.expect(201);
    }
    s.run(&format!(
        "INSERT INTO care.substitute VALUES ('{}', '{}', 1, '{}', '{}', now())",
        s.station.id, s.nurse.id, stand_in.id, s.nurse.id
    ))
    .await;
    s.must(json!({})).await;
    s.look_after(2).await;
    s.the_time_is_over().await;
    assert_eq!(s.look_after(2).await, 3);
    assert_eq!(s.told().await, ["overdue kango", "substitute daiko", "unanswered isha"]);
    while s.send().await > 0 {}
    let rung = s.rows("SELECT DISTINCT a.login_id FROM care.delivery d JOIN care.account a ON a.id = d.account_id WHERE d.cause <> 'post' AND d.state = 'accepted' ORDER BY 1").await;
    assert_eq!(rung, ["daiko", "isha", "kango"]);
    assert_eq!(s.counts(&s.doctor).await["notices"], 1);
    assert_eq!(s.counts(&stand_in).await["notices"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_or_seen_meanwhile_rings_nobody() {
    let s = Scene::new().await;
    let post = s.must(json!({})).await;
    s.look_after(2).await;
    s.half_of_the_time_is_over().await;
    assert_eq!(s.look_after(2).await, 1);
    s.acknowledge(post).await;
    s.read(&s.nurse, 1).await;
    s.send().await;
    assert!(s.service.pushes().is_empty(), "between deciding and sending");
    s.must(json!({})).await;
    s.read(&s.nurse, 2).await;
    s.half_of_the_time_is_over().await;
    notifications::look(&s.w.app, Timestamp::now()).await.expect("a look");
    s.w.as_(&s.nurse).get("/notices").await.expect(200);
    assert_eq!(s.look_after(2).await, 0, "the notice was on the screen before it rang");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reminder_waits_in_quiet_hours_and_is_as_loud_as_the_group_unless_it_is_urgent() {
    let s = Scene::new().await;
    let day = json!({"from": "00:00", "to": "00:00"});
    let quiet = json!({"mail": "off", "digest_at": "08:00", "quiet_hours": vec![day; 7]});
    s.w.as_(&s.nurse).call("PUT", "/api/v1/me/notification-settings", quiet).await.expect(204);
    s.must(json!({})).await;
    s.half_of_the_time_is_over().await;
    assert_eq!(s.look_after(2).await, 0, "held");
    s.must(json!({"urgent": true})).await;
    s.half_of_the_time_is_over().await;
    assert_eq!((s.look_after(2).await, s.told().await.len()), (2, 1), "urgent passes, post and reminder");

    let loud = json!({"mail": "off", "digest_at": "08:00", "quiet_hours": null});
    s.w.as_(&s.nurse).call("PUT", "/api/v1/me/notification-settings", loud).await.expect(204);
    let level = format!("/api/v1/groups/{}/notification-level", s.group);
    s.run("UPDATE care.notification SET state = 'void', decided_at = now() WHERE state = 'waiting'").await;
    s.w.as_(&s.nurse).call("PUT", &level, json!({"level": "none"})).await.expect(204);
    s.must(json!({})).await;
    s.half_of_the_time_is_over().await;
    assert_eq!(s.look_after(2).await, 0, "silent");
    s.w.as_(&s.nurse).call("PUT", &level, json!({"level": "mine"})).await.expect(204);
    s.must(json!({})).await;
    s.half_of_the_time_is_over().await;
    assert!(s.look_after(2).await >= 1, "what asks for 了解 is hers");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_from_somebody_else_rings_and_is_told_until_it_is_done() {
    let s = Scene::new().await;
    s.task_for(&s.doctor).await;
    let task = s.task_for(&s.nurse).await;
    assert_eq!(s.look_after(2).await, 1, "the own one is no news");
    assert_eq!(
        (s.send().await, s.opens(&s.phone), s.told().await),
        (1, json!("n"), vec!["task kango".to_owned()])
    );
    assert_eq!(
        (s.counts(&s.nurse).await["notices"].clone(), s.counts(&s.doctor).await["notices"].clone()),
        (json!(1), json!(0))
    );
    let page = s.w.as_(&s.nurse).get("/notices").await.expect(200).text();
    assert!(
        page.contains("やることを頼まれました")
            && page.contains(&format!("/tasks/{task}"))
            && page.contains(NEW),
        "{page}"
    );
    assert_eq!(s.counts(&s.nurse).await["notices"], 0);
    // Handed on and back: news again for her, and for nobody once it is done.
    s.change_task(&s.nurse, task, json!({"owner": s.doctor.id})).await;
    s.change_task(&s.doctor, task, json!({"owner": s.nurse.id})).await;
    assert_eq!(s.look_after(10).await, 1);
    assert_eq!(s.counts(&s.nurse).await["notices"], 1);
    s.change_task(&s.nurse, task, json!({"state": "done"})).await;
    assert_eq!(s.counts(&s.nurse).await["notices"], 0);
    s.send().await;
    assert_eq!(s.service.pushes().len(), 1, "done before it was sent");
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_and_values_count_and_the_newest_notice_stands_first() {
    let s = Scene::new().await;
    s.must(json!({})).await;
    s.half_of_the_time_is_over().await;
    s.task_for(&s.nurse).await;
    let page = s.w.as_(&s.nurse).get("/notices").await.expect(200).text();
    let at = |words: &str| page.find(words).unwrap_or_else(|| panic!("no {words} in {page}"));
    assert!(at("やることを頼まれました") < at("期限が近づいています"), "the newer first");
    assert!(at("期限が近づいています") < at("のグループに参加しました"), "whatever the kind");
    assert_eq!(s.counts(&s.nurse).await["notices"], 0);
    // What the other pages of notices are made of counts too.
    s.run(&format!(
        "INSERT INTO care.observation_notice VALUES (gen_random_uuid(), '{}', '{}', now()), (gen_random_uuid(), '{}', '{}', now())",
        s.group, s.doctor.id, s.group, s.doctor.id
    ))
    .await;
    assert_eq!(s.counts(&s.nurse).await["notices"], 1, "one for each patient");
    assert_eq!(s.counts(&s.doctor).await["notices"], 0, "not for whoever measured");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_familys_posts_ring_and_count_whoever_joined_late_too() {
    let s = Scene::new().await;
    // As somebody "from now on" in a team that has talked for long.
    s.run(&format!("UPDATE care.membership SET from_seq = 40 WHERE account_id = '{}'", s.nurse.id)).await;
    let body = json!({"client_id": Uuid::new_v4(), "timeline": "family", "body": "食事は半分ほどです。"});
    let path = format!("/api/v1/groups/{}/posts", s.group);
    s.w.as_(&s.doctor).call("POST", &path, body).await.expect(201);
    assert_eq!(s.look_after(2).await, 1, "numbers of the team's stream say nothing of the family's");
    let counts = s.counts(&s.nurse).await;
    assert_eq!((&counts["unread"], &counts["family_unread"]), (&json!(0), &json!(1)));
    // Of the team's stream they do.
    s.post("前の話").await;
    assert_eq!(s.look_after(20).await, 0);
    assert_eq!(jobs::round(&s.w.app, &[notifications::KIND]).await.expect("a round"), 1);
    assert_eq!(s.opens(&s.phone), json!("p"));
}
