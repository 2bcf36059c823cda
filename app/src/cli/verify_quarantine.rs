//! The part of `renkei verify` that looks at what is hidden: the state of a quarantine must be what its records say.

use tokio_postgres::Client;
use uuid::Uuid;

use super::verify::Report;
use crate::Result;

const THERE: &str = "SELECT pg_catalog.to_regclass('care.quarantine') IS NOT NULL";
/// Of each record that hid something: what was said since, what stands, and whether it hides all that belongs to it and nothing else.
const AGAINST_RECORDS: &str = "SELECT r.id, coalesce(d.kind, 'waiting') AS said, q.state AS stands, x.hidden, x.shown
  FROM care.receipt r LEFT JOIN care.quarantine q ON q.id = r.id AND q.post_id = r.post_id AND q.at = r.at
    LEFT JOIN care.receipt d ON d.stream_id = r.stream_id AND d.seq = q.decided_said_at AND d.post_id = r.post_id AND d.kind IN ('quarantine_confirmed', 'quarantine_lifted')
    CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE x.hidden) AS hidden, count(*) FILTER (WHERE NOT x.hidden) AS shown FROM care.quarantined_post x WHERE x.quarantine_id = r.id) x
  WHERE r.kind = 'quarantined'";
/// Words of a second person that no quarantine knows of, and quarantines without a record.
const WITHOUT: &str = "SELECT r.id FROM care.receipt r WHERE r.kind IN ('quarantine_confirmed', 'quarantine_lifted')
    AND NOT EXISTS (SELECT 1 FROM care.quarantine q WHERE q.post_id = r.post_id AND q.decided_said_at = r.seq AND q.group_id = r.group_id)
  UNION ALL SELECT q.id FROM care.quarantine q WHERE NOT EXISTS (SELECT 1 FROM care.receipt r WHERE r.id = q.id AND r.group_id = q.group_id AND r.seq = q.said_at AND r.kind = 'quarantined')";

pub async fn check(client: &Client, report: &mut Report) -> Result<()> {
    if !client.query_one(THERE, &[]).await?.get::<_, bool>(0) {
        return Ok(());
    }
    for r in client.query(AGAINST_RECORDS, &[]).await? {
        let (id, said, stands): (Uuid, &str, Option<&str>) = (r.get(0), r.get(1), r.get(2));
        let (hidden, shown): (i64, i64) = (r.get(3), r.get(4));
        let right = match said {
            "waiting" => stands == Some("waiting") && hidden > 0 && shown == 0,
            "quarantine_confirmed" => stands == Some("confirmed") && hidden > 0 && shown == 0,
            _ => stands == Some("lifted") && hidden == 0 && shown > 0,
        };
        if !right {
            report.bad.push(format!("quarantine {id}: what is hidden is not what its records say"));
        }
    }
    for r in client.query(WITHOUT, &[]).await? {
        let id: Uuid = r.get(0);
        report.bad.push(format!("quarantine {id}: a word of it and its state do not belong together"));
    }
    Ok(())
}
