//! Asking, answering, and reading the answer.

use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

use super::{
    key::DeskKey,
    model::{Answer, Inquiry, Own},
};
use crate::{
    Error, Result,
    app::App,
    auth::token,
    db::{Params, Tx},
    mail::{self, Letter, Link},
};

const ASK: &str = "SELECT number, wait FROM act.ask($1, $2, $3, $4, $5, $6, $7)";
const ASK_SIGNED_IN: &str = "SELECT number, wait FROM act.ask_signed_in($1, $2, $3, $4, $5, $6, $7)";
const MINE: &str =
    "SELECT id, number, category, body, at, state, answer_id, answer, answered_at FROM act.my_inquiries()";
const LINK: &str = "SELECT act.answer_link($1)";
const SEALED: &str =
    "SELECT id, number, category, body, at, answer_id, answer, answered_at FROM act.sealed_answer($1)";
const USE: &str = "SELECT act.use_answer_link($1)";
const QUEUE: &str =
    "SELECT id, number, category, facility, at, state, assigned, first_answer_at FROM op.inquiries($1, $2)";
const ONE: &str = "SELECT id, number, category, facility, signed_in, contact, body, at, state, assigned FROM op.inquiry($1)";
const ANSWERS: &str = "SELECT id, operator, body, at FROM op.inquiry_answers($1)";
const MOVE: &str = "SELECT op.move_inquiry($1, $2)";
const ANSWER: &str = "SELECT op.answer_inquiry($1, $2, $3, $4, $5, $6)";
const FACTS: &str = "SELECT new, waiting, answered, asked, first_answers, mean_seconds FROM act.desk_facts()";
const FACTS_AT_CONSOLE: &str =
    "SELECT new, waiting, answered, asked, first_answers, mean_seconds FROM op.desk_facts()";

/// How name and mail address stand together in one sealed text; neither can hold a line end.
fn contact(inquiry: &Inquiry) -> String {
    format!("{}\n{}", inquiry.name, inquiry.mail)
}

/// What the database says of an id that stands for something else.
pub const OTHER: &str = "client_id_used_for_something_else";

/// Takes an inquiry in; gives its number. `TooMany` where the sender, or everybody together, writes too often. The same
/// client id again answers the first number; with something else in it, it is a `Conflict` ([`OTHER`]) and nothing is taken.
pub async fn ask(app: &App, tx: Option<&mut Tx>, inquiry: &Inquiry, block: &str) -> Result<i64> {
    let (key, id) = (DeskKey::of(app).await?, Uuid::now_v7());
    let fingerprint = key.fingerprint(inquiry.client_id, inquiry)?;
    let (contact, body) = (key.seal(id, "contact", &contact(inquiry)), key.seal(id, "body", &inquiry.body));
    let params: Params<'_> =
        &[&id, &inquiry.client_id, &fingerprint, &inquiry.category, &block, &contact, &body];
    let row = match tx {
        Some(tx) => tx.one(ASK_SIGNED_IN, params).await?,
        None => app.db.anybody(ASK, params).await?.into_iter().next().ok_or(Error::NotFound)?,
    };
    let wait: i32 = row.get(1);
    match row.get::<_, Option<i64>>(0) {
        Some(number) => Ok(number),
        None => Err(Error::TooMany { retry_after: u32::try_from(wait).unwrap_or(600) }),
    }
}

/// The caller's own inquiries with their answers, newest first.
pub async fn mine(app: &App, tx: &mut Tx) -> Result<Vec<Own>> {
    let rows = tx.query(MINE, &[]).await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let key = DeskKey::of(app).await?;
    let mut found: Vec<Own> = Vec::new();
    for r in &rows {
        let id: Uuid = r.get(0);
        if found.last().is_none_or(|last| last.id != id) {
            found.push(Own {
                id,
                number: r.get(1),
                category: r.get(2),
                body: key.open(id, "body", r.get(3))?,
                at: r.get(4),
                state: r.get(5),
                answers: Vec::new(),
            });
        }
        if let (Some(last), Some(answer)) = (found.last_mut(), answer(&key, r, 6)?) {
            last.answers.push(answer);
        }
    }
    Ok(found)
}

/// Answer id, text and time from column `at` on; nothing where there is no answer.
fn answer(key: &DeskKey, r: &Row, at: usize) -> Result<Option<Answer>> {
    let Some(id) = r.get::<_, Option<Uuid>>(at) else { return Ok(None) };
    Ok(Some(Answer { body: key.open(id, "answer", r.get(at + 1))?, at: r.get(at + 2) }))
}

/// What a link from a letter leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerLink {
    Waits,
    /// Somebody has read the answer by it.
    Opened,
    Expired,
}

/// `NotFound` for an invented one. Looking uses nothing up.
pub async fn answer_link(app: &App, link: &str) -> Result<AnswerLink> {
    let rows = app.db.anybody(LINK, &[&token::hash(link).as_slice()]).await?;
    match rows.first().and_then(|r| r.get(0)) {
        Some("waits") => Ok(AnswerLink::Waits),
        Some("opened") => Ok(AnswerLink::Opened),
        Some(_) => Ok(AnswerLink::Expired),
        None => Err(Error::NotFound),
    }
}

