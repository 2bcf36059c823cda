//! The space as it is at the beginning, and after something was tried.

use axum::{
    Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};

use super::{
    model::{self, Deed, MAX_DEEDS},
    views::{self, PracticeView},
};
use crate::words::t;
use crate::{
    Error, Result,
    app::Shared,
    auth::Actor,
    web::{
        input::{Fields, Form},
        urls,
        viewer::{Asked, Me},
    },
};

/// Any signed-in person, each in a space of her own. Nothing is written, so there is nothing to note.
pub fn routes() -> Router<Shared> {
    Router::new().route(urls::practice(), get(begin).post(act))
}

async fn begin(State(app): State<Shared>, who: Actor, asked: Asked) -> Result<Response> {
    page(&app, &who, asked, PracticeView::default()).await
}

async fn act(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response> {
    let fields = Fields::only(pairs, &["so_far", "act", "post", "body"])?;
    let unreadable = || Error::BadRequest("unreadable_form".into());
    let so_far: Vec<Deed> = serde_json::from_str(fields.one("so_far")).map_err(|_| unreadable())?;
    model::posts(&so_far).ok_or_else(unreadable)?;
    let body = fields.one("body").to_owned();
    let post = || fields.one("post").parse::<usize>().map_err(|_| unreadable());
    let deed = match fields.one("act") {
        "post" => Deed::Post { body: body.clone() },
        "acknowledge" => Deed::Acknowledge { post: post()? },
        "correct" => Deed::Correct { post: post()?, body: body.clone() },
        "withdraw" => Deed::Withdraw { post: post()? },
        _ => return Err(unreadable()),
    };
    let mut deeds = so_far.clone();
    deeds.push(deed);
    let view = match model::posts(&deeds) {
        Some(_) => PracticeView { deeds, typed: String::new(), error: None },
        None => PracticeView { error: Some(refusal(&deeds, &body)), deeds: so_far, typed: body },
    };
    page(&app, &who, asked, view).await
}

fn refusal(deeds: &[Deed], body: &str) -> &'static str {
    let writes = matches!(deeds.last(), Some(Deed::Post { .. } | Deed::Correct { .. }));
    match (deeds.len() > MAX_DEEDS, writes && model::fit(body).is_none()) {
        (true, _) => t("たくさん練習しました。「はじめからやり直す」を押してください。"),
        (false, true) => t("文を入れてください。1000字まで書けます。"),
        (false, false) => t("この投稿には、その操作はもうできません。"),
    }
}

async fn page(app: &Shared, who: &Actor, asked: Asked, view: PracticeView) -> Result<Response> {
    let mut tx = app.db.acting(who).await?;
    let me = Me::load(&mut tx).await?;
    tx.commit().await?;
    let status = if view.error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok((status, views::practice_page(&view, &me.ctx(asked))).into_response())
}
