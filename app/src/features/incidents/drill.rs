//! A drill (訓練): an incident that is walked through its clocks with a clock of its own. Nothing leaves the deployment:
//! the database refuses to publish a drill or to send a letter about one.

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::{
    draft::{Known, draft},
    model::{Incident, Kind, Reached, Step, StepKind},
    rules::{Clock, Custody, Hand, clocks, rule_of},
};
use crate::{Result, app::App};

const OPEN: &str = "SELECT act.open_drill($1, $2, $3, $4, $5, $6)";
const STEP: &str = "SELECT act.drill_step($1, $2, $3)";
const AFFECTED: &str = "SELECT scope, patients, facilities FROM act.drill_affected($1, $2, $3)";
const REPORT: &str = "SELECT act.drill_report($1, $2)";
const STEPS: &str = "SELECT incident_id, kind, happened_at, at, ''::text AS note, NULL::int AS scope, NULL::int AS report, NULL::int AS letters, NULL::text AS operator FROM act.incident_steps($1)";

/// What a drill pretends.
#[derive(Debug, Clone)]
pub struct Scenario {
    pub title: String,
    pub kind: Kind,
    pub improper: bool,
    pub reached: Vec<Reached>,
    /// When it is said to have become known. The drill's clock begins there.
    pub known_at: Timestamp,
    /// How far back the access log is asked.
    pub window: SignedDuration,
    /// Days after which each report is made, the day of knowing being day 1.
    pub early_on_day: i64,
    pub final_on_day: i64,
}

/// One look at the clocks.
#[derive(Debug, Clone)]
pub struct Look {
    pub at: Timestamp,
    pub what: String,
    pub hands: Vec<(StepKind, Hand)>,
}

/// What came of it.
#[derive(Debug, Clone)]
pub struct Outcome {
    pub incident: Uuid,
    pub clocks: Vec<Clock>,
    pub looks: Vec<Look>,
    pub patients: i64,
    pub facilities: i64,
    /// Both reports in time.
    pub in_time: bool,
}

/// Opens the drill, asks the access log, writes the draft, makes both reports and closes, each at its own time.
pub async fn run(app: &App, s: &Scenario) -> Result<Outcome> {
    let id = Uuid::now_v7();
    let reached: Vec<&str> = s.reached.iter().map(|r| r.code()).collect();
    app.db.job(OPEN, &[&id, &s.known_at, &s.title, &s.kind.code(), &s.improper, &reached]).await?;
    let rule = rule_of(s.known_at)?;
    let mut walk = Walk { app, id, s, rule, looks: Vec::new() };
    walk.look(s.known_at, "開いた").await?;
    let rows = app.db.job(AFFECTED, &[&id, &(s.known_at - s.window), &s.known_at]).await?;
    let (patients, facilities) = rows.first().map(|r| (r.get(1), r.get(2))).unwrap_or_default();
    walk.step(StepKind::Contained, s.known_at + SignedDuration::from_hours(2)).await?;
    walk.report().await?;
    walk.step(StepKind::ReportedEarly, on_day(s.known_at, s.early_on_day)).await?;
    walk.step(StepKind::ReportedFinal, on_day(s.known_at, s.final_on_day)).await?;
    walk.step(StepKind::Closed, on_day(s.known_at, s.final_on_day)).await?;
    let clocks = walk.clocks().await?;
    let end = walk.looks.last().map_or(s.known_at, |l| l.at);
    let in_time = clocks.iter().all(|c| c.at(end) == Hand::Done);
    Ok(Outcome { incident: id, clocks, looks: walk.looks, patients, facilities, in_time })
}

fn on_day(known_at: Timestamp, day: i64) -> Timestamp {
    known_at + SignedDuration::from_hours(24 * (day - 1))
}

struct Walk<'a> {
    app: &'a App,
    id: Uuid,
    s: &'a Scenario,
    rule: super::rules::Rule,
    looks: Vec<Look>,
}

impl Walk<'_> {
    async fn steps(&self) -> Result<Vec<Step>> {
        Ok(self.app.db.job(STEPS, &[&Some(self.id)]).await?.iter().map(Step::read).collect())
    }

    async fn clocks(&self) -> Result<Vec<Clock>> {
        let steps = self.steps().await?;
        Ok(clocks(&self.rule, self.s.known_at, self.s.kind, self.s.improper, &steps))
    }

    async fn look(&mut self, at: Timestamp, what: &str) -> Result<()> {
        let hands = self.clocks().await?.iter().map(|c| (c.what, c.at(at))).collect();
        self.looks.push(Look { at, what: what.to_owned(), hands });
        Ok(())
    }

    async fn step(&mut self, kind: StepKind, at: Timestamp) -> Result<()> {
        self.look(at, &format!("{} の直前", kind.label())).await?;
        self.app.db.job(STEP, &[&self.id, &kind.code(), &at]).await?;
        self.look(at, kind.label()).await
    }

    /// The draft as it would be written, kept as the drill's report.
    async fn report(&self) -> Result<()> {
        let steps = self.steps().await?;
        let incident = Incident {
            id: self.id,
            drill: true,
            known_at: self.s.known_at,
            assessment: 1,
            title: self.s.title.clone(),
            kind: self.s.kind,
            improper: self.s.improper,
            reached: self.s.reached.clone(),
            note: String::new(),
            closed: false,
        };
        let known =
            Known { incident: &incident, steps: &steps, affected: None, custody: Custody::LocalKeyFile };
        let answers = draft(known);
        let answers: Vec<&str> = answers.iter().map(String::as_str).collect();
        self.app.db.job(REPORT, &[&self.id, &answers]).await.map(drop)
    }
}
