//! What operators do with an incident, and what the facilities and the public read of it.

use jiff::Timestamp;
use serde_json::Value;
use tokio_postgres::Row;
use uuid::Uuid;

use super::model::{Affected, Answers, Assessment, Contact, Incident, Scope, Step, StepKind, nine};
use crate::{
    Error, Result,
    app::App,
    db::Tx,
    mail::{self, Letter, Link},
};

const OPEN: &str = "SELECT op.open_incident($1, $2, $3, $4, $5, $6, $7, $8)";
const ASSESS: &str = "SELECT op.assess_incident($1, $2, $3, $4, $5, $6, $7)";
const STEP: &str = "SELECT op.take_step($1, $2, $3, $4)";
const FIND: &str = "SELECT op.find_affected($1, $2, $3, $4, $5, $6, $7, $8)";
const SAVE_REPORT: &str = "SELECT op.save_report($1, $2, $3)";
const TELL: &str = "SELECT op.tell_facilities($1, $2, $3, $4)";
const PUBLISH: &str = "SELECT op.publish_incident($1, $2, $3, $4, $5)";
const ALL: &str = "SELECT id, drill, known_at, assessment, title, kind, improper, reached, note, closed FROM op.incidents()";
const STEPS: &str = "SELECT incident_id, kind, happened_at, at, note, scope, report, letters, operator FROM op.incident_steps($1)";
const REPORTS: &str = "SELECT version, answers, at, operator FROM op.incident_report($1)";
const PUBLICATIONS: &str = "SELECT version, title, body, withdrawn, at FROM op.incident_publication($1)";
const SCOPES: &str = "SELECT version, from_at, to_at, accounts, sessions, devices, facilities, patients FROM op.incident_scopes($1)";
const AFFECTED: &str =
    "SELECT patient_id, facility_id, facility, how, acts, events, first_at, last_at FROM op.affected($1, $2)";
const CONTACTS: &str = "SELECT facility_id, facility, kind, phone, person, contact_phone, mail, admins, opened, listed FROM op.incident_contacts($1, $2)";
const ACCOUNTS: &str = "SELECT login_id, account_id FROM op.accounts_of($1)";

/// Opens an incident; the same id again changes nothing.
pub async fn open(tx: &mut Tx, id: Uuid, drill: bool, known_at: Timestamp, said: &Assessment) -> Result<()> {
    let reached = codes(said);
    tx.query(
        OPEN,
        &[&id, &drill, &known_at, &said.title, &said.kind.code(), &said.improper, &reached, &said.note],
    )
    .await
    .map(drop)
}

fn codes(said: &Assessment) -> Vec<&'static str> {
    said.reached.iter().map(|r| r.code()).collect()
}

/// A new version of what the incident is taken to be. `Stale` where somebody else was first.
pub async fn assess(tx: &mut Tx, id: Uuid, seen: i32, said: &Assessment) -> Result<()> {
    let reached = codes(said);
    tx.query(ASSESS, &[&id, &seen, &said.title, &said.kind.code(), &said.improper, &reached, &said.note])
        .await
        .map(drop)
}

/// Writes down that something was done at `happened`. `Conflict` for what was done already, or after the end.
pub async fn take_step(tx: &mut Tx, id: Uuid, kind: StepKind, happened: Timestamp, note: &str) -> Result<()> {
    tx.query(STEP, &[&id, &kind.code(), &happened, &note]).await.map(drop)
}

/// Computes who was affected from the access log; gives the version of the list.
pub async fn find_affected(tx: &mut Tx, id: Uuid, s: &Scope) -> Result<i32> {
    let found = tx
        .one(FIND, &[&id, &s.from, &s.to, &s.accounts, &s.sessions, &s.devices, &s.facilities, &s.patients])
        .await?;
    Ok(found.get(0))
}

/// Accounts by their sign-in IDs, folded by the caller; those that do not exist are missing.
pub async fn accounts_of(tx: &mut Tx, logins: &[String]) -> Result<Vec<(String, Uuid)>> {
    Ok(tx.query(ACCOUNTS, &[&logins]).await?.iter().map(|r| (r.get(0), r.get(1))).collect())
}

pub async fn save_report(tx: &mut Tx, id: Uuid, seen: i32, answers: &Answers) -> Result<i32> {
    let answers: Vec<&str> = answers.iter().map(String::as_str).collect();
    Ok(tx.one(SAVE_REPORT, &[&id, &seen, &answers]).await?.get(0))
}

