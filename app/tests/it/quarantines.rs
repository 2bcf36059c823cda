//! Quarantine: who sees a post about another patient from the moment somebody says so, who decides, and what both groups keep of it.

use renkei::cli::verify;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::world::{Answer, Client, Facility, Person, World, id_of, kin::Kin};

const SECRET: &str = "深海さんのインスリンを4単位に変えました。BP 128/76";

struct Scene {
    w: World,
    clinic: Facility,
    admin: Person,
    host: Person,
    nurse: Person,
    helper: Person,
    stranger: Person,
    patient: Uuid,
    group: Uuid,
    /// Another patient, of whom the nurse is in the group too.
    other: Uuid,
}

async fn scene() -> Scene {
    let w = World::new().await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    let station = w.facility("visiting_nurse_station", "試験訪問看護").await;
    let admin = w.admin(clinic, "kanri", "clerk").await;
    let host = w.staff(clinic, "isha", "doctor").await;
    let nurse = w.staff(station, "kango", "nurse").await;
    let helper = w.staff(station, "kaigo", "helper").await;
    let stranger = w.staff(station, "yoso", "nurse").await;
    let patient = w.patient(&admin, "試験 太郎").await;
    let group = w.team(&admin, patient, &[&host, &nurse, &helper]).await;
    let elsewhere = w.patient(&admin, "試験 次郎").await;
    let other = w.team(&admin, elsewhere, &[&host, &nurse]).await;
    Scene { w, clinic, admin, host, nurse, helper, stranger, patient, group, other }
}

impl Scene {
    fn by(&self, who: &Person) -> Client<'_> {
        self.w.as_(who)
    }

    async fn post(&self, who: &Person, text: &str) -> Uuid {
        id_of(&self.by(who).post(self.group, text).await.expect(201).json())
    }

    async fn hide(&self, who: &Person, post: Uuid) -> Answer {
        let body = json!({"client_id": Uuid::new_v4(), "reason": "インスリンは使っていません"});
        self.by(who).call("POST", &format!("/api/v1/posts/{post}/quarantine"), body).await
    }

    async fn hand_on(&self, who: &Person, id: Uuid, second: &Person) -> Answer {
        self.by(who)
            .call("PUT", &format!("/api/v1/quarantines/{id}/second"), json!({"account": second.id}))
            .await
    }

    async fn token(&self, who: &Person) -> String {
        let fresh = "UPDATE sec.session SET stepped_up_at = now() WHERE account_id = $1 AND state = 'active'";
        self.w.superuser().await.execute(fresh, &[&who.id]).await.expect("shown again");
        let body = json!({"client_id": Uuid::new_v4(), "name": "試験", "scope": "both", "days": 1});
        let made = self.by(who).call("POST", "/api/v1/me/tokens", body).await.expect(201).json();
        made["token"].as_str().expect("shown this once").to_owned()
    }

    async fn hide_with(&self, who: &Person, post: Uuid, second: Uuid) -> Answer {
        let body = json!({"client_id": Uuid::new_v4(), "reason": "別の方", "second": second});
        self.by(who).call("POST", &format!("/api/v1/posts/{post}/quarantine"), body).await
    }

    async fn decide(&self, who: &Person, id: Uuid, decision: &str, note: &str) -> Answer {
        let body = json!({"client_id": Uuid::new_v4(), "decision": decision, "note": note});
        self.by(who).call("POST", &format!("/api/v1/quarantines/{id}/decision"), body).await
    }

    async fn shown(&self, who: &Person, post: Uuid) -> Value {
        self.by(who).get(&format!("/api/v1/posts/{post}")).await.expect(200).json()
    }

    async fn timeline(&self, who: &Person) -> Vec<Value> {
        let path = format!("/api/v1/groups/{}/posts", self.group);
        self.by(who).get(&path).await.expect(200).json()["items"].as_array().expect("items").clone()
    }

    async fn found(&self, who: &Person, q: &str) -> usize {
        let found = self.by(who).call("POST", "/api/v1/search", json!({"q": q})).await.expect(200).json();
        found["items"].as_array().expect("items").len()
    }

    /// Everything that a person's pages and calls show of the group, to be looked through.
    async fn everything(&self, who: &Person, post: Uuid) -> String {
        let mut all = String::new();
        for path in [
            "/".to_owned(),
            "/patients".to_owned(),
            "/notices".to_owned(),
            "/quarantines".to_owned(),
            "/bookmarks".to_owned(),
            "/open-items".to_owned(),
            format!("/groups/{}", self.group),
            format!("/groups/{}/posts/{post}", self.group),
            format!("/groups/{}/posts/{post}/thread", self.group),
            format!("/groups/{}/digest", self.group),
            format!("/groups/{}/before-visit", self.group),
            format!("/groups/{}/family", self.group),
            format!("/posts/{post}/readers"),
            format!("/api/v1/groups/{}/posts", self.group),
            format!("/api/v1/groups/{}/pins", self.group),
            format!("/api/v1/posts/{post}"),
            format!("/api/v1/posts/{post}?withdrawn=show"),
            "/api/v1/bookmarks".to_owned(),
            "/api/v1/me/open-items".to_owned(),
            "/api/v1/groups".to_owned(),
        ] {
            let answer = self.by(who).get(&path).await;
            assert!(answer.status.as_u16() < 500, "{path}: {}", answer.status);
            all.push_str(&answer.text());
        }
        all
    }

    async fn count(&self, sql: &str) -> i64 {
        self.w.superuser().await.query_one(sql, &[]).await.expect("a count").get(0)
    }

    async fn verifies(&self) {
        let access = crate::world::cluster().await.config("renkei_verify", &self.w.database);
        let report = verify::check(&access, &self.w.app.config, None).await.expect("it runs");
        assert!(report.bad.is_empty() && report.records > 3, "{report:?}");
    }
}

