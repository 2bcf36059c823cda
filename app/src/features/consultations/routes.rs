//! The pages of consultations. Every form works without JavaScript.

use axum::{
    Router,
    extract::{Path, Query, State as App},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

use super::{
    acts,
    model::{Consultation, NewConsultation, OpenBody, State, words},
    read,
    views::{ConsultationsView, OpenView, SetView, consultations_page, open_page, set_page},
};
use crate::{
    Error, FieldError, Result,
    app::Shared,
    audit,
    auth::Actor,
    db::Tx,
    features::groups::{self, model::Role, pages, refusals::noted, views::GroupTab},
    web::{
        forms::Errors,
        input::Form,
        urls,
        viewer::{Asked, Me},
    },
};

/// Members of the group; everybody else gets a 404.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/groups/{group}/consultations", get(list).post(open))
        .route("/groups/{group}/consultations/new", get(ask_open))
        .route("/consultations/{consultation}/state", get(ask_set).post(set))
}

/// A page of a group for one of its members.
struct Opened {
    tx: Tx,
    me: Me,
    role: Role,
    header: groups::views::GroupHeader,
}

async fn opened(app: &Shared, who: &Actor, group: Uuid) -> Result<Opened> {
    let found = async {
        let mut tx = app.db.acting(who).await?;
        let me = Me::load(&mut tx).await?;
        let role = groups::read::role(&mut tx, group).await?;
        if role == Role::Admin {
            return Err(Error::NotFound);
        }
        let mut header = groups::read::header(&mut tx, app, group).await?;
        header.tab = GroupTab::Consultations;
        audit::viewed(&mut tx, "viewed_consultations", Some(group), None, None).await?;
        Ok(Opened { tx, me, role, header })
    };
    noted(app, who, "viewed_consultations", Some(group), None, found.await).await
}

#[derive(Debug, Deserialize)]
struct Shown {
    #[serde(default)]
    show: String,
}

async fn list(
    App(app): App<Shared>,
    who: Actor,
    asked: Asked,
    Path(group): Path<Uuid>,
    Query(query): Query<Shown>,
) -> Result<Response> {
    let Opened { mut tx, me, role, header } = opened(&app, &who, group).await?;
    let closed = query.show == "closed";
    let state = if closed { State::Closed } else { State::Open };
    let items = read::of_group(&mut tx, &app, group, Some(state), role).await?;
    let archived = groups::read::archived(&mut tx, group).await?;
    tx.commit().await?;
    let view = ConsultationsView { header, items, closed, archived, now: Timestamp::now() };
    Ok(consultations_page(&view, &me.ctx(asked)).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OpenForm {
    client_id: Uuid,
    title: String,
    body: String,
    /// The writer was asked whether it speaks of a patient, and sends it.
    #[serde(default)]
    sure: String,
}

async fn ask_open(
    App(app): App<Shared>,
    who: Actor,
    asked: Asked,
    Path(group): Path<Uuid>,
) -> Result<Response> {
    let form = OpenForm {
        client_id: Uuid::now_v7(),
        title: String::new(),
        body: String::new(),
        sure: String::new(),
    };
    open_form(&app, &who, asked, group, form, Doubt::default()).await
}

/// Why a form comes again.
#[derive(Default)]
struct Doubt {
    errors: Errors,
    /// What looks like a patient, where nobody should be written about.
    asks: Vec<&'static str>,
}

async fn open_form(
    app: &Shared,
    who: &Actor,
    asked: Asked,
    group: Uuid,
    form: OpenForm,
    doubt: Doubt,
) -> Result<Response> {
    let Opened { tx, me, header, .. } = opened(app, who, group).await?;
    tx.commit().await?;
    let status = if doubt.errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let view = OpenView {
        header,
        client_id: form.client_id,
        title: form.title,
        body: form.body,
        errors: doubt.errors,
        asks: doubt.asks,
    };
    Ok((status, open_page(&view, &me.ctx(asked))).into_response())
}

async fn open(
    App(app): App<Shared>,
    who: Actor,
    asked: Asked,
    Path(group): Path<Uuid>,
    Form(form): Form<OpenForm>,
) -> Result<Response> {
    let body = OpenBody { client_id: form.client_id, title: form.title.clone(), body: form.body.clone() };
    let new = match NewConsultation::try_from(body) {
        Ok(new) => new,
        Err(problems) => {
            let doubt = Doubt { errors: pages::errors(problems, &[]), ..Doubt::default() };
            return open_form(&app, &who, asked, group, form, doubt).await;
        }
    };
    if form.sure.is_empty() {
        let text = format!("{}\n{}", new.title, new.body);
        let found = groups::wording::look(&app, &who, group, &text).await;
        let found = noted(&app, &who, "opened_consultation", Some(group), None, found).await?;
        if !found.is_empty() {
            let asks = found.into_iter().map(|hint| hint.words()).collect();
            return open_form(&app, &who, asked, group, form, Doubt { asks, ..Doubt::default() }).await;
        }
    }
    let done = acts::open(&app, &who, group, &new).await;
    let (made, _) = noted(&app, &who, "opened_consultation", Some(group), None, done).await?;
    Ok(Redirect::to(&urls::sent_post(group, made.post_id, form.client_id)).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetForm {
    client_id: Uuid,
    state: State,
    words: String,
}

async fn ask_set(App(app): App<Shared>, who: Actor, asked: Asked, Path(id): Path<Uuid>) -> Result<Response> {
    let found = find(&app, &who, id).await?;
    let to = if found.state == State::Open { State::Closed } else { State::Open };
    let form = SetForm { client_id: Uuid::now_v7(), state: to, words: String::new() };
    set_form(&app, &who, asked, found, form, Vec::new()).await
}

async fn find(app: &Shared, who: &Actor, id: Uuid) -> Result<Consultation> {
    let found = async {
        let mut tx = app.db.acting(who).await?;
        let found = read::one(&mut tx, app, id).await?;
        tx.commit().await?;
        Ok(found)
    };
    noted(app, who, "viewed_consultations", None, Some(id), found.await).await
}

async fn set_form(
    app: &Shared,
    who: &Actor,
    asked: Asked,
    consultation: Consultation,
    form: SetForm,
    problems: Vec<FieldError>,
) -> Result<Response> {
    if !consultation.may_set {
        return Err(Error::Forbidden("opener_or_host_only".into()));
    }
    let Opened { tx, me, header, .. } = opened(app, who, consultation.group_id).await?;
    tx.commit().await?;
    let status = if problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let view = SetView {
        header,
        consultation,
        client_id: form.client_id,
        to: form.state,
        words: form.words,
        errors: pages::errors(problems, &[]),
    };
    Ok((status, set_page(&view, &me.ctx(asked))).into_response())
}

async fn set(
    App(app): App<Shared>,
    who: Actor,
    asked: Asked,
    Path(id): Path<Uuid>,
    Form(form): Form<SetForm>,
) -> Result<Response> {
    let line = match words(&form.words) {
        Ok(line) => line,
        Err(problem) => {
            let found = find(&app, &who, id).await?;
            return set_form(&app, &who, asked, found, form, vec![problem]).await;
        }
    };
    let done = acts::set(&app, &who, id, form.state, form.client_id, line).await;
    let after = noted(&app, &who, "closed_consultation", None, Some(id), done).await?;
    let said = after.changed.as_ref().map_or(after.post_id, |c| c.post_id);
    Ok(Redirect::to(&urls::sent_post(after.group_id, said, form.client_id)).into_response())
}
