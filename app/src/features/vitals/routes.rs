//! The pages of vital signs. Every form works without JavaScript.

use axum::{
    Router,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use uuid::Uuid;

use super::{
    acts,
    chart::Window,
    form::Typed,
    form_views::{FormView, form_page},
    model::{Chart, MAX_REASON, Observed, Place},
    read::{self, Of},
    sign::Sign,
    views::{DAYS, VitalsView, WithdrawalView, vitals_page, withdrawal_page},
};
use crate::words::t;
use crate::{
    Error, FieldError, Result,
    app::Shared,
    audit::noting_refusal,
    auth::Actor,
    db::Tx,
    features::{groups, patients::room::Room},
    web::{
        forms::Errors,
        input::{self, Form},
        urls,
        viewer::{Asked, Me},
    },
};

/// Members of the patient's group now; 404 for everybody else.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/patients/{patient}/vitals", get(show).post(record))
        .route("/patients/{patient}/vitals/new", get(ask))
        .route("/patients/{patient}/vitals/{observation}/withdrawal", get(ask_withdrawal).post(withdraw))
}

/// A page of one patient's observations: its transaction, who looks, and where they stand.
pub(super) struct Opened {
    pub(super) tx: Tx,
    pub(super) me: Me,
    pub(super) place: Place,
    pub(super) room: Room,
}

/// Opens such a page for a member. That it was opened is in the access log, and so is a refusal.
pub(super) async fn opened(app: &Shared, who: &Actor, patient: Uuid) -> Result<Opened> {
    let (mut tx, place) = placed(app, who, patient).await?;
    let me = Me::load(&mut tx).await?;
    let room = groups::read::room(&mut tx, app, place.group).await?;
    Ok(Opened { tx, me, place, room })
}

/// The same without a page.
pub(super) async fn placed(app: &Shared, who: &Actor, patient: Uuid) -> Result<(Tx, Place)> {
    let placed = async {
        let mut tx = app.db.acting(who).await?;
        let place = read::place(&mut tx, Of::Patient(patient)).await?;
        read::note_view(app, &mut tx, who, &place).await?;
        Ok((tx, place))
    };
    noting_refusal(app, who, read::VIEWED, patient, placed.await).await
}

#[derive(Debug, Deserialize)]
struct ShowQuery {
    days: Option<u16>,
    done: Option<String>,
}

async fn show(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(patient): Path<Uuid>,
    Query(query): Query<ShowQuery>,
) -> Result<Response> {
    let Opened { mut tx, me, place, room } = opened(&app, &who, patient).await?;
    let now = Timestamp::now();
    let days = query.days.filter(|days| DAYS.contains(days)).unwrap_or(30);
    let window = Window::of(days, now);
    let chart = read::chart(&app, &mut tx, &place, window.from, window.until, read::ALL).await?;
    read::saw(&mut tx, &place).await?;
    tx.commit().await?;
    let done = query.done.as_deref().and_then(done_words);
    let view = VitalsView { room, place, chart, window, me: me.account_id, now, done };
    Ok(vitals_page(&view, &me.ctx(asked)).into_response())
}

fn done_words(code: &str) -> Option<&'static str> {
    match code {
        "recorded" => Some(t("記録しました。")),
        "withdrawn" => Some(t("取り消しました。表には理由とともに残っています。")),
        "imported" => Some(t("取り込みました。")),
        _ => None,
    }
}

/// The newest of each sign within a year.
async fn before(app: &Shared, tx: &mut Tx, place: &Place, now: Timestamp) -> Result<Vec<Observed>> {
    let year = now - SignedDuration::from_hours(24 * 365);
    let Chart { observed, .. } = read::chart(app, tx, place, year, Timestamp::MAX, 200).await?;
    let newest = |sign: Sign| observed.iter().find(|o| o.sign == sign && o.counts()).cloned();
    Ok(Sign::VITAL.into_iter().filter_map(newest).collect())
}

