//! The operator's console: its own door, and no way from it to a record.

use axum::{extract::ConnectInfo, http::Request};
use renkei::{auth::totp, features::operators::acts};

use crate::world::{Answer, PASSWORD, World};

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

/// A sign-in as a browser sends it, from an address, with the cookie of its device where it has one.
async fn knock(w: &World, from: &str, device: Option<&str>, password: &str, code: &str) -> Answer {
    let fields = [("login_id", "unei"), ("password", password), ("code", code)];
    let peer: std::net::IpAddr = from.parse().expect("an address");
    let mut request =
        Request::builder().method("POST").uri("/operator/sign-in").header("host", "localhost:8080");
    request = request.header("content-type", "application/x-www-form-urlencoded");
    if let Some(device) = device {
        request = request.header("cookie", format!("__Host-renkei-operator-device={device}"));
    }
    let request = request.extension(ConnectInfo(std::net::SocketAddr::from((peer, 4000))));
    let body = serde_urlencoded::to_string(fields).expect("a form");
    w.send(request.header("sec-fetch-site", "same-origin").body(body.into()).expect("a request")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn who_knows_an_operator_s_id_cannot_keep_the_operator_out() {
    let w = World::new().await;
    let secret = totp::fresh_secret();
    let hash = renkei::auth::password::hash(PASSWORD.into()).await.unwrap();
    let id = acts::add(&w.app, "unei", "試験 運営", &hash, &secret).await.unwrap();
    let code = totp::code_at(&secret, w.app.unix_seconds()).unwrap();
    let superuser = w.superuser().await;
    let unburn = format!("UPDATE sec.operator_credential SET totp_last_step = 0 WHERE operator_id = '{id}'");
    let home = "192.0.2.1";
    let first = knock(&w, home, None, PASSWORD, &code).await.expect(303);
    let device = first.cookie("__Host-renkei-operator-device").expect("a new device is given a name");
    // Somebody elsewhere guesses until the account waits for every unknown device,
    for _ in 0..5 {
        knock(&w, "198.51.100.7", None, "not-the-password", "000000").await.expect(401);
    }
    knock(&w, "198.51.100.7", None, "not-the-password", "000000").await.expect(429);
    superuser.batch_execute(&unburn).await.unwrap();
    knock(&w, home, None, PASSWORD, &code).await.expect(429);
    knock(&w, home, Some("invented"), PASSWORD, &code).await.expect(429);
    // and the operator's own device is not kept out, nor given another name.
    let again = knock(&w, home, Some(&device), PASSWORD, &code).await.expect(303);
    assert_eq!(again.cookie("__Host-renkei-operator-device"), None);
    let log = w.operator("other").await.get("/operator/log").await.expect(200).text();
    assert!(log.contains("新しい端末"), "{log}");
    // A known device has a count of its own: five failures, one minute.
    for _ in 0..5 {
        knock(&w, home, Some(&device), "not-the-password", "000000").await.expect(401);
    }
    superuser.batch_execute(&unburn).await.unwrap();
    let held = knock(&w, home, Some(&device), PASSWORD, &code).await.expect(429);
    assert_eq!(held.headers["retry-after"], "60");
    superuser.batch_execute("UPDATE sec.attempt SET at = at - interval '61 seconds'").await.unwrap();
    knock(&w, home, Some(&device), PASSWORD, &code).await.expect(303);
    // Another operator's device is nobody's here.
    let foreign = format!("UPDATE sec.operator_device SET operator_id = '{}'", uuid::Uuid::new_v4());
    superuser.batch_execute(&(foreign + "; " + &unburn)).await.unwrap();
    let held = knock(&w, home, Some(&device), PASSWORD, &code).await;
    assert_eq!(held.status, 303, "a minute has passed for strangers, too");
    assert!(held.cookie("__Host-renkei-operator-device").is_some(), "it is a new device");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_device_has_ten_tries_an_hour_and_an_address_block_thirty_a_minute() {
    let w = World::new().await;
    let secret = totp::fresh_secret();
    let hash = renkei::auth::password::hash(PASSWORD.into()).await.unwrap();
    acts::add(&w.app, "unei", "試験 運営", &hash, &secret).await.unwrap();
    let superuser = w.superuser().await;
    // Failures of the last hour, all longer ago than the longest pause.
    let failures = |n: usize| {
        format!(
            "DELETE FROM sec.attempt; INSERT INTO sec.attempt (id, at, login_hash, address_block)
            SELECT gen_random_uuid(), clock_timestamp() - n * interval '4 minutes', sha256('renkei/operator-login/v1|unei'), 'x'
            FROM generate_series(4, {}) n",
            n + 3
        )
    };
    superuser.batch_execute(&failures(9)).await.unwrap();
    knock(&w, "198.51.100.7", None, "not-the-password", "000000").await.expect(401);
    superuser.batch_execute(&failures(10)).await.unwrap();
    knock(&w, "198.51.100.7", None, "not-the-password", "000000").await.expect(429);
    superuser.batch_execute("DELETE FROM sec.attempt").await.unwrap();
    let neighbours = "INSERT INTO sec.attempt (id, at, login_hash, address_block)
        SELECT gen_random_uuid(), clock_timestamp(), sha256(n::text::bytea), '198.51.100.0/24' FROM generate_series(1, 30) n";
    superuser.batch_execute(neighbours).await.unwrap();
    knock(&w, "198.51.100.9", None, "not-the-password", "000000").await.expect(429);
    knock(&w, "203.0.113.9", None, "not-the-password", "000000").await.expect(401);
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
