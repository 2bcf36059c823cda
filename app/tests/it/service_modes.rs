//! The service modes: each mode × each kind of route, for everybody and for one facility, after a restart, and on the
//! floor of the database, where no act can forget them.

use renkei::{
    features::service_modes::acts::{self, Change},
    service::ServiceMode,
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::world::{Facility, PASSWORD, Person, World};

pub async fn set(w: &World, facility: Option<Facility>, mode: ServiceMode) {
    let now = jiff::Timestamp::now();
    let change = Change::checked(facility.map(|f| f.id), mode, "試験のため", None, now).expect("a change");
    assert!(acts::set_from_command(&w.app, &change).await.expect("set"), "older writes are over");
}

struct Scene {
    w: World,
    clinic: Facility,
    doctor: Person,
    neighbour: Person,
    group: Uuid,
    patient: Uuid,
}

async fn scene() -> Scene {
    let w = World::new().await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    let station = w.facility("visiting_nurse_station", "試験訪問看護").await;
    let doctor = w.admin(clinic, "doctor", "doctor").await;
    let neighbour = w.staff(station, "kango", "nurse").await;
    let patient = w.patient(&doctor, "試験 太郎").await;
    let body =
        json!({"client_id": Uuid::new_v4(), "kind": "patient", "patient_id": patient, "host": doctor.id});
    let made = w.as_(&doctor).call("POST", "/api/v1/groups", body).await.expect(201).json();
    let group = crate::world::id_of(&made);
    w.join(&doctor, group, &neighbour).await;
    w.as_(&doctor).post(group, "血圧 128/76").await.expect(201);
    Scene { w, clinic, doctor, neighbour, group, patient }
}

impl Scene {
    /// Every kind of thing that a person may want to write, as the API takes it.
    fn writes(&self) -> Vec<(&'static str, String, Value)> {
        let id = || Uuid::new_v4();
        let (g, p) = (self.group, self.patient);
        vec![
            ("POST", format!("/api/v1/groups/{g}/posts"), json!({"client_id": id(), "body": "x"})),
            ("POST", format!("/api/v1/groups/{g}/read"), json!({"up_to_seq": 1})),
            (
                "PUT",
                format!("/api/v1/patients/{p}/face-sheet"),
                json!({"client_id": id(), "fields": {"name": "y"}, "reason": "試験"}),
            ),
            (
                "POST",
                "/api/v1/patients".into(),
                json!({"client_id": id(), "fields": {"name": "z", "kana": "テスト"}}),
            ),
            (
                "PUT",
                format!("/api/v1/groups/{g}/archive"),
                json!({"client_id": id(), "archived": true, "reason": "試験"}),
            ),
        ]
    }

    async fn all_writes(&self, person: &Person) -> Vec<u16> {
        let mut found = Vec::new();
        for (method, path, body) in self.writes() {
            let answer = self.w.as_(person).call_with(method, &path, body, &[("if-match", "\"1\"")]).await;
            if answer.status.as_u16() == 503 {
                assert!(answer.headers.contains_key("retry-after"), "{method} {path}");
                assert_eq!(answer.json()["code"], "read_only", "{method} {path}");
                assert_eq!(answer.json()["reason"], "試験のため");
            }
            found.push(answer.status.as_u16());
        }
        found
    }

    async fn reads(&self, person: &Person) -> Vec<u16> {
        let mut found = Vec::new();
        let (g, p) = (self.group, self.patient);
        for path in [
            "/".to_owned(),
            format!("/groups/{g}"),
            format!("/patients/{p}/face-sheet"),
            format!("/api/v1/groups/{g}/posts"),
            "/api/v1/me".into(),
            "/api/v1/events".into(),
        ] {
            found.push(self.w.as_(person).get(&path).await.status.as_u16());
        }
        found
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn while_it_is_for_reading_alone_everything_can_be_read_and_nothing_written() {
    let s = scene().await;
    set(&s.w, None, ServiceMode::ReadOnly).await;
    assert_eq!(s.reads(&s.doctor).await, [200; 6]);
    assert_eq!(s.all_writes(&s.doctor).await, [503; 5]);
    let file =
        s.w.as_(&s.doctor)
            .multipart(
                "/api/v1/files",
                &[("class", None, b"other".to_vec()), ("file", Some("a.txt"), b"x".to_vec())],
            )
            .await;
    file.expect_code(503, "read_only");
    // A page's form comes back with what was typed, and the banner says why.
    let id = Uuid::new_v4().to_string();
    let fields: [(&str, Option<&str>, Vec<u8>); 2] =
        [("client_id", None, id.into_bytes()), ("body", None, "書きかけの文".into())];
    let page = s.w.as_(&s.doctor).multipart(&format!("/groups/{}/posts", s.group), &fields).await.expect(503);
    assert!(page.headers.contains_key("retry-after"));
    let home = s.w.as_(&s.doctor).get("/").await.expect(200).text();
    assert!(home.contains("いまは読むだけにしています") && home.contains("試験のため"));
    // Signing in, locking, and what protects go on.
    let mut again = s.doctor.clone();
    again.token = s.w.session(&s.doctor).await;
    assert_eq!(s.reads(&again).await, [200; 6]);
    s.w.as_(&again).form("/lock", &[]).await.expect(303);
    set(&s.w, None, ServiceMode::Normal).await;
    assert_eq!(s.all_writes(&s.doctor).await, [201, 204, 200, 201, 200]);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_facility_alone_can_be_for_reading_alone() {
    let s = scene().await;
    set(&s.w, Some(s.clinic), ServiceMode::ReadOnly).await;
    assert_eq!(s.all_writes(&s.doctor).await, [503; 5]);
    s.w.as_(&s.neighbour).post(s.group, "となりは書ける").await.expect(201);
    assert!(!s.w.as_(&s.neighbour).get("/").await.expect(200).text().contains("読むだけ"));
    set(&s.w, Some(s.clinic), ServiceMode::Normal).await;
    s.w.as_(&s.doctor).post(s.group, "また書ける").await.expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_post_finds_its_first_answer_while_nothing_can_be_written() {
    let s = scene().await;
    let path = format!("/api/v1/groups/{}/posts", s.group);
    let body = json!({"client_id": Uuid::new_v4(), "body": "届いたか分からない"});
    let first = s.w.as_(&s.doctor).call("POST", &path, body.clone()).await.expect(201).json();
    set(&s.w, None, ServiceMode::ReadOnly).await;
    let again = s.w.as_(&s.doctor).call("POST", &path, body).await.expect(200).json();
    assert_eq!(first["id"], again["id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn while_sign_in_is_stopped_whoever_is_in_goes_on_and_nobody_else_comes() {
    let s = scene().await;
    let code = s.w.totp_now(&s.doctor);
    let body = |password: &str| json!({"login_id": s.doctor.login_id, "password": password, "totp": code});
    set(&s.w, None, ServiceMode::SignInStopped).await;
    assert_eq!(s.reads(&s.doctor).await, [200; 6]);
    s.w.as_(&s.doctor).post(s.group, "続けられる").await.expect(201);
    let (right, wrong) = (body(PASSWORD), body("not-the-password"));
    for body in [right.clone(), wrong] {
        let refused =
            s.w.nobody().call("POST", "/api/v1/session", body).await.expect_code(503, "sign_in_stopped");
        assert!(refused.headers.contains_key("retry-after"));
    }
    let door = s.w.nobody().get("/sign-in").await.expect(200).text();
    assert!(door.contains("新しくサインインできません") && door.contains("試験のため"));
    let form = [("login_id", s.doctor.login_id.as_str()), ("password", PASSWORD), ("next", "/")];
    let page = s.w.nobody().form("/sign-in", &form).await.expect(503).text();
    assert!(page.contains("いまはサインインできません") && !page.contains(PASSWORD));
    set(&s.w, None, ServiceMode::Normal).await;
    s.w.nobody().call("POST", "/api/v1/session", right).await.expect(200);
    // One facility alone: its people are told so after the right password, others come in.
    set(&s.w, Some(s.clinic), ServiceMode::SignInStopped).await;
    let refused = sign_in(&s.w, &s.doctor).await;
    assert!(matches!(refused, Err(renkei::Error::OutOfService(now)) if !now.everybody));
    sign_in(&s.w, &s.neighbour).await.expect("the neighbour comes in");
}

async fn post_of(s: &Scene) -> Uuid {
    let list = s.w.as_(&s.doctor).get(&format!("/api/v1/groups/{}/posts", s.group)).await.expect(200).json();
    crate::world::id_of(&list["items"][0])
}

async fn sign_in(w: &World, person: &Person) -> renkei::Result<()> {
    use renkei::features::sign_in::acts::{Trusted, trusted_session};
    trusted_session(&w.app, person.id, Trusted::default()).await.map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_service_says_why_and_since_when_and_nothing_else_but_the_console() {
    let s = scene().await;
    let operator = s.w.operator("unei").await;
    set(&s.w, None, ServiceMode::Stopped).await;
    assert_eq!(s.reads(&s.doctor).await, [503; 6]);
    let page = s.w.as_(&s.doctor).get("/").await.expect(503).text();
    assert!(
        page.contains("いまはサービスを止めています")
            && page.contains("試験のため")
            && page.contains("いつから")
    );
    let refused = s.w.as_(&s.doctor).get("/api/v1/me").await.expect_code(503, "stopped").json();
    assert!(refused["since"].is_string());
    assert!(sign_in(&s.w, &s.doctor).await.is_err());
    s.w.nobody().get("/healthz").await.expect(200);
    assert!(s.w.nobody().get("/sign-in").await.expect(200).text().contains("サービスを止めています"));
    // The console goes on, and turns it back.
    let console = operator.get("/operator/modes").await.expect(200).text();
    assert!(console.contains("すべての施設：停止"));
    operator
        .form(
            "/operator/modes",
            &[("facility", "all"), ("mode", "normal"), ("reason", "確認できた"), ("until", "")],
        )
        .await
        .expect(303);
    assert_eq!(s.reads(&s.doctor).await, [200; 6]);
    let log = operator.get("/operator/log").await.expect(200).text();
    assert!(log.contains("運転モードを切り替えた") && log.contains("確認できた"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_facility_leaves_the_others_alone_and_cannot_be_entered_sideways() {
    let s = scene().await;
    // The doctor also works at the station.
    renkei::features::facilities::acts::add_staff(&s.w.app, s.neighbour.facility.id, s.doctor.id, false)
        .await
        .expect("a tie");
    set(&s.w, Some(s.clinic), ServiceMode::Stopped).await;
    assert_eq!(s.reads(&s.doctor).await, [503; 6]);
    assert_eq!(s.w.as_(&s.neighbour).get("/").await.status.as_u16(), 200);
    // Signing in anew leads to the facility that is in service; from there nobody gets into the other one.
    let mut elsewhere = s.doctor.clone();
    elsewhere.token = s.w.session(&s.doctor).await;
    s.w.as_(&elsewhere).get("/").await.expect(200);
    let clinic = s.clinic.id.to_string();
    s.w.as_(&elsewhere).form("/menu/acting-facility", &[("facility", &clinic)]).await.expect(503);
    s.w.as_(&elsewhere).get("/").await.expect(200);
    set(&s.w, Some(s.clinic), ServiceMode::Normal).await;
    s.w.as_(&elsewhere).form("/menu/acting-facility", &[("facility", &clinic)]).await.expect(303);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mode_holds_on_every_node_and_after_a_restart() {
    let s = scene().await;
    set(&s.w, None, ServiceMode::ReadOnly).await;
    let other = s.w.another_node(|_| {}).await;
    let now = acts::of_all(&other).await.expect("an answer").expect("a mode");
    assert_eq!((now.mode, now.reason.as_str()), (ServiceMode::ReadOnly, "試験のため"));
    let who = renkei::auth::Actor::from_token(&s.doctor.token);
    let mut tx = other.db.acting(&who).await.expect("a transaction");
    renkei::web::viewer::Me::load(&mut tx).await.expect("reading goes on");
    drop(tx);
    let refused = renkei::features::posts::acts::acknowledge(&other, &who, post_of(&s).await).await;
    assert!(matches!(refused, Err(renkei::Error::OutOfService(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_mode_is_refused_in_words_and_changes_nothing() {
    let s = scene().await;
    let operator = s.w.operator("unei").await;
    let form = |mode: &'static str, reason: &'static str| {
        [("facility", "all"), ("mode", mode), ("reason", reason), ("until", "")]
    };
    let page = operator.form("/operator/modes", &form("stopped", " ")).await.expect(422).text();
    assert!(page.contains("入力してください"));
    operator.form("/operator/modes", &form("off", "x")).await.expect(422);
    let unknown = Uuid::new_v4().to_string();
    operator
        .form(
            "/operator/modes",
            &[("facility", &unknown), ("mode", "stopped"), ("reason", "x"), ("until", "")],
        )
        .await
        .expect(404);
    assert_eq!(s.reads(&s.doctor).await, [200; 6]);
}

/// Tables whose rows people write: the trigger stands on them.
const STOPPED: &[&str] = &[
    "patient",
    "groups",
    "group_state",
    "membership",
    "invitation",
    "file",
    "template",
    "template_version",
    "bookmark",
    "duty",
    "substitute",
    "shown_phone",
    "connection",
    "consultation",
    "consultation_event",
    "relative",
    "relative_invitation",
    "office_hours",
    "release",
    "task",
    "visit",
    "visit_record",
    "visit_mark",
    "outside_system",
    "post_label",
];
/// Records, which only `sec.chain` admits, and what the same acts write beside them.
const CHAINED: &[&str] = &[
    "post",
    "receipt",
    "membership_event",
    "departure",
    "face_sheet_version",
    "stream",
    "stream_head",
    "read_position",
    "post_file",
    "data_key",
    "stamp",
    "pin",
    "observation",
    "observation_notice",
    "asked",
    "direct",
    "task_event",
    "visit_event",
    "proxy_entry",
    "quarantine",
    "quarantined_post",
    "moved_post",
    "hidden_post",
];
/// What goes on: logs, keys, the deployment's own work, what protects (accounts, staff, sessions), what operators do.
const GOES_ON: &[&str] = &[
    "access_event",
    "leaf_queue",
    "log_backfill",
    "log_answer",
    "log_entry",
    "log_epoch",
    "checkpoint",
    "checkpoint_copy",
    "checkpoint_stamp",
    "witness_answer",
    "log_finding",
    "event",
    "ask_notice",
    "deployment",
    "epoch",
    "facility",
    "facility_version",
    "facility_key",
    "account",
    "account_version",
    "staff",
    "staff_event",
    "sign_in_policy",
    "device_loss",
    "file_state",
    "operator",
    "operator_event",
    "job",
    "schedule_run",
    "region",
    "region_version",
    "facility_region",
    "region_policy",
    "region_policy_acceptance",
    "secretariat",
    "vocabulary",
    "deployment_template_version",
    "check_item",
    "facility_application",
    "facility_application_entry",
    "facility_application_check",
    "announcement",
    "announcement_version",
    "announcement_read",
    "service_mode_event",
    "incident",
    "incident_assessment",
    "incident_step",
    "incident_report",
    "incident_scope",
    "incident_affected",
    "incident_publication",
    "incident_seen",
    "facility_contact",
    "desk_key",
    "inquiry",
    "inquiry_answer",
    "inquiry_state",
    "alarm",
    "alarm_event",
    "probe_minute",
    "availability_day",
    "planned_work",
    "synthetic_beat",
    "front_trial",
    "backup_run",
    "disclosure_edition",
    "fingerprint",
    "generations_kept",
    "heartbeat",
    "node",
    "paper",
    "paper_event",
    "policy_acceptance",
    "policy_version",
    "register_version",
    "sample",
    "review",
    "review_item",
    "review_answer",
    "review_state",
    "review_key",
    "review_signature",
    "access_review",
    "access_review_reminder",
    "access_review_signature",
    "reader_policy",
    "work_order",
    "work_order_step",
    "work_order_act",
    "notification_setting",
    "facility_quiet",
    "notification_level",
    "notification_cursor",
    "notices_seen",
    "notification",
    "delivery",
    "interruption",
    "relative_setting",
    "relative_cursor",
    "relative_notice",
    "observation_seen",
    "search",
    // Taking it back is always possible; agreeing asks for the mode in its act.
    "proxy_consent",
];

#[tokio::test(flavor = "multi_thread")]
async fn every_table_either_stops_with_the_service_or_is_known_to_go_on() {
    let w = World::new().await;
    let sql = "SELECT c.relname::text, EXISTS (SELECT 1 FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgname = 'in_service' AND t.tgenabled = 'A') FROM pg_class c
      WHERE c.relnamespace = 'care'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname <> 'refinery_schema_history'";
    for row in w.superuser().await.query(sql, &[]).await.expect("the catalogue") {
        let (table, stops): (String, bool) = (row.get(0), row.get(1));
        let lists = [STOPPED, CHAINED, GOES_ON].map(|list| list.contains(&table.as_str()));
        assert_eq!(
            lists.iter().filter(|l| **l).count(),
            1,
            "care.{table}: stop it with the service (care.stop_with_service), or say here why it goes on"
        );
        assert_eq!(stops, lists[0], "care.{table}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_floor_refuses_also_where_an_act_forgets_and_where_the_setting_is_forged() {
    let s = scene().await;
    let superuser = s.w.superuser().await;
    let forgetful = "SELECT guard.open_window('1 minute', 'test'); SET ROLE renkei_sec;
      CREATE FUNCTION act.forgetful(p_group uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS 'BEGIN PERFORM sec.must(); UPDATE care.group_state SET archived_at = now() WHERE group_id = p_group; END';
      GRANT EXECUTE ON FUNCTION act.forgetful(uuid) TO renkei_app; RESET ROLE; SELECT guard.close_windows();";
    superuser.batch_execute(forgetful).await.expect("a later act");
    let who = renkei::auth::Actor::from_token(&s.doctor.token);
    let attempt = async || {
        let mut tx = s.w.app.db.acting(&who).await?;
        tx.query("SELECT pg_catalog.set_config('renkei.mode', 'normal', true)", &[]).await?;
        tx.query("SELECT act.forgetful($1)", &[&s.group]).await
    };
    attempt().await.expect("it works while all is normal, and is rolled back");
    for facility in [None, Some(s.clinic)] {
        set(&s.w, facility, ServiceMode::ReadOnly).await;
        assert!(matches!(attempt().await, Err(renkei::Error::OutOfService(_))));
        set(&s.w, facility, ServiceMode::Normal).await;
    }
    // The service's own role can neither see nor change the mode.
    let app = s.w.role("renkei_app").await;
    for sql in [
        "SELECT * FROM sec.service_mode",
        "DELETE FROM sec.service_mode",
        "SELECT act.set_mode(NULL, 'normal', 'x', NULL)",
    ] {
        let refused = app.batch_execute(sql).await.expect_err(sql);
        assert_eq!(refused.code().expect("a refusal").code(), "42501", "{sql}");
    }
}
