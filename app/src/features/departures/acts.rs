//! Ending a tie: every record sealed first, then one statement that does it all or nothing.

use std::collections::HashMap;

use record::{Answer, Content, Departure, HandOver, Membership, Party, Role};
use uuid::Uuid;

use super::{
    model::{Departing, Ending, Plan, Report, Standing, Successor, Tie},
    read::{self, Whose},
};
use crate::{
    Error, Result,
    app::App,
    auth::Actor,
    db::{Params, Tx},
    features::groups::acts::record,
    seal::Sealed,
};

const DEPART: &str = concat!(
    "SELECT ",
    read::columns!(),
    " FROM act.depart($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
);
const WITHDRAW: &str = concat!(
    "SELECT ",
    read::columns!(),
    " FROM act.withdraw($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
);
const ME: &str = "SELECT c.account_id, c.facility_id FROM sec.ctx() c";

/// How often it is sealed anew when a group changes meanwhile.
const TRIES: usize = 8;
/// Nobody can be the host after her. Either the plan's statements saw different moments, or the facility has no other admin.
const NOBODY: &str = "nobody_can_follow";
/// What the records give as the reason.
const REASON: &str = "退職・異動";

/// Ends the tie of `account` with the caller's facility. `Conflict` for the last admin, and for a named successor who cannot be
/// host. The same client id again gives the first report.
pub async fn depart(app: &App, who: &Actor, account: Uuid, new: &Departing) -> Result<Report> {
    let mut nobody = false;
    for _ in 0..TRIES {
        match try_depart(app, who, account, new).await {
            Err(Error::Conflict(reason)) if reason == "moved_on" || reason == NOBODY => {
                nobody = reason == NOBODY;
            }
            // Two sends of one client id met: the other one is there now.
            Err(Error::Conflict(constraint)) if constraint == "departure_client_id_key" => {}
            // It may have come between this one's look and its plan.
            Err(Error::NotFound) => return sent_before(app, who, account, new).await,
            other => return other,
        }
    }
    if nobody {
        return Err(Error::Conflict("last_admin".into()));
    }
    Err(Error::Unavailable("the groups change faster than the departure can be sealed".into()))
}

async fn sent_before(app: &App, who: &Actor, account: Uuid, new: &Departing) -> Result<Report> {
    let mut tx = app.db.acting(who).await?;
    read::sent_before(&mut tx, new.client_id, account).await?.ok_or(Error::NotFound)
}

async fn try_depart(app: &App, who: &Actor, account: Uuid, new: &Departing) -> Result<Report> {
    let mut tx = app.db.acting(who).await?;
    if let Some(report) = read::sent_before(&mut tx, new.client_id, account).await? {
        return Ok(report);
    }
    let me = tx.one(ME, &[]).await?;
    let plan = read::plan(&mut tx, app, Whose::Staff(account)).await?;
    let leaver = Party { account, facility: me.get(1) };
    let steps = Steps::of(&plan, leaver, account == me.get::<_, Uuid>(0), new)?;
    let report = steps.send(tx, DEPART, account, new.client_id).await?;
    app.hub.wake();
    Ok(report)
}

/// Ends the caller's own tie with one facility; the host's role goes to the default of each group. The session must have confirmed
/// who it is just now. `Conflict` for the last admin.
pub async fn withdraw(app: &App, who: &Actor, facility: Uuid, client_id: Uuid) -> Result<Report> {
    for _ in 0..TRIES {
        match try_withdraw(app, who, facility, client_id).await {
            Err(Error::Conflict(reason)) if reason == "moved_on" => {}
            Err(Error::Conflict(constraint)) if constraint == "departure_client_id_key" => {}
            Err(Error::Conflict(reason)) if reason == NOBODY => {
                return Err(Error::Conflict("last_admin".into()));
            }
            other => return other,
        }
    }
    Err(Error::Unavailable("the groups change faster than the departure can be sealed".into()))
}

async fn try_withdraw(app: &App, who: &Actor, facility: Uuid, client_id: Uuid) -> Result<Report> {
    let mut tx = app.db.acting(who).await?;
    let account: Uuid = tx.one(ME, &[]).await?.get(0);
    if let Some(report) = read::sent_before(&mut tx, client_id, account).await? {
        return Ok(report);
    }
    let plan = read::plan(&mut tx, app, Whose::Own(facility)).await?;
    let new = Departing { client_id, successors: HashMap::new() };
    let steps = Steps::of(&plan, Party { account, facility }, true, &new)?;
    let report = steps.send(tx, WITHDRAW, facility, client_id).await?;
    app.hub.wake();
    Ok(report)
}

