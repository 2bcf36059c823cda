//! Work orders at the console: ask, approve as the second person, take the key, end, read what was done.

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
    model::{Order, OrderForm},
    operator_forms::{NewView, new_page},
    operator_views::{ListView, OneView, list_page, one_page},
};
use crate::words::t;
use crate::{
    Error, Result,
    app::Shared,
    auth::Operator,
    features::{facilities::known, operators},
    web::{
        forms::Errors,
        input::{Done, Form},
        ui::Ctx,
        urls,
        viewer::Asked,
    },
};

/// Operators.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route(urls::operator_work_orders(), get(list).post(open))
        .route(urls::operator_new_work_order(), get(ask))
        .route("/operator/work-orders/{order}", get(show))
        .route("/operator/work-orders/{order}/decision", post(decide))
        .route("/operator/work-orders/{order}/key", post(take_key))
        .route("/operator/work-orders/{order}/end", post(end))
}

async fn list(State(app): State<Shared>, who: Operator, Asked(ctx): Asked) -> Result<Response> {
    let mut tx = app.db.operating(&who).await?;
    let name = operators::acts::name(&mut tx).await?;
    let orders = acts::all(&app, &mut tx).await?;
    tx.commit().await?;
    Ok(list_page(&ListView { name, orders, now: Timestamp::now() }, &ctx).into_response())
}

async fn form(app: &Shared, who: &Operator, form: OrderForm, errors: Errors, ctx: &Ctx) -> Result<Response> {
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let mut tx = app.db.operating(who).await?;
    let name = operators::acts::name(&mut tx).await?;
    let facilities = known::choices(&known::all(&mut tx).await?);
    tx.commit().await?;
    let must_agree = app.config.maintenance.facility_must_agree;
    Ok((status, new_page(&NewView { name, facilities, form, errors, must_agree }, ctx)).into_response())
}

async fn ask(State(app): State<Shared>, who: Operator, Asked(ctx): Asked) -> Result<Response> {
    let fresh = OrderForm { id: Uuid::now_v7(), ..OrderForm::default() };
    form(&app, &who, fresh, Errors::none(), &ctx).await
}

async fn open(
    State(app): State<Shared>,
    who: Operator,
    Asked(ctx): Asked,
    Form(typed): Form<OrderForm>,
) -> Result<Response> {
    let errors: Errors = match typed.checked(Timestamp::now()) {
        Err(problems) => problems.into_iter().collect(),
        Ok(new) => match acts::open(&app, &who, &new).await {
            Ok(()) => return Ok(to(new.id, "opened")),
            Err(Error::Forbidden(reason)) if reason == "sign_in_again" => Errors::one("facility", t(AGAIN)),
            Err(Error::NotFound) => Errors::one("facility", t("施設を選んでください。")),
            Err(Error::Invalid(_)) => {
                Errors::one("until", t("時間は、いまから30日以内に始まる4時間までにしてください。"))
            }
            Err(Error::Conflict(_)) => {
                let errors = Errors::one(
                    "purpose",
                    t("この画面からは、別の作業指示をすでに出しています。もう一度押すと、新しく出します。"),
                );
                return form(&app, &who, OrderForm { id: Uuid::now_v7(), ..typed }, errors, &ctx).await;
            }
            Err(other) => return Err(other),
        },
    };
    form(&app, &who, typed, errors, &ctx).await
}

/// For acts that need a sign-in of the last fifteen minutes.
const AGAIN: &str = "本人であることを確かめるため、いちどサインアウトして、サインインし直してください（15分以内のサインインが必要です）。";

fn to(order: Uuid, done: &str) -> Response {
    Redirect::to(&format!("{}?done={done}", urls::operator_work_order(order))).into_response()
}

