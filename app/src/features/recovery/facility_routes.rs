//! The pages of a recovery for the facility's admins. 403 for the others of the facility, 404 for other facilities.

use axum::{
    Router,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use jiff::Timestamp;
use uuid::Uuid;

use super::{
    acts, code,
    facility_views::{CodeView, RecoveryView, code_page, recovery_page},
    model::{Lost, NewRecovery, StartForm},
};
use crate::words::t;
use crate::{
    Error, Result,
    app::Shared,
    audit,
    auth::Actor,
    features::facilities::staff,
    web::{
        forms::Errors,
        input::{Done, Form},
        urls,
        viewer::{Asked, Me},
    },
};

/// The facility's admins; a recovery is taken back by the person concerned, too.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/facility/staff/{account}/recovery", get(show).post(start))
        .route("/facility/recoveries/{recovery}/confirmation", post(confirm))
        .route("/facility/recoveries/{recovery}/code", post(make_code))
        .route("/facility/recoveries/{recovery}/cancellation", post(cancel))
        .route("/menu/security/recoveries/{recovery}/cancellation", post(cancel_mine))
}

async fn show(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(account): Path<Uuid>,
    Query(q): Query<Done>,
) -> Result<Response> {
    let form = StartForm { client_id: Uuid::now_v7(), ..StartForm::default() };
    let done = match q.done.as_deref() {
        Some("started") => Some(t("始めました。本人と、施設の管理者みんなに知らせました。")),
        Some("confirmed") => Some(t("確認しました。")),
        Some("cancelled") => Some(t("取り消しました。")),
        _ => None,
    };
    page(&app, &who, asked, account, (form, Errors::none(), done), StatusCode::OK).await
}

const ELSEWHERE: &str = "この方の回復の手続きは、ほかの施設で進んでいます。本人に確かめてください。";

async fn page(
    app: &Shared,
    who: &Actor,
    asked: Asked,
    account: Uuid,
    (form, errors, done): (StartForm, Errors, Option<&'static str>),
    status: StatusCode,
) -> Result<Response> {
    let (mut tx, me) = staff::administrating(app, who, "started_recovery", None).await?;
    let reach = staff::reach(&mut tx, account).await?;
    let recoveries = acts::of_facility(&mut tx, Some(account)).await?;
    audit::viewed(&mut tx, "viewed_staff_person", None, None, Some(account)).await?;
    tx.commit().await?;
    // It was refused because one is open, and none of this facility is.
    let elsewhere = status == StatusCode::CONFLICT && !recoveries.iter().any(|r| r.state.is_open());
    let errors = if elsewhere { errors.and("reason", t(ELSEWHERE)) } else { errors };
    let view = RecoveryView {
        facility: me.facility.clone(),
        person: reach.person(account, &me.facility),
        login_id: reach.login_id,
        suspended: reach.suspended,
        me: me.account_id,
        recoveries,
        form,
        errors,
        done,
        now: Timestamp::now(),
    };
    Ok((status, recovery_page(&view, &me.ctx(asked))).into_response())
}

async fn start(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(account): Path<Uuid>,
    Form(form): Form<StartForm>,
) -> Result<Response> {
    let errors = match NewRecovery::try_from(&form) {
        Ok(new) => match acts::start(&app, &who, account, &new).await {
            Ok(_) => return Ok(back(account, "started")),
            // The page shows the one that is open.
            Err(Error::Conflict(reason)) if reason == "recovery_open_already" => Errors::none(),
            Err(error) => return Err(noted(&app, &who, "started_recovery", account, error).await),
        },
        Err(problems) => problems.into_iter().collect(),
    };
    let status = if errors.is_empty() { StatusCode::CONFLICT } else { StatusCode::UNPROCESSABLE_ENTITY };
    page(&app, &who, asked, account, (form, errors, None), status).await
}

/// A refusal stands in the access log.
pub(super) async fn noted(app: &Shared, who: &Actor, act: &str, about: Uuid, error: Error) -> Error {
    if matches!(error, Error::NotFound | Error::Forbidden(_)) {
        audit::refused(app, who, act, None, Some(about)).await;
    }
    error
}

fn back(account: Uuid, done: &str) -> Response {
    Redirect::to(&format!("{}?done={done}", urls::staff_recovery(account))).into_response()
}

async fn confirm(State(app): State<Shared>, who: Actor, Path(recovery): Path<Uuid>) -> Result<Response> {
    match acts::confirm(&app, &who, recovery).await {
        Ok(account) => Ok(back(account, "confirmed")),
        Err(error) => Err(noted(&app, &who, "confirmed_recovery", recovery, error).await),
    }
}

async fn cancel(State(app): State<Shared>, who: Actor, Path(recovery): Path<Uuid>) -> Result<Response> {
    match acts::cancel(&app, &who, recovery).await {
        Ok(account) => Ok(back(account, "cancelled")),
        Err(error) => Err(noted(&app, &who, "cancelled_recovery", recovery, error).await),
    }
}

async fn cancel_mine(State(app): State<Shared>, who: Actor, Path(recovery): Path<Uuid>) -> Result<Response> {
    acts::cancel(&app, &who, recovery).await?;
    Ok(Redirect::to(&format!("{}?done=cancelled", urls::menu_security())).into_response())
}

/// The only time that the code is shown.
async fn make_code(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(recovery): Path<Uuid>,
) -> Result<Response> {
    let (me, view) = made(&app, &who, None, recovery).await?;
    Ok(code_page(&view, &me.ctx(asked)).into_response())
}

/// A new code with everything that is shown beside it. Where the address names a facility, it must be the one for which the caller acts.
pub(super) async fn made(
    app: &Shared,
    who: &Actor,
    named: Option<Uuid>,
    recovery: Uuid,
) -> Result<(Me, CodeView)> {
    let (mut tx, me) = staff::administrating(app, who, "made_recovery_code", named).await?;
    let found = acts::of_facility(&mut tx, None).await?.into_iter().find(|r| r.id == recovery);
    tx.commit().await?;
    let found = found.ok_or(Error::NotFound)?;
    let (code, lost) = match acts::make_code(app, who, recovery).await {
        Ok(made) => made,
        Err(error) => return Err(noted(app, who, "made_recovery_code", recovery, error).await),
    };
    let path = match lost {
        Lost::Factor => urls::recovery_with(&code),
        Lost::Password => urls::new_password(&code),
    };
    let base = app.config.base_url.trim_end_matches('/');
    let view = CodeView {
        facility: me.facility.clone(),
        name: found.name,
        account: found.account,
        number: found.number,
        lost,
        code: code::in_fours(&code),
        page: format!("{base}{}", urls::recovery()),
        link: format!("{base}{path}"),
        ends_at: found.ends_at,
        now: Timestamp::now(),
    };
    Ok((me, view))
}
