//! What waits for the viewer: a fixed number of statements, however many groups there are.

use std::collections::HashMap;

use uuid::Uuid;

use super::views::{Ask, AskKind, Due, Why};
use crate::words::t;
use crate::{
    Result,
    app::App,
    db::Tx,
    features::{
        asks::{self, model::OpenItem},
        connections,
        groups::views::GroupRow,
        invitations,
    },
    web::{ui::Profession, urls},
};

/// Posts that ask the viewer, the nearest deadline first. Needs the viewer's groups for their titles.
pub async fn due(tx: &mut Tx, app: &App, groups: &HashMap<Uuid, &GroupRow>) -> Result<Vec<Due>> {
    Ok(asks::read::open(app, tx).await?.into_iter().filter_map(|item| one(item, groups)).collect())
}

pub fn one(item: OpenItem, groups: &HashMap<Uuid, &GroupRow>) -> Option<Due> {
    let group = groups.get(&item.group_id)?;
    Some(Due {
        post_id: item.post_id,
        group_id: group.id,
        kind: group.kind,
        title: group.title.clone(),
        author: item.author,
        profession: Profession::of(&item.author_profession),
        excerpt: item.excerpt,
        at: item.created_at,
        deadline: item.must_acknowledge_by,
        why: Why::of(&item.why),
        urgent: item.urgent,
    })
}

/// Approvals that the viewer owes as host, then invitations to the viewer, then requests for a connection.
pub async fn asks(tx: &mut Tx, app: &App, groups: &HashMap<Uuid, &GroupRow>) -> Result<Vec<Ask>> {
    let waiting = invitations::read::waiting(tx).await?;
    let invited = invitations::read::mine(tx).await?;
    let asking = connections::read::waiting(tx, app).await?;
    let approvals = waiting.into_iter().map(|w| Ask {
        kind: AskKind::Approval,
        group_title: groups.get(&w.group).map(|g| group_title(g)).unwrap_or_default(),
        person: w.name,
        profession: Profession::of(&w.profession),
        facility: w.facility,
        href: urls::group_members(w.group),
        until: None,
    });
    let invitations = invited.into_iter().map(|i| Ask {
        kind: AskKind::Invitation,
        group_title: t("グループへの招待").to_owned(),
        person: i.invited_by.name,
        profession: Profession::of(&i.invited_by.profession),
        facility: i.invited_by.facility,
        href: urls::invitation(&i.id.to_string()),
        until: Some(i.expires_at),
    });
    let connections = asking.into_iter().map(|c| Ask {
        kind: AskKind::Connection,
        group_title: t("つながりの申し込み").to_owned(),
        person: c.person.name,
        profession: Profession::of(&c.person.profession),
        facility: c.person.facility,
        href: urls::connections().to_owned(),
        until: Some(c.expires_at),
    });
    Ok(approvals.chain(invitations).chain(connections).collect())
}

fn group_title(group: &GroupRow) -> String {
    group.kind.named(&group.title)
}
