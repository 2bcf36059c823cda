//! Single sign-on: tied by its own person alone, worth one factor unless more was asserted, and hard to confuse.

mod attacks;
mod provider;

use std::os::unix::fs::PermissionsExt;

use axum::{body::Body, http::header};
use provider::{CLIENT, Provider, SECRET};
use renkei::config;
use serde_json::{Value, json};
use url::Url;

use crate::world::{Answer, Facility, PASSWORD, Person, World};

const NOT_LINKED: &str = "この連携IDはまだ結び付けられていません。";
const NOT_ACCEPTED: &str = "連携先からの返事を、確かめられませんでした。";
const TOO_LATE: &str = "時間がたったか、もう使われた画面です。";

/// Two providers, `one` and `two`, a clinic, and a nurse.
pub struct Scene {
    w: World,
    one: Provider,
    two: Provider,
    clinic: Facility,
    nurse: Person,
    _secret: tempfile::NamedTempFile,
}

/// A browser that was sent to a provider.
#[derive(Debug, Clone)]
pub struct Way {
    pub state: String,
    pub nonce: String,
    pub challenge: String,
    pub redirect_uri: String,
    /// What the browser keeps.
    cookie: String,
    query: Url,
}

impl Way {
    fn parameter(&self, name: &str) -> Option<String> {
        self.query.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }
}

fn settings(id: &str, provider: &Provider, secret: &std::path::Path) -> config::Provider {
    let text = format!(
        "id = \"{id}\"\nlabel = \"試験医師会 {id}\"\nissuer = \"{}\"\nclient_id = \"{CLIENT}\"\nclient_secret_file = \"{}\"\n\
         private = true\ntwo_factors_acr = [\"urn:two\"]\ntwo_factors_amr = [\"mfa\"]\nmax_age_minutes = 10",
        provider.issuer,
        secret.display()
    );
    toml::from_str(&text).expect("a provider")
}

async fn scene() -> Scene {
    let (one, two) = (Provider::start().await, Provider::start().await);
    let secret = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(secret.path(), SECRET).expect("a secret");
    std::fs::set_permissions(secret.path(), PermissionsExt::from_mode(0o600)).expect("closed");
    let w = World::with(|config| {
        config.single_sign_on.providers =
            vec![settings("one", &one, secret.path()), settings("two", &two, secret.path())];
    })
    .await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    let nurse = w.staff(clinic, "igarashi", "nurse").await;
    Scene { w, one, two, clinic, nurse, _secret: secret }
}

const SESSION: &str = "__Host-renkei";

impl Scene {
    fn way(answer: &Answer) -> Way {
        let to =
            answer.headers[header::REFRESH].to_str().expect("text").strip_prefix("0; url=").expect("at once");
        let query: Url = to.parse().expect("an address");
        let mut way = Way {
            state: String::new(),
            nonce: String::new(),
            challenge: String::new(),
            redirect_uri: String::new(),
            cookie: answer.cookie("__Host-renkei-way").expect("the browser keeps a secret"),
            query,
        };
        let get = |name: &str| way.parameter(name).unwrap_or_else(|| panic!("no {name}"));
        (way.state, way.nonce, way.challenge, way.redirect_uri) =
            (get("state"), get("nonce"), get("code_challenge"), get("redirect_uri"));
        way
    }

    async fn leave(&self, provider: &str) -> Way {
        let path = format!("/sign-in/with/{provider}");
        Self::way(&self.w.nobody().form(&path, &[("next", "/patients")]).await.expect(200))
    }

    async fn leave_to_link(&self, who: &Person, provider: &str) -> Way {
        let path = format!("/menu/identities/with/{provider}");
        Self::way(&self.w.as_(who).form(&path, &[("password", "")]).await.expect(200))
    }

    /// Back at a provider's callback, in the browser with this cookie.
    async fn back_with(
        &self,
        who: Option<&Person>,
        provider: &str,
        cookie: &str,
        query: &[(&str, &str)],
    ) -> Answer {
        let query = serde_urlencoded::to_string(query).expect("a query");
        let path = format!("/sign-in/with/{provider}/callback?{query}");
        let client = who.map_or_else(|| self.w.nobody(), |who| self.w.as_(who));
        let cookie = format!("__Host-renkei-way={cookie}");
        client
            .raw(|b| b.header(header::COOKIE, cookie).body(Body::empty()).expect("a request"), "GET", &path)
            .await
    }

    async fn back(&self, who: Option<&Person>, way: &Way, token: String) -> Answer {
        let code = self.one.issue(way, token);
        self.back_with(who, "one", &way.cookie, &[("state", &way.state), ("code", &code)]).await
    }