async fn show(
    State(app): State<Shared>,
    who: Operator,
    Asked(ctx): Asked,
    Path(order): Path<Uuid>,
    Query(query): Query<Done>,
) -> Result<Response> {
    let done = match query.done.as_deref() {
        Some("opened") => Some(t("作業指示を出しました。ほかの運営者の承認を待っています。")),
        Some("approved") => Some(t("承認しました。施設の管理者に知らせました。")),
        Some("refused") => Some(t("認めませんでした。")),
        Some("ended") => Some(t("終えました。")),
        _ => None,
    };
    one(&app, &who, order, &ctx, Said { done, ..Said::default() }).await
}

/// What the page says on top.
#[derive(Debug, Default)]
struct Said {
    done: Option<&'static str>,
    refusal: Option<&'static str>,
    key: Option<String>,
}

async fn one(app: &Shared, who: &Operator, id: Uuid, ctx: &Ctx, said: Said) -> Result<Response> {
    let mut tx = app.db.operating(who).await?;
    let name = operators::acts::name(&mut tx).await?;
    let order: Order =
        acts::all(app, &mut tx).await?.into_iter().find(|o| o.id == id).ok_or(Error::NotFound)?;
    let done = acts::acts_of(&mut tx, id).await?;
    tx.commit().await?;
    let status = if said.refusal.is_some() { StatusCode::CONFLICT } else { StatusCode::OK };
    let view = OneView {
        name,
        order,
        acts: done,
        done: said.done,
        refusal: said.refusal,
        key: said.key,
        now: Timestamp::now(),
    };
    Ok((status, one_page(&view, ctx)).into_response())
}

/// The words for a refusal of the database; other errors pass.
fn in_words(error: Error) -> Result<&'static str> {
    match &error {
        Error::Forbidden(reason) if reason == "sign_in_again" => Ok(t(AGAIN)),
        Error::Forbidden(reason) if reason == "a_second_person" => {
            Ok(t("自分で出した作業指示は、承認できません。ほかの運営者に頼んでください。"))
        }
        Error::Forbidden(reason) if reason == "who_asked_only" => Ok(t("作業指示を出した人だけができます。")),
        Error::Conflict(reason) if reason == "no_grant" => {
            Ok(t("いまは作業の時間ではありません。鍵は出せません。"))
        }
        Error::Conflict(_) => Ok(t("もう決まっています。いまの状態を確かめてください。")),
        _ => Err(error),
    }
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Decision {
    Approve,
    Refuse,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DecisionForm {
    decision: Decision,
}

async fn decide(
    State(app): State<Shared>,
    who: Operator,
    Asked(ctx): Asked,
    Path(order): Path<Uuid>,
    Form(form): Form<DecisionForm>,
) -> Result<Response> {
    let yes = matches!(form.decision, Decision::Approve);
    match acts::decide(&app, &who, order, yes).await {
        Ok(()) => Ok(to(order, if yes { "approved" } else { "refused" })),
        Err(error) => {
            let refusal = Some(in_words(error)?);
            one(&app, &who, order, &ctx, Said { refusal, ..Said::default() }).await
        }
    }
}

/// The key stands in this answer alone.
async fn take_key(
    State(app): State<Shared>,
    who: Operator,
    Asked(ctx): Asked,
    Path(order): Path<Uuid>,
) -> Result<Response> {
    let said = match acts::take_key(&app, &who, order).await {
        Ok(key) => Said { key: Some(key), ..Said::default() },
        Err(error) => Said { refusal: Some(in_words(error)?), ..Said::default() },
    };
    one(&app, &who, order, &ctx, said).await
}

async fn end(
    State(app): State<Shared>,
    who: Operator,
    Asked(ctx): Asked,
    Path(order): Path<Uuid>,
) -> Result<Response> {
    match acts::end(&app, &who, order).await {
        Ok(()) => Ok(to(order, "ended")),
        Err(error) => {
            let refusal = Some(in_words(error)?);
            one(&app, &who, order, &ctx, Said { refusal, ..Said::default() }).await
        }
    }
}
