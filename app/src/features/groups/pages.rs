//! What the pages of groups share: who looks, at which group, and names as the pages show them.

use jiff::Timestamp;
use uuid::Uuid;

use super::{
    member_views as view,
    model::{Member, Members, OpenInvitation, Role},
    read, refusals,
    views::{Filter, GroupKind, GroupList, GroupRow},
};
use crate::{
    Error, FieldError, Result,
    app::Shared,
    audit,
    auth::Actor,
    db::Tx,
    features::patients::room::Room,
    web::{
        forms::Errors,
        person::Person,
        ui::{Profession, time},
        viewer::Me,
    },
};

/// A page of one group: its transaction, who looks, as what, and the patient.
#[derive(Debug)]
pub struct Opened {
    pub tx: Tx,
    pub me: Me,
    pub role: Role,
    pub room: Room,
}

/// Opens a page about the members of a group for one who may know of it. That it was opened is in the access log, and
/// so is a refusal.
pub async fn opened(app: &Shared, who: &Actor, group: Uuid) -> Result<Opened> {
    let opened = async {
        let mut tx = app.db.acting(who).await?;
        let me = Me::load(&mut tx).await?;
        let role = read::role(&mut tx, group).await?;
        audit::viewed(&mut tx, "viewed_members", Some(group), None, None).await?;
        let room = read::room(&mut tx, app, group).await?;
        Ok(Opened { tx, me, role, room })
    };
    refusals::noted(app, who, "viewed_members", Some(group), None, opened.await).await
}

/// The same for the acts of those who keep the group; 403 for a mere member.
pub async fn kept(app: &Shared, who: &Actor, group: Uuid) -> Result<Opened> {
    let opened = opened(app, who, group).await?;
    if opened.role.keeps() { Ok(opened) } else { Err(Error::Forbidden("host_only".into())) }
}

/// The list of groups behind a filter. Archived groups stand only behind their own, and where one is open.
pub fn group_list(rows: Vec<GroupRow>, filter: Filter, current: Option<Uuid>, me: &Me) -> GroupList {
    let going_on = |row: &&GroupRow| !row.archived;
    let count = |fits: fn(&GroupRow) -> bool| {
        u32::try_from(rows.iter().filter(going_on).filter(|row| fits(row)).count()).unwrap_or(u32::MAX)
    };
    let (unread, must_acknowledge) = (count(GroupRow::is_unread), count(|row| row.must_acknowledge > 0));
    let fits = |row: &GroupRow| match filter {
        Filter::All => !row.archived,
        Filter::Unread => row.is_unread(),
        Filter::MustAcknowledge => !row.archived && row.must_acknowledge > 0,
        Filter::Free => !row.archived && row.kind == GroupKind::Free,
        // What ended stays to be read.
        Filter::Direct => matches!(row.kind, GroupKind::Direct(_)),
        Filter::Archived => row.archived,
    };
    let rows = rows.into_iter().filter(|row| fits(row) || current == Some(row.id)).collect();
    let may_register = me.admin;
    GroupList { rows, filter, unread, must_acknowledge, current, may_register, now: Timestamp::now() }
}

/// A person as the pages name her.
pub fn person(account_id: Uuid, name: &str, profession: &str, facility: &str) -> Person {
    Person {
        account_id,
        name: name.to_owned(),
        profession: Profession::of(profession),
        facility: facility.to_owned(),
    }
}

pub fn member_person(member: &Member) -> Person {
    person(member.id, &member.name, &member.profession, &member.facility)
}

pub fn member_rows(members: &Members, me: Uuid) -> Vec<view::MemberRow> {
    let row = |member: &Member| view::MemberRow {
        facility_id: member.facility_id,
        person: member_person(member),
        reading: member.reading.clone(),
        role: match (member.role, member.until) {
            (Role::Host, _) => view::Role::Host,
            (_, Some(until)) => view::Role::Guest { until: time::day_long(last_instant(until)) },
            _ => view::Role::Member,
        },
        since: time::day_long(member.since),
        on_duty: member.on_duty_until.map(|until| time::when(until, Timestamp::now())),
        me: member.id == me,
    };
    members.items.iter().map(row).collect()
}

/// An end that is the first instant of a day means the day before, to its end.
pub fn last_instant(until: Timestamp) -> Timestamp {
    until - jiff::SignedDuration::from_secs(1)
}

pub fn pending_rows(members: &Members, now: Timestamp) -> Vec<view::PendingRow> {
    let row = |i: &OpenInvitation| view::PendingRow {
        invitation: i.id,
        client_id: Uuid::now_v7(),
        person: person(i.account_id, &i.name, &i.profession, &i.facility),
        invited_by: i.invited_by.clone(),
        state: if i.state == "accepted" {
            view::Pending::Approval
        } else {
            view::Pending::Answer { until: time::when(i.expires_at, now) }
        },
    };
    members.invitations.iter().map(row).collect()
}

/// The problems of a form, under the names of its own entries.
pub fn errors(problems: Vec<FieldError>, rename: &[(&str, &str)]) -> Errors {
    let name = |field: &str| {
        rename
            .iter()
            .find(|(from, _)| *from == field)
            .map_or_else(|| field.to_owned(), |(_, to)| (*to).to_owned())
    };
    problems.into_iter().map(|p| (name(&p.field), p.message.into_owned())).collect()
}
