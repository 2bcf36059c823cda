//! Personal access tokens: what they open, what they never do, and how they end.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::world::{Answer, Client, Facility, Person, World, id_of};

struct Scene {
    w: World,
    clinic: Facility,
    admin: Person,
    doctor: Person,
    group: Uuid,
}

async fn scene() -> Scene {
    let w = World::new().await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    let admin = w.admin(clinic, "kanri", "clerk").await;
    let doctor = w.staff(clinic, "isha", "doctor").await;
    let patient = w.patient(&admin, "試験 花子").await;
    let group = w.team(&admin, patient, &[&doctor]).await;
    let s = Scene { w, clinic, admin, doctor, group };
    s.w.as_(&s.doctor).post(s.group, "血圧は落ち着いています").await.expect(201);
    s
}

impl Scene {
    /// The session has just shown a password or a code.
    async fn step_up(&self, person: &Person) {
        let sql = "UPDATE sec.session SET stepped_up_at = now() WHERE account_id = $1 AND state = 'active'";
        self.w.superuser().await.execute(sql, &[&person.id]).await.expect("stepped up");
    }

    async fn ask(&self, person: &Person, body: &Value) -> Answer {
        self.w.as_(person).call("POST", "/api/v1/me/tokens", body.clone()).await
    }

    async fn make(&self, person: &Person, scope: &str) -> (Uuid, String) {
        self.step_up(person).await;
        let made = self.ask(person, &new(scope, 30)).await.expect(201).json();
        (id_of(&made), made["token"].as_str().expect("shown this once").to_owned())
    }

    fn by(&self, token: &str) -> Client<'_> {
        self.w.with_token(token)
    }

    fn posts(&self) -> String {
        format!("/api/v1/groups/{}/posts", self.group)
    }

    async fn reads(&self, token: &str) -> Answer {
        self.by(token).get(&self.posts()).await
    }

    async fn logged(&self, act: &str, outcome: &str) -> i64 {
        let sql = "SELECT count(*) FROM care.access_event WHERE act = $1 AND outcome = $2";
        self.w.superuser().await.query_one(sql, &[&act, &outcome]).await.expect("a count").get(0)
    }
}

