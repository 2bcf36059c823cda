//! Copies of pages for where there is no line: who may keep any, of what, for how long, and what is written of it.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{also_at, at_browser, devices, set_policy};
use crate::world::{Person, World};

struct Scene {
    w: World,
    clinic_admin: Person,
    station_admin: Person,
    /// Of the station, at a browser of her own.
    nurse: Person,
    group: Uuid,
    patient: Uuid,
}

fn lets_copies(hours: i64) -> Value {
    json!({"second_factor": "required", "managed_devices_only": false, "idle_minutes": 15, "copy_hours": hours})
}

/// A patient of the clinic, with a nurse of the station in the team.
async fn scene(clinic_hours: i64, station_hours: i64) -> Scene {
    let w = World::new().await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    let station = w.facility("visiting_nurse_station", "試験訪問看護").await;
    let clinic_admin = w.admin(clinic, "isha", "doctor").await;
    let station_admin = w.admin(station, "shocho", "nurse").await;
    let nurse = w.staff(station, "kango", "nurse").await;
    let patient = w.patient(&clinic_admin, "試験 花子").await;
    let group = w.team(&clinic_admin, patient, &[&clinic_admin, &nurse]).await;
    let nurse = at_browser(&w, &nurse, "").await;
    set_policy(&w, &clinic_admin, lets_copies(clinic_hours)).await;
    set_policy(&w, &station_admin, lets_copies(station_hours)).await;
    Scene { w, clinic_admin, station_admin, nurse, group, patient }
}

impl Scene {
    async fn keep(&self, by: &Person, kept: bool, status: u16) -> Value {
        let answer =
            self.w.as_(by).call("PUT", "/api/v1/me/copies", json!({"kept": kept})).await.expect(status);
        if status == 204 { Value::Null } else { answer.json() }
    }

    async fn may(&self, by: &Person) -> Value {
        self.w.as_(by).get("/api/v1/me/copies").await.expect(200).json()
    }

    /// What the page says of its own copy.
    async fn offered(&self, by: &Person, path: &str) -> Option<i64> {
        let page = self.w.as_(by).get(path).await.expect(200).text();
        let (_, rest) = page.split_once("data-copy-hours=\"")?;
        assert!(page.contains(&format!("data-copy-group=\"{}\"", self.group)), "{path}");
        rest.split_once('"')?.0.parse().ok()
    }

    fn pages(&self) -> [String; 3] {
        let (group, patient) = (self.group, self.patient);
        [
            format!("/groups/{group}"),
            format!("/groups/{group}/before-visit"),
            format!("/patients/{patient}/face-sheet"),
        ]
    }

