//! The pages: the list of months, one month with its figures, and signing it.

use axum::{
    Router,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use jiff::Timestamp;
use uuid::Uuid;

use super::{
    acts,
    model::Signing,
    month_views::{MonthView, month_page},
    read,
    rules::Month,
    views::{ListView, list_page},
};
use crate::{
    Error, Result,
    app::Shared,
    audit,
    auth::Actor,
    features::{access_log::patients, facilities::staff},
    web::{
        forms::Errors,
        input::{Done, Form},
        urls,
        viewer::Asked,
    },
};

/// The facility's admin, for the facility for which they act.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route(urls::access_reviews(), get(list))
        .route("/facility/access-reviews/{month}", get(show).post(sign))
}

async fn list(State(app): State<Shared>, who: Actor, asked: Asked) -> Result<Response> {
    let (mut tx, me) = staff::administrating(&app, &who, "viewed_access_review", None).await?;
    audit::viewed(&mut tx, "viewed_access_review", None, None, None).await?;
    let reviews = read::all(&mut tx).await?;
    tx.commit().await?;
    let view = ListView { facility: me.facility.clone(), reviews, now: Timestamp::now() };
    Ok(list_page(&view, &me.ctx(asked)).into_response())
}

async fn show(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(month): Path<String>,
    Query(done): Query<Done>,
) -> Result<Response> {
    let month = Month::parse(&month).ok_or(Error::NotFound)?;
    let empty = Signing { client_id: Uuid::now_v7(), note: String::new() };
    page(&app, &who, asked, month, empty, Errors::none(), done.done.is_some()).await
}

async fn page(
    app: &Shared,
    who: &Actor,
    asked: Asked,
    month: Month,
    form: Signing,
    errors: Errors,
    done: bool,
) -> Result<Response> {
    let (mut tx, me) = staff::administrating(app, who, "viewed_access_review", None).await?;
    let figures = read::figures(&mut tx, month).await?;
    let signatures = read::signatures(app, &mut tx, month).await?;
    audit::viewed(&mut tx, "viewed_access_review", None, None, None).await?;
    let people = read::names(&mut tx, &figures.accounts()).await?;
    let patients = patients::names(&mut tx, app, &figures.patients_named()).await?;
    tx.commit().await?;
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let view = MonthView {
        facility: me.facility.clone(),
        month,
        figures,
        signatures,
        people,
        patients: patients.into_iter().map(|(id, name)| (id, name.name)).collect(),
        form,
        errors,
        done,
        now: Timestamp::now(),
    };
    Ok((status, month_page(&view, &me.ctx(asked))).into_response())
}

async fn sign(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(code): Path<String>,
    Form(form): Form<Signing>,
) -> Result<Response> {
    let (tx, _) = staff::administrating(&app, &who, "signed_access_review", None).await?;
    drop(tx);
    let month = Month::parse(&code).ok_or(Error::NotFound)?;
    match acts::sign(&app, &who, month, form.clone()).await {
        Ok(_) => {
            let page = format!("{}?done=signed", urls::access_review(&month.code()));
            Ok(Redirect::to(&urls::sent(&page, form.client_id)).into_response())
        }
        Err(Error::Invalid(problems)) => {
            page(&app, &who, asked, month, form, problems.into_iter().collect(), false).await
        }
        Err(other) => Err(other),
    }
}
