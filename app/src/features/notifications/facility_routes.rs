//! お知らせの回数: how often each of the staff was rung in a week, who is not reached, and the facility's usual quiet hours. 403 for
//! everybody but the admin.

use axum::{
    Router,
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use jiff::{Timestamp, ToSpan as _, civil::Date};
use serde::Deserialize;
use uuid::Uuid;

use super::{
    acts,
    facility_views::{RungView, csv_file, rung_page},
    model::Quiet,
    store,
};
use crate::words::t;
use crate::{
    Error, Result,
    app::Shared,
    audit,
    auth::Actor,
    db::Tx,
    features::{facilities::staff, sign_in::Fresh},
    japan,
    web::{
        csv::download,
        forms::Errors,
        input::{self, Form},
        urls,
        viewer::{Asked, Me},
    },
};

/// The facility admin, for the facility for which they act.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/facility/interruptions", get(show))
        .route("/facility/interruptions.csv", get(save))
        .route("/facility/quiet-hours", post(set))
}

#[derive(Debug, Deserialize)]
struct Week {
    /// Any day of it.
    week: Option<Date>,
    done: Option<String>,
}

/// The Monday of that day's week; without one, of this week.
pub(super) fn monday(day: Option<Date>) -> Date {
    let day = day.unwrap_or_else(|| Timestamp::now().to_zoned(japan::zone()).date());
    day.saturating_sub(i64::from(day.weekday().to_monday_zero_offset()).days())
}

async fn show(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Query(week): Query<Week>,
) -> Result<Response> {
    page(&app, &who, asked, &week, None, Errors::none()).await
}

/// For the admin of the facility, which an address may name; that it was looked at is in the access log.
pub(super) async fn opened(app: &Shared, who: &Actor, named: Option<Uuid>) -> Result<(Tx, Me)> {
    let (mut tx, me) = staff::administrating(app, who, "viewed_interruptions", named).await?;
    audit::viewed(&mut tx, "viewed_interruptions", None, None, None).await?;
    Ok((tx, me))
}

async fn page(
    app: &Shared,
    who: &Actor,
    asked: Asked,
    week: &Week,
    typed: Option<[[String; 2]; 7]>,
    errors: Errors,
) -> Result<Response> {
    let monday = monday(week.week);
    let (mut tx, me) = opened(app, who, None).await?;
    let rows = store::rung(&mut tx, monday).await?;
    let quiet = store::facility_quiet(&mut tx).await?.unwrap_or_default();
    tx.commit().await?;
    let times = typed.unwrap_or_else(|| {
        quiet.0.map(|w| w.map(|w| [input::clock_value(w.from), input::clock_value(w.to)]).unwrap_or_default())
    });
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let done = week.done.is_some().then_some(t("施設の静かにする時間を保存しました。"));
    let view = RungView { facility: me.facility.clone(), monday, rows, quiet, times, errors, done };
    Ok((status, rung_page(&view, &me.ctx(asked))).into_response())
}

async fn save(State(app): State<Shared>, Fresh(who): Fresh, Query(week): Query<Week>) -> Result<Response> {
    let monday = monday(week.week);
    let (mut tx, _) = staff::administrating(&app, &who, "downloaded_interruptions", None).await?;
    audit::viewed(&mut tx, "downloaded_interruptions", None, None, None).await?;
    let rows = store::rung(&mut tx, monday).await?;
    tx.commit().await?;
    Ok(download("interruptions.csv", csv_file(monday, rows)))
}

/// `from0` … `to6`.
fn typed(pairs: Vec<(String, String)>) -> Result<[[String; 2]; 7]> {
    let mut times: [[String; 2]; 7] = Default::default();
    for (name, value) in pairs {
        let place =
            name.strip_prefix("from").map(|day| (0, day)).or(name.strip_prefix("to").map(|day| (1, day)));
        let slot = place.and_then(|(end, day)| times.get_mut(day.parse::<usize>().ok()?)?.get_mut(end));
        *slot.ok_or(Error::BadRequest("unreadable_form".into()))? = value;
    }
    Ok(times)
}

async fn set(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response> {
    let times = typed(pairs)?;
    drop(staff::administrating(&app, &who, "changed_facility_quiet", None).await?);
    match Quiet::parse(|day, end| &times[day][end]) {
        Ok(quiet) => {
            acts::set_facility_quiet(&app, &who, &quiet).await?;
            Ok(Redirect::to(&format!("{}?done=saved", urls::interruptions())).into_response())
        }
        Err(problems) => {
            let week = Week { week: None, done: None };
            page(&app, &who, asked, &week, Some(times), problems.into_iter().collect()).await
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_week_begins_on_monday() {
        let day = |text: &str| Some(text.parse().expect("a day"));
        for (any, first) in
            [("2026-11-23", "2026-11-23"), ("2026-11-29", "2026-11-23"), ("2026-11-30", "2026-11-30")]
        {
            assert_eq!(monday(day(any)).to_string(), first);
        }
    }
}
