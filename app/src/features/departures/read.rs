//! What would end, and what was ended. A handful of statements, however many groups there are.

use std::collections::HashMap;

use tokio_postgres::Row;
use uuid::Uuid;

use super::model::{Ending, GroupLeft, HandedOver, InvitationEnded, Plan, Report, Standing, Successor, Tie};
use crate::{Error, Result, app::App, db::Tx, features::groups, opaque_debug};

const GROUPS: &str = "SELECT group_id, role, patient_id, owner, owner_name, archived, stream, wrapped, key_facility, key_version, key_facility_wrapped
  FROM act.departure_groups($1)";
const SUCCESSORS: &str = "SELECT group_id, account_id, facility_id, membership, name, profession, facility FROM act.departure_successors($1)";
const INVITATIONS: &str = "SELECT id, group_id, account_id, facility_id FROM act.departure_invitations($1)";
const OWN_GROUPS: &str = "SELECT group_id, role, patient_id, owner, owner_name, archived, stream, wrapped, key_facility, key_version, key_facility_wrapped
  FROM act.withdrawal_groups($1)";
const OWN_SUCCESSORS: &str = "SELECT group_id, account_id, facility_id, membership, name, profession, facility FROM act.withdrawal_successors($1)";
const OWN_INVITATIONS: &str =
    "SELECT id, group_id, account_id, facility_id FROM act.withdrawal_invitations($1)";
/// The columns of a report, in the order of [`report`].
macro_rules! columns {
    () => {
        "id, facility_id, account_id, by_account, at, groups, owners, successors, invitations, invitation_groups, sessions, devices"
    };
}
pub(super) use columns;
const SENT_BEFORE: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM care.departure WHERE by_account = (SELECT sec.me()) AND client_id = $1 AND account_id = $2"
);
/// Of the facility for which the admin acts; the own departure from another one is not among them.
const ONE: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM care.departure WHERE id = $1 AND facility_id = (SELECT sec.admin_of())"
);
const ALL: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM care.departure WHERE facility_id = (SELECT sec.admin_of()) ORDER BY at DESC LIMIT 500"
);
const PEOPLE: &str =
    "SELECT p.account_id, p.name, p.profession FROM care.person_now p WHERE p.account_id = ANY ($1)";
const FACILITIES: &str =
    "SELECT f.facility_id, f.name FROM care.facility_now f WHERE f.facility_id = ANY ($1)";
/// Whose tie ends, and who asks.
#[derive(Debug, Clone, Copy)]
pub enum Whose {
    /// One of the staff of the facility for which the admin acts.
    Staff(Uuid),
    /// The caller's own, with this facility.
    Own(Uuid),
}

const TIES: &str = "SELECT facility_id, facility, last_admin FROM act.my_ties()";

/// One of the caller's facilities.
#[derive(Debug, Clone)]
pub struct MyTie {
    pub facility: Uuid,
    pub name: String,
    /// Nobody else administrates it.
    pub last_admin: bool,
}

/// Suspended ones too; the facility for which the caller acts last.
pub async fn my_ties(tx: &mut Tx) -> Result<Vec<MyTie>> {
    let read = |r: &Row| MyTie { facility: r.get(0), name: r.get(1), last_admin: r.get(2) };
    Ok(tx.query(TIES, &[]).await?.iter().map(read).collect())
}

/// Everything that ends with the tie. `NotFound` where there is none.
pub async fn plan(tx: &mut Tx, app: &App, whose: Whose) -> Result<Plan> {
    let (groups_of, successors_of, invitations_of, about) = match whose {
        Whose::Staff(account) => (GROUPS, SUCCESSORS, INVITATIONS, account),
        Whose::Own(facility) => (OWN_GROUPS, OWN_SUCCESSORS, OWN_INVITATIONS, facility),
    };
    let mut successors: HashMap<Uuid, Vec<Successor>> = HashMap::new();
    for r in tx.query(successors_of, &[&about]).await? {
        successors.entry(r.get(0)).or_default().push(successor(&r));
    }
    let mut groups = Vec::new();
    for r in tx.query(groups_of, &[&about]).await? {
        let (group, stream) = (r.get(0), r.get(6));
        let key = match app.keys.cached_data_key(stream) {
            Some(key) => key,
            None => app.keys.unwrap_data_key(stream, r.get(7), r.get(8), r.get(9), r.get(10)).await?,
        };
        groups.push(Tie {
            group,
            role: r.get(1),
            patient: r.get(2),
            owner: r.get(3),
            owner_name: r.get(4),
            archived: r.get(5),
            stream,
            key,
            successors: successors.remove(&group).unwrap_or_default(),
        });
    }
    let ending = |r: &Row| Ending { id: r.get(0), group: r.get(1), account: r.get(2), facility: r.get(3) };
    let invitations = tx.query(invitations_of, &[&about]).await?.iter().map(ending).collect();
    Ok(Plan { groups, invitations })
}

