//! Incidents: who was affected, exactly; what each facility sees of it, and no more; what a drill never does.

use renkei::{config::Security, features::incidents, jobs, mail};
use serde_json::json;
use uuid::Uuid;

use crate::world::{Answer, Client, Facility, Person, World, smtp::Smtp};

/// Two facilities, four patients. The thief uses a session of the nurse of the clinic.
struct Scene {
    clinic: Facility,
    admin: Person,
    station_admin: Person,
    nurse: Person,
    /// With a session of their own: the thief's.
    thief: Person,
    opened: Uuid,
    elsewhere: Uuid,
    listed: Uuid,
    untouched: Uuid,
}

async fn group_of(w: &World, admin: &Person, patient: Uuid, host: &Person) -> Uuid {
    let body =
        json!({"client_id": Uuid::new_v4(), "kind": "patient", "patient_id": patient, "host": host.id});
    crate::world::id_of(&w.as_(admin).call("POST", "/api/v1/groups", body).await.expect(201).json())
}

async fn scene(w: &World) -> Scene {
    let clinic = w.facility("clinic", "試験クリニック").await;
    let station = w.facility("visiting_nurse_station", "試験訪問看護").await;
    let admin = w.admin(clinic, "admin", "clerk").await;
    let station_admin = w.admin(station, "kanri", "clerk").await;
    let nurse = w.staff(clinic, "nurse", "nurse").await;
    let host = w.staff(station, "kango", "nurse").await;
    let opened = w.patient(&admin, "開封 一郎").await;
    let listed = w.patient(&admin, "一覧 二郎").await;
    let untouched = w.patient(&admin, "無関係 三郎").await;
    let elsewhere = w.patient(&station_admin, "他所 四郎").await;
    let first = group_of(w, &admin, opened, &nurse).await;
    group_of(w, &admin, listed, &nurse).await;
    group_of(w, &admin, untouched, &admin).await;
    let fourth = group_of(w, &station_admin, elsewhere, &host).await;
    w.join(&host, fourth, &nurse).await;
    // What the nurse does before, with the own session, is no part of it.
    w.as_(&nurse).get(&format!("/patients/{listed}/face-sheet")).await.expect(200);
    let mut thief = nurse.clone();
    thief.token = w.session(&nurse).await;
    w.as_(&thief).get("/").await.expect(200);
    w.as_(&thief).get(&format!("/groups/{first}")).await.expect(200);
    w.as_(&thief).get(&format!("/groups/{fourth}")).await.expect(200);
    // A refusal shows nothing.
    w.as_(&thief).get(&format!("/patients/{untouched}/face-sheet")).await.expect(404);
    Scene { clinic, admin, station_admin, nurse, thief, opened, elsewhere, listed, untouched }
}

async fn session_id(w: &World, person: &Person) -> Uuid {
    let hash = renkei::auth::token::hash(&person.token);
    let sql = "SELECT id FROM sec.session WHERE token_hash = $1";
    w.superuser().await.query_one(sql, &[&hash.as_slice()]).await.expect("the session").get(0)
}

async fn open(operator: &Client<'_>, drill: bool) -> Uuid {
    let id = Uuid::now_v7();
    let text = id.to_string();
    let mut fields = vec![
        ("id", text.as_str()),
        ("known_at", "2026-11-01T10:00"),
        ("title", "知らない端末からの閲覧"),
        ("kind", "unauthorised_access"),
        ("improper", "yes"),
        ("reached", "session"),
        ("note", ""),
    ];
    if drill {
        fields.push(("drill", "on"));
    }
    operator.form("/operator/incidents", &fields).await.expect(303);
    id
}

const EVER: [(&str, &str); 2] = [("from", "2020-01-01T00:00"), ("to", "2126-01-01T00:00")];

async fn find(operator: &Client<'_>, id: Uuid, more: &[(&str, &str)]) -> Answer {
    let mut fields = EVER.to_vec();
    fields.extend(more);
    operator.form(&format!("/operator/incidents/{id}/scope"), &fields).await
}

async fn rows(w: &World, id: Uuid) -> Vec<(Uuid, String)> {
    let sql = "SELECT patient_id, how FROM care.incident_affected a WHERE incident_id = $1
      AND scope = (SELECT max(scope) FROM care.incident_affected x WHERE x.incident_id = $1) ORDER BY how DESC, patient_id";
    let rows = w.superuser().await.query(sql, &[&id]).await.expect("the list");
    rows.iter().map(|r| (r.get(0), r.get(1))).collect()
}

