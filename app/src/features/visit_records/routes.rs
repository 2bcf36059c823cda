//! The pages: records of a patient, a new one, and the page before a visit.

use axum::{
    Form as LaxForm, Router,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use jiff::{Timestamp, ToSpan};
use serde::Deserialize;
use uuid::Uuid;

use super::{
    acts,
    before::before,
    forms::Typed,
    model::Listed,
    read,
    views::{self, BeforeView, NewView, RecordsView, Saved},
};
use crate::{
    Error, Result,
    app::Shared,
    auth::Actor,
    db::Tx,
    features::{
        copies,
        groups::{self, door, refusals},
        visits::{
            self,
            model::{NewVisit, Party, Visit},
            plan::Plan,
            read::Placed,
            rules::{Repeat, Series},
        },
    },
    web::{
        input::{Done, Form},
        ui::time,
        urls,
        viewer::{Asked, Me},
    },
};

/// Records of one page.
pub(super) const SHOWN: i64 = 30;
/// How long a visit is planned for with one tap; it can be changed then.
const MINUTES: u16 = 30;
/// Days ahead whose visits stand on the page before one.
const AHEAD: i32 = 14;

/// Members of the group; everybody else gets a 404.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/groups/{group}/before-visit", get(show_before))
        .route("/groups/{group}/visit-marks", post(mark))
        .route("/groups/{group}/visit-records", get(list).post(record))
        .route("/groups/{group}/visit-records/new", get(new))
        .route("/groups/{group}/visit-records/{post}/next-visit", post(plan_next))
}

/// The visits that stand on the page before one.
pub(super) fn ahead(visits: &[Visit], now: Timestamp) -> Vec<Placed<'_>> {
    let today = time::day_of(now);
    visits::read::placed(visits, today, today.checked_add(AHEAD.days()).unwrap_or(today))
}

