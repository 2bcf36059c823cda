//! Letting a single post of the team through to the family, after a look at what they would read.

use axum::{
    Router,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use jiff::Timestamp;
use uuid::Uuid;

use super::{
    release::{self, Release, SOURCE_CHANGED},
    release_views::{ReleaseView, release_page},
    team,
};
use crate::{
    Error, Result,
    app::Shared,
    auth::Actor,
    features::{
        files::offered,
        groups::refusals,
        posts::{model::Timeline, read as read_posts},
    },
    web::{
        forms::Errors,
        input::{Fields, Form},
        urls,
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

/// What was typed and chosen, and what is wrong with it.
struct Again {
    client_id: Uuid,
    words: String,
    chosen: Vec<Uuid>,
    errors: Errors,
}

/// A post that was withdrawn is shown for the sake of what was typed alone.
async fn release_view(
    app: &Shared,
    who: &Actor,
    post: Uuid,
    typed: Option<Again>,
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
    let released = release::releases(&mut tx, source.group_id, Some(post)).await?;
    let files = match &source.body {
        Some(_) => offered::of_post(app, &mut tx, post).await?,
        None => Vec::new(),
    };
    tx.commit().await?;
    let came_back = typed.is_some();
    // Nothing is chosen until somebody has looked at it.
    let typed = typed.unwrap_or_else(|| Again {
        client_id: Uuid::new_v4(),
        words: source.body.clone().unwrap_or_default(),
        chosen: Vec::new(),
        errors: Errors::none(),
    });
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
        files,
        client_id: typed.client_id,
        came_back,
        words: typed.words,
        chosen: typed.chosen,
        errors: typed.errors,
        now: Timestamp::now(),
    };
    Ok((view, me))
}

async fn release(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(post): Path<Uuid>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response> {
    let fields = Fields::only(pairs, &["client_id", "words", "id"])?;
    let client_id =
        fields.one("client_id").parse().map_err(|_| Error::BadRequest("unreadable_form".into()))?;
    let (words, chosen) = (fields.one("words").to_owned(), fields.ids("id")?);
    let released = async {
        let group = read_posts::one(&app, &who, post, false).await?.group_id;
        let new = Release::checked("words", post, group, client_id, &words, chosen.clone())?;
        release::release(&app, &who, new).await.map(|_| group)
    };
    let released = refusals::noted(&app, &who, "released_to_family", None, Some(post), released.await).await;
    let (errors, status) = match released {
        Ok(group) => {
            let page = format!("{}?done=released", urls::group_family(group));
            return Ok(Redirect::to(&urls::sent(&page, client_id)).into_response());
        }
        Err(Error::Invalid(problems)) => (problems.into_iter().collect(), StatusCode::UNPROCESSABLE_ENTITY),
        Err(Error::Conflict(reason)) if reason == SOURCE_CHANGED => (Errors::none(), StatusCode::CONFLICT),
        Err(other) => return Err(other),
    };
    let again = Again { client_id, words, chosen, errors };
    let (view, me) = release_view(&app, &who, post, Some(again)).await?;
    Ok((status, release_page(&view, &me.ctx(asked))).into_response())
}