/// Opens the answer, and only then uses the link up: of several who do it at once one gets the answer, and when it cannot
/// be opened the link is as good as before. `None`: there is nothing (more) to open.
pub async fn open_answer(app: &App, link: &str) -> Result<Option<Own>> {
    let hash = token::hash(link);
    let rows = app.db.anybody(SEALED, &[&hash.as_slice()]).await?;
    let Some(r) = rows.first() else { return Ok(None) };
    let (key, id): (_, Uuid) = (DeskKey::of(app).await?, r.get(0));
    let own = Own {
        id,
        number: r.get(1),
        category: r.get(2),
        body: key.open(id, "body", r.get(3))?,
        at: r.get(4),
        state: "answered".into(),
        answers: answer(&key, r, 5)?.into_iter().collect(),
    };
    let used = app.db.anybody(USE, &[&hash.as_slice()]).await?;
    Ok(used.first().is_some_and(|r| r.get(0)).then_some(own))
}

/// One line of the queue, without a word of the inquiry.
#[derive(Debug, Clone)]
pub struct Queued {
    pub id: Uuid,
    pub number: i64,
    pub category: String,
    /// `None`: somebody who was not signed in.
    pub facility: Option<String>,
    pub at: Timestamp,
    pub state: String,
    pub assigned: Option<String>,
}

/// What waits longest comes first; of the closed ones the newest.
pub async fn queue(tx: &mut Tx, closed: bool) -> Result<Vec<Queued>> {
    let rows = tx.query(QUEUE, &[&closed, &200_i32]).await?;
    let read = |r: &Row| Queued {
        id: r.get(0),
        number: r.get(1),
        category: r.get(2),
        facility: r.get(3),
        at: r.get(4),
        state: r.get(5),
        assigned: r.get(6),
    };
    Ok(rows.iter().map(read).collect())
}

/// An inquiry as an operator reads it.
#[derive(Clone)]
pub struct Opened {
    pub queued: Queued,
    pub signed_in: bool,
    pub name: String,
    pub mail: String,
    pub body: String,
    pub answers: Vec<(Option<String>, Answer)>,
}

crate::opaque_debug!(Opened);

/// That the operator read it is in the operators' log.
pub async fn opened(app: &App, tx: &mut Tx, id: Uuid) -> Result<Opened> {
    let r = tx.one(ONE, &[&id]).await?;
    let key = DeskKey::of(app).await?;
    let contact = key.open(id, "contact", r.get(5))?;
    let (name, mail) = contact.split_once('\n').unwrap_or((contact.as_str(), ""));
    let mut answers = Vec::new();
    for a in tx.query(ANSWERS, &[&id]).await? {
        let body = key.open(a.get(0), "answer", a.get(2))?;
        answers.push((a.get(1), Answer { body, at: a.get(3) }));
    }
    Ok(Opened {
        queued: Queued {
            id,
            number: r.get(1),
            category: r.get(2),
            facility: r.get(3),
            at: r.get(7),
            state: r.get(8),
            assigned: r.get(9),
        },
        signed_in: r.get(4),
        name: name.to_owned(),
        mail: mail.to_owned(),
        body: key.open(id, "body", r.get(6))?,
        answers,
    })
}

/// `take`, `close` or `reopen`.
pub async fn shift(tx: &mut Tx, id: Uuid, act: &str) -> Result<()> {
    tx.query(MOVE, &[&id, &act]).await.map(drop)
}

/// Answers, and writes a contentless letter with a link where there is an address and a mail server. Ring `app.jobs`
/// after the commit. `answer` is made by the page: sent twice, it is one answer; with another text it is a `Conflict`
/// ([`OTHER`]).
pub async fn reply(app: &App, tx: &mut Tx, to: &Opened, answer: Uuid, text: &str) -> Result<()> {
    let key = DeskKey::of(app).await?;
    let (fingerprint, sealed) = (key.fingerprint(answer, &text)?, key.seal(answer, "answer", text));
    let link = token::fresh();
    let letter = Letter::new("お問い合わせの回答")
        .numbered(to.queued.number)
        .line("お問い合わせに答えました。次のページで読めます(1回だけ、14日のあいだ)。")
        .link(&Link::to(&app.config.base_url, "support/answers").token(&link));
    let address = mail::address(&to.mail).ok().filter(|_| app.config.mail.is_configured());
    let payload = match address {
        Some(address) => Some(mail::payload(app, &address, &letter).await?),
        None => None,
    };
    let hash = token::hash(&link);
    let params: Params<'_> = &[&to.queued.id, &answer, &fingerprint, &sealed, &hash.as_slice(), &payload];
    tx.query(ANSWER, params).await.map(drop)
}

/// How the desk does, measured over three months.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Facts {
    pub new: i64,
    pub waiting: i64,
    pub answered: i64,
    /// Inquiries of the last three months, and those of them that were answered.
    pub asked: i64,
    pub first_answers: i64,
    /// Mean seconds to the first answer; `None` where there was none.
    pub mean_first_answer: Option<f64>,
}

fn facts_of(r: &Row) -> Facts {
    Facts {
        new: r.get(0),
        waiting: r.get(1),
        answered: r.get(2),
        asked: r.get(3),
        first_answers: r.get(4),
        mean_first_answer: r.get(5),
    }
}

/// For documents that are generated.
pub async fn facts(app: &App) -> Result<Facts> {
    let rows = app.db.job(FACTS, &[]).await?;
    rows.first().map(facts_of).ok_or(Error::NotFound)
}

pub async fn facts_at_console(tx: &mut Tx) -> Result<Facts> {
    tx.one(FACTS_AT_CONSOLE, &[]).await.map(|r| facts_of(&r))
}