fn new(scope: &str, days: i32) -> Value {
    json!({"client_id": Uuid::new_v4(), "name": "検査の取り込み", "scope": scope, "days": days})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_shown_once_kept_as_a_hash_and_listed_with_its_last_use() {
    let s = scene().await;
    s.step_up(&s.doctor).await;
    let body = new("read", 90);
    let made = s.ask(&s.doctor, &body).await.expect(201).json();
    let token = made["token"].as_str().expect("a token").to_owned();
    assert!(token.starts_with("t.") && token.len() == 45, "{token}");
    let again = s.ask(&s.doctor, &body).await.expect(200).json();
    assert_eq!((again["id"].clone(), again["token"].clone()), (made["id"].clone(), Value::Null));
    let mut other = body.clone();
    other["name"] = "別の名前".into();
    s.ask(&s.doctor, &other).await.expect_code(409, "client_id_used_before");
    let row =
        s.w.superuser()
            .await
            .query_one(
                "SELECT token_hash = sha256($1::text::bytea), row_to_json(k)::text FROM sec.personal_token k",
                &[&token],
            )
            .await
            .expect("one token");
    assert!(row.get::<_, bool>(0) && !row.get::<_, String>(1).contains(&token));
    let list = s.w.as_(&s.doctor).get("/api/v1/me/tokens").await.expect(200).json();
    assert_eq!(list["items"][0]["used_at"], Value::Null);
    s.reads(&token).await.expect(200);
    let list = s.w.as_(&s.doctor).get("/api/v1/me/tokens").await.expect(200);
    assert!(list.json()["items"][0]["used_at"].is_string() && !list.text().contains(&token));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_scope_does_its_own_and_no_more() {
    let s = scene().await;
    let post = |text: &str| json!({"client_id": Uuid::new_v4(), "body": text});
    for (scope, reads, posts) in [("read", true, false), ("post", false, true), ("both", true, true)] {
        let (_, token) = s.make(&s.doctor, scope).await;
        let read = s.reads(&token).await;
        let written = s.by(&token).call("POST", &s.posts(), post(scope)).await;
        if reads {
            read.expect(200)
        } else {
            read.expect_code(403, "not_by_this_token")
        };
        if posts {
            written.expect(201)
        } else {
            written.expect_code(403, "not_by_this_token")
        };
    }
    assert_eq!(s.logged("used_token", "refused").await, 2);
    let own = format!("SELECT count(*) FROM care.post WHERE author_id = '{}'", s.doctor.id);
    let count: i64 = s.w.superuser().await.query_one(&own, &[]).await.expect("a count").get(0);
    assert_eq!(count, 3, "what a token writes is its owner's");
    let group: Value =
        s.by(&s.make(&s.doctor, "both").await.1).get("/api/v1/groups").await.expect(200).json();
    assert_eq!(group["items"].as_array().expect("groups").len(), 1);
}

/// What else is read, `access/by_token.rs` walks through.
#[tokio::test(flavor = "multi_thread")]
async fn a_reading_token_searches_and_a_writing_one_does_not() {
    let s = scene().await;
    let (_, reads) = s.make(&s.doctor, "read").await;
    let (_, posts) = s.make(&s.doctor, "post").await;
    s.by(&reads).call("POST", "/api/v1/search", json!({"q": "血圧"})).await.expect(200);
    let search = s.by(&posts).call("POST", "/api/v1/search", json!({"q": "血圧"})).await;
    search.expect_code(403, "not_by_this_token");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_token_reaches_accounts_administration_sign_in_or_tokens() {
    let s = scene().await;
    let (id, token) = s.make(&s.admin, "both").await;
    s.by(&token).get("/api/v1/groups").await.expect(200);
    let facility = format!("/api/v1/facilities/{}", s.clinic.id);
    let step_up = json!({"password": crate::world::PASSWORD});
    for (method, path, body) in [
        ("POST", "/api/v1/me/tokens".to_owned(), new("both", 1)),
        ("GET", "/api/v1/me/tokens".into(), Value::Null),
        ("DELETE", format!("/api/v1/me/tokens/{id}"), Value::Null),
        ("POST", "/api/v1/session/step-up".into(), step_up),
        ("DELETE", "/api/v1/session".into(), Value::Null),
        ("GET", "/api/v1/me/devices".into(), Value::Null),
        ("GET", format!("{facility}/access-log"), Value::Null),
        ("GET", format!("{facility}/tokens"), Value::Null),
        ("PUT", format!("{facility}/token-rule"), json!({"allowed": true})),
        ("PUT", format!("/api/v1/groups/{}/archive", s.group), json!({})),
        ("GET", "/api/v1/events".into(), Value::Null),
        ("GET", "/menu".into(), Value::Null),
        ("GET", "/facility".into(), Value::Null),
    ] {
        let answer = s.by(&token).call(method, &path, body).await;
        // Pages know no bearer; as a cookie a token is nobody.
        let wanted = if path.starts_with("/api/") { 403 } else { 303 };
        assert_eq!(answer.status, wanted, "{method} {path}: {}", answer.text());
    }
    s.w.as_(&s.admin).get(&format!("{facility}/tokens")).await.expect(200);
}

/// What holds if the list in front should ever let too much through.
#[tokio::test(flavor = "multi_thread")]
async fn the_database_knows_a_token_by_itself() {
    let s = scene().await;
    let (_, token) = s.make(&s.admin, "read").await;
    let hash = renkei::auth::token::hash(&token);
    let app = s.w.role("renkei_app").await;
    app.batch_execute("BEGIN").await.expect("begun");
    app.execute("SELECT sec.open($1, false)", &[&hash.as_slice()]).await.expect("a token opens");
    let who = app.query_one("SELECT sec.me(), sec.admin_of()", &[]).await.expect("somebody");
    assert_eq!(
        (who.get::<_, Uuid>(0), who.get::<_, Option<Uuid>>(1)),
        (s.admin.id, None),
        "no admin by token"
    );
    let fresh = app.execute("SELECT act.must_be_fresh()", &[]).await.expect_err("never stepped up");
    assert_eq!(fresh.code().map(|c| c.code()), Some("RK403"));
    app.batch_execute("ROLLBACK").await.expect("over");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_ends_with_its_time_its_owner_s_word_the_admin_s_and_the_sessions() {
    let s = scene().await;
    let superuser = s.w.superuser().await;
    let (id, token) = s.make(&s.doctor, "read").await;
    s.reads(&token).await.expect(200);
    let past = "UPDATE sec.personal_token SET made_at = now() - interval '31 days', expires_at = now() - interval '1 second' WHERE id = $1";
    superuser.execute(past, &[&id]).await.expect("it runs out");
    s.reads(&token).await.expect(401);

    let (id, token) = s.make(&s.doctor, "read").await;
    s.reads(&token).await.expect(200);
    let nobody = format!("/api/v1/me/tokens/{id}");
    s.w.as_(&s.admin).call("DELETE", &nobody, Value::Null).await.expect(404);
    s.reads(&token).await.expect(200);
    s.w.as_(&s.doctor).call("DELETE", &nobody, Value::Null).await.expect(204);
    s.w.as_(&s.doctor).call("DELETE", &nobody, Value::Null).await.expect(204);
    s.reads(&token).await.expect(401);

    let (id, token) = s.make(&s.doctor, "read").await;
    s.reads(&token).await.expect(200);
    let here = format!("/api/v1/facilities/{}/tokens/{id}", s.clinic.id);
    s.w.as_(&s.doctor).call("DELETE", &here, Value::Null).await.expect(403);
    s.reads(&token).await.expect(200);
    s.w.as_(&s.admin).call("DELETE", &here, Value::Null).await.expect(204);
    s.reads(&token).await.expect(401);

    let (_, token) = s.make(&s.doctor, "read").await;
    s.reads(&token).await.expect(200);
    let suspend = format!("/facility/staff/{}/suspension", s.doctor.id);
    s.w.as_(&s.admin).form(&suspend, &[("suspend", "yes")]).await.expect(303);
    let state: String = superuser
        .query_one("SELECT state FROM care.staff WHERE account_id = $1", &[&s.doctor.id])
        .await
        .expect("staff")
        .get(0);
    assert_eq!(state, "suspended");
    s.reads(&token).await.expect(401);
    let ended: bool = superuser
        .query_one("SELECT bool_and(ended_at IS NOT NULL OR expires_at < now()) FROM sec.personal_token", &[])
        .await
        .expect("a word")
        .get(0);
    assert!(ended, "suspension ends them for good, as sessions");
}

#[tokio::test(flavor = "multi_thread")]
async fn making_one_asks_again_who_it_is_and_holds_to_the_limits() {
    let s = scene().await;
    s.step_up(&s.doctor).await;
    s.ask(&s.doctor, &new("read", 90)).await.expect(201);
    for bad in [new("read", 0), new("read", 91)] {
        s.ask(&s.doctor, &bad).await.expect(422);
    }
    let stale = "UPDATE sec.session SET stepped_up_at = now() - interval '6 minutes' WHERE account_id = $1";
    s.w.superuser().await.execute(stale, &[&s.doctor.id]).await.expect("time passes");
    s.ask(&s.doctor, &new("read", 1)).await.expect_code(403, "step_up_required");
    s.step_up(&s.doctor).await;
    for _ in 1..10 {
        s.ask(&s.doctor, &new("read", 1)).await.expect(201);
    }
    s.ask(&s.doctor, &new("read", 1)).await.expect_code(409, "too_many_tokens");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_facility_forbids_tokens_and_those_that_there_are_end() {
    let s = scene().await;
    let (_, token) = s.make(&s.doctor, "read").await;
    s.reads(&token).await.expect(200);
    s.step_up(&s.admin).await;
    let rule = format!("/api/v1/facilities/{}/token-rule", s.clinic.id);
    s.w.as_(&s.doctor).call("PUT", &rule, json!({"allowed": false})).await.expect(403);
    let set = s.w.as_(&s.admin).call("PUT", &rule, json!({"allowed": false})).await.expect(200).json();
    assert_eq!(set["tokens_ended"], 1);
    s.reads(&token).await.expect(401);
    s.ask(&s.doctor, &new("read", 1)).await.expect_code(403, "no_tokens_here");
    s.w.as_(&s.admin).call("PUT", &rule, json!({"allowed": true})).await.expect(200);
    let (_, token) = s.make(&s.doctor, "read").await;
    s.reads(&token).await.expect(200);
    let managed =
        "INSERT INTO care.sign_in_policy VALUES ($1, 1, 'required', true, 15, NULL, NULL, $2, now())";
    let db = s.w.superuser().await;
    db.execute(managed, &[&s.clinic.id, &s.admin.id]).await.expect("only managed devices");
    s.reads(&token).await.expect(401);
    db.execute(LIFTED, &[&s.clinic.id, &s.admin.id]).await.expect("any device");
    s.reads(&token).await.expect(401);
    let (_, token) = s.make(&s.doctor, "read").await;
    s.reads(&token).await.expect(200);
}

/// The next version of a facility's policy, which lets any device in again.
const LIFTED: &str =
    "INSERT INTO care.sign_in_policy VALUES ($1, 2, 'required', false, 15, NULL, NULL, $2, now())";

#[tokio::test(flavor = "multi_thread")]
async fn the_log_says_by_which_token_and_the_pages_work() {
    let s = scene().await;
    s.step_up(&s.doctor).await;
    let id = Uuid::new_v4().to_string();
    let fields = [("client_id", id.as_str()), ("name", "検査の取り込み"), ("scope", "both"), ("days", "7")];
    let page = s.w.as_(&s.doctor).form("/menu/tokens", &fields).await.expect(200).text();
    let from = page.find("<code>t.").expect("shown") + "<code>".len();
    let token: String = page[from..].chars().take(45).collect();
    s.reads(&token).await.expect(200);
    let wrong = [("client_id", id.as_str()), ("name", "のこる名前"), ("scope", "both"), ("days", "91")];
    let page = s.w.as_(&s.doctor).form("/menu/tokens", &wrong).await.expect(422).text();
    assert!(page.contains("のこる名前") && page.contains("90日"), "what was typed stays");
    let log = s.w.as_(&s.admin).get("/facility/access-log").await.expect(200).text();
    assert!(log.contains("トークン「検査の取り込み」"), "the log names the token");
    let page = s.w.as_(&s.admin).get("/facility/tokens").await.expect(200).text();
    assert!(page.contains("検査の取り込み") && page.contains(&s.doctor.name) && !page.contains(&token));
    s.w.as_(&s.admin).form(&format!("/facility/tokens/{id}/end"), &[]).await.expect(303);
    s.reads(&token).await.expect(401);
    assert!(s.logged("made_token", "done").await == 1 && s.logged("ended_token", "done").await == 1);
}
