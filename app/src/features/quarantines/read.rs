//! What the two may read, through the functions that are for them alone.

use envelope::Aad;
use record::{Content, Kind};
use tokio_postgres::Row;
use uuid::Uuid;

use super::model::{Opened, Quarantine, Seen, State, Traces};
use crate::{
    Error, Result,
    app::App,
    db::Tx,
    features::posts::{self, model::Post},
    seal,
};

const MINE: &str = "SELECT id, group_id, post_id, family, state, at, decided_at, mine, author_id, found_by, second_id, finder, second, hand_on, moved, moved_to, moved_group FROM act.my_quarantines($1)";
const SAID: &str = "SELECT id, kind, envelope FROM act.quarantine_said($1)";
const SEEN: &str = "SELECT name, facility, relative, at FROM act.quarantine_seen($1)";
const TRACES: &str = "SELECT tasks, measured, replies FROM act.quarantine_traces($1)";
/// As rows of any timeline: what else those tell of a post is nothing here.
const TEXTS: &str = "SELECT stream_id, seq, id, group_id, kind, author_id, author, facility_id, facility, at, reply_to, target, NULL::timestamptz AS must_acknowledge_by, envelope, has_files,
    NULL::timestamptz AS confirmed_at, NULL::uuid AS corrected_by, NULL::uuid AS withdrawal, NULL::timestamptz AS withdrawn_at, NULL::uuid AS withdrawn_by, NULL::bytea AS withdrawal_envelope,
    NULL::uuid AS quarantine, NULL::text AS quarantine_state, NULL::timestamptz AS quarantined_at, NULL::uuid AS quarantined_by, false AS quarantine_mine,
    NULL::timestamptz AS written_at, NULL::timestamptz AS hidden_at, NULL::int AS seen_by, 0::bigint AS acknowledgements, false AS mine FROM act.quarantined_texts($1)";

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
        found_by: r.get("found_by"),
        second_id: r.get("second_id"),
        finder: r.get("finder"),
        second: r.get("second"),
        may_hand_on: r.get("hand_on"),
        moved: r.get("moved"),
        moved_to: r.get("moved_to"),
        moved_group: r.get("moved_group"),
    }
}

/// What waits for the caller's word or that of the other one, then what was decided in the last month.
pub async fn mine(tx: &mut Tx) -> Result<Vec<Quarantine>> {
    Ok(tx.query(MINE, &[&None::<Uuid>]).await?.iter().map(one_of).collect())
}

/// What waits for the caller's own word.
pub async fn waiting(tx: &mut Tx) -> Result<Vec<Quarantine>> {
    let mut all = mine(tx).await?;
    all.retain(|q| q.mine && q.state == State::Waiting);
    Ok(all)
}

/// One of the caller's; `NotFound` for everybody else.
pub async fn one(tx: &mut Tx, id: Uuid) -> Result<Quarantine> {
    tx.query(MINE, &[&Some(id)]).await?.first().map(one_of).ok_or(Error::NotFound)
}

/// The same with its texts, what was said about it, whom it reached and what came of it.
pub async fn opened(app: &App, tx: &mut Tx, id: Uuid) -> Result<Opened> {
    let quarantine = one(tx, id).await?;
    let (reason, note) = said(app, tx, &quarantine).await?;
    let texts = texts(app, tx, id).await?;
    let (seen, traces) = tx.both((SEEN, &[&id]), (TRACES, &[&id])).await?;
    let seen = seen.iter().map(seen_of).collect();
    let traces = traces.first().map(traces_of).unwrap_or_default();
    Ok(Opened { quarantine, reason, note, texts, seen, traces })
}

/// Why it was hidden, and the other one's last word.
async fn said(app: &App, tx: &mut Tx, q: &Quarantine) -> Result<(String, Option<String>)> {
    let stream = app.keys.group_streams(tx, q.group_id).await?.receipts;
    let key = app.keys.data_key(tx, stream).await?;
    let (mut reason, mut note) = (String::new(), None);
    for r in tx.query(SAID, &[&q.id]).await? {
        let kind: Kind = r.get::<_, &str>("kind").parse().map_err(Error::internal)?;
        let place = Aad { table: "receipt", stream, row: r.get("id") };
        match seal::open(&key, place, kind, r.get("envelope"))? {
            Content::Quarantined(q) => reason = q.reason,
            Content::QuarantineConfirmed(d) | Content::QuarantineLifted(d) => note = d.note,
            other => return Err(Error::internal(format!("a {} about a quarantine", other.kind()))),
        }
    }
    Ok((reason, note))
}

fn seen_of(r: &Row) -> Seen {
    let relative: bool = r.get("relative");
    let staff = |name: &str| r.get::<_, Option<String>>(name).filter(|_| !relative);
    Seen { name: staff("name"), facility: staff("facility"), relative, at: r.get("at") }
}

/// How many people beside its author had it on the screen before it was hidden.
pub async fn seen_by(tx: &mut Tx, id: Uuid) -> Result<usize> {
    Ok(tx.query(SEEN, &[&id]).await?.len())
}

fn traces_of(r: &Row) -> Traces {
    Traces { tasks: r.get(0), values: r.get(1), replies: r.get(2) }
}

/// What is hidden, oldest first.
pub async fn texts(app: &App, tx: &mut Tx, id: Uuid) -> Result<Vec<Post>> {
    let rows = tx.query(TEXTS, &[&id]).await?;
    posts::read::plain(app, tx, &rows).await
}
