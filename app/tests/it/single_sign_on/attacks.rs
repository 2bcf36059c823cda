//! What attackers try between two providers, a browser and us. Each begins with the honest case, which works.

use serde_json::{Value, json};

use super::{NOT_ACCEPTED, Scene, TOO_LATE, Way, provider::Key, refused, scene, wants_the_code};
use crate::world::id_of;

/// A nurse whose identity is linked; the honest way works.
async fn honest() -> Scene {
    let s = scene().await;
    s.linked(&s.nurse, "sub-1").await;
    wants_the_code(&s.sign_in("sub-1", json!({})).await);
    s
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_says_anything_else_is_not_accepted() {
    let s = honest().await;
    let now = jiff::Timestamp::now().as_second();
    let wrong: [(&str, Value); 15] = [
        ("another issuer", json!({"iss": s.two.issuer})),
        ("several issuers", json!({"iss": [s.one.issuer, s.two.issuer]})),
        ("another audience", json!({"aud": "somebody-else"})),
        ("no audience", json!({"aud": null})),
        ("one audience more", json!({"aud": ["renkei", "somebody-else"], "azp": "renkei"})),
        ("another authorized party", json!({"azp": "somebody-else"})),
        ("expired", json!({"exp": now - 120})),
        ("never expires", json!({"exp": null})),
        ("not valid yet", json!({"nbf": now + 600})),
        ("made long ago", json!({"iat": now - 3_600})),
        ("made tomorrow", json!({"iat": now + 3_600})),
        ("another nonce", json!({"nonce": "another"})),
        ("no nonce", json!({"nonce": null})),
        ("nobody", json!({"sub": ""})),
        ("no subject", json!({"sub": null})),
    ];
    for (name, changed) in wrong {
        let answer = s.sign_in("sub-1", changed).await;
        assert_eq!(answer.status, 400, "{name}");
        refused(answer, 400, NOT_ACCEPTED);
    }
    wants_the_code(&s.sign_in("sub-1", json!({"aud": ["renkei"], "azp": "renkei"})).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_the_provider_did_not_sign_is_not_accepted() {
    let s = honest().await;
    let (stranger, impostor) = (Key::new("of a stranger"), Key::new("first"));
    type Forge<'a> = Box<dyn Fn(&Value) -> String + 'a>;
    let forged: [(&str, Forge<'_>); 6] = [
        ("alg none", Box::new(|claims| s.one.key.unsigned(claims))),
        ("HS256 with the public key", Box::new(|claims| s.one.key.sign_as_secret(claims))),
        ("a key of no name we know", Box::new(|claims| stranger.sign(claims))),
        ("another key of that name", Box::new(|claims| impostor.sign(claims))),
        ("the other provider's key", Box::new(|claims| s.two.key.sign(claims))),
        (
            "cut short",
            Box::new(|claims| s.one.key.sign(claims).rsplit_once('.').expect("parts").0.to_owned()),
        ),
    ];
    for (name, forge) in forged {
        let way = s.leave("one").await;
        let answer = s.back(None, &way, forge(&s.one.claims(&way, "sub-1"))).await;
        assert_eq!(answer.status, 400, "{name}");
        refused(answer, 400, NOT_ACCEPTED);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_works_once_in_the_browser_that_left_and_only_for_its_provider() {
    let s = honest().await;
    let code = |way: &Way| s.one.issue(way, s.one.key.sign(&s.one.claims(way, "sub-1")));
    let back = async |provider, cookie: &str, state: &str, code: &str| {
        s.back_with(None, provider, cookie, &[("state", state), ("code", code)]).await
    };
    let way = s.leave("one").await;
    wants_the_code(&back("one", &way.cookie, &way.state, &code(&way)).await);
    refused(back("one", &way.cookie, &way.state, &code(&way)).await, 400, TOO_LATE);

    // Somebody else's link: their state and their code, in this browser. The rightful browser is not disturbed by it.
    let (way, other) = (s.leave("one").await, s.leave("one").await);
    for cookie in [other.cookie.as_str(), "", "invented"] {
        refused(back("one", cookie, &way.state, &code(&way)).await, 400, TOO_LATE);
    }
    for state in [other.state.as_str(), "", "invented"] {
        refused(back("one", &way.cookie, state, &code(&way)).await, 400, TOO_LATE);
    }
    // At the other provider's door.
    refused(back("two", &way.cookie, &way.state, &code(&way)).await, 400, TOO_LATE);
    wants_the_code(&back("one", &way.cookie, &way.state, &code(&way)).await);

    let way = s.leave("one").await;
    let superuser = s.w.superuser().await;
    superuser.execute("UPDATE sec.way_out SET expires_at = now()", &[]).await.expect("ten minutes later");
    refused(back("one", &way.cookie, &way.state, &code(&way)).await, 400, TOO_LATE);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_of_another_issuer_is_a_mix_up() {
    let s = honest().await;
    let answer = async |way: &Way, iss: Option<&str>| {
        let code = s.one.issue(way, s.one.key.sign(&s.one.claims(way, "sub-1")));
        let mut query = vec![("state", way.state.as_str()), ("code", code.as_str())];
        query.extend(iss.map(|iss| ("iss", iss)));
        s.back_with(None, "one", &way.cookie, &query).await
    };
    wants_the_code(&answer(&s.leave("one").await, Some(&s.one.issuer)).await);
    refused(answer(&s.leave("one").await, Some(&s.two.issuer)).await, 400, NOT_ACCEPTED);
    refused(answer(&s.leave("one").await, Some(&format!("{}/", s.one.issuer))).await, 400, NOT_ACCEPTED);

    // Where answers are promised to name their issuer, one without it is not the provider's. What was known before is forgotten.
    s.one.promise_iss();
    let code = |way: &Way| s.one.issue(way, s.one.key.sign(&s.one.claims(way, "sub-1")));
    let app = s.w.another_node(|_| {}).await;
    let origin = || renkei::features::sign_in::acts::Origin {
        device: None,
        device_name: "試験".into(),
        device_kind: "other",
        certificate: None,
        block: "none".into(),
    };
    let come = async |way: Way, iss: Option<String>| {
        use renkei::features::single_sign_on::acts::{Brought, Comer, come_back};
        let code = Some(code(&way));
        let brought = Brought { state: way.state, code, error: None, iss };
        let origin = origin();
        let comer = Comer { browser: Some(way.cookie), who: None, origin: &origin };
        come_back(&app, "one", brought, comer).await.expect("an outcome").outcome
    };
    assert!(come(s.leave("one").await, Some(s.one.issuer.clone())).await.is_ok());
    assert!(come(s.leave("one").await, None).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_and_tokens_of_another_way_are_worthless() {
    let s = honest().await;
    // A token of a former way: its nonce is that way's.
    let former = s.leave("one").await;
    let token = s.one.key.sign(&s.one.claims(&former, "sub-1"));
    let way = s.leave("one").await;
    refused(s.back(None, &way, token.clone()).await, 400, NOT_ACCEPTED);
    wants_the_code(&s.back(None, &former, token).await);

    // A code that was made for another way: the verifier does not fit.
    let (victim, attacker) = (s.leave("one").await, s.leave("one").await);
    let stolen = s.one.issue(&victim, s.one.key.sign(&s.one.claims(&attacker, "sub-1")));
    let query = [("state", attacker.state.as_str()), ("code", stolen.as_str())];
    refused(s.back_with(None, "one", &attacker.cookie, &query).await, 400, NOT_ACCEPTED);

    // A code that was used.
    let (first, second) = (s.leave("one").await, s.leave("one").await);
    let code = s.one.issue(&first, s.one.key.sign(&s.one.claims(&first, "sub-1")));
    let query = [("state", first.state.as_str()), ("code", code.as_str())];
    wants_the_code(&s.back_with(None, "one", &first.cookie, &query).await);
    let query = [("state", second.state.as_str()), ("code", code.as_str())];
    refused(s.back_with(None, "one", &second.cookie, &query).await, 400, NOT_ACCEPTED);

    let way = s.leave("one").await;
    let query = [("state", way.state.as_str()), ("error", "access_denied")];
    refused(s.back_with(None, "one", &way.cookie, &query).await, 401, "取りやめになりました");
}

#[tokio::test(flavor = "multi_thread")]
async fn new_keys_are_found_at_once_and_invented_ones_do_not_make_us_ask_again_and_again() {
    let mut s = honest().await;
    assert_eq!(s.one.keys_asked(), 1, "keys are remembered");
    s.one.rotate("second");
    wants_the_code(&s.sign_in("sub-1", json!({})).await);
    assert_eq!(s.one.keys_asked(), 2);
    let stranger = Key::new("invented");
    for _ in 0..5 {
        let way = s.leave("one").await;
        let token = stranger.sign(&s.one.claims(&way, "sub-1"));
        refused(s.back(None, &way, token).await, 400, NOT_ACCEPTED);
    }
    assert_eq!(s.one.keys_asked(), 2);
    wants_the_code(&s.sign_in("sub-1", json!({})).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_was_there_before_is_not_the_one_that_is_opened() {
    let s = honest().await;
    let way = s.leave("one").await;
    let mut claims = s.one.claims(&way, "sub-1");
    claims["acr"] = json!("urn:two");
    let attacker = s.w.staff(s.clinic, "attacker", "nurse").await;
    // The browser comes back with a session that somebody planted there.
    let opened = s.back(Some(&attacker), &way, s.one.key.sign(&claims)).await;
    super::is_in(&opened);
    let person = s.holding(&opened);
    assert!(person.token != attacker.token && person.token != s.nurse.token);
    for (who, whose) in [(&person, s.nurse.id), (&attacker, attacker.id)] {
        assert_eq!(id_of(&s.w.as_(who).get("/api/v1/me").await.expect(200).json()), whose);
    }
}
