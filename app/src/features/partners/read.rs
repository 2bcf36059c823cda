//! Counting: one statement for a patient, one for a facility.

use tokio_postgres::Row;
use uuid::Uuid;

use super::views::Partner;
use crate::{Result, db::Tx};

/// Facilities with somebody in the group now, or a post within half a year. As far as the caller may read posts.
const OF_GROUP: &str = "WITH posted AS MATERIALIZED (SELECT p.facility_id, count(*) FILTER (WHERE p.at > pg_catalog.clock_timestamp() - interval '90 days') AS near, count(*) AS far, max(p.at) AS last
    FROM care.post p JOIN care.stream s ON s.id = p.stream_id AND s.kind = 'team' WHERE p.group_id = $1 AND p.kind = 'post' AND p.at > pg_catalog.clock_timestamp() - interval '180 days'
      AND NOT EXISTS (SELECT 1 FROM care.post w WHERE w.target = p.id AND w.kind = 'withdrawal') GROUP BY p.facility_id),
  here AS (SELECT DISTINCT m.facility_id FROM care.membership m WHERE m.group_id = $1 AND m.ended_at IS NULL AND (m.until IS NULL OR m.until > pg_catalog.clock_timestamp()))
SELECT f.facility_id, f.name, f.kind, v.phone, coalesce(p.near, 0), coalesce(p.far, 0), p.last, 1::bigint
  FROM (SELECT h.facility_id FROM here h UNION SELECT p.facility_id FROM posted p) x JOIN care.facility_now f ON f.facility_id = x.facility_id
  JOIN care.facility_version v ON v.id = f.version LEFT JOIN posted p ON p.facility_id = x.facility_id ORDER BY f.kind, f.kana";
const OF_FACILITY: &str =
    "SELECT facility_id, name, kind, phone, near, far, last, patients FROM act.facility_partners()";

pub async fn of_group(tx: &mut Tx, group: Uuid) -> Result<Vec<Partner>> {
    Ok(tx.query(OF_GROUP, &[&group]).await?.iter().map(partner).collect())
}

/// For the admin of the facility for which the caller acts; 403 for anybody else.
pub async fn of_facility(tx: &mut Tx) -> Result<Vec<Partner>> {
    Ok(tx.query(OF_FACILITY, &[]).await?.iter().map(partner).collect())
}

fn partner(r: &Row) -> Partner {
    let count = |column| u64::try_from(r.get::<_, i64>(column)).unwrap_or_default();
    Partner {
        facility: r.get(0),
        name: r.get(1),
        kind: r.get(2),
        phone: r.get(3),
        near: count(4),
        far: count(5),
        last: r.get(6),
        patients: count(7),
        people: Vec::new(),
    }
}