fn successor(r: &Row) -> Successor {
    let standing = match r.get::<_, Option<&str>>(3) {
        Some("member") => Standing::Member,
        Some(_) => Standing::Guest,
        None => Standing::Nothing,
    };
    Successor {
        account: r.get(1),
        facility: r.get(2),
        standing,
        name: r.get(4),
        profession: r.get(5),
        facility_name: r.get(6),
    }
}

/// The report of an act that the caller sent before.
pub async fn sent_before(tx: &mut Tx, client_id: Uuid, account: Uuid) -> Result<Option<Report>> {
    Ok(tx.query(SENT_BEFORE, &[&client_id, &account]).await?.first().map(report))
}

/// One report of the caller's facility.
pub async fn one(tx: &mut Tx, departure: Uuid) -> Result<Report> {
    tx.one(ONE, &[&departure]).await.map(|row| report(&row))
}

/// Those of the caller's facility, the newest first.
pub async fn all(tx: &mut Tx) -> Result<Vec<Report>> {
    Ok(tx.query(ALL, &[]).await?.iter().map(report).collect())
}

pub fn report(r: &Row) -> Report {
    let (groups, owners): (Vec<Uuid>, Vec<Uuid>) = (r.get(5), r.get(6));
    let hosts: Vec<Option<Uuid>> = r.get(7);
    let (invitations, their_groups): (Vec<Uuid>, Vec<Uuid>) = (r.get(8), r.get(9));
    let handed = |(group_id, to): (&Uuid, Option<Uuid>)| to.map(|to| HandedOver { group_id: *group_id, to });
    Report {
        id: r.get(0),
        facility_id: r.get(1),
        account: r.get(2),
        by: r.get(3),
        at: r.get(4),
        hosts_handed_over: groups.iter().zip(hosts).filter_map(handed).collect(),
        groups_left: groups
            .into_iter()
            .zip(owners)
            .map(|(group_id, facility_id)| GroupLeft { group_id, facility_id })
            .collect(),
        invitations_ended: invitations
            .into_iter()
            .zip(their_groups)
            .map(|(invitation_id, group_id)| InvitationEnded { invitation_id, group_id })
            .collect(),
        sessions_ended: r.get(10),
        devices_signed_out: r.get(11),
    }
}

/// The names behind a report's ids, as of today.
#[derive(Clone, Default)]
pub struct Names {
    people: HashMap<Uuid, (String, String)>,
    facilities: HashMap<Uuid, String>,
    /// By group, where the caller may know what it is called.
    patients: HashMap<Uuid, String>,
}

opaque_debug!(Names);

impl Names {
    pub async fn of(tx: &mut Tx, app: &App, reports: &[&Report]) -> Result<Self> {
        let accounts: Vec<Uuid> = reports
            .iter()
            .flat_map(|r| [r.account, r.by].into_iter().chain(r.hosts_handed_over.iter().map(|h| h.to)))
            .collect();
        let owners: Vec<Uuid> =
            reports.iter().flat_map(|r| r.groups_left.iter().map(|g| g.facility_id)).collect();
        let groups: Vec<Uuid> = reports
            .iter()
            .flat_map(|r| {
                let invited = r.invitations_ended.iter().map(|i| i.group_id);
                r.groups_left.iter().map(|g| g.group_id).chain(invited)
            })
            .collect();
        let people = tx.query(PEOPLE, &[&accounts]).await?;
        let facilities = tx.query(FACILITIES, &[&owners]).await?;
        Ok(Self {
            people: people.iter().map(|r| (r.get(0), (r.get(1), r.get(2)))).collect(),
            facilities: facilities.iter().map(|r| (r.get(0), r.get(1))).collect(),
            patients: patients(tx, app, &groups).await?,
        })
    }

    /// Name and code of the profession.
    pub fn person(&self, account: Uuid) -> (&str, &str) {
        self.people.get(&account).map_or(("", "other"), |(name, code)| (name, code))
    }

    pub fn facility(&self, facility: Uuid) -> &str {
        self.facilities.get(&facility).map_or("", String::as_str)
    }

    pub fn patient(&self, group: Uuid) -> Option<&str> {
        self.patients.get(&group).map(String::as_str)
    }
}

/// What those groups are called that the caller may know of.
pub async fn patients(tx: &mut Tx, app: &App, groups: &[Uuid]) -> Result<HashMap<Uuid, String>> {
    groups::read::names(tx, app, Some(groups)).await
}

/// Nothing more than that it went wrong: the function gives one row.
pub fn first(rows: &[Row]) -> Result<Report> {
    rows.first().map(report).ok_or_else(|| Error::internal("act.depart gives one row"))
}
