//! The policy: its versions, the stricter of two, the hours.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use serde_json::{Value, json};

use super::{also_at, at_browser, policy, set_policy, sign_in};
use crate::world::{PASSWORD, Person, World};

/// Hours, of which `now` is one or is not.
fn hours(open: bool) -> Value {
    let tokyo = TimeZone::get("Asia/Tokyo").expect("the zone");
    let at = |h: i64| {
        (Timestamp::now() + SignedDuration::from_hours(h))
            .to_zoned(tokyo.clone())
            .strftime("%H:%M")
            .to_string()
    };
    if open { json!({"from": at(-1), "to": at(1)}) } else { json!({"from": at(2), "to": at(4)}) }
}

async fn idle(w: &World, person: &Person) -> f64 {
    let sql = "SELECT extract(epoch FROM min(idle))::float8 FROM sec.session WHERE account_id = $1 AND state <> 'ended'";
    w.superuser().await.query_one(sql, &[&person.id]).await.expect("the session").get::<_, f64>(0) / 60.0
}

#[tokio::test(flavor = "multi_thread")]
async fn the_policy_has_versions_and_takes_nothing_else() {
    let w = World::new().await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    let (admin, nurse) = (w.admin(clinic, "admin", "clerk").await, w.staff(clinic, "nurse", "nurse").await);
    let path = format!("/api/v1/facilities/{}/sign-in-policy", clinic.id);
    let usual = w.as_(&admin).get(&path).await.expect(200).json();
    assert_eq!(
        (&usual["version"], &usual["second_factor"], &usual["idle_minutes"]),
        (&json!(0), &json!("required"), &json!(15))
    );
    let first = set_policy(&w, &admin, policy(false, 10, json!(null))).await;
    assert_eq!(
        (&first["version"], &first["idle_minutes"], &first["changed_by"]),
        (&json!(1), &json!(10), &json!(admin.id))
    );
    assert_eq!(
        set_policy(&w, &admin, policy(false, 10, json!(null))).await["version"],
        1,
        "the same again is no new version"
    );
    assert_eq!(set_policy(&w, &admin, policy(false, 10, hours(true))).await["version"], 2);

    // Mass assignment, and values that cannot be.
    for more in [
        json!({"version": 9}),
        json!({"changed_by": nurse.id}),
        json!({"facility_id": clinic.id}),
        json!({"at": "2020-01-01T00:00:00Z"}),
    ] {
        let mut body = policy(false, 20, json!(null));
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        w.as_(&admin).call("PUT", &path, body).await.expect(400);
    }
    for (wrong, field) in [
        (policy(false, 0, json!(null)), "idle_minutes"),
        (policy(false, 31, json!(null)), "idle_minutes"),
        (policy(false, 10, json!({"from": "8", "to": "9"})), "from"),
        (policy(false, 10, json!({"from": "08:00", "to": "08:00"})), "to"),
        (json!({"second_factor": "off", "managed_devices_only": false, "idle_minutes": 10}), "second_factor"),
    ] {
        let answer = w.as_(&admin).call("PUT", &path, wrong).await.expect_code(422, "invalid").json();
        assert_eq!(answer["errors"][0]["field"], field);
    }
    w.as_(&nurse).get(&path).await.expect(403);
    w.as_(&nurse).call("PUT", &path, policy(false, 20, json!(null))).await.expect(403);
    assert_eq!(w.as_(&admin).get(&path).await.expect(200).json()["version"], 2, "nothing of it was kept");
    // Every version stands, and nobody changes one.
    let superuser = w.superuser().await;
    assert!(superuser.execute("UPDATE care.sign_in_policy SET idle_minutes = 30", &[]).await.is_err());
    let shown = w.as_(&admin).get("/facility/sign-in-policy").await.expect(200).text();
    assert!(shown.contains("第2版") && shown.contains("第1版") && shown.contains(&admin.name), "{shown}");
    let kept = w
        .as_(&admin)
        .form(
            "/facility/sign-in-policy",
            &[("idle_minutes", "99"), ("from", ""), ("to", ""), ("copy_hours", "0")],
        )
        .await
        .expect(422)
        .text();
    assert!(kept.contains("1から30まで") && kept.contains("99"), "{kept}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_the_policy_wants_the_person_to_be_confirmed_just_now() {
    let w = World::new().await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    let admin = w.admin(clinic, "admin", "clerk").await;
    set_policy(&w, &admin, policy(false, 10, json!(null))).await;
    let long_ago = "UPDATE sec.session SET stepped_up_at = now() - interval '1 hour'";
    w.superuser().await.execute(long_ago, &[]).await.expect("the clock runs");
    let path = format!("/api/v1/facilities/{}/sign-in-policy", clinic.id);
    w.as_(&admin).call("PUT", &path, policy(false, 20, json!(null))).await.expect(403);
    assert_eq!(w.as_(&admin).get(&path).await.expect(200).json()["idle_minutes"], 10);
}

/// The stricter of two: minutes that each facility demands (none: it never said), and what holds.
#[tokio::test(flavor = "multi_thread")]
async fn of_two_facilities_the_stricter_holds_for_new_and_open_sessions() {
    for (one, two, holds) in [
        (None, None, 15.0),
        (Some(5), None, 5.0),
        (Some(30), None, 15.0),
        (Some(30), Some(20), 20.0),
        (Some(3), Some(20), 3.0),
        (Some(20), Some(3), 3.0),
    ] {
        let w = World::new().await;
        let (clinic, station) = (w.facility("clinic", "一").await, w.facility("clinic", "二").await);
        let (a, b) = (w.admin(clinic, "one", "clerk").await, w.admin(station, "two", "clerk").await);
        let nurse = w.staff(clinic, "nurse", "nurse").await;
        also_at(&w, &nurse, station, false).await;
        let open = at_browser(&w, &nurse, "").await;
        for (admin, minutes) in [(&a, one), (&b, two)] {
            if let Some(minutes) = minutes {
                set_policy(&w, admin, policy(false, minutes, json!(null))).await;
            }
        }
        w.as_(&open).get("/api/v1/me").await.expect(200);
        assert_eq!(idle(&w, &nurse).await, holds, "open sessions, {one:?} {two:?}");
        let end = "UPDATE sec.session SET state = 'ended' WHERE account_id = $1";
        w.superuser().await.execute(end, &[&nurse.id]).await.expect("all out");
        at_browser(&w, &nurse, "").await;
        assert_eq!(idle(&w, &nurse).await, holds, "a new session, {one:?} {two:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn outside_the_hours_nobody_comes_in_but_the_admin_and_open_sessions_end() {
    let w = World::new().await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    let (admin, nurse) = (w.admin(clinic, "admin", "clerk").await, w.staff(clinic, "nurse", "nurse").await);
    let body = |person: &Person| json!({"login_id": person.login_id, "password": PASSWORD, "totp": w.totp_now(person)});
    set_policy(&w, &admin, policy(false, 15, hours(true))).await;
    let open = at_browser(&w, &nurse, "").await;
    let now = Timestamp::now();
    let ended = |at| renkei::features::devices::acts::end_after_hours(&w.app, at);
    assert_eq!(ended(now).await.expect("a look"), 0, "within the hours nobody goes");
    w.as_(&open).get("/api/v1/me").await.expect(200);
    // The same look two hours later.
    assert!(ended(now + SignedDuration::from_hours(2)).await.expect("a look") >= 1);
    w.as_(&open).get("/api/v1/me").await.expect(401);
    w.as_(&admin).get("/api/v1/me").await.expect(200);

    set_policy(&w, &admin, policy(false, 15, hours(false))).await;
    let refused = sign_in(&w, &nurse, "").await.expect(403).text();
    assert!(refused.contains("サインインできるのは") && refused.contains('〜'), "{refused}");
    w.superuser()
        .await
        .execute("UPDATE sec.credential SET totp_last_step = 0", &[])
        .await
        .expect("fresh codes");
    w.nobody().call("POST", "/api/v1/session", body(&nurse)).await.expect_code(403, "outside_hours");
    w.nobody().call("POST", "/api/v1/session", body(&admin)).await.expect(200);
    sign_in(&w, &admin, "").await.expect(303);

    // Whoever works elsewhere too comes in for there, and is kept from switching.
    let station = w.facility("visiting_nurse_station", "試験訪問看護").await;
    also_at(&w, &nurse, station, false).await;
    let there = at_browser(&w, &nurse, "").await;
    assert_eq!(
        w.as_(&there).get("/api/v1/me").await.expect(200).json()["acting_facility"],
        station.id.to_string()
    );
    let to = clinic.id.to_string();
    let refused = w.as_(&there).form("/menu/acting-facility", &[("facility", &to)]).await.expect(403).text();
    assert!(refused.contains("サインインできるのは"), "{refused}");
    set_policy(&w, &admin, policy(false, 15, json!(null))).await;
    w.as_(&there).form("/menu/acting-facility", &[("facility", &to)]).await.expect(303);
}

#[tokio::test(flavor = "multi_thread")]
async fn new_hours_end_what_is_open_outside_of_them_at_once() {
    let w = World::new().await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    let (admin, nurse) = (w.admin(clinic, "admin", "clerk").await, w.staff(clinic, "nurse", "nurse").await);
    let open = at_browser(&w, &nurse, "").await;
    let closed = hours(false);
    let fields = [
        ("idle_minutes", "15"),
        ("from", closed["from"].as_str().unwrap()),
        ("to", closed["to"].as_str().unwrap()),
        ("copy_hours", "0"),
    ];
    let preview = w.as_(&admin).form("/facility/sign-in-policy", &fields).await.expect(200).text();
    assert!(
        preview.contains("まだ変わっていません")
            && preview.contains(&nurse.name)
            && preview.contains("時間の外"),
        "{preview}"
    );
    w.as_(&open).get("/api/v1/me").await.expect(200);
    let confirmed: Vec<_> = fields.into_iter().chain([("confirmed", "yes")]).collect();
    w.as_(&admin).form("/facility/sign-in-policy", &confirmed).await.expect(303);
    w.as_(&open).get("/api/v1/me").await.expect(401);
    w.as_(&admin).get("/api/v1/me").await.expect(200);
    // Whoever runs the deployment can let everybody in again.
    let relaxed = renkei::features::devices::acts::relax(&w.app, clinic.id).await.expect("relaxed");
    assert_eq!(relaxed, Some(2));
    sign_in(&w, &nurse, "").await.expect(303);
}
