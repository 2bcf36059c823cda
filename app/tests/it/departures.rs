//! Leaving a facility in one act.

use std::time::Duration;

use http_body_util::BodyExt;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::world::{Answer, Facility, PASSWORD, Person, World, id_of};

/// A clinic that manages patients, a station that helps, and their people.
struct Region {
    w: World,
    clinic: Facility,
    station: Facility,
    admin: Person,
    leaver: Person,
    own: Person,
    nurse: Person,
    station_admin: Person,
}

async fn region() -> Region {
    let w = World::new().await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    let station = w.facility("visiting_nurse_station", "試験訪問看護").await;
    Region {
        admin: w.admin(clinic, "kanri", "clerk").await,
        leaver: w.staff(clinic, "taishoku", "doctor").await,
        own: w.staff(clinic, "douryou", "nurse").await,
        nurse: w.staff(station, "houmon", "nurse").await,
        station_admin: w.admin(station, "shocho", "nurse").await,
        clinic,
        station,
        w,
    }
}

fn path(facility: Facility, account: &Person) -> String {
    format!("/api/v1/facilities/{}/staff/{}/departure", facility.id, account.id)
}

fn body() -> Value {
    json!({"client_id": Uuid::new_v4()})
}

impl Region {
    async fn depart(&self, by: &Person, who: &Person, body: Value) -> Answer {
        self.w.as_(by).call("POST", &path(by.facility, who), body).await
    }

    async fn invite(&self, by: &Person, group: Uuid, whom: &Person, role: &str) -> Uuid {
        let until = (role == "guest").then_some("2099-01-01T00:00:00Z");
        let body = json!({"client_id": Uuid::new_v4(), "account_id": whom.id, "facility_id": whom.facility.id, "role": role, "until": until});
        id_of(
            &self
                .w
                .as_(by)
                .call("POST", &format!("/api/v1/groups/{group}/invitations"), body)
                .await
                .expect(201)
                .json(),
        )
    }

    async fn accept(&self, whom: &Person, invitation: Uuid) -> Answer {
        let body = json!({"client_id": Uuid::new_v4(), "decision": "accept"});
        self.w.as_(whom).call("POST", &format!("/api/v1/invitations/{invitation}/acceptance"), body).await
    }

    /// Who is in the group: account and role, asked as somebody who may.
    async fn members(&self, as_: &Person, group: Uuid) -> Vec<(Uuid, String)> {
        let members =
            self.w.as_(as_).get(&format!("/api/v1/groups/{group}/members")).await.expect(200).json();
        let one = |m: &Value| (id_of(m), m["role"].as_str().unwrap().to_owned());
        members["items"].as_array().unwrap().iter().map(one).collect()
    }

    /// The records of a membership stream from the end of what was there: kind and subject.
    async fn records(&self, group: Uuid, last: i64) -> Vec<(String, Option<Uuid>)> {
        let sql = "SELECT kind, subject_id FROM (SELECT * FROM care.membership_event WHERE group_id = $1 ORDER BY seq DESC LIMIT $2) x ORDER BY seq";
        let rows = self.w.superuser().await.query(sql, &[&group, &last]).await.unwrap();
        rows.iter().map(|r| (r.get(0), r.get(1))).collect()
    }

    async fn verifies(&self) {
        let access = crate::world::cluster().await.config("renkei_verify", &self.w.database);
        let report = renkei::cli::verify::check(&access, &self.w.app.config, None).await.expect("it runs");
        assert!(report.bad.is_empty() && report.records > 0, "{report:?}");
    }

    async fn signs_in(&self, person: &Person) -> Answer {
        let body =
            json!({"login_id": person.login_id, "password": PASSWORD, "totp": self.w.totp_now(person)});
        self.w.nobody().call("POST", "/api/v1/session", body).await
    }
}

fn record(kind: &str, about: &Person) -> (String, Option<Uuid>) {
    (kind.to_owned(), Some(about.id))
}

