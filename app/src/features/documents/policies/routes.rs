//! The terms between sign-in and the first page, the policies as staff and everybody read them, and the operator's desk.

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
    POLICIES, Policy, acts,
    views::{self, DeskRow, EditView, ReadView, TermsView, VersionView},
};
use crate::{
    Error, Result,
    app::Shared,
    auth::{Actor, Operator},
    features::{operators, sign_in::routes::safe_next},
    web::{
        forms::Errors,
        input::{Done, Form},
        ui::time,
        urls,
        viewer::{Asked, Me},
    },
    words::t,
};

pub fn routes() -> Router<Shared> {
    Router::new()
        .route(urls::terms(), get(ask).post(accept))
        .route(urls::my_policies(), get(mine))
        .route("/policies/{policy}", get(read))
        .route(urls::operator_policies(), get(desk))
        .route("/operator/policies/{policy}", get(edit).post(publish))
        .route("/operator/policies/{policy}/versions/{n}", get(version))
}

#[derive(Debug, Deserialize)]
struct Next {
    next: Option<String>,
}

async fn ask(
    State(app): State<Shared>,
    who: Actor,
    Asked(ctx): Asked,
    Query(q): Query<Next>,
) -> Result<Response> {
    let mut tx = app.db.acting(&who).await?;
    let due = acts::due(&mut tx).await?;
    tx.commit().await?;
    let next = safe_next(q.next.as_deref());
    if due.is_empty() {
        app.terms.forget_session(&who);
        return Ok(Redirect::to(&next).into_response());
    }
    Ok(views::terms_page(&TermsView { due, next }, &ctx).into_response())
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AcceptForm {
    /// Ids of the versions that were shown, separated by blanks.
    versions: String,
    next: Option<String>,
}

async fn accept(State(app): State<Shared>, who: Actor, Form(form): Form<AcceptForm>) -> Result<Redirect> {
    let versions: Option<Vec<Uuid>> = form.versions.split_whitespace().map(|v| v.parse().ok()).collect();
    let versions = versions.ok_or_else(|| Error::BadRequest("unreadable_form".into()))?;
    acts::accept(&app, &who, &versions).await?;
    Ok(Redirect::to(&safe_next(form.next.as_deref())))
}

async fn mine(State(app): State<Shared>, who: Actor, asked: Asked) -> Result<Response> {
    let mut tx = app.db.acting(&who).await?;
    let me = Me::load(&mut tx).await?;
    let policies = acts::readable(&mut tx).await?;
    tx.commit().await?;
    Ok(views::mine_page(&policies, &me.ctx(asked)).into_response())
}

fn known(code: &str) -> Result<&'static Policy> {
    super::policy(code).ok_or(Error::NotFound)
}

/// Everybody: the newest text of a public policy.
async fn read(State(app): State<Shared>, Asked(ctx): Asked, Path(code): Path<String>) -> Result<Response> {
    let policy = known(&code)?;
    let found = acts::published(&app).await?.into_iter().find(|p| p.policy == policy.code);
    let found = found.filter(|p| p.body.is_some()).ok_or(Error::NotFound)?;
    let view = ReadView {
        title: found.title,
        n: found.n,
        effective_on: found.effective_on,
        body: found.body.unwrap_or_default(),
    };
    Ok(views::read_page(&view, &ctx).into_response())
}

async fn desk(State(app): State<Shared>, who: Operator, Asked(ctx): Asked) -> Result<Response> {
    let mut tx = app.db.operating(&who).await?;
    let name = operators::acts::name(&mut tx).await?;
    let versions = acts::versions(&mut tx, None).await?;
    tx.commit().await?;
    let row = |policy: &'static Policy| DeskRow {
        policy,
        newest: versions.iter().find(|v| v.policy == policy.code).cloned(),
    };
    let rows: Vec<DeskRow> = POLICIES.iter().map(row).collect();
    Ok(views::desk_page(&name, &rows, &ctx).into_response())
}

