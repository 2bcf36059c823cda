//! Inviting, answering, deciding. Each is a record of the group's membership stream.

use data_encoding::BASE64URL_NOPAD;
use envelope::DataKey;
use record::{Answer as Answered, Content, Invitation, Membership, Role};
use uuid::Uuid;

use super::{
    model::{Answer, Decision, InvitationBody, Invited, Joining, Named},
    read::{self, Found},
};
use crate::{
    Error, Result,
    app::App,
    auth::{Actor, token},
    db::{Params, Tx},
    features::groups::acts::{in_words, membership_key, record},
    web::urls,
};

const INVITE: &str = "SELECT id, expires_at, needs_approval, created FROM act.invite($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
const ANSWER: &str = "SELECT act.answer_invitation($1, $2, $3, $4, $5, $6, $7)";
const DECIDE: &str = "SELECT act.decide_member($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
const CANCEL: &str = "SELECT act.cancel_invitation($1, $2, $3, $4, $5)";
const NAMED: &str = "SELECT i.group_id, i.account_id, i.facility_id FROM care.invitation i WHERE i.id = $1";
const TEAM_SEQ: &str = "SELECT h.seq FROM care.stream s JOIN care.stream_head h ON h.stream_id = s.id WHERE s.group_id = $1 AND s.kind = 'team'";
/// The newest invitation that was accepted, decided or not: a retry of a decision finds it too.
const ACCEPTED: &str = "SELECT i.id, i.facility_id, i.role, i.until, i.from_now_on FROM care.invitation i
  WHERE i.group_id = $1 AND i.account_id = $2 AND i.state IN ('accepted', 'joined', 'refused') ORDER BY i.state = 'accepted' DESC, i.created_at DESC LIMIT 1";

/// How often a membership "from now on" is sealed anew when the team writes meanwhile.
const TRIES: usize = 8;

/// Invites a person to a group. The second part tells whether this call did it, or an earlier one with the same client id.
pub async fn invite(app: &App, who: &Actor, group: Uuid, new: InvitationBody) -> Result<(Invited, bool)> {
    let mut tx = app.db.acting(who).await?;
    let (key, stream) = membership_key(app, &mut tx, group).await?;
    let from_seq = if new.from_now_on { Some(first_unseen(team_seq(&mut tx, group).await?)) } else { None };
    let id = Uuid::now_v7();
    let link_hash = token::hash(&link_token(&key, id));
    let content = Content::Invited(Invitation {
        invitation: id,
        account: Some(new.account_id),
        facility: new.facility_id,
        role: role_of(new.role),
        until: new.until,
        from_seq,
        reason: None,
    });
    let sealed = record(&key, stream, new.client_id, &content);
    let params: Params<'_> = &[
        &id,
        &group,
        &new.account_id,
        &new.facility_id,
        &new.role.code(),
        &new.until,
        &new.from_now_on,
        &&link_hash[..],
        &new.client_id,
        &sealed.id,
        &sealed.commitment,
        &sealed.envelope,
    ];
    let rows = tx.query_and_commit(INVITE, params).await.map_err(in_words)?;
    let row = rows.first().ok_or_else(|| Error::internal("act.invite gives one row"))?;
    app.hub.wake();
    let id: Uuid = row.get(0);
    let link = format!("{}{}", app.config.base_url, urls::invitation(&link_token(&key, id)));
    let invited = Invited { id, link, expires_at: row.get(1), needs_approval: row.get(2) };
    Ok((invited, row.get(3)))
}

/// The link's token is derived from the invitation, so that a retry whose first answer was lost gets the same link. It is
/// not stored, and it opens nothing by itself: only the invited person, signed in, can use it.
fn link_token(key: &DataKey, invitation: Uuid) -> String {
    BASE64URL_NOPAD.encode(&envelope::fingerprint(key, invitation, b"renkei/invitation-link/v1"))
}

fn role_of(joining: Joining) -> Role {
    match joining {
        Joining::Member => Role::Member,
        Joining::Guest => Role::Guest,
    }
}

async fn team_seq(tx: &mut Tx, group: Uuid) -> Result<i64> {
    Ok(tx.one(TEAM_SEQ, &[&group]).await?.get(0))
}

fn first_unseen(last: i64) -> u64 {
    u64::try_from(last).unwrap_or_default() + 1
}

/// The invited person answers. Gives the invitation's state: `joined`, `accepted` (waits for the host) or `declined`.
pub async fn answer(
    app: &App,
    who: &Actor,
    named: Named,
    client_id: Uuid,
    answer: Answer,
) -> Result<(String, Uuid)> {
    for _ in 0..TRIES {
        match try_answer(app, who, named, client_id, answer).await {
            Err(Error::Conflict(reason)) if reason == "moved_on" => {}
            other => return other,
        }
    }
    Err(Error::Unavailable("the team writes faster than the membership can be sealed".into()))
}

