//! The part of `renkei verify` that looks at what is hidden: who hid it, what it hides and who decided must be what its records say.

use tokio_postgres::Client;
use uuid::Uuid;

use super::verify::Report;
use crate::Result;

const THERE: &str = "SELECT pg_catalog.to_regclass('care.quarantine') IS NOT NULL";

/// Each with what it finds: the id of a quarantine, or of the record or post without one.
const FAULTS: &[(&str, &str)] = &[
    (
        "its state, its two or its time are not what its records say",
        "SELECT r.id FROM care.receipt r LEFT JOIN care.quarantine q ON q.id = r.id
    CROSS JOIN LATERAL (SELECT coalesce(min(n.seq), 9223372036854775807) AS seq FROM care.receipt n WHERE n.post_id = r.post_id AND n.kind = 'quarantined' AND n.stream_id = r.stream_id AND n.seq > r.seq) next
    LEFT JOIN LATERAL (SELECT h.subject_id FROM care.receipt h WHERE h.post_id = r.post_id AND h.kind = 'quarantine_handed' AND h.stream_id = r.stream_id AND h.seq > r.seq AND h.seq < next.seq ORDER BY h.seq DESC LIMIT 1) h ON true
    LEFT JOIN LATERAL (SELECT d.kind, d.seq FROM care.receipt d WHERE d.post_id = r.post_id AND d.kind IN ('quarantine_confirmed', 'quarantine_lifted') AND d.stream_id = r.stream_id
      AND d.seq > r.seq AND d.seq < next.seq ORDER BY d.seq DESC LIMIT 1) d ON true
  WHERE r.kind = 'quarantined' AND (q.id IS NULL OR q.post_id <> r.post_id OR q.at <> r.at OR q.said_at <> r.seq OR q.found_by <> r.author_id OR q.finder <> r.author
    OR q.second_id IS DISTINCT FROM coalesce(h.subject_id, r.subject_id) OR q.state <> coalesce(pg_catalog.replace(d.kind, 'quarantine_', ''), 'waiting') OR q.decided_said_at IS DISTINCT FROM d.seq)",
    ),
    (
        "no record of the two stands behind it",
        "SELECT q.id FROM care.quarantine q WHERE NOT EXISTS (SELECT 1 FROM care.receipt r WHERE r.id = q.id AND r.kind = 'quarantined' AND r.group_id = q.group_id)",
    ),
    (
        "it hides something else than the post with what repeats it",
        "WITH RECURSIVE x AS (SELECT q.id AS quarantine, q.post_id AS id FROM care.quarantine q UNION SELECT x.quarantine, n.id FROM x CROSS JOIN LATERAL
    (SELECT t.id FROM care.post t WHERE t.target = x.id UNION ALL SELECT r.post_id FROM care.release r WHERE r.source_id = x.id) n(id))
  SELECT q.id FROM care.quarantine q WHERE EXISTS (SELECT 1 FROM care.quarantined_post y WHERE y.quarantine_id = q.id AND NOT EXISTS (SELECT 1 FROM x WHERE x.quarantine = q.id AND x.id = y.post_id))
    OR EXISTS (SELECT 1 FROM x JOIN care.post p ON p.id = x.id AND p.at <= q.at WHERE x.quarantine = q.id AND NOT EXISTS (SELECT 1 FROM care.quarantined_post y WHERE y.quarantine_id = q.id AND y.post_id = x.id))
    OR EXISTS (SELECT 1 FROM care.quarantined_post y WHERE y.quarantine_id = q.id AND y.hidden = (q.state = 'lifted'))",
    ),
    (
        "whether it is seen is not what the quarantines say",
        "SELECT coalesce(h.post_id, y.post_id) FROM care.hidden_post h FULL JOIN (SELECT z.post_id, bool_or(z.hidden) AS hidden FROM care.quarantined_post z GROUP BY z.post_id) y ON y.post_id = h.post_id
  WHERE h.hidden IS DISTINCT FROM y.hidden",
    ),
    (
        "the receipt of where it stood before and its record do not belong together",
        "SELECT coalesce(m.post_id, r.post_id) FROM care.moved_post m FULL JOIN (SELECT x.post_id, x.group_id FROM care.receipt x WHERE x.kind = 'moved') r ON r.post_id = m.post_id AND r.group_id = m.group_id
  WHERE m.post_id IS NULL OR r.post_id IS NULL",
    ),
];

pub async fn check(client: &Client, report: &mut Report) -> Result<()> {
    if !client.query_one(THERE, &[]).await?.get::<_, bool>(0) {
        return Ok(());
    }
    for (what, faults) in FAULTS {
        for r in client.query(*faults, &[]).await? {
            let id: Uuid = r.get(0);
            report.bad.push(format!("quarantine {id}: {what}"));
        }
    }
    Ok(())
}
