//! By mail: at once, as a digest, and what comes back.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use renkei::{config::Security, features::notifications, jobs, mail};
use serde_json::json;

use super::Scene;
use crate::{
    recovery::reachable,
    world::{bounce, smtp::Smtp},
};

async fn scene() -> (Scene, Smtp) {
    let smtp = Smtp::start(None).await;
    let s = Scene::with(smtp.carries(Security::None)).await;
    (s, smtp)
}

async fn choose(s: &Scene, mail: &str, digest_at: &str) -> crate::world::Answer {
    let body = json!({"mail": mail, "digest_at": digest_at, "quiet_hours": null});
    s.w.as_(&s.nurse).call("PUT", "/api/v1/me/notification-settings", body).await
}

async fn work(s: &Scene) -> usize {
    jobs::round(&s.w.app, &[mail::KIND]).await.expect("a round")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_goes_to_a_confirmed_address_alone_and_tells_nothing() {
    let (s, smtp) = scene().await;
    let refused = choose(&s, "immediate", "08:00").await.expect_code(422, "invalid");
    assert!(refused.text().contains("確認が済んでいません"));
    reachable(&s.w, &s.nurse).await;
    choose(&s, "immediate", "08:00").await.expect(204);
    s.post("血圧 182/110").await;
    assert_eq!(s.look_after(2).await, 1);
    assert_eq!(work(&s).await, 1);
    let letters = smtp.letters();
    assert_eq!((letters.len(), letters[0].to.as_str()), (1, "kango@example.jp"));
    let text = letters[0].text();
    assert!(
        text.contains("新しい投稿やお知らせがあります") && text.contains("http://localhost:8080/"),
        "{text}"
    );
    for secret in ["血圧", "182", "小野寺", &s.doctor.name, &s.group.to_string()] {
        assert!(!letters[0].data.contains(secret) && !text.contains(secret), "{secret}");
    }
    notifications::look(&s.w.app, Timestamp::now()).await.expect("a look");
    let sql = "SELECT channel || ' ' || state FROM care.delivery ORDER BY 1";
    assert_eq!(s.rows(sql).await, ["mail accepted", "push queued"]);
    let post = s.rows("SELECT DISTINCT post_id::text FROM care.delivery").await.remove(0);
    let path = format!("/api/v1/posts/{post}/readers");
    let reader = s.w.as_(&s.doctor).get(&path).await.expect(200).json()["items"][0].clone();
    assert!(reader["mail_accepted_at"].is_string() && reader["push_accepted_at"].is_null(), "{reader}");
    // Without a phone too, and then it is an interruption of its own.
    s.w.as_(&s.nurse).call("DELETE", "/api/v1/me/push-subscriptions", json!(null)).await.expect(204);
    s.post("2件め").await;
    assert_eq!(s.look_after(60).await, 1);
    assert_eq!((work(&s).await, smtp.letters().len()), (1, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_the_server_refuses_is_seen_by_the_admin() {
    let (s, smtp) = scene().await;
    reachable(&s.w, &s.nurse).await;
    choose(&s, "immediate", "08:00").await.expect(204);
    let page = async || s.w.as_(&s.nurse).get("/facility/interruptions").await.expect(200).text();
    assert!(!page().await.contains("メールサーバーに断られました"));
    smtp.refuse_next(1, "550 no such person\r\n");
    s.w.as_(&s.nurse).form("/menu/notifications/test", &[("channel", "mail")]).await.expect(303);
    assert_eq!(work(&s).await, 1);
    let own = s.w.as_(&s.nurse).get("/menu/notifications").await.expect(200).text();
    assert!(own.contains("試しの結果：メールサーバーに断られました"), "{own}");
    assert!(page().await.contains("メールサーバーに断られました"));
    assert!(!page().await.contains("kango@example.jp"), "the address is on the contact page alone");
    // A new address has refused nothing yet.
    s.run("UPDATE sec.contact SET mail_confirmed_at = now() + interval '1 minute'").await;
    assert!(!page().await.contains("メールサーバーに断られました"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_that_comes_back_stands_beside_the_post_as_not_delivered() {
    let smtp = Smtp::start(None).await;
    let s = Scene::with(|config| {
        smtp.carries(Security::None)(config);
        config.mail.bounces = bounce::BOUNCES.into();
    })
    .await;
    reachable(&s.w, &s.nurse).await;
    choose(&s, "immediate", "08:00").await.expect(204);
    s.w.as_(&s.nurse).call("DELETE", "/api/v1/me/push-subscriptions", json!(null)).await.expect(204);
    let post = s.post("1件め").await;
    assert_eq!((s.look_after(2).await, work(&s).await), (1, 1));
    notifications::look(&s.w.app, Timestamp::now()).await.expect("a look");
    let reader = async || {
        let path = format!("/api/v1/posts/{post}/readers");
        s.w.as_(&s.doctor).get(&path).await.expect(200).json()["items"][0].clone()
    };
    let taken = reader().await;
    assert!(taken["mail_accepted_at"].is_string() && taken["notice_failed_at"].is_null(), "{taken}");
    let pipe = bounce::Pipe::to(&s.w).await;
    assert_eq!(pipe.takes(&bounce::report(&smtp.letters()[0].from, "failed", "5.7.1")), 0);
    let failed = reader().await;
    assert!(failed["notice_failed_at"].is_string(), "{failed}");
    assert_eq!(failed["mail_accepted_at"], taken["mail_accepted_at"], "that it was taken stays true");
    // The next look leaves it so.
    notifications::look(&s.w.app, Timestamp::now()).await.expect("a look");
    assert_eq!(reader().await, failed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_that_came_back_and_was_sent_again_stands_beside_the_post_as_delivered() {
    let smtp = Smtp::start(None).await;
    let s = Scene::with(|config| {
        smtp.carries(Security::None)(config);
        config.mail.bounces = bounce::BOUNCES.into();
    })
    .await;
    reachable(&s.w, &s.nurse).await;
    choose(&s, "immediate", "08:00").await.expect(204);
    s.w.as_(&s.nurse).call("DELETE", "/api/v1/me/push-subscriptions", json!(null)).await.expect(204);
    let post = s.post("1件め").await;
    assert_eq!(s.look_after(2).await, 1);
    smtp.refuse_next(1, "451 4.3.0 later\r\n");
    work(&s).await;
    let state = async || {
        let path = format!("/api/v1/posts/{post}/readers");
        let one = s.w.as_(&s.doctor).get(&path).await.expect(200).json()["items"][0].clone();
        (one["mail_accepted_at"].is_string(), one["notice_failed_at"].is_string())
    };
    let pipe = bounce::Pipe::to(&s.w).await;
    assert_eq!(pipe.takes(&bounce::report(&smtp.refused()[0].from, "failed", "5.7.1")), 0);
    assert_eq!(state().await, (false, true));
    s.run("UPDATE care.job SET run_at = now() WHERE state = 'waiting'").await;
    assert_eq!(work(&s).await, 1);
    notifications::look(&s.w.app, Timestamp::now()).await.expect("a look");
    assert_eq!(state().await, (true, false));
}

/// Today in Japan, at this hour.
fn today_at(hour: i8) -> Timestamp {
    let zone = TimeZone::get("Asia/Tokyo").expect("the zone");
    let day = Timestamp::now().to_zoned(zone.clone()).date();
    day.at(hour, 0, 0, 0).to_zoned(zone).expect("an hour").timestamp()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_digest_goes_once_a_day_at_its_time_with_numbers_alone() {
    let (s, smtp) = scene().await;
    reachable(&s.w, &s.nurse).await;
    choose(&s, "digest", "08:00").await.expect(204);
    s.run("UPDATE care.notification_setting SET digested_on = NULL").await;
    s.post("血圧 182/110").await;
    let must = json!({"client_id": uuid::Uuid::new_v4(), "body": "了解をください", "must_acknowledge_by": "2027-01-01T00:00:00Z"});
    let path = format!("/api/v1/groups/{}/posts", s.group);
    let must = s.w.as_(&s.doctor).call("POST", &path, must).await.expect(201).json();
    let due = |at| notifications::digests(&s.w.app, at);
    assert_eq!(due(today_at(7)).await.expect("too early"), 0);
    let other = s.w.another_node(|_| {}).await;
    let (one, two) = tokio::join!(due(today_at(8)), notifications::digests(&other, today_at(8)));
    assert_eq!(one.expect("one") + two.expect("the other"), 1, "of two nodes one sends");
    assert_eq!(due(today_at(9)).await.expect("a look"), 0);
    assert_eq!(work(&s).await, 1);
    let text = smtp.letters()[0].text();
    assert!(
        text.contains("まだ読んでいない投稿：2件") && text.contains("了解を待っている投稿：1件"),
        "{text}"
    );
    assert!(!text.contains("血圧") && !text.contains("小野寺") && !text.contains("isha"), "{text}");
    // Where nothing waits, nothing is written.
    s.read(&s.nurse, 2).await;
    let id = must["id"].as_str().expect("an id");
    s.w.as_(&s.nurse)
        .call("PUT", &format!("/api/v1/posts/{id}/acknowledgement"), json!(null))
        .await
        .expect(204);
    let tomorrow = today_at(8) + SignedDuration::from_hours(24);
    assert_eq!(due(tomorrow).await.expect("a look"), 0);
    assert_eq!(s.rows("SELECT (digested_on - (now() AT TIME ZONE 'Asia/Tokyo')::date)::text FROM care.notification_setting").await, ["1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_digest_counts_the_familys_posts_and_only_what_asks_this_person() {
    let (s, smtp) = scene().await;
    reachable(&s.w, &s.nurse).await;
    choose(&s, "digest", "08:00").await.expect(204);
    s.run("UPDATE care.notification_setting SET digested_on = NULL").await;
    let other = s.w.staff(s.station, "betsu", "nurse").await;
    s.w.join(&s.doctor, s.group, &other).await;
    let path = format!("/api/v1/groups/{}/posts", s.group);
    for (timeline, whom) in [("team", Some(other.id)), ("team", Some(s.nurse.id)), ("family", None)] {
        let mut body =
            json!({"client_id": uuid::Uuid::new_v4(), "body": "了解をください", "timeline": timeline});
        if let Some(whom) = whom {
            body["must_acknowledge_by"] = json!("2027-01-01T00:00:00Z");
            body["mentions"] = json!([{"account": whom}]);
        }
        s.w.as_(&s.doctor).call("POST", &path, body).await.expect(201);
    }
    assert_eq!(notifications::digests(&s.w.app, today_at(8)).await.expect("a look"), 1);
    assert_eq!(work(&s).await, 1);
    let text = smtp.letters()[0].text();
    assert!(text.contains("まだ読んでいない投稿：3件"), "the team's and the family's: {text}");
    assert!(text.contains("了解を待っている投稿：1件"), "not what asks others: {text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_that_has_passed_today_is_for_tomorrow() {
    let (s, _smtp) = scene().await;
    reachable(&s.w, &s.nurse).await;
    s.post("1件め").await;
    choose(&s, "digest", "00:00").await.expect(204);
    assert_eq!(notifications::digests(&s.w.app, Timestamp::now()).await.expect("a look"), 0);
    let tomorrow = Timestamp::now() + SignedDuration::from_hours(24);
    assert_eq!(notifications::digests(&s.w.app, tomorrow).await.expect("a look"), 1);
}
