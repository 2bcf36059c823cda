//! Bad input gets a clear message in the person's words, and changes nothing.

use axum::body::Body;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::world::World;

async fn count(w: &World, group: Uuid) -> i64 {
    let sql = "SELECT count(*) FROM care.post WHERE group_id = $1";
    w.superuser().await.query_one(sql, &[&group]).await.expect("a count").get(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_a_post_is_refused_in_words_and_changes_nothing() {
    let w = World::new().await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    let doctor = w.admin(clinic, "doctor", "doctor").await;
    let group = w.group(&doctor, &doctor, "試験 太郎").await;
    let path = format!("/api/v1/groups/{group}/posts");
    let body = |text: &str| json!({"client_id": Uuid::new_v4(), "body": text});
    w.as_(&doctor).call("POST", &path, body("ふつうの文")).await.expect(201);

    let long = "あ".repeat(8_001);
    for (text, code) in [
        ("", "empty"),
        (" \n ", "empty"),
        (long.as_str(), "too_long"),
        ("a\u{0}b", "characters"),
        ("a\u{202e}b", "characters"),
    ] {
        let answer = w.as_(&doctor).call("POST", &path, body(text)).await.expect(422).json();
        assert_eq!(answer["errors"][0]["field"], "body");
        assert_eq!(answer["errors"][0]["code"], code, "{answer}");
        let message = answer["errors"][0]["message"].as_str().expect("words");
        assert!(message.ends_with('。') && !message.contains("a\u{202e}b"), "{message}");
    }
    let id = Uuid::new_v4();
    let malformed: [Value; 6] = [
        json!({"client_id": id, "body": "x", "colour": "red"}),
        json!({"client_id": "not-a-uuid", "body": "x"}),
        json!({"client_id": id, "body": 7}),
        json!({"client_id": id}),
        json!(["client_id", id]),
        json!({"client_id": id, "body": "x", "timeline": "diary"}),
    ];
    for bad in malformed {
        w.as_(&doctor).call("POST", &path, bad.clone()).await.expect_code(400, "unreadable_json");
    }
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    for (raw, status) in [(deep, 400), ("{\"client_id\":".to_owned(), 400), ("x".repeat(300_000), 413)] {
        let answer = w
            .as_(&doctor)
            .raw(
                |b| b.header("content-type", "application/json").body(Body::from(raw)).expect("a request"),
                "POST",
                &path,
            )
            .await;
        assert_eq!(answer.status.as_u16(), status, "{}", answer.text());
    }
    let past = json!({"client_id": id, "body": "x", "must_acknowledge_by": "2020-01-01T00:00:00Z"});
    w.as_(&doctor).call("POST", &path, past).await.expect_code(422, "invalid");
    let nowhere = json!({"client_id": id, "body": "x", "reply_to": Uuid::new_v4()});
    w.as_(&doctor).call("POST", &path, nowhere).await.expect(422);
    for query in ["?limit=many", "?cursor=zzz", "?after_seq=1&cursor=b1", "?colour=red"] {
        w.as_(&doctor).get(&format!("{path}{query}")).await.expect(400);
    }
    assert_eq!(count(&w, group).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_form_comes_back_with_what_was_typed() {
    let w = World::new().await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    let doctor = w.admin(clinic, "doctor", "doctor").await;
    let group = w.group(&doctor, &doctor, "試験 太郎").await;
    let post = w.as_(&doctor).post(group, "直す前の文").await.expect(201).json();
    let path = format!("/posts/{}/correction", post["id"].as_str().expect("an id"));
    let id = Uuid::new_v4().to_string();
    let long = "い".repeat(8_001);
    let page = w.as_(&doctor).form(&path, &[("client_id", &id), ("body", &long)]).await.expect(422).text();
    assert!(page.contains(&long) && page.contains(&id), "the text and the form's id are still there");
    let unknown = w
        .as_(&doctor)
        .form(&path, &[("client_id", &id), ("body", "直した文"), ("colour", "red")])
        .await
        .expect(400)
        .text();
    assert!(unknown.contains("直した文"), "a form that cannot be read shows what was typed");
    w.as_(&doctor).form(&path, &[("client_id", &id), ("body", "直した文")]).await.expect(303);
    assert_eq!(count(&w, group).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_from_another_site_is_refused() {
    let w = World::new().await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    let doctor = w.admin(clinic, "doctor", "doctor").await;
    let group = w.group(&doctor, &doctor, "試験 太郎").await;
    let post = w.as_(&doctor).post(group, "文").await.expect(201).json();
    let path = format!("/posts/{}/withdrawal", post["id"].as_str().expect("an id"));
    let fields = format!("client_id={}&reason=x", Uuid::new_v4());
    for (site, status, posts) in [("cross-site", 403, 1), ("same-origin", 303, 2)] {
        let client = w.as_(&doctor);
        let build = |b: axum::http::request::Builder| {
            let b =
                b.header("content-type", "application/x-www-form-urlencoded").header("sec-fetch-site", site);
            b.body(Body::from(fields.clone())).expect("a request")
        };
        assert_eq!(client.raw(build, "POST", &path).await.status.as_u16(), status, "{site}");
        assert_eq!(count(&w, group).await, posts, "{site}");
    }
}
