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
    team::{self, Release},
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

/// `typed`: the client's id, what was typed, and what is wrong with it.
async fn release_view(
    app: &Shared,
    who: &Actor,
    post: Uuid,
    typed: Option<(Uuid, String, Errors)>,
) -> Result<(ReleaseView, Me)> {
    let source = read_posts::one(app, who, post, false).await?;
    let (Some(body), Timeline::Team) = (source.body.clone(), source.timeline) else {
        return Err(Error::NotFound);
    };
    let mut tx = app.db.acting(who).await?;
    let me = Me::load(&mut tx).await?;
    if app.keys.group_streams(&mut tx, source.group_id).await?.patient_id.is_none() {
        return Err(Error::NotFound);
    }
    let room = crate::features::groups::read::room(&mut tx, app, source.group_id).await?;
    let relatives = team::relatives(app, &mut tx, source.group_id).await?;
    let released = team::releases(&mut tx, source.group_id, Some(post)).await?;
    tx.commit().await?;
    let (client_id, words, errors) = typed.unwrap_or_else(|| (Uuid::new_v4(), body.clone(), Errors::none()));
    let view = ReleaseView {
        room,
        group_id: source.group_id,
        post,
        author: source.author.name,
        body,
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
    let body = match input::text("words", &form.words, MAX_BODY) {
        Ok(body) => body,
        Err(problem) => {
            let typed = (form.client_id, form.words, std::iter::once(problem).collect());
            let (view, me) = release_view(&app, &who, post, Some(typed)).await?;
            return Ok(
                (StatusCode::UNPROCESSABLE_ENTITY, release_page(&view, &me.ctx(asked))).into_response()
            );
        }
    };
    let released = async {
        let group = read_posts::one(&app, &who, post, false).await?.group_id;
        team::release(&app, &who, Release { source: post, group, client_id: form.client_id, body }).await?;
        Ok(group)
    };
    let group = refusals::noted(&app, &who, "released_to_family", None, Some(post), released.await).await?;
    Ok(back(group, "released"))
}
