//! Every leaf in order, held against its row.

use std::collections::VecDeque;

use tokio_postgres::{Client, Row};
use uuid::Uuid;

use super::{AT_A_TIME, ENOUGH, name};
use crate::{Result, cli::verify::Report};

/// `now`: the hash that the row carries, of an event only if it is that of what the row says (V4, V9); else ''. NULL: there is no row. Whether a record makes up
/// its hash is seen where the chains are.
const LEAVES: &str = "SELECT e.idx, e.hash, e.kind, e.place, e.number, h.now FROM care.log_entry e CROSS JOIN LATERAL (SELECT CASE e.kind
    WHEN 1 THEN (SELECT x.hash FROM care.post x WHERE x.stream_id = e.place AND x.seq = e.number)
    WHEN 2 THEN (SELECT x.hash FROM care.receipt x WHERE x.stream_id = e.place AND x.seq = e.number)
    WHEN 3 THEN (SELECT x.hash FROM care.membership_event x WHERE x.stream_id = e.place AND x.seq = e.number)
    WHEN 4 THEN (SELECT x.hash FROM care.face_sheet_version x WHERE x.stream_id = e.place AND x.seq = e.number)
    WHEN 5 THEN (SELECT x.hash FROM care.observation x WHERE x.stream_id = e.place AND x.seq = e.number)
    WHEN 10 THEN (SELECT CASE WHEN x.leaf = pg_catalog.sha256(pg_catalog.convert_to(pg_catalog.concat_ws('|', 'renkei/access/v1', x.id,
        pg_catalog.to_char(x.at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), x.act, x.outcome, coalesce(x.account_id::text, '-'), coalesce(x.account::text, '-'),
        coalesce(x.session_id::text, '-'), coalesce(x.device_id::text, '-'), coalesce(x.facility_id::text, '-'), coalesce(x.owner_facility_id::text, '-'),
        coalesce(x.group_id::text, '-'), coalesce(x.patient_id::text, '-'), coalesce(x.ref::text, '-'), coalesce(x.seconds::text, '-')), 'UTF8')) THEN x.leaf ELSE '' END
      FROM care.access_event x WHERE x.id = e.place AND x.at = (timestamptz 'epoch' + e.number * interval '1 microsecond'))
    WHEN 11 THEN (SELECT CASE WHEN x.leaf = pg_catalog.sha256(pg_catalog.convert_to(pg_catalog.concat_ws('|', 'renkei/operator/v1', x.id,
        pg_catalog.to_char(x.at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), coalesce(x.operator_id::text, '-'), x.act, coalesce(x.subject::text, '-'), x.detail), 'UTF8')) THEN x.leaf ELSE '' END
      FROM care.operator_event x WHERE x.id = e.place AND x.at = (timestamptz 'epoch' + e.number * interval '1 microsecond'))
    END AS now OFFSET 0) h
  WHERE e.idx >= $1::bigint AND e.idx < $1::bigint + $2::bigint ORDER BY e.idx";

/// Reads leaves one by one.
pub struct Leaves<'a> {
    client: &'a Client,
    rows: VecDeque<Row>,
    next: i64,
    faults: usize,
}

impl<'a> Leaves<'a> {
    pub fn new(client: &'a Client) -> Self {
        Self { client, rows: VecDeque::new(), next: 0, faults: 0 }
    }

    /// The next leaf: its number and the hash that it is made of. What is wrong with its row is told.
    pub async fn next(&mut self, report: &mut Report) -> Result<Option<(i64, Vec<u8>)>> {
        if self.rows.is_empty() {
            self.rows = self.client.query(LEAVES, &[&self.next, &AT_A_TIME]).await?.into();
            self.next += AT_A_TIME;
        }
        let Some(row) = self.rows.pop_front() else { return Ok(None) };
        let hash: Vec<u8> = row.get(1);
        let now: Option<&[u8]> = row.get(5);
        if now != Some(hash.as_slice()) && self.faults < ENOUGH {
            self.faults += 1;
            let (kind, place, number): (i16, Uuid, i64) = (row.get(2), row.get(3), row.get(4));
            let what = match now {
                None => "its row is gone",
                Some([]) => "it does not say what its leaf was made of",
                Some(_) => "its row is not the one that was sealed",
            };
            report.bad.push(format!("{}: {what}", name(kind, place, number)));
        }
        Ok(Some((row.get(0), hash)))
    }
}
