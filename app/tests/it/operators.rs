//! The operator's console: its own door, and no way from it to a record.

use renkei::{auth::totp, features::operators::acts};

use crate::world::{PASSWORD, World};

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_signs_in_with_password_and_code_and_neither_cookie_passes_for_the_other() {
    let w = World::new().await;
    let facility = w.facility("clinic", "試験クリニック").await;
    let admin = w.admin(facility, "admin", "clerk").await;
    let operator = w.operator("unei").await;
    let page = operator.get("/operator").await.expect(200);
    assert!(page.text().contains("試験 運営"), "the frame names who is signed in");
    // The staff's session opens no console, and the operator's opens no page of the staff.
    w.as_(&admin).get("/groups").await.expect(200);
    w.as_(&admin).get("/operator").await.expect(303);
    let led = operator.get("/groups").await.expect(303);
    assert!(led.headers["location"].to_str().unwrap().starts_with("/sign-in"));
    operator.get("/api/v1/groups").await.expect(401);
    // Signing out ends the session itself, not only the cookie.
    operator.form("/operator/sign-out", &[]).await.expect(303);
    operator.get("/operator").await.expect(303);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_password_wrong_code_and_used_code_are_refused_alike_and_counted() {
    let w = World::new().await;
    let secret = totp::fresh_secret();
    let hash = renkei::auth::password::hash(PASSWORD.into()).await.unwrap();
    acts::add(&w.app, "unei", "試験 運営", &hash, &secret).await.unwrap();
    let code = totp::code_at(&secret, w.app.unix_seconds()).unwrap();
    let fields = |password: &'static str, code: String| {
        [("login_id", "unei".to_owned()), ("password", password.to_owned()), ("code", code)]
    };
    let send = async |f: [(&str, String); 3]| {
        let f: Vec<(&str, &str)> = f.iter().map(|(k, v)| (*k, v.as_str())).collect();
        w.nobody().form("/operator/sign-in", &f).await
    };
    let refused = send(fields("not-the-password", code.clone())).await.expect(401).text();
    assert!(refused.contains("違います") && !refused.contains("not-the-password"));
    send(fields(PASSWORD, code.clone())).await.expect(303);
    // The same code again is burnt, whoever saw it.
    send(fields(PASSWORD, code.clone())).await.expect(401);
    for _ in 0..4 {
        send(fields("not-the-password", "000000".into())).await.expect(401);
    }
    let held = send(fields(PASSWORD, code)).await.expect(429);
    assert!(held.headers.contains_key("retry-after"));
}

#[tokio::test(flavor = "multi_thread")]
async fn suspending_an_operator_ends_the_session_at_once_and_the_log_tells() {
    let w = World::new().await;
    let (one, two) = (w.operator("first").await, w.operator("second").await);
    one.get("/operator").await.expect(200);
    assert!(acts::suspend(&w.app, "first").await.unwrap());
    one.get("/operator").await.expect(303);
    let log = two.get("/operator/log").await.expect(200).text();
    assert!(log.contains("運営者の利用を止めた") && log.contains("サインインした"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_console_s_role_can_read_no_record_and_forge_no_context() {
    let w = World::new().await;
    let role = w.role("renkei_operator").await;
    role.query("SELECT sec.operator()", &[]).await.expect("it may ask who it is");
    for table in [
        "post",
        "patient",
        "face_sheet_version",
        "groups",
        "membership",
        "data_key",
        "access_event",
        "operator_event",
    ] {
        let sql = format!("SELECT * FROM care.{table} LIMIT 1");
        let refused = role.query(&sql, &[]).await.expect_err(table);
        assert_eq!(refused.code().expect("refused by the server").code(), "42501", "{table}");
    }
    role.batch_execute("SELECT set_config('renkei.operator', 'operator|x|y|1|1|' || repeat('0', 64), false)")
        .await
        .unwrap();
    assert!(role.query("SELECT * FROM op.events(NULL, 5)", &[]).await.is_err());
    // A signed-in member of staff is no operator either: another prefix, another setting.
    let app = w.role("renkei_app").await;
    assert!(app.query("SELECT * FROM op.me()", &[]).await.is_err());
}
