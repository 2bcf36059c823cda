//! The pages: what waits for me and what I wait for, who has not answered a post, and 対応済.

use std::collections::HashMap;

use axum::{
    Router,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

use super::{
    acts,
    model::{CallBody, MAX_TEXT, NewCall},
    read::{self, Followed},
    views::{self, AskedView, HandledView, OpenView, Person},
};
use crate::{
    Error, Result,
    app::Shared,
    audit,
    auth::Actor,
    db::Tx,
    features::{
        groups::{self, refusals},
        home,
        posts::{self, store},
    },
    web::{
        forms::Errors,
        input::{self, Form},
        ui::Profession,
        urls,
        viewer::{Asked, Me},
    },
};

/// Members of the group of a post, 404 for everybody else; the list is each person's own.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route(urls::open_items(), get(open_items))
        .route("/posts/{post}/asked", get(asked_page).post(call))
        .route("/posts/{post}/handled", get(ask_handled).post(handle))
}

async fn open_items(State(app): State<Shared>, who: Actor, asked: Asked) -> Result<Response> {
    let mut tx = app.db.acting(&who).await?;
    let me = Me::load(&mut tx).await?;
    let rows = groups::read::list(&mut tx, &app).await?;
    let by_id: HashMap<_, _> = rows.iter().map(|row| (row.id, row)).collect();
    let mine = home::read::due(&mut tx, &app, &by_id).await?;
    let waiting = read::waiting(&app, &mut tx).await?;
    audit::viewed(&mut tx, "viewed_open_items", None, None, None).await?;
    tx.commit().await?;
    let title = |id: Uuid| by_id.get(&id).map(|g| (g.kind, g.title.clone()));
    let waiting = waiting.into_iter().filter_map(|w| Some((title(w.group_id)?, w))).collect();
    let view = OpenView { mine, waiting, now: Timestamp::now() };
    Ok(views::open_page(&view, &me.ctx(asked)).into_response())
}

/// Who has not answered, with the ways to reach them.
async fn people(tx: &mut Tx, post: Uuid) -> Result<Vec<Person>> {
    let all = read::of_posts(tx, &[post]).await?.remove(&post).unwrap_or_default();
    let waits: Vec<&read::Asked> = all.iter().filter(|a| a.waits() && a.by.is_some()).collect();
    let phones = read::phones(tx, &waits).await?;
    let person = |a: &&read::Asked| {
        let (own, facility) = phones.get(&a.account).cloned().unwrap_or_default();
        Person {
            account: a.account,
            name: a.name.clone(),
            profession: Profession::of(&a.profession),
            facility: a.facility.clone().unwrap_or_default(),
            phone: own,
            facility_phone: facility,
            overdue: a.overdue,
            substitute: a.substitute.clone(),
            stands_in: a.is_substitute(),
        }
    };
    Ok(waits.iter().map(person).collect())
}

/// Who has not answered a post, and what was done about it.
pub(super) struct Seen {
    pub(super) tx: Tx,
    group: Uuid,
    pub(super) people: Vec<Person>,
    pub(super) followed: Vec<Followed>,
}

/// For a member of its group; view and refusal are in the access log.
pub(super) async fn seen(app: &Shared, who: &Actor, post: Uuid) -> Result<Seen> {
    let seen = async {
        let mut tx = app.db.acting(who).await?;
        let group = store::target(&mut tx, post).await?.group;
        let people = people(&mut tx, post).await?;
        let followed = read::followed(app, &mut tx, group, &[post]).await?.remove(&post).unwrap_or_default();
        audit::viewed(&mut tx, "viewed_asked", Some(group), None, Some(post)).await?;
        Ok(Seen { tx, group, people, followed })
    };
    refusals::noted(app, who, "viewed_asked", None, Some(post), seen.await).await
}

async fn asked_page(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(post): Path<Uuid>,
) -> Result<Response> {
    show_asked(&app, &who, asked, post, None).await
}

/// `typed`: a refused call.
async fn show_asked(
    app: &Shared,
    who: &Actor,
    asked: Asked,
    post: Uuid,
    typed: Option<(CallForm, Errors)>,
) -> Result<Response> {
    let Seen { mut tx, group, people, followed } = seen(app, who, post).await?;
    let me = Me::load(&mut tx).await?;
    tx.commit().await?;
    let status = if typed.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let (typed, errors) = typed.map_or_else(|| (None, Errors::none()), |(form, errors)| (Some(form), errors));
    let view = AskedView {
        group,
        post,
        me: me.account_id,
        people,
        called: followed.iter().map(posts::present::followed_view).collect(),
        client_id: typed.as_ref().map_or_else(Uuid::new_v4, |t| t.client_id),
        typed: typed.map(|t| (t.account, t.result, t.note)),
        errors,
        now: Timestamp::now(),
    };
    Ok((status, views::asked_page(&view, &me.ctx(asked))).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CallForm {
    client_id: Uuid,
    account: Uuid,
    #[serde(default)]
    result: String,
    note: String,
}

async fn call(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(post): Path<Uuid>,
    Form(form): Form<CallForm>,
) -> Result<Response> {
    let body = CallBody {
        client_id: form.client_id,
        account: form.account,
        result: form.result.clone(),
        note: form.note.clone(),
    };
    let result = match NewCall::try_from(body) {
        Ok(new) => acts::call(&app, &who, post, new).await,
        Err(fields) => Err(Error::Invalid(fields)),
    };
    match result {
        Ok(_) => Ok(Redirect::to(&urls::asked(post)).into_response()),
        Err(Error::Invalid(fields)) => {
            show_asked(&app, &who, asked, post, Some((form, fields.into_iter().collect()))).await
        }
        Err(other) => Err(other),
    }
}

async fn ask_handled(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(post): Path<Uuid>,
) -> Result<Response> {
    let form = HandledForm { client_id: Uuid::new_v4(), result: String::new() };
    show_handled(&app, &who, asked, post, form, Errors::none()).await
}

async fn show_handled(
    app: &Shared,
    who: &Actor,
    asked: Asked,
    post: Uuid,
    typed: HandledForm,
    errors: Errors,
) -> Result<Response> {
    let mut tx = app.db.acting(who).await?;
    let me = Me::load(&mut tx).await?;
    let of = store::target(&mut tx, post).await?;
    let text = posts::read::some(app, &mut tx, &[post], false).await?.pop().and_then(|p| p.body);
    audit::viewed(&mut tx, "viewed_post", Some(of.group), None, Some(post)).await?;
    tx.commit().await?;
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let view = HandledView {
        group: of.group,
        post,
        client_id: typed.client_id,
        result: typed.result,
        text: text.unwrap_or_default(),
        errors,
    };
    Ok((status, views::handled_page(&view, &me.ctx(asked))).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HandledForm {
    client_id: Uuid,
    result: String,
}

async fn handle(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(post): Path<Uuid>,
    Form(form): Form<HandledForm>,
) -> Result<Response> {
    match input::text("result", &form.result, MAX_TEXT) {
        Ok(result) => {
            let client_id = form.client_id;
            acts::handle(&app, &who, post, client_id, result).await?;
            let mut tx = app.db.acting(&who).await?;
            let of = store::target(&mut tx, post).await?;
            tx.commit().await?;
            Ok(Redirect::to(&urls::sent_post(of.group, post, client_id)).into_response())
        }
        Err(field) => show_handled(&app, &who, asked, post, form, [field].into_iter().collect()).await,
    }
}
