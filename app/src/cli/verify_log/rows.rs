//! Every row of the record, of the access log and of the operators' log: that a leaf stands for it, or waits with its hash.

use tokio_postgres::Client;
use uuid::Uuid;

use super::{AT_A_TIME, ENOUGH, kind, name};
use crate::{Result, cli::verify::Report};

/// The next rows of a kind after ($1, $2), at most $3, and of each whether it has a leaf.
macro_rules! rows {
    ($kind:literal, $rows:literal) => {
        (
            $kind,
            concat!(
                "WITH r AS MATERIALIZED (", $rows, ")
  SELECT r.place, r.number, (SELECT e.idx FROM care.log_entry e WHERE e.place = r.place AND e.number = r.number AND e.kind = ", $kind, ") IS NOT NULL
    OR (SELECT q.n FROM care.leaf_queue q WHERE q.place = r.place AND q.number = r.number AND q.kind = ", $kind, " AND q.hash = r.hash
      AND q.xid < pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())) IS NOT NULL
    OR (SELECT b.kind FROM care.log_backfill b WHERE b.kind = ", $kind, " AND ((b.kind < 10 AND (r.place, r.number) > (b.place, b.number))
      OR (b.kind = 10 AND (r.number, r.place) > (b.number, b.place)) OR (b.kind = 11 AND r.place > b.place))) IS NOT NULL FROM r"
            ),
        )
    };
}

const KINDS: [(i16, &str); 7] = [
    rows!(
        1,
        "SELECT stream_id AS place, seq AS number, hash FROM care.post WHERE (stream_id, seq) > ($1::uuid, $2::bigint) ORDER BY stream_id, seq LIMIT $3"
    ),
    rows!(
        2,
        "SELECT stream_id AS place, seq AS number, hash FROM care.receipt WHERE (stream_id, seq) > ($1::uuid, $2::bigint) ORDER BY stream_id, seq LIMIT $3"
    ),
    rows!(
        3,
        "SELECT stream_id AS place, seq AS number, hash FROM care.membership_event WHERE (stream_id, seq) > ($1::uuid, $2::bigint) ORDER BY stream_id, seq LIMIT $3"
    ),
    rows!(
        4,
        "SELECT stream_id AS place, seq AS number, hash FROM care.face_sheet_version WHERE (stream_id, seq) > ($1::uuid, $2::bigint) ORDER BY stream_id, seq LIMIT $3"
    ),
    rows!(
        5,
        "SELECT stream_id AS place, seq AS number, hash FROM care.observation WHERE (stream_id, seq) > ($1::uuid, $2::bigint) ORDER BY stream_id, seq LIMIT $3"
    ),
    rows!(
        10,
        "SELECT id AS place, (extract(epoch FROM at) * 1000000)::bigint AS number, leaf AS hash FROM care.access_event
      WHERE at >= timestamptz 'epoch' + $2::bigint * interval '1 microsecond' AND (at, id) > (timestamptz 'epoch' + $2::bigint * interval '1 microsecond', $1::uuid)
      ORDER BY at, id LIMIT $3"
    ),
    rows!(
        11,
        "SELECT id AS place, (extract(epoch FROM at) * 1000000)::bigint AS number, leaf AS hash FROM care.operator_event WHERE id > $1::uuid AND $2::bigint >= 0 ORDER BY id LIMIT $3"
    ),
];
const BACKFILL: &str = "SELECT kind FROM care.log_backfill ORDER BY kind";

pub async fn check(client: &Client, report: &mut Report) -> Result<()> {
    for r in client.query(BACKFILL, &[]).await? {
        report.said.push(format!(
            "{}: what was there before the log is still being put into it, and not looked for",
            kind(r.get(0))
        ));
    }
    for (kind, statement) in KINDS {
        let (mut after, mut faults) = ((Uuid::nil(), 0_i64), 0);
        loop {
            let rows = client.query(statement, &[&after.0, &after.1, &AT_A_TIME]).await?;
            for r in &rows {
                after = (r.get(0), r.get(1));
                if !r.get::<_, bool>(2) && faults < ENOUGH {
                    faults += 1;
                    report
                        .bad
                        .push(format!("{}: no leaf of the log stands for it", name(kind, after.0, after.1)));
                }
            }
            if (rows.len() as i64) < AT_A_TIME {
                break;
            }
        }
    }
    Ok(())
}