async fn edit(
    State(app): State<Shared>,
    who: Operator,
    Asked(ctx): Asked,
    Path(code): Path<String>,
    Query(q): Query<Done>,
) -> Result<Response> {
    let view = edit_view(&app, &who, known(&code)?, None, Errors::none(), q.done.is_some()).await?;
    Ok(views::edit_page(&view, &ctx).into_response())
}

async fn edit_view(
    app: &Shared,
    who: &Operator,
    policy: &'static Policy,
    typed: Option<acts::Typed>,
    errors: Errors,
    done: bool,
) -> Result<EditView> {
    let mut tx = app.db.operating(who).await?;
    let name = operators::acts::name(&mut tx).await?;
    let versions = acts::versions(&mut tx, Some(policy.code)).await?;
    tx.commit().await?;
    let now = Timestamp::now();
    let typed = typed.unwrap_or_else(|| first_typed(policy, versions.first(), now));
    Ok(EditView { name, policy, versions, typed, errors, done, now })
}

/// What the form begins with: the newest version, or the draft that ships with the product.
fn first_typed(policy: &Policy, newest: Option<&acts::Version>, now: Timestamp) -> acts::Typed {
    acts::Typed {
        title: newest.map_or(policy.title, |v| &v.title).to_owned(),
        body: newest.map_or(policy.starter, |v| &v.body).to_owned(),
        audience: newest.map_or(policy.audience, |v| &v.audience).to_owned(),
        must_accept: policy.code == "terms",
        effective_on: time::day_of(now).to_string(),
        // Part of the document, which is Japanese.
        change: if newest.is_none() { "最初の版".to_owned() } else { String::new() },
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PublishForm {
    n: i32,
    title: String,
    body: String,
    audience: String,
    must_accept: Option<String>,
    effective_on: String,
    change: String,
}

async fn publish(
    State(app): State<Shared>,
    who: Operator,
    Asked(ctx): Asked,
    Path(code): Path<String>,
    Form(form): Form<PublishForm>,
) -> Result<Response> {
    let policy = known(&code)?;
    let typed = acts::Typed {
        title: form.title,
        body: form.body,
        audience: form.audience,
        must_accept: form.must_accept.is_some(),
        effective_on: form.effective_on,
        change: form.change,
    };
    let published = match acts::NewVersion::parse(policy, form.n, &typed) {
        Ok(new) => acts::publish(&app, &who, &new).await,
        Err(error) => Err(error),
    };
    let errors: Errors = match published {
        Ok(()) => {
            let to = format!("{}?done=1", urls::operator_policy(policy.code));
            return Ok(Redirect::to(&to).into_response());
        }
        Err(Error::Invalid(fields)) => fields.into_iter().collect(),
        Err(Error::Stale) => Errors::one(
            "body",
            t(
                "ほかの運営者が先に新しい版を公開しました。下の版の一覧で確かめてから、もう一度公開してください。",
            ),
        ),
        Err(other) => return Err(other),
    };
    let view = edit_view(&app, &who, policy, Some(typed), errors, false).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, views::edit_page(&view, &ctx)).into_response())
}

async fn version(
    State(app): State<Shared>,
    who: Operator,
    Asked(ctx): Asked,
    Path((code, n)): Path<(String, i32)>,
) -> Result<Response> {
    let policy = known(&code)?;
    let mut tx = app.db.operating(&who).await?;
    let name = operators::acts::name(&mut tx).await?;
    let versions = acts::versions(&mut tx, Some(policy.code)).await?;
    let found = versions.iter().find(|v| v.n == n).cloned().ok_or(Error::NotFound)?;
    let people = acts::acceptances(&mut tx, found.id).await?;
    tx.commit().await?;
    let before = versions.into_iter().find(|v| v.n == n - 1);
    let view = VersionView { name, version: found, before, people, now: Timestamp::now() };
    Ok(views::version_page(&view, &ctx).into_response())
}
