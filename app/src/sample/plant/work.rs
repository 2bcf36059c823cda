//! Tasks, the calendar and visit records of a patient.

use jiff::Timestamp;
use uuid::Uuid;

use super::{Made, Planting, Step};
use crate::{
    Error, Result,
    features::{
        tasks::{
            self,
            model::{Change, NewTask, Words},
            rules::Due,
        },
        visit_records::{
            self,
            model::{Next, Record},
        },
        visits::{
            self,
            model::{Kind, NewVisit, Party},
            plan::Plan,
            rules::{Moved, Repeat, Series},
        },
    },
    sample::patient::Patient,
};

fn kind(code: &str) -> Result<Kind> {
    Kind::from_code(code).ok_or_else(|| Error::internal("unknown kind of visit"))
}

impl Planting {
    /// With their place among causes and effects of one time.
    pub(super) fn work_steps<'a>(&self, patient: &'a Patient) -> Vec<(Timestamp, u8, Step<'a>)> {
        let c = &self.calendar;
        let mut steps = Vec::new();
        for (n, task) in patient.tasks.iter().enumerate() {
            let at = c.instant(task.when);
            steps.push((at, 5, Step::Task(n)));
            if let Some(done) = &task.done {
                let later = jiff::SignedDuration::from_mins(i64::from(done.after_minutes));
                steps.push((at + later, 6, Step::TaskDone(n)));
            }
        }
        steps.extend(patient.visits.iter().enumerate().map(|(n, v)| (c.instant(v.when), 5, Step::Visit(n))));
        let records = patient.visit_records.iter().enumerate();
        steps.extend(records.map(|(n, r)| (c.instant(r.when), 4, Step::Record(n))));
        steps
    }

    pub(super) async fn task(&self, patient: &Patient, made: &mut Made, n: usize) -> Result<()> {
        let task = &patient.tasks[n];
        let who = self.acting(patient, &task.by).await?;
        let post = match &task.post {
            Some(key) => {
                let place = patient.position(key).ok_or_else(|| Error::internal("unknown post"))?;
                Some(made.post(place)?.0)
            }
            None => None,
        };
        let due = Due { day: self.calendar.day(task.due_in_days), time: task.due_time };
        let new = NewTask {
            client_id: Uuid::new_v4(),
            words: Words { what: self.calendar.dated(&task.what), due },
            owner: Some(self.person(&task.owner)?.0),
            post,
        };
        let (id, _) = tasks::acts::make(&self.app, &who, made.group()?, &new).await?;
        made.tasks.insert(n, id);
        Ok(())
    }

    pub(super) async fn task_done(&self, patient: &Patient, made: &Made, n: usize) -> Result<()> {
        let task = &patient.tasks[n];
        let who = self.acting(patient, &task.owner).await?;
        let text = task.done.as_ref().map(|done| self.calendar.dated(&done.result)).unwrap_or_default();
        let id = made.tasks.get(&n).copied().ok_or_else(|| Error::internal("done before it was made"))?;
        tasks::acts::change(&self.app, &who, id, Uuid::new_v4(), &Change::Done { text }).await
    }

    pub(super) async fn visit(&self, patient: &Patient, made: &Made, n: usize) -> Result<()> {
        let v = &patient.visits[n];
        let who = self.acting(patient, &v.by).await?;
        let first = self.calendar.day(v.first_in_days);
        let on = if v.workdays { (1..=6).collect() } else { vec![first.weekday().to_monday_one_offset()] };
        let repeat = v.every_weeks.map_or(Repeat::Once, |every| Repeat::Weekly { every, on });
        let series =
            Series { first, at: v.at, minutes: v.minutes, repeat, until: None, exceptions: Vec::new() };
        let member = patient.member(&v.by).ok_or_else(|| Error::internal("no member visits"))?;
        let party =
            Party { facility: self.facility(&member.facility)?, account: Some(self.person(&v.by)?.0) };
        let plan =
            Plan { kind: kind(&v.kind)?, note: self.calendar.dated(&v.note), series, earlier: Vec::new() };
        let new = NewVisit { client_id: Uuid::new_v4(), party, plan };
        let (id, _) = visits::acts::plan(&self.app, &who, made.group()?, &new).await?;
        let Some(moved) = &v.moved else { return Ok(()) };
        let to = Moved { day: self.calendar.day(moved.to_in_days), at: moved.at, minutes: v.minutes };
        let day = self.calendar.day(moved.from_in_days);
        let change = visits::model::Change::Move { day, to, reason: moved.reason.clone() };
        visits::acts::change(&self.app, &who, id, Uuid::new_v4(), &change).await
    }

    pub(super) async fn record(&self, patient: &Patient, made: &Made, n: usize) -> Result<()> {
        let r = &patient.visit_records[n];
        let who = self.acting(patient, &r.by).await?;
        let at = visits::read::local(self.calendar.instant(r.when));
        let words = |text: &str| self.calendar.dated(text);
        let record = Record {
            kind: kind(&r.kind)?,
            day: at.date(),
            at: jiff::civil::Time::new(at.hour(), at.minute(), 0, 0).ok(),
            did: words(&r.did),
            condition: words(&r.condition),
            plan_changed: !r.plan.is_empty(),
            plan: words(&r.plan),
            cautions: words(&r.cautions),
            next: Some(Next { day: self.calendar.day(r.next_in_days), at: r.next_at }),
        };
        visit_records::acts::record(&self.app, &who, made.group()?, Uuid::new_v4(), &record).await.map(drop)
    }
}
