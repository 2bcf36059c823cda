//! The pages: for the admin the reviews of the facility and what nobody uses, for hosts the members of their groups.

use std::borrow::Cow;

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
    acts, csv,
    host_views::{HostView, host_page},
    model::{Answering, Item, Opening, Proof, Review},
    read,
    result_views::result_page,
    unused,
    unused_views::{UnusedView, unused_page},
    views::{ListView, OneView, list_page, one_page},
};
use crate::words::t;
use crate::{
    Error, Result,
    app::Shared,
    audit,
    auth::Actor,
    db::Tx,
    features::{facilities::staff, groups},
    web::{
        csv::download,
        input::{Done, Form},
        problem, urls,
        viewer::{Asked, Me},
    },
};

/// The facility's admin, for the facility for which they act; `/reviews` and answers also hosts.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route(urls::facility_reviews(), get(list).post(open))
        .route("/facility/reviews/{review}", get(show))
        .route("/facility/reviews/{review}/result.csv", get(save))
        .route(urls::reviews(), get(mine))
        .route("/review-items/{item}", post(answer))
        .route(urls::unused(), get(show_unused))
        .route("/facility/unused/devices/{device}", post(forget))
}

async fn list(State(app): State<Shared>, who: Actor, asked: Asked) -> Result<Response> {
    list_with(&app, &who, asked, None).await
}

async fn list_with(
    app: &Shared,
    who: &Actor,
    asked: Asked,
    refusal: Option<Cow<'static, str>>,
) -> Result<Response> {
    let (mut tx, me) = staff::administrating(app, who, "viewed_reviews", None).await?;
    audit::viewed(&mut tx, "viewed_reviews", None, None, None).await?;
    let reviews = read::all(&mut tx).await?;
    tx.commit().await?;
    let status = if refusal.is_some() { StatusCode::CONFLICT } else { StatusCode::OK };
    let view = ListView {
        facility: me.facility.clone(),
        reviews,
        client_id: Uuid::now_v7(),
        now: Timestamp::now(),
        refusal,
    };
    Ok((status, list_page(&view, &me.ctx(asked))).into_response())
}

async fn open(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Form(form): Form<Opening>,
) -> Result<Response> {
    let (tx, _) = staff::administrating(&app, &who, "opened_review", None).await?;
    drop(tx);
    match acts::open(&app, &who, form.client_id).await {
        Ok(review) => Ok(Redirect::to(&urls::facility_review(review)).into_response()),
        Err(error @ Error::Conflict(_)) => list_with(&app, &who, asked, Some(problem::detail(&error))).await,
        Err(other) => Err(other),
    }
}

/// What was just done on this page, told by the address that the act led to.
#[derive(Debug, Deserialize)]
struct Told {
    done: Option<String>,
    account: Option<Uuid>,
}

/// One review with everything that belongs to it, proved anew.
async fn whole(app: &Shared, tx: &mut Tx, id: Uuid) -> Result<(Review, Vec<Item>, Proof)> {
    let sealed = read::sealed(tx, id).await?;
    let items = read::items(tx, id).await?;
    let proof = sealed.proof(app, &items).await?;
    let review = read::all(tx).await?.into_iter().find(|r| r.id == id).ok_or(Error::NotFound)?;
    Ok((review, items, proof))
}

async fn show(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(id): Path<Uuid>,
    Query(told): Query<Told>,
) -> Result<Response> {
    let (mut tx, me) = staff::administrating(&app, &who, "viewed_review", None).await?;
    let (review, items, proof) = whole(&app, &mut tx, id).await?;
    audit::viewed(&mut tx, "viewed_review", None, None, Some(id)).await?;
    let titles = groups::read::titles(&mut tx, &app).await?;
    tx.commit().await?;
    let ctx = me.ctx(asked);
    if review.closed_at.is_some() {
        return Ok(result_page(&me.facility, &review, &items, &proof, &titles, &ctx).into_response());
    }
    let removed = told.account.filter(|_| told.done.as_deref() == Some("removed"));
    let view = OneView {
        facility: me.facility.clone(),
        me: me.account_id,
        review,
        items,
        kept: told.done.as_deref() == Some("kept"),
        overtaken: told.done.as_deref() == Some("overtaken"),
        removed,
        now: Timestamp::now(),
    };
    Ok(one_page(&view, &ctx).into_response())
}

async fn save(State(app): State<Shared>, who: Actor, Path(id): Path<Uuid>) -> Result<Response> {
    let (mut tx, _) = staff::administrating(&app, &who, "downloaded_review", None).await?;
    let (review, items, proof) = whole(&app, &mut tx, id).await?;
    audit::viewed(&mut tx, "downloaded_review", None, None, Some(id)).await?;
    tx.commit().await?;
    Ok(download("review.csv", csv::file(&review, &items, &proof)))
}

async fn mine(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Query(told): Query<Done>,
) -> Result<Response> {
    let mut tx = app.db.acting(&who).await?;
    let me = Me::load(&mut tx).await?;
    let waiting = read::waiting(&mut tx).await?;
    let items = read::mine(&mut tx).await?;
    let titles = groups::read::titles(&mut tx, &app).await?;
    audit::viewed(&mut tx, "viewed_reviews", None, None, None).await?;
    tx.commit().await?;
    let done = match told.done.as_deref() {
        Some("kept") => Some(t("「続ける」と答えました。")),
        Some("removed") => Some(t("グループから外しました。")),
        Some("overtaken") => Some(t("この方には、もう別の答えが出ています。何も変わっていません。")),
        _ => None,
    };
    let view =
        HostView { facility: me.facility.clone(), waiting, items, titles, done, now: Timestamp::now() };
    Ok(host_page(&view, &me.ctx(asked)).into_response())
}

async fn answer(
    State(app): State<Shared>,
    who: Actor,
    Path(item): Path<Uuid>,
    Form(form): Form<Answering>,
) -> Result<Response> {
    let place = acts::place(&app, &who, item).await?;
    let done = match acts::answer(&app, &who, item, form).await {
        Ok(answered) if answered.answer == "remove" => "removed",
        Ok(_) => "kept",
        Err(Error::Conflict(reason)) if reason == "answered_already" || reason == "review_is_over" => {
            "overtaken"
        }
        Err(other) => return Err(other),
    };
    let to = match place.group {
        Some(_) => format!("{}?done={done}#next", urls::reviews()),
        None => {
            format!("{}?done={done}&account={}#next", urls::facility_review(place.review), place.account)
        }
    };
    Ok(Redirect::to(&to).into_response())
}

async fn show_unused(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Query(told): Query<Done>,
) -> Result<Response> {
    let (mut tx, me) = staff::administrating(&app, &who, "viewed_unused", None).await?;
    audit::viewed(&mut tx, "viewed_unused", None, None, None).await?;
    let rows = unused::all(&mut tx).await?;
    tx.commit().await?;
    let forgotten = told.done.as_deref() == Some("forgotten");
    let view = UnusedView { facility: me.facility.clone(), rows, forgotten, now: Timestamp::now() };
    Ok(unused_page(&view, &me.ctx(asked)).into_response())
}

async fn forget(State(app): State<Shared>, who: Actor, Path(device): Path<Uuid>) -> Result<Response> {
    let (tx, _) = staff::administrating(&app, &who, "forgot_device", None).await?;
    drop(tx);
    acts::forget_device(&app, &who, device).await?;
    Ok(Redirect::to(&format!("{}?done=forgotten", urls::unused())).into_response())
}
