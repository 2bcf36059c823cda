//! One tap: the values in an own post become data.

use axum::{
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
};
use uuid::Uuid;

use super::change::own;
use crate::{
    Error, Result,
    app::Shared,
    auth::Actor,
    features::{
        groups,
        vitals::strip::{self, Candidate, Confirmed},
    },
    web::{input::Form, urls, viewer::Me},
};

pub(super) async fn confirm(
    State(app): State<Shared>,
    who: Actor,
    Path(id): Path<Uuid>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response> {
    let confirmed = Confirmed::parse(pairs)?;
    let mine = async {
        let mut tx = app.db.acting(&who).await?;
        let me = Me::load(&mut tx).await?;
        let mine = own(&app, &mut tx, &who, &me, id).await?;
        tx.commit().await?;
        Ok(mine)
    };
    let mine = groups::refusals::noted(&app, &who, "recorded_vitals", None, Some(id), mine.await).await;
    let (post, of) = mine?;
    if of.family {
        return Err(Error::NotFound);
    }
    let candidate = Candidate { post: id, body: &post.body, at: post.at, own: true };
    strip::confirm(&app, &who, of.group, candidate, confirmed).await?;
    Ok(Redirect::to(&urls::post_in_group(of.group, id)).into_response())
}
