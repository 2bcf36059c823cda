//! Work orders: no grant without a second person, none outside its time, and a report always.

use jiff::{SignedDuration, Timestamp};
use renkei::{
    cli::maintain::{What, work},
    features::work_orders::acts,
};
use uuid::Uuid;

use crate::world::{Client, Facility, Person, World, id_of};

struct Scene {
    w: World,
    clinic: Facility,
    admin: Person,
    clerk: Person,
    stranger: Person,
}

async fn scene(must_agree: bool) -> Scene {
    let w = World::with(|config| config.maintenance.facility_must_agree = must_agree).await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    let elsewhere = w.facility("pharmacy", "よその薬局").await;
    let admin = w.admin(clinic, "kanri", "clerk").await;
    let doctor = w.staff(clinic, "shujii", "doctor").await;
    let group = w.group(&admin, &doctor, "合言葉 患者太郎").await;
    w.as_(&doctor).post(group, "合言葉 血圧 128/76").await.expect(201);
    Scene {
        clerk: w.staff(clinic, "jimu", "clerk").await,
        stranger: w.admin(elsewhere, "yoso", "pharmacist").await,
        w,
        clinic,
        admin,
    }
}

fn local(at: Timestamp) -> String {
    renkei::web::input::moment_value(at)
}

impl Scene {
    async fn ask(&self, by: &Client<'_>, rescan: bool) -> Uuid {
        let id = Uuid::now_v7();
        let (now, four) = (Timestamp::now(), SignedDuration::from_hours(4));
        let from = now - SignedDuration::from_mins(1);
        let (id_text, facility) = (id.to_string(), self.clinic.id.to_string());
        let (from, until) = (local(from), local(from + four));
        let mut fields = vec![
            ("id", id_text.as_str()),
            ("facility", &facility),
            ("purpose", "検査の停滞の調査"),
            ("planned", "一覧を見る"),
            ("reason", "施設からの連絡"),
            ("from", &from),
            ("until", &until),
        ];
        if rescan {
            fields.push(("rescan", "on"));
        }
        by.form("/operator/work-orders", &fields).await.expect(303);
        id
    }

    async fn decide(&self, by: &Client<'_>, order: Uuid, decision: &str) -> u16 {
        let path = format!("/operator/work-orders/{order}/decision");
        by.form(&path, &[("decision", decision)]).await.status.as_u16()
    }

    /// The key that the page shows once.
    async fn key(&self, by: &Client<'_>, order: Uuid) -> Option<String> {
        let answer = by.form(&format!("/operator/work-orders/{order}/key"), &[]).await;
        let text = answer.text();
        text.split("<code class=\"key\">").nth(1).map(|rest| rest.split('<').next().unwrap().to_owned())
    }

    async fn state(&self, order: Uuid) -> String {
        let sql = "SELECT sec.order_state(o, clock_timestamp()) FROM care.work_order o WHERE o.id = $1";
        self.w.superuser().await.query_one(sql, &[&order]).await.expect("a state").get(0)
    }

    /// Moves the box into the past.
    async fn time_passes(&self, order: Uuid) {
        let sql = format!(
            "SELECT guard.open_window('1 minute', 'test'); ALTER TABLE care.work_order DISABLE TRIGGER USER;
             UPDATE care.work_order SET from_at = from_at - interval '5 hours', until_at = until_at - interval '5 hours' WHERE id = '{order}';
             ALTER TABLE care.work_order ENABLE ALWAYS TRIGGER no_row_change; ALTER TABLE care.work_order ENABLE ALWAYS TRIGGER no_truncate;
             ALTER TABLE care.work_order ENABLE ALWAYS TRIGGER no_migrator; SELECT guard.close_windows();"
        );
        self.w.superuser().await.batch_execute(&sql).await.expect("time passes");
    }

