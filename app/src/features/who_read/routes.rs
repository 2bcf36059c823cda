//! The page of the policy.

use axum::{
    Router,
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

use super::{
    acts,
    model::{Change, Told},
    read,
    views::{PolicyView, Typed, policy_page},
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
        input::{Done, Form},
        urls,
        viewer::Asked,
    },
};

/// The facility's admin, for the facility for which they act.
pub fn routes() -> Router<Shared> {
    Router::new().route(urls::reader_policy(), get(show).post(set))
}

async fn show(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Query(done): Query<Done>,
) -> Result<Response> {
    page(&app, &who, asked, None, Errors::none(), done.done.is_some()).await
}

async fn page(
    app: &Shared,
    who: &Actor,
    asked: Asked,
    typed: Option<Typed>,
    errors: Errors,
    done: bool,
) -> Result<Response> {
    let (mut tx, me) = staff::administrating(app, who, "viewed_reader_policy", None).await?;
    audit::viewed(&mut tx, "viewed_reader_policy", None, None, None).await?;
    let versions = read::versions(app, &mut tx).await?;
    tx.commit().await?;
    let now = versions.first().map_or(Told::NOTHING, |p| p.told);
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let fresh = || Typed::of(now, versions.first().map_or(0, |p| p.version));
    let view = PolicyView {
        facility: me.facility.clone(),
        now,
        typed: typed.unwrap_or_else(fresh),
        versions,
        errors,
        done,
        at: Timestamp::now(),
    };
    Ok((status, policy_page(&view, &me.ctx(asked))).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sent {
    client_id: Uuid,
    seen: i32,
    shown: Option<String>,
    names: Option<String>,
    kinds: Option<String>,
    #[serde(default)]
    delay_days: String,
    #[serde(default)]
    reason: String,
}

async fn set(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Form(sent): Form<Sent>,
) -> Result<Response> {
    let (tx, _) = staff::administrating(&app, &who, "changed_reader_policy", None).await?;
    drop(tx);
    let typed = Typed {
        client_id: sent.client_id,
        seen: sent.seen,
        shown: sent.shown.is_some(),
        names: sent.names.is_some(),
        kinds: sent.kinds.is_some(),
        delay_days: sent.delay_days,
        reason: sent.reason,
    };
    let change = Change {
        client_id: typed.client_id,
        seen: typed.seen,
        shown: typed.shown,
        names: typed.names,
        kinds: typed.kinds,
        delay_days: typed.delay_days.trim().parse().unwrap_or(0),
        reason: typed.reason.clone(),
    };
    match acts::set(&app, &who, change).await {
        Ok(_) => {
            let page = format!("{}?done=saved", urls::reader_policy());
            Ok(Redirect::to(&urls::sent(&page, typed.client_id)).into_response())
        }
        Err(Error::Invalid(problems)) => {
            page(&app, &who, asked, Some(typed), problems.into_iter().collect(), false).await
        }
        // Somebody was first: what was typed stays, on what stands now.
        Err(Error::Stale) => {
            let words = t("ほかの管理者が、先に変えました。いまの決まりを見て、もう一度送ってください。");
            let errors = Errors::one("shown", words);
            let typed = Typed { seen: newest(&app, &who).await?, ..typed };
            page(&app, &who, asked, Some(typed), errors, false).await
        }
        Err(other) => Err(other),
    }
}

async fn newest(app: &Shared, who: &Actor) -> Result<i32> {
    let mut tx = app.db.acting(who).await?;
    let versions = read::versions(app, &mut tx).await?;
    tx.commit().await?;
    Ok(versions.first().map_or(0, |p| p.version))
}
