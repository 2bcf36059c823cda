//! The page 当番と代理, for the facility for which one acts.

use axum::{
    Router,
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

use super::{
    acts, read,
    views::{DutyView, duty_page},
};
use crate::words::t;
use crate::{
    Error, Result,
    app::Shared,
    audit,
    auth::Actor,
    features::{accounts::contact, facilities::directory},
    web::{
        forms::Errors,
        input::{Done, Form},
        urls,
        viewer::{Asked, Me},
    },
};

/// Any signed-in person, for the own facility.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route(urls::duty(), get(show).post(hand_over))
        .route(urls::my_substitute(), post(set_substitute))
        .route(urls::my_shown_phone(), post(show_phone))
}

async fn show(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Query(q): Query<Done>,
) -> Result<Response> {
    let done = match q.done.as_deref() {
        Some("duty") => Some(t("当番を引き継ぎました。")),
        Some("substitute") => Some(t("代理の人を保存しました。")),
        Some("phone") => Some(t("チームに見せる電話番号を保存しました。")),
        _ => None,
    };
    page(&app, &who, asked, done, Errors::none(), None).await
}

/// `phone`: what was typed in a refused form.
async fn page(
    app: &Shared,
    who: &Actor,
    asked: Asked,
    done: Option<&'static str>,
    errors: Errors,
    phone: Option<String>,
) -> Result<Response> {
    let mut tx = app.db.acting(who).await?;
    let me = Me::load(&mut tx).await?;
    let on_duty = read::on_duty(&mut tx, me.facility_id).await?;
    let hand_overs = read::hand_overs(&mut tx, me.facility_id).await?;
    let colleagues = directory::staff(&mut tx, me.facility_id, "").await?;
    let substitute = read::substitute(&mut tx, me.account_id).await?;
    let shown = read::my_phone(&mut tx).await?;
    audit::viewed(&mut tx, "viewed_duty", None, None, Some(me.facility_id)).await?;
    tx.commit().await?;
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let view = DutyView {
        me: me.account_id,
        facility: me.facility.clone(),
        admin: me.admin,
        on_duty,
        hand_overs,
        colleagues: colleagues.into_iter().map(|c| (c.id, c.name)).collect(),
        substitute,
        phone: phone.unwrap_or(shown),
        client_id: Uuid::new_v4(),
        errors,
        done,
        now: Timestamp::now(),
    };
    Ok((status, duty_page(&view, &me.ctx(asked))).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DutyForm {
    client_id: Uuid,
    account: Uuid,
    until: Timestamp,
}

async fn hand_over(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Form(form): Form<DutyForm>,
) -> Result<Response> {
    let mut tx = app.db.acting(&who).await?;
    let facility = Me::load(&mut tx).await?.facility_id;
    tx.commit().await?;
    let result = acts::hand_over(&app, &who, facility, Some(form.account), form.until, form.client_id).await;
    answer(&app, &who, asked, result, "duty", None).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SubstituteForm {
    /// Empty: nobody.
    account: String,
}

async fn set_substitute(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Form(form): Form<SubstituteForm>,
) -> Result<Response> {
    let chosen = match form.account.as_str() {
        "" => None,
        id => Some(id.parse().map_err(|_| Error::BadRequest("unreadable_form".into()))?),
    };
    let mut tx = app.db.acting(&who).await?;
    let me = Me::load(&mut tx).await?.account_id;
    tx.commit().await?;
    let result = acts::set_substitute(&app, &who, me, chosen).await;
    answer(&app, &who, asked, result, "substitute", None).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PhoneForm {
    phone: String,
}

async fn show_phone(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Form(form): Form<PhoneForm>,
) -> Result<Response> {
    let result = match contact::phone(&form.phone) {
        Ok(phone) => acts::show_phone(&app, &who, &phone).await,
        Err(field) => Err(Error::Invalid(vec![field])),
    };
    answer(&app, &who, asked, result, "phone", Some(form.phone)).await
}

async fn answer(
    app: &Shared,
    who: &Actor,
    asked: Asked,
    result: Result<()>,
    done: &str,
    phone: Option<String>,
) -> Result<Response> {
    match result {
        Ok(()) => Ok(Redirect::to(&format!("{}?done={done}", urls::duty())).into_response()),
        Err(Error::Invalid(fields)) => page(app, who, asked, None, fields.into_iter().collect(), phone).await,
        Err(other) => Err(other),
    }
}
