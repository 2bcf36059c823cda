//! Signing in through the API and the pages.

use serde_json::json;

use crate::world::{PASSWORD, World};

#[tokio::test(flavor = "multi_thread")]
async fn password_and_code_open_a_session_and_a_code_works_once() {
    let w = World::new().await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    let nurse = w.staff(clinic, "igarashi", "nurse").await;
    let body = |totp: Option<&str>, password: &str| json!({"login_id": "Igarashi ", "password": password, "totp": totp});
    let code = w.totp_now(&nurse);

    w.nobody()
        .call("POST", "/api/v1/session", body(None, PASSWORD))
        .await
        .expect_code(401, "second_factor_required");
    let opened =
        w.nobody().call("POST", "/api/v1/session", body(Some(&code), PASSWORD)).await.expect(200).json();
    assert_eq!(opened["account"]["profession"], "nurse");
    let mut again = nurse.clone();
    again.token = opened["token"].as_str().unwrap().to_owned();
    let me = w.as_(&again).get("/api/v1/me").await.expect(200).json();
    assert_eq!(me["factors"], json!(["know", "have"]));

    w.nobody()
        .call("POST", "/api/v1/session", body(Some(&code), PASSWORD))
        .await
        .expect_code(401, "wrong_credentials");
    w.as_(&again).call("DELETE", "/api/v1/session", json!(null)).await.expect(204);
    w.as_(&again).get("/api/v1/me").await.expect_code(401, "not_signed_in");
}

#[tokio::test(flavor = "multi_thread")]
async fn known_and_unknown_accounts_answer_alike_and_guessing_slows_down() {
    let w = World::new().await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    w.staff(clinic, "igarashi", "nurse").await;
    let mut texts = Vec::new();
    for login in ["igarashi", "nobody-here"] {
        let body = json!({"login_id": login, "password": "wrong-wrong-wrong"});
        for _ in 0..5 {
            let answer = w
                .nobody()
                .call("POST", "/api/v1/session", body.clone())
                .await
                .expect_code(401, "wrong_credentials");
            let mut text = answer.json();
            text["request_id"] = json!(null);
            texts.push(text);
        }
        let wait = w.nobody().call("POST", "/api/v1/session", body).await.expect_code(429, "too_many");
        assert!(wait.headers["retry-after"].to_str().unwrap().parse::<u32>().unwrap() <= 60);
    }
    texts.dedup();
    assert_eq!(texts.len(), 1, "one message for all");
}
