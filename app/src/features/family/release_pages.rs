//! Letting a single post of the team through to the family, after a look at what they would read.

use axum::{
    Router,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

use super::{
    release_views::{ReleaseView, release_page},
    team::{self, Release, SOURCE_CHANGED},
    team_pages::back,
};
use crate::{
    Error, Result,
    app::Shared,
    auth::Actor,
    features::{
        groups::refusals,
        posts::{
            model::{MAX_BODY, Timeline},
            read as read_posts,
        },
    },
    web::{
        forms::Errors,
        input::{self, Form},
        viewer::{Asked, Me},
    },
};

/// Members of the group.
pub fn routes() -> Router<Shared> {
    Router::new().route("/posts/{post}/release", get(ask_release).post(release))
}

async fn ask_release(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(post): Path<Uuid>,
) -> Result<Response> {
    let shown = release_view(&app, &who, post, None).await;
    let (view, me) = refusals::noted(&app, &who, "viewed_post", None, Some(post), shown).await?;
    Ok(release_page(&view, &me.ctx(asked)).into_response())
}

/// `typed`: the client's id, what was typed, and what is wrong with it. A post that was withdrawn is shown for the sake of these words alone.
async fn release_view(
    app: &Shared,
    who: &Actor,
    post: Uuid,
    typed: Option<(Uuid, String, Errors)>,
) -> Result<(ReleaseView, Me)> {
    let source = read_posts::one(app, who, post, false).await?;
    if source.timeline != Timeline::Team || (source.body.is_none() && typed.is_none()) {
        return Err(Error::NotFound);
    }
    let mut tx = app.db.acting(who).await?;
    let me = Me::load(&mut tx).await?;
    if app.keys.group_streams(&mut tx, source.group_id).await?.patient_id.is_none() {
        return Err(Error::NotFound);
    }
    let room = crate::features::groups::read::room(&mut tx, app, source.group_id).await?;
    let relatives = team::relatives(app, &mut tx, source.group_id).await?;
    let released = team::releases(&mut tx, source.group_id, Some(post)).await?;
    tx.commit().await?;
    let (client_id, words, errors) =
        typed.unwrap_or_else(|| (Uuid::new_v4(), source.body.clone().unwrap_or_default(), Errors::none()));
    let view = ReleaseView {
        room,
        group_id: source.group_id,
        post,
        author: source.author.name,
        body: source.body,
        corrected_by: source.corrected_by,
        at: source.created_at,
        relatives,
        released,
        client_id,
        words,
        errors,
        now: Timestamp::now(),
    };
    Ok((view, me))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReleaseForm {
    client_id: Uuid,
    words: String,
}

async fn release(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(post): Path<Uuid>,
    Form(form): Form<ReleaseForm>,
) -> Result<Response> {
    let again = async |post: Uuid, words: String, errors: Errors, status: StatusCode| {
        let (view, me) = release_view(&app, &who, post, Some((form.client_id, words, errors))).await?;
        Ok::<_, Error>((status, release_page(&view, &me.ctx(asked))).into_response())
    };
    let body = match input::text("words", &form.words, MAX_BODY) {
        Ok(body) => body,
        Err(problem) => {
            let errors = std::iter::once(problem).collect();
            return again(post, form.words, errors, StatusCode::UNPROCESSABLE_ENTITY).await;
        }
    };
    let released = async {
        let group = read_posts::one(&app, &who, post, false).await?.group_id;
        team::release(&app, &who, Release { source: post, group, client_id: form.client_id, body }).await?;
        Ok(group)
    };
    let released = refusals::noted(&app, &who, "released_to_family", None, Some(post), released.await).await;
    match released {
        Ok(group) => Ok(back(group, "released")),
        Err(Error::Conflict(reason)) if reason == SOURCE_CHANGED => {
            again(post, form.words, Errors::none(), StatusCode::CONFLICT).await
        }
        Err(other) => Err(other),
    }
}
