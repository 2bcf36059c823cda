//! The pages: my tasks, a group's tasks, a new one, and one with its acts and its history.

use axum::{
    Router,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

use super::{
    acts,
    forms::{self, Typed},
    model::{MAX_WHAT, Task},
    read::{self, Wanted},
    rules,
    views::{self, GroupTasks, MyTasks, NewView, TaskView},
};
use crate::words::t;
use crate::{
    Error, Result,
    app::Shared,
    audit,
    auth::Actor,
    db::Tx,
    features::{
        groups::{self, door, model::Role, refusals},
        posts,
    },
    web::{
        forms::Errors,
        input::{Done, Form},
        urls,
        viewer::{Asked, Me},
    },
};

/// One's own tasks: any signed-in person. Everything else: members of the group, everybody else gets a 404.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route(urls::tasks(), get(mine))
        .route("/groups/{group}/tasks", get(of_group).post(make))
        .route("/groups/{group}/tasks/new", get(new))
        .route("/tasks/{task}", get(one))
        .route("/tasks/{task}/change", post(change))
}

async fn mine(State(app): State<Shared>, who: Actor, asked: Asked) -> Result<Response> {
    let mut tx = app.db.acting(&who).await?;
    let me = Me::load(&mut tx).await?;
    let wanted = Wanted { owner: Some(me.account_id), open: Some(true), ..Wanted::default() };
    let tasks = read::list(&app, &mut tx, wanted).await?;
    let titles = groups::read::titles(&mut tx, &app).await?;
    audit::viewed(&mut tx, "viewed_tasks", None, None, None).await?;
    tx.commit().await?;
    let view = MyTasks { tasks, titles, now: Timestamp::now() };
    Ok(views::mine_page(&view, &me.ctx(asked)).into_response())
}

async fn of_group(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(group): Path<Uuid>,
) -> Result<Response> {
    let (mut tx, me, _) = door::page(&app, &who, group, "viewed_tasks").await?;
    let of = |open| Wanted { group: Some(group), open: Some(open), ..Wanted::default() };
    let open = read::list(&app, &mut tx, of(true)).await?;
    let mut closed = read::list(&app, &mut tx, of(false)).await?;
    closed.truncate(views::CLOSED_SHOWN);
    let room = groups::read::room(&mut tx, &app, group).await?;
    let archived = groups::read::archived(&mut tx, group).await?;
    tx.commit().await?;
    let view = GroupTasks { room, group, open, closed, archived, me: me.account_id, now: Timestamp::now() };
    Ok(views::group_page(&view, &me.ctx(asked)).into_response())
}

