//! Opening, closing, reopening. Each is a post first, then the row that makes it a step: a retry with the same client id finds both.

use envelope::{open_text, seal_text};
use uuid::Uuid;

use super::{
    model::{Consultation, NewConsultation, State},
    read, rules,
};
use crate::{
    Error, Result,
    app::App,
    auth::Actor,
    features::{
        groups,
        posts::{
            acts::post,
            model::{NewPost, Timeline},
        },
    },
};

const OPEN: &str = "SELECT id, created FROM act.open_consultation($1, $2, $3, $4)";
const SET: &str = "SELECT act.set_consultation($1, $2, $3, $4, $5)";

/// Opens one in a patient's or a free group, and whether this call did it.
pub async fn open(
    app: &App,
    who: &Actor,
    group: Uuid,
    new: &NewConsultation,
) -> Result<(Consultation, bool)> {
    let mut tx = app.db.acting(who).await?;
    groups::read::role(&mut tx, group).await?;
    if groups::read::kind(&mut tx, group).await? == groups::model::Kind::Direct {
        return Err(Error::Conflict("no_consultations_here".into()));
    }
    let stream = app.keys.group_streams(&mut tx, group).await?.team;
    let key = app.keys.data_key(&mut tx, stream).await?;
    tx.commit().await?;
    let said = words(rules::opening(&new.title, &new.body), None, new.client_id);
    let posted = post(app, who, group, said).await?.post.id;
    let id = Uuid::now_v7();
    let title = seal_text(&key, &read::place(stream, id), "title", &new.title);
    let mut tx = app.db.acting(who).await?;
    let row = tx.one(OPEN, &[&id, &posted, &new.client_id, &title]).await?;
    let (id, created) = (row.get(0), row.get(1));
    let opened = read::one(&mut tx, app, id).await?;
    tx.commit().await?;
    app.hub.wake();
    Ok((opened, created))
}

/// Closes one with its result, or lets it go on with the reason. Asked before anything is written, and again by the database.
pub async fn set(
    app: &App,
    who: &Actor,
    id: Uuid,
    to: State,
    client_id: Uuid,
    line: String,
) -> Result<Consultation> {
    let mut tx = app.db.acting(who).await?;
    let before = read::one(&mut tx, app, id).await?;
    let done = tx.query(DONE, &[&id, &client_id]).await?.into_iter().next();
    let archived = groups::read::archived(&mut tx, before.group_id).await?;
    let stream = app.keys.group_streams(&mut tx, before.group_id).await?.team;
    let key = app.keys.data_key(&mut tx, stream).await?;
    tx.commit().await?;
    match done {
        Some(r) => {
            let words =
                open_text(&key, &read::place(stream, id), "words", r.get(1)).map_err(Error::internal)?;
            if r.get::<_, &str>(0) == to.code() && words == line {
                return Ok(before);
            }
            return Err(Error::Conflict("client_id_used_for_something_else".into()));
        }
        None if !before.may_set => return Err(Error::Forbidden("opener_or_host_only".into())),
        None if archived => return Err(Error::Conflict("archived".into())),
        None if before.state == to => return Err(Error::Conflict("so_already".into())),
        None => {}
    }
    let said = words(rules::step(to, &line), Some(before.post_id), client_id);
    let posted = post(app, who, before.group_id, said).await?.post.id;
    let sealed = seal_text(&key, &read::place(stream, id), "words", &line);
    let mut tx = app.db.acting(who).await?;
    tx.query(SET, &[&id, &to.code(), &sealed, &posted, &client_id]).await?;
    let after = read::one(&mut tx, app, id).await?;
    tx.commit().await?;
    app.hub.wake();
    Ok(after)
}

/// What this very act made before, if it was done.
const DONE: &str = "SELECT e.state, e.words FROM care.consultation_event e WHERE e.consultation_id = $1 AND e.client_id = $2 AND e.by_account = (SELECT sec.me())";

fn words(body: String, reply_to: Option<Uuid>, client_id: Uuid) -> NewPost {
    NewPost { reply_to, ..NewPost::words(Timeline::Team, body, client_id) }
}