#[tokio::test(flavor = "multi_thread")]
async fn one_act_ends_the_tie_and_the_report_says_what_ended() {
    let r = region().await;
    // She is the host of two groups (with and without a colleague in it), a member of one, invited to one, and has invited.
    let with = r.w.group(&r.admin, &r.leaver, "試験 一郎").await;
    r.w.join(&r.leaver, with, &r.nurse).await;
    r.w.join(&r.leaver, with, &r.own).await;
    let without = r.w.group(&r.admin, &r.leaver, "試験 二郎").await;
    r.w.join(&r.leaver, without, &r.nurse).await;
    let only = r.w.group(&r.admin, &r.own, "試験 三郎").await;
    r.w.join(&r.own, only, &r.leaver).await;
    let asked = r.w.group(&r.admin, &r.own, "試験 四郎").await;
    let to_her = r.invite(&r.own, asked, &r.leaver, "member").await;
    let by_her = r.invite(&r.leaver, without, &r.station_admin, "member").await;
    r.w.as_(&r.leaver).post(with, "痛みは落ち着いています。").await.expect(201);

    let sent = body();
    let report = r.depart(&r.admin, &r.leaver, sent.clone()).await.expect(200).json();
    assert_eq!(report["account"], json!(r.leaver.id));
    assert_eq!((&report["sessions_ended"], &report["devices_signed_out"]), (&json!(1), &json!(1)));
    let mut left: Vec<Uuid> = report["groups_left"]
        .as_array()
        .unwrap()
        .iter()
        .map(|g| g["group_id"].as_str().unwrap().parse().unwrap())
        .collect();
    left.sort_unstable();
    let mut expected = vec![with, without, only];
    expected.sort_unstable();
    assert_eq!(left, expected);
    let hosts = report["hosts_handed_over"].as_array().unwrap();
    assert_eq!(hosts.len(), 2);
    assert!(
        hosts.contains(&json!({"group_id": with, "to": r.own.id})),
        "a member of the same facility: {hosts:?}"
    );
    assert!(
        hosts.contains(&json!({"group_id": without, "to": r.admin.id})),
        "else the admin who acts: {hosts:?}"
    );
    let ended = report["invitations_ended"].as_array().unwrap();
    assert!(ended.contains(&json!({"invitation_id": to_her, "group_id": asked})), "{ended:?}");
    assert!(ended.contains(&json!({"invitation_id": by_her, "group_id": without})), "{ended:?}");
    assert_eq!(ended.len(), 2);

    // The same chained records as the single acts leave.
    assert_eq!(r.records(with, 2).await, [record("handed_over", &r.own), record("removed", &r.leaver)]);
    assert_eq!(
        r.records(without, 4).await,
        [
            record("joined", &r.admin),
            record("handed_over", &r.admin),
            record("removed", &r.leaver),
            record("refused", &r.station_admin)
        ]
    );
    assert_eq!(r.records(only, 1).await, [record("removed", &r.leaver)]);
    assert_eq!(r.records(asked, 1).await, [record("refused", &r.leaver)]);
    r.verifies().await;
    let host = |m: &(Uuid, String)| m.1 == "host";
    assert_eq!(r.members(&r.nurse, with).await.iter().find(|m| host(m)).unwrap().0, r.own.id);
    assert_eq!(r.members(&r.nurse, without).await.iter().find(|m| host(m)).unwrap().0, r.admin.id);
    assert!(r.members(&r.own, only).await.iter().all(|m| m.0 != r.leaver.id));
    r.accept(&r.station_admin, by_her).await.expect_code(409, "used_or_expired");

    // What she wrote stays, with her name; the host of now sees and may act.
    let posts = r.w.as_(&r.own).get(&format!("/api/v1/groups/{with}/posts")).await.expect(200).json();
    assert_eq!(posts["items"][0]["author"]["name"], json!(r.leaver.name));
    assert_eq!(posts["items"][0]["author"]["facility"], "試験クリニック");
    r.w.as_(&r.admin).post(without, "引き継ぎました。").await.expect(201);
    let page = r.w.as_(&r.own).get(&format!("/groups/{with}")).await.expect(200).text();
    assert!(page.contains("理由: 退職・異動"), "{page}");

    // She is out, everywhere; and the list no longer has her.
    r.w.as_(&r.leaver).get("/api/v1/me").await.expect_code(401, "not_signed_in");
    r.signs_in(&r.leaver).await.expect_code(401, "wrong_credentials");
    assert!(!r.w.as_(&r.admin).get("/facility").await.expect(200).text().contains(&r.leaver.name));
    let again = r.depart(&r.admin, &r.leaver, sent).await.expect(200).json();
    assert_eq!(again, report, "the same client id gives the same report");
    r.depart(&r.admin, &r.leaver, body()).await.expect_code(404, "not_found");

    let log =
        r.w.as_(&r.admin)
            .get(&format!("/api/v1/facilities/{}/access-log?account={}", r.clinic.id, r.admin.id))
            .await;
    let log = log.expect(200).json();
    let acts: Vec<&Value> =
        log["items"].as_array().unwrap().iter().filter(|e| e["act"] == "departed").collect();
    assert_eq!(
        acts.iter().filter(|e| e["outcome"] == "done" && e["ref"] == json!(r.leaver.id)).count(),
        1,
        "{acts:?}"
    );
    let all =
        r.w.as_(&r.admin)
            .get(&format!("/api/v1/facilities/{}/departures", r.clinic.id))
            .await
            .expect(200)
            .json();
    assert_eq!(all["items"], json!([report]));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_own_admin_may_and_others_learn_nothing() {
    let r = region().await;
    let group = r.w.group(&r.admin, &r.leaver, "試験 一郎").await;
    let done = r.w.staff(r.clinic, "saki", "nurse").await;
    let id = id_of(&r.depart(&r.admin, &done, body()).await.expect(200).json());
    let path = path(r.clinic, &r.leaver);
    r.w.nobody().call("POST", &path, body()).await.expect_code(401, "not_signed_in");
    r.w.as_(&r.own).call("POST", &path, body()).await.expect_code(403, "facility_admin_only");
    r.w.as_(&r.leaver).call("POST", &path, body()).await.expect_code(403, "facility_admin_only");
    r.w.as_(&r.nurse).call("POST", &path, body()).await.expect_code(404, "not_found");
    r.w.as_(&r.station_admin).call("POST", &path, body()).await.expect_code(404, "not_found");
    // Nor by naming the own facility.
    r.depart(&r.station_admin, &r.leaver, body()).await.expect_code(404, "not_found");
    let page = format!("/facility/staff/{}/departure", r.leaver.id);
    r.w.as_(&r.admin).get(&page).await.expect(200);
    r.w.as_(&r.own).get(&page).await.expect(403);
    r.w.as_(&r.station_admin).get(&page).await.expect(404);
    for report in [format!("/facility/departures/{id}"), format!("/facility/departures/{id}/report.csv")] {
        r.w.as_(&r.admin).get(&report).await.expect(200);
        r.w.as_(&r.own).get(&report).await.expect(403);
        r.w.as_(&r.station_admin).get(&report).await.expect(404);
    }
    assert_eq!(r.members(&r.admin, group).await, [(r.leaver.id, "host".to_owned())]);
    r.w.as_(&r.leaver).get("/api/v1/me").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_of_two_facilities_keeps_the_other() {
    let r = region().await;
    renkei::features::facilities::acts::add_staff(&r.w.app, r.station.id, r.leaver.id, false).await.unwrap();
    let (at_clinic, at_station) = (r.leaver.clone(), {
        let mut other = Person { facility: r.station, ..r.leaver.clone() };
        other.token = r.w.session(&other).await;
        r.w.as_(&other)
            .form("/menu/acting-facility", &[("facility", &r.station.id.to_string())])
            .await
            .expect(303);
        other
    });
    let here = r.w.group(&r.admin, &r.leaver, "試験 一郎").await;
    let there = r.w.group(&r.admin, &r.own, "試験 二郎").await;
    r.w.join(&r.own, there, &at_station).await;
    r.w.as_(&at_clinic).get(&format!("/api/v1/groups/{here}")).await.expect(200);
    r.w.as_(&at_station).post(there, "訪問しました。").await.expect(201);

    let report = r.depart(&r.admin, &r.leaver, body()).await.expect(200).json();
    assert_eq!(report["groups_left"].as_array().unwrap().len(), 1, "{report}");
    assert_eq!(report["sessions_ended"], 1);
    r.w.as_(&at_clinic).get("/api/v1/me").await.expect_code(401, "not_signed_in");
    r.w.as_(&at_station).post(there, "まだ担当しています。").await.expect(201);

    // A new session is for the other facility, and does not lead back.
    let signed = r.signs_in(&r.leaver).await.expect(200).json();
    let me = Person { token: signed["token"].as_str().unwrap().to_owned(), ..at_station.clone() };
    assert_eq!(
        r.w.as_(&me).get("/api/v1/me").await.expect(200).json()["acting_facility"],
        json!(r.station.id)
    );
    r.w.as_(&me).form("/menu/acting-facility", &[("facility", &r.clinic.id.to_string())]).await.expect(404);
    r.w.as_(&me).get(&format!("/api/v1/groups/{here}")).await.expect_code(404, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_admin_names_the_next_host_among_those_who_can_be() {
    let r = region().await;
    let group = r.w.group(&r.admin, &r.leaver, "試験 一郎").await;
    r.w.join(&r.leaver, group, &r.own).await;
    r.w.join(&r.leaver, group, &r.nurse).await;
    let guest = r.w.staff(r.clinic, "kyaku", "nurse").await;
    let invitation = r.invite(&r.leaver, group, &guest, "guest").await;
    r.accept(&guest, invitation).await.expect(200);
    let suspended = r.w.staff(r.clinic, "kyushoku", "nurse").await;
    r.w.join(&r.leaver, group, &suspended).await;
    let suspension = format!("/facility/staff/{}/suspension", suspended.id);
    r.w.as_(&r.admin).form(&suspension, &[("suspend", "yes")]).await.expect(303);
    let outsider = r.w.staff(r.clinic, "soto", "nurse").await;
    let named = |p: &Person| json!({"client_id": Uuid::new_v4(), "successors": {group.to_string(): p.id}});
    for wrong in [&guest, &outsider, &suspended, &r.leaver, &r.station_admin] {
        r.depart(&r.admin, &r.leaver, named(wrong)).await.expect_code(409, "successor_cannot_be_host");
    }
    let elsewhere =
        json!({"client_id": Uuid::new_v4(), "successors": {Uuid::now_v7().to_string(): r.own.id}});
    r.depart(&r.admin, &r.leaver, elsewhere).await.expect_code(409, "successor_cannot_be_host");
    assert!(r.members(&r.nurse, group).await.contains(&(r.leaver.id, "host".to_owned())), "nothing was done");
    r.w.as_(&r.leaver).get("/api/v1/me").await.expect(200);
    // The managing facility may choose a member of another one, or itself although somebody else would be the default.
    r.depart(&r.admin, &r.leaver, named(&r.nurse)).await.expect(200);
    assert!(r.members(&r.nurse, group).await.contains(&(r.nurse.id, "host".to_owned())));

    // The station's admin ends the tie of a host in a group that the clinic manages: nobody of the clinic may be named.
    let to_own = json!({"client_id": Uuid::new_v4(), "successors": {group.to_string(): r.own.id}});
    r.depart(&r.station_admin, &r.nurse, to_own).await.expect_code(409, "successor_cannot_be_host");
    let page =
        r.w.as_(&r.station_admin)
            .get(&format!("/facility/staff/{}/departure", r.nurse.id))
            .await
            .expect(200)
            .text();
    assert!(
        page.contains("試験クリニックが管理するグループ")
            && !page.contains("一郎")
            && !page.contains("douryou"),
        "{page}"
    );
    let report = r.depart(&r.station_admin, &r.nurse, body()).await.expect(200).json();
    assert_eq!(report["hosts_handed_over"], json!([{"group_id": group, "to": r.station_admin.id}]));
    let page = format!("/facility/departures/{}", id_of(&report));
    let page = r.w.as_(&r.station_admin).get(&page).await.expect(200).text();
    assert!(page.contains("試験クリニック"), "{page}");
    r.verifies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_of_the_administration_becomes_a_full_member_and_an_archived_group_has_a_host_too() {
    let r = region().await;
    let group = r.w.group(&r.admin, &r.leaver, "試験 一郎").await;
    let invitation = r.invite(&r.leaver, group, &r.admin, "guest").await;
    r.accept(&r.admin, invitation).await.expect(200);
    r.w.archive(&r.leaver, group).await;
    r.depart(&r.admin, &r.leaver, body()).await.expect(200);
    let expected =
        [record("role_changed", &r.admin), record("handed_over", &r.admin), record("removed", &r.leaver)];
    assert_eq!(r.records(group, 3).await, expected);
    assert_eq!(r.members(&r.admin, group).await, [(r.admin.id, "host".to_owned())]);
    r.verifies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_admin_stays_until_there_is_another() {
    let r = region().await;
    r.depart(&r.admin, &r.admin, body()).await.expect_code(409, "last_admin");
    let page = format!("/facility/staff/{}/departure", r.admin.id);
    let shown = r.w.as_(&r.admin).get(&page).await.expect(200).text();
    assert!(
        shown.contains("先に、別の方を管理者にしてください")
            && !shown.contains("<button class=\"btn large danger\"")
    );
    r.w.as_(&r.admin).get("/api/v1/me").await.expect(200);
    let second = r.w.admin(r.clinic, "fuku", "clerk").await;
    let group = r.w.group(&r.admin, &r.own, "試験 一郎").await;
    r.w.join(&r.own, group, &r.admin).await;
    let report = r.depart(&r.admin, &r.admin, body()).await.expect(200).json();
    assert_eq!(report["groups_left"].as_array().unwrap().len(), 1);
    assert_eq!(r.records(group, 1).await, [record("left", &r.admin)]);
    r.w.as_(&r.admin).get("/api/v1/me").await.expect_code(401, "not_signed_in");
    r.depart(&second, &second, body()).await.expect_code(409, "last_admin");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_admins_who_end_each_others_ties_leave_one() {
    let r = region().await;
    let second = r.w.admin(r.clinic, "fuku", "clerk").await;
    let (one, two) = tokio::join!(r.depart(&r.admin, &second, body()), r.depart(&second, &r.admin, body()));
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 401], "{} {}", one.text(), two.text());
    let sql = "SELECT count(*) FROM care.staff WHERE facility_id = $1 AND admin AND state = 'active'";
    assert_eq!(r.w.superuser().await.query_one(sql, &[&r.clinic.id]).await.unwrap().get::<_, i64>(0), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_live_stream_closes() {
    let r = region().await;
    let mut stream = r.w.listen(&r.leaver, None).await;
    assert_eq!(stream.status().as_u16(), 200);
    r.depart(&r.admin, &r.leaver, body()).await.expect(200);
    // The heartbeat alone would keep it open for ever; the limit is only for a test that would hang.
    let closed = async { while stream.body_mut().frame().await.is_some() {} };
    tokio::time::timeout(Duration::from_secs(60), closed).await.expect("the stream ends");
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_sends_of_one_act_are_one() {
    let r = region().await;
    let group = r.w.group(&r.admin, &r.leaver, "試験 一郎").await;
    r.w.join(&r.leaver, group, &r.own).await;
    let same = body();
    let all =
        futures_util::future::join_all((0..8).map(|_| r.depart(&r.admin, &r.leaver, same.clone()))).await;
    let reports: Vec<Value> = all.into_iter().map(|a| a.expect(200).json()).collect();
    assert!(reports.iter().all(|report| *report == reports[0]));
    assert_eq!(r.records(group, 2).await, [record("handed_over", &r.own), record("removed", &r.leaver)]);
    let other = r.w.staff(r.clinic, "betsu", "nurse").await;
    r.depart(&r.admin, &other, same).await.expect_code(409, "client_id_used_for_something_else");
    r.depart(&r.admin, &other, body()).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_at_the_same_moment_does_not_leave_her_behind() {
    let r = region().await;
    let mut groups = Vec::new();
    for n in 0..6 {
        let group = r.w.group(&r.admin, &r.own, &format!("試験 {n}子")).await;
        r.w.join(&r.own, group, &r.leaver).await;
        groups.push(group);
    }
    let invited = r.w.group(&r.admin, &r.own, "試験 七子").await;
    let invitation = r.invite(&r.own, invited, &r.leaver, "member").await;
    let to_her = |group: &Uuid| {
        let body = json!({"client_id": Uuid::new_v4(), "account_id": r.leaver.id});
        let (client, path) = (r.w.as_(&r.own), format!("/api/v1/groups/{group}/host"));
        async move { client.call("PUT", &path, body).await.status.as_u16() }
    };
    let (departed, handed, accepted) = tokio::join!(
        r.depart(&r.admin, &r.leaver, body()),
        futures_util::future::join_all(groups.iter().map(to_her)),
        r.accept(&r.leaver, invitation)
    );
    departed.expect(200);
    assert!(handed.iter().all(|status| matches!(status, 200 | 409 | 422)), "{handed:?}");
    assert!(matches!(accepted.status.as_u16(), 200 | 401 | 409), "{}", accepted.text());
    let sql = "SELECT (SELECT count(*) FROM care.group_state WHERE host_id = $1), (SELECT count(*) FROM care.membership WHERE account_id = $1 AND ended_at IS NULL)";
    let row = r.w.superuser().await.query_one(sql, &[&r.leaver.id]).await.unwrap();
    assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1)), (0, 0));
    r.verifies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_groups_are_one_transaction() {
    let r = region().await;
    let mut groups = Vec::new();
    for n in 0..50 {
        groups.push(r.w.group(&r.admin, &r.leaver, &format!("試験 {n}子")).await);
    }
    r.w.join(&r.leaver, groups[7], &r.own).await;
    let report = r.depart(&r.admin, &r.leaver, body()).await.expect(200).json();
    assert_eq!(report["groups_left"].as_array().unwrap().len(), 50);
    assert_eq!(report["hosts_handed_over"].as_array().unwrap().len(), 50);
    let sql = "SELECT count(*), count(DISTINCT xmin::text) FROM care.membership_event WHERE kind IN ('handed_over', 'removed') OR (kind = 'joined' AND subject_id = $1)";
    let row = r.w.superuser().await.query_one(sql, &[&r.admin.id]).await.unwrap();
    assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1)), (149, 1));
    r.verifies().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_asks_does_and_reports() {
    let r = region().await;
    let group = r.w.group(&r.admin, &r.leaver, "試験 一郎").await;
    r.w.join(&r.leaver, group, &r.own).await;
    let path = format!("/facility/staff/{}/departure", r.leaver.id);
    assert!(r.w.as_(&r.admin).get("/facility").await.expect(200).text().contains(&path));
    let page = r.w.as_(&r.admin).get(&path).await.expect(200).text();
    assert!(
        page.contains("試験 一郎 様")
            && page.contains("1のグループから退出")
            && page.contains("書いた記録は残ります")
    );
    assert!(
        page.contains(&format!("<option value=\"{}\" selected", r.own.id)),
        "the default is chosen: {page}"
    );

    let (field, id) = (format!("host-{group}"), Uuid::new_v4().to_string());
    let fields = |host: &Person| [("client_id".to_owned(), id.clone()), (field.clone(), host.id.to_string())];
    let send = async |host: &Person| {
        let fields = fields(host);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        r.w.as_(&r.admin).form(&path, &fields).await
    };
    let refused = send(&r.nurse).await.expect(409).text();
    assert!(refused.contains("まだ何も終わっていません") && refused.contains(&id), "{refused}");
    r.w.as_(&r.admin).form(&path, &[("client_id", &id), ("colour", "red")]).await.expect(400);
    let first = send(&r.admin).await.expect(303);
    let to = first.headers["location"].to_str().unwrap().to_owned();
    assert_eq!(send(&r.admin).await.expect(303).headers["location"], first.headers["location"]);

    let report = r.w.as_(&r.admin).get(&to).await.expect(200).text();
    assert!(
        report.contains("taishoku 試子") && report.contains("試験 一郎 様") && report.contains("kanri 試子"),
        "{report}"
    );
    let csv = r.w.as_(&r.admin).get(&format!("{to}/report.csv")).await.expect(200);
    assert_eq!(csv.headers["content-type"], "text/csv; charset=utf-8");
    let line =
        format!("\"グループ(ホスト)\",\"試験 一郎 様\",\"試験クリニック\",\"kanri 試子\",\"{group}\",\"\"");
    assert!(csv.text().contains(&line), "{}", csv.text());
    let list = r.w.as_(&r.admin).get("/facility/departures").await.expect(200).text();
    assert!(list.contains(&to) && list.contains("taishoku 試子"));
    r.w.as_(&r.admin).get(&path).await.expect(404);
}
