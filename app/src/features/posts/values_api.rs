//! `/api/v1/posts/{id}/observations`: the values in the text of a post, and what was made of them. Under the post on the page stands the same.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use super::{
    model::Post,
    present::{self, Looker},
    read, rules,
    store::{self, Target},
};
use crate::{
    Error, Result,
    app::{App, Shared},
    audit,
    auth::Actor,
    db::Tx,
    features::{
        groups::refusals,
        vitals::{
            of_post::{PostValues, TakeBody},
            read::VIEWED,
            strip::{self, Candidate},
        },
    },
    web::{input::Strict, problem::Problem, viewer::Acting},
};

/// Members of the post's group (404 else); what is in the text is offered to its author alone.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(show, take))
}

/// Which values stand in the text, for its author, and which of them were recorded, for everybody who reads the post. Nothing of either in a
/// group without a patient.
#[utoipa::path(get, path = "/api/v1/posts/{id}/observations", tag = "vitals", params(("id" = Uuid, Path)),
    responses((status = 200, body = PostValues), (status = 404, body = Problem)))]
async fn show(State(app): State<Shared>, who: Actor, Path(id): Path<Uuid>) -> Result<Json<PostValues>> {
    let shown = async {
        let mut tx = app.db.acting(&who).await?;
        let (of, looker, post) = read_one(&app, &mut tx, id).await?;
        let values = values(&app, &mut tx, &post, looker).await?;
        audit::viewed(&mut tx, VIEWED, Some(of.group), None, Some(id)).await?;
        tx.commit().await?;
        Ok(Json(values))
    };
    refusals::noted(&app, &who, VIEWED, None, Some(id), shown.await).await
}

/// Makes data of values in an own post. A value of a post is recorded once, whoever asks for it and how often: what stands already answers
/// 200. 412: the text is read otherwise than `seen` says. 409: the post is corrected or withdrawn, or the group archived.
#[utoipa::path(post, path = "/api/v1/posts/{id}/observations", tag = "vitals", params(("id" = Uuid, Path)), request_body = TakeBody,
    responses((status = 201, body = PostValues), (status = 200, body = PostValues, description = "recorded before"), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 412, body = Problem), (status = 422, body = Problem)))]
async fn take(
    State(app): State<Shared>,
    who: Actor,
    Path(id): Path<Uuid>,
    Strict(body): Strict<TakeBody>,
) -> Result<(StatusCode, Json<PostValues>)> {
    let mine = async {
        let mut tx = app.db.acting(&who).await?;
        let (of, looker, post) = read_one(&app, &mut tx, id).await?;
        tx.commit().await?;
        if !rules::may_change(of.author_id, looker.account) {
            return Err(Error::Forbidden("the_author_only".into()));
        }
        if !stands(&post) || !looker.open {
            return Err(Error::Conflict("withdrawn_or_corrected_already".into()));
        }
        // A system outside wrote it in her name, and she has not seen it yet.
        if post.proxy.as_ref().is_some_and(|p| p.confirmed_at.is_none()) {
            return Err(Error::Conflict("not_confirmed_yet".into()));
        }
        Ok((of, post))
    };
    let (of, post) = refusals::noted(&app, &who, "recorded_vitals", None, Some(id), mine.await).await?;
    let text = post.body.as_deref().unwrap_or_default();
    let candidate = Candidate { post: id, body: text, at: post.created_at, own: true };
    let written = strip::confirm(&app, &who, of.group, candidate, body.into()).await?;
    let mut tx = app.db.acting(&who).await?;
    let (_, looker, post) = read_one(&app, &mut tx, id).await?;
    let values = values(&app, &mut tx, &post, looker).await?;
    tx.commit().await?;
    let created = written.iter().any(|w| w.created);
    Ok((if created { StatusCode::CREATED } else { StatusCode::OK }, Json(values)))
}

/// A post of a team's timeline, with who reads it. The family's texts are never read for values.
async fn read_one(app: &App, tx: &mut Tx, id: Uuid) -> Result<(Target, Looker, Post)> {
    let of = store::target(tx, id).await?;
    if of.family {
        return Err(Error::NotFound);
    }
    let me = Acting::load(tx).await?.account_id;
    let (looker, _) = present::looker(app, tx, of.group, me).await?;
    let post = read::some(app, tx, &[id], false).await?.pop().ok_or(Error::NotFound)?;
    Ok((of, looker, post))
}

async fn values(app: &App, tx: &mut Tx, post: &Post, looker: Looker) -> Result<PostValues> {
    let Some(patient) = app.keys.group_streams(tx, looker.group).await?.patient_id else {
        return Ok(PostValues::default());
    };
    let own = looker.open && stands(post) && rules::may_change(post.author.id, looker.account);
    let body = post.body.as_deref().unwrap_or_default();
    let candidate = Candidate { post: post.id, body, at: post.created_at, own };
    let mut strips = strip::strips(app, tx, (looker.group, patient), &[candidate]).await?;
    Ok(strips.remove(&post.id).into())
}

fn stands(post: &Post) -> bool {
    post.withdrawn.is_none() && post.corrected_by.is_none() && post.quarantined.is_none()
}