/// The records in their order, column by column as the statement takes them.
#[derive(Debug, Default)]
struct Steps {
    what: Vec<&'static str>,
    groups: Vec<Uuid>,
    subjects: Vec<Uuid>,
    facilities: Vec<Uuid>,
    invitations: Vec<Option<Uuid>>,
    ids: Vec<Uuid>,
    clients: Vec<Uuid>,
    commitments: Vec<Vec<u8>>,
    envelopes: Vec<Vec<u8>>,
}

impl Steps {
    fn of(plan: &Plan, leaver: Party, alone: bool, new: &Departing) -> Result<Self> {
        let hosted = |group: &Uuid| plan.groups.iter().any(|tie| tie.group == *group && tie.is_host());
        if !new.successors.keys().all(hosted) {
            return Err(Error::Conflict("successor_cannot_be_host".into()));
        }
        let mut steps = Self::default();
        for tie in plan.groups.iter().filter(|tie| tie.is_member()) {
            if tie.is_host() {
                let to = chosen(tie, new.successors.get(&tie.group))?;
                steps.hand_over(tie, leaver, to);
            }
            let reason = Some(REASON.to_owned());
            let departure = Departure { account: leaver.account, facility: leaver.facility, reason };
            let content = if alone { Content::Left(departure) } else { Content::Removed(departure) };
            steps.add(tie, leaver, None, &content);
        }
        for ending in &plan.invitations {
            let tie = plan.groups.iter().find(|tie| tie.group == ending.group);
            // The group came between two of the plan's statements: the database would say so too.
            steps.refuse(tie.ok_or(Error::Conflict("moved_on".into()))?, *ending);
        }
        Ok(steps)
    }

    /// Whoever is no full member is taken in first.
    fn hand_over(&mut self, tie: &Tie, leaver: Party, to: &Successor) {
        let party = Party { account: to.account, facility: to.facility };
        let membership = Membership {
            account: to.account,
            facility: to.facility,
            role: Role::Member,
            until: None,
            from_seq: None,
            reason: Some(REASON.to_owned()),
        };
        match to.standing {
            Standing::Member => {}
            Standing::Guest => self.add(tie, party, None, &Content::RoleChanged(membership)),
            Standing::Nothing => self.add(tie, party, None, &Content::Joined(membership)),
        }
        let content =
            Content::HandedOver(HandOver { from: leaver, to: party, reason: Some(REASON.to_owned()) });
        self.add(tie, party, None, &content);
    }

    fn refuse(&mut self, tie: &Tie, ending: Ending) {
        let Ending { id: invitation, account, facility, .. } = ending;
        let content = Content::Refused(Answer { invitation, account, facility, reason: None });
        self.add(tie, Party { account, facility }, Some(invitation), &content);
    }

    fn add(&mut self, tie: &Tie, about: Party, invitation: Option<Uuid>, content: &Content) {
        let Sealed { id, client_id, commitment, envelope, .. } =
            record(&tie.key, tie.stream, Uuid::new_v4(), content);
        self.what.push(content.kind().as_str());
        self.groups.push(tie.group);
        self.subjects.push(about.account);
        self.facilities.push(about.facility);
        self.invitations.push(invitation);
        self.ids.push(id);
        self.clients.push(client_id);
        self.commitments.push(commitment);
        self.envelopes.push(envelope);
    }

    /// `about`: the person, or the facility that is left.
    async fn send(&self, tx: Tx, statement: &str, about: Uuid, client_id: Uuid) -> Result<Report> {
        let id = Uuid::now_v7();
        let params: Params<'_> = &[
            &id,
            &about,
            &client_id,
            &self.what,
            &self.groups,
            &self.subjects,
            &self.facilities,
            &self.invitations,
            &self.ids,
            &self.clients,
            &self.commitments,
            &self.envelopes,
        ];
        read::first(&tx.query_and_commit(statement, params).await?)
    }
}

/// The named one, or the default.
fn chosen<'a>(tie: &'a Tie, named: Option<&Uuid>) -> Result<&'a Successor> {
    match named {
        Some(named) => tie.successors.iter().find(|s| s.account == *named),
        None => tie.successors.first(),
    }
    .ok_or_else(|| Error::Conflict(if named.is_some() { "successor_cannot_be_host" } else { NOBODY }.into()))
}
