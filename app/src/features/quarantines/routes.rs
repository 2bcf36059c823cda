//! The pages of a quarantine: the question before it, what waits, and the page of its two.

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
    model::{self, Decision},
    read,
    views::{self, AskView, ListView, OneView, Typed},
};
use crate::words::t;
use crate::{
    Error, Result,
    app::Shared,
    audit,
    auth::Actor,
    features::{
        groups::{self, refusals, views::GroupKind},
        posts::{self, model::MAX_BODY},
    },
    web::{
        forms::Errors,
        input::{self, Done, Form},
        problem, urls,
        viewer::{Asked, Me},
    },
};

/// A member of the post's group asks and hides; the other pages are for the two (404 else).
pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/posts/{post}/quarantine", get(ask).post(hide))
        .route(urls::quarantines(), get(list))
        .route("/quarantines/{quarantine}", get(show))
        .route("/quarantines/{quarantine}/decision", post(decide))
        .route("/quarantines/{quarantine}/second", post(name_second))
        .route("/quarantines/{quarantine}/rewriting", post(rewrite))
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct HideForm {
    client_id: Uuid,
    /// The post itself, or one of its replies.
    which: Uuid,
    reason: String,
    /// Empty: as the rule says.
    second: String,
}

async fn ask(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(post): Path<Uuid>,
) -> Result<Response> {
    let typed =
        HideForm { client_id: Uuid::now_v7(), which: post, reason: String::new(), second: String::new() };
    let page = ask_page(&app, &who, asked, post, typed, Errors::none()).await;
    refusals::noted(&app, &who, "quarantined", None, Some(post), page).await
}

async fn ask_page(
    app: &Shared,
    who: &Actor,
    asked: Asked,
    post: Uuid,
    typed: HideForm,
    errors: Errors,
) -> Result<Response> {
    let mut tx = app.db.acting(who).await?;
    let me = Me::load(&mut tx).await?;
    let pointed = acts::pointed(&mut tx, post, None).await?;
    let mut texts = posts::read::with_positions(app, &mut tx, who, post, false).await?;
    if texts.iter().any(|text| text.quarantined.is_some()) {
        return Err(Error::Conflict("quarantined".into()));
    }
    texts.extend(posts::read::replies(app, &mut tx, &[post]).await?);
    texts.retain(|text| text.quarantined.is_none());
    let mut team = groups::frame::team(&mut tx, pointed.group).await?;
    team.retain(|one| one.account != me.account_id);
    team.dedup_by_key(|one| one.account);
    audit::viewed(&mut tx, "viewed_post", Some(pointed.group), None, Some(post)).await?;
    tx.commit().await?;
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let view = AskView {
        texts,
        decides: pointed.second.map(|(_, name)| name),
        team,
        client_id: typed.client_id,
        which: typed.which,
        reason: typed.reason,
        second: typed.second,
        errors,
    };
    Ok((status, views::ask_page(&view, &me.ctx(asked))).into_response())
}

async fn hide(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(post): Path<Uuid>,
    Form(form): Form<HideForm>,
) -> Result<Response> {
    let second = match form.second.as_str() {
        "" => None,
        id => Some(id.parse().map_err(|_| Error::BadRequest("unreadable_form".into()))?),
    };
    let hidden = match model::reason(&form.reason) {
        Ok(reason) => acts::quarantine(&app, &who, form.which, form.client_id, (reason, second)).await,
        Err(field) => Err(Error::Invalid(vec![field])),
    };
    match refusals::noted(&app, &who, "quarantined", None, Some(form.which), hidden).await {
        Ok(id) => Ok(Redirect::to(&urls::sent_quietly(&done(id, "hidden"), form.client_id)).into_response()),
        Err(error) => ask_page(&app, &who, asked, post, form, in_words(error, "reason")?).await,
    }
}

/// What is wrong with a form, so that it comes back as it was typed.
fn in_words(error: Error, field: &str) -> Result<Errors> {
    match error {
        Error::Invalid(fields) => Ok(fields.into_iter().collect()),
        Error::Conflict(code) => Ok(Errors::one(field, problem::conflict(&code))),
        other => Err(other),
    }
}

fn done(id: Uuid, code: &str) -> String {
    format!("{}?done={code}", urls::quarantine(id))
}

async fn list(State(app): State<Shared>, who: Actor, asked: Asked) -> Result<Response> {
    let mut tx = app.db.acting(&who).await?;
    let me = Me::load(&mut tx).await?;
    let all = read::mine(&mut tx).await?;
    let titles =
        if all.is_empty() { Default::default() } else { groups::read::titles(&mut tx, &app).await? };
    audit::viewed(&mut tx, "viewed_quarantines", None, None, None).await?;
    tx.commit().await?;
    let view = ListView { all, titles, now: jiff::Timestamp::now() };
    Ok(views::list_page(&view, &me.ctx(asked)).into_response())
}

