//! Whoever is superuser can write anything. The chain names it.

use renkei::cli::verify::{Report, check};
use tokio_postgres::Client;

use super::target::Target;

async fn verify(t: &Target) -> Report {
    let access = crate::world::cluster().await.config("renkei_verify", &t.w.database);
    check(&access, &t.w.app.config, None).await.expect("verify runs")
}

const TABLES: [&str; 5] = ["post", "receipt", "membership_event", "face_sheet_version", "observation"];

/// Hashed columns with a change that the column's own checks allow. `files` stands only in posts.
const CHANGES: &[(&str, &str)] = &[
    ("seq", "seq + 1000"),
    ("id", "gen_random_uuid()"),
    ("author", "gen_random_uuid()"),
    ("entered_by", "gen_random_uuid()"),
    ("facility", "gen_random_uuid()"),
    ("at", "at + interval '1 microsecond'"),
    ("client_id", "gen_random_uuid()"),
    ("prev", "sha256(prev)"),
    ("commitment", "sha256(commitment)"),
    ("hash", "sha256(hash)"),
    ("envelope", "set_byte(envelope, 40, get_byte(envelope, 40) # 1)"),
];

/// Changes one record of a table past every guard; gives back how to undo it.
async fn change(superuser: &Client, table: &str, column: &str, value: &str) -> String {
    let sql = format!(
        "SELECT stream_id::text, seq, quote_nullable({column}::text), at::text FROM care.{table} ORDER BY stream_id, seq LIMIT 1"
    );
    let row = superuser.query_one(&sql, &[]).await.expect("a record");
    let (stream, seq, old): (String, i64, String) = (row.get(0), row.get(1), row.get(2));
    let statement =
        format!("UPDATE care.{table} SET {column} = {value} WHERE stream_id = '{stream}' AND seq = {seq}");
    assert_eq!(superuser.execute(&statement, &[]).await.expect(&statement), 1);
    let now = if column == "seq" { seq + 1000 } else { seq };
    let kind = format!(
        "(SELECT atttypid::regtype FROM pg_attribute WHERE attrelid = 'care.{table}'::regclass AND attname = '{column}')"
    );
    let kind: String =
        superuser.query_one(&format!("SELECT {kind}::text"), &[]).await.expect("a type").get(0);
    format!("UPDATE care.{table} SET {column} = {old}::{kind} WHERE stream_id = '{stream}' AND seq = {now}")
}

/// Columns of one table that repeat, in clear, what the content or the header's versions say.
fn beside(table: &str) -> &'static [(&'static str, &'static str)] {
    const ANYWHERE: (&str, &str) = ("author_id", "gen_random_uuid()");
    const PLACE: (&str, &str) = ("facility_id", "gen_random_uuid()");
    const GROUP: (&str, &str) = ("group_id", "gen_random_uuid()");
    match table {
        "post" => &[
            ANYWHERE,
            PLACE,
            GROUP,
            ("files", "ARRAY[sha256('x')]"),
            ("reply_to", "gen_random_uuid()"),
            ("must_acknowledge_by", "now()"),
            ("urgent", "true"),
        ],
        "face_sheet_version" => &[ANYWHERE, PLACE, ("patient_id", "gen_random_uuid()")],
        "observation" => &[ANYWHERE, PLACE, GROUP, ("measured_at", "measured_at - interval '1 day'")],
        _ => &[ANYWHERE, PLACE, GROUP],
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_superusers_change_of_any_hashed_column_is_named() {
    let t = Target::new().await;
    let superuser = t.w.superuser().await;
    let refused = superuser
        .batch_execute("SET session_replication_role = replica; UPDATE care.post SET seq = seq")
        .await;
    assert!(refused.is_err(), "the guards hold even then");
    superuser
        .batch_execute(
            "SET session_replication_role = origin; SELECT guard.open_window('5 minutes', 'attack')",
        )
        .await
        .expect("a superuser may");
    for table in TABLES {
        superuser
            .batch_execute(&format!("ALTER TABLE care.{table} DISABLE TRIGGER USER"))
            .await
            .expect("a superuser may");
    }
    assert!(verify(&t).await.bad.is_empty(), "{:?}", verify(&t).await.bad);
    for table in TABLES {
        for (column, value) in CHANGES.iter().chain(beside(table)) {
            let undo = change(&superuser, table, column, value).await;
            let bad = verify(&t).await.bad;
            assert!(bad.iter().any(|line| line.contains(table)), "{table}.{column}: {bad:?}");
            superuser.batch_execute(&undo).await.expect(&undo);
        }
    }
    assert!(verify(&t).await.bad.is_empty(), "everything was put back");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_taken_away_or_put_elsewhere_is_missed() {
    let t = Target::new().await;
    let superuser = t.w.superuser().await;
    superuser.batch_execute("SELECT guard.open_window('5 minutes', 'attack'); ALTER TABLE care.post DISABLE TRIGGER USER; ALTER TABLE care.stream_head DISABLE TRIGGER USER").await.expect("a superuser may");
    assert!(verify(&t).await.bad.is_empty());
    let attacks = [
        ("a record in the middle", "DELETE FROM care.post WHERE id = $1"),
        (
            "two exchanged envelopes",
            "UPDATE care.post p SET envelope = (SELECT q.envelope FROM care.post q WHERE q.stream_id = p.stream_id AND q.seq = 1) WHERE p.id = $1",
        ),
        (
            "the head turned back",
            "UPDATE care.stream_head SET seq = seq - 1 WHERE stream_id = (SELECT stream_id FROM care.post WHERE id = $1)",
        ),
    ];
    for (what, statement) in &attacks {
        superuser.batch_execute("CREATE TEMP TABLE kept AS SELECT * FROM care.post; CREATE TEMP TABLE heads AS SELECT * FROM care.stream_head").await.expect("a copy");
        assert_eq!(superuser.execute(*statement, &[&t.post]).await.expect(what), 1);
        assert!(!verify(&t).await.bad.is_empty(), "{what}");
        superuser
            .batch_execute("DELETE FROM care.post; INSERT INTO care.post SELECT * FROM kept; UPDATE care.stream_head h SET seq = k.seq FROM heads k WHERE k.stream_id = h.stream_id; DROP TABLE kept, heads")
            .await
            .expect("put back");
    }
    assert!(verify(&t).await.bad.is_empty(), "everything was put back");
}
