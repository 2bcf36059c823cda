//! The pages of the counts for each patient, and their file.

use std::collections::HashMap;

use axum::{
    Router,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

use super::{
    charts::{self, Chart, MOST, Reader},
    charts_views::{ChartRow, ChartsView, Period, ReaderRow, ReadersView, charts_page, readers_page},
    filter::{Filter, Typed, usual_period},
    patients::{self, Name},
    routes::{duration, patient_name, patient_with_title},
};
use crate::words::{fill, t};
use crate::{
    Error, Result,
    app::Shared,
    audit,
    auth::Actor,
    features::{facilities::staff, sign_in::Fresh},
    people::KIN,
    web::{
        csv::{self, download},
        forms::Errors,
        ui::{Profession, time},
        urls,
        viewer::Asked,
    },
};

/// Patients on one page.
const PAGE: i64 = 50;

/// The facility admin, for the facility for which they act.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route(urls::access_log_charts(), get(page))
        .route(urls::access_log_charts_csv(), get(save))
        .route("/facility/access-log/charts/{patient}", get(readers))
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Asking {
    from: String,
    to: String,
    /// From which place on.
    skip: i64,
}

impl Asking {
    fn period(&self) -> Typed {
        let (mut from, mut to) = (self.from.clone(), self.to.clone());
        if from.is_empty() && to.is_empty() {
            (from, to) = usual_period(Timestamp::now());
        }
        Typed { from, to, ..Typed::default() }
    }
}

/// The filter, or what the page says instead.
fn understood(typed: &Typed) -> (Option<Filter>, Period) {
    let (filter, errors) = match typed.read(Timestamp::now()) {
        Ok(filter) => (Some(filter), Errors::none()),
        Err(problems) => (None, problems.into_iter().collect()),
    };
    (filter, Period { from: typed.from.clone(), to: typed.to.clone(), errors })
}

fn status(filter: Option<&Filter>) -> StatusCode {
    if filter.is_some() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY }
}

pub(super) fn span(first: Timestamp, last: Timestamp) -> String {
    let (a, b) = (time::to_the_second(first), time::to_the_second(last));
    if a == b { a } else { fill(t("{0}から{1}まで"), &[("0", &a), ("1", &b)]) }
}

async fn page(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Query(asking): Query<Asking>,
) -> Result<Response> {
    let typed = asking.period();
    let skip = asking.skip.max(0);
    let (mut tx, me) = staff::administrating(&app, &who, "viewed_chart_counts", None).await?;
    audit::viewed(&mut tx, "viewed_chart_counts", None, None, None).await?;
    let (filter, period) = understood(&typed);
    let (mut rows, mut names, mut total) =
        (Vec::new(), HashMap::new(), charts::Total { openings: 0, charts: 0 });
    if let Some(filter) = &filter {
        rows = charts::charts(&mut tx, filter, PAGE + 1, skip).await?;
        total = charts::total(&mut tx, filter).await?;
        let ids: Vec<Uuid> = rows.iter().map(|r| r.patient).collect();
        names = patients::names(&mut tx, &app, &ids).await?;
    }
    tx.commit().await?;
    let more = i64::try_from(rows.len()).is_ok_and(|n| n > PAGE);
    rows.truncate(usize::try_from(PAGE).unwrap_or_default());
    let at = |place: i64| format!("{}{}&skip={place}", urls::access_log_charts(), typed.query());
    let view = ChartsView {
        facility: me.facility.clone(),
        openings: total.openings,
        charts: total.charts,
        rows: rows.iter().map(|row| chart(row, &names, &typed)).collect(),
        csv_query: typed.query(),
        newer: (skip > 0).then(|| at((skip - PAGE).max(0))),
        older: more.then(|| at(skip + PAGE)),
        period,
    };
    Ok((status(filter.as_ref()), charts_page(&view, &me.ctx(asked))).into_response())
}

fn chart(row: &Chart, names: &HashMap<Uuid, Name>, typed: &Typed) -> ChartRow {
    ChartRow {
        patient: patient_with_title(names, row.patient),
        openings: row.openings,
        people: row.people,
        span: span(row.first_at, row.last_at),
        href: format!("{}{}", urls::chart_readers(row.patient), typed.query()),
    }
}

