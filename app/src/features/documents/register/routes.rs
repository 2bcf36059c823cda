//! The register at the operator's console.

use axum::{
    Router,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use jiff::Timestamp;
use uuid::Uuid;

use super::{
    Kind, acts,
    acts::{Fields, Save},
    kind,
    views::{self, EntryView, ListView},
};
use crate::{
    Error, Result,
    app::Shared,
    auth::Operator,
    features::operators,
    web::{
        forms::Errors,
        input::{Done, Form},
        ui::Ctx,
        urls,
        viewer::Asked,
    },
    words::t,
};

pub fn routes() -> Router<Shared> {
    Router::new()
        .route(urls::operator_register(), get(list))
        .route("/operator/register/new/{kind}", get(ask).post(make))
        .route("/operator/register/{entry}", get(edit).post(save))
}

async fn list(
    State(app): State<Shared>,
    who: Operator,
    Asked(ctx): Asked,
    Query(q): Query<Done>,
) -> Result<Response> {
    let name = operators::acts::name_of(&app, &who).await?;
    let entries = acts::register(&app).await?;
    let view = ListView { name, entries, done: q.done.is_some(), now: Timestamp::now() };
    Ok(views::list_page(&view, &ctx).into_response())
}

async fn ask(
    State(app): State<Shared>,
    who: Operator,
    Asked(ctx): Asked,
    Path(code): Path<String>,
) -> Result<Response> {
    let kind = kind(&code).ok_or(Error::NotFound)?;
    let name = operators::acts::name_of(&app, &who).await?;
    Ok(views::entry_page(&EntryView::new(name, kind), &ctx).into_response())
}

async fn make(
    State(app): State<Shared>,
    who: Operator,
    Asked(ctx): Asked,
    Path(code): Path<String>,
    Form(typed): Form<Fields>,
) -> Result<Response> {
    let kind = kind(&code).ok_or(Error::NotFound)?;
    let view = EntryView::new(operators::acts::name_of(&app, &who).await?, kind);
    let entry = Uuid::now_v7();
    store(&app, &who, (entry, 1, kind), typed, view, &ctx).await
}

async fn edit(
    State(app): State<Shared>,
    who: Operator,
    Asked(ctx): Asked,
    Path(entry): Path<Uuid>,
) -> Result<Response> {
    let view = entry_view(&app, &who, entry).await?;
    Ok(views::entry_page(&view, &ctx).into_response())
}

async fn entry_view(app: &Shared, who: &Operator, entry: Uuid) -> Result<EntryView> {
    let mut tx = app.db.operating(who).await?;
    let name = operators::acts::name(&mut tx).await?;
    let versions = acts::versions(&mut tx, entry).await?;
    tx.commit().await?;
    let kind = versions.first().and_then(|v| kind(&v.kind)).ok_or(Error::NotFound)?;
    let typed = versions.first().map(|v| v.fields.clone()).unwrap_or_default();
    Ok(EntryView { entry: Some(entry), typed, versions, ..EntryView::new(name, kind) })
}

async fn save(
    State(app): State<Shared>,
    who: Operator,
    Asked(ctx): Asked,
    Path(entry): Path<Uuid>,
    Form(mut typed): Form<Fields>,
) -> Result<Response> {
    let view = entry_view(&app, &who, entry).await?;
    let n: i32 = typed
        .remove("n")
        .and_then(|n| n.parse().ok())
        .ok_or_else(|| Error::BadRequest("unreadable_form".into()))?;
    let kind = view.kind;
    if typed.remove("remove").is_some() {
        let fields = view.typed.clone();
        acts::save(&app, &who, &Save { entry, n, kind, fields, removed: true }).await?;
        return Ok(to_list());
    }
    store(&app, &who, (entry, n, kind), typed, view, &ctx).await
}

fn to_list() -> Response {
    Redirect::to(&format!("{}?done=1", urls::operator_register())).into_response()
}

/// Saves, or shows the form again with what is wrong.
async fn store(
    app: &Shared,
    who: &Operator,
    (entry, n, kind): (Uuid, i32, &'static Kind),
    typed: Fields,
    view: EntryView,
    ctx: &Ctx,
) -> Result<Response> {
    let saved = match acts::parse(kind, &typed) {
        Ok(fields) => acts::save(app, who, &Save { entry, n, kind, fields, removed: false }).await,
        Err(error) => Err(error),
    };
    let errors: Errors = match saved {
        Ok(()) => return Ok(to_list()),
        Err(Error::Invalid(fields)) => fields.into_iter().collect(),
        Err(Error::Stale) => Errors::one(
            "n",
            t("ほかの運営者が先に直しました。下の履歴で確かめて、もう一度保存してください。"),
        ),
        Err(other) => return Err(other),
    };
    let view = EntryView { typed, errors, ..view };
    Ok((StatusCode::UNPROCESSABLE_ENTITY, views::entry_page(&view, ctx)).into_response())
}
