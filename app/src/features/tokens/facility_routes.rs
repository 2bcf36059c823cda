//! 施設の管理 → アクセストークン.

use axum::{
    Router,
    extract::{Path, Query, State},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use serde::Deserialize;
use uuid::Uuid;

use super::{
    acts,
    views::{FacilityTokensView, facility_tokens_page},
};
use crate::words::t;
use crate::{
    Error, Result,
    app::Shared,
    audit,
    auth::Actor,
    features::facilities::staff,
    web::{
        input::{Done, Form},
        urls,
        viewer::Asked,
    },
};

/// The facility's admin, for the facility for which they act.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route(urls::facility_tokens(), get(show))
        .route("/facility/tokens/{token}/end", post(end))
        .route(urls::token_rule(), post(set_rule))
}

fn words(done: &Done) -> Option<&'static str> {
    Some(match done.done.as_deref()? {
        "ended" => t("使えなくしました。このトークンでは、もう何もできません。"),
        "allowed" => t("スタッフは、アクセストークンを作れます。"),
        "forbidden" => {
            t("アクセストークンを認めないことにしました。あったものは、すべて使えなくなりました。")
        }
        _ => return None,
    })
}

async fn show(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Query(done): Query<Done>,
) -> Result<Response> {
    let (mut tx, me) = staff::administrating(&app, &who, "viewed_tokens", None).await?;
    audit::viewed(&mut tx, "viewed_tokens", None, None, None).await?;
    let tokens = acts::here(&mut tx).await?;
    let allowed = acts::allowed(&mut tx).await?;
    tx.commit().await?;
    let view = FacilityTokensView {
        facility: me.facility.clone(),
        tokens,
        allowed,
        done: words(&done),
        now: jiff::Timestamp::now(),
    };
    Ok(facility_tokens_page(&view, &me.ctx(asked)).into_response())
}

fn back(done: &str) -> Redirect {
    Redirect::to(&format!("{}?done={done}", urls::facility_tokens()))
}

async fn end(State(app): State<Shared>, who: Actor, Path(token): Path<Uuid>) -> Result<Redirect> {
    let ended = acts::end_here(&app, &who, token).await;
    noting(&app, &who, "ended_token", Some(token), ended).await?;
    Ok(back("ended"))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleForm {
    allowed: bool,
}

async fn set_rule(State(app): State<Shared>, who: Actor, Form(form): Form<RuleForm>) -> Result<Redirect> {
    let set = acts::set_rule(&app, &who, form.allowed).await;
    noting(&app, &who, "changed_token_rule", None, set).await?;
    Ok(back(if form.allowed { "allowed" } else { "forbidden" }))
}

/// Passes a refusal on and writes it down.
async fn noting<T>(
    app: &Shared,
    who: &Actor,
    act: &str,
    token: Option<Uuid>,
    result: Result<T>,
) -> Result<T> {
    if let Err(Error::NotFound | Error::Forbidden(_)) = &result {
        audit::refused(app, who, act, None, token).await;
    }
    result
}
