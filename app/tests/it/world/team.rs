//! Teams around a patient who is registered already, and what the access log says of the patient.

use serde_json::json;
use uuid::Uuid;

use super::{Facility, Person, World, id_of};

/// A clinic whose doctor hosts the group of its patient with a nurse of a station.
pub struct Clinic {
    pub clinic: Facility,
    pub station: Facility,
    pub admin: Person,
    pub doctor: Person,
    pub nurse: Person,
    pub patient: Uuid,
    pub group: Uuid,
}

impl World {
    pub async fn clinic(&self) -> Clinic {
        let clinic = self.facility("clinic", "試験クリニック").await;
        let station = self.facility("visiting_nurse_station", "試験訪問看護").await;
        let admin = self.admin(clinic, "kanri", "clerk").await;
        let doctor = self.staff(clinic, "shujii", "doctor").await;
        let nurse = self.staff(station, "houmon", "nurse").await;
        let patient = self.patient(&admin, "試験 太郎").await;
        let group = self.team(&admin, patient, &[&doctor, &nurse]).await;
        Clinic { clinic, station, admin, doctor, nurse, patient, group }
    }

    /// Opens the patient's group. The first member, of the managing facility, is its host and invites the others.
    pub async fn team(&self, admin: &Person, patient: Uuid, members: &[&Person]) -> Uuid {
        let host = members[0];
        let body =
            json!({"client_id": Uuid::new_v4(), "kind": "patient", "patient_id": patient, "host": host.id});
        let opened = self.as_(admin).call("POST", "/api/v1/groups", body).await.expect(201);
        let group = id_of(&opened.json());
        for member in &members[1..] {
            self.join(host, group, member).await;
        }
        group
    }

    pub async fn end_membership(&self, host: &Person, group: Uuid, person: &Person) {
        let path = format!("/api/v1/groups/{group}/members/{}", person.id);
        self.as_(host).call("DELETE", &path, json!(null)).await.expect(204);
    }

    pub async fn archive(&self, host: &Person, group: Uuid) {
        let body = json!({"client_id": Uuid::new_v4(), "archived": true, "reason": "訪問の終了"});
        self.as_(host).call("PUT", &format!("/api/v1/groups/{group}/archive"), body).await.expect(200);
    }

    /// Acts in the access log about this patient, oldest first: act and outcome.
    pub async fn log_of(&self, patient: Uuid) -> Vec<(String, String)> {
        let log = "SELECT act, outcome FROM care.access_event WHERE patient_id = $1 ORDER BY at";
        let rows = self.superuser().await.query(log, &[&patient]).await.expect("the log");
        rows.iter().map(|row| (row.get(0), row.get(1))).collect()
    }
}
