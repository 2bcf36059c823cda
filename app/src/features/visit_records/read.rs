//! Reading visit records: one statement for a list.

use envelope::Aad;
use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

use super::model::Listed;
use crate::{Result, app::App, db::Tx, seal};

/// The latest of a group that nobody has withdrawn or corrected. Row security on posts decides. $2: how many.
pub const LATEST: &str = "SELECT r.post_id, r.stream_id, r.at, p.author, p.facility, r.envelope FROM care.visit_record r JOIN care.post p ON p.id = r.post_id
  WHERE r.group_id = $1 AND NOT EXISTS (SELECT 1 FROM care.post x WHERE x.target = p.id) ORDER BY r.at DESC, r.post_id DESC LIMIT $2";

pub async fn latest(app: &App, tx: &mut Tx, group: Uuid, limit: i64) -> Result<Vec<Listed>> {
    let rows = tx.query(LATEST, &[&group, &limit]).await?;
    opened(app, tx, &rows).await
}

/// Those before one of them, in the same order. $3 and $4: its time and post.
const OLDER: &str = "SELECT r.post_id, r.stream_id, r.at, p.author, p.facility, r.envelope FROM care.visit_record r JOIN care.post p ON p.id = r.post_id
  WHERE r.group_id = $1 AND (r.at, r.post_id) < ($3, $4) AND NOT EXISTS (SELECT 1 FROM care.post x WHERE x.target = p.id) ORDER BY r.at DESC, r.post_id DESC LIMIT $2";

/// `before`: time and post of the last one that was shown.
pub async fn older(
    app: &App,
    tx: &mut Tx,
    group: Uuid,
    limit: i64,
    (at, post): (Timestamp, Uuid),
) -> Result<Vec<Listed>> {
    let rows = tx.query(OLDER, &[&group, &limit, &at, &post]).await?;
    opened(app, tx, &rows).await
}

pub async fn opened(app: &App, tx: &mut Tx, rows: &[Row]) -> Result<Vec<Listed>> {
    let authors: Vec<Uuid> = rows.iter().map(|r| r.get(3)).collect();
    let facilities: Vec<Uuid> = rows.iter().map(|r| r.get(4)).collect();
    app.people.learn(tx, &authors, &facilities).await?;
    let mut all = Vec::with_capacity(rows.len());
    for r in rows {
        let (post, stream): (Uuid, Uuid) = (r.get(0), r.get(1));
        let key = app.keys.data_key(tx, stream).await?;
        let author = app.people.person(r.get(3));
        all.push(Listed {
            post,
            author: author.name.clone(),
            profession: author.profession.clone(),
            facility: app.people.facility(r.get(4)).name.clone(),
            written_at: r.get(2),
            record: seal::open_words(&key, Aad { table: "visit_record", stream, row: post }, r.get(5))?,
        });
    }
    Ok(all)
}

const ONE: &str = "SELECT r.post_id, r.stream_id, r.at, p.author, p.facility, r.envelope, r.group_id FROM care.visit_record r JOIN care.post p ON p.id = r.post_id WHERE r.post_id = $1";

/// One, with its group, or `NotFound`.
pub async fn one(app: &App, tx: &mut Tx, post: Uuid) -> Result<(Uuid, Listed)> {
    let row = tx.one(ONE, &[&post]).await?;
    let group = row.get(6);
    let listed = opened(app, tx, &[row]).await?.pop();
    Ok((group, listed.ok_or(crate::Error::NotFound)?))
}