async fn report(operator: &Client<'_>, id: Uuid, seen: &str) -> Answer {
    let mut fields = vec![("seen", seen)];
    fields.extend(
        ["answer0", "answer1", "answer2", "answer3", "answer4", "answer5", "answer6", "answer7", "answer8"]
            .map(|n| (n, "施設への説明文")),
    );
    operator.form(&format!("/operator/incidents/{id}/report"), &fields).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_of_affected_people_is_exact_for_a_stolen_session() {
    let w = World::new().await;
    let s = scene(&w).await;
    let operator = w.operator("unei").await;
    let id = open(&operator, false).await;
    let session = session_id(&w, &s.thief).await.to_string();
    find(&operator, id, &[("sessions", &session)]).await.expect(303);
    let mut wanted = vec![(s.elsewhere, "opened".to_owned()), (s.opened, "opened".to_owned())];
    wanted.sort();
    wanted.push((s.listed, "listed".to_owned()));
    assert_eq!(rows(&w, id).await, wanted, "{:?} is not in it", s.untouched);
    // By account, the nurse's own reading counts too.
    find(&operator, id, &[("accounts", "nurse")]).await.expect(303);
    assert!(rows(&w, id).await.contains(&(s.listed, "opened".to_owned())));
    // A time before anything happened: nobody. An ID that nobody has is refused, not taken as everybody.
    let before = [("from", "2020-01-01T00:00"), ("to", "2020-01-02T00:00"), ("accounts", "nurse")];
    operator.form(&format!("/operator/incidents/{id}/scope"), &before).await.expect(303);
    let page = operator.get(&format!("/operator/incidents/{id}")).await.expect(200).text();
    assert!(page.contains("<b>0人</b>"), "an empty answer is an answer");
    find(&operator, id, &[("accounts", "nurze")]).await.expect(422);
    // The page has ids and never a name; each facility sees in its own log that a list was made.
    find(&operator, id, &[("sessions", &session)]).await.expect(303);
    let page = operator.get(&format!("/operator/incidents/{id}")).await.expect(200).text();
    assert!(page.contains(&s.opened.to_string()) && page.contains("3人") && !page.contains("開封"), "{page}");
    let log = w.as_(&s.admin).get("/facility/access-log").await.expect(200).text();
    assert!(log.contains("影響を受けた患者さんの一覧"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_facility_sees_its_own_patients_by_name_and_nothing_of_another() {
    let w = World::new().await;
    let s = scene(&w).await;
    let operator = w.operator("unei").await;
    let id = open(&operator, false).await;
    let path = format!("/facility/incidents/{id}");
    // Nothing is to be told before there is a list and a report, and nobody sees anything before they are told.
    operator.form(&format!("/operator/incidents/{id}/notice"), &[]).await.expect(409);
    let session = session_id(&w, &s.thief).await.to_string();
    find(&operator, id, &[("sessions", &session)]).await.expect(303);
    report(&operator, id, "0").await.expect(303);
    w.as_(&s.admin).get(&path).await.expect(404);
    operator.form(&format!("/operator/incidents/{id}/notice"), &[]).await.expect(303);
    let banner = w.as_(&s.admin).get("/").await.expect(200).text();
    assert!(banner.contains("患者さんの情報に関わる連絡"));
    assert!(
        !w.as_(&s.nurse).get("/").await.expect(200).text().contains("患者さんの情報に関わる連絡"),
        "for admins"
    );
    let page = w.as_(&s.admin).get(&path).await.expect(200).text();
    assert!(page.contains("開封 一郎") && page.contains("一覧 二郎") && page.contains("施設への説明文"));
    assert!(
        !page.contains("他所") && !page.contains(&s.elsewhere.to_string()) && !page.contains("無関係"),
        "{page}"
    );
    assert!(
        !w.as_(&s.admin).get("/").await.expect(200).text().contains("患者さんの情報に関わる連絡"),
        "seen"
    );
    let csv = w.as_(&s.station_admin).get(&format!("{path}/patients.csv")).await.expect(200).text();
    assert!(
        csv.contains("他所 四郎") && !csv.contains("開封") && !csv.contains(&s.opened.to_string()),
        "{csv}"
    );
    // Not the admin: 403. Admin of a facility that is not concerned: 404. Both stand in the log.
    w.as_(&s.nurse).get(&path).await.expect(403);
    let pharmacy = w.facility("pharmacy", "試験薬局").await;
    let stranger = w.admin(pharmacy, "yakkyoku", "pharmacist").await;
    w.as_(&stranger).get(&path).await.expect(404);
    w.as_(&stranger).get(&format!("{path}/patients.csv")).await.expect(404);
    let log = w.as_(&s.admin).get("/facility/access-log").await.expect(200).text();
    assert!(
        log.contains("影響を受けた患者さんの一覧を見ました")
            && log.contains("影響を受けた患者さんの一覧を見ようとしました")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_contacts_get_a_letter_without_content_and_the_phone_list_names_whom_to_call() {
    let smtp = Smtp::start(None).await;
    let port = smtp.address.port();
    let w = World::with(|c| {
        c.mail.host = "localhost".into();
        c.mail.port = port;
        c.mail.security = Security::None;
        c.mail.from = "renkei@example.jp".into();
    })
    .await;
    let s = scene(&w).await;
    let contact = [("person", "連絡 係子"), ("phone", "03-0000-0000"), ("mail", "kinkyu@example.jp")];
    w.as_(&s.nurse).form("/facility/contact", &contact).await.expect(403);
    w.as_(&s.admin)
        .form("/facility/contact", &[("person", "x"), ("phone", "=1+1"), ("mail", "y")])
        .await
        .expect(422);
    w.as_(&s.admin).form("/facility/contact", &contact).await.expect(303);
    let operator = w.operator("unei").await;
    let id = open(&operator, false).await;
    find(&operator, id, &[("accounts", "nurse")]).await.expect(303);
    report(&operator, id, "0").await.expect(303);
    report(&operator, id, "0").await.expect(412);
    let list = operator.get(&format!("/operator/incidents/{id}/contacts.csv")).await.expect(200).text();
    assert!(
        list.contains("連絡 係子") && list.contains("03-0000-0000") && list.contains("kanri 試子"),
        "{list}"
    );
    operator.get(&format!("/operator/incidents/{id}/contacts")).await.expect(200);
    operator.form(&format!("/operator/incidents/{id}/notice"), &[]).await.expect(303);
    assert_eq!(jobs::round(&w.app, &[mail::KIND]).await.expect("a round"), 1);
    let letters = smtp.letters();
    assert_eq!((letters.len(), letters[0].to.as_str()), (1, "kinkyu@example.jp"));
    let told = format!("{:?}", letters[0]);
    assert!(!told.contains("開封") && !told.contains("知らない端末"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_incident_lives_through_its_steps_with_its_clocks_and_the_draft_holds_the_facts() {
    let w = World::new().await;
    let s = scene(&w).await;
    let operator = w.operator("unei").await;
    let id = open(&operator, false).await;
    let page = async || operator.get(&format!("/operator/incidents/{id}")).await.expect(200).text();
    let step = async |kind: &str, at: &str| {
        operator
            .form(
                &format!("/operator/incidents/{id}/steps"),
                &[("kind", kind), ("happened_at", at), ("step_note", "")],
            )
            .await
    };
    let first = page().await;
    assert!(
        first.contains("2026年11月5日 まで") && first.contains("2026年12月30日 まで"),
        "five days, and sixty: {first}"
    );
    assert!(first.contains("個人情報の保護に関する法律"));
    find(&operator, id, &[("sessions", &session_id(&w, &s.thief).await.to_string())]).await.expect(303);
    let drafted = page().await;
    assert!(
        drafted.contains("3人(うち記録を開かれた人 2人") && drafted.contains("記録を読めた可能性"),
        "{drafted}"
    );
    step("reported_early", "2026-11-04T12:00").await.expect(303);
    step("reported_early", "2026-11-04T12:00").await.expect(409);
    step("published", "2026-11-04T12:00").await.expect(422);
    assert!(page().await.contains("出しました"));
    // Judged anew: an outage has nothing to report.
    let said = [("seen", "1"), ("title", "通信の故障"), ("kind", "outage"), ("improper", "no"), ("note", "")];
    operator.form(&format!("/operator/incidents/{id}/assessment"), &said).await.expect(303);
    operator.form(&format!("/operator/incidents/{id}/assessment"), &said).await.expect(412);
    assert!(page().await.contains("報告の対象ではありません"));
    step("closed", "2026-11-06T12:00").await.expect(303);
    step("contained", "2026-11-06T12:00").await.expect(409);
    step("reopened", "2026-11-07T12:00").await.expect(303);
    step("contained", "2026-11-07T12:00").await.expect(303);
    let facts = incidents::acts::facts(&w.app).await.expect("facts");
    assert_eq!((facts.breaches, facts.others, facts.open, facts.last_drill), (0, 1, 1, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_published_is_for_everybody_until_it_is_withdrawn() {
    let w = World::new().await;
    let operator = w.operator("unei").await;
    let id = open(&operator, false).await;
    let (list, one) = ("/notices/incidents", format!("/notices/incidents/{id}"));
    w.nobody().get(&one).await.expect(404);
    let text = [("seen", "0"), ("public_title", "不正な閲覧について"), ("public_body", "調べています。")];
    operator.form(&format!("/operator/incidents/{id}/publication"), &text).await.expect(303);
    operator.form(&format!("/operator/incidents/{id}/publication"), &text).await.expect(412);
    assert!(w.nobody().get(list).await.expect(200).text().contains("不正な閲覧について"));
    let page = w.nobody().get(&one).await.expect(200).text();
    assert!(
        page.contains("調べています。") && !page.contains("知らない端末からの閲覧"),
        "only what was published"
    );
    operator
        .form(&format!("/operator/incidents/{id}/publication/withdrawal"), &[("seen", "1")])
        .await
        .expect(303);
    w.nobody().get(&one).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drill_is_marked_everywhere_and_nothing_of_it_leaves() {
    let w = World::with(|c| {
        c.mail.host = "localhost".into();
        c.mail.from = "renkei@example.jp".into();
    })
    .await;
    let s = scene(&w).await;
    let contact = [("person", "連絡 係子"), ("phone", "03-0000-0000"), ("mail", "kinkyu@example.jp")];
    w.as_(&s.admin).form("/facility/contact", &contact).await.expect(303);
    let operator = w.operator("unei").await;
    let id = open(&operator, true).await;
    find(&operator, id, &[("accounts", "nurse")]).await.expect(303);
    report(&operator, id, "0").await.expect(303);
    operator.form(&format!("/operator/incidents/{id}/notice"), &[]).await.expect(303);
    let letters = "SELECT count(*) FROM care.job WHERE kind = 'mail'";
    let jobs: i64 = w.superuser().await.query_one(letters, &[]).await.expect("a count").get(0);
    assert_eq!(jobs, 0, "no letter");
    let text = [("seen", "0"), ("public_title", "x"), ("public_body", "x")];
    operator.form(&format!("/operator/incidents/{id}/publication"), &text).await.expect(409);
    for page in [
        operator.get("/operator/incidents").await,
        operator.get(&format!("/operator/incidents/{id}")).await,
        operator.get(&format!("/operator/incidents/{id}/contacts")).await,
        w.as_(&s.admin).get("/").await,
        w.as_(&s.admin).get("/facility/incidents").await,
        w.as_(&s.admin).get(&format!("/facility/incidents/{id}")).await,
    ] {
        assert!(page.expect(200).text().contains("訓練"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drill_walks_its_clocks_with_a_clock_of_its_own() {
    use incidents::{
        drill::{Scenario, run},
        model::{Kind, Reached, StepKind},
        rules::Hand,
    };
    let w = World::new().await;
    let s = scene(&w).await;
    assert_eq!(s.clinic.id, s.nurse.facility.id);
    let scenario = |early_on_day| Scenario {
        title: "訓練の侵入".into(),
        kind: Kind::UnauthorisedAccess,
        improper: true,
        reached: vec![Reached::Session],
        known_at: jiff::Timestamp::now(),
        window: jiff::SignedDuration::from_hours(1),
        early_on_day,
        final_on_day: 59,
    };
    let good = run(&w.app, &scenario(3)).await.expect("a drill");
    assert!(good.in_time && good.clocks.iter().all(|c| c.done.is_some()));
    // Four patients were registered in this hour, two facilities keep them.
    assert_eq!((good.patients, good.facilities), (4, 2));
    let late = run(&w.app, &scenario(9)).await.expect("a drill");
    assert!(!late.in_time);
    let overdue = late.looks.iter().any(|l| l.hands.contains(&(StepKind::ReportedEarly, Hand::Overdue)));
    assert!(overdue, "on the ninth day the early report is overdue");
    assert!(incidents::acts::facts(&w.app).await.expect("facts").last_drill.is_some());
}
