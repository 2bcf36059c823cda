//! The verbs: record a visit, mark one. Pages, API and the sample call these.

use envelope::Aad;
use uuid::Uuid;

use super::{model::Record, rules};
use crate::{
    Result,
    app::App,
    auth::Actor,
    features::posts::{
        self,
        acts::Posted,
        model::{NewPost, Timeline},
    },
    seal,
};

const ADD: &str = "SELECT act.add_visit_record($1, $2)";
const MARK: &str = "SELECT act.mark_visit($1, $2)";

/// Writes the post, then its parts. If this stops between the two, the same client id sent again finds the post and goes on.
pub async fn record(app: &App, who: &Actor, group: Uuid, client_id: Uuid, record: &Record) -> Result<Posted> {
    let new = NewPost::words(Timeline::Team, rules::body(record), client_id);
    let posted = posts::acts::post(app, who, group, new).await?;
    let mut tx = app.db.acting(who).await?;
    let stream = app.keys.group_streams(&mut tx, group).await?.team;
    let key = app.keys.data_key(&mut tx, stream).await?;
    let place = Aad { table: "visit_record", stream, row: posted.post.id };
    let (envelope, _) = seal::seal_words(&key, place, client_id, record)?;
    tx.query_and_commit(ADD, &[&posted.post.id, &envelope]).await?;
    Ok(posted)
}

/// Notes that the caller has visited, without a record: the page before the next visit begins here.
pub async fn mark(app: &App, who: &Actor, group: Uuid, client_id: Uuid) -> Result<()> {
    let tx = app.db.acting(who).await?;
    tx.query_and_commit(MARK, &[&group, &client_id]).await.map(drop)
}
