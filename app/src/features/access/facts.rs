//! The facts as the database has them.

use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

use crate::{Result, app::App, db::Tx};

macro_rules! columns {
    () => {
        "name, profession, facility_name, tie, tie_kind, tie_at, tie_by, role, since, until, from_seq, ended_at, joined_at, joined_by,
  approved_at, approved_by, ended_kind, ended_by, invitation, invited_at, invited_by, archived_at, mode, mode_since, manages"
    };
}

const FACTS: &str = concat!("SELECT ", columns!(), " FROM act.access_facts($1, $2)");
const WHY: &str = concat!("SELECT ", columns!(), " FROM act.why($1, $2)");
const KNOWN: &str = "SELECT 1 FROM care.groups g WHERE g.id = $1";
const GROUPS: &str = "SELECT group_id, owner_name, ended FROM act.access_groups($1)";

/// When, and by whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    pub at: Timestamp,
    /// A name as of today.
    pub by: String,
}

#[derive(Debug, Clone)]
pub struct Facts {
    pub name: String,
    pub profession: String,
    /// Through which the person comes; `None` for who never had to do with the group.
    pub facility: Option<String>,
    /// State of the tie with it: `active`, `suspended` or `left`.
    pub tie: Option<String>,
    /// The last thing that happened to the tie: `joined`, `suspended`, `resumed`, `left` …
    pub tie_changed: Option<(String, Done)>,
    pub membership: Option<Membership>,
    /// The newest invitation's state.
    pub invitation: Option<(String, Done)>,
    pub archived_at: Option<Timestamp>,
    /// A service mode other than the ordinary one.
    pub mode: Option<(String, Timestamp)>,
    /// Administrates the facility that manages the group: sees who is in, whatever the rest says.
    pub manages: bool,
}

#[derive(Debug, Clone)]
pub struct Membership {
    pub role: String,
    pub since: Timestamp,
    pub until: Option<Timestamp>,
    /// Earlier posts stay closed.
    pub from_now_on: bool,
    pub joined: Option<Done>,
    pub approved: Option<Done>,
    /// `removed` or `left`.
    pub ended: Option<(String, Done)>,
}

fn done(r: &Row, at: &str, by: &str) -> Option<Done> {
    let by: Option<String> = r.get(by);
    r.get::<_, Option<Timestamp>>(at).map(|at| Done { at, by: by.unwrap_or_default() })
}

fn read(r: &Row) -> Facts {
    let kind = |name: &str| r.get::<_, Option<String>>(name);
    let membership = kind("role").map(|role| Membership {
        role,
        since: r.get("since"),
        until: r.get("until"),
        from_now_on: r.get::<_, i64>("from_seq") != 0,
        joined: done(r, "joined_at", "joined_by"),
        approved: done(r, "approved_at", "approved_by"),
        ended: done(r, "ended_at", "ended_by").map(|d| (kind("ended_kind").unwrap_or_default(), d)),
    });
    Facts {
        name: r.get("name"),
        profession: r.get("profession"),
        facility: r.get("facility_name"),
        tie: r.get("tie"),
        tie_changed: kind("tie_kind").zip(done(r, "tie_at", "tie_by")),
        membership,
        invitation: kind("invitation").zip(done(r, "invited_at", "invited_by")),
        archived_at: r.get("archived_at"),
        mode: kind("mode").zip(r.get("mode_since")),
        manages: r.get("manages"),
    }
}

/// As the caller may know them. `NotFound` for strangers, `Forbidden` for members without charge of the group.
pub async fn of(tx: &mut Tx, account: Uuid, group: Uuid) -> Result<Facts> {
    tx.one(FACTS, &[&account, &group]).await.map(|row| read(&row))
}

/// For the command line; the account by its login id or its id.
pub async fn why(app: &App, account: &str, group: Uuid) -> Result<Option<Facts>> {
    Ok(app.db.job(WHY, &[&account, &group]).await?.first().map(read))
}

/// One group in which somebody is or was.
#[derive(Debug, Clone)]
pub struct Asked {
    pub group: Uuid,
    /// The managing facility.
    pub owner: String,
    pub ended: bool,
}

/// The groups of one of the own staff, through the caller's facility.
pub async fn groups(tx: &mut Tx, account: Uuid) -> Result<Vec<Asked>> {
    let rows = tx.query(GROUPS, &[&account]).await?;
    Ok(rows.iter().map(|r| Asked { group: r.get(0), owner: r.get(1), ended: r.get(2) }).collect())
}

/// Whether the caller may open the members' page.
pub async fn may_see_members(tx: &mut Tx, group: Uuid) -> Result<bool> {
    Ok(!tx.query(KNOWN, &[&group]).await?.is_empty())
}