    async fn link(&self, who: &Person, subject: &str) -> Answer {
        let way = self.leave_to_link(who, "one").await;
        let token = self.one.key.sign(&self.one.claims(&way, subject));
        self.back(Some(who), &way, token).await
    }

    async fn linked(&self, who: &Person, subject: &str) {
        let answer = self.link(who, subject).await.expect(303);
        assert_eq!(answer.headers["location"], "/menu/identities?done=linked");
    }

    /// One sign-in whose token says what an honest one says, changed.
    async fn sign_in(&self, subject: &str, changed: Value) -> Answer {
        let way = self.leave("one").await;
        let mut claims = self.one.claims(&way, subject);
        for (name, value) in changed.as_object().expect("claims") {
            claims[name] = value.clone();
        }
        self.back(None, &way, self.one.key.sign(&claims)).await
    }

    /// The page of the second factor, as the browser sends it.
    async fn send_code(&self, first: &Answer, code: &str) -> Answer {
        let pre = first.cookie("__Host-renkei-pre").expect("half signed in");
        let form = serde_urlencoded::to_string([("code", code), ("next", "/patients")]).expect("a form");
        let build = |b: axum::http::request::Builder| {
            b.header(header::COOKIE, format!("__Host-renkei-pre={pre}"))
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .header("sec-fetch-site", "same-origin")
                .body(Body::from(form.clone()))
                .expect("a request")
        };
        self.w.nobody().raw(build, "POST", "/sign-in/code").await
    }

    fn holding(&self, answer: &Answer) -> Person {
        Person { token: crate::world::browser(answer), ..self.nurse.clone() }
    }

    async fn acts_of(&self, account: uuid::Uuid) -> Vec<String> {
        let superuser = self.w.superuser().await;
        let rows = superuser
            .query(
                "SELECT act FROM care.access_event WHERE account_id = $1 AND outcome = 'done' ORDER BY at",
                &[&account],
            )
            .await
            .expect("the log");
        rows.iter().map(|r| r.get(0)).collect()
    }
}

#[track_caller]
fn wants_the_code(answer: &Answer) {
    assert_eq!(answer.status, 303, "{}", answer.text());
    assert_eq!(answer.headers["location"], "/sign-in/code?next=/patients");
    assert_eq!(answer.cookie(SESSION), None, "nobody is in yet");
}

#[track_caller]
fn is_in(answer: &Answer) {
    assert_eq!(answer.status, 303, "{}", answer.text());
    assert_eq!(answer.headers["location"], "/patients");
    assert!(answer.cookie(SESSION).is_some());
}

