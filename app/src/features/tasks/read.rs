//! Reading tasks: one statement for a list, decrypted and sorted in memory, because what is due is sealed too.

use envelope::Aad;
use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

use super::{
    model::{Happened, Said, State, Task, Words},
    rules::Part,
};
use crate::{Error, Result, app::App, db::Tx, people::PersonBody, seal, web::input};

/// Closed tasks of a list at most.
pub const LIMIT: i64 = 500;
/// Open tasks are all read before they are sorted by what is due, which is sealed. A group has 300 at most.
pub const MOST_OPEN: i64 = 5_000;

/// With the last event of each: what was said then, and whether leaving did it. $1: one person or NULL; $2: one group or NULL;
/// $3: one task or NULL; $4: open ones, or closed ones, or NULL; $5: how many.
pub const LIST: &str = "SELECT t.id, t.group_id, t.stream_id, t.post_id, t.owner_id, o.name, o.profession, t.made_by, b.name, b.profession, t.state, t.version, t.made_at, t.changed_at,
    t.envelope, e.id, e.kind, e.envelope
  FROM care.task t JOIN care.group_state g ON g.group_id = t.group_id JOIN care.task_event e ON e.task_id = t.id AND e.version = t.version
  JOIN care.person_now o ON o.account_id = t.owner_id JOIN care.person_now b ON b.account_id = t.made_by
  WHERE ($1::uuid IS NULL OR t.owner_id = $1) AND ($2::uuid IS NULL OR t.group_id = $2) AND ($3::uuid IS NULL OR t.id = $3)
    AND ($4::bool IS NULL OR (t.state = 'open') = $4) AND ($2::uuid IS NOT NULL OR $3::uuid IS NOT NULL OR g.archived_at IS NULL)
  ORDER BY CASE WHEN $4 THEN t.made_at END, t.changed_at DESC LIMIT $5";
const EVENTS: &str = "SELECT e.stream_id, e.id, e.kind, e.at, e.author, p.name, e.envelope FROM (SELECT x.*, t.stream_id FROM care.task_event x JOIN care.task t ON t.id = x.task_id
    WHERE x.task_id = $1) e JOIN care.person_now p ON p.account_id = e.owner_id ORDER BY e.version";

/// Open tasks of the caller's that somebody else, or a leaving, has given; the last giving of each, newest first. $1: how many.
const GIVEN: &str = "SELECT x.task_id, x.kind, x.at, x.group_id, p.name FROM (SELECT DISTINCT ON (e.task_id) e.* FROM care.task_event e JOIN care.task t ON t.id = e.task_id AND t.owner_id = e.owner_id AND t.state = 'open'
    WHERE e.owner_id = (SELECT sec.me()) AND e.kind IN ('made', 'handed_over', 'passed_on', 'reopened') AND e.author_id IS DISTINCT FROM e.owner_id ORDER BY e.task_id, e.at DESC) x
  LEFT JOIN care.person_now p ON p.account_id = x.author_id WHERE x.group_id = ANY ((SELECT sec.my_groups())::uuid[]) ORDER BY x.at DESC LIMIT $1";

/// A task that came to the caller.
#[derive(Clone)]
pub struct Given {
    pub task: Uuid,
    /// `made`, `handed_over`, `passed_on` or `reopened`.
    pub kind: String,
    pub at: Timestamp,
    pub group: Uuid,
    /// None where a leaving has passed it on.
    pub by: Option<String>,
}

crate::opaque_debug!(Given);

pub async fn given(tx: &mut Tx, limit: i64) -> Result<Vec<Given>> {
    let rows = tx.query(GIVEN, &[&limit]).await?;
    let one = |r: &Row| Given { task: r.get(0), kind: r.get(1), at: r.get(2), group: r.get(3), by: r.get(4) };
    Ok(rows.iter().map(one).collect())
}

/// Which tasks.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted {
    pub owner: Option<Uuid>,
    pub group: Option<Uuid>,
    pub task: Option<Uuid>,
    /// Open ones or closed ones; both, if left out.
    pub open: Option<bool>,
}

const ME: &str = "SELECT sec.me()";

/// Whoever asks; by a token too, which has no frame of a page.
pub async fn me(tx: &mut Tx) -> Result<Uuid> {
    Ok(tx.one(ME, &[]).await?.get(0))
}

