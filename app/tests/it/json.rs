//! What the pages of everyday care can do, by JSON: the same acts, the same refusals, the same lines in the access log.

mod by_token;
mod facility;
mod values;
mod visiting;
mod wounds;

use jiff::ToSpan;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::world::{Answer, Facility, Person, World, id_of};

/// A clinic with its admin and the doctor who hosts; a nurse of a station, and a colleague of hers who is in no group.
struct Scene {
    w: World,
    clinic: Facility,
    station: Facility,
    admin: Person,
    doctor: Person,
    nurse: Person,
    stranger: Person,
    patient: Uuid,
    group: Uuid,
}

impl Scene {
    async fn new() -> Self {
        let w = World::new().await;
        let clinic = w.facility("clinic", "試験クリニック").await;
        let station = w.facility("visiting_nurse_station", "試験訪問看護").await;
        let admin = w.admin(clinic, "kanri", "clerk").await;
        let doctor = w.staff(clinic, "shujii", "doctor").await;
        let nurse = w.staff(station, "kango", "nurse").await;
        let stranger = w.staff(station, "tanin", "nurse").await;
        let patient = w.patient(&admin, "試験 太郎").await;
        let group = w.team(&admin, patient, &[&doctor, &nurse]).await;
        Self { w, clinic, station, admin, doctor, nurse, stranger, patient, group }
    }

    async fn get(&self, who: &Person, path: &str) -> Answer {
        self.w.as_(who).get(&format!("/api/v1{path}")).await
    }

    async fn call(&self, who: &Person, method: &str, path: &str, body: Value) -> Answer {
        self.w.as_(who).call(method, &format!("/api/v1{path}"), body).await
    }

    fn of_group(&self, what: &str) -> String {
        format!("/groups/{}/{what}", self.group)
    }

    fn of_clinic(&self, what: &str) -> String {
        format!("/facilities/{}/{what}", self.clinic.id)
    }

    /// The session has shown again who it is, or did so too long ago.
    async fn stepped_up(&self, person: &Person, how: &str) {
        let sql = format!(
            "UPDATE sec.session SET stepped_up_at = now() - interval '{how}' WHERE account_id = $1 AND state = 'active'"
        );
        self.w.superuser().await.execute(&sql, &[&person.id]).await.expect("a session");
    }

    /// A personal access token.
    async fn token(&self, person: &Person, scope: &str) -> String {
        self.stepped_up(person, "0 seconds").await;
        let body = json!({"client_id": Uuid::new_v4(), "name": "試験", "scope": scope, "days": 1});
        let made = self.call(person, "POST", "/me/tokens", body).await.expect(201).json();
        made["token"].as_str().expect("shown this once").to_owned()
    }

    async fn logged(&self, who: &Person, act: &str, outcome: &str) -> i64 {
        let sql =
            "SELECT count(*) FROM care.access_event WHERE account_id = $1 AND act = $2 AND outcome = $3";
        let row = self.w.superuser().await.query_one(sql, &[&who.id, &act, &outcome]).await;
        row.expect("a count").get(0)
    }
}

fn day(from_today: i32) -> String {
    let today = jiff::Timestamp::now().to_zoned(renkei::japan::zone()).date();
    today.checked_add(from_today.days()).expect("a day").to_string()
}

fn with(mut body: Value, more: Value) -> Value {
    body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    body
}
