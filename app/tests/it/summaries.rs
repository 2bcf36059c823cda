//! The summary card: a section of the face sheet, with its history and who has read it.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::world::{Answer, Person, World};

struct Scene {
    w: World,
    nurse: Person,
    pharmacist: Person,
    stranger: Person,
    patient: Uuid,
}

async fn scene() -> Scene {
    let w = World::new().await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    let pharmacy = w.facility("pharmacy", "試験薬局").await;
    let admin = w.admin(clinic, "doctor", "doctor").await;
    let nurse = w.staff(clinic, "nurse", "nurse").await;
    let pharmacist = w.staff(pharmacy, "pharmacist", "pharmacist").await;
    let stranger = w.admin(pharmacy, "stranger", "pharmacist").await;
    let patient = w.patient(&admin, "試験 太郎").await;
    w.team(&admin, patient, &[&nurse, &pharmacist]).await;
    Scene { w, nurse, pharmacist, stranger, patient }
}

impl Scene {
    fn path(&self) -> String {
        format!("/api/v1/patients/{}/summary", self.patient)
    }

    async fn put(&self, who: &Person, seen: i64, fields: Value) -> Answer {
        let body = json!({"client_id": Uuid::new_v4(), "fields": fields, "reason": "カンファレンス"});
        let tag = format!("\"{seen}\"");
        self.w.as_(who).call_with("PUT", &self.path(), body, &[("if-match", &tag)]).await
    }

    async fn read(&self, who: &Person, version: i64) -> Answer {
        self.w.as_(who).call("PUT", &format!("{}/read", self.path()), json!({"version": version})).await
    }

    /// Who has read the card as it stands.
    async fn readers(&self) -> Vec<Uuid> {
        let card = self.w.as_(&self.nurse).get(&self.path()).await.expect(200).json();
        let all = card["read_by"].as_array().expect("readers").iter();
        all.filter(|r| !r["read_at"].is_null())
            .map(|r| r["id"].as_str().and_then(|t| t.parse().ok()).expect("an id"))
            .collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_is_saved_over_the_sheet_and_everybody_says_that_they_have_read_it() {
    let s = scene().await;
    let card = s
        .put(&s.nurse, 1, json!({"currentState": "退院して2週間", "goals": "庭まで歩く"}))
        .await
        .expect(200)
        .json();
    assert_eq!((&card["version"], &card["changed_in"]), (&json!(2), &json!(2)));
    assert_eq!(s.readers().await, [s.nurse.id], "who wrote it has read it");
    s.read(&s.pharmacist, 2).await.expect(204);
    s.read(&s.pharmacist, 2).await.expect(204);
    assert_eq!(s.readers().await.len(), 2);
    let sql = "SELECT count(*) FROM care.receipt r JOIN care.stream s ON s.id = r.target_stream WHERE s.patient_id = $1 AND r.kind = 'read'";
    let written: i64 = s.w.superuser().await.query_one(sql, &[&s.patient]).await.expect("counted").get(0);
    assert_eq!(written, 1, "again writes nothing");

    // Another section changes the sheet, not the card: who has read it has read it.
    let sheet = format!("/api/v1/patients/{}/face-sheet", s.patient);
    let fields =
        json!({"name": "試験 太郎", "currentState": "退院して2週間", "goals": "庭まで歩く", "diet": "並"});
    let body = json!({"client_id": Uuid::new_v4(), "fields": fields, "reason": "x"});
    s.w.as_(&s.nurse).call_with("PUT", &sheet, body, &[("if-match", "\"2\"")]).await.expect(200);
    assert_eq!(s.readers().await.len(), 2);
    // A new card is read by nobody but its writer, and the rest of the sheet stays.
    s.put(&s.pharmacist, 3, json!({"currentState": "熱が続く", "cautions": "脱水"})).await.expect(200);
    assert_eq!(s.readers().await, [s.pharmacist.id]);
    let now = s.w.as_(&s.nurse).get(&sheet).await.expect(200).json();
    assert_eq!(now["fields"]["diet"], "並");
    assert!(now["fields"].get("goals").is_none(), "what is left out is emptied");

    let past = s.w.as_(&s.nurse).get(&format!("{}/versions", s.path())).await.expect(200).json();
    let numbers: Vec<_> =
        past["items"].as_array().unwrap().iter().map(|v| v["version"].as_i64().unwrap()).collect();
    assert_eq!(numbers, [4, 2]);
    let page =
        s.w.as_(&s.pharmacist).get(&format!("/patients/{}/summary", s.patient)).await.expect(200).text();
    for words in ["熱が続く", "いまの版を読みました", "庭まで歩く", "まだ"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let form = [("version", "4")];
    s.w.as_(&s.nurse).form(&format!("/patients/{}/summary/read", s.patient), &form).await.expect(303);
    assert_eq!(s.readers().await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_of_two_savers_sees_both_texts_and_strangers_see_nothing() {
    let s = scene().await;
    s.put(&s.nurse, 1, json!({"goals": "庭まで歩く"})).await.expect(200);
    let clash =
        s.put(&s.pharmacist, 1, json!({"goals": "階段を上る"})).await.expect_code(412, "stale").json();
    assert_eq!(
        (&clash["mine"]["goals"], &clash["theirs"]["goals"]),
        (&json!("階段を上る"), &json!("庭まで歩く"))
    );
    let body = json!({"fields": {}, "reason": "x"});
    s.w.as_(&s.nurse).call("PUT", &s.path(), body).await.expect(428);
    s.put(&s.nurse, 2, json!({"diet": "並"})).await.expect(422);
    s.read(&s.nurse, 99).await.expect(422);

    s.read(&s.nurse, 2).await.expect(204);
    s.read(&s.stranger, 2).await.expect_code(404, "not_found");
    s.w.as_(&s.stranger).get(&s.path()).await.expect(404);
    s.w.as_(&s.stranger).get(&format!("/patients/{}/summary", s.patient)).await.expect(404);
    s.put(&s.stranger, 2, json!({"goals": "x"})).await.expect(404);
    let seen = s.w.log_of(s.patient).await;
    assert!(seen.iter().any(|(act, outcome)| act == "viewed_summary" && outcome == "refused"), "{seen:?}");
}