async fn ask(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(patient): Path<Uuid>,
) -> Result<Response> {
    let Opened { mut tx, me, place, room } = opened(&app, &who, patient).await?;
    if place.archived {
        return Err(Error::Conflict("archived".into()));
    }
    let now = Timestamp::now();
    let before = before(&app, &mut tx, &place, now).await?;
    tx.commit().await?;
    let (typed, errors, ask) = (Typed::fresh(now), Errors::none(), Vec::new());
    let view = FormView { room, patient, typed, errors, ask, before, now };
    Ok(form_page(&view, &me.ctx(asked)).into_response())
}

/// Records what was filled in, all of it or nothing.
async fn record(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(patient): Path<Uuid>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response> {
    let typed = Typed::parse(pairs)?;
    let now = Timestamp::now();
    match typed.read(&Sign::VITAL, now) {
        Ok(new) => {
            let recorded = acts::record(&app, &who, Of::Patient(patient), &new).await;
            noting_refusal(&app, &who, "recorded_vitals", patient, recorded).await?;
            let page = urls::vitals_done(patient, "recorded");
            Ok(Redirect::to(&urls::sent(&page, typed.client_id)).into_response())
        }
        Err(problems) => {
            let Opened { mut tx, me, place, room } = opened(&app, &who, patient).await?;
            let before = before(&app, &mut tx, &place, now).await?;
            tx.commit().await?;
            let ask = rare(&problems);
            let view =
                FormView { room, patient, typed, errors: problems.into_iter().collect(), ask, before, now };
            Ok((StatusCode::UNPROCESSABLE_ENTITY, form_page(&view, &me.ctx(asked))).into_response())
        }
    }
}

/// The signs of values that are only rare.
pub(super) fn rare(problems: &[FieldError]) -> Vec<Sign> {
    let of = |problem: &&FieldError| problem.code == "implausible";
    let sign = |problem: &FieldError| {
        Sign::ALL.into_iter().find(|sign| super::form::entry(*sign, &sign.parts()[0]) == problem.field)
    };
    problems.iter().filter(of).filter_map(sign).collect()
}

async fn ask_withdrawal(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path((patient, observation)): Path<(Uuid, Uuid)>,
) -> Result<Response> {
    let (me, view) = withdrawal(&app, &who, patient, observation).await?;
    Ok(withdrawal_page(&view, &me.ctx(asked)).into_response())
}

async fn withdrawal(app: &Shared, who: &Actor, patient: Uuid, id: Uuid) -> Result<(Me, WithdrawalView)> {
    let Opened { mut tx, me, place, room } = opened(app, who, patient).await?;
    let one = read::one(app, &mut tx, &place, id).await?.observed.pop().ok_or(Error::NotFound)?;
    tx.commit().await?;
    if one.by.id != me.account_id && !place.host {
        return Err(Error::Forbidden("author or host only".into()));
    }
    let (client_id, reason, now) = (Uuid::new_v4(), String::new(), Timestamp::now());
    Ok((me, WithdrawalView { room, patient, one, client_id, reason, error: None, now }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WithdrawalForm {
    client_id: Uuid,
    reason: String,
}

async fn withdraw(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path((patient, observation)): Path<(Uuid, Uuid)>,
    Form(form): Form<WithdrawalForm>,
) -> Result<Response> {
    match input::text("reason", &form.reason, MAX_REASON) {
        Ok(reason) => {
            let of = Of::Patient(patient);
            let withdrawn = acts::withdraw(&app, &who, of, observation, form.client_id, reason).await;
            noting_refusal(&app, &who, "withdrew_vitals", patient, withdrawn).await?;
            let page = urls::vitals_done(patient, "withdrawn");
            Ok(Redirect::to(&urls::sent(&page, form.client_id)).into_response())
        }
        Err(problem) => {
            let (me, view) = withdrawal(&app, &who, patient, observation).await?;
            let error = Some(problem.message.to_string());
            let view = WithdrawalView { client_id: form.client_id, reason: form.reason, error, ..view };
            Ok((StatusCode::UNPROCESSABLE_ENTITY, withdrawal_page(&view, &me.ctx(asked))).into_response())
        }
    }
}
