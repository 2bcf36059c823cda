//! What the two may read.

use envelope::Aad;
use record::{Content, Kind};
use tokio_postgres::Row;
use uuid::Uuid;

use super::model::{Opened, Quarantine, State, Traces};
use crate::{
    Error, Result,
    app::App,
    db::Tx,
    features::posts::{self, model::Post},
    seal,
};

const MINE: &str = "SELECT id, group_id, post_id, family, state, at, decided_at, mine, author_id, second_id, finder, second, said_at, decided_said_at, moved_to, moved_group FROM act.my_quarantines($1)";
const SAID: &str = "SELECT r.id, r.kind, r.envelope FROM care.receipt r WHERE r.stream_id = $1 AND r.seq = ANY ($2) ORDER BY r.seq";
const TRACES: &str = "SELECT tasks, measured, replies, relatives FROM act.quarantine_traces($1)";
const TEXTS: &str = "SELECT x.post_id FROM care.quarantined_post x WHERE x.quarantine_id = $1 AND x.kind <> 'withdrawal' ORDER BY x.at";

fn one_of(r: &Row) -> Quarantine {
    Quarantine {
        id: r.get("id"),
        group_id: r.get("group_id"),
        post_id: r.get("post_id"),
        family: r.get("family"),
        state: State::of(r.get("state")),
        at: r.get("at"),
        decided_at: r.get("decided_at"),
        mine: r.get("mine"),
        author_id: r.get("author_id"),
        second_id: r.get("second_id"),
        finder: r.get("finder"),
        second: r.get("second"),
        moved_to: r.get("moved_to"),
        moved_group: r.get("moved_group"),
    }
}

/// What waits for the caller's word or that of the other one, then what was decided in the last month.
pub async fn mine(tx: &mut Tx) -> Result<Vec<Quarantine>> {
    Ok(tx.query(MINE, &[&None::<Uuid>]).await?.iter().map(one_of).collect())
}

/// One of the caller's; `NotFound` for everybody else.
pub async fn one(tx: &mut Tx, id: Uuid) -> Result<Quarantine> {
    tx.query(MINE, &[&Some(id)]).await?.first().map(one_of).ok_or(Error::NotFound)
}

/// The same with what was said about it, and what came of it.
pub async fn opened(app: &App, tx: &mut Tx, id: Uuid) -> Result<Opened> {
    let rows = tx.query(MINE, &[&Some(id)]).await?;
    let row = rows.first().ok_or(Error::NotFound)?;
    let quarantine = one_of(row);
    let said: Vec<i64> =
        [Some(row.get("said_at")), row.get("decided_said_at")].into_iter().flatten().collect();
    let stream = app.keys.group_streams(tx, quarantine.group_id).await?.receipts;
    let key = app.keys.data_key(tx, stream).await?;
    let (records, traces) = tx.both((SAID, &[&stream, &said]), (TRACES, &[&id])).await?;
    let (mut reason, mut note) = (String::new(), None);
    for r in &records {
        let kind: Kind = r.get::<_, &str>("kind").parse().map_err(Error::internal)?;
        let place = Aad { table: "receipt", stream, row: r.get("id") };
        match seal::open(&key, place, kind, r.get("envelope"))? {
            Content::Quarantined(q) => reason = q.reason,
            Content::QuarantineConfirmed(d) | Content::QuarantineLifted(d) => note = d.note,
            other => return Err(Error::internal(format!("a {} about a quarantine", other.kind()))),
        }
    }
    let traces = traces.first().map(traces_of).unwrap_or_default();
    Ok(Opened { quarantine, reason, note, traces })
}

fn traces_of(r: &Row) -> Traces {
    Traces { tasks: r.get(0), values: r.get(1), replies: r.get(2), relatives: r.get(3) }
}

/// The texts that are hidden, oldest first: the post, its corrections, what the family was shown. Withdrawn ones too.
pub async fn texts(app: &App, tx: &mut Tx, id: Uuid) -> Result<Vec<Post>> {
    let ids: Vec<Uuid> = tx.query(TEXTS, &[&id]).await?.iter().map(|r| r.get(0)).collect();
    let mut texts = posts::read::some(app, tx, &ids, true).await?;
    texts.sort_by_key(|post| (post.created_at, post.seq));
    Ok(texts)
}