/// The group of a post that the caller may read, and what a task from it is called.
pub(super) async fn first_line(app: &Shared, who: &Actor, post: Uuid) -> Result<(Uuid, String)> {
    let post = posts::read::one(app, who, post, false).await?;
    Ok((post.group_id, rules::first_line(post.body.as_deref().unwrap_or_default(), MAX_WHAT)))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NewQuery {
    post: Option<Uuid>,
}

async fn new(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(group): Path<Uuid>,
    Query(query): Query<NewQuery>,
) -> Result<Response> {
    let mut typed = Typed::new(Timestamp::now());
    if let Some(post) = query.post {
        let (of, line) = first_line(&app, &who, post).await?;
        if of != group {
            return Err(Error::NotFound);
        }
        (typed.post, typed.what) = (Some(post), line);
    }
    new_page(&app, &who, asked, group, typed).await
}

/// The form as it is first shown, or again with what was typed and what is wrong with it.
async fn new_page(
    app: &Shared,
    who: &Actor,
    asked: Asked,
    group: Uuid,
    mut typed: Typed,
) -> Result<Response> {
    let (mut tx, me, _) = door::page(app, who, group, "viewed_tasks").await?;
    let members = groups::read::members(&mut tx, group, Role::Member).await?.items;
    let room = groups::read::room(&mut tx, app, group).await?;
    tx.commit().await?;
    if typed.owner.is_empty() {
        typed.owner = me.account_id.to_string();
    }
    let status = if typed.errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let view = NewView { room, group, members, me: me.account_id, typed };
    Ok((status, views::new_page(&view, &me.ctx(asked))).into_response())
}

async fn make(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(group): Path<Uuid>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response> {
    let mut typed = Typed::sent(pairs)?;
    let made = match typed.new_task() {
        Ok(new) => acts::make(&app, &who, group, &new).await,
        Err(problems) => Err(Error::Invalid(problems)),
    };
    match refusals::noted(&app, &who, "made_task", Some(group), None, made).await {
        Ok(_) => Ok(Redirect::to(&urls::sent(&urls::group_tasks(group), typed.client_id)).into_response()),
        Err(Error::Invalid(problems)) => {
            typed.errors = problems.into_iter().collect();
            new_page(&app, &who, asked, group, typed).await
        }
        Err(other) => Err(other),
    }
}

async fn one(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(task): Path<Uuid>,
    Query(done): Query<Done>,
) -> Result<Response> {
    page(&app, &who, asked, task, Typed::new(Timestamp::now()), done.done).await
}

/// One task for a member of its group, on a page or without one; view and refusal are in the access log.
pub(super) async fn opened_one(app: &Shared, who: &Actor, id: Uuid) -> Result<(Tx, Task)> {
    let read = async {
        let mut tx = app.db.acting(who).await?;
        let task = read::one(app, &mut tx, id).await?;
        Ok((tx, task))
    };
    let (mut tx, task) = refusals::noted(app, who, "viewed_tasks", None, Some(id), read.await).await?;
    audit::viewed(&mut tx, "viewed_tasks", Some(task.group_id), None, Some(id)).await?;
    Ok((tx, task))
}

async fn page(
    app: &Shared,
    who: &Actor,
    asked: Asked,
    id: Uuid,
    mut typed: Typed,
    done: Option<String>,
) -> Result<Response> {
    let (mut tx, task) = opened_one(app, who, id).await?;
    let me = Me::load(&mut tx).await?;
    let history = read::history(app, &mut tx, id).await?;
    let members = groups::read::members(&mut tx, task.group_id, Role::Member).await?.items;
    let room = groups::read::room(&mut tx, app, task.group_id).await?;
    let archived = groups::read::archived(&mut tx, task.group_id).await?;
    tx.commit().await?;
    if typed.errors.is_empty() {
        typed.fill(&task);
    }
    let status = if typed.errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let view = TaskView { room, task, history, members, archived, typed, done, now: Timestamp::now() };
    Ok((status, views::task_page(&view, &me.ctx(asked))).into_response())
}

async fn change(
    State(app): State<Shared>,
    who: Actor,
    asked: Asked,
    Path(task): Path<Uuid>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response> {
    let mut typed = Typed::sent(pairs)?;
    let done = match typed.change() {
        Ok(change) => acts::change(&app, &who, task, typed.client_id, &change).await.map(|()| change.kind()),
        Err(problems) => Err(Error::Invalid(problems)),
    };
    match refusals::noted(&app, &who, "changed_task", None, Some(task), done).await {
        Ok(kind) => {
            Ok(Redirect::to(&urls::sent(&urls::task_done(task, kind), typed.client_id)).into_response())
        }
        Err(Error::Invalid(problems)) => {
            typed.errors = forms::on_the_page(problems, &typed.kind);
            page(&app, &who, asked, task, typed, None).await
        }
        Err(Error::Stale) => {
            let why = t(
                "入力しているあいだに、ほかの人が変えました。下の「いままで」を見てから、もう一度保存してください。",
            );
            typed.errors = Errors::one("what", why);
            typed.began = std::mem::take(&mut typed.version);
            page(&app, &who, asked, task, typed, None).await
        }
        Err(other) => Err(other),
    }
}
