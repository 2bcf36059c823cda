//! What exists elsewhere and what does not exist at all look the same, through the API and inside the database.

use serde_json::{Value, json};
use uuid::Uuid;

use super::target::Target;

/// What the answer tells, without the part that names the request.
async fn told(t: &Target, method: &str, path: &str, body: Value) -> (u16, Value) {
    let headers = [("if-match", "\"1\"")];
    let answer = t.w.as_(&t.host).call_with(method, path, body, &headers).await;
    let mut told: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    told["request_id"] = json!(null);
    (answer.status.as_u16(), told)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_answers_alike_for_what_is_elsewhere_and_for_what_is_nowhere() {
    let t = Target::new().await;
    let f = &t.foreign;
    let reason = || json!({"client_id": Uuid::new_v4(), "reason": "試験"});
    let post = || json!({"client_id": Uuid::new_v4(), "body": "試験"});
    let sheet = json!({"fields": {"name": "試験", "kana": "シケン"}, "reason": "試験"});
    let invite = || json!({"client_id": Uuid::new_v4(), "account_id": t.host.id, "facility_id": t.clinic.id, "role": "member"});
    // The path with the caller's own id (which works or is refused otherwise), the foreign id, and the body.
    let cases: Vec<(&str, &str, Uuid, Uuid, Value)> = vec![
        ("GET", "/groups/{}", t.group, f.group, json!(null)),
        ("GET", "/groups/{}/members", t.group, f.group, json!(null)),
        ("GET", "/groups/{}/posts", t.group, f.group, json!(null)),
        ("POST", "/groups/{}/posts", t.group, f.group, post()),
        ("POST", "/groups/{}/read", t.group, f.group, json!({"up_to_seq": 1})),
        ("POST", "/groups/{}/invitations", t.group, f.group, invite()),
        (
            "PUT",
            "/groups/{}/archive",
            t.group,
            f.group,
            json!({"client_id": Uuid::new_v4(), "archived": true, "reason": "試験"}),
        ),
        ("GET", "/posts/{}", t.post, f.post, json!(null)),
        ("GET", "/posts/{}/readers", t.post, f.post, json!(null)),
        ("POST", "/posts/{}/corrections", t.post, f.post, post()),
        ("POST", "/posts/{}/withdrawal", t.post, f.post, reason()),
        ("PUT", "/posts/{}/acknowledgement", t.post, f.post, json!(null)),
        ("GET", "/patients/{}", t.patient, f.patient, json!(null)),
        ("GET", "/patients/{}/face-sheet", t.patient, f.patient, json!(null)),
        ("GET", "/patients/{}/face-sheet/versions", t.patient, f.patient, json!(null)),
        ("PUT", "/patients/{}/face-sheet", t.patient, f.patient, sheet),
        ("GET", "/files/{}", t.file, f.file, json!(null)),
        (
            "POST",
            "/invitations/{}/acceptance",
            t.invitation,
            f.invitation,
            json!({"client_id": Uuid::new_v4(), "decision": "accept"}),
        ),
        ("DELETE", "/me/devices/{}", f.device, f.device, json!(null)),
        ("GET", "/facilities/{}/access-log", t.clinic.id, f.facility.id, json!(null)),
    ];
    for (method, path, own, foreign, body) in cases {
        let at = |id: Uuid| format!("/api/v1{}", path.replace("{}", &id.to_string()));
        let elsewhere = told(&t, method, &at(foreign), body.clone()).await;
        let nowhere = told(&t, method, &at(Uuid::now_v7()), body.clone()).await;
        assert_eq!(elsewhere, nowhere, "{method} {path}");
        assert_eq!(elsewhere.0, 404, "{method} {path}: {}", elsewhere.1);
        if method == "GET" && !path.contains("access-log") {
            assert_eq!(told(&t, method, &at(own), body).await.0, 200, "{method} {path} of one's own");
        }
    }
}

/// `{}` is a group, post, patient, invitation, device, account or facility of others, or an id that nobody has.
const ACTS: &[(&str, &str)] = &[
    ("group", "SELECT act.read('{}', 'team', 1, '{new}', '{new}', '\\x00', '\\x00')"),
    ("group", "SELECT act.acknowledge('{}', '{new}', '{new}', '{new}', '\\x00', '\\x00')"),
    (
        "group",
        "SELECT act.post(NULL, '{}', 'team', '{new}', 'post', '{new}', '\\x00', '\\x00', '\\x00', NULL, NULL, NULL, '{}'::text::uuid[], '{}', '{}')",
    ),
    (
        "group",
        "SELECT act.invite('{new}', '{}', '{new}', '{new}', 'member', NULL, false, '\\x00', '{new}', '{new}', '\\x00', '\\x00')",
    ),
    (
        "group",
        "SELECT act.decide_member('{}', '{new}', 'approved', '{new}', '{new}', '\\x00', '\\x00', 0, '{new}', '{new}', '\\x00', '\\x00')",
    ),
    ("group", "SELECT act.end_membership('{}', '{new}', 'removed', '{new}', '{new}', '\\x00', '\\x00')"),
    ("group", "SELECT act.end_membership('{}', sec.me(), 'left', '{new}', '{new}', '\\x00', '\\x00')"),
    ("group", "SELECT act.hand_over('{}', '{new}', '{new}', '{new}', '{new}', '\\x00', '\\x00')"),
    ("group", "SELECT act.set_archived('{}', true, '{new}', '{new}', '\\x00', '\\x00')"),
    ("group", "SELECT act.viewed('viewed_timeline', '{}', NULL, NULL)"),
    ("group", "SELECT act.refused('viewed_timeline', '{}', NULL, NULL)"),
    ("group", "SELECT sec.my_first('{}')"),
    ("post", "SELECT act.acknowledge('{own}', '{}', '{new}', '{new}', '\\x00', '\\x00')"),
    ("post", "SELECT act.note_release('{}', '{own}', ARRAY[]::uuid[], ARRAY[]::bytea[])"),
    ("patient", "SELECT act.save_face_sheet('{}', 1, '{new}', '{new}', '\\x00', '\\x00', '\\x00')"),
    (
        "patient",
        "SELECT act.open_group('{new}', '{}', '{new}', sec.me(), ARRAY['{new}','{new}','{new}','{new}']::uuid[], 1, ARRAY['\\x00','\\x00','\\x00','\\x00']::bytea[], '{new}', '\\x00', '\\x00', '{new}', '{new}', '\\x00', '\\x00')",
    ),
    ("patient", "SELECT act.viewed('viewed_face_sheet', NULL, '{}', NULL)"),
    ("patient", "SELECT act.refused('viewed_face_sheet', NULL, '{}', NULL)"),
    ("invitation", "SELECT act.find_invitation('{}', NULL)"),
    ("invitation", "SELECT act.answer_invitation('{}', 'joined', 0, '{new}', '{new}', '\\x00', '\\x00')"),
    ("device", "SELECT act.end_device('{}')"),
    ("device", "SELECT act.device_names(ARRAY['{}']::uuid[])"),
    ("facility", "SELECT act.act_for('{}')"),
    ("account", "SELECT act.set_suspended('{}', true)"),
    ("account", "SELECT act.staff_member('{}')"),
    ("group", "SELECT act.access_facts(sec.me(), '{}')"),
    ("account", "SELECT act.access_groups('{}')"),
    ("account", "SELECT act.departure_groups('{}')"),
    ("account", "SELECT act.departure_successors('{}')"),
    ("account", "SELECT act.departure_invitations('{}')"),
    (
        "account",
        "SELECT act.depart('{new}', '{}', '{new}', ARRAY[]::text[], ARRAY[]::uuid[], ARRAY[]::uuid[], ARRAY[]::uuid[], ARRAY[]::uuid[], ARRAY[]::uuid[], ARRAY[]::uuid[], ARRAY[]::bytea[], ARRAY[]::bytea[])",
    ),
    ("file", "SELECT sec.is_posted('{}')"),
    ("post", "SELECT act.confirm_entry('{}', '{new}', '{new}', '\\x00', '\\x00')"),
];

#[tokio::test(flavor = "multi_thread")]
async fn the_database_answers_alike_for_what_is_elsewhere_and_for_what_is_nowhere() {
    let t = Target::new().await;
    let f = &t.foreign;
    for person in [&t.member, &t.host, &t.admin] {
        for (what, statement) in ACTS {
            let foreign = match *what {
                "group" => f.group,
                "post" => f.post,
                "patient" => f.patient,
                "invitation" => f.invitation,
                "device" => f.device,
                "facility" => f.facility.id,
                "account" => f.admin.id,
                _ => f.file,
            };
            let (new, own) = (Uuid::now_v7().to_string(), t.group.to_string());
            let filled = |id: Uuid| {
                let first = statement.replacen("'{}'", &format!("'{id}'"), 1);
                first.replace("{new}", &new).replace("{own}", &own)
            };
            let elsewhere = outcome(&t, person, &filled(foreign)).await;
            let nowhere = outcome(&t, person, &filled(Uuid::now_v7())).await;
            assert_eq!(elsewhere, nowhere, "{}: {statement}", person.login_id);
        }
    }
}

/// Rows or the refusal, in a transaction that is undone.
async fn outcome(
    t: &Target,
    person: &crate::world::Person,
    statement: &str,
) -> Result<Vec<String>, (String, String)> {
    let client = t.opened(person).await;
    let rows = client.simple_query(statement).await.map_err(|e| {
        let refusal = e.as_db_error().expect("the database answers");
        (refusal.code().code().to_owned(), refusal.message().to_owned())
    })?;
    Ok(rows.iter().map(|r| format!("{r:?}")).collect())
}
