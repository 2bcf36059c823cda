//! Correcting and withdrawing: the forms, and what they send.

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use uuid::Uuid;

use super::of_either;
use crate::{
    Error, Result,
    app::Shared,
    auth::Actor,
    db::Tx,
    features::posts::{
        acts,
        model::{CorrectionBody, MAX_BODY, MAX_REASON},
        rules, store,
        views::{self, CorrectionForm, PostView, WithdrawalForm},
    },
    web::{
        input,
        input::Form,
        urls,
        viewer::{Asked, Me},
    },
};

/// An own post that may still be changed, with its place.
pub(super) async fn own(
    app: &Shared,
    tx: &mut Tx,
    who: &Actor,
    me: &Me,
    id: Uuid,
) -> Result<(PostView, store::Target)> {
    let of = store::target(tx, id).await?;
    let (view, _) = of_either(app, tx, who, me, of.group, id, true, false).await?;
    if !rules::may_change(of.author_id, me.account_id) {
        return Err(Error::Forbidden("the_author_only".into()));
    }
    if !view.may.correct {
        return Err(Error::Conflict("withdrawn_or_corrected_already".into()));
    }
    Ok((view, of))
}

pub(super) async fn ask_correction(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(id): Path<Uuid>,
) -> Result<Response> {
    let mut tx = app.db.acting(&who).await?;
    let me = Me::load(&mut tx).await?;
    let (post, _) = own(&app, &mut tx, &who, &me, id).await?;
    tx.commit().await?;
    let typed = post.body.clone();
    Ok(views::correction_page(&correction_form(post, Uuid::new_v4(), typed, None), &me.ctx(asked))
        .into_response())
}

fn correction_form(post: PostView, client_id: Uuid, typed: String, error: Option<String>) -> CorrectionForm {
    let have_read = post.read_by.count;
    CorrectionForm {
        post,
        client_id,
        typed,
        error,
        have_read,
        max_body_chars: u32::try_from(MAX_BODY).unwrap_or(u32::MAX),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CorrectForm {
    client_id: Uuid,
    body: String,
}

pub(super) async fn correct(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(id): Path<Uuid>,
    Form(form): Form<CorrectForm>,
) -> Result<Response> {
    let body = CorrectionBody { client_id: form.client_id, body: form.body.clone(), files: Vec::new() };
    match acts::correct(&app, &who, id, &body).await {
        Ok(posted) => {
            Ok(Redirect::to(&urls::sent_post(posted.post.group_id, posted.post.id, form.client_id))
                .into_response())
        }
        Err(Error::Invalid(fields)) => {
            let mut tx = app.db.acting(&who).await?;
            let me = Me::load(&mut tx).await?;
            let (post, _) = own(&app, &mut tx, &who, &me, id).await?;
            tx.commit().await?;
            let error = fields.first().map(|f| f.message.to_string());
            let view = correction_form(post, form.client_id, form.body, error);
            Ok((StatusCode::UNPROCESSABLE_ENTITY, views::correction_page(&view, &me.ctx(asked)))
                .into_response())
        }
        Err(other) => Err(other),
    }
}

pub(super) async fn ask_withdrawal(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(id): Path<Uuid>,
) -> Result<Response> {
    let mut tx = app.db.acting(&who).await?;
    let me = Me::load(&mut tx).await?;
    let (post, _) = own(&app, &mut tx, &who, &me, id).await?;
    tx.commit().await?;
    let have_read = post.read_by.count;
    let view =
        WithdrawalForm { post, client_id: Uuid::new_v4(), reason: String::new(), error: None, have_read };
    Ok(views::withdrawal_page(&view, &me.ctx(asked)).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WithdrawForm {
    client_id: Uuid,
    reason: String,
}

pub(super) async fn withdraw(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(id): Path<Uuid>,
    Form(form): Form<WithdrawForm>,
) -> Result<Response> {
    let mut tx = app.db.acting(&who).await?;
    let me = Me::load(&mut tx).await?;
    let of = store::target(&mut tx, id).await?;
    match input::text("reason", &form.reason, MAX_REASON) {
        Ok(reason) => {
            tx.commit().await?;
            acts::withdraw(&app, &who, id, form.client_id, reason).await?;
            Ok(Redirect::to(&urls::sent_post(of.group, id, form.client_id)).into_response())
        }
        Err(field) => {
            let (post, _) = own(&app, &mut tx, &who, &me, id).await?;
            tx.commit().await?;
            let have_read = post.read_by.count;
            let view = WithdrawalForm {
                post,
                client_id: form.client_id,
                reason: form.reason,
                error: Some(field.message.to_string()),
                have_read,
            };
            Ok((StatusCode::UNPROCESSABLE_ENTITY, views::withdrawal_page(&view, &me.ctx(asked)))
                .into_response())
        }
    }
}