    async fn written(&self, act: &str) -> Vec<(Option<Uuid>, Option<Uuid>)> {
        let sql = "SELECT group_id, patient_id FROM care.access_event WHERE act = $1 AND outcome = 'done' ORDER BY at";
        let rows = self.w.superuser().await.query(sql, &[&act]).await.expect("the log");
        rows.iter().map(|r| (r.get(0), r.get(1))).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_may_stay_where_both_facilities_and_the_person_want_it_and_that_is_written() {
    let s = scene(24, 8).await;
    for path in s.pages() {
        assert_eq!(s.offered(&s.nurse, &path).await, None, "{path}: she has not asked for it");
    }
    assert!(s.written("kept_copy").await.is_empty());
    // As for an export, who sits here is asked first.
    let stepped_up = |when: &str| format!("UPDATE sec.session SET stepped_up_at = {when}");
    s.w.superuser().await.execute(&stepped_up("now() - interval '1 hour'"), &[]).await.expect("long ago");
    assert_eq!(s.keep(&s.nurse, true, 403).await["code"], "step_up_required");
    s.w.superuser().await.execute(&stepped_up("now()"), &[]).await.expect("just now");
    s.keep(&s.nurse, true, 204).await;
    s.keep(&s.nurse, true, 204).await;
    for path in s.pages() {
        assert_eq!(s.offered(&s.nurse, &path).await, Some(8), "{path}: the shorter of two times");
    }
    let here = (Some(s.group), Some(s.patient));
    assert_eq!(s.written("kept_copy").await, [here; 3]);
    assert_eq!(s.written("began_copies").await.len(), 1, "the same again is nothing new");
    assert_eq!(
        s.may(&s.nurse).await,
        json!({"kept": true, "hours": 8, "groups": [{"group": s.group, "hours": 8}]})
    );
    // Other pages, older posts and what is fetched into a page are no copies.
    for path in [format!("/groups/{}?before=b1", s.group), format!("/groups/{}/members", s.group)] {
        assert_eq!(s.offered(&s.nurse, &path).await, None, "{path}");
    }
    // The device shows it to its person and to the admin.
    assert!(devices(&s.w, &s.station_admin).await.iter().any(|d| d["keeps_copies"] == true));
    let own = s.w.as_(&s.nurse).get("/menu/devices").await.expect(200).text();
    assert!(own.contains("控えを残す端末") && own.contains("控えをやめて、消す"), "{own}");
    // Another browser of hers keeps none.
    let other = at_browser(&s.w, &s.nurse, "").await;
    assert_eq!(s.offered(&other, &s.pages()[0]).await, None);
    assert_eq!(s.may(&other).await, json!({"kept": false, "hours": 8, "groups": []}));

    s.keep(&s.nurse, false, 204).await;
    assert_eq!(s.offered(&s.nurse, &s.pages()[0]).await, None);
    assert_eq!(s.written("ended_copies").await.len(), 1);
    assert_eq!(s.written("kept_copy").await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_facility_that_allows_none_is_enough() {
    for (clinic, station) in [(0, 24), (24, 0)] {
        let s = scene(24, 24).await;
        s.keep(&s.nurse, true, 204).await;
        assert_eq!(s.offered(&s.nurse, &s.pages()[0]).await, Some(24));
        set_policy(&s.w, &s.clinic_admin, lets_copies(clinic)).await;
        set_policy(&s.w, &s.station_admin, lets_copies(station)).await;
        for path in s.pages() {
            assert_eq!(s.offered(&s.nurse, &path).await, None, "{path} with {clinic} and {station}");
        }
        let left = s.may(&s.nurse).await;
        assert_eq!(left["groups"], json!([]), "what was kept has to go");
        // Whoever's facility allows none cannot begin.
        s.keep(&s.nurse, false, 204).await;
        if station == 0 {
            assert_eq!(s.keep(&s.nurse, true, 403).await["code"], "copies_not_allowed");
        } else {
            s.keep(&s.nurse, true, 204).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_leaves_the_team_keeps_nothing_and_a_token_never_does() {
    let s = scene(24, 24).await;
    s.keep(&s.nurse, true, 204).await;
    assert_eq!(s.may(&s.nurse).await["groups"].as_array().unwrap().len(), 1);
    // Acting for a facility for which she is no member here.
    let clinic = s.clinic_admin.facility;
    also_at(&s.w, &s.nurse, clinic, false).await;
    let act_for = async |facility: Uuid| {
        let facility = facility.to_string();
        s.w.as_(&s.nurse).form("/menu/acting-facility", &[("facility", &facility)]).await.expect(303);
    };
    act_for(clinic.id).await;
    assert_eq!(s.may(&s.nurse).await["groups"], json!([]));
    act_for(s.nurse.facility.id).await;
    assert_eq!(s.may(&s.nurse).await["groups"].as_array().unwrap().len(), 1);
    // Removed.
    let path = format!("/api/v1/groups/{}/members/{}", s.group, s.nurse.id);
    s.w.as_(&s.clinic_admin).call("DELETE", &path, json!({"client_id": Uuid::new_v4()})).await.expect(204);
    assert_eq!(s.may(&s.nurse).await["groups"], json!([]));
    s.w.as_(&s.nurse).get(&s.pages()[0]).await.expect(404);

    let made = json!({"client_id": Uuid::new_v4(), "name": "試験", "scope": "both", "days": 30});
    let token = s.w.as_(&s.nurse).call("POST", "/api/v1/me/tokens", made).await.expect(201).json();
    let token = token["token"].as_str().expect("a token").to_owned();
    let program = Person { token, ..s.nurse.clone() };
    s.w.as_(&program).get("/api/v1/groups").await.expect(200);
    assert_eq!(s.keep(&program, true, 403).await["code"], "not_by_this_token");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_read_without_a_line_is_written_for_copies_that_were_there() {
    let s = scene(24, 24).await;
    let other = s.w.group(&s.clinic_admin, &s.clinic_admin, "試験 太郎").await;
    s.keep(&s.nurse, true, 204).await;
    let tell = |groups: Vec<Uuid>| json!({"groups": groups});
    let path = "/api/v1/me/copies/readings";
    s.w.as_(&s.nurse).call("POST", path, tell(vec![s.group])).await.expect(204);
    assert!(s.written("read_copy").await.is_empty(), "no copy was made yet");
    assert_eq!(s.offered(&s.nurse, &s.pages()[0]).await, Some(24));
    s.w.as_(&s.nurse).call("POST", path, tell(vec![s.group, other, s.group])).await.expect(204);
    assert_eq!(s.written("read_copy").await, [(Some(s.group), Some(s.patient)); 2]);
    // Also when she was removed meanwhile: she has read it.
    let gone = format!("/api/v1/groups/{}/members/{}", s.group, s.nurse.id);
    s.w.as_(&s.clinic_admin).call("DELETE", &gone, json!({"client_id": Uuid::new_v4()})).await.expect(204);
    s.w.as_(&s.nurse).call("POST", path, tell(vec![s.group])).await.expect(204);
    assert_eq!(s.written("read_copy").await.len(), 3);
    // And when she acts for another facility by then.
    also_at(&s.w, &s.nurse, s.clinic_admin.facility, false).await;
    let clinic = s.clinic_admin.facility.id.to_string();
    s.w.as_(&s.nurse).form("/menu/acting-facility", &[("facility", &clinic)]).await.expect(303);
    s.w.as_(&s.nurse).call("POST", path, tell(vec![s.group])).await.expect(204);
    assert_eq!(s.written("read_copy").await.len(), 4);
    // Another device of hers never had it.
    let desk = at_browser(&s.w, &s.nurse, "").await;
    s.w.as_(&desk).call("POST", path, tell(vec![s.group])).await.expect(204);
    assert_eq!(s.written("read_copy").await.len(), 4);
    s.w.as_(&s.nurse).call("POST", path, tell(vec![s.group; 201])).await.expect_code(422, "invalid");
    // The admin of the facility that manages the patient reads it in words.
    let log = s.w.as_(&s.clinic_admin).get("/facility/access-log").await.expect(200).text();
    assert!(log.contains("つながらないあいだに開きました"), "{log}");
}
