//! What a personal access token adds to a record, and what it may not.

use super::*;

impl Scene {
    async fn by(&self, token: &str, method: &str, path: &str, body: Value) -> Answer {
        self.w.with_token(token).call(method, &format!("/api/v1{path}"), body).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_writing_token_plans_changes_and_takes_as_its_owner_does_and_a_reading_one_nothing() {
    let s = Scene::new().await;
    let (reads, posts) = (s.token(&s.nurse, "read").await, s.token(&s.nurse, "post").await);
    let strangers = s.token(&s.stranger, "post").await;
    let said = json!({"client_id": Uuid::new_v4(), "body": "体温 36.5"});
    let post = id_of(&s.by(&posts, "POST", &s.of_group("posts"), said).await.expect(201).json());
    let offer = s.get(&s.nurse, &format!("/posts/{post}/observations")).await.expect(200).json();
    let visit = json!({"client_id": Uuid::new_v4(), "kind": "nursing", "date": day(2), "start": "10:00", "end": "10:30"});
    let task = json!({"client_id": Uuid::new_v4(), "due_date": day(1)});
    let take = json!({"seen": offer["offered"]["seen"], "take": [0]});
    let list = json!({"client_id": Uuid::new_v4(), "csv": "日時,脈拍\n2026-01-01 08:00,72\n", "take": "all_or_nothing"});
    let patient = format!("/patients/{}/observations", s.patient);
    for (path, body, status) in [
        (s.of_group("visits"), visit, 201),
        (format!("/posts/{post}/tasks"), task, 201),
        (format!("/posts/{post}/observations"), take, 201),
        (format!("{patient}/import"), list, 200),
    ] {
        s.by(&reads, "POST", &path, body.clone()).await.expect_code(403, "not_by_this_token");
        s.by(&strangers, "POST", &path, body.clone()).await.expect(404);
        s.by(&posts, "POST", &path, body).await.expect(status);
    }
    // What was made is the owner's, and is changed like that of a session.
    let visits = s.get(&s.doctor, &s.of_group("visits")).await.expect(200).json();
    let visit = s
        .get(&s.nurse, &format!("/visits/{}", visits["items"][0]["visit_id"].as_str().expect("an id")))
        .await;
    let visit = visit.expect(200).json();
    assert_eq!(visit["facility_id"], json!(s.station.id));
    let tasks = s.get(&s.nurse, "/tasks").await.expect(200).json();
    assert_eq!(tasks["items"][0]["made_by"]["id"], json!(s.nurse.id));
    let done = json!({"client_id": Uuid::new_v4(), "state": "done", "text": "済みました"});
    let path = format!("/tasks/{}", tasks["items"][0]["id"].as_str().expect("an id"));
    s.by(&reads, "PUT", &path, done.clone()).await.expect_code(403, "not_by_this_token");
    s.by(&posts, "PUT", &path, done).await.expect(200);
    let observed = s.get(&s.doctor, &patient).await.expect(200).json();
    assert_eq!(observed["items"].as_array().expect("items").len(), 2);
    let wrong = observed["items"][0]["id"].as_str().expect("an id");
    let body = json!({"client_id": Uuid::new_v4(), "reason": "試験"});
    // What stands is taken back by people: a host's program could take back what others measured.
    let withdrawal = format!("{patient}/{wrong}/withdrawal");
    s.by(&posts, "POST", &withdrawal, body.clone()).await.expect_code(403, "not_by_this_token");
    s.call(&s.nurse, "POST", &withdrawal, body).await.expect(201);
    // What a person says of herself is not a program's to say.
    let acknowledged = format!("/posts/{post}/acknowledgement");
    s.call(&s.doctor, "PUT", &acknowledged, Value::Null).await.expect(204);
    let doctors = s.token(&s.doctor, "both").await;
    s.by(&doctors, "PUT", &acknowledged, Value::Null).await.expect_code(403, "not_by_this_token");
}
