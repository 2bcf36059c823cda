//! Invitations through the API: who needs whose approval, and that each works once, for one person, for 72 hours.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::world::{Answer, Person, World, id_of};

struct Region {
    w: World,
    admin: Person,
    host: Person,
    own: Person,
    nurse: Person,
    other: Person,
    group: Uuid,
}

async fn region() -> Region {
    let w = World::new().await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    let station = w.facility("visiting_nurse_station", "試験訪問看護").await;
    let admin = w.admin(clinic, "admin", "clerk").await;
    let host = w.staff(clinic, "host", "doctor").await;
    let own = w.staff(clinic, "own", "nurse").await;
    let nurse = w.staff(station, "nurse", "nurse").await;
    let other = w.staff(station, "other", "physical_therapist").await;
    let group = w.group(&admin, &host, "試験 太郎").await;
    Region { w, admin, host, own, nurse, other, group }
}

impl Region {
    fn path(&self, rest: &str) -> String {
        format!("/api/v1/groups/{}{rest}", self.group)
    }

    async fn invite(&self, by: &Person, whom: &Person, more: Value) -> Answer {
        let mut body = json!({"client_id": Uuid::new_v4(), "account_id": whom.id, "facility_id": whom.facility.id, "role": "member"});
        body.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
        self.w.as_(by).call("POST", &self.path("/invitations"), body).await
    }

    async fn answer(&self, person: &Person, id_or_token: &str, decision: &str) -> Answer {
        let body = json!({"client_id": Uuid::new_v4(), "decision": decision});
        self.w.as_(person).call("POST", &format!("/api/v1/invitations/{id_or_token}/acceptance"), body).await
    }

    async fn decide(&self, by: &Person, account: Uuid, decision: &str) -> Answer {
        let body = json!({"client_id": Uuid::new_v4(), "decision": decision});
        self.w.as_(by).call("POST", &self.path(&format!("/members/{account}/approval")), body).await
    }

    async fn sql(&self, statement: &str, id: Uuid) {
        assert_eq!(self.w.superuser().await.execute(statement, &[&id]).await.unwrap(), 1);
    }
}

fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap().to_owned()
}

