//! Giving and taking back, pinning and unpinning, keeping and forgetting. Each again is fine and writes nothing.

use envelope::seal_text;
use record::{Content, Pinned, Stamp, Stamped};
use uuid::Uuid;

use super::{
    model::{MAX_NOTE, code},
    read, store,
};
use crate::{Error, Result, app::App, auth::Actor, features::posts::store::target, web::input};

/// Puts a stamp on a post, or takes it back.
pub async fn stamp(app: &App, who: &Actor, post: Uuid, stamp: Stamp, on: bool) -> Result<()> {
    let mut tx = app.db.acting(who).await?;
    let of = target(&mut tx, post).await?;
    let content = Stamped { post, stamp };
    let content = if on { Content::Stamped(content) } else { Content::Unstamped(content) };
    let s = app.keys.seal_receipt(&mut tx, of.group, Uuid::new_v4(), &content, &[]).await?;
    let rows = tx
        .query_and_commit(
            store::STAMP,
            &[&post, &code(stamp), &on, &s.id, &s.client_id, &s.commitment, &s.envelope],
        )
        .await?;
    wake(app, rows.first().is_some_and(|r| r.get(0)));
    Ok(())
}

/// Pins a post above the timeline, or unpins it.
///
/// # Errors
/// `Conflict("five_pins_already")`; `Forbidden` for another's pin; `Conflict("archived")`.
pub async fn pin(app: &App, who: &Actor, post: Uuid, on: bool) -> Result<()> {
    let mut tx = app.db.acting(who).await?;
    let of = target(&mut tx, post).await?;
    let content = if on { Content::Pinned(Pinned { post }) } else { Content::Unpinned(Pinned { post }) };
    let s = app.keys.seal_receipt(&mut tx, of.group, Uuid::new_v4(), &content, &[]).await?;
    let rows = tx
        .query_and_commit(store::PIN, &[&post, &on, &s.id, &s.client_id, &s.commitment, &s.envelope])
        .await?;
    wake(app, rows.first().is_some_and(|r| r.get(0)));
    Ok(())
}

fn wake(app: &App, changed: bool) {
    if changed {
        app.hub.wake();
    }
}

/// Keeps a post for the caller alone; a note takes the place of the one before.
pub async fn bookmark(app: &App, who: &Actor, post: Uuid, note: &str) -> Result<()> {
    let note = input::optional_text("note", note, MAX_NOTE).map_err(|e| Error::Invalid(vec![e]))?;
    let mut tx = app.db.acting(who).await?;
    let of = target(&mut tx, post).await?;
    let id = Uuid::now_v7();
    let sealed = if note.is_empty() {
        None
    } else {
        let key = app.keys.data_key(&mut tx, of.stream).await?;
        Some(seal_text(&key, &read::place(of.stream, id), "note", &note))
    };
    tx.query_and_commit(store::BOOKMARK, &[&post, &true, &id, &sealed]).await.map(drop)
}

/// Forgets it, with its note.
pub async fn forget(app: &App, who: &Actor, post: Uuid) -> Result<()> {
    let mut tx = app.db.acting(who).await?;
    target(&mut tx, post).await?;
    let (id, note) = (Uuid::now_v7(), None::<Vec<u8>>);
    tx.query_and_commit(store::BOOKMARK, &[&post, &false, &id, &note]).await.map(drop)
}