async fn try_answer(
    app: &App,
    who: &Actor,
    named: Named,
    client_id: Uuid,
    answer: Answer,
) -> Result<(String, Uuid)> {
    let mut tx = app.db.acting(who).await?;
    let found = read::find(&mut tx, app, named).await?;
    let me: Uuid = tx.one("SELECT sec.me()", &[]).await?.get(0);
    let content = answered(&found, me, answer);
    let sealed = record(&found.key, found.stream, client_id, &content);
    let kind = content.kind().as_str();
    let params: Params<'_> = &[
        &found.invitation.id,
        &kind,
        &found.team_seq,
        &client_id,
        &sealed.id,
        &sealed.commitment,
        &sealed.envelope,
    ];
    let rows = tx.query_and_commit(ANSWER, params).await?;
    app.hub.wake();
    let state = rows.first().ok_or_else(|| Error::internal("act.answer_invitation gives one row"))?.get(0);
    Ok((state, found.group))
}

fn answered(found: &Found, account: Uuid, answer: Answer) -> Content {
    let invitation = &found.invitation;
    let said =
        Answered { invitation: invitation.id, account, facility: invitation.facility_id, reason: None };
    match (answer, invitation.needs_approval) {
        (Answer::Decline, _) => Content::Declined(said),
        (Answer::Accept, true) => Content::Accepted(said),
        (Answer::Accept, false) => Content::Joined(Membership {
            account,
            facility: invitation.facility_id,
            role: if invitation.until.is_some() { Role::Guest } else { Role::Member },
            until: invitation.until,
            from_seq: found.from_now_on.then(|| first_unseen(found.team_seq)),
            reason: None,
        }),
    }
}

/// Takes back an invitation that nobody has answered; taken back twice, it is once. Gives the group. `Conflict` where the
/// person was faster.
pub async fn cancel(app: &App, who: &Actor, invitation: Uuid) -> Result<Uuid> {
    let mut tx = app.db.acting(who).await?;
    let r = tx.one(NAMED, &[&invitation]).await?;
    let (group, account, facility): (Uuid, Uuid, Uuid) = (r.get(0), r.get(1), r.get(2));
    let (key, stream) = membership_key(app, &mut tx, group).await?;
    let content = Content::Refused(Answered { invitation, account, facility, reason: None });
    let sealed = record(&key, stream, Uuid::new_v4(), &content);
    let params: Params<'_> =
        &[&invitation, &sealed.client_id, &sealed.id, &sealed.commitment, &sealed.envelope];
    tx.query_and_commit(CANCEL, params).await.map_err(in_words)?;
    app.hub.wake();
    Ok(group)
}

/// The host lets in who has accepted, or does not. Gives the state: `joined` or `refused`.
pub async fn decide(
    app: &App,
    who: &Actor,
    group: Uuid,
    account: Uuid,
    client_id: Uuid,
    decision: Decision,
) -> Result<&'static str> {
    for _ in 0..TRIES {
        match try_decide(app, who, group, account, client_id, decision).await {
            Err(Error::Conflict(reason)) if reason == "moved_on" => {}
            other => return other,
        }
    }
    Err(Error::Unavailable("the team writes faster than the membership can be sealed".into()))
}

async fn try_decide(
    app: &App,
    who: &Actor,
    group: Uuid,
    account: Uuid,
    client_id: Uuid,
    decision: Decision,
) -> Result<&'static str> {
    let mut tx = app.db.acting(who).await?;
    let (key, stream) = membership_key(app, &mut tx, group).await?;
    let seen = team_seq(&mut tx, group).await?;
    let r = tx.one(ACCEPTED, &[&group, &account]).await?;
    let (facility, until, from_now_on): (Uuid, Option<jiff::Timestamp>, bool) =
        (r.get(1), r.get(3), r.get(4));
    let said = Answered { invitation: r.get(0), account, facility, reason: None };
    let (content, state) = match decision {
        Decision::Approve => (Content::Approved(said), "joined"),
        Decision::Decline => (Content::Refused(said), "refused"),
    };
    let membership = Membership {
        account,
        facility,
        role: if until.is_some() { Role::Guest } else { Role::Member },
        until,
        from_seq: from_now_on.then(|| first_unseen(seen)),
        reason: None,
    };
    let decided = record(&key, stream, client_id, &content);
    let joined = record(&key, stream, Uuid::new_v4(), &Content::Joined(membership));
    let kind = content.kind().as_str();
    let params: Params<'_> = &[
        &group,
        &account,
        &kind,
        &client_id,
        &decided.id,
        &decided.commitment,
        &decided.envelope,
        &seen,
        &joined.id,
        &joined.client_id,
        &joined.commitment,
        &joined.envelope,
    ];
    tx.query_and_commit(DECIDE, params).await.map_err(in_words)?;
    app.hub.wake();
    Ok(state)
}
