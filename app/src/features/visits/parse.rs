//! From what forms and JSON send to a plan and to a change of one.

use jiff::{
    ToSpan,
    civil::{Date, Time},
};

use uuid::Uuid;

use super::{
    model::{
        Change, ChangeKind, Kind, MAX_NOTE, MAX_REASON, NewVisit, Party, RepeatBody, Visit, VisitBody,
        VisitChangeBody,
    },
    plan::Plan,
    rules::{Moved, Repeat, Series},
};
use crate::words::t;
use crate::{FieldError, web::input};

/// Changed occurrences that one series keeps.
const MAX_EXCEPTIONS: usize = 60;
/// Parts of a series that was changed again and again: one for each change.
const MAX_PARTS: usize = 20;

/// The parts of a plan, as forms and JSON give them.
#[derive(Clone, Default)]
pub struct Raw<'a> {
    pub date: &'a str,
    pub start: &'a str,
    pub end: &'a str,
    pub note: &'a str,
    pub repeat: Option<RepeatBody>,
}

impl std::fmt::Debug for Raw<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Raw { … }")
    }
}

/// When: the first minute and how long. An end that is not later than the start is on the next day only in the night.
pub fn span(day: &str, start: &str, end: &str) -> Result<Moved, Vec<FieldError>> {
    let (day, at, until) =
        (input::near_day("date", day), input::clock("start", start), input::clock("end", end));
    match (day, at, until) {
        (Ok(day), Ok(at), Ok(until)) => {
            let minutes = |t: Time| i32::from(t.hour()) * 60 + i32::from(t.minute());
            let long = (minutes(until) - minutes(at)).rem_euclid(24 * 60);
            if long == 0 || long > 12 * 60 {
                return Err(vec![FieldError::new(
                    "end",
                    "before",
                    t("終わりは、始まりより後の時刻にしてください。"),
                )]);
            }
            Ok(Moved { day, at, minutes: u16::try_from(long).unwrap_or_default() })
        }
        (day, at, until) => Err([day.err(), at.err(), until.err()].into_iter().flatten().collect()),
    }
}

fn repeat(body: Option<RepeatBody>, first: Date) -> Result<(Repeat, Option<Date>), FieldError> {
    let Some(body) = body else { return Ok((Repeat::Once, None)) };
    let (mut on, mut nth) = (body.weekdays, body.nth);
    on.sort_unstable();
    on.dedup();
    nth.sort_unstable();
    nth.dedup();
    let weekdays = on.iter().all(|n| (1..=7).contains(n));
    let rule = match (body.every_weeks, nth.is_empty()) {
        (Some(every @ 1..=8), true) if weekdays && !on.is_empty() => Repeat::Weekly { every, on },
        (None, false) if weekdays && on.len() == 1 && nth.iter().all(|n| (1..=5).contains(n) || *n == -1) => {
            Repeat::Monthly { nth, weekday: on[0] }
        }
        (Some(_), true) => {
            return Err(FieldError::new("weekdays", "empty", t("くり返す曜日を選んでください。")));
        }
        _ => return Err(FieldError::new("nth", "empty", t("第何週の何曜日かを選んでください。"))),
    };
    let until = match body.until.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
        None => None,
        Some(text) => Some(input::near_day("until", text)?),
    };
    if until.is_some_and(|last| last < first) {
        return Err(FieldError::new("until", "before", t("最後の日は、最初の日より後にしてください。")));
    }
    Ok((rule, until))
}

/// The plan. The first day of a series is the first day from the named one on on which it falls.
pub fn plan(kind: Kind, raw: &Raw<'_>) -> Result<Plan, Vec<FieldError>> {
    let mut problems = Vec::new();
    let when = span(raw.date, raw.start, raw.end).map_err(|e| problems.extend(e)).ok();
    let note =
        input::optional_text("note", raw.note, MAX_NOTE).map_err(|e| problems.push(e)).unwrap_or_default();
    let Some(when) = when else { return Err(problems) };
    let (repeat, until) =
        repeat(raw.repeat.clone(), when.day).map_err(|e| problems.push(e)).unwrap_or((Repeat::Once, None));
    if !problems.is_empty() {
        return Err(problems);
    }
    let Moved { day: first, at, minutes } = when;
    let series = Series { first, at, minutes, repeat, until, exceptions: Vec::new() };
    let within = until.unwrap_or(first.checked_add(1.year()).unwrap_or(first));
    if series.between(first, within).is_empty() {
        return Err(vec![FieldError::new("until", "never", t("この決め方では、訪問の日がありません。"))]);
    }
    Ok(Plan { kind, note, series, earlier: Vec::new() })
}

