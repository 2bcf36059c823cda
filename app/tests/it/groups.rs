//! Groups and their members through the API.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::world::{Facility, Person, World, id_of};

/// A clinic that manages the patient, a station that helps, and their people.
struct Region {
    w: World,
    admin: Person,
    host: Person,
    own: Person,
    station: Facility,
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
    Region { w, admin, host, own, station, nurse, other, group }
}

impl Region {
    fn path(&self, rest: &str) -> String {
        format!("/api/v1/groups/{}{rest}", self.group)
    }

    async fn names(&self, as_: &Person) -> Vec<String> {
        let members = self.w.as_(as_).get(&self.path("/members")).await.expect(200).json();
        let name = |m: &Value| m["name"].as_str().unwrap_or_default().to_owned();
        members["items"].as_array().unwrap().iter().map(name).collect()
    }
}

fn client_id() -> Uuid {
    Uuid::new_v4()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_admin_opens_one_group_and_names_the_host() {
    let w = World::new().await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    let station = w.facility("visiting_nurse_station", "試験訪問看護").await;
    let admin = w.admin(clinic, "admin", "clerk").await;
    let host = w.staff(clinic, "host", "doctor").await;
    let foreign = w.admin(station, "foreign", "nurse").await;
    let patient = w.patient(&admin, "試験 太郎").await;
    let body = |host: &Person| json!({"client_id": client_id(), "kind": "patient", "patient_id": patient, "host": host.id});

    w.as_(&host).call("POST", "/api/v1/groups", body(&host)).await.expect_code(404, "not_found");
    w.as_(&foreign).call("POST", "/api/v1/groups", body(&host)).await.expect_code(404, "not_found");
    let wrong =
        w.as_(&admin).call("POST", "/api/v1/groups", body(&foreign)).await.expect_code(422, "invalid").json();
    assert_eq!(wrong["errors"][0]["field"], "host");

    let same = body(&host);
    let client = w.as_(&admin);
    let sends =
        futures_util::future::join_all((0..8).map(|_| client.call("POST", "/api/v1/groups", same.clone())))
            .await;
    assert_eq!(sends.iter().filter(|a| a.status == 201).count(), 1);
    for sent in &sends {
        assert!(sent.status == 201 || sent.status == 200, "{}", sent.text());
    }
    let group = id_of(&sends[0].json());
    assert!(sends.iter().all(|a| id_of(&a.json()) == group));
    w.as_(&admin).call("POST", "/api/v1/groups", body(&host)).await.expect_code(409, "open_already");

    let mine = w.as_(&host).get(&format!("/api/v1/groups/{group}")).await.expect(200).json();
    assert_eq!((&mine["title"], &mine["my_role"]), (&json!("試験 太郎"), &json!("host")));
    let managed = w.as_(&admin).get(&format!("/api/v1/groups/{group}")).await.expect(200).json();
    assert_eq!(managed["my_role"], "admin");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_managing_admin_sees_who_is_in_but_not_what_they_write() {
    let r = region().await;
    r.w.as_(&r.host).post(r.group, "痛みは落ち着いています。").await.expect(201);
    r.w.as_(&r.host).get(&r.path("/posts")).await.expect(200);
    assert_eq!(r.names(&r.admin).await, vec![r.host.name.clone()]);
    r.w.as_(&r.admin).get(&r.path("/posts")).await.expect_code(404, "not_found");
    r.w.as_(&r.admin).post(r.group, "見えますか").await.expect_code(404, "not_found");
    let list = r.w.as_(&r.admin).get("/api/v1/groups").await.expect(200).json();
    assert_eq!(list["items"], json!([]));
    r.w.as_(&r.nurse).get(&r.path("/members")).await.expect_code(404, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_names_the_patient_and_counts_what_others_wrote() {
    let r = region().await;
    r.w.join(&r.host, r.group, &r.nurse).await;
    for text in ["一つめ", "二つめ", "三つめ"] {
        r.w.as_(&r.host).post(r.group, text).await.expect(201);
    }
    r.w.as_(&r.nurse).post(r.group, "わたしの投稿").await.expect(201);
    let item = |list: Value| list["items"][0].clone();
    let mine = item(r.w.as_(&r.nurse).get("/api/v1/groups?kind=patient").await.expect(200).json());
    assert_eq!((&mine["title"], &mine["unread"]), (&json!("試験 太郎"), &json!(3)));
    assert!(mine["last_post_at"].is_string());
    let read = json!({"up_to_seq": 2});
    r.w.as_(&r.nurse).call("POST", &r.path("/read"), read).await.expect(204);
    assert_eq!(item(r.w.as_(&r.nurse).get("/api/v1/groups").await.json())["unread"], 1);
    assert_eq!(item(r.w.as_(&r.host).get("/api/v1/groups").await.json())["unread"], 1);
    assert_eq!(r.w.as_(&r.nurse).get("/api/v1/groups?kind=free").await.json()["items"], json!([]));
    r.w.as_(&r.nurse).get("/api/v1/groups?colour=red").await.expect_code(400, "unreadable_query");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_pages_through_all_groups_once() {
    let r = region().await;
    let mut all = vec![r.group];
    for n in 0..4 {
        all.push(r.w.group(&r.admin, &r.host, &format!("試験 {n}子")).await);
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = r.w.as_(&r.host).get(&format!("/api/v1/groups?limit=2{cursor}")).await.expect(200).json();
        seen.extend(page["items"].as_array().unwrap().iter().map(id_of));
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    all.reverse();
    assert_eq!(seen, all);
    r.w.as_(&r.host).get("/api/v1/groups?cursor=x").await.expect_code(400, "unknown_cursor");
}

#[tokio::test(flavor = "multi_thread")]
async fn removal_takes_effect_on_the_next_request() {
    let r = region().await;
    r.w.join(&r.host, r.group, &r.nurse).await;
    r.w.join(&r.host, r.group, &r.other).await;
    r.w.as_(&r.nurse).get(&r.path("/posts")).await.expect(200);
    let member = r.path(&format!("/members/{}", r.nurse.id));
    r.w.as_(&r.other).call("DELETE", &member, Value::Null).await.expect_code(403, "host_only");
    let body = json!({"client_id": client_id(), "reason": "担当の交代"});
    r.w.as_(&r.host).call("DELETE", &member, body.clone()).await.expect(204);
    r.w.as_(&r.host).call("DELETE", &member, body).await.expect(204);
    for path in [r.path("/posts"), r.path(""), r.path("/members")] {
        r.w.as_(&r.nurse).get(&path).await.expect_code(404, "not_found");
    }
    r.w.as_(&r.nurse).post(r.group, "まだ書けますか").await.expect_code(404, "not_found");
    assert!(!r.names(&r.host).await.contains(&r.nurse.name));
    let events =
        "SELECT 1 FROM care.event WHERE kind = 'membership.ended' AND group_id = $1 AND account_id = $2";
    assert_eq!(r.w.superuser().await.query(events, &[&r.group, &r.nurse.id]).await.unwrap().len(), 1);
    r.w.as_(&r.host).call("DELETE", &member, Value::Null).await.expect_code(404, "not_found");
    r.w.join(&r.host, r.group, &r.nurse).await;
    r.w.as_(&r.nurse).get(&r.path("/posts")).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_leaves_and_the_host_hands_over_first() {
    let r = region().await;
    r.w.join(&r.host, r.group, &r.nurse).await;
    r.w.join(&r.host, r.group, &r.other).await;
    let leave = |p: &Person| r.path(&format!("/members/{}", p.id));
    let body = json!({"client_id": client_id()});
    r.w.as_(&r.other).call("DELETE", &leave(&r.other), body.clone()).await.expect(204);
    r.w.as_(&r.other).call("DELETE", &leave(&r.other), body).await.expect(204);
    r.w.as_(&r.other).get(&r.path("")).await.expect_code(404, "not_found");
    r.w.as_(&r.host).call("DELETE", &leave(&r.host), Value::Null).await.expect_code(409, "hand_over_first");

    let hand_over =
        |to: &Person| json!({"client_id": client_id(), "account_id": to.id, "reason": "担当の交代"});
    r.w.as_(&r.nurse).call("PUT", &r.path("/host"), hand_over(&r.nurse)).await.expect_code(403, "host_only");
    r.w.as_(&r.host).call("PUT", &r.path("/host"), hand_over(&r.own)).await.expect_code(422, "invalid");
    let body = hand_over(&r.nurse);
    let after = r.w.as_(&r.host).call("PUT", &r.path("/host"), body.clone()).await.expect(200).json();
    assert_eq!(after["my_role"], "member");
    r.w.as_(&r.host).call("PUT", &r.path("/host"), body).await.expect(200);
    assert_eq!(r.w.as_(&r.nurse).get(&r.path("")).await.json()["my_role"], "host");
    r.w.as_(&r.host).call("DELETE", &leave(&r.host), Value::Null).await.expect(204);
    r.w.as_(&r.host).get(&r.path("")).await.expect_code(404, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_cannot_become_the_host() {
    let r = region().await;
    let body = json!({"client_id": client_id(), "account_id": r.nurse.id, "facility_id": r.station.id, "role": "guest", "until": "2099-01-01T00:00:00Z"});
    let invitation =
        id_of(&r.w.as_(&r.host).call("POST", &r.path("/invitations"), body).await.expect(201).json());
    let accept = json!({"client_id": client_id(), "decision": "accept"});
    r.w.as_(&r.nurse)
        .call("POST", &format!("/api/v1/invitations/{invitation}/acceptance"), accept)
        .await
        .expect(200);
    r.w.join(&r.host, r.group, &r.other).await;
    let to = |p: &Person| json!({"client_id": client_id(), "account_id": p.id});
    let refused =
        r.w.as_(&r.host).call("PUT", &r.path("/host"), to(&r.nurse)).await.expect_code(422, "invalid").json();
    assert_eq!(refused["errors"][0]["code"], "not_a_member");
    r.w.as_(&r.host).call("PUT", &r.path("/host"), to(&r.other)).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archived_group_is_read_only_until_it_is_reopened() {
    let r = region().await;
    r.w.join(&r.host, r.group, &r.nurse).await;
    r.w.as_(&r.nurse).post(r.group, "終了の前").await.expect(201);
    let archive = |on: bool| json!({"client_id": client_id(), "archived": on, "reason": "施設への入所"});
    r.w.as_(&r.nurse).call("PUT", &r.path("/archive"), archive(true)).await.expect_code(403, "host_only");
    let blank = json!({"client_id": client_id(), "archived": true, "reason": " "});
    r.w.as_(&r.host).call("PUT", &r.path("/archive"), blank).await.expect_code(422, "invalid");
    let body = archive(true);
    assert_eq!(
        r.w.as_(&r.host).call("PUT", &r.path("/archive"), body.clone()).await.expect(200).json()["archived"],
        true
    );
    r.w.as_(&r.host).call("PUT", &r.path("/archive"), body).await.expect(200);
    r.w.as_(&r.host).call("PUT", &r.path("/archive"), archive(true)).await.expect_code(409, "so_already");

    r.w.as_(&r.nurse).post(r.group, "終了のあと").await.expect_code(409, "archived");
    let page = r.w.as_(&r.nurse).get(&r.path("/posts")).await.expect(200).json();
    assert_eq!(page["items"][0]["body"], "終了の前");
    let invite = json!({"client_id": client_id(), "account_id": r.own.id, "facility_id": r.own.facility.id, "role": "member"});
    r.w.as_(&r.host).call("POST", &r.path("/invitations"), invite.clone()).await.expect_code(409, "archived");

    r.w.as_(&r.admin).call("PUT", &r.path("/archive"), archive(false)).await.expect(200);
    r.w.as_(&r.nurse).post(r.group, "再開のあと").await.expect(201);
    r.w.as_(&r.host).call("POST", &r.path("/invitations"), invite).await.expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_step_is_one_record_of_the_chained_stream() {
    let r = region().await;
    r.w.join(&r.host, r.group, &r.nurse).await;
    let path = r.path(&format!("/members/{}", r.nurse.id));
    r.w.as_(&r.host).call("DELETE", &path, Value::Null).await.expect(204);
    let sql = "SELECT e.kind, e.seq, e.prev, e.hash FROM care.membership_event e WHERE e.group_id = $1 ORDER BY e.seq";
    let rows = r.w.superuser().await.query(sql, &[&r.group]).await.unwrap();
    let kinds: Vec<&str> = rows.iter().map(|row| row.get(0)).collect();
    assert_eq!(kinds, ["opened", "joined", "invited", "joined", "removed"]);
    for (n, row) in rows.iter().enumerate() {
        assert_eq!(row.get::<_, i64>(1), n as i64 + 1);
        if n > 0 {
            assert_eq!(row.get::<_, Vec<u8>>(2), rows[n - 1].get::<_, Vec<u8>>(3));
        }
    }
    let log = "SELECT count(*) FROM care.access_event WHERE group_id = $1 AND act LIKE 'member\\_%' AND outcome = 'done'";
    let logged: i64 = r.w.superuser().await.query_one(log, &[&r.group]).await.unwrap().get(0);
    assert_eq!(logged, 5);
}
