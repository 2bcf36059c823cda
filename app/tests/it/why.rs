//! "Why can X see this?": the chain of facts, and the first that is missing.

use renkei::features::access::{chain::chain, facts};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::world::{Facility, Person, World, id_of};

struct Scene {
    w: World,
    station: Facility,
    admin: Person,
    host: Person,
    nurse: Person,
    station_admin: Person,
    stranger: Person,
    group: Uuid,
}

async fn scene() -> Scene {
    let w = World::new().await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    let station = w.facility("visiting_nurse_station", "試験訪問看護").await;
    let elsewhere = w.facility("pharmacy", "よその薬局").await;
    let admin = w.admin(clinic, "kanri", "clerk").await;
    let host = w.staff(clinic, "shujii", "doctor").await;
    let nurse = w.staff(station, "houmon", "nurse").await;
    let group = w.group(&admin, &host, "試験 太郎").await;
    w.join(&host, group, &nurse).await;
    Scene {
        station_admin: w.admin(station, "shocho", "nurse").await,
        stranger: w.admin(elsewhere, "yoso", "pharmacist").await,
        w,
        station,
        admin,
        host,
        nurse,
        group,
    }
}

impl Scene {
    fn path(&self, about: &Person) -> String {
        format!("/api/v1/accounts/{}/access?group={}", about.id, self.group)
    }

    async fn ask(&self, as_: &Person, about: &Person) -> Value {
        self.w.as_(as_).get(&self.path(about)).await.expect(200).json()
    }

    /// Whether it is a yes, and the last link with its sentence.
    async fn last(&self, about: &Person) -> (bool, String, String) {
        let answer = self.ask(&self.host, about).await;
        let facts = answer["facts"].as_array().unwrap();
        let last = facts.last().unwrap();
        let text = |key: &str| last[key].as_str().unwrap().to_owned();
        assert!(facts[..facts.len() - 1].iter().all(|f| f["holds"] == true), "{answer}");
        assert_eq!(last["holds"], answer["allowed"], "{answer}");
        (answer["allowed"] == true, text("code"), text("text"))
    }

    async fn invite(&self, by: &Person, whom: &Person, role: &str) -> Uuid {
        let until = (role == "guest").then_some("2099-01-01T00:00:00Z");
        let body = json!({"client_id": Uuid::new_v4(), "account_id": whom.id, "facility_id": whom.facility.id, "role": role, "until": until});
        let path = format!("/api/v1/groups/{}/invitations", self.group);
        id_of(&self.w.as_(by).call("POST", &path, body).await.expect(201).json())
    }

