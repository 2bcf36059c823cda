//! The facility's side: duty and hand-overs, how often people were rung, quiet hours, partner institutions; and what tokens open.

use super::*;

fn until(hours: i64) -> String {
    (jiff::Timestamp::now() + jiff::SignedDuration::from_hours(hours)).to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_duty_is_handed_over_once_and_its_log_is_the_facility_s_own() {
    let s = Scene::new().await;
    let body = json!({"client_id": Uuid::new_v4(), "account": s.doctor.id, "until": until(12)});
    for _ in 0..2 {
        let duty = s.call(&s.admin, "PUT", &s.of_clinic("on-duty"), body.clone()).await.expect(200).json();
        assert_eq!(duty["on_duty"]["id"], json!(s.doctor.id));
    }
    let nobody = json!({"client_id": Uuid::new_v4(), "account": null, "until": until(2)});
    s.call(&s.doctor, "PUT", &s.of_clinic("on-duty"), nobody).await.expect(200);
    let log = s.get(&s.doctor, &s.of_clinic("on-duty/log")).await.expect(200).json();
    let items = log["items"].as_array().expect("items");
    assert_eq!((items.len(), &items[0]["to"], &items[0]["by"]), (2, &Value::Null, &json!(s.doctor.name)));
    assert_eq!((&items[1]["to"], &items[1]["by"]), (&json!(s.doctor.name), &json!(s.admin.name)));
    assert_eq!(s.logged(&s.doctor, "viewed_duty", "done").await, 1);
    let other = with(body, json!({"account": s.admin.id}));
    s.call(&s.admin, "PUT", &s.of_clinic("on-duty"), other).await.expect(409);
    // Who has it is for anybody, as in the directory; the log is not.
    s.get(&s.nurse, &s.of_clinic("on-duty")).await.expect(200);
    s.get(&s.nurse, &s.of_clinic("on-duty/log")).await.expect(404);
    let theirs = json!({"client_id": Uuid::new_v4(), "account": s.nurse.id, "until": until(1)});
    s.call(&s.nurse, "PUT", &s.of_clinic("on-duty"), theirs).await.expect(403);
    s.get(&s.nurse, &format!("/facilities/{}/on-duty/log", Uuid::new_v4())).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_telephone_is_shown_changed_and_taken_back() {
    let s = Scene::new().await;
    assert_eq!(s.get(&s.nurse, "/me/shown-phone").await.expect(200).json()["phone"], "");
    for phone in ["０９０－０００００００１", "090-0000-0000", ""] {
        let shown =
            s.call(&s.nurse, "PUT", "/me/shown-phone", json!({"phone": phone})).await.expect(200).json();
        let kept = s.get(&s.nurse, "/me/shown-phone").await.expect(200).json();
        assert_eq!(shown, kept);
    }
    s.call(&s.nurse, "PUT", "/me/shown-phone", json!({"phone": "でんわ"})).await.expect(422);
    assert_eq!(s.get(&s.doctor, "/me/shown-phone").await.expect(200).json()["phone"], "");
}

#[tokio::test(flavor = "multi_thread")]
async fn how_often_people_were_rung_is_counted_by_week_for_the_admin() {
    let s = Scene::new().await;
    let rung = "INSERT INTO care.interruption (id, account_id, facility_id, at, quiet, urgent) SELECT gen_random_uuid(), $1, $2, now(), n = 1, n < 3 FROM generate_series(1, 3) n";
    s.w.superuser().await.execute(rung, &[&s.doctor.id, &s.clinic.id]).await.expect("three times");
    let week = s.get(&s.admin, &s.of_clinic("interruptions")).await.expect(200).json();
    let first = &week["items"][0];
    assert_eq!((&first["id"], &first["rung"]), (&json!(s.doctor.id), &json!(3)));
    assert_eq!(
        (&first["quiet"], &first["urgent"], &first["mail_refused"]),
        (&json!(1), &json!(2), &json!(false))
    );
    assert_eq!(week["items"].as_array().map(Vec::len), Some(2), "the whole staff");
    let before =
        s.get(&s.admin, &s.of_clinic(&format!("interruptions?week={}", day(-7)))).await.expect(200).json();
    assert_eq!(before["items"][0]["rung"], 0);
    assert!(before["week"].as_str() < week["week"].as_str());
    assert_eq!(s.logged(&s.admin, "viewed_interruptions", "done").await, 2);
    s.get(&s.admin, &s.of_clinic("interruptions?week=now")).await.expect_code(400, "unreadable_query");
    s.get(&s.doctor, &s.of_clinic("interruptions")).await.expect_code(403, "facility_admin_only");
    assert_eq!(s.logged(&s.doctor, "viewed_interruptions", "refused").await, 1);
    s.get(&s.nurse, &s.of_clinic("interruptions")).await.expect(404);
    s.get(&s.admin, &format!("/facilities/{}/interruptions", s.station.id)).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_facility_s_quiet_hours_are_set_by_its_admin_and_hold_for_the_staff() {
    let s = Scene::new().await;
    s.stepped_up(&s.admin, "0 seconds").await;
    let none = json!([null, null, null, null, null, null, null]);
    let path = s.of_clinic("quiet-hours");
    assert_eq!(s.get(&s.admin, &path).await.expect(200).json()["quiet_hours"], none);
    let mut nights = none.clone();
    nights[0] = json!({"from": "20:00", "to": "07:00"});
    let set = s.call(&s.admin, "PUT", &path, json!({"quiet_hours": nights})).await.expect(200).json();
    assert_eq!(set, s.get(&s.admin, &path).await.expect(200).json());
    assert_eq!(set["quiet_hours"], nights);
    let own = s.get(&s.doctor, "/me/notification-settings").await.expect(200).json();
    assert_eq!((&own["quiet_hours"], &own["facility_quiet_hours"]), (&Value::Null, &nights));
    assert_eq!(s.logged(&s.admin, "changed_facility_quiet", "done").await, 1);
    for (wrong, status) in [(json!([null]), 422), (json!([{"from": "20:00", "to": "", "on": 1}]), 400)] {
        s.call(&s.admin, "PUT", &path, json!({"quiet_hours": wrong})).await.expect(status);
    }
    let mut open = none.clone();
    open[6] = json!({"from": "夜", "to": "07:00"});
    s.call(&s.admin, "PUT", &path, json!({"quiet_hours": open})).await.expect(422);
    assert_eq!(s.get(&s.admin, &path).await.expect(200).json()["quiet_hours"], nights, "nothing changed");
    s.stepped_up(&s.admin, "1 day").await;
    let late = s.call(&s.admin, "PUT", &path, json!({"quiet_hours": none})).await;
    late.expect_code(403, "step_up_required");
    for (outsider, status) in [(&s.doctor, 403), (&s.nurse, 404)] {
        s.get(outsider, &path).await.expect(status);
        s.call(outsider, "PUT", &path, json!({"quiet_hours": none})).await.expect(status);
    }
    assert_eq!(s.logged(&s.doctor, "changed_facility_quiet", "refused").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn partner_institutions_are_counted_for_a_patient_and_for_a_facility() {
    let s = Scene::new().await;
    s.w.as_(&s.doctor).post(s.group, "往診しました").await.expect(201);
    let path = s.of_group("partners");
    let before = s.get(&s.nurse, &path).await.expect(200).json();
    assert_eq!(
        before["within_90_days"],
        json!({"facilities": 1, "by_kind": {"clinic": 1}}),
        "not the own one"
    );
    for _ in 0..2 {
        s.w.as_(&s.nurse).post(s.group, "訪問しました").await.expect(201);
    }
    let of_group = s.get(&s.doctor, &path).await.expect(200).json();
    assert_eq!(
        of_group["within_180_days"],
        json!({"facilities": 1, "by_kind": {"visiting_nurse_station": 1}})
    );
    let station =
        of_group["items"].as_array().expect("items").iter().find(|i| i["id"] == json!(s.station.id));
    let station = station.expect("the station is a partner");
    assert_eq!(
        (&station["posts_within_90_days"], &station["people"][0]["id"]),
        (&json!(2), &json!(s.nurse.id))
    );
    let of_clinic = s.get(&s.admin, &s.of_clinic("partners")).await.expect(200).json();
    assert_eq!(
        (&of_clinic["items"][0]["id"], &of_clinic["items"][0]["patients"]),
        (&json!(s.station.id), &json!(1))
    );
    assert_eq!(of_clinic["within_90_days"]["facilities"], 1);
    assert_eq!(s.logged(&s.admin, "viewed_partners", "done").await, 1);
    for outsider in [&s.stranger, &s.admin] {
        s.get(outsider, &path).await.expect(404);
        assert_eq!(s.logged(outsider, "viewed_partners", "refused").await, 1);
    }
    s.get(&s.doctor, &s.of_clinic("partners")).await.expect(403);
    s.get(&s.nurse, &s.of_clinic("partners")).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_reads_and_writes_what_its_scope_says_and_no_administration() {
    let s = Scene::new().await;
    let (reads, posts) = (s.token(&s.nurse, "read").await, s.token(&s.nurse, "post").await);
    let by = async |token: &str, method: &str, path: &str, body: Value| {
        s.w.with_token(token).call(method, &format!("/api/v1{path}"), body).await
    };
    for path in
        ["/digest".to_owned(), s.of_clinic("on-duty"), format!("/patients/{}/reference-ranges", s.patient)]
    {
        by(&reads, "GET", &path, Value::Null).await.expect(200);
        by(&posts, "GET", &path, Value::Null).await.expect_code(403, "not_by_this_token");
    }
    let mark = json!({"client_id": Uuid::new_v4()});
    by(&posts, "POST", &s.of_group("visit-marks"), mark.clone()).await.expect(204);
    by(&reads, "POST", &s.of_group("visit-marks"), mark).await.expect_code(403, "not_by_this_token");
    let record = json!({"client_id": Uuid::new_v4(), "kind": "nursing", "date": day(0), "did": "処置", "plan_changed": false});
    by(&posts, "POST", &s.of_group("visit-records"), record.clone()).await.expect(201);
    by(&reads, "POST", &s.of_group("visit-records"), record).await.expect_code(403, "not_by_this_token");
    let admin = s.token(&s.admin, "both").await;
    by(&admin, "GET", "/digest", Value::Null).await.expect(200);
    for what in ["interruptions", "quiet-hours", "partners", "on-duty/log"] {
        s.get(&s.admin, &s.of_clinic(what)).await.expect(200);
        by(&admin, "GET", &s.of_clinic(what), Value::Null).await.expect_code(403, "not_by_this_token");
    }
}
