//! Who is rung, and when it is better to wait.

use jiff::Timestamp;
use renkei::features::notifications;
use serde_json::json;

use super::Scene;

async fn level(s: &Scene, level: &str) {
    let path = format!("/api/v1/groups/{}/notification-level", s.group);
    s.w.as_(&s.nurse).call("PUT", &path, json!({"level": level})).await.expect(204);
}

async fn quiet_all_day(s: &Scene) {
    let day = json!({"from": "00:00", "to": "00:00"});
    let body = json!({"mail": "off", "digest_at": "08:00", "quiet_hours": vec![day; 7]});
    s.w.as_(&s.nurse).call("PUT", "/api/v1/me/notification-settings", body).await.expect(204);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_read_it_on_another_screen_is_not_rung() {
    let s = Scene::new().await;
    s.post("午後に伺います").await;
    notifications::look(&s.w.app, Timestamp::now()).await.expect("a look");
    assert_eq!(s.states().await, ["waiting"], "some seconds are given to whoever sees it");
    s.read(&s.nurse, 1).await;
    assert_eq!(s.look_after(2).await, 0);
    assert_eq!((s.states().await, s.send().await), (vec!["seen".to_owned()], 0));
    // The author is told of nothing, and the other one of the next.
    s.post("少し遅れます").await;
    assert_eq!(s.look_after(2).await, 1);
    let people = s.rows("SELECT DISTINCT account_id::text FROM care.notification").await;
    assert_eq!(people, [s.nurse.id.to_string()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_read_between_deciding_and_sending_is_not_sent() {
    let s = Scene::new().await;
    s.post("午後に伺います").await;
    assert_eq!(s.look_after(2).await, 1);
    s.read(&s.nurse, 1).await;
    assert_eq!((s.send().await, s.service.pushes().len()), (1, 0));
    assert!(s.deliveries().await.is_empty(), "nothing was delivered");
    assert!(s.rows("SELECT id::text FROM care.interruption").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_at_work_in_the_product_is_given_time_but_never_forgotten() {
    let s = Scene::new().await;
    s.w.as_(&s.nurse).get("/api/v1/groups").await.expect(200);
    s.post("午後に伺います").await;
    notifications::look(&s.w.app, Timestamp::now()).await.expect("a look");
    let at = |seconds| Timestamp::now() + jiff::SignedDuration::from_secs(seconds);
    assert_eq!(notifications::look(&s.w.app, at(12)).await.expect("a look"), 0);
    assert_eq!(s.rows("SELECT held::text FROM care.notification WHERE state = 'waiting'").await, ["1"]);
    // She goes on working, elsewhere; three minutes are enough.
    for (held, seconds) in [("2", 75), ("3", 140)] {
        s.run(&format!("UPDATE sec.session SET last_seen = now() + interval '{seconds} seconds'")).await;
        assert_eq!(notifications::look(&s.w.app, at(seconds)).await.expect("a look"), 0);
        assert_eq!(s.rows("SELECT held::text FROM care.notification WHERE state = 'waiting'").await, [held]);
    }
    s.run("UPDATE sec.session SET last_seen = now() + interval '205 seconds'").await;
    assert_eq!(notifications::look(&s.w.app, at(205)).await.expect("a look"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn several_posts_within_minutes_ring_once_until_the_group_is_seen() {
    let s = Scene::new().await;
    for n in 1..=3 {
        s.post(&format!("{n}件め")).await;
    }
    assert_eq!(s.look_after(2).await, 3, "together");
    assert_eq!((s.send().await, s.deliveries().await), (1, vec!["accepted".to_owned(); 3]));
    s.post("4件め").await;
    assert_eq!(s.look_after(4).await, 0);
    assert_eq!(s.states().await[3], "joined");
    // She has looked: the next one is news again, however soon.
    s.read(&s.nurse, 4).await;
    s.post("5件め").await;
    assert_eq!(s.look_after(5).await, 1);
    // And whoever never looks is rung again after a while.
    s.post("6件め").await;
    assert_eq!(s.look_after(20).await, 1);
    s.send().await;
    assert_eq!(s.rows("SELECT count(*)::text FROM care.interruption").await, ["3"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_is_as_loud_as_the_person_says_and_urgent_passes() {
    let s = Scene::new().await;
    let told = async |why: Option<&str>| {
        if let Some(why) = why {
            s.every_post_is(why).await;
        }
        let post = s.post("お知らせします").await;
        s.look_after(60).await;
        s.rows(&format!("SELECT why FROM care.notification WHERE post_id = '{post}'")).await.len()
    };
    level(&s, "mine").await;
    assert_eq!(told(None).await, 0, "ordinary ones are only on the screen");
    assert_eq!(
        (told(Some("mentioned")).await, told(Some("must")).await, told(Some("urgent")).await),
        (1, 1, 1)
    );
    level(&s, "none").await;
    assert_eq!(
        (told(Some("mentioned")).await, told(Some("must")).await, told(Some("urgent")).await),
        (0, 0, 1)
    );
    level(&s, "all").await;
    assert_eq!(told(Some("mentioned")).await, 1);
    // Of a group that one is not in there is nothing to say.
    let other = s.w.group(&s.doctor, &s.doctor, "別府 一").await;
    let path = format!("/api/v1/groups/{other}/notification-level");
    s.w.as_(&s.nurse).call("PUT", &path, json!({"level": "none"})).await.expect(404);
    s.w.as_(&s.doctor).call("PUT", &path, json!({"level": "none"})).await.expect(204);
    s.w.as_(&s.doctor).call("PUT", &path, json!({"level": "loud"})).await.expect(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn quiet_hours_hold_everything_but_the_urgent_and_then_ring_once() {
    let s = Scene::new().await;
    quiet_all_day(&s).await;
    s.post("夜のうちに").await;
    s.post("もう一つ").await;
    assert_eq!(s.look_after(2).await, 0);
    assert_eq!(s.states().await, ["waiting", "waiting"]);
    s.every_post_is("urgent").await;
    s.post("至急").await;
    assert_eq!(s.look_after(2).await, 1, "urgent passes");
    s.send().await;
    assert_eq!(s.service.pushes()[0].header("urgency"), "high");
    assert_eq!(s.rows("SELECT (quiet AND urgent)::text FROM care.interruption").await, ["true"]);
    // Morning: one ring for what has waited.
    let body = json!({"mail": "off", "digest_at": "08:00", "quiet_hours": null});
    s.w.as_(&s.nurse).call("PUT", "/api/v1/me/notification-settings", body).await.expect(204);
    s.run("UPDATE care.notification SET due_at = now() WHERE state = 'waiting'").await;
    assert_eq!(s.look_after(60).await, 2);
    assert_eq!((s.send().await, s.service.pushes().len()), (1, 2));
    // What was read in the night rings nobody.
    quiet_all_day(&s).await;
    s.every_post_is_ordinary().await;
    s.post("夜の2件め").await;
    s.look_after(2).await;
    s.read(&s.nurse, 4).await;
    s.run("UPDATE care.notification SET due_at = now() WHERE state = 'waiting'").await;
    assert_eq!(s.look_after(2).await, 0);
    assert_eq!(s.states().await.last().map(String::as_str), Some("seen"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_facilitys_hours_hold_for_whoever_has_not_decided() {
    let s = Scene::new().await;
    let all_day: Vec<(String, &str)> =
        (0..7).flat_map(|d| [(format!("from{d}"), "00:00"), (format!("to{d}"), "00:00")]).collect();
    let fields: Vec<(&str, &str)> = all_day.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    // Of another facility: nothing for the nurse.
    s.w.as_(&s.doctor).form("/facility/quiet-hours", &fields).await.expect(303);
    s.post("1件め").await;
    assert_eq!(s.look_after(2).await, 1);
    s.w.as_(&s.nurse).form("/facility/quiet-hours", &fields).await.expect(303);
    s.post("2件め").await;
    assert_eq!(s.look_after(60).await, 0);
    let page = s.w.as_(&s.nurse).get("/menu/notifications").await.expect(200).text();
    assert!(page.contains("毎日 0:00〜翌0:00"), "{page}");
    let plain = s.w.staff(s.clinic, "jimu", "clerk").await;
    s.w.as_(&plain).form("/facility/quiet-hours", &fields).await.expect(403);
    let bad = s.w.as_(&s.nurse).form("/facility/quiet-hours", &[("from0", "20:00")]).await.expect(422).text();
    assert!(bad.contains("月曜日の終わりも") && bad.contains("value=\"20:00\""), "what was typed stays");
}

/// Beginning and end for each day, Monday first; a time in Japan; the end of the quiet that holds then.
#[tokio::test(flavor = "multi_thread")]
async fn windows_cross_midnight_and_weeks_in_japan() {
    let s = Scene::new().await;
    const NIGHT: &str = "array_fill('20:00'::time, ARRAY[7]), array_fill('07:00'::time, ARRAY[7])";
    const WEEKEND: &str = "ARRAY['22:00', NULL, NULL, NULL, '22:00', '00:00', '00:00']::time[], ARRAY['06:00', NULL, NULL, NULL, '00:00', '00:00', '07:00']::time[]";
    for (windows, at, wanted) in [
        (NIGHT, "2026-11-23 19:59:59", None),
        (NIGHT, "2026-11-23 20:00:00", Some("2026-11-24 07:00")),
        (NIGHT, "2026-11-23 23:59:59", Some("2026-11-24 07:00")),
        (NIGHT, "2026-11-24 00:00:00", Some("2026-11-24 07:00")),
        (NIGHT, "2026-11-24 06:59:59", Some("2026-11-24 07:00")),
        (NIGHT, "2026-11-24 07:00:00", None),
        // Monday's window ends on Tuesday; Tuesday has none of its own.
        (WEEKEND, "2026-11-24 05:00:00", Some("2026-11-24 06:00")),
        (WEEKEND, "2026-11-24 23:00:00", None),
        // Friday evening, all of Saturday, Sunday until seven: one quiet time.
        (WEEKEND, "2026-11-27 21:59:00", None),
        (WEEKEND, "2026-11-27 22:00:00", Some("2026-11-29 07:00")),
        (WEEKEND, "2026-11-28 12:00:00", Some("2026-11-29 07:00")),
        (WEEKEND, "2026-11-29 07:00:00", None),
        ("NULL, NULL", "2026-11-27 22:00:00", None),
    ] {
        let sql = format!(
            "SELECT to_char(sec.quiet_until({windows}, '{at}'::timestamp AT TIME ZONE 'Asia/Tokyo') AT TIME ZONE 'Asia/Tokyo', 'YYYY-MM-DD HH24:MI')"
        );
        let found: Option<String> = s.w.superuser().await.query_one(&sql, &[]).await.expect("a time").get(0);
        assert_eq!(found.as_deref(), wanted, "{windows} at {at}");
    }
    let sql = format!(
        "SELECT to_char(sec.quiet_from({NIGHT}, '2026-11-23 19:00'::timestamp AT TIME ZONE 'Asia/Tokyo') AT TIME ZONE 'Asia/Tokyo', 'DD HH24:MI')"
    );
    assert_eq!(s.rows(&sql).await, ["23 20:00"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_withdrawn_post_rings_nobody_and_a_look_again_changes_nothing() {
    let s = Scene::new().await;
    let post = s.post("まちがい").await;
    notifications::look(&s.w.app, Timestamp::now()).await.expect("a look");
    let body = json!({"client_id": uuid::Uuid::new_v4(), "reason": "別のかたの記録"});
    s.w.as_(&s.doctor).call("POST", &format!("/api/v1/posts/{post}/withdrawal"), body).await.expect(201);
    assert_eq!(s.look_after(2).await, 0);
    assert_eq!(s.states().await, ["void"]);
    s.post("こちらが正しい").await;
    assert_eq!(s.look_after(2).await, 1);
    // A cursor that was set back, as after a restore: each person is still told of each post once.
    s.run("UPDATE care.notification_cursor SET xid = '3'").await;
    assert_eq!(s.look_after(90).await, 0);
    assert_eq!(s.states().await.len(), 2);
}