#[track_caller]
fn refused(answer: Answer, status: u16, words: &str) -> String {
    let answer = answer.expect(status);
    assert_eq!(answer.cookie(SESSION), None);
    assert_eq!(answer.cookie("__Host-renkei-pre"), None);
    let text = answer.text();
    assert!(text.contains(words), "{text}");
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn a_linked_identity_is_one_factor_and_ours_is_still_asked_for() {
    let s = scene().await;
    let way = s.leave("one").await;
    assert_eq!(way.parameter("response_type").as_deref(), Some("code"));
    assert_eq!(way.parameter("code_challenge_method").as_deref(), Some("S256"));
    assert_eq!(way.parameter("max_age").as_deref(), Some("600"));
    assert_eq!(way.redirect_uri, "http://localhost:8080/sign-in/with/one/callback");

    refused(s.sign_in("sub-1", json!({})).await, 401, NOT_LINKED);
    s.linked(&s.nurse, "sub-1").await;
    let first = s.sign_in("sub-1", json!({})).await;
    wants_the_code(&first);
    s.send_code(&first, "000000").await.expect(401);
    let opened = s.send_code(&first, &s.w.totp_now(&s.nurse)).await;
    is_in(&opened);
    let person = s.holding(&opened);
    assert_ne!(person.token, s.nurse.token);
    let me = s.w.as_(&person).get("/api/v1/me").await.expect(200).json();
    assert_eq!((crate::world::id_of(&me), &me["factors"]), (s.nurse.id, &json!(["know", "have"])));

    let page = s.w.as_(&person).get("/menu/identities").await.expect(200).text();
    assert!(page.contains("試験医師会 one") && page.contains("最後に使った時刻"), "{page}");
    let acts = s.acts_of(s.nurse.id).await;
    let [linked, showed, signed_in] =
        ["linked_identity", "showed_identity", "signed_in"].map(|act| acts.iter().rposition(|a| a == act));
    assert!(linked < showed && showed < signed_in && linked.is_some(), "{acts:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_factors_count_where_the_provider_asserts_them_and_says_that_it_was_just_now() {
    let s = scene().await;
    s.linked(&s.nurse, "sub-1").await;
    let now = jiff::Timestamp::now().as_second();
    let opened = s.sign_in("sub-1", json!({"acr": "urn:two"})).await;
    is_in(&opened);
    let me = s.w.as_(&s.holding(&opened)).get("/api/v1/me").await.expect(200).json();
    assert_eq!(me["factors"], json!(["know", "have"]));
    is_in(&s.sign_in("sub-1", json!({"amr": ["pwd", "mfa"]})).await);

    wants_the_code(&s.sign_in("sub-1", json!({"acr": "urn:one"})).await);
    wants_the_code(&s.sign_in("sub-1", json!({"acr": "urn:two", "auth_time": null})).await);
    let stale = s.sign_in("sub-1", json!({"acr": "urn:two", "auth_time": now - 700})).await;
    refused(stale, 401, "連携先でのサインインから、時間がたっています。");
    // Ours is a device, and so is this: two of a kind are one.
    refused(s.sign_in("sub-1", json!({"amr": ["otp"]})).await, 401, "持っているもの");
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_of_the_code_are_counted_as_ever_and_the_first_half_works_once() {
    let s = scene().await;
    s.linked(&s.nurse, "sub-1").await;
    let first = s.sign_in("sub-1", json!({})).await;
    is_in(&s.send_code(&first, &s.w.totp_now(&s.nurse)).await);
    s.send_code(&first, &s.w.totp_now(&s.nurse)).await.expect(401);

    let mut last = 0;
    for _ in 0..8 {
        let first = s.sign_in("sub-1", json!({})).await;
        if first.status == 429 {
            last = 429;
            break;
        }
        last = s.send_code(&first, "000000").await.status.as_u16();
        if last == 429 {
            break;
        }
    }
    assert_eq!(last, 429, "guessing slows down, whichever way one comes");
    let fields = [("login_id", "igarashi"), ("password", PASSWORD)];
    s.w.nobody().form("/sign-in", &fields).await.expect(429);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_its_own_person_ties_an_identity_and_only_just_confirmed() {
    let s = scene().await;
    let other = s.w.staff(s.clinic, "other", "nurse").await;
    s.linked(&s.nurse, "sub-1").await;
    s.linked(&s.nurse, "sub-1").await;
    let taken = refused(s.link(&other, "sub-1").await, 409, "ほかのアカウントに結び付いています");
    assert!(!taken.contains("igarashi"), "whose it is stays untold");
    refused(s.link(&s.nurse, "sub-2").await, 409, "別のIDがもう結び付いています");
    // Neither a mail address nor a name ties anything.
    let claims =
        json!({"email": "igarashi@example.jp", "email_verified": true, "preferred_username": "igarashi"});
    refused(s.sign_in("igarashi", claims).await, 401, NOT_LINKED);

    let superuser = s.w.superuser().await;
    let age = "UPDATE sec.session SET stepped_up_at = now() - interval '6 minutes' WHERE account_id = $1";
    superuser.execute(age, &[&other.id]).await.expect("a session of this morning");
    let path = "/menu/identities/with/one";
    s.w.as_(&other).get(path).await.expect(200);
    for wrong in ["", "machigatta-kotoba-9"] {
        let refused = s.w.as_(&other).form(path, &[("password", wrong)]).await;
        assert!([307, 422].contains(&refused.status.as_u16()), "{}", refused.status);
    }
    let way = Scene::way(&s.w.as_(&other).form(path, &[("password", PASSWORD)]).await.expect(200));
    // Another session, even of the same person and in the same browser, does not finish what this one began.
    let elsewhere = Person { token: s.w.session(&other).await, ..other.clone() };
    for (who, status) in [(Some(&elsewhere), 400), (None, 400)] {
        let way = s.leave_to_link(&other, "one").await;
        let token = s.one.key.sign(&s.one.claims(&way, "sub-3"));
        refused(s.back(who, &way, token).await, status, TOO_LATE);
    }
    let token = s.one.key.sign(&s.one.claims(&way, "sub-3"));
    s.back(Some(&other), &way, token).await.expect(303);
    wants_the_code(&s.sign_in("sub-3", json!({})).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_identity_is_untied_by_its_own_person_and_free_again() {
    let s = scene().await;
    let other = s.w.staff(s.clinic, "other", "nurse").await;
    s.linked(&s.nurse, "sub-1").await;
    let page = s.w.as_(&s.nurse).get("/menu/identities").await.expect(200).text();
    let end = page.split('"').find(|part| part.ends_with("/end")).expect("a link").to_owned();
    s.w.as_(&s.nurse).get(&end).await.expect(200);
    s.w.as_(&other).get(&end).await.expect(404);
    s.w.as_(&other).form(&end, &[("password", PASSWORD)]).await.expect(404);
    wants_the_code(&s.sign_in("sub-1", json!({})).await);
    s.w.as_(&s.nurse).form(&end, &[("password", "machigatta-kotoba-9")]).await.expect(422);
    s.w.as_(&s.nurse).form(&end, &[("password", PASSWORD)]).await.expect(303);
    s.w.as_(&s.nurse).form(&end, &[("password", PASSWORD)]).await.expect(404);
    refused(s.sign_in("sub-1", json!({})).await, 401, NOT_LINKED);
    assert!(s.acts_of(s.nurse.id).await.contains(&"unlinked_identity".to_owned()));
    s.linked(&other, "sub-1").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_suspended_or_gone_is_told_what_a_stranger_is_told() {
    let s = scene().await;
    let admin = s.w.admin(s.clinic, "kanri", "clerk").await;
    s.linked(&s.nurse, "sub-1").await;
    wants_the_code(&s.sign_in("sub-1", json!({})).await);
    let plain = |text: String| {
        let nonce = text.split("nonce=\"").nth(1).and_then(|t| t.split('"').next()).unwrap_or("-").to_owned();
        text.replace(&nonce, "")
    };
    let stranger = plain(refused(s.sign_in("nobody", json!({})).await, 401, NOT_LINKED));
    let suspension = format!("/facility/staff/{}/suspension", s.nurse.id);
    s.w.as_(&admin).form(&suspension, &[("suspend", "yes")]).await.expect(303);
    for asserted in [json!({}), json!({"acr": "urn:two"})] {
        assert_eq!(plain(refused(s.sign_in("sub-1", asserted).await, 401, NOT_LINKED)), stranger);
    }
    s.w.as_(&admin).form(&suspension, &[("suspend", "no")]).await.expect(303);
    wants_the_code(&s.sign_in("sub-1", json!({})).await);

    let departure = format!("/api/v1/facilities/{}/staff/{}/departure", s.clinic.id, s.nurse.id);
    let body = json!({"client_id": uuid::Uuid::new_v4()});
    assert!(s.w.as_(&admin).call("POST", &departure, body).await.status.is_success());
    assert_eq!(plain(refused(s.sign_in("sub-1", json!({})).await, 401, NOT_LINKED)), stranger);
    let successor = s.w.staff(s.clinic, "atarashii", "nurse").await;
    s.linked(&successor, "sub-1").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_is_down_locks_nobody_out() {
    let s = scene().await;
    s.linked(&s.nurse, "sub-1").await;
    let way = s.leave("one").await;
    s.one.go_down();
    let token = s.one.key.sign(&s.one.claims(&way, "sub-1"));
    let back = refused(s.back(None, &way, token).await, 503, "連携先に、いまつながりません。");
    assert!(back.contains("name=\"password\""), "the sign-in page itself");
    s.two.go_down();
    let answer = s.w.nobody().form("/sign-in/with/two", &[("next", "/patients")]).await;
    let page = refused(answer, 503, "連携先に、いまつながりません。");
    assert!(page.contains("name=\"password\"") && page.contains("value=\"/patients\""), "{page}");
    s.w.as_(&s.nurse).form("/menu/identities/with/two", &[("password", PASSWORD)]).await.expect(503);

    let fields = [("login_id", "igarashi"), ("password", PASSWORD), ("next", "/patients")];
    let first = s.w.nobody().form("/sign-in", &fields).await;
    wants_the_code(&first);
    is_in(&s.send_code(&first, &s.w.totp_now(&s.nurse)).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_provider_there_is_nothing_of_it() {
    let s = scene().await;
    assert!(s.w.nobody().get("/sign-in").await.expect(200).text().contains("/sign-in/with/one"));
    assert!(s.w.as_(&s.nurse).get("/menu").await.expect(200).text().contains("/menu/identities"));
    s.w.nobody().form("/sign-in/with/three", &[]).await.expect(404);
    s.w.as_(&s.nurse).get("/menu/identities/with/three").await.expect(404);

    let w = World::new().await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    let nurse = w.staff(clinic, "igarashi", "nurse").await;
    assert!(!w.nobody().get("/sign-in").await.expect(200).text().contains("/sign-in/with"));
    assert!(!w.as_(&nurse).get("/menu").await.expect(200).text().contains("/menu/identities"));
    w.nobody().form("/sign-in/with/one", &[]).await.expect(404);
    w.nobody().get("/sign-in/with/one/callback?state=x&code=y").await.expect(404);
    w.as_(&nurse).get("/menu/identities").await.expect(404);
    w.as_(&nurse).form("/menu/identities/with/one", &[("password", PASSWORD)]).await.expect(404);
}
