//! The record's times come from the database; one-time codes and sessions from this machine. Both must be right.

use std::process::Command;

use jiff::{SignedDuration, Timestamp};

use super::{Finding, Site, not_seen, words};
use crate::Result;

const NOW: &str = "SELECT pg_catalog.clock_timestamp()";
/// Beyond it an alarm is raised and nothing is to be finalised.
const MOST: SignedDuration = SignedDuration::from_secs(1);

pub async fn check(site: &Site) -> Vec<Finding> {
    let mut findings = Vec::new();
    if site.config().is_some() {
        findings.push(match beside_database(site).await {
            Ok(offset) => judge("database_offset", "clock_timestamp()", offset),
            Err(why) => not_seen("database_offset", "clock_timestamp()", &why),
        });
    }
    findings.push(time_service(chrony()));
    findings
}

/// How far the database's clock is ahead of ours; half of the round trip belongs to each way.
async fn beside_database(site: &Site) -> Result<SignedDuration> {
    let client = site.connect("renkei_job").await?;
    let statement = client.prepare(NOW).await?;
    let before = Timestamp::now();
    let theirs: Timestamp = client.query_one(&statement, &[]).await?.get(0);
    let after = Timestamp::now();
    Ok(theirs.duration_since(before + after.duration_since(before) / 2))
}

fn judge(name: &'static str, place: &str, offset: SignedDuration) -> Finding {
    let milliseconds = offset.as_millis();
    let what = words!("ずれは {milliseconds} ミリ秒です", "the offset is {milliseconds} ms");
    if offset.abs() <= MOST {
        return Finding::ok(name, place, what);
    }
    let fix = words!(
        "両方のサーバーで chrony を動かし、chronyc tracking で確かめてください（apt-get install chrony）",
        "run chrony on both machines and look at `chronyc tracking` (apt-get install chrony)"
    );
    Finding::bad(name, place, what, fix)
}

/// `chronyc -c tracking`: comma-separated; the fifth field is the offset in seconds, the last the leap status.
fn chrony() -> Option<String> {
    let answer = Command::new("chronyc").args(["-c", "tracking"]).output().ok()?;
    Some(String::from_utf8_lossy(&answer.stdout).into_owned())
}

fn time_service(answer: Option<String>) -> Finding {
    const PLACE: &str = "chronyc tracking";
    let fix = words!(
        "apt-get install chrony のあと、10分ほどして chronyc tracking を見てください",
        "apt-get install chrony, and look at `chronyc tracking` ten minutes later"
    );
    let Some(answer) = answer else {
        let what = words!(
            "時刻合わせ（chrony）が見つかりません",
            "no chrony on this machine: nothing is known of its clock"
        );
        return Finding::warning("time_service", PLACE, what, fix);
    };
    let fields: Vec<&str> = answer.trim().split(',').collect();
    let offset = fields.get(4).and_then(|f| f.parse::<f64>().ok());
    match (offset, fields.last()) {
        (Some(offset), Some(&"Normal")) => judge(
            "time_service",
            PLACE,
            SignedDuration::try_from_secs_f64(offset).unwrap_or(SignedDuration::MAX),
        ),
        _ => {
            let what =
                words!("時計が標準時に合っていません", "the clock is not synchronised to standard time");
            Finding::bad("time_service", PLACE, what, fix)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::doctor::State;

    #[test]
    fn more_than_a_second_in_either_direction_is_bad() {
        let state = |ms| judge("database_offset", "x", SignedDuration::from_millis(ms)).state;
        assert_eq!([state(0), state(1000), state(-1000)], [State::Ok; 3]);
        assert_eq!([state(1001), state(-1001)], [State::Bad; 2]);
    }

    #[test]
    fn chrony_must_be_there_and_synchronised() {
        let line = |offset: &str, leap: &str| {
            Some(format!(
                "C0000201,time.example,2,1700000000.0,{offset},0.0,0.0,1.0,0.0,0.1,0.01,0.001,64.0,{leap}\n"
            ))
        };
        assert_eq!(time_service(line("0.000012", "Normal")).state, State::Ok);
        assert_eq!(time_service(line("1.5", "Normal")).state, State::Bad);
        assert_eq!(time_service(line("0.0", "Not synchronised")).state, State::Bad);
        assert_eq!(time_service(Some("506 Cannot talk to daemon".into())).state, State::Bad);
        assert_eq!(time_service(None).state, State::Warning);
    }
}
