//! The pages of one's own templates and of the facility's.

use axum::{
    Router,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use serde::Deserialize;
use uuid::Uuid;

use super::{
    acts,
    edit_views::{EditView, ListView, edit_page, list_page, template_page},
    model::{NewTemplate, Owner, Template, TemplateText},
    read,
};
use crate::words::t;
use crate::{
    Error, Result,
    app::Shared,
    audit,
    auth::Actor,
    db::Tx,
    web::{
        forms::Errors,
        input::{Done, Form},
        urls,
        viewer::{Asked, Me},
    },
};

/// Everybody their own; the facility's admin the facility's. 404 for those of others.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route(urls::templates(), get(list))
        .route(urls::new_template_form(), get(ask_new).post(add))
        .route("/templates/{template}", get(show).post(change))
        .route("/templates/{template}/removal", post(remove))
}

fn may_write(me: &Me, owner: Owner) -> bool {
    match owner {
        Owner::Person => true,
        Owner::Facility => me.admin,
        Owner::Deployment => false,
    }
}

async fn opened(app: &Shared, who: &Actor, template: Option<Uuid>) -> Result<(Tx, Me)> {
    let mut tx = app.db.acting(who).await?;
    let me = Me::load(&mut tx).await?;
    audit::viewed(&mut tx, "viewed_templates", None, None, template).await?;
    Ok((tx, me))
}

async fn list(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Query(q): Query<Done>,
) -> Result<Response> {
    let (mut tx, me) = opened(&app, &who, None).await?;
    let templates = read::all(&app, &mut tx).await?;
    tx.commit().await?;
    let done = match q.done.as_deref() {
        Some("saved") => Some(t("保存しました。")),
        Some("removed") => Some(t("使わないようにしました。送った投稿は残っています。")),
        _ => None,
    };
    let view = ListView { templates, admin: me.admin, facility: me.facility.clone(), done };
    Ok(list_page(&view, &me.ctx(asked)).into_response())
}

#[derive(Debug, Deserialize)]
struct NewQuery {
    owner: Option<String>,
    from: Option<Uuid>,
}

fn owner(code: &str) -> Result<Owner> {
    Owner::from_code(code).ok_or_else(|| Error::BadRequest("unreadable_form".into()))
}

async fn ask_new(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Query(q): Query<NewQuery>,
) -> Result<Response> {
    let owner = owner(q.owner.as_deref().unwrap_or("person"))?;
    let (mut tx, me) = opened(&app, &who, q.from).await?;
    if !may_write(&me, owner) {
        return Err(Error::Forbidden("facility_admin_only".into()));
    }
    let from = match q.from {
        Some(id) => Some(read::offered(&app, &mut tx, id).await?),
        None => None,
    };
    tx.commit().await?;
    let (name, content) = from.map(|t| (t.name, t.content)).unwrap_or_default();
    let view = EditView {
        template: None,
        owner,
        client_id: Uuid::now_v7(),
        version: 0,
        began: None,
        name,
        content,
        errors: Errors::none(),
        theirs: None,
    };
    Ok(edit_page(&view, &me.ctx(asked)).into_response())
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Typed {
    client_id: Uuid,
    version: u32,
    owner: String,
    name: String,
    content: String,
}

impl Typed {
    fn view(self, template: Option<Uuid>, owner: Owner, errors: Errors) -> EditView {
        let (client_id, version) = (self.client_id, self.version);
        let (name, content) = (self.name, self.content);
        EditView { template, owner, client_id, version, began: None, name, content, errors, theirs: None }
    }
}

const USED: &str = "この用紙は前に一度保存されています。このまま保存すると、もう1つの定型文になります。";

async fn add(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Form(typed): Form<Typed>,
) -> Result<Response> {
    let owner = owner(&typed.owner)?;
    let (name, content) = (typed.name.clone(), typed.content.clone());
    let (status, view) = match acts::add(
        &app,
        &who,
        &NewTemplate { client_id: typed.client_id, owner, name, content },
    )
    .await
    {
        Ok(_) => return Ok(saved(typed.client_id)),
        Err(Error::Invalid(problems)) => {
            (StatusCode::UNPROCESSABLE_ENTITY, typed.view(None, owner, problems.into_iter().collect()))
        }
        Err(Error::Conflict(reason)) if reason == "client_id_used_for_something_else" => {
            let typed = Typed { client_id: Uuid::now_v7(), ..typed };
            (StatusCode::CONFLICT, typed.view(None, owner, Errors::one("name", t(USED))))
        }
        Err(other) => return Err(other),
    };
    let me = me(&app, &who).await?;
    Ok((status, edit_page(&view, &me.ctx(asked))).into_response())
}

fn saved(client_id: Uuid) -> Response {
    let page = format!("{}?done=saved", urls::templates());
    Redirect::to(&urls::sent(&page, client_id)).into_response()
}

async fn me(app: &Shared, who: &Actor) -> Result<Me> {
    let mut tx = app.db.acting(who).await?;
    let me = Me::load(&mut tx).await?;
    tx.commit().await?;
    Ok(me)
}

async fn show(State(app): State<Shared>, who: Actor, asked: Asked, Path(id): Path<Uuid>) -> Result<Response> {
    let (mut tx, me) = opened(&app, &who, Some(id)).await?;
    let template = read::offered(&app, &mut tx, id).await?;
    tx.commit().await?;
    if !may_write(&me, template.owner) {
        return Ok(template_page(&template, me.admin, &me.ctx(asked)).into_response());
    }
    Ok(edit_page(&standing(template), &me.ctx(asked)).into_response())
}

fn standing(t: Template) -> EditView {
    EditView {
        template: Some(t.id),
        owner: t.owner,
        client_id: Uuid::now_v7(),
        version: t.version,
        began: None,
        name: t.name,
        content: t.content,
        errors: Errors::none(),
        theirs: None,
    }
}

async fn change(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(id): Path<Uuid>,
    Form(typed): Form<Typed>,
) -> Result<Response> {
    let text = TemplateText { name: typed.name.clone(), content: typed.content.clone() };
    let owner = owner(&typed.owner)?;
    let (status, view) = match acts::change(&app, &who, id, typed.version, &text).await {
        Ok(_) => return Ok(saved(typed.client_id)),
        Err(Error::Invalid(problems)) => {
            (StatusCode::UNPROCESSABLE_ENTITY, typed.view(Some(id), owner, problems.into_iter().collect()))
        }
        // Both texts are shown, and saving again goes on from the other's version.
        Err(Error::Stale) => {
            let mut tx = app.db.acting(&who).await?;
            let theirs = read::offered(&app, &mut tx, id).await?;
            tx.commit().await?;
            let began = Some(typed.version);
            let typed = Typed { version: theirs.version, ..typed };
            let view =
                EditView { began, theirs: Some(theirs), ..typed.view(Some(id), owner, Errors::none()) };
            (StatusCode::CONFLICT, view)
        }
        Err(other) => return Err(other),
    };
    let me = me(&app, &who).await?;
    Ok((status, edit_page(&view, &me.ctx(asked))).into_response())
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Removal {
    version: u32,
}

async fn remove(
    State(app): State<Shared>,
    who: Actor,
    Path(id): Path<Uuid>,
    Form(form): Form<Removal>,
) -> Result<Response> {
    acts::remove(&app, &who, id, form.version).await?;
    Ok(Redirect::to(&format!("{}?done=removed", urls::templates())).into_response())
}
