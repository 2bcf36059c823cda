//! How large the tables are, and how fast this database works now.

use std::{collections::BTreeMap, time::Instant};

use migration_plan::{Step, Work};
use tokio_postgres::Client;

use crate::Result;

/// Row security hides rows even from the owner, so the counts are those of the statistics.
const SIZES: &str = "SELECT n.nspname || '.' || c.relname, greatest(c.reltuples, s.n_live_tup, 0)::bigint, pg_catalog.pg_total_relation_size(c.oid)
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_catalog.pg_stat_all_tables s ON s.relid = c.oid
  WHERE n.nspname IN ('care', 'sec') AND c.relkind IN ('r', 'p')";
const SCAN: &str =
    "SELECT count(*) FROM pg_catalog.generate_series(1, 400000) g WHERE pg_catalog.length(g::text) > 0";
const SORT: &str = "SELECT count(*) FROM (SELECT pg_catalog.md5(g::text) AS m FROM pg_catalog.generate_series(1, 100000) g ORDER BY 1) x";
const SCANNED: f64 = 400_000.0;
const SORTED: f64 = 100_000.0;
/// A change of the catalogue alone, its lock included.
const MOMENT: f64 = 0.05;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Size {
    pub rows: i64,
    pub bytes: i64,
}

pub async fn sizes(client: &Client) -> Result<BTreeMap<String, Size>> {
    let rows = client.query(SIZES, &[]).await?;
    Ok(rows.iter().map(|r| (r.get(0), Size { rows: r.get(1), bytes: r.get(2) })).collect())
}

/// Rows a second: read and looked at; sorted and written.
#[derive(Debug, Clone, Copy)]
pub struct Rates {
    pub scan: f64,
    pub sort: f64,
}

pub async fn rates(client: &Client) -> Result<Rates> {
    let timed = async |statement: &str, rows: f64| -> Result<f64> {
        let began = Instant::now();
        client.query_one(statement, &[]).await?;
        Ok(rows / began.elapsed().as_secs_f64().max(1e-6))
    };
    Ok(Rates { scan: timed(SCAN, SCANNED).await?, sort: timed(SORT, SORTED).await? })
}

#[allow(clippy::cast_precision_loss, reason = "an estimate of minutes")]
pub fn seconds(step: &Step, size: Size, rates: Rates) -> f64 {
    let rows = size.rows as f64;
    MOMENT
        + match step.work {
            Work::Moment => 0.0,
            Work::Scan => rows / rates.scan,
            Work::Index | Work::Rewrite | Work::Unknown => rows / rates.sort,
        }
}

/// Free room that a step needs while it runs: the new copy, and its log.
pub fn bytes(step: &Step, size: Size) -> i64 {
    match step.work {
        Work::Moment | Work::Scan => 0,
        Work::Index => size.bytes / 2,
        Work::Rewrite | Work::Unknown => size.bytes.saturating_mul(2),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_that_is_gone_through_costs_by_its_rows_and_one_that_is_rewritten_by_its_bytes() {
        let step = |sql: &str| migration_plan::steps(sql).remove(0);
        let (size, rates) = (Size { rows: 1_000_000, bytes: 1 << 30 }, Rates { scan: 1e6, sort: 1e5 });
        let add = step("ALTER TABLE care.post ADD COLUMN a int");
        let index = step("CREATE INDEX i ON care.post (a)");
        let rewrite = step("UPDATE care.post SET a = 1");
        assert!(seconds(&add, size, rates) < 1.0 && bytes(&add, size) == 0);
        assert!((seconds(&index, size, rates) - 10.05).abs() < 1e-9 && bytes(&index, size) == 1 << 29);
        assert_eq!(bytes(&rewrite, size), 2 << 30);
    }
}
