//! The pages of a day.

use axum::{
    Router,
    extract::{Path, Query, State},
    response::{IntoResponse, Response},
    routing::get,
};
use jiff::{Timestamp, civil::Date};
use serde::Deserialize;
use uuid::Uuid;

use super::{
    read,
    views::{self, AllView, GroupView},
};
use crate::{
    Error, Result,
    app::Shared,
    auth::Actor,
    features::groups::{self, door},
    web::{
        ui::time,
        urls,
        viewer::{Asked, Me},
    },
};

/// Members of the group; for all groups any signed-in person, about the own ones.
pub fn routes() -> Router<Shared> {
    Router::new().route(urls::digest(), get(of_all)).route("/groups/{group}/digest", get(of_group))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DayQuery {
    day: Option<Date>,
}

/// Yesterday, unless a day is named; never one that has not come.
pub(super) fn day(query: &DayQuery) -> Result<Date> {
    let today = time::day_of(Timestamp::now());
    let day = match query.day {
        Some(day) => day,
        None => today.yesterday().map_err(Error::internal)?,
    };
    if day <= today && day.year() >= 2000 { Ok(day) } else { Err(Error::NotFound) }
}

async fn of_all(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Query(query): Query<DayQuery>,
) -> Result<Response> {
    let day = day(&query)?;
    let mut tx = app.db.acting(&who).await?;
    let me = Me::load(&mut tx).await?;
    let digest = read::day(&app, &mut tx, day, None).await?;
    let titles = groups::read::titles(&mut tx, &app).await?;
    read::noted(&mut tx, &digest).await?;
    tx.commit().await?;
    let view = AllView { digest, titles, now: Timestamp::now() };
    Ok(views::all_page(&view, &me.ctx(asked)).into_response())
}

async fn of_group(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(group): Path<Uuid>,
    Query(query): Query<DayQuery>,
) -> Result<Response> {
    let day = day(&query)?;
    let (mut tx, me, _) = door::page(&app, &who, group, "viewed_digest").await?;
    let digest = read::day(&app, &mut tx, day, Some(group)).await?;
    let room = groups::read::room(&mut tx, &app, group).await?;
    tx.commit().await?;
    let view = GroupView { room, group, digest, now: Timestamp::now() };
    Ok(views::group_page(&view, &me.ctx(asked)).into_response())
}