fn reason(text: &str) -> Result<String, Vec<FieldError>> {
    input::line("reason", text, MAX_REASON).map_err(|e| vec![e])
}

impl NewVisit {
    /// `facility`: the caller's.
    pub fn parse(body: &VisitBody, facility: Uuid) -> Result<Self, Vec<FieldError>> {
        let raw = Raw {
            date: &body.date,
            start: &body.start,
            end: &body.end,
            note: &body.note,
            repeat: body.repeat.clone(),
        };
        let party = Party { facility: body.facility_id.unwrap_or(facility), account: body.account_id };
        Ok(Self { client_id: body.client_id, party, plan: plan(body.kind, &raw)? })
    }
}

impl Change {
    /// `now`: the visit as it stands, for what the body leaves out.
    pub fn parse(body: &VisitChangeBody, now: &Visit) -> Result<Self, Vec<FieldError>> {
        let field = |f: &Option<String>| f.clone().unwrap_or_default();
        let one = |e: FieldError| vec![e];
        let day = || input::near_day("day", &field(&body.day)).map_err(one);
        Ok(match body.change {
            ChangeKind::Plan => {
                let (date, start, end) = (field(&body.date), field(&body.start), field(&body.end));
                let note = body.note.clone().unwrap_or_default();
                let raw =
                    Raw { date: &date, start: &start, end: &end, note: &note, repeat: body.repeat.clone() };
                let kind = body.kind.unwrap_or(now.plan.kind);
                let seen = body.version.ok_or_else(|| {
                    one(FieldError::new("version", "empty", t("もとにした版（version）を付けてください。")))
                })?;
                let party = Party {
                    facility: body.facility_id.unwrap_or(now.party.facility),
                    account: body.account_id,
                };
                let mut plan = plan(kind, &raw)?;
                plan.earlier = now.plan.before(&plan.series);
                if plan.earlier.len() > MAX_PARTS {
                    let why = t("この予定は何度も変わりました。この先をやめて、新しい予定を作ってください。");
                    return Err(one(FieldError::new("date", "too_many", why)));
                }
                Self::Plan { party, plan, seen }
            }
            ChangeKind::Move => {
                let to = span(&field(&body.date), &field(&body.start), &field(&body.end))?;
                Self::Move { day: known(day()?, now)?, to, reason: reason(&body.reason)? }
            }
            ChangeKind::Cancel => Self::Cancel { day: known(day()?, now)?, reason: reason(&body.reason)? },
            ChangeKind::Restore => Self::Restore { day: known(day()?, now)? },
            ChangeKind::End => Self::End { from: day()?, reason: reason(&body.reason)? },
        })
    }
}

/// A day of the series.
fn known(day: Date, visit: &Visit) -> Result<Date, Vec<FieldError>> {
    if !visit.plan.falls_on(day) {
        return Err(vec![FieldError::new(
            "day",
            "no_visit",
            t("その日の訪問はありません。画面を読み込み直してください。"),
        )]);
    }
    let changed = || visit.plan.parts().flat_map(|part| &part.exceptions);
    if changed().count() >= MAX_EXCEPTIONS && !changed().any(|e| e.day == day) {
        let why = t("変えた日が多くなりすぎました。この予定を終え、新しい予定を作ってください。");
        return Err(vec![FieldError::new("day", "too_many", why)]);
    }
    Ok(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_night_visit_ends_the_next_day_and_nonsense_is_refused() {
        let today = jiff::Timestamp::now().to_zoned(crate::japan::zone()).date().to_string();
        assert_eq!(span(&today, "23:30", "00:30").map(|m| m.minutes), Ok(60));
        for (start, end, field) in [
            ("10:00", "10:00", "end"),
            ("10:00", "9:00", "end"),
            ("x", "9:00", "start"),
            ("24:00", "9:00", "start"),
        ] {
            let problems = span(&today, start, end).expect_err(start);
            assert_eq!(problems[0].field, field);
        }
        assert_eq!(span("2026-02-30", "10:00", "11:00").expect_err("no such day")[0].field, "date");
    }
}