async fn show_before(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(group): Path<Uuid>,
    Query(done): Query<Done>,
) -> Result<Response> {
    let now = Timestamp::now();
    let (mut tx, me, _) = door::page(&app, &who, group, "viewed_before_visit").await?;
    let all = before(&app, &mut tx, group, now).await?;
    let room = groups::read::room(&mut tx, &app, group).await?;
    let archived = groups::read::archived(&mut tx, group).await?;
    tx.commit().await?;
    let copied = copies::acts::of_group(&app, &who, &me, group).await?;
    let visits = all.visits.clone();
    let placed = ahead(&visits, now);
    let view = BeforeView { room, group, before: all, placed: &placed, archived, done: done.done, now };
    Ok(views::before_page(&view, &me.ctx(asked).copied(copied)).into_response())
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MarkForm {
    client_id: Uuid,
}

async fn mark(
    State(app): State<Shared>,
    who: Actor,
    Path(group): Path<Uuid>,
    LaxForm(form): LaxForm<MarkForm>,
) -> Result<Response> {
    let marked = acts::mark(&app, &who, group, form.client_id).await;
    refusals::noted(&app, &who, "marked_visit", Some(group), None, marked).await?;
    Ok(Redirect::to(&urls::before_visit_done(group)).into_response())
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    /// The record that was just written.
    saved: Option<Uuid>,
    /// For scripts: which kept form became that record.
    #[serde(rename = "sent")]
    _sent: Option<Uuid>,
}

async fn list(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(group): Path<Uuid>,
    Query(query): Query<ListQuery>,
) -> Result<Response> {
    let now = Timestamp::now();
    let (mut tx, me, _) = door::page(&app, &who, group, "viewed_visit_records").await?;
    let records = read::latest(&app, &mut tx, group, SHOWN).await?;
    let saved = records.iter().find(|r| Some(r.post) == query.saved);
    let saved = match saved {
        Some(listed) => Some(proposal(&app, &mut tx, &me, group, listed).await?),
        None => None,
    };
    let room = groups::read::room(&mut tx, &app, group).await?;
    let archived = groups::read::archived(&mut tx, group).await?;
    tx.commit().await?;
    let view = RecordsView { room, group, records, saved, archived, now };
    Ok(views::records_page(&view, &me.ctx(asked)).into_response())
}

/// What the next date of a record is good for: nothing where it is planned already.
async fn proposal(app: &Shared, tx: &mut Tx, me: &Me, group: Uuid, listed: &Listed) -> Result<Saved> {
    let Some(next) = listed.record.next else { return Ok(Saved::Alone) };
    let visits = visits::read::list(app, tx, Some(group)).await?;
    let mut that_day = visits.iter().filter(|v| v.party.facility == me.facility_id);
    let planned = that_day.any(|v| v.plan.between(next.day, next.day).iter().any(|o| !o.cancelled));
    Ok(match (planned, next.at) {
        (true, _) => Saved::Planned { next },
        (false, Some(_)) => Saved::Proposed { post: listed.post, next },
        (false, None) => Saved::WithoutTime { kind: listed.record.kind, next },
    })
}

async fn new(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(group): Path<Uuid>,
) -> Result<Response> {
    new_page(&app, &who, asked, group, None).await
}

/// The form as it is first shown, or again with what was typed and what is wrong with it.
async fn new_page(
    app: &Shared,
    who: &Actor,
    asked: Asked,
    group: Uuid,
    typed: Option<Typed>,
) -> Result<Response> {
    let (mut tx, me, _) = door::page(app, who, group, "viewed_visit_records").await?;
    let room = groups::read::room(&mut tx, app, group).await?;
    tx.commit().await?;
    let typed = typed.unwrap_or_else(|| Typed::new(Timestamp::now(), &me.profession));
    let status = if typed.errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let view = NewView { room, group, typed };
    Ok((status, views::new_page(&view, &me.ctx(asked))).into_response())
}

async fn record(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(group): Path<Uuid>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response> {
    let mut typed = Typed::sent(pairs)?;
    let posted = match typed.record() {
        Ok(record) => acts::record(&app, &who, group, typed.client_id, &record).await,
        Err(problems) => Err(Error::Invalid(problems)),
    };
    match refusals::noted(&app, &who, "post", Some(group), None, posted).await {
        Ok(posted) => {
            let page = urls::visit_record_saved(group, posted.post.id);
            Ok(Redirect::to(&urls::sent(&page, typed.client_id)).into_response())
        }
        Err(Error::Invalid(problems)) => {
            typed.errors = problems.into_iter().collect();
            new_page(&app, &who, asked, group, Some(typed)).await
        }
        Err(other) => Err(other),
    }
}

/// One tap: the next visit as the record says. The post's id is the client id, so that a second tap makes no second visit.
async fn plan_next(
    State(app): State<Shared>,
    who: Actor,
    Path((group, post)): Path<(Uuid, Uuid)>,
) -> Result<Response> {
    let found = async {
        let mut tx = app.db.acting(&who).await?;
        let me = Me::load(&mut tx).await?;
        let (of, listed) = read::one(&app, &mut tx, post).await?;
        tx.commit().await?;
        if of == group { Ok((me, listed)) } else { Err(Error::NotFound) }
    };
    let found = refusals::noted(&app, &who, "planned_visit", Some(group), Some(post), found.await).await;
    let (me, listed) = found?;
    let Some((next, at)) = listed.record.next.and_then(|next| Some((next, next.at?))) else {
        return Err(Error::NotFound);
    };
    let series = Series {
        first: next.day,
        at,
        minutes: MINUTES,
        repeat: Repeat::Once,
        until: None,
        exceptions: Vec::new(),
    };
    let plan = Plan { kind: listed.record.kind, note: String::new(), series, earlier: Vec::new() };
    let party = Party { facility: me.facility_id, account: Some(me.account_id) };
    let made = visits::acts::plan(&app, &who, group, &NewVisit { client_id: post, party, plan }).await;
    let (visit, _) = refusals::noted(&app, &who, "planned_visit", Some(group), None, made).await?;
    Ok(Redirect::to(&urls::visit_done(visit, Some(next.day), "planned")).into_response())
}