fn token(invited: &Value) -> String {
    text(invited, "link").rsplit_once('/').unwrap().1.to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_needs_whose_approval() {
    let r = region().await;
    // (who invites, who is invited, whether the host has to approve)
    let table = [(&r.host, &r.nurse, false), (&r.admin, &r.own, false), (&r.admin, &r.other, true)];
    for (by, whom, approval) in table {
        let invited = r.invite(by, whom, json!({})).await.expect(201).json();
        assert_eq!(invited["needs_approval"], approval, "{} by {}", whom.name, by.name);
        let answer = r.answer(whom, &text(&invited, "id"), "accept").await.expect(200).json();
        assert_eq!(answer["state"], if approval { "accepted" } else { "joined" });
        let expected = if approval { 404 } else { 200 };
        r.w.as_(whom).get(&r.path("/posts")).await.expect(expected);
    }
    r.decide(&r.admin, r.other.id, "approve").await.expect_code(403, "host_only");
    r.decide(&r.nurse, r.other.id, "approve").await.expect_code(403, "host_only");
    r.decide(&r.other, r.other.id, "approve").await.expect_code(404, "not_found");
    r.decide(&r.host, r.nurse.id, "approve").await.expect_code(404, "not_found");
    assert_eq!(r.decide(&r.host, r.other.id, "approve").await.expect(200).json()["state"], "joined");
    r.w.as_(&r.other).get(&r.path("/posts")).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_host_may_refuse_and_the_invitee_may_decline() {
    let r = region().await;
    let invited = r.invite(&r.admin, &r.other, json!({})).await.expect(201).json();
    r.answer(&r.other, &text(&invited, "id"), "accept").await.expect(200);
    assert_eq!(r.decide(&r.host, r.other.id, "decline").await.expect(200).json()["state"], "refused");
    r.w.as_(&r.other).get(&r.path("")).await.expect_code(404, "not_found");
    r.decide(&r.host, r.other.id, "approve").await.expect_code(404, "not_found");

    let invited = r.invite(&r.host, &r.nurse, json!({})).await.expect(201).json();
    assert_eq!(
        r.answer(&r.nurse, &text(&invited, "id"), "decline").await.expect(200).json()["state"],
        "declined"
    );
    r.answer(&r.nurse, &text(&invited, "id"), "accept").await.expect_code(409, "used_or_expired");
    r.w.as_(&r.nurse).get(&r.path("")).await.expect_code(404, "not_found");
    r.invite(&r.host, &r.nurse, json!({})).await.expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_works_once_and_for_the_invited_person_only() {
    let r = region().await;
    let invited = r.invite(&r.host, &r.nurse, json!({})).await.expect(201).json();
    assert!(text(&invited, "link").starts_with("http://localhost:8080/invitations/"));
    for key in [token(&invited), text(&invited, "id")] {
        r.answer(&r.other, &key, "accept").await.expect_code(404, "not_found");
        r.answer(&r.host, &key, "accept").await.expect_code(404, "not_found");
    }
    r.answer(&r.nurse, "not-the-token", "accept").await.expect_code(404, "not_found");
    assert_eq!(r.answer(&r.nurse, &token(&invited), "accept").await.expect(200).json()["state"], "joined");
    r.answer(&r.nurse, &token(&invited), "accept").await.expect_code(409, "used_or_expired");
    let member = r.path(&format!("/members/{}", r.nurse.id));
    r.w.as_(&r.host).call("DELETE", &member, Value::Null).await.expect(204);
    r.answer(&r.nurse, &token(&invited), "accept").await.expect_code(409, "used_or_expired");
    r.w.as_(&r.nurse).get(&r.path("")).await.expect_code(404, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_host_takes_an_invitation_back_and_it_opens_nothing_any_more() {
    let r = region().await;
    let cancel = async |by: &Person, id: &str| {
        r.w.as_(by).call("DELETE", &format!("/api/v1/invitations/{id}"), Value::Null).await
    };
    let invited = r.invite(&r.host, &r.nurse, json!({})).await.expect(201).json();
    let id = text(&invited, "id");
    // Nobody but who keeps the group: not the invited person, not a stranger, not a mere member.
    r.w.join(&r.host, r.group, &r.own).await;
    cancel(&r.own, &id).await.expect_code(403, "host_only");
    for stranger in [&r.nurse, &r.other] {
        cancel(stranger, &id).await.expect_code(404, "not_found");
    }
    cancel(&r.host, &Uuid::new_v4().to_string()).await.expect_code(404, "not_found");
    cancel(&r.host, &id).await.expect(204);
    cancel(&r.host, &id).await.expect(204);
    r.answer(&r.nurse, &token(&invited), "accept").await.expect_code(409, "used_or_expired");
    r.w.as_(&r.nurse).get(&r.path("/posts")).await.expect_code(404, "not_found");
    let waiting = r.w.as_(&r.nurse).get("/api/v1/invitations").await.expect(200).json();
    assert_eq!(waiting["items"], json!([]));
    // It is one entry of the group's stream and of the access log, and makes room for another invitation.
    let sql = "SELECT (SELECT count(*) FROM care.membership_event WHERE kind = 'refused'),
        (SELECT count(*) FROM care.access_event WHERE act = 'member_refused' AND outcome = 'done')";
    let row = r.w.superuser().await.query_one(sql, &[]).await.unwrap();
    assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1)), (1, 1));
    // The admin of the managing facility may, too; by the button of the members' page.
    let id = text(&r.invite(&r.host, &r.nurse, json!({})).await.expect(201).json(), "id");
    let members = format!("/groups/{}/members", r.group);
    let path = format!("/groups/{}/invitations/{id}/cancellation", r.group);
    assert!(r.w.as_(&r.host).get(&members).await.expect(200).text().contains(&path));
    r.w.as_(&r.admin).form(&path, &[]).await.expect(303);
    r.answer(&r.nurse, &id, "accept").await.expect_code(409, "used_or_expired");
    // Whoever has answered is not turned away by it.
    let id = text(&r.invite(&r.host, &r.nurse, json!({})).await.expect(201).json(), "id");
    r.answer(&r.nurse, &id, "accept").await.expect(200);
    cancel(&r.host, &id).await.expect_code(409, "answered_already");
    let led = r.w.as_(&r.host).form(&format!("/groups/{}/invitations/{id}/cancellation", r.group), &[]).await;
    assert!(led.expect(303).headers["location"].to_str().unwrap().ends_with("done=answered_meanwhile"));
    r.w.as_(&r.nurse).get(&r.path("/posts")).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_a_former_host_has_invited_needs_the_approval_of_the_present_one() {
    let r = region().await;
    r.w.join(&r.host, r.group, &r.own).await;
    let by_host = r.invite(&r.host, &r.nurse, json!({})).await.expect(201).json();
    assert_eq!(by_host["needs_approval"], false);
    let staff = r.w.staff(r.host.facility, "later", "nurse").await;
    let of_the_house = r.invite(&r.host, &staff, json!({})).await.expect(201).json();
    let body = json!({"client_id": Uuid::new_v4(), "account_id": r.own.id});
    r.w.as_(&r.host).call("PUT", &r.path("/host"), body).await.expect(200);
    let state = r.answer(&r.nurse, &text(&by_host, "id"), "accept").await.expect(200).json();
    assert_eq!(state["state"], "accepted");
    r.w.as_(&r.nurse).get(&r.path("/posts")).await.expect_code(404, "not_found");
    // Own staff of the managing facility join as before.
    let state = r.answer(&staff, &text(&of_the_house, "id"), "accept").await.expect(200).json();
    assert_eq!(state["state"], "joined");
    assert_eq!(r.decide(&r.own, r.nurse.id, "approve").await.expect(200).json()["state"], "joined");
    r.w.as_(&r.nurse).get(&r.path("/posts")).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_ends_after_72_hours() {
    let r = region().await;
    let invited = r.invite(&r.host, &r.nurse, json!({})).await.expect(201).json();
    let hours = (text(&invited, "expires_at").parse::<jiff::Timestamp>().unwrap() - jiff::Timestamp::now())
        .total(jiff::Unit::Hour)
        .unwrap();
    assert!((71.9..=72.0).contains(&hours), "{hours}");
    assert_eq!(
        r.w.as_(&r.nurse).get("/api/v1/invitations").await.expect(200).json()["items"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    r.invite(&r.host, &r.nurse, json!({})).await.expect_code(409, "invited_already");
    r.sql(
        "UPDATE care.invitation SET expires_at = clock_timestamp() - interval '1 second' WHERE id = $1",
        id_of(&invited),
    )
    .await;
    r.answer(&r.nurse, &text(&invited, "id"), "accept").await.expect_code(409, "used_or_expired");
    assert_eq!(r.w.as_(&r.nurse).get("/api/v1/invitations").await.json()["items"], json!([]));
    let again = r.invite(&r.host, &r.nurse, json!({})).await.expect(201).json();
    r.answer(&r.nurse, &text(&again, "id"), "accept").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_goes_by_itself_at_the_end() {
    let r = region().await;
    let refused =
        r.invite(&r.host, &r.nurse, json!({"role": "guest"})).await.expect_code(422, "invalid").json();
    assert_eq!(refused["errors"][0]["field"], "until");
    r.invite(&r.host, &r.nurse, json!({"role": "guest", "until": "2020-01-01T00:00:00Z"}))
        .await
        .expect_code(422, "invalid");
    r.invite(&r.host, &r.nurse, json!({"until": "2099-01-01T00:00:00Z"})).await.expect_code(422, "invalid");
    let invited = r
        .invite(&r.host, &r.nurse, json!({"role": "guest", "until": "2099-01-01T00:00:00Z"}))
        .await
        .expect(201)
        .json();
    r.answer(&r.nurse, &text(&invited, "id"), "accept").await.expect(200);
    r.w.as_(&r.nurse).post(r.group, "一時参加です").await.expect(201);
    let me = r.w.as_(&r.nurse).get(&r.path("/members")).await.json();
    assert!(
        me["items"]
            .as_array()
            .unwrap()
            .iter()
            .any(|m| m["role"] == "guest" && m["until"] == "2099-01-01T00:00:00Z")
    );
    r.sql(
        "UPDATE care.membership SET until = clock_timestamp() - interval '1 second' WHERE account_id = $1",
        r.nurse.id,
    )
    .await;
    for path in [r.path("/posts"), r.path(""), r.path("/members")] {
        r.w.as_(&r.nurse).get(&path).await.expect_code(404, "not_found");
    }
    r.w.as_(&r.nurse).post(r.group, "まだいますか").await.expect_code(404, "not_found");
    r.invite(&r.host, &r.nurse, json!({})).await.expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn from_now_on_closes_what_was_written_before() {
    let r = region().await;
    let before = id_of(&r.w.as_(&r.host).post(r.group, "参加の前").await.expect(201).json());
    let invited = r.invite(&r.host, &r.nurse, json!({"from_now_on": true})).await.expect(201).json();
    let between = id_of(&r.w.as_(&r.host).post(r.group, "招待のあと、参加の前").await.expect(201).json());
    r.answer(&r.nurse, &text(&invited, "id"), "accept").await.expect(200);
    let after = id_of(&r.w.as_(&r.host).post(r.group, "参加のあと").await.expect(201).json());

    let page = r.w.as_(&r.nurse).get(&r.path("/posts")).await.expect(200).json();
    let seen: Vec<Uuid> = page["items"].as_array().unwrap().iter().map(id_of).collect();
    assert_eq!(seen, [after]);
    let all = r.w.as_(&r.nurse).get(&r.path("/posts?after_seq=0")).await.json();
    assert_eq!(all["items"].as_array().unwrap().len(), 1);
    for hidden in [before, between] {
        r.w.as_(&r.host).get(&format!("/api/v1/posts/{hidden}")).await.expect(200);
        r.w.as_(&r.nurse).get(&format!("/api/v1/posts/{hidden}")).await.expect_code(404, "not_found");
    }
    assert_eq!(r.w.as_(&r.nurse).get("/api/v1/groups").await.json()["items"][0]["unread"], 1);
    attach_a_file(&r.w, before).await;
    attach_a_file(&r.w, after).await;
    assert_eq!(ids(&r.w, &r.host, "SELECT post_id FROM care.post_file ORDER BY seq").await, [before, after]);
    assert_eq!(ids(&r.w, &r.nurse, "SELECT post_id FROM care.post_file ORDER BY seq").await, [after]);
    let events = "SELECT post_id FROM act.events_since('0') WHERE kind = 'post.created' ORDER BY seq";
    assert_eq!(ids(&r.w, &r.host, events).await, [before, between, after]);
    assert_eq!(ids(&r.w, &r.nurse, events).await, [after]);
}

/// A file of the post as the database sees it, without an upload.
async fn attach_a_file(w: &World, post: Uuid) {
    let sql = "WITH f AS (INSERT INTO care.file SELECT gen_random_uuid(), p.author_id, p.facility_id, 1, '', '', 'other', 'text/plain', 'text', 1, sha256(''), '', NULL,
        gen_random_uuid(), now() FROM care.post p WHERE p.id = $1 RETURNING id)
      INSERT INTO care.post_file SELECT p.id, 0, f.id, p.stream_id, p.group_id, p.seq, '' FROM care.post p, f WHERE p.id = $1";
    assert_eq!(w.superuser().await.execute(sql, &[&post]).await.unwrap(), 1);
}

/// What row security lets a person see.
async fn ids(w: &World, person: &Person, sql: &str) -> Vec<Uuid> {
    let mut tx = w.app.db.acting(&renkei::auth::Actor::from_token(&person.token)).await.unwrap();
    tx.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_double_click_invites_accepts_and_approves_once() {
    let r = region().await;
    let body = json!({"client_id": Uuid::new_v4(), "account_id": r.other.id, "facility_id": r.other.facility.id, "role": "member"});
    let admin = r.w.as_(&r.admin);
    let path = r.path("/invitations");
    let sends = futures_util::future::join_all((0..8).map(|_| admin.call("POST", &path, body.clone()))).await;
    assert_eq!(sends.iter().filter(|a| a.status == 201).count(), 1);
    let links: std::collections::HashSet<String> =
        sends.into_iter().map(|a| text(&a.json(), "link")).collect();
    assert_eq!(links.len(), 1, "a retry gets the same link");
    let mut other = body.clone();
    other["account_id"] = json!(r.nurse.id);
    r.w.as_(&r.admin).call("POST", &path, other).await.expect_code(409, "client_id_used_for_something_else");

    let token = links.into_iter().next().unwrap().rsplit_once('/').unwrap().1.to_owned();
    let path = format!("/api/v1/invitations/{token}/acceptance");
    let accept = json!({"client_id": Uuid::new_v4(), "decision": "accept"});
    let invitee = r.w.as_(&r.other);
    let sends =
        futures_util::future::join_all((0..8).map(|_| invitee.call("POST", &path, accept.clone()))).await;
    assert!(
        sends.iter().all(|a| a.status == 200 && a.json()["state"] == "accepted"),
        "{:?}",
        sends[0].text()
    );

    let path = r.path(&format!("/members/{}/approval", r.other.id));
    let approve = json!({"client_id": Uuid::new_v4(), "decision": "approve"});
    let host = r.w.as_(&r.host);
    let sends =
        futures_util::future::join_all((0..8).map(|_| host.call("POST", &path, approve.clone()))).await;
    assert!(sends.iter().all(|a| a.status == 200 && a.json()["state"] == "joined"));
    let sql = "SELECT kind, count(*) FROM care.membership_event WHERE group_id = $1 AND subject_id = $2 GROUP BY kind ORDER BY kind";
    let rows = r.w.superuser().await.query(sql, &[&r.group, &r.other.id]).await.unwrap();
    let counts: Vec<(String, i64)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    let once = |kind: &str| (kind.to_owned(), 1);
    assert_eq!(counts, [once("accepted"), once("approved"), once("invited"), once("joined")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_and_members_cannot_invite() {
    let r = region().await;
    r.w.join(&r.host, r.group, &r.nurse).await;
    r.invite(&r.nurse, &r.other, json!({})).await.expect_code(403, "host_only");
    r.invite(&r.other, &r.other, json!({})).await.expect_code(404, "not_found");
    r.invite(&r.host, &r.nurse, json!({})).await.expect_code(409, "a_member_already");
    let wrong = json!({"facility_id": r.own.facility.id});
    r.invite(&r.host, &r.other, wrong).await.expect_code(422, "invalid");
    r.invite(&r.host, &r.other, json!({})).await.expect(201);
    let refusals = "SELECT count(*) FROM care.access_event WHERE act = 'member_invited' AND outcome = 'refused' AND group_id = $1";
    let count: i64 = r.w.superuser().await.query_one(refusals, &[&r.group]).await.unwrap().get(0);
    assert_eq!(count, 2);
}
