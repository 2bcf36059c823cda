//! The console's pages of the templates that are for everybody.

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
    console_views::{FormView, ListView, form_page, list_page},
    deployment,
    model::TemplateText,
};
use crate::words::t;
use crate::{
    Error, Result,
    app::Shared,
    auth::Operator,
    features::operators,
    web::{
        forms::Errors,
        input::{Done, Form},
        urls,
        viewer::Asked,
    },
};

/// Operators.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route(urls::operator_templates(), get(list))
        .route(urls::operator_new_template(), get(write).post(save))
        .route("/operator/templates/{template}", get(show))
        .route("/operator/templates/{template}/removal", post(remove))
}

async fn list(
    State(app): State<Shared>,
    who: Operator,
    Asked(ctx): Asked,
    Query(query): Query<Done>,
) -> Result<Response> {
    let mut tx = app.db.operating(&who).await?;
    let name = operators::acts::name(&mut tx).await?;
    let templates = deployment::at_the_console(&mut tx).await?;
    tx.commit().await?;
    let done = match query.done.as_deref() {
        Some("saved") => Some(t("保存しました。")),
        Some("removed") => Some(t("使わないようにしました。送った投稿は残っています。")),
        _ => None,
    };
    Ok(list_page(&ListView { name, templates, done }, &ctx).into_response())
}

async fn write(State(app): State<Shared>, who: Operator, Asked(ctx): Asked) -> Result<Response> {
    let typed = Typed { id: Uuid::now_v7(), version: 0, name: String::new(), content: String::new() };
    let view = view(&app, &who, typed, Errors::none()).await?;
    Ok(form_page(&view, &ctx).into_response())
}

async fn show(
    State(app): State<Shared>,
    who: Operator,
    Asked(ctx): Asked,
    Path(id): Path<Uuid>,
) -> Result<Response> {
    let mut tx = app.db.operating(&who).await?;
    let name = operators::acts::name(&mut tx).await?;
    let template = deployment::one_at_the_console(&mut tx, id).await?;
    tx.commit().await?;
    if template.retired {
        return Err(Error::NotFound);
    }
    let typed = Typed { id, version: template.version, name: template.name, content: template.content };
    let view = FormView { name, typed, errors: Errors::none(), theirs: None };
    Ok(form_page(&view, &ctx).into_response())
}

/// A template as it stands in the form. `version`: the one that was seen, 0 for a new template.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Typed {
    pub id: Uuid,
    pub version: u32,
    pub name: String,
    pub content: String,
}

async fn view(app: &Shared, who: &Operator, typed: Typed, errors: Errors) -> Result<FormView> {
    let mut tx = app.db.operating(who).await?;
    let name = operators::acts::name(&mut tx).await?;
    tx.commit().await?;
    Ok(FormView { name, typed, errors, theirs: None })
}

async fn save(
    State(app): State<Shared>,
    who: Operator,
    Asked(ctx): Asked,
    Form(typed): Form<Typed>,
) -> Result<Response> {
    let text = TemplateText { name: typed.name.clone(), content: typed.content.clone() };
    let saved = match text.checked() {
        Ok(text) => {
            let mut tx = app.db.operating(&who).await?;
            match deployment::save(&mut tx, typed.id, typed.version, &text, false).await {
                Ok(()) => tx.commit().await,
                Err(error) => Err(error),
            }
        }
        Err(error) => Err(error),
    };
    let (status, view) = match saved {
        Ok(()) => return Ok(back("saved")),
        Err(Error::Invalid(problems)) => {
            let errors = problems.into_iter().collect();
            (StatusCode::UNPROCESSABLE_ENTITY, view(&app, &who, typed, errors).await?)
        }
        // Both texts are shown, and saving again goes on from the other's version.
        Err(Error::Stale) => {
            let mut tx = app.db.operating(&who).await?;
            let theirs = deployment::one_at_the_console(&mut tx, typed.id).await?;
            tx.commit().await?;
            let typed = Typed { version: theirs.version, ..typed };
            let view = view(&app, &who, typed, Errors::none()).await?;
            (StatusCode::CONFLICT, FormView { theirs: Some(theirs), ..view })
        }
        // Somebody else has taken it out of use meanwhile.
        Err(Error::NotFound) if typed.version > 0 => {
            let typed = Typed { id: Uuid::now_v7(), version: 0, ..typed };
            let words = t("この定型文は、もう使われていません。保存すると、新しい定型文になります。");
            (StatusCode::CONFLICT, view(&app, &who, typed, Errors::one("name", words)).await?)
        }
        Err(Error::Conflict(_)) => {
            let errors = Errors::one("name", t("定型文は100までです。使わないものを減らしてください。"));
            (StatusCode::CONFLICT, view(&app, &who, typed, errors).await?)
        }
        Err(other) => return Err(other),
    };
    Ok((status, form_page(&view, &ctx)).into_response())
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Removal {
    version: u32,
}

async fn remove(
    State(app): State<Shared>,
    who: Operator,
    Path(id): Path<Uuid>,
    Form(form): Form<Removal>,
) -> Result<Response> {
    let mut tx = app.db.operating(&who).await?;
    let now = deployment::one_at_the_console(&mut tx, id).await?;
    let text = TemplateText { name: now.name, content: now.content };
    // A second click finds what the first has done.
    if !now.retired {
        deployment::save(&mut tx, id, form.version, &text, true).await?;
    }
    tx.commit().await?;
    Ok(back("removed"))
}

fn back(done: &str) -> Response {
    Redirect::to(&format!("{}?done={done}", urls::operator_templates())).into_response()
}