/// Open ones by what is due, closed ones by when they were closed.
pub async fn list(app: &App, tx: &mut Tx, wanted: Wanted) -> Result<Vec<Task>> {
    let limit = if wanted.open == Some(true) { MOST_OPEN } else { LIMIT };
    let rows = tx.query(LIST, &[&wanted.owner, &wanted.group, &wanted.task, &wanted.open, &limit]).await?;
    opened(app, tx, &rows, wanted).await
}

/// Rows of [`LIST`], in its order.
pub async fn opened(app: &App, tx: &mut Tx, rows: &[Row], wanted: Wanted) -> Result<Vec<Task>> {
    let streams: Vec<Uuid> = rows.iter().map(|r| r.get(2)).collect();
    app.keys.data_keys(tx, &streams).await?;
    let now = Timestamp::now();
    let mut tasks = rows.iter().map(|row| task(app, row, now)).collect::<Result<Vec<_>>>()?;
    if wanted.open == Some(true) {
        tasks.sort_by_key(|t| (t.due.order(), t.id));
    }
    Ok(tasks)
}

/// One task, or `NotFound`.
pub async fn one(app: &App, tx: &mut Tx, task: Uuid) -> Result<Task> {
    list(app, tx, Wanted { task: Some(task), ..Wanted::default() }).await?.pop().ok_or(Error::NotFound)
}

/// What is overdue or due today.
pub fn pressing(tasks: &[Task], now: Timestamp) -> Vec<&Task> {
    tasks.iter().filter(|t| t.due.part(now) <= Part::Today).collect()
}

fn task(app: &App, r: &Row, now: Timestamp) -> Result<Task> {
    let (id, stream, event): (Uuid, Uuid, Uuid) = (r.get(0), r.get(2), r.get(15));
    let key = app.keys.cached_data_key(stream).ok_or_else(|| Error::internal("the keys were just read"))?;
    let words: Words = seal::open_words(&key, Aad { table: "task", stream, row: id }, r.get(14))?;
    let (kind, said): (&str, Option<&[u8]>) = (r.get(16), r.get(17));
    let text = match said {
        Some(sealed) if !matches!(kind, "made" | "changed") => {
            let said: Said = seal::open_words(&key, Aad { table: "task_event", stream, row: event }, sealed)?;
            Some(said.text).filter(|text| !text.is_empty())
        }
        _ => None,
    };
    let state = State::from_code(r.get(10));
    Ok(Task {
        id,
        group_id: r.get(1),
        post_id: r.get(3),
        what: words.what,
        due_date: words.due.day.to_string(),
        due_time: words.due.time.map(input::clock_value),
        overdue: state == State::Open && words.due.part(now) == Part::Overdue,
        owner: PersonBody { id: r.get(4), name: r.get(5), profession: r.get(6) },
        made_by: PersonBody { id: r.get(7), name: r.get(8), profession: r.get(9) },
        state,
        text,
        passed_on: kind == "passed_on",
        version: r.get(11),
        made_at: r.get(12),
        changed_at: r.get(13),
        due: words.due,
    })
}

/// Everything that happened to a task, oldest first.
pub async fn history(app: &App, tx: &mut Tx, task: Uuid) -> Result<Vec<Happened>> {
    let rows = tx.query(EVENTS, &[&task]).await?;
    let authors: Vec<Uuid> = rows.iter().filter_map(|r| r.get(4)).collect();
    app.people.learn(tx, &authors, &[]).await?;
    let mut all = Vec::with_capacity(rows.len());
    for r in &rows {
        let (stream, event, kind): (Uuid, Uuid, String) = (r.get(0), r.get(1), r.get(2));
        let key = app.keys.data_key(tx, stream).await?;
        let place = Aad { table: "task_event", stream, row: event };
        let (mut text, mut words) = (None, None);
        if let Some(sealed) = r.get::<_, Option<&[u8]>>(6) {
            if matches!(kind.as_str(), "made" | "changed") {
                words = Some(seal::open_words::<Words>(&key, place, sealed)?);
            } else {
                let said: Said = seal::open_words(&key, place, sealed)?;
                text = Some(said.text).filter(|t| !t.is_empty());
            }
        }
        all.push(Happened {
            kind,
            at: r.get(3),
            by: r.get::<_, Option<Uuid>>(4).map(|author| app.people.person(author).name.clone()),
            owner: r.get(5),
            text,
            words,
        });
    }
    Ok(all)
}
