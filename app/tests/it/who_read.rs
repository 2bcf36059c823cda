//! What a patient and relatives are told of who read: nothing until the facility turns it on; then days, never times, never what the team writes.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    family::{Room, room},
    world::kin::Kin,
};

struct Told {
    r: Room,
    kin: Kin,
}

async fn told() -> Told {
    let r = room().await;
    let kin = r.w.kin(&r.host, r.group, "mika", "family", "試験 美香").await;
    Told { r, kin }
}

impl Told {
    fn page(&self) -> String {
        format!("/family/{}/who-read", self.r.group)
    }

    fn policy(&self) -> String {
        format!("/api/v1/facilities/{}/reader-policy", self.r.host.facility.id)
    }

    async fn set(&self, seen: i32, more: Value) -> crate::world::Answer {
        let mut body = json!({"client_id": Uuid::new_v4(), "seen": seen, "shown": true, "delay_days": 1, "reason": "患者会の要望 canaryreason"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.r.w.as_(&self.r.host).call("PUT", &self.policy(), body).await
    }

    /// A policy that has stood for so many days.
    async fn stands_since(&self, days: i32, names: bool, kinds: bool) {
        self.version(1, days, names, kinds).await;
    }

    async fn version(&self, n: i32, days: i32, names: bool, kinds: bool) {
        let sql = "INSERT INTO care.reader_policy (id, facility_id, version, shown, names, kinds, delay_days, by_account, at, facility_key_version, wrapped_key, reason)
          VALUES (gen_random_uuid(), $1, $6, true, $2, $3, 1, $4, now() - make_interval(days => $5), 1, '', decode(repeat('00', 40), 'hex'))";
        let (facility, by) = (self.r.host.facility.id, self.r.host.id);
        self.r
            .w
            .superuser()
            .await
            .execute(sql, &[&facility, &names, &kinds, &by, &days, &n])
            .await
            .expect("a policy");
    }

    /// Somebody looked so many days ago.
    async fn looked(&self, who: &crate::world::Person, act: &str, outcome: &str, days: i32) {
        let sql = "INSERT INTO care.access_event (id, at, act, outcome, account_id, account, facility_id, owner_facility_id, group_id, patient_id, leaf)
          SELECT gen_random_uuid(), now() - make_interval(days => $4), $3, $6, $1, (SELECT version FROM care.person_now WHERE account_id = $1), $2, g.facility_id, g.id, g.patient_id, sha256('')
          FROM care.groups g WHERE g.id = $5";
        let params: &[&(dyn tokio_postgres::types::ToSql + Sync)] =
            &[&who.id, &who.facility.id, &act, &days, &self.r.group, &outcome];
        self.r.w.superuser().await.execute(sql, params).await.expect("an event");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_told_until_an_admin_turns_it_on_with_a_reason() {
    let t = told().await;
    let kin = t.r.w.as_kin(&t.kin);
    kin.get(&format!("/family/{}", t.r.group)).await.expect(200);
    kin.get(&t.page()).await.expect(404);
    assert!(!kin.get(&format!("/family/{}", t.r.group)).await.text().contains("/who-read\""));
    let now = t.r.w.as_(&t.r.host).get(&t.policy()).await.expect(200).json();
    assert_eq!((&now["version"], &now["shown"]), (&json!(0), &json!(false)));
    // Only the admin, with a reason, on what she has seen, freshly shown who she is.
    t.set(0, json!({"reason": ""})).await.expect_code(422, "invalid");
    t.set(0, json!({"delay_days": 0})).await.expect_code(422, "invalid");
    t.set(3, json!({})).await.expect(412);
    let body = json!({"client_id": Uuid::new_v4(), "seen": 0, "shown": true, "delay_days": 1, "reason": "x"});
    t.r.w.as_(&t.r.nurse).call("PUT", &t.policy(), body).await.expect_code(404, "not_found");
    let age = "UPDATE sec.session SET stepped_up_at = now() - interval '6 minutes' WHERE account_id = $1";
    let superuser = t.r.w.superuser().await;
    superuser.execute(age, &[&t.r.host.id]).await.expect("older");
    assert_eq!(t.set(0, json!({})).await.status, 403);
    superuser
        .execute("UPDATE sec.session SET stepped_up_at = now() WHERE account_id = $1", &[&t.r.host.id])
        .await
        .expect("fresh");
    let set = t.set(0, json!({"names": true})).await.expect(200).json();
    assert_eq!(
        (&set["version"], &set["shown"], &set["names"], &set["kinds"]),
        (&json!(1), &json!(true), &json!(true), &json!(false))
    );
    assert_eq!(set["versions"][0]["reason"], "患者会の要望 canaryreason");
    let kept: Vec<u8> =
        superuser.query_one("SELECT reason FROM care.reader_policy", &[]).await.unwrap().get(0);
    assert!(!String::from_utf8_lossy(&kept).contains("canaryreason"), "sealed");
    assert!(superuser.batch_execute("UPDATE care.reader_policy SET shown = false").await.is_err());
    // The family has the page now, and the team reads what is told.
    let page = kin.get(&t.page()).await.expect(200).text();
    assert!(page.contains("まだ ここに 出る ものは ありません。"), "{page}");
    assert!(kin.get(&format!("/family/{}", t.r.group)).await.text().contains("/who-read\""));
    let tab = t.r.w.as_(&t.r.nurse).get(&format!("/groups/{}/family", t.r.group)).await.expect(200).text();
    assert!(tab.contains("日おくれて見られます") && !tab.contains("canaryreason"), "{tab}");
    // Off again: at once.
    t.set(1, json!({"shown": false})).await.expect(200);
    kin.get(&t.page()).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn days_are_told_and_neither_times_nor_what_is_not_old_enough() {
    let t = told().await;
    t.stands_since(10, false, false).await;
    t.looked(&t.r.nurse, "viewed_timeline", "done", 4).await;
    t.looked(&t.r.nurse, "viewed_timeline", "done", 4).await;
    t.looked(&t.r.nurse, "viewed_face_sheet", "done", 4).await;
    let kin = t.r.w.as_kin(&t.kin);
    let page = kin.get(&t.page()).await.expect(200).text();
    assert_eq!(page.matches("看護師・試験訪問看護").count(), 1, "once a day, however often: {page}");
    assert!(!page.contains(&t.r.nurse.name) && !page.contains("基礎情報"), "{page}");
    let main = page.split("<main").nth(1).expect("the page's own part");
    assert!(!main.contains("<time") && !main.contains("datetime") && !main.contains("回見"), "{main}");
    // What was before the policy, too young, refused, a write, or another relative's is not told.
    t.looked(&t.r.host, "viewed_timeline", "done", 11).await;
    t.looked(&t.r.host, "viewed_timeline", "done", 0).await;
    t.looked(&t.r.host, "viewed_timeline", "refused", 4).await;
    t.looked(&t.r.host, "post", "done", 4).await;
    t.looked(&t.r.host, "viewing_timeline", "done", 0).await;
    let page = kin.get(&t.page()).await.expect(200).text();
    assert!(!page.contains("医師・試験クリニック"), "{page}");
    t.looked(&t.r.host, "viewed_timeline", "done", 3).await;
    let page = kin.get(&t.page()).await.expect(200).text();
    assert!(page.contains("医師・試験クリニック"), "{page}");
    // Names from now on: whoever read before is not named afterwards.
    t.version(2, 0, true, true).await;
    let page = kin.get(&t.page()).await.expect(200).text();
    assert!(
        page.contains("医師・試験クリニック")
            && !page.contains(&t.r.nurse.name)
            && !page.contains("毎日の 記録"),
        "{page}"
    );
    // Her own look stands in the log, for the facility.
    let sql = "SELECT count(*) FROM care.access_event WHERE act = 'viewed_who_read' AND account_id = $1 AND patient_id IS NOT NULL";
    let looks: i64 = t.r.w.superuser().await.query_one(sql, &[&t.kin.id]).await.unwrap().get(0);
    assert_eq!(looks, 4);
    assert!(!page.contains("美香</b>"), "a relative's own reading is not told");
}

#[tokio::test(flavor = "multi_thread")]
async fn names_and_what_it_was_are_the_policys_and_another_patients_page_is_nobodys() {
    let t = told().await;
    t.stands_since(10, true, true).await;
    t.looked(&t.r.nurse, "viewed_timeline", "done", 4).await;
    t.looked(&t.r.nurse, "viewed_face_sheet", "done", 4).await;
    t.looked(&t.r.nurse, "viewed_file", "done", 3).await;
    let page = t.r.w.as_kin(&t.kin).get(&t.page()).await.expect(200).text();
    assert_eq!(page.matches(&t.r.nurse.name).count(), 2, "a line for each day: {page}");
    for words in ["毎日の 記録", "基礎情報", "写真や 書類"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    // A group whose family timeline is not hers; the staff's door; nobody.
    let other = t.r.w.group(&t.r.host, &t.r.host, "試験 次郎").await;
    t.r.w.as_kin(&t.kin).get(&format!("/family/{other}/who-read")).await.expect(404);
    assert_eq!(t.r.w.as_(&t.r.nurse).get(&t.page()).await.status, 303);
    assert_eq!(t.r.w.nobody().get(&t.page()).await.status, 303);
}
