//! Managed devices only: an unknown one waits, an approved one is in, a refused one is out.

use serde_json::json;

use super::{also_at, at_browser, device, devices, policy, set_policy, sign_in};
use crate::world::{PASSWORD, Person, World, browser, device_of};

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_device_waits_and_is_let_in_without_a_second_sign_in() {
    let w = World::new().await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    let admin = w.admin(clinic, "admin", "clerk").await;
    let nurse = w.staff(clinic, "nurse", "nurse").await;
    let (admin_pc, phone) = (at_browser(&w, &admin, "").await, at_browser(&w, &nurse, "").await);
    // It says first who would be signed out.
    let fields = [("managed", "on"), ("idle_minutes", "15"), ("from", ""), ("to", ""), ("copy_hours", "0")];
    let preview = w.as_(&admin_pc).form("/facility/sign-in-policy", &fields).await.expect(200).text();
    assert!(preview.contains(&nurse.name) && preview.contains("承認していない端末"), "{preview}");
    w.as_(&phone).get("/api/v1/me").await.expect(200);
    let set = set_policy(&w, &admin_pc, policy(true, 15, json!(null))).await;
    assert!(set["sessions_ended"].as_i64().unwrap() >= 1);
    w.as_(&phone).get("/api/v1/me").await.expect(401);
    w.as_(&admin_pc).get("/api/v1/me").await.expect(200);
    assert!(
        devices(&w, &admin_pc).await.iter().any(|d| d["current"] == true && d["state"] == "approved"),
        "the admin's own"
    );

    // Both factors right, from a device that nobody knows: nothing but waiting.
    let answer = sign_in(&w, &nurse, "").await.expect(303);
    assert_eq!(answer.headers["location"], "/device-waits");
    let waiting = Person { token: browser(&answer), ..nurse.clone() };
    let page = w.as_(&waiting).get("/device-waits").await.expect(200).text();
    assert!(page.contains("この端末は施設の承認を待っています") && page.contains("試験クリニック"), "{page}");
    for path in ["/", "/patients", "/menu", "/menu/devices", "/facility/devices"] {
        assert_eq!(
            w.as_(&waiting).get(path).await.expect(303).headers["location"],
            "/device-waits",
            "{path}"
        );
    }
    for path in ["/api/v1/me", "/api/v1/groups", "/api/v1/events", "/api/v1/me/devices"] {
        w.as_(&waiting).get(path).await.expect_code(403, "device_waits");
    }
    // Locking and unlocking lead nowhere else.
    w.as_(&waiting).form("/lock", &[]).await;
    w.as_(&waiting).form("/unlock", &[("password", PASSWORD)]).await;
    w.as_(&waiting).get("/api/v1/me").await.expect_code(403, "device_waits");

    let id = device(&w, &admin_pc, &nurse, "waiting").await;
    w.as_(&nurse).get(&format!("/api/v1/facilities/{}/devices", clinic.id)).await.expect(401);
    let path = format!("/api/v1/facilities/{}/devices/{id}/approval", clinic.id);
    w.as_(&admin_pc).call("POST", &path, json!({"decision": "approve", "state": "x"})).await.expect(400);
    w.as_(&admin_pc).call("POST", &path, json!({"decision": "approve"})).await.expect(204);
    w.as_(&waiting).get("/api/v1/me").await.expect(200);
    assert_eq!(w.as_(&waiting).get("/device-waits").await.expect(303).headers["location"], "/");
    // The same browser comes in again at once, and so does a colleague at it.
    let pc = device_of(&waiting.token).to_owned();
    w.as_(&at_browser(&w, &nurse, &pc).await).get("/api/v1/me").await.expect(200);
    let other = w.staff(clinic, "other", "nurse").await;
    w.as_(&at_browser(&w, &other, &pc).await).get("/api/v1/me").await.expect(200);
    // Refused: out, and the next sign-in waits again.
    w.as_(&admin_pc).call("POST", &path, json!({"decision": "refuse"})).await.expect(204);
    w.as_(&waiting).get("/api/v1/me").await.expect(401);
    assert_eq!(sign_in(&w, &nurse, &pc).await.expect(303).headers["location"], "/device-waits");
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_do_not_wait_and_whoever_sets_up_the_app_waits_behind_it() {
    let w = World::new().await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    let admin = w.admin(clinic, "admin", "clerk").await;
    let nurse = w.staff(clinic, "nurse", "nurse").await;
    let body = || json!({"login_id": nurse.login_id, "password": PASSWORD, "totp": w.totp_now(&nurse)});
    w.nobody().call("POST", "/api/v1/session", body()).await.expect(200);
    set_policy(&w, &admin, policy(true, 15, json!(null))).await;
    let superuser = w.superuser().await;
    superuser.execute("UPDATE sec.credential SET totp_last_step = 0", &[]).await.expect("fresh codes");
    w.nobody().call("POST", "/api/v1/session", body()).await.expect_code(403, "device_waits");
    let all = devices(&w, &admin).await;
    assert!(
        !all.iter().any(|d| d["state"] == "waiting" && d["signed_in"] == true),
        "nobody waits behind it: {all:?}"
    );

    // Without a second factor the enrolment comes first, and does not lead around the approval.
    let forget =
        "UPDATE sec.credential SET totp_secret = NULL, totp_confirmed_at = NULL WHERE account_id = $1";
    superuser.execute(forget, &[&nurse.id]).await.expect("no factor yet");
    let answer = sign_in(&w, &nurse, "").await.expect(303);
    assert_eq!(answer.headers["location"], "/enrol");
    let half = Person { token: browser(&answer), ..nurse.clone() };
    let done = "UPDATE sec.session SET state = 'active' WHERE account_id = $1 AND state = 'enrolling'";
    assert_eq!(superuser.execute(done, &[&nurse.id]).await.expect("as enrolling ends"), 1);
    w.as_(&half).get("/api/v1/me").await.expect_code(403, "device_waits");
}

#[tokio::test(flavor = "multi_thread")]
async fn switching_to_a_facility_that_manages_its_devices_asks_for_its_approval() {
    let w = World::new().await;
    let (clinic, station) = (
        w.facility("clinic", "試験クリニック").await,
        w.facility("visiting_nurse_station", "試験訪問看護").await,
    );
    let (admin, there) = (w.admin(clinic, "admin", "clerk").await, w.admin(station, "kango", "nurse").await);
    let nurse = w.staff(clinic, "nurse", "nurse").await;
    also_at(&w, &nurse, station, false).await;
    let at = at_browser(&w, &nurse, "").await;
    let to = station.id.to_string();
    w.as_(&at).form("/menu/acting-facility", &[("facility", &to)]).await.expect(303);
    w.as_(&at).form("/menu/acting-facility", &[("facility", &clinic.id.to_string())]).await.expect(303);
    set_policy(&w, &there, policy(true, 15, json!(null))).await;
    let refused = w.as_(&at).form("/menu/acting-facility", &[("facility", &to)]).await.expect(403).text();
    assert!(refused.contains("承認した端末だけ"), "{refused}");
    w.as_(&at).get("/api/v1/me").await.expect(200);
    let id = device(&w, &there, &nurse, "waiting").await;
    // Signing in chooses the facility that takes the device.
    let again = at_browser(&w, &nurse, device_of(&at.token)).await;
    assert_eq!(
        w.as_(&again).get("/api/v1/me").await.expect(200).json()["acting_facility"],
        clinic.id.to_string()
    );
    let path = format!("/api/v1/facilities/{}/devices/{id}/approval", station.id);
    w.as_(&there).call("POST", &path, json!({"decision": "approve"})).await.expect(204);
    w.as_(&again).form("/menu/acting-facility", &[("facility", &to)]).await.expect(303);
    let _ = admin;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_sees_and_ends_what_acts_for_the_own_facility_alone() {
    let w = World::new().await;
    let (clinic, station) = (
        w.facility("clinic", "試験クリニック").await,
        w.facility("visiting_nurse_station", "試験訪問看護").await,
    );
    let (a, b) = (w.admin(clinic, "admin", "clerk").await, w.admin(station, "kango", "nurse").await);
    let (mine, theirs) = (w.staff(clinic, "mine", "nurse").await, w.staff(station, "theirs", "nurse").await);
    let both = w.staff(clinic, "both", "nurse").await;
    also_at(&w, &both, station, false).await;
    let (own, other) = (at_browser(&w, &mine, "").await, at_browser(&w, &theirs, "").await);
    let foreign = device(&w, &b, &theirs, "seen").await;
    let known = devices(&w, &a).await;
    assert!(known.iter().any(|d| d["account"]["id"] == mine.id.to_string()));
    assert!(!known.iter().any(|d| d["account"]["id"] == theirs.id.to_string()), "{known:?}");
    let at = |facility: uuid::Uuid, device: uuid::Uuid, more: &str| {
        format!("/api/v1/facilities/{facility}/devices/{device}{more}")
    };
    for (method, more, body) in [
        ("DELETE", "", json!(null)),
        ("POST", "/approval", json!({"decision": "refuse"})),
        ("PUT", "/owner", json!({"owner": "facility"})),
        ("POST", "/loss", json!({"client_id": uuid::Uuid::new_v4()})),
    ] {
        w.as_(&a).call(method, &at(clinic.id, foreign, more), body.clone()).await.expect(404);
        w.as_(&a).call(method, &at(station.id, foreign, more), body.clone()).await.expect(404);
        w.as_(&own).call(method, &at(clinic.id, foreign, more), body).await.expect(403);
    }
    w.as_(&a).get(&format!("/api/v1/facilities/{}/devices", station.id)).await.expect(404);
    w.as_(&other).get("/api/v1/me").await.expect(200);
    // Somebody of both: what acts for the other facility goes on.
    let here = at_browser(&w, &both, "").await;
    let tablet = at_browser(&w, &both, "").await;
    w.as_(&tablet).form("/menu/acting-facility", &[("facility", &station.id.to_string())]).await.expect(303);
    for d in devices(&w, &a).await.iter().filter(|d| d["account"]["id"] == both.id.to_string()) {
        let id = d["id"].as_str().unwrap().parse().unwrap();
        w.as_(&a).call("DELETE", &at(clinic.id, id, ""), json!(null)).await.expect(204);
    }
    w.as_(&here).get("/api/v1/me").await.expect(401);
    w.as_(&tablet).get("/api/v1/me").await.expect(200);
    // The registry names the owner, and is saved as a table.
    let id = device(&w, &a, &mine, "seen").await;
    w.as_(&a).call("PUT", &at(clinic.id, id, "/owner"), json!({"owner": "facility"})).await.expect(204);
    let table = w.as_(&a).get("/facility/devices.csv").await.expect(200).text();
    assert!(
        table.contains("施設の端末") && table.contains(&mine.name) && !table.contains(&theirs.name),
        "{table}"
    );
    assert!(w.as_(&a).get("/facility/devices").await.expect(200).text().contains(&mine.name));
    w.as_(&own).get("/facility/devices").await.expect(403);
}