    async fn works(&self, order: Uuid, key: &str) -> bool {
        work(&self.w.app, order, key, What::Streams).await.is_ok()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_operators_a_time_box_a_report_and_the_facilitys_word() {
    let s = scene(false).await;
    let (first, second) = (s.w.operator("ichi").await, s.w.operator("nibanme").await);
    let order = s.ask(&first, false).await;
    let page = format!("/operator/work-orders/{order}");
    assert!(first.get(&page).await.expect(200).text().contains("2人目の承認待ち"));
    // Nobody approves the own order, and nothing is open before.
    assert_eq!(s.decide(&first, order, "approve").await, 409);
    assert_eq!((s.state(order).await.as_str(), s.key(&first, order).await), ("waiting", None));
    let mine = format!("/facility/work-orders/{order}");
    s.w.as_(&s.admin).get(&mine).await.expect(404);
    assert_eq!(s.decide(&second, order, "approve").await, 303);
    assert_eq!(s.decide(&second, order, "approve").await, 303, "the same again changes nothing");
    assert_eq!(s.decide(&second, order, "refuse").await, 409);
    assert_eq!(s.state(order).await, "open");
    // The facility is told; its other staff and other facilities are not.
    assert!(s.w.as_(&s.admin).get("/notices").await.expect(200).text().contains("保守作業をしています"));
    s.w.as_(&s.admin).get(&mine).await.expect(200);
    s.w.as_(&s.clerk).get(&mine).await.expect(403);
    s.w.as_(&s.stranger).get(&mine).await.expect(404);
    // The grant is the asker's.
    assert_eq!(s.key(&second, order).await, None);
    let key = s.key(&first, order).await.expect("a key");
    assert!(!s.works(order, "something else").await && !s.works(Uuid::new_v4(), &key).await);
    let lines = work(&s.w.app, order, &key, What::Streams).await.expect("granted");
    assert_eq!(lines.len(), 5, "four streams of the group and the sheet: {lines:?}");
    assert!(lines.iter().all(|l| l.ends_with("ok")));
    assert!(lines.iter().all(|l| !l.contains("合言葉") && !l.contains("試験")), "{lines:?}");
    assert!(
        work(&s.w.app, order, &key, What::Rescan { file: Uuid::new_v4() }).await.is_err(),
        "not in the order"
    );
    // A new key makes the old one worthless.
    let newer = s.key(&first, order).await.expect("a key");
    assert!(!s.works(order, &key).await && s.works(order, &newer).await);
    let log = s.w.as_(&s.admin).get("/facility/access-log").await.expect(200).text();
    assert_eq!(log.matches("運営者が、保守作業で番号・件数・状態の一覧を見ました").count(), 2, "{log}");
    // The console never shows a word of the record.
    for path in [page.as_str(), "/operator/work-orders", "/operator/log"] {
        assert!(!first.get(path).await.expect(200).text().contains("合言葉"), "{path}");
    }
    // Ended by who worked: the report lists both looks, and the key is dead.
    second.form(&format!("{page}/end"), &[]).await.expect(409);
    first.form(&format!("{page}/end"), &[]).await.expect(303);
    first.form(&format!("{page}/end"), &[]).await.expect(303);
    assert!(!s.works(order, &newer).await);
    let report = s.w.as_(&s.admin).get(&mine).await.expect(200).text();
    assert!(
        report.contains("したこと 2件") && report.contains("試験 運営") && report.contains("施設の確認待ち"),
        "{report}"
    );
    // The facility's word: once, in words if it objects; sealed where it lies.
    let path = format!("{mine}/confirmation");
    s.w.as_(&s.clerk).form(&path, &[("confirm", "yes")]).await.expect(403);
    s.w.as_(&s.stranger).form(&path, &[("confirm", "yes")]).await.expect(404);
    let refused = s.w.as_(&s.admin).form(&path, &[("confirm", "no"), ("words", " ")]).await.expect(422);
    assert!(refused.text().contains("入力してください"));
    s.w.as_(&s.admin).form(&path, &[("confirm", "no"), ("words", "時間が違います")]).await.expect(303);
    s.w.as_(&s.admin).form(&path, &[("confirm", "yes")]).await.expect(409);
    assert_eq!(s.state(order).await, "objected");
    assert!(first.get(&page).await.expect(200).text().contains("時間が違います"));
    let sealed: Vec<u8> =
        s.w.superuser()
            .await
            .query_one("SELECT words FROM care.work_order_step WHERE words IS NOT NULL", &[])
            .await
            .unwrap()
            .get(0);
    assert!(!String::from_utf8_lossy(&sealed).contains("時間"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_comes_also_when_whoever_worked_never_came_back() {
    let s = scene(false).await;
    let (first, second) = (s.w.operator("ichi").await, s.w.operator("nibanme").await);
    let order = s.ask(&first, false).await;
    assert_eq!(s.decide(&second, order, "approve").await, 303);
    let key = s.key(&first, order).await.expect("a key");
    assert!(s.works(order, &key).await);
    assert_eq!(acts::report_all(&s.w.app).await.expect("a run"), 0, "not before its time is over");
    // The machine of whoever worked dies here. Its time passes; two nodes look after it.
    s.time_passes(order).await;
    assert!(!s.works(order, &key).await, "the box is closed");
    assert_eq!(s.key(&first, order).await, None);
    let other = s.w.another_node(|_| {}).await;
    let (one, two) = tokio::join!(acts::report_all(&s.w.app), acts::report_all(&other));
    assert_eq!(one.expect("a run") + two.expect("a run"), 1, "one report");
    let mine = format!("/facility/work-orders/{order}");
    let report = s.w.as_(&s.admin).get(&mine).await.expect(200).text();
    assert!(report.contains("したこと 1件"), "{report}");
    let notices = s.w.as_(&s.admin).get("/notices").await.expect(200).text();
    assert!(notices.contains("報告を確認してください"), "{notices}");
    s.w.as_(&s.admin).form(&format!("{mine}/confirmation"), &[("confirm", "yes")]).await.expect(303);
    assert_eq!(s.state(order).await, "confirmed");
    // One that nobody used has a report too.
    let unused = s.ask(&first, false).await;
    assert_eq!(s.decide(&second, unused, "approve").await, 303);
    s.time_passes(unused).await;
    assert_eq!(acts::report_all(&s.w.app).await.expect("a run"), 1);
    assert_eq!(s.state(unused).await, "reported");
    // A week without the facility's word is shown.
    let late = "SELECT guard.open_window('1 minute', 'test'); ALTER TABLE care.work_order_step DISABLE TRIGGER USER;
      UPDATE care.work_order_step SET at = at - interval '8 days' WHERE kind = 'reported'; ALTER TABLE care.work_order_step ENABLE TRIGGER USER";
    s.w.superuser().await.batch_execute(late).await.expect("time passes");
    let list = first.get("/operator/work-orders").await.expect(200).text();
    assert!(list.contains("施設の確認が遅れています") && list.contains("1件"), "{list}");
}

/// Who has said what, and whether the time has passed; then the state, and whether the grant works.
const MACHINE: &[(&[&str], bool, &str, bool)] = &[
    (&[], false, "waiting", false),
    (&[], true, "lapsed", false),
    (&["refuse"], false, "refused", false),
    (&["refuse"], true, "refused", false),
    (&["withdraw"], false, "withdrawn", false),
    (&["approve"], false, "asked", false),
    (&["approve"], true, "lapsed", false),
    (&["approve", "disagree"], false, "refused", false),
    (&["approve", "disagree"], true, "refused", false),
    (&["approve", "agree"], false, "open", true),
    (&["approve", "agree"], true, "over", false),
    (&["approve", "agree", "end"], false, "reported", false),
    (&["approve", "agree", "end", "confirm"], false, "confirmed", false),
    (&["approve", "agree", "end", "object"], false, "objected", false),
    (&["agree", "approve"], false, "asked", false),
    (&["confirm", "approve", "agree"], false, "open", true),
];

#[tokio::test(flavor = "multi_thread")]
async fn every_way_through_an_order_ends_where_the_table_says() {
    let s = scene(true).await;
    let (first, second) = (s.w.operator("ichi").await, s.w.operator("nibanme").await);
    for (steps, passed, state, works) in MACHINE {
        let order = s.ask(&first, false).await;
        let (console, mine) =
            (format!("/operator/work-orders/{order}"), format!("/facility/work-orders/{order}"));
        let (agreement, confirmation) = (format!("{mine}/agreement"), format!("{mine}/confirmation"));
        for step in *steps {
            let admin = s.w.as_(&s.admin);
            match *step {
                "approve" | "refuse" => drop(s.decide(&second, order, step).await),
                "withdraw" | "end" => drop(first.form(&format!("{console}/end"), &[]).await),
                "agree" => drop(admin.form(&agreement, &[("agree", "yes")]).await),
                "disagree" => drop(admin.form(&agreement, &[("agree", "no")]).await),
                "confirm" => drop(admin.form(&confirmation, &[("confirm", "yes")]).await),
                _ => drop(admin.form(&confirmation, &[("confirm", "no"), ("words", "違います")]).await),
            }
        }
        let before = s.key(&first, order).await;
        if *passed {
            s.time_passes(order).await;
        }
        assert_eq!(s.state(order).await, *state, "{steps:?}, {passed}");
        let key = s.key(&first, order).await.or(before).unwrap_or_default();
        assert_eq!(s.works(order, &key).await, *works, "{steps:?}, {passed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_sign_in_and_a_suspended_operator_open_nothing_and_a_hung_scan_is_begun_again() {
    let s = scene(false).await;
    let (first, second) = (s.w.operator("ichi").await, s.w.operator("nibanme").await);
    let order = s.ask(&first, true).await;
    let superuser = s.w.superuser().await;
    let aged = "UPDATE sec.operator_session SET created_at = created_at - interval '16 minutes'";
    superuser.execute(aged, &[]).await.expect("time passes");
    assert_eq!(s.decide(&second, order, "approve").await, 409, "who approves has signed in just now");
    assert_eq!(s.state(order).await, "waiting");
    superuser.execute("UPDATE sec.operator_session SET created_at = now()", &[]).await.expect("signed in");
    assert_eq!(s.decide(&second, order, "approve").await, 303);
    let key = s.key(&first, order).await.expect("a key");
    // A file whose scan never came.
    let file = {
        let answer =
            s.w.as_(&s.admin)
                .multipart(
                    "/api/v1/files",
                    &[("class", None, b"other".to_vec()), ("file", Some("a.txt"), "試験".into())],
                )
                .await;
        id_of(&answer.expect(201).json())
    };
    superuser
        .execute("UPDATE care.file_state SET state = 'unscanned' WHERE file_id = $1", &[&file])
        .await
        .expect("no scanner");
    let lines = work(&s.w.app, order, &key, What::Files).await.expect("granted");
    assert!(
        lines.len() == 1 && lines[0].contains(&file.to_string()) && !lines[0].contains("a.txt"),
        "{lines:?}"
    );
    work(&s.w.app, order, &key, What::Rescan { file }).await.expect("it is in the order");
    let state: String = superuser
        .query_one("SELECT state FROM care.file_state WHERE file_id = $1", &[&file])
        .await
        .unwrap()
        .get(0);
    assert_eq!(state, "scanning");
    superuser
        .execute("UPDATE care.file_state SET state = 'refused' WHERE file_id = $1", &[&file])
        .await
        .expect("malware");
    assert!(
        work(&s.w.app, order, &key, What::Rescan { file }).await.is_err(),
        "a refused file stays refused"
    );
    // Whoever may not sign in any more has no grant either.
    assert!(s.works(order, &key).await);
    renkei::features::operators::acts::suspend(&s.w.app, "ichi").await.expect("suspended");
    assert!(!s.works(order, &key).await);
    // Bad input changes nothing and keeps what was typed.
    let third = s.w.operator("san").await;
    let (id, facility) = (Uuid::now_v7().to_string(), s.clinic.id.to_string());
    let fields = [
        ("id", id.as_str()),
        ("facility", &facility),
        ("purpose", "残る文"),
        ("planned", "x"),
        ("reason", "x"),
        ("from", "2026-11-27T10:00"),
        ("until", "2026-11-28T10:00"),
    ];
    let page = third.form("/operator/work-orders", &fields).await.expect(422).text();
    assert!(page.contains("残る文") && page.contains("4時間以内"), "{page}");
    let none = "SELECT count(*) FROM care.work_order WHERE purpose = '残る文'";
    assert_eq!(superuser.query_one(none, &[]).await.unwrap().get::<_, i64>(0), 0);
}
