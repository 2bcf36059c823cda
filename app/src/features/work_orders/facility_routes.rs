//! Work orders as the facility sees them: what is coming, what was done, and its own word.

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
    acts,
    facility_views::{OneView, list_page, one_page},
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
        input::{self, Done, Form},
        urls,
        viewer::Asked,
    },
};

/// The facility's admin, for the facility for which they act; 404 for orders of others and for those that nobody approved.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route(urls::facility_work_orders(), get(list))
        .route("/facility/work-orders/{order}", get(show))
        .route("/facility/work-orders/{order}/agreement", post(agree))
        .route("/facility/work-orders/{order}/confirmation", post(confirm))
}

async fn list(State(app): State<Shared>, who: Actor, asked: Asked) -> Result<Response> {
    let (mut tx, me) = staff::administrating(&app, &who, "viewed_work_orders", None).await?;
    let orders = acts::mine(&app, &mut tx).await?;
    audit::viewed(&mut tx, "viewed_work_orders", None, None, None).await?;
    tx.commit().await?;
    Ok(list_page(&me.facility, &orders, Timestamp::now(), &me.ctx(asked)).into_response())
}

/// What the page says on top, and what was typed.
#[derive(Debug, Default)]
struct Said {
    done: Option<&'static str>,
    words: String,
    errors: Errors,
}

async fn page(app: &Shared, who: &Actor, asked: Asked, id: Uuid, said: Said) -> Result<Response> {
    let (mut tx, me) = staff::administrating(app, who, "viewed_work_order", None).await?;
    let found = acts::mine(app, &mut tx).await?.into_iter().find(|o| o.id == id);
    let Some(order) = found else {
        drop(tx);
        audit::refused(app, who, "viewed_work_order", None, Some(id)).await;
        return Err(Error::NotFound);
    };
    let done = acts::my_acts(&mut tx, id).await?;
    audit::viewed(&mut tx, "viewed_work_order", None, None, Some(id)).await?;
    tx.commit().await?;
    let status = if said.errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let view = OneView {
        facility: me.facility.clone(),
        order,
        acts: done,
        done: said.done,
        words: said.words,
        errors: said.errors,
        now: Timestamp::now(),
    };
    Ok((status, one_page(&view, &me.ctx(asked))).into_response())
}

async fn show(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(order): Path<Uuid>,
    Query(query): Query<Done>,
) -> Result<Response> {
    let done = match query.done.as_deref() {
        Some("agreed") => Some(t("同意しました。")),
        Some("disagreed") => Some(t("同意しませんでした。作業は行われません。")),
        Some("confirmed") => Some(t("報告を確認しました。")),
        Some("objected") => Some(t("異議を運営者に伝えました。")),
        _ => None,
    };
    page(&app, &who, asked, order, Said { done, ..Said::default() }).await
}

fn to(order: Uuid, done: &str) -> Response {
    Redirect::to(&format!("{}?done={done}", urls::facility_work_order(order))).into_response()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Word {
    Yes,
    No,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AgreementForm {
    agree: Word,
}

async fn agree(
    State(app): State<Shared>,
    who: Actor,
    Path(order): Path<Uuid>,
    Form(form): Form<AgreementForm>,
) -> Result<Response> {
    let (tx, _) = staff::administrating(&app, &who, "maintenance_agreed", None).await?;
    drop(tx);
    let yes = form.agree == Word::Yes;
    acts::agree(&app, &who, order, yes).await?;
    Ok(to(order, if yes { "agreed" } else { "disagreed" }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConfirmationForm {
    confirm: Word,
    #[serde(default)]
    words: String,
}

async fn confirm(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(order): Path<Uuid>,
    Form(form): Form<ConfirmationForm>,
) -> Result<Response> {
    let (tx, _) = staff::administrating(&app, &who, "maintenance_confirmed", None).await?;
    drop(tx);
    if form.confirm == Word::Yes {
        acts::confirm(&app, &who, order, None).await?;
        return Ok(to(order, "confirmed"));
    }
    match input::text("words", &form.words, 2000) {
        Ok(words) => {
            acts::confirm(&app, &who, order, Some(&words)).await?;
            Ok(to(order, "objected"))
        }
        Err(problem) => {
            let said = Said { words: form.words, errors: [problem].into_iter().collect(), done: None };
            page(&app, &who, asked, order, said).await
        }
    }
}
