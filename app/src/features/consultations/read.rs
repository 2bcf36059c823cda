//! Reading consultations: one statement for a group's, the names behind it at most one more.

use envelope::{Aad, open_text};
use tokio_postgres::Row;
use uuid::Uuid;

use super::{
    model::{Changed, Consultation, State},
    rules,
};
use crate::{
    Error, Result,
    app::App,
    db::Tx,
    features::{groups::model::Role, posts::model::Author},
};

/// Consultations of one list at most; the older ones are in the timeline.
const LIMIT: i64 = 200;

macro_rules! consultations {
    ($which:literal) => {
        concat!(
            "SELECT x.id, x.group_id, x.stream_id, x.post_id, x.title, x.at, x.opened_by, p.author, p.facility, e.state, e.n, e.words, e.account, e.at AS changed_at, e.post_id AS change_post,
    (SELECT count(*) FROM care.post r WHERE r.reply_to = x.post_id AND r.kind <> 'withdrawal') AS replies, x.opened_by = (SELECT sec.me()) AS mine,
    EXISTS (SELECT 1 FROM care.post w WHERE w.target = x.post_id AND w.kind = 'withdrawal') AS withdrawn,
    EXISTS (SELECT 1 FROM care.post w WHERE w.target = e.post_id AND w.kind = 'withdrawal') AS change_withdrawn
  FROM care.consultation x JOIN care.post p ON p.id = x.post_id
  LEFT JOIN LATERAL (SELECT y.* FROM care.consultation_event y WHERE y.consultation_id = x.id ORDER BY y.n DESC LIMIT 1) e ON true WHERE ", $which)
    };
}
const OF_GROUP: &str = consultations!(
    "x.group_id = $1 AND ($2::text IS NULL OR coalesce(e.state, 'open') = $2) ORDER BY coalesce(e.state, 'open') = 'closed', x.at DESC LIMIT $3"
);
const ONE: &str = consultations!("x.id = $1");

/// Those of a group, the open ones first. The caller has asked for the [`Role`] first.
pub async fn of_group(
    tx: &mut Tx,
    app: &App,
    group: Uuid,
    state: Option<State>,
    role: Role,
) -> Result<Vec<Consultation>> {
    let rows = tx.query(OF_GROUP, &[&group, &state.map(State::code), &LIMIT]).await?;
    decode(tx, app, &rows, role).await
}

/// One, by a member of its group; `NotFound` for everybody else.
pub async fn one(tx: &mut Tx, app: &App, id: Uuid) -> Result<Consultation> {
    let row = tx.one(ONE, &[&id]).await?;
    let role = crate::features::groups::read::role(tx, row.get("group_id")).await?;
    decode(tx, app, &[row], role).await?.pop().ok_or(Error::NotFound)
}

async fn decode(tx: &mut Tx, app: &App, rows: &[Row], role: Role) -> Result<Vec<Consultation>> {
    let streams: Vec<Uuid> = rows.iter().map(|r| r.get("stream_id")).collect();
    app.keys.data_keys(tx, &streams).await?;
    let changers = rows.iter().filter_map(|r| r.get::<_, Option<Uuid>>("account"));
    let authors: Vec<Uuid> = rows.iter().map(|r| r.get("author")).chain(changers).collect();
    let facilities: Vec<Uuid> = rows.iter().map(|r| r.get("facility")).collect();
    app.people.learn(tx, &authors, &facilities).await?;
    rows.iter().map(|r| consultation(app, r, role)).collect()
}

fn consultation(app: &App, r: &Row, role: Role) -> Result<Consultation> {
    let (id, stream): (Uuid, Uuid) = (r.get("id"), r.get("stream_id"));
    let key = app.keys.cached_data_key(stream).ok_or_else(|| Error::internal("the keys were just read"))?;
    let opener = app.people.person(r.get("author"));
    let facility = app.people.facility(r.get("facility"));
    // What a post does not say any more, the list does not say either.
    let words_of = |field: &'static str, gone: &str| {
        if r.get(gone) {
            return Ok(None);
        }
        open_text(&key, &place(stream, id), field, r.get(field)).map(Some).map_err(Error::internal)
    };
    let changed = match r.get::<_, Option<&[u8]>>("words") {
        None => None,
        Some(_) => Some(Changed {
            by: app.people.person(r.get("account")).name.clone(),
            at: r.get("changed_at"),
            words: words_of("words", "change_withdrawn")?,
            post_id: r.get("change_post"),
        }),
    };
    let closed = r.get::<_, Option<&str>>("state") == Some("closed");
    Ok(Consultation {
        id,
        group_id: r.get("group_id"),
        post_id: r.get("post_id"),
        title: words_of("title", "withdrawn")?,
        state: if closed { State::Closed } else { State::Open },
        opened_by: Author {
            id: opener.account_id,
            name: opener.name.clone(),
            reading: opener.reading.clone(),
            profession: opener.profession.clone(),
            facility: facility.name.clone(),
            facility_id: facility.facility_id,
            relation: None,
        },
        opened_at: r.get("at"),
        replies: r.get("replies"),
        changed,
        may_set: rules::may_set(r.get("mine"), role),
    })
}

/// Where title and results are sealed: under the team stream's key, in the row of the consultation.
pub fn place(stream: Uuid, consultation: Uuid) -> Aad {
    Aad { table: "consultation", stream, row: consultation }
}
