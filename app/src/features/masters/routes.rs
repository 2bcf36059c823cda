//! The lists at the console.

use axum::{
    Router,
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::get,
};

use super::{
    acts::{self, List, Typed},
    views::{MastersView, masters_page},
};
use crate::words::t;
use crate::{
    Error, Result,
    app::Shared,
    auth::Operator,
    features::operators,
    web::{
        forms::Errors,
        input::{Done, Form},
        urls,
        viewer::Asked,
    },
};

/// Operators.
pub fn routes() -> Router<Shared> {
    Router::new().route(urls::operator_masters(), get(show).post(save))
}

async fn show(
    State(app): State<Shared>,
    who: Operator,
    Asked(ctx): Asked,
    Query(query): Query<Done>,
) -> Result<Response> {
    let view = view(&app, &who).await?;
    let done = query.done.map(|_| t("保存しました。書かれた記録は変わりません。"));
    Ok(masters_page(&MastersView { done, ..view }, &ctx).into_response())
}

async fn view(app: &Shared, who: &Operator) -> Result<MastersView> {
    let mut tx = app.db.operating(who).await?;
    let name = operators::acts::name(&mut tx).await?;
    let words = acts::all(&mut tx).await?;
    tx.commit().await?;
    Ok(MastersView { name, words, typed: None, errors: Errors::none(), done: None })
}

async fn save(
    State(app): State<Shared>,
    who: Operator,
    Asked(ctx): Asked,
    Form(typed): Form<Typed>,
) -> Result<Response> {
    List::from_code(&typed.list).ok_or_else(|| Error::BadRequest("unreadable_form".into()))?;
    let (status, errors) = match typed.checked() {
        Err(problems) => (StatusCode::UNPROCESSABLE_ENTITY, problems.into_iter().collect()),
        Ok(word) => {
            let mut tx = app.db.operating(&who).await?;
            match acts::save(&mut tx, &word, typed.new.is_some()).await {
                Ok(()) => {
                    tx.commit().await?;
                    return Ok(
                        Redirect::to(&format!("{}?done=saved", urls::operator_masters())).into_response()
                    );
                }
                Err(Error::Conflict(_)) => {
                    (StatusCode::CONFLICT, Errors::one("code", t("このコードは、もう使われています。")))
                }
                Err(other) => return Err(other),
            }
        }
    };
    let view = view(&app, &who).await?;
    Ok((status, masters_page(&MastersView { typed: Some(typed), errors, ..view }, &ctx)).into_response())
}