/// Opens the list to the admins of every affected facility and writes to their contacts; a drill writes to nobody.
/// Gives the number of letters. They leave after the commit: ring `app.jobs`.
pub async fn tell_facilities(
    app: &App,
    tx: &mut Tx,
    incident: &Incident,
    scope: i32,
    report: i32,
) -> Result<usize> {
    let contacts = if incident.drill { Vec::new() } else { contacts(tx, incident.id, scope).await? };
    let letter = Letter::new("患者さんの情報に関わる連絡があります")
        .line("連携にサインインして、内容を確かめてください。")
        .line("このメールには、患者さんのことは書いていません。")
        .link(&Link::to(&app.config.base_url, "facility/incidents").id(incident.id));
    let mut letters: Vec<Value> = Vec::new();
    for to in contacts.iter().filter_map(|c| mail::address(&c.mail).ok()) {
        if app.config.mail.is_configured() {
            letters.push(mail::payload(app, &to, &letter).await?);
        }
    }
    let number = letters.len();
    tx.query(TELL, &[&incident.id, &scope, &report, &Value::from(letters)]).await?;
    Ok(number)
}

pub async fn publish(
    tx: &mut Tx,
    id: Uuid,
    seen: i32,
    title: &str,
    body: &str,
    withdrawn: bool,
) -> Result<()> {
    tx.query(PUBLISH, &[&id, &seen, &title, &body, &withdrawn]).await.map(drop)
}

/// Newest first.
pub async fn all(tx: &mut Tx) -> Result<Vec<Incident>> {
    Ok(tx.query(ALL, &[]).await?.iter().map(Incident::read).collect())
}

pub async fn one(tx: &mut Tx, id: Uuid) -> Result<Incident> {
    all(tx).await?.into_iter().find(|i| i.id == id).ok_or(Error::NotFound)
}

/// In the order in which they were written down; of every incident where none is named.
pub async fn steps(tx: &mut Tx, incident: Option<Uuid>) -> Result<Vec<Step>> {
    Ok(tx.query(STEPS, &[&incident]).await?.iter().map(Step::read).collect())
}

/// One version of the report.
#[derive(Debug, Clone)]
pub struct Report {
    pub version: i32,
    pub answers: Answers,
    pub at: Timestamp,
    pub operator: Option<String>,
}

/// Newest first.
pub async fn reports(tx: &mut Tx, incident: Uuid) -> Result<Vec<Report>> {
    let rows = tx.query(REPORTS, &[&incident]).await?;
    let read = |r: &Row| {
        Ok(Report { version: r.get(0), answers: nine(r.get(1))?, at: r.get(2), operator: r.get(3) })
    };
    rows.iter().map(read).collect()
}

/// One version of what stands on the public page.
#[derive(Debug, Clone)]
pub struct Publication {
    pub version: i32,
    pub title: String,
    pub body: String,
    pub withdrawn: bool,
    pub at: Timestamp,
}

/// Newest first.
pub async fn publications(tx: &mut Tx, incident: Uuid) -> Result<Vec<Publication>> {
    let rows = tx.query(PUBLICATIONS, &[&incident]).await?;
    let read = |r: &Row| Publication {
        version: r.get(0),
        title: r.get(1),
        body: r.get(2),
        withdrawn: r.get(3),
        at: r.get(4),
    };
    Ok(rows.iter().map(read).collect())
}

/// What was asked of the access log, newest first.
pub async fn scopes(tx: &mut Tx, incident: Uuid) -> Result<Vec<Scope>> {
    let rows = tx.query(SCOPES, &[&incident]).await?;
    let read = |r: &Row| Scope {
        version: r.get(0),
        from: r.get(1),
        to: r.get(2),
        accounts: r.get(3),
        sessions: r.get(4),
        devices: r.get(5),
        facilities: r.get(6),
        patients: r.get(7),
    };
    Ok(rows.iter().map(read).collect())
}

/// Ids, facilities and counts; that the operator looked is in the operators' log.
pub async fn affected(tx: &mut Tx, incident: Uuid, scope: i32) -> Result<Vec<Affected>> {
    let rows = tx.query(AFFECTED, &[&incident, &scope]).await?;
    let read = |r: &Row| Affected {
        patient: r.get(0),
        facility: r.get(1),
        facility_name: r.get(2),
        opened: r.get::<_, &str>(3) == "opened",
        acts: r.get(4),
        events: r.get(5),
        first: r.get(6),
        last: r.get(7),
    };
    Ok(rows.iter().map(read).collect())
}

/// The phone list of an incident: the facilities of its list, with whom to call.
pub async fn contacts(tx: &mut Tx, incident: Uuid, scope: i32) -> Result<Vec<Contact>> {
    let rows = tx.query(CONTACTS, &[&incident, &scope]).await?;
    let text = |r: &Row, n: usize| r.get::<_, Option<String>>(n).unwrap_or_default();
    let read = |r: &Row| Contact {
        facility: r.get(0),
        name: r.get(1),
        kind: r.get(2),
        phone: text(r, 3),
        person: text(r, 4),
        contact_phone: text(r, 5),
        mail: text(r, 6),
        admins: r.get(7),
        opened: r.get(8),
        listed: r.get(9),
    };
    Ok(rows.iter().map(read).collect())
}

