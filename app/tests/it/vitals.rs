//! Vital signs through the router, on a real database.

mod api;
mod pages;

use renkei::cli::verify;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::world::{Person, World, id_of};

/// A doctor (admin and host), a nurse of another facility, the managing facility's other admin, and a stranger.
struct Team {
    w: World,
    doctor: Person,
    nurse: Person,
    clerk: Person,
    stranger: Person,
    patient: Uuid,
    group: Uuid,
}

impl Team {
    async fn new() -> Self {
        let w = World::new().await;
        let clinic = w.facility("clinic", "試験クリニック").await;
        let station = w.facility("visiting_nurse_station", "試験訪問看護").await;
        let doctor = w.admin(clinic, "doctor", "doctor").await;
        let clerk = w.admin(clinic, "clerk", "clerk").await;
        let nurse = w.staff(station, "kango", "nurse").await;
        let stranger = w.staff(station, "yoso", "nurse").await;
        let patient = w.patient(&doctor, "試験 太郎").await;
        let group = w.team(&doctor, patient, &[&doctor, &nurse]).await;
        Self { w, doctor, nurse, clerk, stranger, patient, group }
    }

    fn path(&self) -> String {
        format!("/api/v1/patients/{}/observations", self.patient)
    }

    async fn send(&self, who: &Person, body: Value) -> crate::world::Answer {
        self.w.as_(who).call("POST", &self.path(), body).await
    }

    async fn record(&self, who: &Person, body: Value) -> Value {
        self.send(who, body).await.expect(201).json()
    }

    async fn list(&self, who: &Person, query: &str) -> Vec<Value> {
        let path = format!("{}?{query}", self.path());
        self.w.as_(who).get(&path).await.expect(200).json()["items"].as_array().expect("items").clone()
    }

    /// Everything in the deployment still verifies, with so many records of observations.
    async fn holds(&self, records: i64) {
        let access = crate::world::cluster().await.config("renkei_verify", &self.w.database);
        let report = verify::check(&access, &self.w.app.config, None).await.expect("it runs");
        assert_eq!(report.bad, Vec::<String>::new());
        assert_eq!(self.count("SELECT count(*) FROM care.observation").await, records);
    }

    async fn count(&self, sql: &str) -> i64 {
        self.w.superuser().await.query_one(sql, &[]).await.expect("an answer").get(0)
    }

    async fn range(&self, who: &Person, code: &str, low: Value, high: Value) -> crate::world::Answer {
        let body = json!({"client_id": Uuid::new_v4(), "code": code, "low": low, "high": high, "reason": "感染をくり返すため"});
        self.w
            .as_(who)
            .call("PUT", &format!("/api/v1/patients/{}/reference-ranges", self.patient), body)
            .await
    }

    /// A post of the team timeline.
    async fn post(&self, who: &Person, text: &str) -> Uuid {
        id_of(&self.w.as_(who).post(self.group, text).await.expect(201).json())
    }

    async fn timeline(&self, who: &Person) -> String {
        self.w.as_(who).get(&format!("/groups/{}", self.group)).await.expect(200).text()
    }
}

fn temperature(value: f64, at: &str) -> Value {
    json!({"client_id": Uuid::new_v4(), "code": "8310-5", "value": value, "unit": "Cel", "measured_at": at})
}