fn hidden(post: &Value) -> bool {
    post["body"].is_null() && post["quarantined"]["state"].is_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn from_the_moment_somebody_says_so_only_two_people_have_the_text() {
    let s = scene().await;
    let post = s.post(&s.host, SECRET).await;
    s.by(&s.host).post(s.group, "ほかの投稿です").await.expect(201);
    s.by(&s.helper).call("PUT", &format!("/api/v1/posts/{post}/bookmark"), json!({})).await.expect(204);
    s.by(&s.nurse).call("PUT", &format!("/api/v1/posts/{post}/pin"), Value::Null).await.expect(204);
    let before = s.everything(&s.helper, post).await;
    assert!(before.matches("インスリンを4単位").count() >= 6, "it stood there, on page after page");
    assert_eq!(s.found(&s.helper, "インスリン").await, 1);

    let opened = s.hide(&s.nurse, post).await.expect(201).json();
    assert_eq!(opened["state"], "waiting");
    assert_eq!(opened["second_id"], s.host.id.to_string(), "its author decides");
    assert_eq!(opened["reason"], "インスリンは使っていません");
    for who in [&s.helper] {
        let after = s.everything(who, post).await;
        assert!(!after.contains("インスリン"), "{}", &after[after.find("インスリン").unwrap_or(0)..]);
        assert!(after.contains("誤投稿のため、見えなくしています"));
        assert_eq!(s.found(who, "インスリン").await, 0);
        let line = s.timeline(who).await;
        assert_eq!(line.len(), 2, "it keeps its place");
        assert!(hidden(&line[1]) && line[1]["id"] == post.to_string(), "{line:?}");
        assert_eq!(line[1]["quarantined"]["by"], s.nurse.name);
        assert!(!line[1].to_string().contains("使っていません"), "why is for the two");
        s.by(who).get(&format!("/quarantines/{}", id_of(&opened))).await.expect(404);
    }
    for who in [&s.nurse, &s.host] {
        let seen = s.shown(who, post).await;
        assert!(hidden(&seen) && seen["quarantined"]["mine"] == true, "not by the way");
        assert!(!s.everything(who, post).await.contains("インスリン"), "on no page but its own");
        let door = format!("/api/v1/quarantines/{}", id_of(&opened));
        let seen = s.by(who).get(&door).await.expect(200).json();
        assert_eq!(seen["texts"][0]["body"], SECRET);
        let page = s.by(who).get(&format!("/quarantines/{}", id_of(&opened))).await.expect(200).text();
        assert!(page.contains("インスリンを4単位") && page.contains("使っていません"));
        let timeline = s.by(who).get(&format!("/groups/{}", s.group)).await.expect(200).text();
        assert!(!timeline.contains("インスリン"), "not beside the others' screens either");
        assert_eq!(s.found(who, "インスリン").await, 0);
    }
    s.by(&s.stranger).get(&format!("/api/v1/posts/{post}")).await.expect(404);
    // A member who joins now gets the line, and nothing of what it stands for.
    let late = s.w.staff(s.clinic, "atode", "nurse").await;
    s.w.join(&s.host, s.group, &late).await;
    assert!(hidden(&s.shown(&late, post).await));
    // The other pages go on.
    assert_eq!(s.found(&s.helper, "ほかの投稿").await, 1);
    s.verifies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_more_is_written_about_it_by_anybody() {
    let s = scene().await;
    let post = s.post(&s.nurse, SECRET).await;
    let other = s.post(&s.nurse, "ふつうの投稿").await;
    let acts = |post: Uuid| {
        let id = Uuid::new_v4;
        [
            ("PUT", format!("/api/v1/posts/{post}/acknowledgement"), Value::Null),
            ("PUT", format!("/api/v1/posts/{post}/stamps/thanks"), Value::Null),
            ("PUT", format!("/api/v1/posts/{post}/bookmark"), json!({})),
            (
                "POST",
                format!("/api/v1/groups/{}/posts", s.group),
                json!({"client_id": id(), "body": "返信", "reply_to": post}),
            ),
            (
                "POST",
                format!("/api/v1/posts/{post}/tasks"),
                json!({"client_id": id(), "what": "する", "due_date": crate::access::cases::tomorrow()}),
            ),
        ]
    };
    for (method, path, body) in acts(other) {
        let answer = s.by(&s.host).call(method, &path, body).await;
        assert!(answer.status.is_success(), "allowed otherwise: {path} {}", answer.text());
    }
    s.hide(&s.host, post).await.expect(201);
    for (method, path, body) in acts(post) {
        for who in [&s.host, &s.helper, &s.nurse] {
            s.by(who).call(method, &path, body.clone()).await.expect_code(409, "quarantined");
        }
    }
    for what in ["corrections", "withdrawal"] {
        let body = json!({"client_id": Uuid::new_v4(), if what == "withdrawal" { "reason" } else { "body" }: "書き直し"});
        let answer = s.by(&s.nurse).call("POST", &format!("/api/v1/posts/{post}/{what}"), body).await;
        answer.expect_code(409, "quarantined");
    }
    s.hide(&s.helper, post).await.expect_code(409, "quarantined");
    let writes = "SELECT count(*) FROM care.receipt WHERE post_id = $1 AND kind <> 'quarantined'";
    let row = s.w.superuser().await.query_one(writes, &[&post]).await.expect("a count");
    assert_eq!(row.get::<_, i64>(0), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_person_alone_decides_and_once() {
    let s = scene().await;
    let post = s.post(&s.nurse, SECRET).await;
    let id = id_of(&s.hide(&s.helper, post).await.expect(201).json());
    s.decide(&s.helper, id, "confirm", "").await.expect_code(403, "the_second_person_only");
    s.decide(&s.host, id, "confirm", "").await.expect(404);
    s.decide(&s.stranger, id, "confirm", "").await.expect(404);
    s.decide(&s.admin, id, "confirm", "").await.expect(404);
    s.decide(&s.nurse, id, "lift", " ").await.expect(422);
    assert!(hidden(&s.shown(&s.host, post).await), "nothing has changed");
    s.decide(&s.nurse, id, "confirm", "次郎さんのものでした").await.expect(200);
    assert_eq!(
        s.decide(&s.nurse, id, "confirm", "").await.expect(200).json()["note"],
        "次郎さんのものでした"
    );
    let seen = s.shown(&s.host, post).await;
    assert!(hidden(&seen) && seen["quarantined"]["state"] == "confirmed", "{seen}");
    assert_eq!(s.count("SELECT count(*) FROM care.receipt WHERE kind LIKE 'quarantine%'").await, 2);
    s.verifies().await;
    // A wrong tap is no end: while it was not written again elsewhere it may come back, once.
    s.decide(&s.nurse, id, "lift", "この方でした").await.expect(200);
    assert_eq!(s.shown(&s.host, post).await["body"], SECRET);
    s.decide(&s.nurse, id, "confirm", "").await.expect_code(409, "decided_already");
    s.verifies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_belongs_here_comes_back_as_it_was() {
    let s = scene().await;
    let by = (jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24)).to_string();
    let body = json!({"client_id": Uuid::new_v4(), "body": SECRET, "must_acknowledge_by": by});
    let path = format!("/api/v1/groups/{}/posts", s.group);
    let post = id_of(&s.by(&s.host).call("POST", &path, body).await.expect(201).json());
    let open = "SELECT count(*) FROM care.asked WHERE ended IS NULL AND remind_at IS NOT NULL";
    assert_eq!(s.count(open).await, 2);
    let id = id_of(&s.hide(&s.nurse, post).await.expect(201).json());
    assert_eq!(s.count(open).await, 0, "nobody is asked about what nobody sees");
    s.w.app.search.forget();
    assert_eq!(s.found(&s.helper, "インスリン").await, 0, "a node that begins with the gap");
    s.decide(&s.host, id, "lift", "この方のインスリンです").await.expect(200);
    assert_eq!(s.count(open).await, 2);
    let seen = s.shown(&s.helper, post).await;
    assert_eq!(seen["body"], SECRET);
    assert!(seen["quarantined"].is_null());
    assert_eq!(s.found(&s.helper, "インスリン").await, 1);
    s.by(&s.helper)
        .call("PUT", &format!("/api/v1/posts/{post}/acknowledgement"), Value::Null)
        .await
        .expect(204);
    // It can be found out again, and is another quarantine then.
    let again = id_of(&s.hide(&s.helper, post).await.expect(201).json());
    assert_ne!(again, id);
    assert!(hidden(&s.shown(&s.nurse, post).await), "the finder of before is nobody of these two");
    s.verifies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_own_post_is_decided_by_the_host_and_the_hosts_own_by_whom_she_names() {
    let s = scene().await;
    let own = s.post(&s.nurse, SECRET).await;
    assert_eq!(s.hide(&s.nurse, own).await.expect(201).json()["second_id"], s.host.id.to_string());
    let others = s.post(&s.nurse, SECRET).await;
    s.hide_with(&s.helper, others, s.host.id).await.expect(422);
    assert_eq!(s.shown(&s.host, others).await["body"], SECRET, "a refusal hides nothing");
    // The host has found a post of her own: hidden at once, whoever decides.
    let hosts = s.post(&s.host, SECRET).await;
    for nobody in [s.host.id, s.stranger.id, s.admin.id, Uuid::new_v4()] {
        s.hide_with(&s.host, hosts, nobody).await.expect(422);
    }
    let opened = s.hide(&s.host, hosts).await.expect(201).json();
    assert!(opened["second_id"].is_null() && hidden(&s.shown(&s.nurse, hosts).await));
    let id = id_of(&opened);
    s.hand_on(&s.nurse, id, &s.nurse).await.expect(404);
    s.hand_on(&s.host, id, &s.stranger).await.expect(422);
    s.hand_on(&s.host, id, &s.host).await.expect(422);
    s.hand_on(&s.host, id, &s.helper).await.expect(204);
    // Whoever decides hands it on; the finder only where nothing came of it.
    s.hand_on(&s.host, id, &s.nurse).await.expect_code(403, "not_yet");
    s.hand_on(&s.helper, id, &s.nurse).await.expect(204);
    s.by(&s.helper).get(&format!("/api/v1/quarantines/{id}")).await.expect(404);
    s.decide(&s.nurse, id, "confirm", "").await.expect(200);
    let mine = s.by(&s.nurse).get("/api/v1/quarantines").await.expect(200).json();
    assert_eq!(mine["items"].as_array().map(Vec::len), Some(2), "own found, and decided");
    assert_eq!(s.count("SELECT count(*) FROM care.receipt WHERE kind = 'quarantine_handed'").await, 2);
    let log = s.by(&s.admin).get("/facility/access-log").await.expect(200).text();
    assert!(log.contains("隔離を確かめる人を変えました") && !log.contains("quarantine_"), "in words");
    s.verifies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_one_of_the_two_is_gone_the_host_names_another_also_in_a_group_that_was_archived() {
    let s = scene().await;
    let post = s.post(&s.nurse, SECRET).await;
    let id = id_of(&s.hide(&s.helper, post).await.expect(201).json());
    s.hand_on(&s.host, id, &s.host).await.expect(404);
    s.w.end_membership(&s.host, s.group, &s.nurse).await;
    s.by(&s.nurse).get(&format!("/api/v1/quarantines/{id}")).await.expect(404);
    s.hand_on(&s.host, id, &s.host).await.expect(204);
    s.w.archive(&s.host, s.group).await;
    let seen = s.by(&s.host).get(&format!("/api/v1/quarantines/{id}")).await.expect(200).json();
    assert_eq!(seen["texts"][0]["body"], SECRET);
    s.decide(&s.host, id, "confirm", "").await.expect(200);
    s.verifies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_made_of_it_is_hidden_too() {
    let s = scene().await;
    let by = (jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24)).to_string();
    let path = format!("/api/v1/groups/{}/posts", s.group);
    let body = json!({"client_id": Uuid::new_v4(), "body": SECRET, "must_acknowledge_by": by});
    let post = id_of(&s.by(&s.host).call("POST", &path, body).await.expect(201).json());
    let handled = json!({"client_id": Uuid::new_v4(), "result": "深海さんに電話しました"});
    s.by(&s.helper).call("PUT", &format!("/api/v1/posts/{post}/handled"), handled).await.expect(204);
    let task = json!({"client_id": Uuid::new_v4(), "due_date": crate::access::cases::tomorrow()});
    s.by(&s.nurse).call("POST", &format!("/api/v1/posts/{post}/tasks"), task).await.expect(201);
    let token = s.token(&s.helper).await;
    let pages = || {
        let s = &s;
        let token = &token;
        async move {
            let mut all = String::new();
            for path in [
                format!("/api/v1/posts/{post}/asked"),
                format!("/api/v1/tasks?group={}", s.group),
                format!("/api/v1/groups/{}/digest?day={}", s.group, crate::access::cases::today()),
                format!("/api/v1/groups/{}/before-visit", s.group),
                format!("/api/v1/posts/{post}"),
            ] {
                all.push_str(&s.by(&s.helper).get(&path).await.text());
                all.push_str(&s.w.with_token(token).get(&path).await.text());
            }
            for path in [format!("/posts/{post}/asked"), format!("/groups/{}/tasks", s.group)] {
                all.push_str(&s.by(&s.helper).get(&path).await.text());
            }
            all
        }
    };
    let before = pages().await;
    assert!(before.contains("深海さんに電話") && before.matches("インスリン").count() > 4);
    let opened = s.hide(&s.helper, post).await.expect(201).json();
    assert_eq!(opened["traces"]["tasks"], 1);
    // The finder herself, and her program: by the way neither has it.
    let after = pages().await;
    assert!(!after.contains("深海さん") && !after.contains("インスリン"), "{after}");
    s.w.with_token(&token).get(&format!("/api/v1/quarantines/{}", id_of(&opened))).await.expect(403);
    s.decide(&s.host, id_of(&opened), "lift", "この方です").await.expect(200);
    assert_eq!(pages().await.matches("インスリン").count(), before.matches("インスリン").count());
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_read_the_line_in_its_place_has_not_read_the_text() {
    let s = scene().await;
    let post = s.post(&s.host, SECRET).await;
    let seq = s.shown(&s.host, post).await["seq"].as_i64().expect("a place");
    let read = |who: &Person, up_to: i64| {
        let (client, path) = (s.w.as_(who), format!("/api/v1/groups/{}/read", s.group));
        async move { client.call("POST", &path, json!({"up_to_seq": up_to})).await.expect(204) }
    };
    read(&s.helper, seq).await;
    let id = id_of(&s.hide(&s.helper, post).await.expect(201).json());
    read(&s.nurse, seq).await;
    s.by(&s.nurse).post(s.group, "つぎの投稿").await.expect(201);
    let readers = || {
        let client = s.w.as_(&s.host);
        async move {
            let all = client.get(&format!("/api/v1/posts/{post}/readers")).await.expect(200).json();
            let read = |r: &&Value| r["displayed_at"].is_string();
            all["items"]
                .as_array()
                .expect("items")
                .iter()
                .filter(read)
                .map(|r| r["name"].to_string())
                .collect::<Vec<_>>()
        }
    };
    let seen = s.by(&s.host).get(&format!("/api/v1/quarantines/{id}")).await.expect(200).json();
    assert_eq!(seen["seen"].as_array().map(Vec::len), Some(1), "{seen}");
    s.decide(&s.host, id, "lift", "この方です").await.expect(200);
    assert_eq!(readers().await, [format!("\"{}\"", s.helper.name)], "the nurse had a line on the screen");
    let open = s.by(&s.nurse).get("/api/v1/me/open-items").await.expect(200).text();
    assert!(open.contains(&post.to_string()), "she is asked to read it: {open}");
    read(&s.nurse, seq + 1).await;
    assert!(
        !s.by(&s.nurse).get("/api/v1/me/open-items").await.expect(200).text().contains(&post.to_string())
    );
    assert_eq!(readers().await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_two_quarantines_hide_comes_back_with_the_second_lift() {
    let s = scene().await;
    let kin: Kin = s.w.kin(&s.host, s.group, "mika", "family", "試験 美香").await;
    let mika = s.w.as_kin(&kin);
    let family = format!("/api/v1/groups/{}/posts?timeline=family", s.group);
    let post = s.post(&s.nurse, SECRET).await;
    let reply = json!({"client_id": Uuid::new_v4(), "body": "返信の文です", "reply_to": post});
    let path = format!("/api/v1/groups/{}/posts", s.group);
    let reply = id_of(&s.by(&s.host).call("POST", &path, reply).await.expect(201).json());
    let id = Uuid::new_v4().to_string();
    let words = [("client_id", id.as_str()), ("words", "返信をご家族に見せます。")];
    s.by(&s.nurse).form(&format!("/posts/{reply}/release"), &words).await.expect(303);
    // Pointing at what the family has means the team's text too.
    let on_family: Uuid = mika.get(&family).await.expect(200).json()["items"][0]["id"]
        .as_str()
        .and_then(|id| id.parse().ok())
        .expect("an id");
    let first = s.hide(&s.helper, on_family).await.expect(201).json();
    assert_eq!(first["post_id"], reply.to_string());
    let second = id_of(&s.hide(&s.helper, post).await.expect(201).json());
    assert!(hidden(&s.shown(&s.nurse, reply).await) && hidden(&s.shown(&s.host, post).await));
    s.decide(&s.nurse, second, "lift", "この方です").await.expect(200);
    assert_eq!(s.shown(&s.host, post).await["body"], SECRET);
    assert!(hidden(&s.shown(&s.nurse, reply).await), "that is another one's");
    assert!(!mika.get(&family).await.expect(200).text().contains("返信をご家族に"));
    s.decide(&s.host, id_of(&first), "lift", "この方です").await.expect(200);
    assert!(mika.get(&family).await.expect(200).text().contains("返信をご家族に"));
    s.verifies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn its_corrections_its_withdrawal_and_its_values_go_with_it() {
    let s = scene().await;
    let post = s.post(&s.nurse, SECRET).await;
    let path = format!("/api/v1/posts/{post}/observations");
    let offered = s.by(&s.nurse).get(&path).await.expect(200).json()["offered"].clone();
    let body = json!({"seen": offered["seen"], "take": [offered["values"][0]["number"]]});
    s.by(&s.nurse).call("POST", &path, body).await.expect(201);
    let chart = |who: &Person| {
        let path = format!("/api/v1/patients/{}/observations", s.patient);
        let client = s.w.as_(who);
        async move { client.get(&path).await.expect(200).json()["items"].as_array().expect("items").len() }
    };
    assert!(chart(&s.helper).await > 0, "the values are on the chart");
    let body = json!({"client_id": Uuid::new_v4(), "body": "深海さんのインスリンを6単位に変えました"});
    let path = format!("/api/v1/posts/{post}/corrections");
    let corrected = id_of(&s.by(&s.nurse).call("POST", &path, body).await.expect(201).json());
    let body = json!({"client_id": Uuid::new_v4(), "reason": "深海さんの間違い"});
    s.by(&s.nurse).call("POST", &format!("/api/v1/posts/{corrected}/withdrawal"), body).await.expect(201);
    assert_eq!(s.found(&s.helper, "深海").await, 2, "by the first text, and by the reason of the withdrawal");
    // Pointing at the correction means all of it.
    let opened = s.hide(&s.helper, corrected).await.expect(201).json();
    assert_eq!(opened["post_id"], post.to_string());
    assert!(opened["traces"]["values"].as_i64() > Some(0), "{opened}");
    for one in [post, corrected] {
        assert!(hidden(&s.shown(&s.host, one).await));
        assert!(!s.everything(&s.host, one).await.contains("深海"));
    }
    assert_eq!(s.found(&s.host, "深海").await, 0);
    for who in [&s.host, &s.nurse] {
        assert_eq!(chart(who).await, 0, "wrong for everybody, also for the two");
    }
    let page = s.by(&s.nurse).get(&format!("/quarantines/{}", id_of(&opened))).await.expect(200).text();
    assert!(page.contains("4単位") && page.contains("6単位"), "the two see all of it");
    s.decide(&s.nurse, id_of(&opened), "lift", "この方のものでした").await.expect(200);
    assert!(chart(&s.helper).await > 0);
    s.verifies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_family_sees_that_something_stood_there_and_no_more() {
    let s = scene().await;
    let kin: Kin = s.w.kin(&s.host, s.group, "mika", "family", "試験 美香").await;
    let mika = s.w.as_kin(&kin);
    let family = format!("/api/v1/groups/{}/posts", s.group);
    let post = s.post(&s.host, SECRET).await;
    let id = Uuid::new_v4().to_string();
    let words = [("client_id", id.as_str()), ("words", "インスリンが変わりました。")];
    s.by(&s.nurse).form(&format!("/posts/{post}/release"), &words).await.expect(303);
    assert!(mika.get(&format!("{family}?timeline=family")).await.expect(200).text().contains("インスリン"));
    let opened = s.hide(&s.nurse, post).await.expect(201).json();
    let seen = mika.get(&format!("{family}?timeline=family")).await.expect(200);
    assert!(!seen.text().contains("インスリン") && seen.json()["items"][0]["body"].is_null());
    let page = mika.get(&format!("/family/{}", s.group)).await.expect(200).text();
    assert!(page.contains("いま 見られません") && !page.contains("インスリン") && !page.contains("隔離"));
    let on_family: Uuid =
        seen.json()["items"][0]["id"].as_str().and_then(|id| id.parse().ok()).expect("an id");
    let body = json!({"client_id": Uuid::new_v4(), "body": "見えません", "reply_to": on_family, "timeline": "family"});
    mika.call("POST", &family, body).await.expect_code(409, "quarantined");
    assert!(
        !s.by(&s.helper)
            .get(&format!("/groups/{}/family", s.group))
            .await
            .expect(200)
            .text()
            .contains("インスリン")
    );
    s.decide(&s.host, id_of(&opened), "lift", "この方のものでした").await.expect(200);
    assert!(mika.get(&format!("{family}?timeline=family")).await.expect(200).text().contains("インスリン"));
    // A post on the family's own timeline: found by a member, hidden from both.
    let body = json!({"client_id": Uuid::new_v4(), "body": "別の方のお薬です", "timeline": "family"});
    let direct = id_of(
        &s.by(&s.nurse)
            .call("POST", &format!("/api/v1/groups/{}/posts", s.group), body)
            .await
            .expect(201)
            .json(),
    );
    assert!(mika.get(&format!("{family}?timeline=family")).await.expect(200).text().contains("別の方のお薬"));
    let opened = s.hide(&s.helper, direct).await.expect(201).json();
    assert_eq!(opened["family"], true);
    assert!(
        !mika.get(&format!("{family}?timeline=family")).await.expect(200).text().contains("別の方のお薬")
    );
    s.verifies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_written_again_where_it_belongs_and_both_groups_keep_a_receipt() {
    let s = scene().await;
    let post = s.post(&s.nurse, SECRET).await;
    let seq = s.shown(&s.host, post).await["seq"].as_i64().expect("a place");
    let read = json!({"up_to_seq": seq});
    s.by(&s.helper).call("POST", &format!("/api/v1/groups/{}/read", s.group), read).await.expect(204);
    let id = id_of(&s.hide(&s.helper, post).await.expect(201).json());
    let rewriting = format!("/api/v1/quarantines/{id}/rewriting");
    let body = json!({"group": s.other, "body": "インスリンを4単位に変えました。"});
    s.by(&s.nurse).call("POST", &rewriting, body.clone()).await.expect_code(409, "decided_otherwise");
    s.decide(&s.nurse, id, "confirm", "").await.expect(200);
    s.by(&s.nurse).call("POST", &rewriting, json!({"group": s.group, "body": "同じ"})).await.expect(422);
    s.by(&s.nurse)
        .call("POST", &rewriting, json!({"group": Uuid::new_v4(), "body": "ない"}))
        .await
        .expect(404);
    let free = json!({"client_id": Uuid::new_v4(), "kind": "free", "title": "学ぶ会"});
    let free = id_of(&s.by(&s.nurse).call("POST", "/api/v1/groups", free).await.expect(201).json());
    s.by(&s.nurse)
        .call("POST", &rewriting, json!({"group": free, "body": "患者のではない"}))
        .await
        .expect(422);
    s.by(&s.host).call("POST", &rewriting, body.clone()).await.expect(404);
    s.by(&s.helper).call("POST", &rewriting, body.clone()).await.expect(404);
    let there = s.by(&s.nurse).call("POST", &rewriting, body.clone()).await.expect(201).json();
    s.by(&s.nurse).call("POST", &rewriting, body).await.expect_code(409, "moved_already");
    s.decide(&s.nurse, id, "lift", "やはり").await.expect_code(409, "decided_already");
    let finders = s.by(&s.helper).get(&format!("/api/v1/quarantines/{id}")).await.expect(200).json();
    assert!(finders["moved"] == true && finders["moved_group"].is_null(), "she is not in that group");
    assert_eq!(s.count("SELECT count(*) FROM care.post WHERE kind = 'post'").await, 2);
    let seen = s.by(&s.host).get(&format!("/api/v1/posts/{}", id_of(&there))).await.expect(200).json();
    assert_eq!(seen["moved"]["seen_by"], 1, "{seen}");
    assert!(!seen.to_string().contains(&s.group.to_string()), "where it stood is not told there");
    let page = s.by(&s.host).get(&format!("/groups/{}", s.other)).await.expect(200).text();
    assert!(page.contains("はじめ、別の患者さんのグループに誤って投稿されたものです"));
    let here = s.timeline(&s.host).await;
    assert!(
        hidden(&here[0]) && !here[0].to_string().contains(&s.other.to_string()),
        "nor the other way round"
    );
    for (group, kind) in [(s.group, "quarantined"), (s.group, "quarantine_confirmed"), (s.other, "moved")] {
        let sql = "SELECT count(*) FROM care.receipt WHERE group_id = $1 AND kind = $2";
        let row = s.w.superuser().await.query_one(sql, &[&group, &kind]).await.expect("a count");
        assert_eq!(row.get::<_, i64>(0), 1, "{kind}");
    }
    for act in ["quarantined", "quarantine_confirmed", "moved", "viewed_quarantine"] {
        let sql = format!(
            "SELECT count(*) FROM care.access_event WHERE act = '{act}' AND outcome = 'done' AND owner_facility_id = '{}'",
            s.clinic.id
        );
        assert!(s.count(&sql).await > 0, "the managing facility's log has {act}");
    }
    s.verifies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_at_once_make_one_quarantine_and_a_lost_answer_is_no_second_one() {
    let s = scene().await;
    let post = s.post(&s.host, SECRET).await;
    let (one, two) = tokio::join!(s.hide(&s.nurse, post), s.hide(&s.helper, post));
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409]);
    let other = s.post(&s.host, "もう1つ").await;
    let body = json!({"client_id": Uuid::new_v4(), "reason": "別の方"});
    let path = format!("/api/v1/posts/{other}/quarantine");
    let first = s.by(&s.nurse).call("POST", &path, body.clone()).await.expect(201).json();
    assert_eq!(
        id_of(&s.by(&s.nurse).call("POST", &path, body.clone()).await.expect(201).json()),
        id_of(&first)
    );
    let changed = json!({"client_id": body["client_id"], "reason": "ほかの理由"});
    s.by(&s.nurse).call("POST", &path, changed).await.expect(409);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_joined_from_now_on_hides_what_she_sees_and_nothing_else() {
    let s = scene().await;
    let earlier = s.post(&s.host, SECRET).await;
    let late = s.w.staff(s.clinic, "atode", "nurse").await;
    let invite = json!({"client_id": Uuid::new_v4(), "account_id": late.id, "facility_id": late.facility.id, "role": "member", "from_now_on": true});
    let path = format!("/api/v1/groups/{}/invitations", s.group);
    let invited = s.by(&s.host).call("POST", &path, invite).await;
    if !invited.status.is_success() {
        panic!("the invitation: {}", invited.text());
    }
    let accept = json!({"client_id": Uuid::new_v4(), "decision": "accept"});
    let path = format!("/api/v1/invitations/{}/acceptance", id_of(&invited.json()));
    s.by(&late).call("POST", &path, accept).await.expect(200);
    s.hide(&late, earlier).await.expect(404);
    let later = s.post(&s.host, SECRET).await;
    s.hide(&late, later).await.expect(201);
    // The line in the place of an older one is not told to her.
    s.hide(&s.nurse, earlier).await.expect(201);
    s.by(&late).get(&format!("/api/v1/posts/{earlier}")).await.expect(404);
    assert_eq!(s.timeline(&late).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_form_keeps_what_was_typed_and_a_conversation_of_two_has_none() {
    let s = scene().await;
    let post = s.post(&s.nurse, SECRET).await;
    let path = format!("/posts/{post}/quarantine");
    let page = s.by(&s.helper).get(&path).await.expect(200).text();
    assert!(page.contains("別の患者さんの投稿として、見えなくしますか") && page.contains("確かめる人"));
    let id = Uuid::new_v4().to_string();
    let which = post.to_string();
    let form = |reason: &str| {
        vec![
            ("client_id", id.clone()),
            ("which", which.clone()),
            ("reason", reason.to_owned()),
            ("second", String::new()),
        ]
    };
    let send = |fields: Vec<(&'static str, String)>| {
        let client = s.by(&s.helper);
        let path = path.clone();
        async move {
            let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
            client.form(&path, &fields).await
        }
    };
    send(form("")).await.expect(422);
    assert_eq!(s.shown(&s.host, post).await["body"], SECRET);
    let long = "長".repeat(501);
    assert!(send(form(&long)).await.expect(422).text().contains(&long), "what was typed comes back");
    send(form("別の方です")).await.expect(303);
    assert!(hidden(&s.shown(&s.host, post).await));
    s.by(&s.host).get(&path).await.expect(409);
    s.by(&s.stranger).get(&path).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn verify_names_what_is_hidden_or_shown_against_its_records() {
    let s = scene().await;
    let post = s.post(&s.host, SECRET).await;
    s.post(&s.nurse, "ほかの投稿").await;
    let id = id_of(&s.hide(&s.nurse, post).await.expect(201).json());
    s.verifies().await;
    let superuser = s.w.superuser().await;
    superuser.batch_execute("SELECT guard.open_window('5 minutes', 'attack')").await.expect("a window");
    let access = crate::world::cluster().await.config("renkei_verify", &s.w.database);
    for (attack, back) in [
        ("UPDATE care.quarantined_post SET hidden = false", "UPDATE care.quarantined_post SET hidden = true"),
        (
            "UPDATE care.quarantine SET state = 'lifted', decided_at = now()",
            "UPDATE care.quarantine SET state = 'waiting', decided_at = NULL",
        ),
        (
            "UPDATE care.quarantine SET at = at + interval '1 second'",
            "UPDATE care.quarantine SET at = at - interval '1 second'",
        ),
    ] {
        superuser.batch_execute(attack).await.expect(attack);
        let report = verify::check(&access, &s.w.app.config, None).await.expect("it runs");
        assert!(report.bad.iter().any(|bad| bad.contains(&id.to_string())), "{attack}: {report:?}");
        superuser.batch_execute(back).await.expect(back);
        s.verifies().await;
    }
    s.decide(&s.host, id, "confirm", "").await.expect(200);
    s.verifies().await;
    superuser
        .batch_execute(
            "UPDATE care.quarantine SET state = 'waiting', decided_at = NULL, decided_said_at = NULL",
        )
        .await
        .expect("back");
    let report = verify::check(&access, &s.w.app.config, None).await.expect("it runs");
    assert!(!report.bad.is_empty(), "the second person's word is not forgotten");
}
