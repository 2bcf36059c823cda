//! メニュー → アクセストークン.

use axum::{
    Router,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use uuid::Uuid;

use super::{
    acts,
    model::{self, Scope},
    views::{TokensView, Typed, tokens_page},
};
use crate::words::t;
use crate::{
    Error, Result,
    app::Shared,
    auth::Actor,
    web::{
        forms::Errors,
        input::{Done, Fields, Form},
        urls,
        viewer::{Asked, Me},
    },
};

/// Any signed-in person, for the own tokens.
pub fn routes() -> Router<Shared> {
    Router::new().route(urls::my_tokens(), get(show).post(make)).route("/menu/tokens/{token}/end", post(end))
}

async fn show(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Query(done): Query<Done>,
) -> Result<Response> {
    let ended = done.done.as_deref() == Some("ended");
    let typed = Typed::fresh();
    Ok(page(&app, &who, asked, typed, Errors::none(), None, ended).await?.into_response())
}

async fn page(
    app: &Shared,
    who: &Actor,
    asked: Asked,
    typed: Typed,
    errors: Errors,
    made: Option<String>,
    ended: bool,
) -> Result<maud::Markup> {
    let mut tx = app.db.acting(who).await?;
    let me = Me::load(&mut tx).await?;
    let tokens = acts::mine(&mut tx).await?;
    let allowed = acts::allowed(&mut tx).await?;
    tx.commit().await?;
    let done = ended.then_some(t("使えなくしました。このトークンでは、もう何もできません。"));
    let view = TokensView {
        facility: me.facility.clone(),
        tokens,
        allowed,
        made,
        typed,
        errors,
        done,
        now: jiff::Timestamp::now(),
    };
    Ok(tokens_page(&view, &me.ctx(asked)))
}

async fn make(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response> {
    let fields = Fields::only(pairs, &["client_id", "name", "scope", "days"])?;
    let id: Uuid =
        fields.one("client_id").parse().map_err(|_| Error::BadRequest("unreadable_form".into()))?;
    let typed = Typed {
        id,
        name: fields.one("name").to_owned(),
        scope: fields.one("scope").to_owned(),
        days: fields.one("days").to_owned(),
    };
    let days = typed.days.trim().parse().ok();
    let new = match model::parse(id, &typed.name, Scope::from_code(&typed.scope), days) {
        Ok(new) => new,
        Err(problems) => {
            let errors = problems.into_iter().collect();
            let markup = page(&app, &who, asked, typed, errors, None, false).await?;
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, markup).into_response());
        }
    };
    match acts::make(&app, &who, &new).await? {
        made @ Some(_) => {
            Ok(page(&app, &who, asked, Typed::fresh(), Errors::none(), made, false).await?.into_response())
        }
        // Sent again by a reload: it stands in the list.
        None => Ok(Redirect::to(urls::my_tokens()).into_response()),
    }
}

async fn end(State(app): State<Shared>, who: Actor, Path(token): Path<Uuid>) -> Result<Redirect> {
    acts::end(&app, &who, token).await?;
    Ok(Redirect::to(&format!("{}?done=ended", urls::my_tokens())))
}
