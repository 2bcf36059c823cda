//! The region at the console: facilities in numbers, versions of the policy, notices. For operators and for its secretariat.

use axum::{
    Router,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

use super::{
    desk_views::{
        FacilitiesView, NoticesView, PoliciesView, Typed, facilities_page, notices_page, policies_page,
    },
    read::{self, Text},
};
use crate::words::t;
use crate::{
    Error, FieldError, Result,
    app::Shared,
    auth::Operator,
    features::{masters, operators},
    web::{
        forms::Errors,
        input::{self, Done, Form},
        urls,
        viewer::Asked,
    },
};

/// Operators, and the secretariat of the region.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route(urls::operator_facilities(), get(facilities))
        .route("/operator/regions/{region}/policies", get(policies).post(publish))
        .route("/operator/regions/{region}/notices", get(notices).post(notify))
}

async fn facilities(State(app): State<Shared>, who: Operator, Asked(ctx): Asked) -> Result<Response> {
    let mut tx = app.db.operating(&who).await?;
    let desk = operators::acts::desk(&mut tx).await?;
    let rows = read::facilities(&mut tx).await?;
    let words = masters::acts::all(&mut tx).await?;
    tx.commit().await?;
    Ok(facilities_page(&FacilitiesView { desk, rows, words }, &ctx).into_response())
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct TextForm {
    client_id: Uuid,
    title: String,
    body: String,
    change: Option<String>,
    /// The version that the writer saw.
    seen: Option<i32>,
}

impl TextForm {
    fn checked(&self, body_chars: usize) -> Result<Text> {
        let mut wrong = Vec::new();
        let mut keep = |r: Result<String, FieldError>| r.map_err(|e| wrong.push(e)).unwrap_or_default();
        let text = Text {
            client_id: self.client_id,
            title: keep(input::line("title", &self.title, 120)),
            body: keep(input::text("body", &self.body, body_chars)),
            change: self.change.as_deref().map_or_else(String::new, |c| keep(input::text("change", c, 400))),
        };
        if wrong.is_empty() { Ok(text) } else { Err(Error::Invalid(wrong)) }
    }

    /// How the form comes back with what was typed; other errors pass. After a conflict its next sending is another one.
    fn not_taken(self, error: Error) -> Result<(StatusCode, Typed, Errors)> {
        let words = match error {
            Error::Invalid(problems) => {
                let errors = problems.into_iter().collect();
                return Ok((StatusCode::UNPROCESSABLE_ENTITY, self.typed(), errors));
            }
            Error::Stale => t(OVERTAKEN),
            Error::Conflict(code) if code == read::OTHER => t(SENT_ALREADY),
            other => return Err(other),
        };
        let typed = Typed { client_id: Uuid::now_v7(), ..self.typed() };
        Ok((StatusCode::CONFLICT, typed, Errors::one("title", words)))
    }

    fn typed(self) -> Typed {
        let change = self.change.unwrap_or_default();
        Typed { client_id: self.client_id, title: self.title, body: self.body, change }
    }
}

async fn policies(
    State(app): State<Shared>,
    who: Operator,
    Asked(ctx): Asked,
    Path(region): Path<Uuid>,
    Query(query): Query<Done>,
) -> Result<Response> {
    let view = policies_view(&app, &who, region, None).await?;
    let done = query.done.map(|_| t("公開しました。施設の管理者の画面に出ます。"));
    Ok(policies_page(&PoliciesView { done, ..view }, &ctx).into_response())
}

async fn policies_view(
    app: &Shared,
    who: &Operator,
    region: Uuid,
    refused: Option<(Typed, Errors)>,
) -> Result<PoliciesView> {
    let mut tx = app.db.operating(who).await?;
    let desk = operators::acts::desk(&mut tx).await?;
    let versions = read::policies(&mut tx, region).await?;
    tx.commit().await?;
    let (typed, errors) = refused.unwrap_or_else(|| (Typed::next(versions.first()), Errors::none()));
    Ok(PoliciesView { desk, region, versions, typed, errors, done: None })
}

async fn publish(
    State(app): State<Shared>,
    who: Operator,
    Asked(ctx): Asked,
    Path(region): Path<Uuid>,
    Form(form): Form<TextForm>,
) -> Result<Response> {
    let (Some(seen), Some(_)) = (form.seen, form.change.as_ref()) else {
        return Err(Error::BadRequest("unreadable_form".into()));
    };
    let sent = async {
        let text = form.checked(20_000)?;
        let mut tx = app.db.operating(&who).await?;
        read::publish(&mut tx, region, seen + 1, &text).await?;
        tx.commit().await
    };
    match sent.await {
        Ok(()) => Ok(to(&urls::region_policies(region), "published")),
        Err(error) => {
            let (status, typed, errors) = form.not_taken(error)?;
            let view = policies_view(&app, &who, region, Some((typed, errors))).await?;
            Ok((status, policies_page(&view, &ctx)).into_response())
        }
    }
}

fn to(path: &str, done: &str) -> Response {
    Redirect::to(&format!("{path}?done={done}")).into_response()
}

const OVERTAKEN: &str =
    "ほかの人が先に新しい版を公開しました。下の一覧でその版を読んでから、もう一度送ってください。";
const SENT_ALREADY: &str = "このページからは、別の内容を前に送っています。この内容はまだ送っていません。これも送るときは、もう一度押してください。";

async fn notices(
    State(app): State<Shared>,
    who: Operator,
    Asked(ctx): Asked,
    Path(region): Path<Uuid>,
    Query(query): Query<Done>,
) -> Result<Response> {
    let typed = Typed::next(None);
    let view = notices_view(&app, &who, region, typed, Errors::none()).await?;
    let done = query.done.map(|_| t("知らせました。"));
    Ok(notices_page(&NoticesView { done, ..view }, &ctx).into_response())
}

async fn notices_view(
    app: &Shared,
    who: &Operator,
    region: Uuid,
    typed: Typed,
    errors: Errors,
) -> Result<NoticesView> {
    let mut tx = app.db.operating(who).await?;
    let desk = operators::acts::desk(&mut tx).await?;
    let told = read::notices(&mut tx, region).await?;
    tx.commit().await?;
    Ok(NoticesView { desk, region, told, typed, errors, done: None, now: Timestamp::now() })
}

async fn notify(
    State(app): State<Shared>,
    who: Operator,
    Asked(ctx): Asked,
    Path(region): Path<Uuid>,
    Form(form): Form<TextForm>,
) -> Result<Response> {
    let sent = async {
        let text = form.checked(8000)?;
        let mut tx = app.db.operating(&who).await?;
        read::notify(&mut tx, region, &text).await?;
        tx.commit().await
    };
    match sent.await {
        Ok(()) => Ok(to(&urls::region_notices(region), "told")),
        Err(error) => {
            let (status, typed, errors) = form.not_taken(error)?;
            let view = notices_view(&app, &who, region, typed, errors).await?;
            Ok((status, notices_page(&view, &ctx)).into_response())
        }
    }
}
