//! The signed context: worth something in one transaction of one backend, and nowhere else.

use serde_json::json;
use tokio_postgres::Client;
use uuid::Uuid;

use super::target::{Target, open};

const POSTS: &str = "SELECT count(*) FROM care.post";

async fn context(client: &Client) -> String {
    client.query_one("SELECT current_setting('renkei.ctx')", &[]).await.expect("a context").get(0)
}

/// Puts a context into a fresh transaction and reads: the code of the refusal, or how many rows.
async fn read_with(client: &Client, context: &str) -> Result<i64, String> {
    client.batch_execute("BEGIN").await.expect("begin");
    client.query("SELECT set_config('renkei.ctx', $1, true)", &[&context]).await.expect("anybody may set it");
    let read = client.query_one(POSTS, &[]).await;
    client.batch_execute("ROLLBACK").await.expect("rollback");
    read.map(|r| r.get(0)).map_err(|e| e.as_db_error().expect("a refusal").message().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_context_cannot_be_forged_cut_or_used_again() {
    let t = Target::new().await;
    let client = t.opened(&t.member).await;
    let good = context(&client).await;
    let seen: i64 = client.query_one(POSTS, &[]).await.expect("the member reads").get(0);
    assert!(seen > 0);
    client.batch_execute("COMMIT").await.expect("commit");

    assert_eq!(read_with(&client, &good).await, Err("stale context".into()), "the next transaction");
    let other = t.w.role("renkei_app").await;
    assert_eq!(read_with(&other, &good).await, Err("stale context".into()), "another backend");
    let forged = [
        good.replace(&t.member.id.to_string(), &t.foreign.admin.id.to_string()),
        good.replace(&t.member.facility.id.to_string(), &t.foreign.facility.id.to_string()),
        good.replace("|f|", "|t|"),
        good[..good.len() - 1].to_owned(),
        good[1..].to_owned(),
        good[good.len() - 64..].to_owned(),
        format!("{good}0"),
        "x".to_owned(),
        "0".repeat(64),
        "|".repeat(80),
    ];
    for context in &forged {
        assert_eq!(read_with(&other, context).await, Err("forged context".into()), "{context}");
    }
    assert_eq!(read_with(&other, "").await, Ok(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_context_of_another_person_cannot_be_signed_by_hand() {
    let t = Target::new().await;
    let client = t.opened(&t.member).await;
    for statement in [
        "SELECT sec.sign('x')",
        "SELECT key FROM sec.ctx_key",
        "SELECT token_hash FROM sec.session",
        "SELECT sec.log(NULL, 'post', NULL, NULL, NULL, NULL, 'done', NULL)",
    ] {
        client.batch_execute("SAVEPOINT s").await.expect("a savepoint");
        let refused = client.query(statement, &[]).await.expect_err(statement);
        assert_eq!(refused.code().map(|c| c.code()), Some("42501"), "{statement}");
        client.batch_execute("ROLLBACK TO s").await.expect("back");
    }
    let wrong =
        client.query("SELECT sec.open($1, true)", &[&[0u8; 32].as_slice()]).await.expect_err("no such token");
    assert_eq!(wrong.code().map(|c| c.code()), Some("RK401"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_member_sees_nothing_in_the_same_transactions_next_statement() {
    let t = Target::new().await;
    let client = t.opened(&t.member).await;
    let count = async |sql: &str| -> i64 { client.query_one(sql, &[]).await.expect("a count").get(0) };
    const TABLES: [&str; 9] = [
        "post",
        "receipt",
        "membership",
        "membership_event",
        "groups",
        "stream",
        "stream_head",
        "post_file",
        "face_sheet_version",
    ];
    for table in TABLES {
        assert!(count(&format!("SELECT count(*) FROM care.{table}")).await > 0, "{table} before");
    }
    let path = format!("/api/v1/groups/{}/members/{}", t.group, t.member.id);
    let body = json!({"client_id": Uuid::new_v4(), "reason": "異動"});
    t.w.as_(&t.host).call("DELETE", &path, body).await.expect(204);
    for table in TABLES {
        assert_eq!(count(&format!("SELECT count(*) FROM care.{table}")).await, 0, "{table} after");
    }
    let refused = client
        .query("SELECT act.viewed('viewed_timeline', $1, NULL, NULL), act.acknowledge($1, $2, $3, $3, '\\x00', '\\x00')", &[&t.group, &t.post, &Uuid::new_v4()])
        .await
        .expect_err("no member any more");
    assert_eq!(refused.code().map(|c| c.code()), Some("RK404"));
    t.w.as_(&t.member).get(&format!("/api/v1/groups/{}/posts", t.group)).await.expect_code(404, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ended_session_opens_no_transaction() {
    let t = Target::new().await;
    let client = t.opened(&t.member).await;
    client.batch_execute("COMMIT").await.expect("commit");
    t.w.as_(&t.member).call("DELETE", "/api/v1/session", json!(null)).await.expect(204);
    let hash = renkei::auth::token::hash(&t.member.token);
    let refused = client.query("SELECT sec.open($1, true)", &[&hash.as_slice()]).await.expect_err("ended");
    assert_eq!(refused.code().map(|c| c.code()), Some("RK401"));
    client.batch_execute("BEGIN").await.expect("begin");
    open(&client, &t.host).await;
}
