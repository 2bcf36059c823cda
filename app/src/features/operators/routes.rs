//! The console's door, its front page and the operators' log.

use axum::{
    Router,
    extract::{Query, State},
    http::{HeaderMap, HeaderValue, StatusCode},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use jiff::Timestamp;
use serde::Deserialize;

use super::{
    acts,
    views::{DoorView, LogView, door_page, front_page, log_page, secretariat_front_page},
};
use crate::{
    Result,
    app::Shared,
    auth::{OPERATOR_COOKIE, Operator, cookie},
    features::sign_in::{
        acts::Origin,
        routes::{DEVICE_AGE, refusal, refused, safe_next, set_cookie},
    },
    web::{input::Form, urls, viewer::Asked},
};

/// Names the browser to this door's count of tries. Another cookie than the staff's: neither tells of the other.
const DEVICE_COOKIE: &str = "__Host-renkei-operator-device";

/// Operators, and the front page for secretariats too; the door itself is everybody's.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route(urls::operator_sign_in(), get(ask).post(sign_in))
        .route(urls::operator_sign_out(), post(sign_out))
        .route(urls::operator(), get(front))
        .route(urls::operator_log(), get(log))
}

#[derive(Debug, Deserialize)]
struct Next {
    next: Option<String>,
}

/// Only a page of the console; anything else leads to its front.
fn next_page(next: Option<&str>) -> String {
    let next = safe_next(next);
    if next.starts_with(urls::operator()) { next } else { urls::operator().to_owned() }
}

async fn ask(Asked(ctx): Asked, Query(q): Query<Next>) -> Response {
    let view = DoorView { next: next_page(q.next.as_deref()), ..DoorView::default() };
    door_page(&view, &ctx).into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DoorForm {
    login_id: String,
    password: String,
    code: String,
    next: Option<String>,
}

async fn sign_in(
    State(app): State<Shared>,
    Asked(ctx): Asked,
    origin: Origin,
    headers: HeaderMap,
    Form(form): Form<DoorForm>,
) -> Result<Response> {
    let next = next_page(form.next.as_deref());
    let origin = Origin { device: cookie(&headers, DEVICE_COOKIE), ..origin };
    match acts::sign_in(&app, &form.login_id, form.password, &form.code, &origin).await {
        Ok(opened) => {
            let mut response = Redirect::to(&next).into_response();
            let headers = response.headers_mut();
            let age = acts::SESSION.as_secs().unsigned_abs();
            set_cookie(headers, OPERATOR_COOKIE, &opened.token, Some(age));
            if let Some(device) = &opened.new_device {
                set_cookie(headers, DEVICE_COOKIE, device, Some(DEVICE_AGE));
            }
            Ok(response)
        }
        Err(error) => {
            let refusal = refusal(error)?;
            let view = DoorView { login_id: form.login_id, next, refusal: Some(refusal) };
            Ok(refused(refusal, door_page(&view, &ctx)))
        }
    }
}

async fn sign_out(State(app): State<Shared>, who: Result<Operator>) -> Result<Response> {
    if let Ok(who) = who {
        acts::sign_out(&app, &who).await?;
    }
    let mut response = Redirect::to(urls::operator_sign_in()).into_response();
    set_cookie(response.headers_mut(), OPERATOR_COOKIE, "", Some(0));
    response.headers_mut().insert("clear-site-data", HeaderValue::from_static("\"cache\""));
    Ok(response)
}

async fn front(State(app): State<Shared>, who: Operator, Asked(ctx): Asked) -> Result<Response> {
    let mut tx = app.db.operating(&who).await?;
    let desk = acts::desk(&mut tx).await?;
    if desk.region.is_some() {
        tx.commit().await?;
        return Ok(secretariat_front_page(&desk, &ctx).into_response());
    }
    let latest = acts::events(&mut tx, None, 8).await?;
    tx.commit().await?;
    Ok((StatusCode::OK, front_page(&desk.name, &latest, Timestamp::now(), &ctx)).into_response())
}

#[derive(Debug, Deserialize)]
struct LogQuery {
    before: Option<Timestamp>,
}

/// How many lines one page of the log shows.
const LOG_PAGE: i32 = 100;

async fn log(
    State(app): State<Shared>,
    who: Operator,
    Asked(ctx): Asked,
    Query(query): Query<LogQuery>,
) -> Result<Response> {
    let mut tx = app.db.operating(&who).await?;
    let name = acts::name(&mut tx).await?;
    let events = acts::events(&mut tx, query.before, LOG_PAGE).await?;
    tx.commit().await?;
    let full = i32::try_from(events.len()).is_ok_and(|n| n == LOG_PAGE);
    let older = events.last().filter(|_| full).map(|e| e.at);
    Ok(log_page(&LogView { name, events, older, now: Timestamp::now() }, &ctx).into_response())
}
