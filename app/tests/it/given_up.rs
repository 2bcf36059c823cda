//! Requests that end before their answer: a closed browser, a time-out.

use std::time::Duration;

use renkei::auth::Actor;

use crate::world::World;

/// As many as the world's pool has connections.
const CONNECTIONS: usize = 8;

#[tokio::test(flavor = "multi_thread")]
async fn a_request_given_up_in_its_first_statement_leaves_no_open_transaction_behind() {
    let w = World::new().await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    let doctor = w.admin(clinic, "doctor", "doctor").await;
    let group = w.group(&doctor, &doctor, "試験 太郎").await;
    let who = Actor::from_token(&doctor.token);
    let given_up = (0..CONNECTIONS).map(|_| async {
        let mut tx = w.app.db.acting(&who).await.expect("a connection");
        tokio::time::timeout(Duration::from_millis(50), tx.query("SELECT pg_catalog.pg_sleep(1)", &[])).await
    });
    for outcome in futures_util::future::join_all(given_up).await {
        assert!(outcome.is_err(), "the statement had answered before it was given up");
    }
    // A post that landed in somebody's open transaction would be acknowledged and never seen by anybody else.
    for i in 0..2 * CONNECTIONS {
        w.as_(&doctor).post(group, &format!("{i}回目")).await.expect(201);
    }
    let seen: i64 =
        w.superuser().await.query_one("SELECT count(*) FROM care.post", &[]).await.expect("a count").get(0);
    assert_eq!(seen, 2 * CONNECTIONS as i64);
}
