//! A relative corrects or takes back what she wrote herself: the forms, and what they send.

use axum::{
    Router,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

use super::{
    acts,
    change_views::{ChangeView, correction_page, withdrawal_page},
    read,
};
use crate::{
    Error, Result,
    app::Shared,
    auth::Relative,
    features::posts::model::MAX_REASON,
    web::{
        input::{self, Form},
        ui::Ctx,
        urls,
        viewer::Asked,
    },
};

/// The author of a post on a family timeline that she is on now: 403 for another's post, 404 for one that she cannot read.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/family/posts/{post}/correction", get(ask_correction).post(correct))
        .route("/family/posts/{post}/withdrawal", get(ask_withdrawal).post(withdraw))
}

/// An own post that still stands as it was written. `opens`: it is a view in the access log.
async fn own(app: &Shared, who: &Relative, id: Uuid, opens: bool) -> Result<ChangeView> {
    let post = read::one(app, who, id, opens).await?;
    let place = read::place(app, who, post.group_id).await?;
    if post.author.id != place.account_id {
        return Err(Error::Forbidden("the_author_only".into()));
    }
    if post.withdrawn.is_some() || post.corrected_by.is_some() {
        return Err(Error::Conflict("withdrawn_or_corrected_already".into()));
    }
    if place.archived {
        return Err(Error::Conflict("archived".into()));
    }
    let typed = post.body.clone().unwrap_or_default();
    Ok(ChangeView { place, post, client_id: Uuid::new_v4(), typed, error: None, now: Timestamp::now() })
}

/// The form again, with what was typed and why it was not taken.
async fn again(
    app: &Shared,
    who: &Relative,
    id: Uuid,
    client_id: Uuid,
    typed: String,
    error: String,
) -> Result<ChangeView> {
    let view = own(app, who, id, false).await?;
    Ok(ChangeView { client_id, typed, error: Some(error), ..view })
}

async fn ask_correction(
    State(app): State<Shared>,
    who: Relative,
    Asked(ctx): Asked,
    Path(id): Path<Uuid>,
) -> Result<Response> {
    Ok(correction_page(&own(&app, &who, id, true).await?, &ctx).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CorrectForm {
    client_id: Uuid,
    body: String,
}

/// To the post that stands now.
fn back(group: Uuid, post: Uuid, client_id: Uuid) -> Response {
    let page = format!("{}#post-{post}", urls::family_timeline(group));
    Redirect::to(&urls::sent(&page, client_id)).into_response()
}

fn refused(page: impl FnOnce(&ChangeView, &Ctx) -> maud::Markup, view: &ChangeView, ctx: &Ctx) -> Response {
    (StatusCode::UNPROCESSABLE_ENTITY, page(view, ctx)).into_response()
}

async fn correct(
    State(app): State<Shared>,
    who: Relative,
    Asked(ctx): Asked,
    Path(id): Path<Uuid>,
    Form(form): Form<CorrectForm>,
) -> Result<Response> {
    match acts::correct(&app, &who, id, form.client_id, &form.body).await {
        Ok((post, _)) => Ok(back(post.group_id, post.id, form.client_id)),
        Err(Error::Invalid(problems)) => {
            let error = problems.first().map(|p| p.message.to_string()).unwrap_or_default();
            let view = again(&app, &who, id, form.client_id, form.body, error).await?;
            Ok(refused(correction_page, &view, &ctx))
        }
        Err(other) => Err(other),
    }
}

async fn ask_withdrawal(
    State(app): State<Shared>,
    who: Relative,
    Asked(ctx): Asked,
    Path(id): Path<Uuid>,
) -> Result<Response> {
    let view = ChangeView { typed: String::new(), ..own(&app, &who, id, true).await? };
    Ok(withdrawal_page(&view, &ctx).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WithdrawForm {
    client_id: Uuid,
    reason: String,
}

async fn withdraw(
    State(app): State<Shared>,
    who: Relative,
    Asked(ctx): Asked,
    Path(id): Path<Uuid>,
    Form(form): Form<WithdrawForm>,
) -> Result<Response> {
    match input::text("reason", &form.reason, MAX_REASON) {
        Ok(reason) => {
            let group = acts::withdraw(&app, &who, id, form.client_id, reason).await?;
            Ok(back(group, id, form.client_id))
        }
        Err(problem) => {
            let error = problem.message.to_string();
            let view = again(&app, &who, id, form.client_id, form.reason, error).await?;
            Ok(refused(withdrawal_page, &view, &ctx))
        }
    }
}
