//! The page `/`.

use std::collections::HashMap;

use axum::{
    Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::get,
};
use jiff::Timestamp;
use uuid::Uuid;

use super::{
    read,
    views::{self, Home},
};
use crate::{
    Result,
    app::{App, Shared},
    audit,
    auth::Actor,
    db::Tx,
    features::{
        asks, first_visit,
        groups::{self, views::GroupRow},
        proxy_entries::{self, model::Waiting, views::OnHome},
        quarantines,
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
    let proxies = proxies(&app, &mut tx, &by_id).await?;
    let quarantines = quarantines::read::waiting(&mut tx).await?;
    let mine = Wanted { owner: Some(me.account_id), open: Some(true), ..Wanted::default() };
    let tasks = tasks::read::list(&app, &mut tx, mine).await?;
    audit::viewed(&mut tx, "viewed_home", None, None, None).await?;
    tx.commit().await?;
    let now = Timestamp::now();
    let view = Home {
        due,
        waiting,
        asks,
        proxies,
        quarantines,
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

/// What was entered in the viewer's name, with what its groups are called.
async fn proxies(app: &App, tx: &mut Tx, groups: &HashMap<Uuid, &GroupRow>) -> Result<OnHome> {
    let (waiting, all) = proxy_entries::acts::waiting(app, tx).await?;
    let named = |one: &Waiting| groups.get(&one.group_id).map(|row| (row.id, row.kind.named(&row.title)));
    Ok(OnHome { titles: waiting.iter().filter_map(named).collect(), waiting, all })
}
