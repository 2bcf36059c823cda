//! Before a visit, visit records, a day, a task and a visit with their past, who has not answered, and the calendar's link.

use super::*;

fn record(did: &str) -> Value {
    json!({"client_id": Uuid::new_v4(), "kind": "nursing", "date": day(0), "time": "10:05", "did": did, "plan_changed": false,
        "cautions": "右の踵を浮かせてください", "next_date": day(3), "next_time": "10:00"})
}

#[tokio::test(flavor = "multi_thread")]
async fn before_a_visit_one_answer_says_what_has_happened_since_the_last_one() {
    let s = Scene::new().await;
    s.w.as_(&s.doctor).post(s.group, "往診しました").await.expect(201);
    let task = json!({"client_id": Uuid::new_v4(), "what": "採血", "due_date": day(0), "owner": s.nurse.id});
    s.call(&s.doctor, "POST", &s.of_group("tasks"), task).await.expect(201);
    let visit = json!({"client_id": Uuid::new_v4(), "kind": "medical", "date": day(2), "start": "10:00", "end": "10:30"});
    s.call(&s.doctor, "POST", &s.of_group("visits"), visit).await.expect(201);
    s.call(&s.doctor, "POST", &s.of_group("visit-records"), record("処置")).await.expect(201);
    let pulse = json!({"client_id": Uuid::new_v4(), "code": "8867-4", "value": 72});
    s.call(&s.doctor, "POST", &format!("/patients/{}/observations", s.patient), pulse).await.expect(201);
    let before = s.get(&s.nurse, &s.of_group("before-visit")).await.expect(200).json();
    assert_eq!(
        (&before["visited"], &before["archived"], &before["more_posts"]),
        (&json!(false), &json!(false), &json!(false))
    );
    assert_eq!(before["posts"][1]["excerpt"], "往診しました");
    assert_eq!(before["posts"][1]["author"], s.doctor.name.as_str());
    assert_eq!(before["tasks"][0]["what"], "採血");
    assert_eq!(before["visits"][0]["day"], day(2).as_str());
    assert_eq!(
        (&before["records"][0]["did"], &before["records"][0]["next_time"]),
        (&json!("処置"), &json!("10:00"))
    );
    assert_eq!(
        (&before["observations"][0]["value"], &before["observations"][0]["status"]),
        (&json!(72), &json!("final"))
    );
    assert_eq!(s.logged(&s.nurse, "viewed_before_visit", "done").await, 1);
    // With a mark the next page begins there.
    let mark = json!({"client_id": Uuid::new_v4()});
    for _ in 0..2 {
        s.call(&s.nurse, "POST", &s.of_group("visit-marks"), mark.clone()).await.expect(204);
    }
    assert_eq!(s.logged(&s.nurse, "marked_visit", "done").await, 1, "the same id notes nothing more");
    let before = s.get(&s.nurse, &s.of_group("before-visit")).await.expect(200).json();
    assert_eq!((&before["visited"], &before["posts"]), (&json!(true), &json!([])));
    let other = s.w.patient(&s.admin, "別の 花子").await;
    let other = s.w.team(&s.admin, other, &[&s.doctor, &s.nurse]).await;
    s.call(&s.nurse, "POST", &format!("/groups/{other}/visit-marks"), mark).await.expect(409);
    for outsider in [&s.stranger, &s.admin] {
        s.get(outsider, &s.of_group("before-visit")).await.expect(404);
        let mark = json!({"client_id": Uuid::new_v4()});
        s.call(outsider, "POST", &s.of_group("visit-marks"), mark).await.expect(404);
        assert_eq!(s.logged(outsider, "viewed_before_visit", "refused").await, 1);
        assert_eq!(s.logged(outsider, "marked_visit", "refused").await, 1);
    }
    s.w.nobody().get(&format!("/api/v1{}", s.of_group("before-visit"))).await.expect(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn visit_records_are_listed_page_by_page_without_what_was_withdrawn() {
    let s = Scene::new().await;
    let mut sent = Vec::new();
    for n in 0..32 {
        let made = s.call(&s.nurse, "POST", &s.of_group("visit-records"), record(&format!("処置{n}"))).await;
        sent.push(id_of(&made.expect(201).json()["post"]));
    }
    let reason = json!({"client_id": Uuid::new_v4(), "reason": "別の方"});
    s.call(&s.nurse, "POST", &format!("/posts/{}/withdrawal", sent[31]), reason).await.expect(201);
    let first = s.get(&s.doctor, &s.of_group("visit-records")).await.expect(200).json();
    let items = first["items"].as_array().expect("items");
    assert_eq!(
        (items.len(), &items[0]["did"], &items[0]["plan_changed"]),
        (30, &json!("処置30"), &json!(false))
    );
    assert_eq!((&items[0]["author"], &items[0]["date"]), (&json!(s.nurse.name), &json!(day(0))));
    let next = first["next"].as_str().expect("there is one more");
    let path = s.of_group(&format!("visit-records?cursor={next}"));
    let second = s.get(&s.doctor, &path).await.expect(200).json();
    assert_eq!((&second["items"][0]["did"], &second["next"]), (&json!("処置0"), &Value::Null));
    assert_eq!(second["items"].as_array().map(Vec::len), Some(1));
    s.get(&s.doctor, &s.of_group("visit-records?cursor=x")).await.expect_code(400, "unknown_cursor");
    s.get(&s.doctor, &s.of_group("visit-records?page=2")).await.expect(400);
    let other = with(record("処置"), json!({"client_id": Uuid::new_v4()}));
    s.call(&s.nurse, "POST", &s.of_group("visit-records"), other.clone()).await.expect(201);
    let changed = with(other, json!({"did": "別のこと"}));
    s.call(&s.nurse, "POST", &s.of_group("visit-records"), changed).await.expect(409);
    s.get(&s.stranger, &s.of_group("visit-records")).await.expect(404);
    assert_eq!(s.logged(&s.stranger, "viewed_visit_records", "refused").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_has_what_was_written_done_and_visited_of_one_group_or_of_all() {
    let s = Scene::new().await;
    s.w.as_(&s.doctor).post(s.group, "朝の往診の記録").await.expect(201);
    let task = json!({"client_id": Uuid::new_v4(), "what": "指示書を出す", "due_date": day(0)});
    let task = id_of(&s.call(&s.doctor, "POST", &s.of_group("tasks"), task).await.expect(201).json());
    let done = json!({"client_id": Uuid::new_v4(), "state": "done", "text": "出しました"});
    s.call(&s.doctor, "PUT", &format!("/tasks/{task}"), done).await.expect(200);
    let visit = json!({"client_id": Uuid::new_v4(), "kind": "medical", "date": day(0), "start": "10:00", "end": "10:30"});
    s.call(&s.doctor, "POST", &s.of_group("visits"), visit).await.expect(201);
    for path in [format!("/digest?day={}", day(0)), s.of_group(&format!("digest?day={}", day(0)))] {
        let digest = s.get(&s.nurse, &path).await.expect(200).json();
        let item = &digest["items"][0];
        assert_eq!((&digest["day"], &item["group_id"]), (&json!(day(0)), &json!(s.group)), "{path}");
        assert!(item["title"].as_str().expect("a title").starts_with("試験 太郎"), "{item}");
        assert_eq!(item["posts"][0]["excerpt"], "朝の往診の記録");
        assert_eq!(
            (&item["done"][0]["what"], &item["done"][0]["text"]),
            (&json!("指示書を出す"), &json!("出しました"))
        );
        assert_eq!(item["visits"].as_array().map(Vec::len), Some(1));
    }
    assert_eq!(s.get(&s.nurse, "/digest").await.expect(200).json()["items"], json!([]), "yesterday");
    let quiet = s.get(&s.nurse, &s.of_group("digest")).await.expect(200).json();
    assert_eq!((&quiet["day"], &quiet["items"][0]["posts"]), (&json!(day(-1)), &json!([])));
    // In the log of each group of which something was shown; an empty day of all leaves one line about none.
    assert_eq!(s.logged(&s.nurse, "viewed_digest", "done").await, 4);
    // Whoever is in no group has an empty day; the group's own does not exist for her.
    let empty = s.get(&s.stranger, &format!("/digest?day={}", day(0))).await.expect(200).json();
    assert_eq!(empty["items"], json!([]));
    s.get(&s.stranger, &s.of_group("digest")).await.expect(404);
    assert_eq!(s.logged(&s.stranger, "viewed_digest", "refused").await, 1);
    s.get(&s.nurse, &format!("/digest?day={}", day(1))).await.expect(404);
    s.get(&s.nurse, "/digest?day=gestern").await.expect_code(400, "unreadable_query");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_comes_with_its_past_and_a_visit_with_its_series() {
    let s = Scene::new().await;
    let task = json!({"client_id": Uuid::new_v4(), "what": "採血", "due_date": day(1), "due_time": "09:00"});
    let task = id_of(&s.call(&s.doctor, "POST", &s.of_group("tasks"), task).await.expect(201).json());
    let over = json!({"client_id": Uuid::new_v4(), "owner": s.nurse.id, "text": "お願いします"});
    s.call(&s.doctor, "PUT", &format!("/tasks/{task}"), over).await.expect(200);
    let seen = s.get(&s.nurse, &format!("/tasks/{task}")).await.expect(200).json();
    assert_eq!((&seen["what"], &seen["owner"]["id"]), (&json!("採血"), &json!(s.nurse.id)));
    let kinds: Vec<_> =
        seen["history"].as_array().expect("a past").iter().map(|h| h["kind"].clone()).collect();
    assert_eq!(kinds, [json!("made"), json!("handed_over")]);
    assert_eq!(
        (&seen["history"][0]["due_time"], &seen["history"][1]["text"]),
        (&json!("09:00"), &json!("お願いします"))
    );
    let visit = json!({"client_id": Uuid::new_v4(), "kind": "nursing", "date": day(1), "start": "23:30", "end": "23:50", "note": "採血",
        "repeat": {"every_weeks": 2, "weekdays": [1, 4], "until": day(60)}});
    let visit = id_of(&s.call(&s.nurse, "POST", &s.of_group("visits"), visit).await.expect(201).json());
    let seen = s.get(&s.doctor, &format!("/visits/{visit}")).await.expect(200).json();
    assert_eq!(
        (&seen["start"], &seen["end"], &seen["note"]),
        (&json!("23:30"), &json!("23:50"), &json!("採血"))
    );
    let repeat = json!({"every_weeks": 2, "weekdays": [1, 4], "nth": [], "until": day(60)});
    assert_eq!((&seen["repeat"], &seen["facility_id"]), (&repeat, &json!(s.station.id)));
    assert_eq!(seen["next"]["visit_id"], json!(visit));
    // What it answers can be sent back as a change of the plan.
    let mut change = json!({"client_id": Uuid::new_v4(), "change": "plan", "start": "09:00", "end": "09:20"});
    for field in ["version", "date", "facility_id", "account_id", "kind", "note", "repeat"] {
        change[field] = seen[field].clone();
    }
    s.call(&s.nurse, "PUT", &format!("/visits/{visit}"), change).await.expect(200);
    let changed = s.get(&s.nurse, &format!("/visits/{visit}")).await.expect(200).json();
    assert_eq!((&changed["start"], &changed["repeat"]), (&json!("09:00"), &repeat));
    for (path, act) in
        [(format!("/tasks/{task}"), "viewed_tasks"), (format!("/visits/{visit}"), "viewed_visits")]
    {
        assert!(s.logged(&s.nurse, act, "done").await > 0, "{path}");
        s.get(&s.stranger, &path).await.expect(404);
        assert_eq!(s.logged(&s.stranger, act, "refused").await, 1, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_not_answered_a_post_is_told_with_how_to_reach_them_and_what_was_tried() {
    let s = Scene::new().await;
    s.call(&s.nurse, "PUT", "/me/shown-phone", json!({"phone": "090-0000-0000"})).await.expect(200);
    let by = (jiff::Timestamp::now() + jiff::SignedDuration::from_hours(4)).to_string();
    let body = json!({"client_id": Uuid::new_v4(), "body": "確認してください", "must_acknowledge_by": by});
    let post = id_of(&s.call(&s.doctor, "POST", &s.of_group("posts"), body).await.expect(201).json());
    let path = format!("/posts/{post}/asked");
    let asked = s.get(&s.doctor, &path).await.expect(200).json();
    assert_eq!(asked["items"].as_array().map(Vec::len), Some(1));
    assert_eq!(
        (&asked["items"][0]["id"], &asked["items"][0]["phone"]),
        (&json!(s.nurse.id), &json!("090-0000-0000"))
    );
    assert_eq!((&asked["items"][0]["profession"], &asked["followed"]), (&json!("nurse"), &json!([])));
    let call =
        json!({"client_id": Uuid::new_v4(), "account": s.nurse.id, "result": "no_answer", "note": "2回"});
    s.call(&s.doctor, "POST", &format!("/posts/{post}/calls"), call.clone()).await.expect(201);
    s.call(&s.doctor, "POST", &format!("/posts/{post}/calls"), call.clone()).await.expect(200);
    let other = with(call, json!({"note": "3回"}));
    s.call(&s.doctor, "POST", &format!("/posts/{post}/calls"), other).await.expect(409);
    let followed = s.get(&s.nurse, &path).await.expect(200).json()["followed"].clone();
    assert_eq!(followed.as_array().map(Vec::len), Some(1));
    assert_eq!(
        (&followed[0]["kind"], &followed[0]["result"], &followed[0]["text"]),
        (&json!("called"), &json!("no_answer"), &json!("2回"))
    );
    s.call(&s.nurse, "PUT", &format!("/posts/{post}/acknowledgement"), Value::Null).await.expect(204);
    assert_eq!(s.get(&s.doctor, &path).await.expect(200).json()["items"], json!([]));
    s.get(&s.stranger, &path).await.expect(404);
    assert_eq!(s.logged(&s.stranger, "viewed_asked", "refused").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_calendar_link_is_made_seen_and_ended() {
    let s = Scene::new().await;
    let visit = json!({"client_id": Uuid::new_v4(), "kind": "nursing", "date": day(1), "start": "10:00", "end": "10:30"});
    s.call(&s.nurse, "POST", &s.of_group("visits"), visit).await.expect(201);
    s.stepped_up(&s.nurse, "0 seconds").await;
    assert_eq!(s.get(&s.nurse, "/me/calendar-link").await.expect(200).json()["link"], Value::Null);
    let make = async || {
        let made =
            s.call(&s.nurse, "PUT", "/me/calendar-link", json!({"with_number": false})).await.expect(200);
        let address = made.json()["address"].as_str().expect("an address").to_owned();
        address[address.find("/calendar/").expect("a path")..].to_owned()
    };
    let first = make().await;
    assert!(s.w.nobody().get(&first).await.expect(200).text().contains("BEGIN:VEVENT"));
    let state = s.get(&s.nurse, "/me/calendar-link").await.expect(200);
    assert_eq!(
        (&state.json()["link"]["with_number"], state.json()["link"]["fetched_at"].is_string()),
        (&json!(false), true)
    );
    assert!(!state.text().contains("/calendar/"), "the address is told once");
    let second = make().await;
    s.w.nobody().get(&first).await.expect(404);
    s.w.nobody().get(&second).await.expect(200);
    // It is the person's own: nobody else's is seen or ended.
    assert_eq!(s.get(&s.doctor, "/me/calendar-link").await.expect(200).json()["link"], Value::Null);
    s.call(&s.doctor, "DELETE", "/me/calendar-link", Value::Null).await.expect(204);
    s.w.nobody().get(&second).await.expect(200);
    for _ in 0..2 {
        s.call(&s.nurse, "DELETE", "/me/calendar-link", Value::Null).await.expect(204);
    }
    s.w.nobody().get(&second).await.expect(404);
    assert_eq!(s.logged(&s.nurse, "made_calendar_link", "done").await, 2);
    assert_eq!(s.logged(&s.nurse, "ended_calendar_link", "done").await, 1);
    let token = s.token(&s.nurse, "both").await;
    s.w.with_token(&token).get("/api/v1/me/calendar-link").await.expect_code(403, "not_by_this_token");
    s.call(&s.nurse, "PUT", "/me/calendar-link", json!({"with_number": false, "for": "me"}))
        .await
        .expect(400);
    s.stepped_up(&s.nurse, "1 day").await;
    let late = s.call(&s.nurse, "PUT", "/me/calendar-link", json!({"with_number": false})).await;
    late.expect_code(403, "step_up_required");
}

#[tokio::test(flavor = "multi_thread")]
async fn notices_say_what_is_new_until_they_were_looked_at() {
    let s = Scene::new().await;
    let task = json!({"client_id": Uuid::new_v4(), "what": "採血", "due_date": day(0), "owner": s.nurse.id});
    let task = id_of(&s.call(&s.doctor, "POST", &s.of_group("tasks"), task).await.expect(201).json());
    let notices = async |who: &Person| {
        let items = s.get(who, "/me/notices").await.expect(200).json()["items"].clone();
        items.as_array().expect("items").clone()
    };
    let of_task = |all: Vec<Value>| all.into_iter().find(|n| n["kind"] == "task").expect("it is told");
    let first = of_task(notices(&s.nurse).await);
    assert_eq!((&first["id"], &first["new"]), (&json!(task), &json!(true)));
    assert!(first["title"].as_str().expect("a title").starts_with("試験 太郎"), "{first}");
    assert!(first["words"].as_str().expect("words").contains(&s.doctor.name), "{first}");
    assert_eq!(of_task(notices(&s.nurse).await)["new"], false);
    assert_eq!(s.logged(&s.nurse, "viewed_notices", "done").await, 2);
    // Somebody else is told nothing of it.
    assert!(notices(&s.stranger).await.iter().all(|n| n["kind"] != "task"));
    let token = s.token(&s.nurse, "both").await;
    s.w.with_token(&token).get("/api/v1/me/notices").await.expect_code(403, "not_by_this_token");
}