const MINE: &str = "SELECT id, drill, title, kind, known_at, told_at FROM act.my_incidents()";
const MY_ONE: &str = "SELECT title, drill, kind, known_at, told_at, answers FROM act.my_incident($1)";
const MY_AFFECTED: &str =
    "SELECT patient_id, how, acts, events, first_at, last_at FROM act.my_affected($1, $2)";
const MY_CONTACT: &str = "SELECT person, phone, mail FROM act.my_contact()";
const SET_CONTACT: &str = "SELECT act.set_contact($1, $2, $3)";
const PUBLIC: &str = "SELECT id, title, body, at, first_at, version FROM act.public_incidents()";

/// An incident that the facility was told of.
#[derive(Debug, Clone)]
pub struct Told {
    pub id: Uuid,
    pub drill: bool,
    pub title: String,
    pub known_at: Timestamp,
    pub told_at: Timestamp,
}

/// `Forbidden` for everybody but the facility's admin.
pub async fn mine(tx: &mut Tx) -> Result<Vec<Told>> {
    let rows = tx.query(MINE, &[]).await?;
    let read = |r: &Row| Told {
        id: r.get(0),
        drill: r.get(1),
        title: r.get(2),
        known_at: r.get(4),
        told_at: r.get(5),
    };
    Ok(rows.iter().map(read).collect())
}

/// One of them with the report's answers; it counts as seen from here on.
pub async fn my_one(tx: &mut Tx, id: Uuid) -> Result<(Told, Answers)> {
    let r = tx.one(MY_ONE, &[&id]).await?;
    let told = Told { id, title: r.get(0), drill: r.get(1), known_at: r.get(3), told_at: r.get(4) };
    Ok((told, nine(r.get(5))?))
}

/// A patient of the caller's own facility; the name is opened by the caller.
#[derive(Debug, Clone)]
pub struct Mine {
    pub patient: Uuid,
    pub opened: bool,
    pub acts: Vec<String>,
    pub events: i64,
    pub first: Timestamp,
    pub last: Timestamp,
}

/// The facility's own patients of the list. `act` is what the access log calls this reading.
pub async fn my_affected(tx: &mut Tx, id: Uuid, act: &str) -> Result<Vec<Mine>> {
    let rows = tx.query(MY_AFFECTED, &[&id, &act]).await?;
    let read = |r: &Row| Mine {
        patient: r.get(0),
        opened: r.get::<_, &str>(1) == "opened",
        acts: r.get(2),
        events: r.get(3),
        first: r.get(4),
        last: r.get(5),
    };
    Ok(rows.iter().map(read).collect())
}

/// Whom operators call when something happens: name, telephone, mail address.
pub async fn my_contact(tx: &mut Tx) -> Result<Option<(String, String, String)>> {
    Ok(tx.query(MY_CONTACT, &[]).await?.first().map(|r| (r.get(0), r.get(1), r.get(2))))
}

pub async fn set_contact(tx: &mut Tx, person: &str, phone: &str, mail: &str) -> Result<()> {
    tx.query(SET_CONTACT, &[&person, &phone, &mail]).await.map(drop)
}

/// What everybody may read about an incident.
#[derive(Debug, Clone)]
pub struct Public {
    pub id: Uuid,
    pub title: String,
    pub body: String,
    pub at: Timestamp,
    pub first_at: Timestamp,
    pub version: i32,
}

/// Newest first.
pub async fn public(app: &App) -> Result<Vec<Public>> {
    let rows = app.db.anybody(PUBLIC, &[]).await?;
    let read = |r: &Row| Public {
        id: r.get(0),
        title: r.get(1),
        body: r.get(2),
        at: r.get(3),
        first_at: r.get(4),
        version: r.get(5),
    };
    Ok(rows.iter().map(read).collect())
}

/// Measured facts for documents that are generated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// Incidents that were no drill, by whether personal data was concerned.
    pub breaches: u32,
    pub others: u32,
    pub open: u32,
    /// When the last drill began to be walked through.
    pub last_drill: Option<Timestamp>,
}

const FACTS: &str = "SELECT drill, kind, closed, known_at FROM act.incidents()";

pub async fn facts(app: &App) -> Result<Facts> {
    let mut facts = Facts { breaches: 0, others: 0, open: 0, last_drill: None };
    for r in app.db.job(FACTS, &[]).await? {
        let (drill, kind, closed): (bool, &str, bool) = (r.get(0), r.get(1), r.get(2));
        if drill {
            facts.last_drill = facts.last_drill.max(Some(r.get(3)));
            continue;
        }
        let other = matches!(kind, "outage" | "other");
        facts.breaches += u32::from(!other);
        facts.others += u32::from(other);
        facts.open += u32::from(!closed);
    }
    Ok(facts)
}
