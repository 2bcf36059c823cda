//! The pages of opening a free group and of calling it otherwise.

use axum::{
    Router,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use record::GroupTitle;
use serde::Deserialize;
use uuid::Uuid;

use super::{
    acts, model,
    pages::{self, Opened},
    read, refusals,
    title_views::{TitleView, title_page},
    views::GroupKind,
};
use crate::{
    Error, FieldError, Result,
    app::Shared,
    auth::Actor,
    db::Tx,
    web::{
        forms::{self, Errors},
        input::Form,
        urls,
        viewer::{Asked, Me},
    },
};

/// Any staff opens one; whoever keeps it changes its name.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route(urls::free_groups(), axum::routing::post(open))
        .route(urls::new_free_group(), get(ask_to_open))
        .route("/groups/{group}/title", get(ask).post(retitle))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TitleForm {
    client_id: Uuid,
    title: String,
    #[serde(default)]
    purpose: String,
}

impl TitleForm {
    fn view(
        self,
        group: Option<(Uuid, crate::features::face_sheets::room::Room)>,
        problems: Vec<FieldError>,
    ) -> TitleView {
        let errors = pages::errors(problems, &[]);
        let Self { client_id, title, purpose } = self;
        TitleView { group, client_id, version: None, title, purpose, errors }
    }
}

/// The page holds nothing of a patient, so opening it leaves no event.
async fn ask_to_open(State(app): State<Shared>, who: Actor, asked: Asked) -> Result<Response> {
    let mut tx = app.db.acting(&who).await?;
    let me = Me::load(&mut tx).await?;
    tx.commit().await?;
    let form = TitleForm { client_id: Uuid::now_v7(), title: String::new(), purpose: String::new() };
    Ok(title_page(&form.view(None, Vec::new()), &me.ctx(asked)).into_response())
}

async fn open(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Form(form): Form<TitleForm>,
) -> Result<Response> {
    let titled = match model::title(&form.title, Some(&form.purpose)) {
        Ok(titled) => titled,
        Err(problems) => {
            let mut tx = app.db.acting(&who).await?;
            let me = Me::load(&mut tx).await?;
            tx.commit().await?;
            let page = title_page(&form.view(None, problems), &me.ctx(asked));
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
        }
    };
    let (group, _) = acts::open_free(&app, &who, form.client_id, &titled).await?;
    let page = format!("{}?done=opened", urls::group_members(group));
    Ok(Redirect::to(&urls::sent(&page, form.client_id)).into_response())
}

async fn ask(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(group): Path<Uuid>,
) -> Result<Response> {
    let Opened { mut tx, me, room, .. } = kept_free(&app, &who, group).await?;
    let now = titled_now(&app, &mut tx, group).await?;
    tx.commit().await?;
    let view = TitleView {
        group: Some((group, room)),
        client_id: Uuid::now_v7(),
        version: Some(version(&now)),
        title: now.title,
        purpose: now.purpose.unwrap_or_default(),
        errors: Errors::none(),
    };
    Ok(title_page(&view, &me.ctx(asked)).into_response())
}

async fn titled_now(app: &Shared, tx: &mut Tx, group: Uuid) -> Result<GroupTitle> {
    Ok(read::titles_of(tx, app, group).await?.into_iter().next().ok_or(Error::NotFound)?.titled)
}

fn version(now: &GroupTitle) -> String {
    forms::version_of(&[&now.title, now.purpose.as_deref().unwrap_or_default()])
}

async fn kept_free(app: &Shared, who: &Actor, group: Uuid) -> Result<Opened> {
    let opened = pages::kept(app, who, group).await?;
    if opened.room.kind == GroupKind::Free {
        Ok(opened)
    } else {
        Err(Error::Conflict("not_a_free_group".into()))
    }
}

async fn retitle(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(group): Path<Uuid>,
    Form(form): Form<TitleForm>,
) -> Result<Response> {
    let titled = match model::title(&form.title, Some(&form.purpose)) {
        Ok(titled) => titled,
        Err(problems) => {
            let Opened { mut tx, me, room, .. } = kept_free(&app, &who, group).await?;
            let now = titled_now(&app, &mut tx, group).await?;
            tx.commit().await?;
            let view = form.view(Some((group, room)), problems);
            let page = title_page(&TitleView { version: Some(version(&now)), ..view }, &me.ctx(asked));
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
        }
    };
    let client_id = form.client_id;
    let done = acts::retitle(&app, &who, group, client_id, titled).await;
    refusals::noted(&app, &who, "member_titled", Some(group), None, done).await?;
    let page = format!("{}?done=titled", urls::group_members(group));
    Ok(Redirect::to(&urls::sent(&page, client_id)).into_response())
}
