//! Where alarms come from: one statement each.

use super::rules;
use crate::{Result, app::App, db::Params};

/// Something that is true now: a code, what it is about, and how much of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub code: String,
    pub subject: String,
    pub number: i64,
}

/// What a round found. Only what was looked at can end.
#[derive(Debug, Default)]
pub struct Found {
    pub looked_at: Vec<&'static str>,
    pub findings: Vec<Finding>,
}

struct Source {
    sql: &'static str,
    codes: &'static [&'static str],
}

const SIGN_INS: Source = Source {
    sql: "SELECT code, subject, number FROM act.watch_sign_ins()",
    codes: &["guessing", "stuffing"],
};
const ACCESS: Source = Source {
    sql: "SELECT code, subject, number FROM act.watch_access($1, $2, $3)",
    codes: &["mass_viewing", "mass_export", "refused_reads", "break_glass", "new_device", "impossible_pace"],
};
const OPERATORS: Source = Source {
    sql: "SELECT code, subject, number FROM act.watch_operators()",
    codes: &["operator_act", "change_window"],
};
const NODES: Source = Source {
    sql: "SELECT code, subject, number FROM act.watch_nodes()",
    codes: &[
        "node_missing",
        "clock_offset",
        "clock_jumped",
        "disk_filling",
        "disk_full",
        "certificate_expiring",
    ],
};
const JOBS: Source = Source {
    sql: "SELECT code, subject, number FROM act.watch_jobs()",
    codes: &["mail_failing", "job_dead", "jobs_waiting", "schedule_failed"],
};
const BACKUPS: Source = Source {
    sql: "SELECT code, subject, number FROM act.watch_backups()",
    codes: &[
        "backup_missing",
        "backup_failed",
        "drill_missing",
        "drill_failed",
        "vault_silent",
        "vault_fault",
        "bucket_not_locked",
    ],
};
const CHECKPOINTS: Source = Source {
    sql: "SELECT code, subject, number FROM act.watch_checkpoints()",
    codes: &[
        "checkpoint_missing",
        "checkpoint_not_copied",
        "witness_disagrees",
        "witness_silent",
        "record_altered",
    ],
};

const DOOR: Source = Source {
    sql: "SELECT code, subject, number FROM act.watch_door()",
    codes: &["door_closed", "acknowledged_lost"],
};

const CLOCK: Source =
    Source { sql: "SELECT code, subject, number FROM act.watch_clock()", codes: &["clock_doubtful"] };
const ALL: [Source; 9] = [SIGN_INS, ACCESS, OPERATORS, NODES, JOBS, BACKUPS, CHECKPOINTS, DOOR, CLOCK];

/// Asks every source. One that fails takes nothing with it: its alarms stay as they are.
pub async fn all(app: &App) -> Found {
    let w = &app.config.watch;
    let limits: Params<'_> = &[&w.patients_per_hour, &w.exports_per_hour, &w.refusals_per_hour];
    let mut found = Found::default();
    for source in ALL {
        let params = if source.sql == ACCESS.sql { limits } else { &[] };
        match ask(app, source.sql, params).await {
            Ok(findings) => {
                found.looked_at.extend(source.codes);
                found.findings.extend(findings);
            }
            Err(error) => {
                tracing::error!(source = source.codes[0], %error, "a source of alarms did not answer")
            }
        }
    }
    found
}

async fn ask(app: &App, sql: &'static str, params: Params<'_>) -> Result<Vec<Finding>> {
    let rows = app.db.job(sql, params).await?;
    let findings = rows.iter().map(|r| Finding { code: r.get(0), subject: r.get(1), number: r.get(2) });
    Ok(findings.filter(|f| rules::find(&f.code).is_some()).collect())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_rule_has_a_source() {
        let mut asked: BTreeSet<_> = ALL.iter().flat_map(|s| s.codes).copied().collect();
        asked.extend(super::super::fingerprint::CODES);
        let rules: BTreeSet<_> = rules::RULES.iter().map(|r| r.code).collect();
        assert_eq!(asked, rules);
    }
}