fn words(done: &Done) -> Option<&'static str> {
    Some(match done.done.as_deref()? {
        "hidden" => t("見えなくしました。チームの画面から、文とファイルが消えました。"),
        "confirmed" => t("見えないままにしました。記録には残っています。"),
        "lifted" => t("元に戻しました。チームの画面に、また出ています。"),
        "named" => t("確かめる人を変えました。お知らせが届きます。"),
        "rewritten" => t("正しいグループに書きました。"),
        _ => return None,
    })
}

async fn show(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(id): Path<Uuid>,
    Query(done): Query<Done>,
) -> Result<Response> {
    let page = one_page(&app, &who, asked, id, (Typed::default(), words(&done))).await;
    refusals::noted(&app, &who, "viewed_quarantine", None, Some(id), page).await
}

async fn one_page(
    app: &Shared,
    who: &Actor,
    asked: Asked,
    id: Uuid,
    (typed, done): (Typed, Option<&'static str>),
) -> Result<Response> {
    let mut tx = app.db.acting(who).await?;
    let me = Me::load(&mut tx).await?;
    let opened = read::opened(app, &mut tx, id).await?;
    let q = &opened.quarantine;
    let rows = groups::read::list(&mut tx, app).await?;
    let title = rows.iter().find(|row| row.id == q.group_id).map(|row| row.kind.named(&row.title));
    let mut team = groups::frame::team(&mut tx, q.group_id).await?;
    team.dedup_by_key(|one| one.account);
    audit::viewed(&mut tx, "viewed_quarantine", Some(q.group_id), None, Some(q.post_id)).await?;
    tx.commit().await?;
    let groups = rows
        .into_iter()
        .filter(|row| row.id != q.group_id && row.kind == GroupKind::Patient && !row.archived)
        .map(|row| (row.id.to_string(), row.kind.named(&row.title)))
        .collect();
    let status = if typed.errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let view = OneView {
        title: title.unwrap_or_default(),
        team,
        groups,
        typed,
        done,
        now: jiff::Timestamp::now(),
        opened,
    };
    Ok((status, views::one_page(&view, &me.ctx(asked))).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DecisionForm {
    client_id: Uuid,
    decision: Decision,
    #[serde(default)]
    note: String,
}

async fn decide(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(id): Path<Uuid>,
    Form(form): Form<DecisionForm>,
) -> Result<Response> {
    let said = match model::note(form.decision, &form.note) {
        Ok(note) => acts::decide(&app, &who, id, form.client_id, (form.decision, note)).await,
        Err(field) => Err(Error::Invalid(vec![field])),
    };
    match refusals::noted(&app, &who, "decided_quarantine", None, Some(id), said).await {
        Ok(()) => {
            let code = if form.decision == Decision::Lift { "lifted" } else { "confirmed" };
            Ok(Redirect::to(&urls::sent_quietly(&done(id, code), form.client_id)).into_response())
        }
        Err(error) => {
            let typed = Typed { note: form.note, errors: in_words(error, "note")?, ..Typed::default() };
            one_page(&app, &who, asked, id, (typed, None)).await
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SecondForm {
    account: Uuid,
}

async fn name_second(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(id): Path<Uuid>,
    Form(form): Form<SecondForm>,
) -> Result<Response> {
    let named = acts::hand_on(&app, &who, id, form.account).await;
    match refusals::noted(&app, &who, "named_second", None, Some(id), named).await {
        Ok(()) => Ok(Redirect::to(&done(id, "named")).into_response()),
        Err(error) => {
            let typed = Typed { errors: in_words(error, "account")?, ..Typed::default() };
            one_page(&app, &who, asked, id, (typed, None)).await
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RewritingForm {
    client_id: Uuid,
    #[serde(default)]
    group: String,
    body: String,
}

async fn rewrite(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(id): Path<Uuid>,
    Form(form): Form<RewritingForm>,
) -> Result<Response> {
    let done_so = match (form.group.parse::<Uuid>(), input::text("body", &form.body, MAX_BODY)) {
        (Ok(group), Ok(body)) => acts::rewrite(&app, &who, id, (group, body)).await,
        (Err(_), _) => Err(Error::invalid("group", "empty", t("正しいグループを選んでください。"))),
        (_, Err(field)) => Err(Error::Invalid(vec![field])),
    };
    match refusals::noted(&app, &who, "moved", form.group.parse().ok(), Some(id), done_so).await {
        Ok(_) => {
            Ok(Redirect::to(&urls::sent_quietly(&done(id, "rewritten"), form.client_id)).into_response())
        }
        Err(error) => {
            let errors = in_words(error, "body")?;
            let typed = Typed { group: form.group, body: Some(form.body), errors, ..Typed::default() };
            one_page(&app, &who, asked, id, (typed, None)).await
        }
    }
}
