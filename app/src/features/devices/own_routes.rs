//! The pages of one's own devices, and the page of a session that waits. Every form works without JavaScript.

use axum::{
    Router,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

use super::{
    acts, model,
    own_views::{DeviceRow, DevicesView, LossView, WaitView, devices_page, loss_page, lost_page, wait_page},
    store,
};
use crate::words::t;
use crate::{
    Error, Result,
    app::Shared,
    auth::Actor,
    features::{
        copies,
        sign_in::{self, routes::gone},
    },
    web::{
        forms::Errors,
        input::{Done, Form},
        ui::time,
        urls,
        viewer::{Asked, Me},
    },
};

/// Any signed-in person, for the own devices. What to do after a loss is for everybody: the session is over by then.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route(urls::devices(), get(list))
        .route("/menu/devices/{device}/sign-out", post(end))
        .route("/menu/devices/{device}/name", post(rename))
        .route("/menu/devices/{device}/loss", get(ask_loss).post(lose))
        .route(urls::device_lost(), get(lost))
        .route(urls::device_waits(), get(waits))
}

fn words(done: &Done) -> Option<String> {
    let words = match done.done.as_deref()? {
        "device" => t("端末をサインアウトしました。"),
        "name" => t("端末の名前を変えました。"),
        _ => return None,
    };
    Some(words.to_owned())
}

async fn list(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Query(done): Query<Done>,
) -> Result<Response> {
    page(&app, &who, asked, words(&done), Errors::none(), StatusCode::OK).await
}

async fn page(
    app: &Shared,
    who: &Actor,
    asked: Asked,
    done: Option<String>,
    errors: Errors,
    status: StatusCode,
) -> Result<Response> {
    let mut tx = app.db.acting(who).await?;
    let me = Me::load(&mut tx).await?;
    let devices = store::own(&mut tx).await?;
    let copies = copies::acts::here(&mut tx).await?;
    tx.commit().await?;
    let now = Timestamp::now();
    let row = |d: model::OwnDevice| DeviceRow {
        id: d.id,
        name: d.name,
        kind: d.kind,
        place: d.place,
        last_used: time::when(d.last_seen, now),
        since: time::short(d.first_seen, now),
        this_one: d.this_one,
        copies: d.copies,
        remembered_until: d.remembered_until.filter(|t| *t > now).map(|t| time::short(t, now)),
    };
    let view = DevicesView { devices: devices.into_iter().map(row).collect(), copies, done, errors };
    Ok((status, devices_page(&view, &me.ctx(asked))).into_response())
}

async fn end(State(app): State<Shared>, who: Actor, Path(device): Path<Uuid>) -> Result<Redirect> {
    acts::end_own(&app, &who, device).await?;
    Ok(Redirect::to("/menu/devices?done=device"))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NameForm {
    name: String,
}

async fn rename(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(device): Path<Uuid>,
    Form(form): Form<NameForm>,
) -> Result<Response> {
    match model::name(&form.name) {
        Ok(name) => {
            acts::rename(&app, &who, device, &name).await?;
            Ok(Redirect::to("/menu/devices?done=name").into_response())
        }
        Err(problem) => {
            let errors = Errors::one(&format!("name-{device}"), &problem.message);
            page(&app, &who, asked, None, errors, StatusCode::UNPROCESSABLE_ENTITY).await
        }
    }
}

async fn ask_loss(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(device): Path<Uuid>,
) -> Result<Response> {
    let mut tx = app.db.acting(&who).await?;
    let me = Me::load(&mut tx).await?;
    let found = store::own(&mut tx).await?.into_iter().find(|d| d.id == device).ok_or(Error::NotFound)?;
    tx.commit().await?;
    let view = LossView {
        action: urls::own_device_loss(device),
        cancel: urls::devices(),
        device: found.name,
        person: None,
        this_one: found.this_one,
        client_id: None,
    };
    Ok(loss_page(&view, &me.ctx(asked)).into_response())
}

/// The session of this request ends too: what comes after is a page for everybody.
async fn lose(State(app): State<Shared>, who: Actor, Path(device): Path<Uuid>) -> Result<Response> {
    acts::own_lost(&app, &who, device).await?;
    Ok(gone(urls::device_lost()))
}

async fn lost(Asked(ctx): Asked) -> impl IntoResponse {
    lost_page(&ctx)
}

/// Nothing but what it waits for. Once it is approved, or was never in doubt, the page leads on.
async fn waits(State(app): State<Shared>, who: Actor, Asked(ctx): Asked) -> Result<Response> {
    match sign_in::acts::state(&app, &who).await? {
        Some(state) if state.state == "pending" => {
            Ok(wait_page(&WaitView { facility: state.facility, name: state.name }, &ctx).into_response())
        }
        Some(_) => Ok(Redirect::to(urls::home()).into_response()),
        None => Err(Error::NotSignedIn),
    }
}
