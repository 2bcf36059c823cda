//! The operator writes, corrects and withdraws.

use axum::{
    Router,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use jiff::Timestamp;
use uuid::Uuid;

use super::{
    acts,
    model::{Draft, FIELDS},
    operator_views::{Desk, FormView, OneView, Typed, list_page, new_page, one_page},
};
use crate::words::t;
use crate::{
    Error, Result,
    app::Shared,
    auth::Operator,
    db::Tx,
    features::{facilities::known, operators, regions},
    web::{
        forms::Errors,
        input::{Done, Fields, Form},
        urls,
        viewer::Asked,
    },
};

/// Operators.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route(urls::operator_announcements(), get(list).post(announce))
        .route(urls::operator_new_announcement(), get(write))
        .route("/operator/announcements/{announcement}", get(show).post(correct))
        .route("/operator/announcements/{announcement}/withdrawal", post(withdraw))
}

/// The frame's name and what the form offers.
async fn desk(tx: &mut Tx) -> Result<Desk> {
    let facilities = known::all(tx).await?;
    Ok(Desk {
        name: operators::acts::name(tx).await?,
        kinds: known::kinds(&facilities),
        facilities: known::choices(&facilities),
        regions: regions::acts::choices(&regions::acts::all(tx).await?),
    })
}

async fn list(State(app): State<Shared>, who: Operator, Asked(ctx): Asked) -> Result<Response> {
    let mut tx = app.db.operating(&who).await?;
    let name = operators::acts::name(&mut tx).await?;
    let all = acts::all(&mut tx, None).await?;
    tx.commit().await?;
    Ok(list_page(&name, &all, Timestamp::now(), &ctx).into_response())
}

async fn write(State(app): State<Shared>, who: Operator, Asked(ctx): Asked) -> Result<Response> {
    let mut tx = app.db.operating(&who).await?;
    let desk = desk(&mut tx).await?;
    tx.commit().await?;
    let view = FormView { desk, id: Uuid::now_v7(), seen: 0, typed: Typed::fresh(), errors: Errors::none() };
    Ok(new_page(&view, &ctx).into_response())
}

type Pairs = Form<Vec<(String, String)>>;

/// A second click on the same form finds the first one's announcement; with another text it is a conflict, and the text stays.
async fn announce(
    State(app): State<Shared>,
    who: Operator,
    Asked(ctx): Asked,
    Form(pairs): Pairs,
) -> Result<Response> {
    let fields = Fields::only(pairs, FIELDS)?;
    let id = *fields.ids("id")?.first().ok_or(Error::BadRequest("unreadable_form".into()))?;
    let mut tx = app.db.operating(&who).await?;
    let (status, id, errors) = match Draft::parse(&fields, Timestamp::now()) {
        Err(problems) => (StatusCode::UNPROCESSABLE_ENTITY, id, problems.into_iter().collect()),
        Ok(draft) => match acts::save(&mut tx, id, 0, &draft, false).await {
            Ok(_) => {
                tx.commit().await?;
                return Ok(announced(id));
            }
            Err(Error::Stale) => {
                drop(tx);
                tx = app.db.operating(&who).await?;
                let versions = acts::versions(&mut tx, id).await?;
                let now = fields.one("from").is_empty();
                if versions.last().is_some_and(|first| draft.is_told_by(first, now)) {
                    return Ok(announced(id));
                }
                (StatusCode::CONFLICT, Uuid::now_v7(), Errors::one("title", t(SENT_ALREADY)))
            }
            Err(other) => return Err(other),
        },
    };
    let desk = desk(&mut tx).await?;
    tx.commit().await?;
    let view = FormView { desk, id, seen: 0, typed: Typed::of(&fields), errors };
    Ok((status, new_page(&view, &ctx)).into_response())
}

fn announced(id: Uuid) -> Response {
    Redirect::to(&format!("{}?done=announced", urls::operator_announcement(id))).into_response()
}

/// The page behind it names a new announcement: sent again, nothing stands in its way.
const SENT_ALREADY: &str = "このページからは、別の内容のお知らせを前に出しています。この内容はまだ出していません。これも出すときは、もう一度「知らせる」を押してください。";

async fn show(
    State(app): State<Shared>,
    who: Operator,
    Asked(ctx): Asked,
    Path(id): Path<Uuid>,
    Query(query): Query<Done>,
) -> Result<Response> {
    let mut tx = app.db.operating(&who).await?;
    let mut view = one(&mut tx, id, None).await?;
    tx.commit().await?;
    view.done = match query.done.as_deref() {
        Some("announced") => Some(t("知らせました。")),
        Some("corrected") => Some(t("訂正しました。読んだ人にも、もう一度出ます。")),
        Some("withdrawn") => Some(t("取り下げました。")),
        _ => None,
    };
    Ok(one_page(&view, &ctx).into_response())
}

/// The page, with what was typed where a correction could not be taken.
async fn one(tx: &mut Tx, id: Uuid, refused: Option<(&Fields, Errors)>) -> Result<OneView> {
    let versions = acts::versions(tx, id).await?;
    let newest = versions.first().ok_or(Error::NotFound)?;
    let (typed, errors) = match refused {
        Some((fields, errors)) => (Typed::of(fields), errors),
        None => (Typed::standing(newest), Errors::none()),
    };
    let form = FormView { desk: desk(tx).await?, id, seen: newest.version, typed, errors };
    let reads = acts::reads(tx, id).await?;
    Ok(OneView { form, versions, reads, done: None, now: Timestamp::now() })
}

async fn correct(
    State(app): State<Shared>,
    who: Operator,
    Asked(ctx): Asked,
    Path(id): Path<Uuid>,
    Form(pairs): Pairs,
) -> Result<Response> {
    let fields = Fields::only(pairs, FIELDS)?;
    let seen = fields.one("seen").parse().map_err(|_| Error::BadRequest("unreadable_form".into()))?;
    let mut tx = app.db.operating(&who).await?;
    let problems = match Draft::parse(&fields, Timestamp::now()) {
        Ok(draft) => {
            acts::save(&mut tx, id, seen, &draft, false).await?;
            tx.commit().await?;
            let to = format!("{}?done=corrected", urls::operator_announcement(id));
            return Ok(Redirect::to(&to).into_response());
        }
        Err(problems) => problems,
    };
    let view = one(&mut tx, id, Some((&fields, problems.into_iter().collect()))).await?;
    tx.commit().await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, one_page(&view, &ctx)).into_response())
}

async fn withdraw(State(app): State<Shared>, who: Operator, Path(id): Path<Uuid>) -> Result<Redirect> {
    let mut tx = app.db.operating(&who).await?;
    let versions = acts::versions(&mut tx, id).await?;
    let newest = versions.first().filter(|v| !v.withdrawn);
    if let Some(newest) = newest {
        acts::withdraw(&mut tx, newest).await?;
    }
    tx.commit().await?;
    Ok(Redirect::to(&format!("{}?done=withdrawn", urls::operator_announcement(id))))
}
