//! What leaves, what the push service answers, and what dies with what.

use renkei::{features::notifications, jobs};
use serde_json::json;
use uuid::Uuid;

use super::{
    Scene,
    phone::{self, Phone},
};
use crate::world::World;

const WORDS: &str = "血圧 182/110、ふらつきあり。至急連絡ください";

#[tokio::test(flavor = "multi_thread")]
async fn a_push_arrives_sealed_and_signed_and_tells_nothing() {
    let s = Scene::new().await;
    let post = s.post(WORDS).await;
    assert_eq!(s.look_after(2).await, 1);
    assert_eq!((s.send().await, s.deliveries().await), (1, vec!["accepted".to_owned()]));
    let pushes = s.service.pushes();
    assert_eq!(pushes.len(), 1);
    let push = &pushes[0];
    let opened = s.phone.open(push);
    let token = opened["t"].as_str().expect("a token").to_owned();
    assert_eq!(
        opened,
        json!({"v": 1, "t": token, "k": "p"}),
        "a version, a random token, and that it is of posts"
    );

    assert!(push.head.starts_with("POST /push/"), "{}", push.head);
    assert_eq!((push.header("content-encoding"), push.header("urgency")), ("aes128gcm", "normal"));
    assert!((60..=14_400).contains(&push.header("ttl").parse::<u32>().expect("seconds")));
    let settings = s.w.as_(&s.nurse).get("/api/v1/me/notification-settings").await.expect(200).json();
    let claims = phone::claims(push, settings["push"]["public_key"].as_str().expect("a key"));
    assert_eq!(claims["aud"], format!("http://127.0.0.1:{}", s.service.port));
    assert!(claims["sub"].as_str().is_some_and(|sub| sub.starts_with("mailto:")), "{claims}");

    let everything =
        [push.head.as_bytes(), &push.body, opened.to_string().as_bytes(), claims.to_string().as_bytes()]
            .concat();
    let ids = [post, s.group, s.doctor.id, s.nurse.id].map(|id| id.to_string());
    let names = [&s.doctor.name, &s.nurse.name, "小野寺", "血圧", "182", "試験クリニック", "isha", "kango"];
    for secret in ids.iter().map(String::as_str).chain(names) {
        assert!(memchr::memmem::find(&everything, secret.as_bytes()).is_none(), "{secret} has left");
    }

    // The device says that it has shown it: once, with the token alone, and every answer is the same.
    let confirm = async |token: &str| {
        s.w.nobody().call("POST", "/push/confirmations", json!({"token": token})).await.expect(204)
    };
    confirm("AAAAAAAAAAAAAAAAAAAAAA").await;
    assert_eq!(s.deliveries().await, ["accepted"], "somebody's guess");
    let known = async || {
        let path = format!("/api/v1/posts/{post}/readers");
        let all = s.w.as_(&s.doctor).get(&path).await.expect(200).json();
        let nurse = all["items"].as_array().expect("items").iter().find(|r| r["id"] == json!(s.nurse.id));
        nurse.expect("the nurse").clone()
    };
    let first = known().await;
    assert!(first["push_accepted_at"].is_string() && first["on_device_at"].is_null(), "{first}");
    assert!(confirm(&token).await.body.is_empty());
    assert_eq!(s.deliveries().await, ["on_device"]);
    // The author sees each step with its time; a notice on a device is not a reader.
    let then = known().await;
    assert_eq!(then["push_accepted_at"], first["push_accepted_at"], "the first step keeps its time");
    assert!(then["on_device_at"].is_string(), "{then}");
    for nothing in ["mail_accepted_at", "notice_failed_at", "displayed_at", "acknowledged_at"] {
        assert!(then[nothing].is_null(), "{nothing} in {then}");
    }
    let page = s.w.as_(&s.doctor).get(&format!("/posts/{post}/readers")).await.expect(200).text();
    for words in
        ["通知サービスが受け付けた", "端末に届いた", "本人が見たとは限りません", "既読 0/1人", "まだ"]
    {
        assert!(page.contains(words), "{words} in {page}");
    }
    let stranger = s.w.staff(s.station, "tanin", "nurse").await;
    s.w.as_(&stranger).get(&format!("/api/v1/posts/{post}/readers")).await.expect(404);
    assert!(confirm(&token).await.body.is_empty());
    assert_eq!(s.rows("SELECT count(*)::text FROM sec.push WHERE token_hash IS NOT NULL").await, ["0"]);
    // One ring, in the count of the facility through which she is in the group.
    let counted = s.rows("SELECT facility_id::text FROM care.interruption").await;
    assert_eq!(counted, [s.station.id.to_string()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_that_is_gone_ends_and_a_busy_service_is_asked_again_when_it_says() {
    let s = Scene::new().await;
    s.service.will_answer(&["429 Too Many Requests\r\nretry-after: 300", "201 Created", "410 Gone"]);
    s.post(WORDS).await;
    s.look_after(2).await;
    s.send().await;
    assert_eq!(s.deliveries().await, ["queued"]);
    assert_eq!(s.send().await, 0, "not before the service wants it");
    let soon = "SELECT count(*)::text FROM care.job WHERE kind = 'push' AND state = 'waiting' AND run_at < now() + interval '290 seconds'";
    assert_eq!(s.rows(soon).await, ["0"]);
    s.run("UPDATE care.job SET run_at = now() WHERE kind = 'push' AND state = 'waiting'").await;
    assert_eq!(s.send().await, 1);
    assert_eq!(s.deliveries().await, ["accepted"]);

    s.post(WORDS).await;
    s.look_after(30).await;
    s.send().await;
    assert_eq!(s.deliveries().await, ["accepted", "failed"]);
    assert_eq!(s.rows("SELECT ended_why FROM sec.push_subscription WHERE endpoint IS NULL").await, ["gone"]);
    // The page knows that it was wanted: the device subscribes anew without a question.
    let push = &s.w.as_(&s.nurse).get("/api/v1/me/notification-settings").await.expect(200).json()["push"];
    assert_eq!((push["wanted"].as_bool(), push["devices"].as_array().map(Vec::len)), (Some(true), Some(0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_get_through_is_given_up_and_seen_by_the_person_and_the_admin() {
    let s = Scene::new().await;
    let here = "/menu/notifications";
    let failing = "この端末へのお知らせは届いていません";
    assert!(!s.w.as_(&s.nurse).get(here).await.expect(200).text().contains(failing));
    s.service.will_answer(&["500 Internal Server Error"; 8]);
    s.post(WORDS).await;
    s.look_after(2).await;
    for _ in 0..8 {
        assert_eq!(s.send().await, 1);
        s.run("UPDATE care.job SET run_at = now() WHERE kind = 'push' AND state = 'waiting'").await;
    }
    assert_eq!((s.send().await, s.deliveries().await), (0, vec!["failed".to_owned()]));
    let page = s.w.as_(&s.nurse).get(here).await.expect(200).text();
    assert!(page.contains(failing), "{page}");
    let list = s.w.as_(&s.nurse).get("/facility/interruptions").await.expect(200).text();
    assert!(list.contains("お知らせが届いていない人がいます") && list.contains(&s.nurse.name));
    let other = s.w.as_(&s.doctor).get("/facility/interruptions").await.expect(200).text();
    assert!(!other.contains("届いていない人") && !other.contains(&s.nurse.name), "not of this facility");
    // The next one that gets through ends it.
    s.post(WORDS).await;
    s.look_after(30).await;
    s.send().await;
    assert!(!s.w.as_(&s.nurse).get(here).await.expect(200).text().contains(failing));
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_and_redirects_are_final_and_nothing_follows_them() {
    for answer in ["302 Found\r\nlocation: http://127.0.0.1/", "403 Forbidden", "413 Content Too Large"] {
        let s = Scene::new().await;
        s.service.will_answer(&[answer]);
        s.post(WORDS).await;
        s.look_after(2).await;
        assert_eq!((s.send().await, s.deliveries().await), (1, vec!["failed".to_owned()]), "{answer}");
        assert_eq!(s.service.pushes().len(), 1, "{answer}");
        assert_eq!(s.rows("SELECT count(*)::text FROM care.job WHERE state = 'waiting'").await, ["0"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_ring_once_and_another_node_sends_what_one_has_left() {
    let s = Scene::new().await;
    s.post(WORDS).await;
    let other = s.w.another_node(|_| {}).await;
    let now = jiff::Timestamp::now();
    let later = now + jiff::SignedDuration::from_mins(2);
    for at in [now, later, later] {
        let (one, two) = tokio::join!(notifications::look(&s.w.app, at), notifications::look(&other, at));
        one.and(two).expect("both looked");
    }
    notifications::look(&s.w.app, later).await.expect("a last look");
    assert_eq!(s.rows("SELECT count(*)::text FROM sec.push").await, ["1"]);
    // The first node is gone before it has sent anything; the key is the deployment's, not the node's.
    assert_eq!(jobs::round(&other, &[notifications::KIND]).await.expect("a round"), 1);
    assert_eq!((s.send().await, s.service.pushes().len()), (0, 1));
    s.phone.open(&s.service.pushes()[0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_listed_push_service_with_good_keys_is_taken() {
    let s = Scene::new().await;
    let ask = async |pointer: &str, value: &str| {
        let mut body = Phone::new().body(&s.service);
        if let Some(place) = body.pointer_mut(pointer) {
            *place = value.into();
        }
        s.w.as_(&s.doctor).call("POST", "/api/v1/me/push-subscriptions", body).await
    };
    for (pointer, value) in [
        ("/endpoint", "http://127.0.0.2:5432/x"),
        ("/endpoint", "http://localhost/x"),
        ("/endpoint", "https://169.254.169.254/latest"),
        ("/endpoint", "file:///etc/passwd"),
        ("/keys/p256dh", "AAAA"),
        ("/keys/auth", "!"),
    ] {
        ask(pointer, value).await.expect_code(422, "invalid");
    }
    assert_eq!(s.rows("SELECT count(*)::text FROM sec.push_subscription").await, ["1"]);
    ask("/none", "").await.expect(201);
    // As it is served, this machine and the own network are nobody's push service, whoever names them.
    let w = World::new().await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    let doctor = w.staff(clinic, "isha", "doctor").await;
    let mut body = Phone::new().body(&s.service);
    let call = async |body| w.as_(&doctor).call("POST", "/api/v1/me/push-subscriptions", body).await;
    call(body.clone()).await.expect_code(422, "invalid");
    body["endpoint"] = "https://web.push.apple.com/abc".into();
    call(body).await.expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_of_the_own_network_is_never_called_even_under_a_listed_name() {
    let s = Scene::with(|config| config.push.hosts = "127.0.0.1, localhost".into()).await;
    s.post(WORDS).await;
    s.look_after(2).await;
    // The same subscription, on a node for which loopback is nobody's push service.
    let strict =
        s.w.another_node(|config| {
            config.push.hosts = "localhost".into();
            config.push.private = false;
        })
        .await;
    let at = format!("https://localhost:{}/x", s.service.port);
    s.run(&format!("UPDATE sec.push_subscription SET endpoint = '{at}'")).await;
    assert_eq!(jobs::round(&strict, &[notifications::KIND]).await.expect("a round"), 1);
    s.run("UPDATE sec.push_subscription SET endpoint = 'https://localhost/x'").await;
    s.post(WORDS).await;
    s.look_after(30).await;
    assert_eq!(jobs::round(&strict, &[notifications::KIND]).await.expect("a round"), 1);
    assert!(s.service.pushes().is_empty());
    let codes = s.rows("SELECT code FROM sec.push ORDER BY made_at").await;
    assert_eq!(codes, ["not_sendable", "address_not_allowed"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_dies_with_its_device_its_session_its_person_and_the_next_one_at_the_browser() {
    let s = Scene::new().await;
    let living =
        async || s.rows("SELECT count(*)::text FROM sec.push_subscription WHERE ended_at IS NULL").await;
    let why = async || {
        s.rows("SELECT ended_why FROM sec.push_subscription WHERE ended_at IS NOT NULL ORDER BY ended_at DESC LIMIT 1").await
    };
    let mut nurse = s.nurse.clone();
    assert_eq!(living().await, ["1"]);
    // A session that merely grew old still rings.
    s.run("UPDATE sec.session SET expires_at = now() - interval '1 minute'").await;
    assert_eq!(living().await, ["1"]);
    nurse.token = s.w.session(&nurse).await;
    s.phone.subscribe(&s.w, &nurse, &s.service).await.expect(201);
    assert_eq!((living().await, why().await), (vec!["1".to_owned()], vec!["replaced".to_owned()]));
    s.phone.subscribe(&s.w, &nurse, &s.service).await.expect(200);

    s.w.as_(&nurse).call("DELETE", "/api/v1/session", json!(null)).await.expect(204);
    assert_eq!((living().await, why().await), (vec!["0".to_owned()], vec!["signed_out".to_owned()]));

    nurse.token = s.w.session(&nurse).await;
    s.phone.subscribe(&s.w, &nurse, &s.service).await.expect(201);
    let devices = s.w.as_(&nurse).get("/api/v1/me/devices").await.expect(200).json();
    let here = devices["items"].as_array().expect("devices").iter().find(|d| d["current"] == true);
    let device = here.expect("this one")["id"].as_str().expect("an id").to_owned();
    // Ended by the database's own act, whoever calls it: the trigger is in the same transaction.
    let mut client = s.w.superuser().await;
    let tx = client.transaction().await.expect("a transaction");
    let end = format!("UPDATE sec.device SET ended_at = now() WHERE id = '{device}'");
    tx.batch_execute(&end).await.expect("ended");
    let inside = "SELECT ended_why FROM sec.push_subscription WHERE device_id::text = $1 AND endpoint IS NULL ORDER BY ended_at DESC LIMIT 1";
    assert_eq!(tx.query_one(inside, &[&device]).await.expect("ended").get::<_, &str>(0), "device_ended");
    tx.rollback().await.expect("as before");
    assert_eq!(living().await, ["1"]);

    // Whoever subscribes next at this browser takes it over.
    let doctor_subscribes = s.phone.subscribe(&s.w, &s.doctor, &s.service).await;
    assert_eq!(doctor_subscribes.status, 401, "the doctor's session is old too");
    let mut doctor = s.doctor.clone();
    doctor.token = s.w.session(&doctor).await;
    s.phone.subscribe(&s.w, &doctor, &s.service).await.expect(201);
    assert_eq!((living().await, why().await), (vec!["1".to_owned()], vec!["replaced".to_owned()]));

    s.run(&format!("UPDATE care.staff SET state = 'suspended' WHERE account_id = '{}'", doctor.id)).await;
    assert_eq!((living().await, why().await), (vec!["0".to_owned()], vec!["left".to_owned()]));
    let nothing: Vec<String> =
        s.rows("SELECT id::text FROM sec.push_subscription WHERE ended_at IS NOT NULL AND (endpoint IS NOT NULL OR p256dh IS NOT NULL)").await;
    assert!(nothing.is_empty(), "what it takes to reach a device is forgotten");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_leaves_a_facility_is_not_rung_any_more() {
    let s = Scene::new().await;
    s.post(WORDS).await;
    notifications::look(&s.w.app, jiff::Timestamp::now()).await.expect("a look");
    assert_eq!(s.states().await, ["waiting"]);
    s.w.end_membership(&s.doctor, s.group, &s.nurse).await;
    assert_eq!(s.look_after(2).await, 0);
    assert_eq!(s.states().await, ["void"]);
    s.post(WORDS).await;
    s.look_after(2).await;
    assert_eq!(s.states().await.len(), 1, "nobody is told of what she may not read");
}

#[tokio::test(flavor = "multi_thread")]
async fn other_peoples_devices_are_out_of_reach() {
    let s = Scene::new().await;
    let mine = s.w.as_(&s.nurse).get("/api/v1/me/notification-settings").await.expect(200).json();
    let id = mine["push"]["devices"][0]["id"].as_str().expect("an id").to_owned();
    let path = format!("/api/v1/me/push-subscriptions/{id}");
    s.w.as_(&s.doctor).call("DELETE", &path, json!(null)).await.expect(404);
    s.w.as_(&s.doctor).form(&format!("/menu/notifications/devices/{id}/end"), &[]).await.expect(404);
    s.w.as_(&s.nurse)
        .call("DELETE", &format!("/api/v1/me/push-subscriptions/{}", Uuid::new_v4()), json!(null))
        .await
        .expect(404);
    s.w.as_(&s.nurse).call("DELETE", &path, json!(null)).await.expect(204);
    s.w.as_(&s.nurse).call("DELETE", "/api/v1/me/push-subscriptions", json!(null)).await.expect(204);
    assert_eq!(s.rows("SELECT ended_why FROM sec.push_subscription").await, ["turned_off"]);
    let push = &s.w.as_(&s.nurse).get("/api/v1/me/notification-settings").await.expect(200).json()["push"];
    assert_eq!(push["wanted"], false, "who has said no is not asked again");
}
