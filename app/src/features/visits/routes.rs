//! The pages: the calendar, a new visit, one visit with what may be changed of it.

use axum::{
    Router,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use jiff::{Timestamp, civil::Date};
use serde::Deserialize;
use uuid::Uuid;

use super::{
    acts,
    calendar::Span,
    forms::{self, Typed},
    model::{Kind, Visit},
    read,
    views::{self, CalendarView, NewView, VisitView},
};
use crate::words::t;
use crate::{
    Error, Result,
    app::Shared,
    audit,
    auth::Actor,
    db::Tx,
    features::{
        groups::{self, door, model::Role, refusals},
        tasks,
    },
    web::{
        forms::Errors,
        input::Form,
        ui::time,
        urls,
        viewer::{Asked, Me},
    },
};

/// Members of the group; everybody else gets a 404.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/groups/{group}/schedule", get(calendar))
        .route("/groups/{group}/visits/new", get(new))
        .route("/groups/{group}/visits", post(plan))
        .route("/visits/{visit}", get(one))
        .route("/visits/{visit}/change", post(change))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CalendarQuery {
    month: Option<String>,
    week: Option<String>,
    done: Option<String>,
    /// For scripts, of the release after this one.
    #[serde(rename = "sent")]
    _sent: Option<String>,
}

async fn calendar(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(group): Path<Uuid>,
    Query(query): Query<CalendarQuery>,
) -> Result<Response> {
    let now = Timestamp::now();
    let span = Span::parse(query.month.as_deref(), query.week.as_deref(), time::day_of(now));
    let span = span.ok_or(Error::NotFound)?;
    let (mut tx, me, _) = door::page(&app, &who, group, "viewed_visits").await?;
    let visits = read::list(&app, &mut tx, Some(group)).await?;
    let wanted = tasks::read::Wanted { group: Some(group), open: Some(true), ..Default::default() };
    let open_tasks = tasks::read::list(&app, &mut tx, wanted).await?;
    let room = groups::read::room(&mut tx, &app, group).await?;
    let archived = groups::read::archived(&mut tx, group).await?;
    tx.commit().await?;
    let (from, to) = span.days();
    let placed = read::placed(&visits, from, to);
    let view = CalendarView {
        room,
        group,
        span,
        placed: &placed,
        tasks: (open_tasks.len(), tasks::read::pressing(&open_tasks, now).len()),
        archived,
        done: query.done,
        now,
    };
    Ok(views::calendar_page(&view, &me.ctx(asked)).into_response())
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NewQuery {
    day: Option<Date>,
    kind: Option<Kind>,
}

async fn new(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(group): Path<Uuid>,
    Query(query): Query<NewQuery>,
) -> Result<Response> {
    let day = query.day.unwrap_or_else(|| time::day_of(Timestamp::now()));
    let kind = query.kind.map(|kind| kind.code().to_owned()).unwrap_or_default();
    new_page(&app, &who, asked, group, Typed { date: day.to_string(), kind, ..Typed::default() }).await
}

/// The form as it is first shown, or again with what was typed and what is wrong with it.
async fn new_page(
    app: &Shared,
    who: &Actor,
    asked: Asked,
    group: Uuid,
    mut typed: Typed,
) -> Result<Response> {
    let (mut tx, me, _) = door::page(app, who, group, "viewed_visits").await?;
    let members = groups::read::members(&mut tx, group, Role::Member).await?.items;
    let room = groups::read::room(&mut tx, app, group).await?;
    tx.commit().await?;
    if typed.party.is_empty() {
        typed.party = forms::party_value(me.facility_id, Some(me.account_id));
    }
    if typed.kind.is_empty() {
        typed.kind = Kind::of_profession(&me.profession).code().to_owned();
    }
    let status = if typed.errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let view = NewView { room, group, members, typed };
    Ok((status, views::new_page(&view, &me.ctx(asked))).into_response())
}

async fn plan(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(group): Path<Uuid>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response> {
    let mut typed = Typed::sent(pairs)?;
    let first = typed.date.trim().parse::<Date>();
    let made = match typed.new_visit() {
        Ok(new) => acts::plan(&app, &who, group, &new).await,
        Err(problems) => Err(Error::Invalid(problems)),
    };
    match refusals::noted(&app, &who, "planned_visit", Some(group), None, made).await {
        Ok(_) => {
            let month =
                Span::Month(first.unwrap_or_else(|_| time::day_of(Timestamp::now())).first_of_month());
            let page = urls::schedule_at(group, &month.query(), "planned");
            Ok(Redirect::to(&urls::sent_quietly(&page, typed.client_id)).into_response())
        }
        Err(Error::Invalid(problems)) => {
            typed.errors = problems.into_iter().collect();
            new_page(&app, &who, asked, group, typed).await
        }
        Err(other) => Err(other),
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OneQuery {
    day: Option<Date>,
    done: Option<String>,
    /// For scripts, of the release after this one.
    #[serde(rename = "sent")]
    _sent: Option<String>,
}

async fn one(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(id): Path<Uuid>,
    Query(query): Query<OneQuery>,
) -> Result<Response> {
    page(&app, &who, asked, id, query.day, None, query.done).await
}

/// One visit for a member of its group, on a page or without one; view and refusal are in the access log.
pub(super) async fn opened_one(app: &Shared, who: &Actor, id: Uuid) -> Result<(Tx, Visit)> {
    let read = async {
        let mut tx = app.db.acting(who).await?;
        let visit = read::one(app, &mut tx, id).await?;
        Ok((tx, visit))
    };
    let (mut tx, visit) = refusals::noted(app, who, "viewed_visits", None, Some(id), read.await).await?;
    audit::viewed(&mut tx, "viewed_visits", Some(visit.group), None, Some(id)).await?;
    Ok((tx, visit))
}

/// One visit on one of its days: the next one where none is named. `typed`: a form of it that comes back.
async fn page(
    app: &Shared,
    who: &Actor,
    asked: Asked,
    id: Uuid,
    day: Option<Date>,
    typed: Option<Typed>,
    done: Option<String>,
) -> Result<Response> {
    let (mut tx, visit) = opened_one(app, who, id).await?;
    let me = Me::load(&mut tx).await?;
    let visits = read::list(app, &mut tx, Some(visit.group)).await?;
    let role = groups::read::role(&mut tx, visit.group).await?;
    let members = groups::read::members(&mut tx, visit.group, Role::Member).await?.items;
    let room = groups::read::room(&mut tx, app, visit.group).await?;
    let archived = groups::read::archived(&mut tx, visit.group).await?;
    tx.commit().await?;
    let now = Timestamp::now();
    let plan = &visit.plan;
    let named = day.filter(|day| plan.falls_on(*day)).map(|day| plan.on(day));
    let at =
        named.or_else(|| plan.next_after(read::local(now))).unwrap_or_else(|| plan.on(plan.series.first));
    let placed = read::placed(&visits, at.start.date(), at.start.date());
    let may_change = !archived
        && (visit.party.facility == me.facility_id || visit.made_by == me.account_id || role == Role::Host);
    let errors = typed.as_ref().is_some_and(|t| !t.errors.is_empty());
    let status = if errors { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let view = VisitView { room, visit: &visit, at, placed: &placed, members, may_change, typed, done, now };
    Ok((status, views::visit_page(&view, &me.ctx(asked))).into_response())
}

async fn change(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(id): Path<Uuid>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response> {
    let mut typed = Typed::sent(pairs)?;
    let day = typed.day.parse::<Date>().ok();
    let done = async {
        let mut tx = app.db.acting(&who).await?;
        let visit = read::one(&app, &mut tx, id).await?;
        tx.commit().await?;
        let change = typed.change(&visit).map_err(Error::Invalid)?;
        acts::change(&app, &who, id, typed.client_id, &change).await.map(|()| change.kind())
    };
    match refusals::noted(&app, &who, "changed_visit", None, Some(id), done.await).await {
        Ok(kind) => {
            let page = urls::visit_done(id, day, kind);
            Ok(Redirect::to(&urls::sent_quietly(&page, typed.client_id)).into_response())
        }
        Err(Error::Invalid(problems)) => {
            typed.errors = forms::on_the_page(problems, &typed.change);
            page(&app, &who, asked, id, day, Some(typed), None).await
        }
        Err(Error::Stale) => {
            let why = t(
                "入力しているあいだに、ほかの人が変えました。いまの予定を見てから、もう一度保存してください。",
            );
            typed.errors = Errors::one("date", why);
            typed.began = std::mem::take(&mut typed.version);
            page(&app, &who, asked, id, day, Some(typed), None).await
        }
        Err(other) => Err(other),
    }
}