    async fn accept(&self, whom: &Person, invitation: Uuid) {
        let body = json!({"client_id": Uuid::new_v4(), "decision": "accept"});
        let path = format!("/api/v1/invitations/{invitation}/acceptance");
        self.w.as_(whom).call("POST", &path, body).await.expect(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_members_chain_ends_in_yes_for_whoever_may_ask() {
    let s = scene().await;
    for asking in [&s.host, &s.admin, &s.station_admin] {
        let answer = s.ask(asking, &s.nurse).await;
        assert_eq!(answer["allowed"], true, "{answer}");
        let codes: Vec<&str> =
            answer["facts"].as_array().unwrap().iter().map(|f| f["code"].as_str().unwrap()).collect();
        assert_eq!(codes, ["account", "tie", "invitation", "membership", "approval", "role", "service"]);
        assert!(!answer.to_string().contains("太郎"), "nothing of the patient: {answer}");
    }
    let yes = s.ask(&s.admin, &s.host).await;
    assert!(yes.to_string().contains("連携ホストです"), "{yes}");
    // A member may see who is in, not why; the station's admin asks about her own people alone; others learn nothing.
    s.w.as_(&s.nurse).get(&s.path(&s.nurse)).await.expect_code(403, "host_only");
    s.w.as_(&s.station_admin).get(&s.path(&s.host)).await.expect_code(404, "not_found");
    for about in [&s.nurse, &s.stranger] {
        s.w.as_(&s.stranger).get(&s.path(about)).await.expect_code(404, "not_found");
    }
    s.w.nobody().get(&s.path(&s.nurse)).await.expect_code(401, "not_signed_in");
    let nobody = format!("/api/v1/accounts/{}/access?group={}", Uuid::now_v7(), s.group);
    s.w.as_(&s.host).get(&nobody).await.expect_code(404, "not_found");
    let nowhere = format!("/api/v1/accounts/{}/access?group={}", s.nurse.id, Uuid::now_v7());
    s.w.as_(&s.host).get(&nowhere).await.expect_code(404, "not_found");
    s.w.as_(&s.host)
        .get(&format!("/api/v1/accounts/{}/access", s.nurse.id))
        .await
        .expect_code(400, "unreadable_query");
    let log = "SELECT count(*) FROM care.access_event WHERE act = 'viewed_access' AND group_id = $1 AND outcome = 'done'";
    assert_eq!(s.w.superuser().await.query_one(log, &[&s.group]).await.unwrap().get::<_, i64>(0), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_missing_fact_is_named() {
    let s = scene().await;
    assert!(s.last(&s.nurse).await.0, "it begins with a yes");
    let (yes, code, text) = s.last(&s.stranger).await;
    assert_eq!((yes, code.as_str()), (false, "invitation"), "{text}");

    let waiting = s.w.staff(s.station, "machi", "nurse").await;
    let asked = s.invite(&s.admin, &waiting, "member").await;
    assert!(s.last(&waiting).await.2.contains("まだ答えていません"));
    s.accept(&waiting, asked).await;
    assert!(s.last(&waiting).await.2.contains("承認を待っています"));
    let body = json!({"client_id": Uuid::new_v4(), "decision": "approve"});
    let approval = format!("/api/v1/groups/{}/members/{}/approval", s.group, waiting.id);
    s.w.as_(&s.host).call("POST", &approval, body).await.expect(200);
    let answer = s.ask(&s.host, &waiting).await;
    assert_eq!(answer["allowed"], true);
    assert!(
        answer.to_string().contains("ホストが承認しました") && answer.to_string().contains(&s.host.name),
        "{answer}"
    );

    let guest = s.w.staff(s.station, "kyaku", "nurse").await;
    let invitation = s.invite(&s.host, &guest, "guest").await;
    s.accept(&guest, invitation).await;
    assert!(s.last(&guest).await.0);
    let past = "UPDATE care.membership SET until = now() - interval '1 hour' WHERE account_id = $1";
    s.w.superuser().await.execute(past, &[&guest.id]).await.unwrap();
    let (yes, code, text) = s.last(&guest).await;
    assert_eq!((yes, code.as_str()), (false, "until"), "{text}");

    s.w.end_membership(&s.host, s.group, &waiting).await;
    let (yes, code, text) = s.last(&waiting).await;
    assert_eq!((yes, code.as_str()), (false, "membership"));
    assert!(text.contains("外されました") && text.contains(&s.host.name), "{text}");

    let suspension = format!("/facility/staff/{}/suspension", s.nurse.id);
    s.w.as_(&s.station_admin).form(&suspension, &[("suspend", "yes")]).await.expect(303);
    let (yes, code, text) = s.last(&s.nurse).await;
    assert_eq!((yes, code.as_str()), (false, "tie"));
    assert!(text.contains("止められています") && text.contains(&s.station_admin.name), "{text}");
    s.w.as_(&s.station_admin).form(&suspension, &[("suspend", "no")]).await.expect(303);
    assert!(s.last(&s.nurse).await.0);

    let departure = format!("/api/v1/facilities/{}/staff/{}/departure", s.station.id, s.nurse.id);
    s.w.as_(&s.station_admin)
        .call("POST", &departure, json!({"client_id": Uuid::new_v4()}))
        .await
        .expect(200);
    assert!(s.last(&s.nurse).await.2.contains("離れています"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_is_read_only_and_a_stopped_service_is_a_no() {
    let s = scene().await;
    s.w.archive(&s.host, s.group).await;
    let (yes, code, _) = s.last(&s.nurse).await;
    assert_eq!((yes, code.as_str()), (true, "archive"));
    // While it is stopped nobody asks on the screen; the command line does.
    let stop = "SELECT act.set_mode($1, 'stopped', '試験', NULL)";
    s.w.app.db.job(stop, &[&Some(s.station.id)]).await.expect("the mode is set");
    let found = facts::why(&s.w.app, "houmon", s.group).await.unwrap().expect("by login id");
    let said = chain(&found, jiff::Timestamp::now());
    assert!(!said.allowed && said.facts.last().unwrap().code == "service", "{said:?}");
    let found = facts::why(&s.w.app, &s.host.id.to_string(), s.group).await.unwrap().expect("by id");
    assert!(chain(&found, jiff::Timestamp::now()).allowed);
    assert!(facts::why(&s.w.app, "dare", s.group).await.unwrap().is_none());
    assert!(facts::why(&s.w.app, "houmon", Uuid::now_v7()).await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_lead_there_and_name_the_patient_only_to_who_may_know() {
    let s = scene().await;
    let path = format!("/accounts/{}/access?group={}", s.nurse.id, s.group);
    let members = s.w.as_(&s.host).get(&format!("/groups/{}/members", s.group)).await.expect(200).text();
    assert!(members.contains(&path.replace('&', "&amp;")), "{members}");
    let shown = s.w.as_(&s.host).get(&path).await.expect(200).text();
    assert!(
        shown.contains("いま、このグループの記録を見られます") && shown.contains("試験 太郎 様"),
        "{shown}"
    );
    let theirs = s.w.as_(&s.station_admin).get(&path).await.expect(200).text();
    assert!(theirs.contains("いま、このグループの記録を見られます") && !theirs.contains("太郎"), "{theirs}");

    let choice = format!("/accounts/{}/access", s.nurse.id);
    assert!(s.w.as_(&s.station_admin).get("/facility").await.expect(200).text().contains(&choice));
    let listed = s.w.as_(&s.station_admin).get(&choice).await.expect(200).text();
    assert!(listed.contains(&path) && !listed.contains("太郎"), "{listed}");
    s.w.as_(&s.admin).get(&choice).await.expect(404);
    s.w.as_(&s.nurse).get(&choice).await.expect(403);
    s.w.as_(&s.nurse).get(&path).await.expect(403);
    s.w.as_(&s.stranger).get(&path).await.expect(404);
}
