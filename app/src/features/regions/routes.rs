//! The regions at the console.

use axum::{
    Router,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use serde::Deserialize;
use uuid::Uuid;

use super::{
    acts,
    views::{ListView, OneView, Typed, list_page, one_page},
};
use crate::words::t;
use crate::{
    Error, FieldError, Result,
    app::Shared,
    auth::Operator,
    db::Tx,
    features::{facilities::known, operators},
    web::{
        forms::Errors,
        input::{self, Done, Form},
        ui::Ctx,
        urls,
        viewer::Asked,
    },
};

/// Operators.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route(urls::operator_regions(), get(list).post(add))
        .route("/operator/regions/{region}", get(show).post(rename))
        .route("/operator/regions/{region}/facilities", post(place))
}

/// A name and how it is read. `id` and `seen` are the page's.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct NameForm {
    id: Uuid,
    seen: i32,
    name: String,
    kana: String,
}

impl NameForm {
    fn checked(&self) -> Result<(String, String), Vec<FieldError>> {
        match (input::line("name", &self.name, 120), input::line("kana", &self.kana, 240)) {
            (Ok(name), Ok(kana)) => Ok((name, kana)),
            (name, kana) => Err([name.err(), kana.err()].into_iter().flatten().collect()),
        }
    }

    fn typed(&self, id: Uuid) -> Typed {
        Typed { id, name: self.name.clone(), kana: self.kana.clone() }
    }
}

async fn list_view(tx: &mut Tx, typed: Typed, errors: Errors) -> Result<ListView> {
    let facilities = known::all(tx).await?;
    Ok(ListView {
        name: operators::acts::name(tx).await?,
        regions: acts::all(tx).await?,
        nowhere: facilities.iter().filter(|f| f.region.is_none()).count(),
        typed,
        errors,
    })
}

async fn list(State(app): State<Shared>, who: Operator, Asked(ctx): Asked) -> Result<Response> {
    let mut tx = app.db.operating(&who).await?;
    let view = list_view(&mut tx, Typed::fresh(), Errors::none()).await?;
    tx.commit().await?;
    Ok(list_page(&view, &ctx).into_response())
}

/// What was typed is kept. A page that has been used already names another region from now on.
async fn add(
    State(app): State<Shared>,
    who: Operator,
    Asked(ctx): Asked,
    Form(form): Form<NameForm>,
) -> Result<Response> {
    let (status, id, errors) = match form.checked() {
        Err(problems) => (StatusCode::UNPROCESSABLE_ENTITY, form.id, problems.into_iter().collect()),
        Ok((name, kana)) => match save(&app, &who, form.id, 0, &name, &kana).await? {
            None => return Ok(to(form.id, "added")),
            Some(errors) => (StatusCode::CONFLICT, Uuid::now_v7(), errors),
        },
    };
    let mut tx = app.db.operating(&who).await?;
    let view = list_view(&mut tx, form.typed(id), errors).await?;
    tx.commit().await?;
    Ok((status, list_page(&view, &ctx)).into_response())
}

/// What a person can mend comes back as a problem of the form.
async fn save(
    app: &Shared,
    who: &Operator,
    id: Uuid,
    seen: i32,
    name: &str,
    kana: &str,
) -> Result<Option<Errors>> {
    let mut tx = app.db.operating(who).await?;
    let problem = match acts::save(&mut tx, id, seen, name, kana).await {
        Ok(()) => {
            tx.commit().await?;
            return Ok(None);
        }
        Err(Error::Conflict(reason)) if reason == "name_taken" => t("同じ名前の地域が、もうあります。"),
        Err(Error::Conflict(_)) => {
            t("このページからは、別の地域を前に加えています。これも加えるときは、もう一度押してください。")
        }
        Err(Error::Stale) => {
            t("ほかの運営者が先に名前を変えました。いまの名前を確かめて、もう一度送ってください。")
        }
        Err(other) => return Err(other),
    };
    Ok(Some(Errors::one("name", problem)))
}

fn to(region: Uuid, done: &str) -> Response {
    Redirect::to(&format!("{}?done={done}", urls::operator_region(region))).into_response()
}

async fn show(
    State(app): State<Shared>,
    who: Operator,
    Asked(ctx): Asked,
    Path(region): Path<Uuid>,
    Query(query): Query<Done>,
) -> Result<Response> {
    let done = match query.done.as_deref() {
        Some("added") => Some(t("地域を加えました。施設を入れてください。")),
        Some("renamed") => Some(t("名前を変えました。")),
        Some("placed") => Some(t("施設を入れました。")),
        Some("taken_out") => Some(t("施設を外しました。")),
        _ => None,
    };
    one(&app, &who, region, None, done, &ctx).await
}

/// The page; with a status and what was typed where a renaming could not be taken.
async fn one(
    app: &Shared,
    who: &Operator,
    region: Uuid,
    refused: Option<(StatusCode, Typed, Errors)>,
    done: Option<&'static str>,
    ctx: &Ctx,
) -> Result<Response> {
    let mut tx = app.db.operating(who).await?;
    let name = operators::acts::name(&mut tx).await?;
    let regions = acts::all(&mut tx).await?;
    let facilities = known::all(&mut tx).await?;
    tx.commit().await?;
    let region = regions.iter().find(|r| r.id == region).cloned().ok_or(Error::NotFound)?;
    let standing = || (StatusCode::OK, Typed::standing(&region), Errors::none());
    let (status, typed, errors) = refused.unwrap_or_else(standing);
    let view = OneView { name, region, regions, facilities, typed, errors, done };
    Ok((status, one_page(&view, ctx)).into_response())
}

async fn rename(
    State(app): State<Shared>,
    who: Operator,
    Asked(ctx): Asked,
    Path(region): Path<Uuid>,
    Form(form): Form<NameForm>,
) -> Result<Response> {
    if form.seen < 1 {
        return Err(Error::BadRequest("unreadable_form".into()));
    }
    let (status, errors) = match form.checked() {
        Err(problems) => (StatusCode::UNPROCESSABLE_ENTITY, problems.into_iter().collect()),
        Ok((name, kana)) => match save(&app, &who, region, form.seen, &name, &kana).await? {
            None => return Ok(to(region, "renamed")),
            Some(errors) => (StatusCode::CONFLICT, errors),
        },
    };
    one(&app, &who, region, Some((status, form.typed(region), errors)), None, &ctx).await
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Act {
    Put,
    TakeOut,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PlaceForm {
    facility: Uuid,
    act: Act,
}

async fn place(
    State(app): State<Shared>,
    who: Operator,
    Path(region): Path<Uuid>,
    Form(form): Form<PlaceForm>,
) -> Result<Response> {
    let mut tx = app.db.operating(&who).await?;
    acts::place(&mut tx, form.facility, region, form.act == Act::Put).await?;
    tx.commit().await?;
    Ok(to(region, if form.act == Act::Put { "placed" } else { "taken_out" }))
}
