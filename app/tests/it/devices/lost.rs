//! A lost device: everything of the person ends, both factors are asked for again, and the facilities are told.

use serde_json::json;
use uuid::Uuid;

use super::{also_at, at_browser, device, devices, sign_in, sign_in_by};
use crate::world::{Person, World, browser_on, device_of};

/// Signs in and ticks "remember this device".
async fn remembered(w: &World, person: &Person) -> Person {
    let at = at_browser(w, person, "").await;
    let remember =
        "UPDATE sec.device SET remembered_until = now() + interval '30 days' WHERE account_id = $1";
    w.superuser().await.execute(remember, &[&person.id]).await.expect("remembered");
    let again = sign_in_by(w, person, device_of(&at.token), None).await.expect(303);
    assert_eq!(again.headers["location"], "/", "no code is asked for");
    Person { token: browser_on(&again, device_of(&at.token)), ..person.clone() }
}

async fn losses(w: &World, facility: Uuid) -> i64 {
    let sql = "SELECT count(*) FROM care.device_loss WHERE facility_id = $1";
    w.superuser().await.query_one(sql, &[&facility]).await.expect("the reports").get(0)
}

async fn current(w: &World, person: &Person) -> Uuid {
    let list = w.as_(person).get("/api/v1/me/devices").await.expect(200).json();
    let this = list["items"].as_array().unwrap().iter().find(|d| d["current"] == true).expect("this one");
    this["id"].as_str().unwrap().parse().expect("an id")
}

#[tokio::test(flavor = "multi_thread")]
async fn from_another_device_one_ends_everything_and_starts_again_with_both_factors() {
    let w = World::new().await;
    let (clinic, station) = (
        w.facility("clinic", "試験クリニック").await,
        w.facility("visiting_nurse_station", "試験訪問看護").await,
    );
    let (admin, other) = (w.admin(clinic, "admin", "clerk").await, w.staff(clinic, "other", "nurse").await);
    let nurse = w.staff(clinic, "nurse", "nurse").await;
    also_at(&w, &nurse, station, false).await;
    let phone = remembered(&w, &nurse).await;
    w.as_(&phone).form("/menu/acting-facility", &[("facility", &station.id.to_string())]).await.expect(303);
    let pc = at_browser(&w, &nurse, "").await;
    // A colleague has signed in on the same phone.
    let guest = at_browser(&w, &other, device_of(&phone.token)).await;
    let lost = current(&w, &phone).await;
    w.as_(&other).call("POST", &format!("/api/v1/me/devices/{lost}/loss"), json!(null)).await.expect(404);
    w.as_(&phone).get("/api/v1/me").await.expect(200);

    let asked = w.as_(&pc).get(&format!("/menu/devices/{lost}/loss")).await.expect(200).text();
    assert!(asked.contains("すべての端末からすぐにサインアウト"), "{asked}");
    let done = w.as_(&pc).form(&format!("/menu/devices/{lost}/loss"), &[]).await.expect(303);
    assert_eq!(done.headers["location"], "/device-lost");
    assert!(w.nobody().get("/device-lost").await.expect(200).text().contains("電話会社に連絡"));
    for gone in [&phone, &pc, &guest] {
        w.as_(gone).get("/api/v1/me").await.expect(401);
    }
    w.as_(&other).get("/api/v1/me").await.expect(200);
    // The password alone is not enough any more, on whichever device.
    for device in [device_of(&phone.token), device_of(&pc.token)] {
        let half = super::post(
            &w,
            "/sign-in",
            &[("login_id", &nurse.login_id), ("password", crate::world::PASSWORD)],
            "",
            device,
            None,
        )
        .await;
        assert!(
            half.headers["location"].to_str().unwrap().starts_with("/sign-in/code"),
            "a code is asked for"
        );
    }
    let fresh = sign_in(&w, &nurse, device_of(&phone.token)).await.expect(303);
    assert!(
        browser_on(&fresh, "").split_once('~').unwrap().1 != device_of(&phone.token),
        "the found phone is another device"
    );
    // Both facilities for which it acted are told.
    assert_eq!((losses(&w, clinic.id).await, losses(&w, station.id).await), (1, 1));
    let page = w.as_(&admin).get("/facility/devices").await.expect(200).text();
    assert!(page.contains("端末の紛失 1") && page.contains("本人が届けました"), "{page}");
    let log =
        w.as_(&admin).get(&format!("/api/v1/facilities/{}/access-log", clinic.id)).await.expect(200).text();
    assert!(log.contains("lost_device"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_does_it_for_somebody_and_twice_is_once() {
    let w = World::new().await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    let (admin, nurse) = (w.admin(clinic, "admin", "clerk").await, w.staff(clinic, "nurse", "nurse").await);
    let phone = remembered(&w, &nurse).await;
    let list = devices(&w, &admin).await;
    let id = current(&w, &phone).await;
    assert!(list.iter().any(|d| d["id"] == id.to_string()));
    let asked = w.as_(&admin).get(&format!("/facility/devices/{id}/loss")).await.expect(200).text();
    assert!(asked.contains(&nurse.name), "{asked}");
    let path = format!("/api/v1/facilities/{}/devices/{id}/loss", clinic.id);
    let body = json!({"client_id": Uuid::new_v4()});
    let first = w.as_(&admin).call("POST", &path, body.clone()).await.expect(200).json();
    assert!(first["sessions_ended"].as_i64().unwrap() >= 1);
    assert_eq!(w.as_(&admin).call("POST", &path, body).await.expect(200).json(), first, "a retry");
    w.as_(&admin).call("POST", &path, json!({"client_id": Uuid::new_v4()})).await.expect(404);
    assert_eq!(losses(&w, clinic.id).await, 1);
    w.as_(&phone).get("/api/v1/me").await.expect(401);
    w.as_(&admin).get("/api/v1/me").await.expect(200);
    let _ = device;
}