async fn readers(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(patient): Path<Uuid>,
    Query(asking): Query<Asking>,
) -> Result<Response> {
    let typed = Typed { patient: patient.to_string(), ..asking.period() };
    let (mut tx, me) = staff::administrating(&app, &who, "viewed_chart_counts", None).await?;
    let (filter, period) = understood(&typed);
    let rows = match &filter {
        Some(filter) => charts::readers(&mut tx, filter, MOST).await?,
        None => Vec::new(),
    };
    let names = patients::names(&mut tx, &app, &[patient]).await?;
    // A patient of another facility of whom nothing stands in this log does not exist here.
    if rows.is_empty() && !names.contains_key(&patient) {
        return Err(Error::NotFound);
    }
    audit::viewed(&mut tx, "viewed_chart_counts", None, Some(patient), None).await?;
    tx.commit().await?;
    let back = Typed { patient: String::new(), ..typed.clone() };
    let view = ReadersView {
        facility: me.facility.clone(),
        patient: patient_with_title(&names, patient),
        back: format!("{}{}", urls::access_log_charts(), back.query()),
        openings: rows.iter().map(|r| r.openings).sum(),
        rows: rows.iter().map(|row| reader(row, &typed)).collect(),
        period,
    };
    Ok((status(filter.as_ref()), readers_page(&view, &me.ctx(asked))).into_response())
}

/// The name of the time, in words where there is none to be read.
pub(super) fn reader_name(
    account: Option<&(Uuid, Option<String>, Option<String>)>,
) -> (String, Option<Profession>) {
    match account {
        Some((_, Some(name), Some(code))) if !KIN.contains(&code.as_str()) => {
            (name.clone(), Some(Profession::of(code)))
        }
        Some(_) => (t("患者さん・ご家族").to_owned(), None),
        None => (t("サインインの前").to_owned(), None),
    }
}

fn reader(row: &Reader, typed: &Typed) -> ReaderRow {
    let (name, profession) = reader_name(row.account.as_ref());
    let account = row.account.as_ref().map(|(id, ..)| id.to_string()).unwrap_or_default();
    ReaderRow {
        name,
        profession,
        facility: row.facility.as_ref().map(|(_, name)| name.clone()).unwrap_or_default(),
        openings: row.openings,
        span: span(row.first_at, row.last_at),
        duration: (row.seconds > 0).then(|| duration(i32::try_from(row.seconds).unwrap_or(i32::MAX))),
        href: format!(
            "{}{}",
            urls::access_log(),
            typed.query_with(&[("account", &account), ("kind", "view")])
        ),
    }
}

const HEAD: [&str; 9] =
    ["患者", "患者のID", "人", "職種", "施設", "開いた回数", "はじめ", "おわり", "開いていた秒数"];

async fn save(
    State(app): State<Shared>,
    Fresh(who): Fresh,
    Query(asking): Query<Asking>,
) -> Result<Response> {
    let (mut tx, _) = staff::administrating(&app, &who, "downloaded_chart_counts", None).await?;
    let filter = asking.period().read(Timestamp::now()).map_err(Error::Invalid)?;
    audit::viewed(&mut tx, "downloaded_chart_counts", None, None, None).await?;
    let rows = charts::readers(&mut tx, &filter, MOST + 1).await?;
    if rows.len() > MOST {
        return Err(Error::invalid("to", "too_many", t("2万件をこえます。期間を分けて保存してください。")));
    }
    let mut ids: Vec<Uuid> = rows.iter().map(|r| r.patient).collect();
    ids.dedup();
    let names = patients::names(&mut tx, &app, &ids).await?;
    tx.commit().await?;
    let line = |row: &Reader| {
        let (name, profession) = reader_name(row.account.as_ref());
        [
            patient_name(&names, row.patient),
            row.patient.to_string(),
            name,
            profession.map(|p| p.label().to_owned()).unwrap_or_default(),
            row.facility.as_ref().map(|(_, name)| name.clone()).unwrap_or_default(),
            row.openings.to_string(),
            time::machine(row.first_at),
            time::machine(row.last_at),
            row.seconds.to_string(),
        ]
    };
    Ok(download("chart-openings.csv", csv::file(HEAD.map(t), rows.iter().map(line))))
}
