//! The page `/`.

use std::collections::HashMap;

use axum::{
    Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::get,
};
use jiff::Timestamp;

use super::{
    read,
    views::{self, Home},
};
use crate::{
    Result,
    app::Shared,
    audit,
    auth::Actor,
    features::{
        asks, first_visit,
        groups::{self, views::GroupRow},
        tasks::{self, read::Wanted},
    },
    web::{
        urls,
        viewer::{Asked, Me},
    },
};

/// Any signed-in person.
pub fn routes() -> Router<Shared> {
    Router::new().route(urls::home(), get(show))
}

async fn show(State(app): State<Shared>, who: Actor, asked: Asked) -> Result<Response> {
    let mut tx = app.db.acting(&who).await?;
    let me = Me::load(&mut tx).await?;
    // Not while nothing can be written: it would be shown again.
    if me.first_visit && !asked.0.reading {
        return first_visit::begin(tx).await;
    }
    let rows = groups::read::list(&mut tx, &app).await?;
    let by_id: HashMap<_, _> = rows.iter().map(|row| (row.id, row)).collect();
    let due = read::due(&mut tx, &app, &by_id).await?;
    let asks = read::asks(&mut tx, &app, &by_id).await?;
    let waiting = asks::read::waiting_count(&mut tx).await?;
    let mine = Wanted { owner: Some(me.account_id), open: Some(true), ..Wanted::default() };
    let tasks = tasks::read::list(&app, &mut tx, mine).await?;
    audit::viewed(&mut tx, "viewed_home", None, None, None).await?;
    tx.commit().await?;
    let now = Timestamp::now();
    let view = Home {
        due,
        waiting,
        asks,
        pressing: tasks::read::pressing(&tasks, now).len(),
        titles: rows.iter().map(|row| (row.id, row.title.clone())).collect(),
        tasks,
        has_groups: !rows.is_empty(),
        unread: rows.into_iter().filter(GroupRow::is_unread).collect(),
        may_register: me.admin,
        now,
    };
    Ok(views::page(&view, &me.ctx(asked)).into_response())
}
