//! 施設の管理 → Webhook.

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
    model::{self, Rotation},
    views::{Typed, WebhooksView, webhooks_page},
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
        input::{Done, Fields, Form},
        urls,
        viewer::Asked,
    },
};

/// The newest calls of each webhook that the page shows.
const CALLS: i32 = 20;

/// The facility's admin, for the facility for which they act.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route(urls::facility_webhooks(), get(show).post(make))
        .route("/facility/webhooks/{webhook}/end", post(end))
        .route("/facility/webhooks/{webhook}/test", post(try_out))
        .route("/facility/webhooks/{webhook}/rotation", post(rotate))
        .route("/facility/webhooks/{webhook}/stop", post(stop))
        .route("/facility/webhooks/{webhook}/resumption", post(resume))
        .route("/facility/webhooks/{webhook}/calls/{call}/resending", post(resend))
}

fn words(done: &Done) -> Option<&'static str> {
    Some(match done.done.as_deref()? {
        "ended" => t("登録を外しました。もう呼び出しません。"),
        "stopped" => t("止めました。再開するまで、呼び出しません。"),
        "tested" => t("試しに呼び出します。結果は、下の「最近の呼び出し」に出ます。"),
        "resumed" => t("再開しました。止まっていたあいだのことは送りません。"),
        "resent" => t("もう一度送ります。結果は、下の「最近の呼び出し」に出ます。"),
        _ => return None,
    })
}

async fn show(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Query(done): Query<Done>,
) -> Result<Response> {
    let said = Said { done: words(&done), ..Said::default() };
    Ok(page(&app, &who, asked, Typed::fresh(), Errors::none(), said).await?.into_response())
}

/// What the page says on top.
#[derive(Default)]
struct Said {
    /// A secret that was just made.
    secret: Option<String>,
    done: Option<&'static str>,
}

async fn page(
    app: &Shared,
    who: &Actor,
    asked: Asked,
    typed: Typed,
    errors: Errors,
    said: Said,
) -> Result<maud::Markup> {
    let (mut tx, me) = staff::administrating(app, who, "viewed_webhooks", None).await?;
    audit::viewed(&mut tx, "viewed_webhooks", None, None, None).await?;
    let (webhooks, calls) = (acts::here(&mut tx).await?, acts::calls(&mut tx, CALLS).await?);
    tx.commit().await?;
    let view = WebhooksView {
        facility: me.facility.clone(),
        hosts: hosts(app),
        webhooks,
        calls,
        made: said.secret,
        typed,
        errors,
        done: said.done,
        now: jiff::Timestamp::now(),
    };
    Ok(webhooks_page(&view, &me.ctx(asked)))
}

/// That a facility may name.
fn hosts(app: &Shared) -> Vec<String> {
    let settings = &app.config.webhooks;
    settings.hosts().chain(settings.private_hosts()).map(str::to_owned).collect()
}

/// The secret on the page, once; what was sent again by a reload stands in the list.
async fn once(app: &Shared, who: &Actor, asked: Asked, secret: Option<String>) -> Result<Response> {
    if secret.is_none() {
        return Ok(Redirect::to(urls::facility_webhooks()).into_response());
    }
    let said = Said { secret, done: None };
    Ok(page(app, who, asked, Typed::fresh(), Errors::none(), said).await?.into_response())
}

async fn make(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response> {
    let fields = Fields::only(pairs, &["client_id", "url", "kinds"])?;
    let id: Uuid =
        fields.one("client_id").parse().map_err(|_| Error::BadRequest("unreadable_form".into()))?;
    let kinds: Vec<String> = fields.all("kinds").into_iter().map(str::to_owned).collect();
    let typed = Typed { id, url: fields.one("url").to_owned(), kinds };
    drop(staff::administrating(&app, &who, "made_webhook", None).await?);
    match model::parse(&app.config.webhooks, id, &typed.url, &typed.kinds) {
        Ok(new) => {
            let secret = acts::make(&app, &who, &new).await?;
            once(&app, &who, asked, secret).await
        }
        Err(problems) => {
            let errors = problems.into_iter().collect();
            let markup = page(&app, &who, asked, typed, errors, Said::default()).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, markup).into_response())
        }
    }
}

/// Passes a refusal on and writes it down.
async fn noting<T>(app: &Shared, who: &Actor, act: &str, webhook: Uuid, result: Result<T>) -> Result<T> {
    if let Err(Error::NotFound | Error::Forbidden(_)) = &result {
        audit::refused(app, who, act, None, Some(webhook)).await;
    }
    result
}

fn back(done: &str) -> Redirect {
    Redirect::to(&format!("{}?done={done}", urls::facility_webhooks()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RotationForm {
    client_id: Uuid,
    /// A ticked box; none: not ticked.
    at_once: Option<String>,
}

async fn rotate(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(webhook): Path<Uuid>,
    Form(form): Form<RotationForm>,
) -> Result<Response> {
    let rotation = Rotation { client_id: form.client_id, at_once: form.at_once.is_some() };
    let rotated = acts::rotate(&app, &who, webhook, &rotation).await;
    let secret = noting(&app, &who, "rotated_webhook", webhook, rotated).await?;
    once(&app, &who, asked, secret).await
}

async fn stop(State(app): State<Shared>, who: Actor, Path(webhook): Path<Uuid>) -> Result<Redirect> {
    let stopped = acts::stop(&app, &who, webhook).await;
    noting(&app, &who, "stopped_webhook", webhook, stopped).await?;
    Ok(back("stopped"))
}

async fn end(State(app): State<Shared>, who: Actor, Path(webhook): Path<Uuid>) -> Result<Redirect> {
    let ended = acts::end(&app, &who, webhook).await;
    noting(&app, &who, "ended_webhook", webhook, ended).await?;
    Ok(back("ended"))
}

async fn try_out(State(app): State<Shared>, who: Actor, Path(webhook): Path<Uuid>) -> Result<Redirect> {
    let tried = acts::try_out(&app, &who, webhook).await;
    noting(&app, &who, "tested_webhook", webhook, tried).await?;
    Ok(back("tested"))
}

async fn resume(State(app): State<Shared>, who: Actor, Path(webhook): Path<Uuid>) -> Result<Redirect> {
    let resumed = acts::resume(&app, &who, webhook).await;
    noting(&app, &who, "resumed_webhook", webhook, resumed).await?;
    Ok(back("resumed"))
}

async fn resend(
    State(app): State<Shared>,
    who: Actor,
    Path((webhook, call)): Path<(Uuid, Uuid)>,
) -> Result<Redirect> {
    let sent = acts::resend(&app, &who, webhook, call).await;
    noting(&app, &who, "resent_webhook", webhook, sent).await?;
    Ok(back("resent"))
}
