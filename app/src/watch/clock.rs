//! The node's clock: against the database's, against itself, and what the time service says.

use std::{
    collections::VecDeque,
    path::Path,
    time::{Duration, Instant},
};

use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;

use crate::{Result, app::App};

/// A difference from which a clock has jumped rather than drifted.
const JUMP: SignedDuration = SignedDuration::from_secs(1);

/// Compares the wall clock with the one that only ever goes forward.
#[derive(Debug, Default)]
pub struct Clock {
    last: Mutex<Option<(Timestamp, Instant)>>,
    jumps: Mutex<VecDeque<Instant>>,
}

impl Clock {
    /// Looks at both clocks; how often they came apart within the last hour.
    pub fn look(&self) -> i32 {
        self.look_at(Timestamp::now(), Instant::now())
    }

    fn look_at(&self, wall: Timestamp, steady: Instant) -> i32 {
        let mut jumps = self.jumps.lock();
        if let Some((last_wall, last_steady)) = self.last.lock().replace((wall, steady)) {
            let passed = SignedDuration::try_from(steady - last_steady).unwrap_or(SignedDuration::MAX);
            if (wall.duration_since(last_wall) - passed).abs() >= JUMP {
                jumps.push_back(steady);
            }
        }
        jumps.retain(|jump| steady.duration_since(*jump) < Duration::from_secs(3600));
        i32::try_from(jumps.len()).unwrap_or(i32::MAX)
    }
}

/// Milliseconds that this clock is ahead of the database's, give or take half a round trip.
pub async fn offset_ms(app: &App) -> Result<i32> {
    let asked = Timestamp::now();
    let rows = app.db.job("SELECT pg_catalog.clock_timestamp()", &[]).await?;
    let answered = Timestamp::now();
    let there: Timestamp = rows.first().map_or(answered, |row| row.get(0));
    let middle = asked + answered.duration_since(asked) / 2;
    Ok(i32::try_from(middle.duration_since(there).as_millis()).unwrap_or(i32::MAX))
}

/// `synchronised`, `unsynchronised`, or `unknown` where neither chrony nor systemd answers.
pub async fn ntp() -> &'static str {
    if Path::new("/usr/bin/chronyc").exists()
        && let Some(text) = output("/usr/bin/chronyc", &["-c", "tracking"]).await
    {
        return from_chrony(&text);
    }
    match output("/usr/bin/timedatectl", &["show", "--property=NTPSynchronized", "--value"]).await {
        Some(text) => from_systemd(&text),
        None => "unknown",
    }
}

async fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let run = tokio::process::Command::new(program)
        .args(arguments)
        .stdin(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .kill_on_drop(true)
        .output();
    let done = tokio::time::timeout(Duration::from_secs(3), run).await.ok()?.ok()?;
    done.status.success().then(|| String::from_utf8_lossy(&done.stdout).into_owned())
}

/// One line of comma separated values; the last says whether the clock is bound to a source.
fn from_chrony(text: &str) -> &'static str {
    match text.trim().rsplit(',').next() {
        Some("Normal" | "Insert second" | "Delete second") => "synchronised",
        Some("Not synchronised") => "unsynchronised",
        _ => "unknown",
    }
}

fn from_systemd(text: &str) -> &'static str {
    match text.trim() {
        "yes" => "synchronised",
        "no" => "unsynchronised",
        _ => "unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_set_is_noticed_in_both_directions_and_forgotten_after_an_hour() {
        let (clock, wall, steady) = (Clock::default(), Timestamp::now(), Instant::now());
        let after = |s: u64| steady + Duration::from_secs(s);
        assert_eq!(clock.look_at(wall, steady), 0);
        assert_eq!(clock.look_at(wall + SignedDuration::from_millis(15_400), after(15)), 0, "it may drift");
        assert_eq!(
            clock.look_at(wall + SignedDuration::from_secs(90), after(30)),
            1,
            "set forward by a minute"
        );
        assert_eq!(clock.look_at(wall - SignedDuration::from_secs(600), after(45)), 2, "set back");
        assert_eq!(clock.look_at(wall + SignedDuration::from_secs(3000), after(3645)), 0);
    }

    #[test]
    fn what_time_services_say_is_understood() {
        let bound = "A29FC801,162.159.200.1,4,1700000000.1,0.0001,0.0002,0.0003,-1.2,0.0,0.1,0.01,0.002,64.0,Normal\n";
        let loose = "7F7F0101,,0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,1.0,1.0,0.0,Not synchronised\n";
        assert_eq!(
            (from_chrony(bound), from_chrony(loose), from_chrony("")),
            ("synchronised", "unsynchronised", "unknown")
        );
        assert_eq!(
            (from_systemd("yes\n"), from_systemd("no\n"), from_systemd("")),
            ("synchronised", "unsynchronised", "unknown")
        );
    }
}
