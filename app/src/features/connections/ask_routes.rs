//! Asking for a connection: the facility, the person, a few words.

use axum::{
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use uuid::Uuid;

use super::{
    acts,
    ask_views::{AskView, Found, WhereView, WhoView, ask_page, where_page, who_page},
    model::{AskBody, NewAsk, State as Stands},
    read,
};
use crate::words::t;
use crate::{
    Error, FieldError, Result,
    app::Shared,
    audit,
    auth::Actor,
    features::{facilities::directory, groups::pages},
    web::{
        forms::Errors,
        input::Form,
        problem, urls,
        viewer::{Asked, Me},
    },
};

/// Rows of one step; whoever sees that many types more of the name.
const SHOWN: usize = 100;

#[derive(Debug, Deserialize)]
pub(super) struct Step {
    #[serde(default)]
    q: String,
    facility: Option<Uuid>,
    person: Option<Uuid>,
}

pub(super) async fn ask(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Query(step): Query<Step>,
) -> Result<Response> {
    match (step.facility, step.person) {
        (None, _) => facilities(&app, &who, asked, step.q).await,
        (Some(facility), None) => people(&app, &who, asked, facility, step.q).await,
        (Some(facility), Some(person)) => {
            let form = AskForm { client_id: Uuid::now_v7(), facility, person, greeting: String::new() };
            the_form(&app, &who, asked, form, Errors::none()).await
        }
    }
}

/// Step 1. Without a search: the own facility alone.
async fn facilities(app: &Shared, who: &Actor, asked: Asked, q: String) -> Result<Response> {
    let mut tx = app.db.acting(who).await?;
    let me = Me::load(&mut tx).await?;
    let mut found = directory::facilities(&mut tx, &q).await?;
    if q.trim().is_empty() {
        found.retain(|f| f.id == me.facility_id);
    }
    audit::viewed(&mut tx, "searched_facilities", None, None, None).await?;
    tx.commit().await?;
    found.truncate(SHOWN);
    let rows = found
        .into_iter()
        .map(|f| {
            let own = if f.id == me.facility_id { t("・あなたの施設") } else { "" };
            (f.id, f.name, format!("{}{own}", directory::kind_label(&f.kind)))
        })
        .collect();
    Ok(where_page(&WhereView { q, rows }, &me.ctx(asked)).into_response())
}

/// Step 2.
async fn people(app: &Shared, who: &Actor, asked: Asked, facility: Uuid, q: String) -> Result<Response> {
    let mut tx = app.db.acting(who).await?;
    let me = Me::load(&mut tx).await?;
    let facility = directory::facility(&mut tx, facility).await?;
    let mut staff = directory::staff(&mut tx, facility.id, &q).await?;
    let connections = read::mine(&mut tx, app).await?;
    audit::viewed(&mut tx, "searched_staff", None, None, Some(facility.id)).await?;
    tx.commit().await?;
    staff.retain(|c| c.id != me.account_id);
    staff.truncate(SHOWN);
    let stands = |account: Uuid| {
        let here = connections.iter().filter(|c| c.person.id == account);
        here.filter_map(|c| match (c.state, c.incoming) {
            (Stands::Accepted, _) => Some(t("つながっています")),
            (Stands::Asked, false) => Some(t("申し込んでいます")),
            (Stands::Asked, true) => Some(t("申し込みが届いています")),
            (Stands::Ended, _) => None,
        })
        .next()
    };
    let rows = staff.iter().map(|c| Found {
        person: pages::person(c.id, &c.name, &c.profession, &facility.name),
        already: stands(c.id),
    });
    let view = WhoView { facility: (facility.id, facility.name.clone()), q, rows: rows.collect() };
    Ok(who_page(&view, &me.ctx(asked)).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AskForm {
    client_id: Uuid,
    facility: Uuid,
    person: Uuid,
    #[serde(default)]
    greeting: String,
}

/// Step 3, as it is first shown or again with what is wrong.
async fn the_form(
    app: &Shared,
    who: &Actor,
    asked: Asked,
    form: AskForm,
    errors: Errors,
) -> Result<Response> {
    let mut tx = app.db.acting(who).await?;
    let me = Me::load(&mut tx).await?;
    let facility = directory::facility(&mut tx, form.facility).await?;
    let staff = directory::staff(&mut tx, facility.id, "").await?;
    tx.commit().await?;
    let colleague = staff.iter().find(|c| c.id == form.person).ok_or(Error::NotFound)?;
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let view = AskView {
        client_id: form.client_id,
        facility: facility.id,
        person: pages::person(colleague.id, &colleague.name, &colleague.profession, &facility.name),
        me: colleague.id == me.account_id,
        greeting: form.greeting,
        errors,
    };
    Ok((status, ask_page(&view, &me.ctx(asked))).into_response())
}

pub(super) async fn send(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Form(form): Form<AskForm>,
) -> Result<Response> {
    let body = AskBody {
        client_id: form.client_id,
        account_id: form.person,
        facility_id: form.facility,
        greeting: Some(form.greeting.clone()),
    };
    let sent = match NewAsk::try_from(body) {
        Ok(new) => acts::ask(&app, &who, &new).await.map(drop),
        Err(problem) => Err(Error::Invalid(vec![problem])),
    };
    match sent {
        Ok(()) => {
            let page = format!("{}?done=asked", urls::connections());
            Ok(Redirect::to(&urls::sent(&page, form.client_id)).into_response())
        }
        Err(Error::Invalid(problems)) => {
            let errors = pages::errors(problems, &[("account_id", "greeting")]);
            the_form(&app, &who, asked, form, errors).await
        }
        // What was typed stays, with why it did not go.
        Err(error @ Error::Conflict(_)) => {
            let words = problem::detail(&error).into_owned();
            let errors = pages::errors(vec![FieldError::new("greeting", "conflict", words)], &[]);
            the_form(&app, &who, asked, form, errors).await
        }
        Err(error) => Err(error),
    }
}
